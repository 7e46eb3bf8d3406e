"""A delivery (one row of the webhook log), its attempts, and everything known of one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NewType

from vzaps_tui.domain.record import dataclass

LogId = NewType("LogId", str)


class StatusClass(StrEnum):
    """What a status word means for a person; where it is OTHER the word is shown verbatim."""

    FAILED = "FAILED"
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    OTHER = "OTHER"


_CLASSES = {
    StatusClass.FAILED: ("failed", "error", "dead"),
    StatusClass.PENDING: ("pending", "queued", "retrying", "processing"),
    StatusClass.DELIVERED: ("success", "succeeded", "delivered", "sent", "ok", "completed"),
}
_CLASS_OF = {word: status for status, words in _CLASSES.items() for word in words}
_OK, _NOT_OK = 200, 300


def classify(status: str, http_status: int | None = None) -> StatusClass:
    """Class of a status word; of the HTTP status where the word is empty (CONTRACT 3.6)."""
    word = status.strip().lower()
    if word:
        return _CLASS_OF.get(word, StatusClass.OTHER)
    if http_status is None:
        return StatusClass.OTHER
    return StatusClass.DELIVERED if _OK <= http_status < _NOT_OK else StatusClass.FAILED


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as a list row knows it. All text is unsafe; times are aware; None = not told.

    Attributes:
        id: opaque; empty where the row had none: such a row can be seen, not opened or retried.
        key: identity of the row: the id, or a digest of the row where it has none.
        status: the API's word, verbatim.
        target: the URL it was sent to; may hold secrets: mask to show.
        attempts: number of tries.
        duration_ms: how long the last try took, in milliseconds.
    """

    id: LogId
    key: str
    status: str
    event: str
    target: str | None = None
    attempts: int | None = None
    http_status: int | None = None
    error: str | None = None
    duration_ms: float | None = None
    created_at: datetime | None = None
    last_attempt_at: datetime | None = None
    next_retry_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def status_class(self) -> StatusClass:
        """What the status word means."""
        return classify(self.status, self.http_status)

    @property
    def status_word(self) -> str:
        """The word for the screen: the class, or the API's own word in upper case."""
        known = self.status_class
        if known is not StatusClass.OTHER:
            return known.value
        return self.status.strip().upper() or "UNKNOWN"

    @property
    def time(self) -> datetime | None:
        """The time a row is sorted and shown by: its creation, else the nearest thing to it."""
        return self.created_at or self.last_attempt_at or self.updated_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """One HTTP try of a delivery, where the API lists them."""

    number: int
    at: datetime | None = None
    http_status: int | None = None
    duration_ms: float | None = None
    error: str | None = None
    response: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveryDetail:
    """Everything the API told of one delivery.

    Attributes:
        delivery: the same facts as in the list, read anew.
        attempts: oldest first; empty where the API gave only a number.
        payload: the text as it was sent: pretty JSON where it is JSON, else verbatim; None = not
            told.
        payload_is_json: whether `payload` could be read as JSON.
        response: body of the receiver's last answer.
        raw: the API's whole answer, pretty JSON, secrets masked.
    """

    delivery: Delivery
    attempts: tuple[Attempt, ...] = ()
    payload: str | None = None
    payload_is_json: bool = False
    response: str | None = None
    raw: str = ""
