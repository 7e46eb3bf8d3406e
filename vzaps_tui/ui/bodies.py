"""The texts of what a delivery carried and met with, and what is said where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vzaps_tui.domain.failures import got_no_answer

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import DeliveryDetail


def body_of(detail: DeliveryDetail | None, part: str, unread: str) -> tuple[str, str]:
    """The text of a part, and what is said where that is empty.

    Args:
        detail: all of the delivery; None while it is not known.
        part: `payload`, `response`, or any other for the API's own answer.
        unread: what is said while nothing is known.
    """
    if detail is None:
        return "", unread
    text, untold = {
        "payload": (detail.payload, "The API told no payload."),
        "response": (detail.response, "The API told no response body."),
    }.get(part, (detail.raw, ""))
    if part == "response" and not text and got_no_answer(detail.delivery):
        return "", "No answer came."
    return text or "", untold if text is None else "(empty)"
