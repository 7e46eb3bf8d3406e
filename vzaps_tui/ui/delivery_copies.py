"""What can be copied of an open delivery."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vzaps_tui.domain.curl import curl_command
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.ui.copy_item import CopyItem

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail
    from vzaps_tui.ui.widgets.json_view import JsonView

_DEEPEST_COPIED = 20_000  # levels; a longer path takes longer to find than a key may


def copies_of(
    row: Delivery, detail: DeliveryDetail | None, view: JsonView | None
) -> tuple[CopyItem, ...]:
    """What the copy menu offers; `view` is the part in front, if it is a text."""
    items = [CopyItem("i", "log id", row.id), *_copies_at_cursor(view)]
    if row.target:
        items.append(CopyItem("u", "target URL, query hidden", mask_url(row.target)))
    if row.error:
        items.append(CopyItem("e", "error", row.error))
    if detail is not None:
        items += _curl_of(row, detail)
        if detail.payload:
            items.append(CopyItem("p", "payload", detail.payload))
        if detail.response:
            items.append(CopyItem("r", "response", detail.response))
        items.append(CopyItem("a", "the API's answer, secrets hidden", detail.raw))
    return tuple(items)


def _copies_at_cursor(view: JsonView | None) -> list[CopyItem]:
    """The value under the cursor and its path, in a part that is JSON."""
    if view is None or view.folds is None:
        return []
    items = [CopyItem("v", "value", view.value_here())]
    if view.depth_here < _DEEPEST_COPIED:
        items.append(CopyItem("q", "its path, for jq", view.path_here()))
    return items


def _curl_of(row: Delivery, detail: DeliveryDetail) -> list[CopyItem]:
    if not row.target or not detail.payload:
        return []
    command = curl_command(row.target, detail.payload, is_json=detail.payload_is_json)
    return [] if command is None else [CopyItem("c", "curl, secrets hidden", command)]
