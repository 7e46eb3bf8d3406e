"""Retries: what is planned, and the rules by which a retry's outcome is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.instances import InstanceId


class Outcome(StrEnum):
    """Where a retry stands. The values are the words on screen."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    ACCEPTED = "ACCEPTED"
    DELIVERED = "DELIVERED"
    FAILED_AGAIN = "FAILED AGAIN"
    NO_NEWS = "NO NEWS"
    REFUSED = "REFUSED"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will be heard."""
        return self not in (Outcome.QUEUED, Outcome.SENDING, Outcome.ACCEPTED)


@dataclass(frozen=True, slots=True)
class RetryReceipt:
    """The API's answer to a retry: accepted, nothing more.

    Attributes:
        new_log: id of another log that the answer names, where the server writes a retry to a new one.
        message: the server's own words, unsafe text; empty if none.
    """

    new_log: LogId | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Deliveries to send again, frozen before anything is sent; `resend_delivered` only by a person's word."""

    instance: InstanceId
    deliveries: tuple[Delivery, ...]
    resend_delivered: bool = False


@dataclass(frozen=True, slots=True)
class RetryStep:
    """Where one delivery's retry stands now.

    Attributes:
        log_id: the delivery asked for.
        reason: in words: `200 in 42 ms`, `500 again`, `the answer was lost`; may be unsafe text.
        result: the delivery as it was last read, if it was.
        via: id of the new log the retry was written to, where the server makes a new one.
    """

    instance: InstanceId
    log_id: LogId
    outcome: Outcome
    at: datetime
    reason: str = ""
    result: Delivery | None = None
    via: LogId | None = None


def splits(rows: tuple[Delivery, ...]) -> dict[StatusClass, tuple[Delivery, ...]]:
    """Rows by class of status, for the review dialog."""
    return {
        kind: found
        for kind in StatusClass
        if (found := tuple(r for r in rows if r.status_class is kind))
    }


def has_news(before: Delivery, after: Delivery) -> bool:
    """Whether `after` shows a try that `before` did not: more tries, a later try, or another status."""
    if (after.attempts or 0) > (before.attempts or 0):
        return True
    if after.last_attempt_at and after.last_attempt_at != before.last_attempt_at:
        return True
    return after.status_class is not before.status_class


def judge(before: Delivery, after: Delivery) -> Outcome | None:
    """What a retry led to, from the log read before it was sent and the log read now; None = not known yet."""
    if after.status_class is StatusClass.PENDING or not has_news(before, after):
        return None
    return {
        StatusClass.DELIVERED: Outcome.DELIVERED,
        StatusClass.FAILED: Outcome.FAILED_AGAIN,
    }.get(after.status_class)


def tell(after: Delivery) -> str:
    """A final try in a few words: `200 in 42 ms`, `500 in 1.2 s`, or the error's own text."""
    took = ""
    if after.duration_ms is not None:
        took = (
            f" in {after.duration_ms:.0f} ms"
            if after.duration_ms < 1000
            else f" in {after.duration_ms / 1000:.1f} s"
        )  # noqa: PLR2004 - ms in a second
    if after.http_status:
        return f"{after.http_status}{took}"
    return (after.error or after.status_word) + took
