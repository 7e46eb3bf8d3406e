"""Values as they go to disk: typed JSON, masked, without payloads or personal data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, cast

import msgspec

from vzaps_tui.domain.instances import Instance, SessionStatus
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.paging import Listing
from vzaps_tui.domain.webhooks import WebhookConfig

Mask = Callable[[str], str]
MaskUrl = Callable[[str | None], str | None]

_SHAPES: dict[str, Any] = {
    "instances": Listing[Instance],
    "webhook": WebhookConfig,
    "deliveries": LogState,
    "session": SessionStatus,
}


class UnstorableError(ValueError):
    """A value that cannot go to disk or did not come back whole."""


@cache
def _decoder(kind: str) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(_SHAPES[kind])


def encode(kind: str, value: object, mask: Mask) -> bytes:
    """The value as masked JSON.

    Raises:
        UnstorableError: a kind that is not kept (payloads), or text that is no Unicode.
    """
    try:
        return msgspec.json.encode(_masked(kind, value, mask))
    except (msgspec.MsgspecError, ValueError, OverflowError) as problem:
        raise UnstorableError(str(problem)) from problem


def decode(kind: str, body: bytes) -> Any:  # noqa: ANN401 - its type depends on the kind
    """The value again, of the type that its kind says.

    Raises:
        UnstorableError: the kind is not kept, or the bytes are not such a value.
    """
    if kind not in _SHAPES:
        raise UnstorableError(kind)
    try:
        return _decoder(kind).decode(body)
    except (msgspec.MsgspecError, ValueError) as problem:
        raise UnstorableError(str(problem)) from problem


def _masked(kind: str, value: object, mask: Mask) -> object:
    @cache  # few instances have a webhook of their own
    def url(text: str | None) -> str | None:
        return None if text is None else mask(mask_url(text))

    match kind, value:
        case "instances", Listing():
            return _masked_instances(cast("Listing[Instance]", value), url)
        case "webhook", WebhookConfig():
            return replace(value, url=url(value.url))
        case "deliveries", LogState():
            return value  # numbers; the rows are the archive's
        case "session", SessionStatus():
            # Number and name of the account are personal: only the state is kept.
            return SessionStatus(value.connected)
        case _:
            raise UnstorableError(kind)


def _masked_instances(listing: Listing[Instance], url: MaskUrl) -> Listing[Instance]:
    # The number of the account is personal.
    rows = (replace(row, webhook=url(row.webhook), phone=None) for row in listing.rows)
    return replace(listing, rows=tuple(rows))
