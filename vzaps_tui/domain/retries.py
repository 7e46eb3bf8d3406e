"""Retries: what is planned, and the rules by which a retry's outcome is told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.times import took

T = TypeVar("T", int, datetime)


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
        new_log: id of another log that the answer names, where the server writes a retry to a new
            one.
        message: the server's own words, unsafe text; empty if none.
    """

    new_log: LogId | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """Deliveries to send again, frozen before anything is sent.

    Attributes:
        resend_delivered: send what is delivered or pending, too; by a person's word only.
        name: of the instance.
        origin: where they come from, in words: `3 marked`, `all that match`.
        query: the text of the query they were found by.
        pace: most a second; None = as the settings say.
        canary: one of each cause first, the rest when it was delivered; None = if they are many.
        breaker: failures in a row that stop it; 0 = none do; None = as the settings say.
    """

    instance: InstanceId
    deliveries: tuple[Delivery, ...]
    resend_delivered: bool = False
    name: str = ""
    origin: str = ""
    query: str = ""
    pace: float | None = None
    canary: bool | None = None
    breaker: int | None = None


@dataclass(frozen=True, slots=True)
class RetryStep:
    """Where one delivery's retry stands now.

    Attributes:
        log_id: the delivery asked for.
        reason: in words: `200 in 42 ms`, `500 again`, `the answer was lost`; may be unsafe text.
        result: the delivery as it was last read, if it was.
        via: id of the new log the retry was written to, where the server makes a new one.
        plan: id of the plan; empty where it could not be written down.
        place: in the plan, from 0.
    """

    instance: InstanceId
    log_id: LogId
    outcome: Outcome
    at: datetime
    reason: str = ""
    result: Delivery | None = None
    via: LogId | None = None
    plan: str = ""
    place: int = 0


def splits(rows: tuple[Delivery, ...]) -> dict[StatusClass, tuple[Delivery, ...]]:
    """Rows by class of status, for the review dialog."""
    return {
        kind: found
        for kind in StatusClass
        if (found := tuple(r for r in rows if r.status_class is kind))
    }


def has_news(before: Delivery, after: Delivery) -> bool:
    """Whether `after` shows a try that `before` did not.

    Both are views of one log. Evidence is, where both tell it, more tries, a later try, another
    HTTP status or another class of status. What `before` did not tell is no evidence: a list
    row often knows less than the detail, and learning of an old failure is not a new one.
    """
    return (
        _grew(before.attempts, after.attempts)
        or _grew(before.last_attempt_at, after.last_attempt_at)
        or _differ(before.http_status, after.http_status)
        or _differ(_told_class(before), _told_class(after))
    )


def _grew(before: T | None, after: T | None) -> bool:
    return before is not None and after is not None and after > before


def _differ(before: object, after: object) -> bool:
    return before is not None and after is not None and after != before


def _told_class(row: Delivery) -> StatusClass | None:
    told = row.status.strip() or row.http_status is not None
    return row.status_class if told else None


def judge(before: Delivery, after: Delivery) -> Outcome | None:
    """What a retry led to, from the log read before it was sent and the log read now.

    None where it is not known yet: still pending, nothing new, or a status nobody knows.
    """
    if after.status_class is StatusClass.PENDING or not has_news(before, after):
        return None
    return {
        StatusClass.DELIVERED: Outcome.DELIVERED,
        StatusClass.FAILED: Outcome.FAILED_AGAIN,
    }.get(after.status_class)


def tell(after: Delivery) -> str:
    """A final try in a few words: `200 in 42 ms`, `500 in 1.2 s`, or the error's own text."""
    what = str(after.http_status) if after.http_status else after.error or after.status_word
    return what if after.duration_ms is None else f"{what} in {took(after.duration_ms)}"
