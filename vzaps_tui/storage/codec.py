"""Values as they go to disk: typed JSON, masked, without payloads or personal data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, cast

import msgspec

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.instances import Instance, SessionStatus
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.webhooks import WebhookConfig

MAX_ROWS = 500
"""Rows of a delivery list that are kept, the newest."""

Mask = Callable[[str], str]
MaskUrl = Callable[[str | None], str | None]

_SHAPES: dict[str, Any] = {
    "instances": Listing[Instance],
    "webhook": WebhookConfig,
    "deliveries": Listing[Delivery],
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
    @cache  # the rows of a list have few targets
    def url(text: str | None) -> str | None:
        return None if text is None else mask(mask_url(text))

    match kind, value:
        case "instances", Listing():
            return _masked_instances(cast("Listing[Instance]", value), url)
        case "webhook", WebhookConfig():
            return replace(value, url=url(value.url))
        case "deliveries", Listing():
            return _masked_log(cast("Listing[Delivery]", value), url, mask)
        case "session", SessionStatus():
            # Number and name of the account are personal: only the state is kept.
            return SessionStatus(value.connected)
        case _:
            raise UnstorableError(kind)


def _masked_instances(listing: Listing[Instance], url: MaskUrl) -> Listing[Instance]:
    # The number of the account is personal.
    rows = (replace(row, webhook=url(row.webhook), phone=None) for row in listing.rows)
    return replace(listing, rows=tuple(rows))


def _masked_log(listing: Listing[Delivery], url: MaskUrl, mask: Mask) -> Listing[Delivery]:
    rows = tuple(
        replace(row, target=url(row.target), error=None if row.error is None else mask(row.error))
        for row in listing.rows[:MAX_ROWS]
    )
    if len(listing.rows) <= MAX_ROWS:
        return replace(listing, rows=rows)
    pages = -(-listing.pages * MAX_ROWS // len(listing.rows))
    return replace(listing, rows=rows, pages=pages, end=End.MORE)
