"""What the emulator remembers of one delivery: the event, its tries, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Status words of the delivery log. Only `failed` is documented (CONTRACT 3.5)."""

    PENDING = "pending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What one HTTP try came to.

    Attributes:
        http_status: None where no answer came.
        error: in words; None where the receiver took the event.
        response: body of the answer, at most 64 KiB.
        duration_ms: from sending to the end of the answer, in milliseconds.
    """

    http_status: int | None
    error: str | None
    response: str
    duration_ms: float

    @property
    def ok(self) -> bool:
        """Whether the receiver took the event."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A numbered try, from 1; `at` is when it was sent, aware."""

    number: int
    at: datetime
    result: Result


@dataclass(slots=True, eq=False)
class Log:
    """One row of an instance's delivery log.

    Attributes:
        url: where the last try went, or the next will go.
        status: one of `Status`, or whatever a test writes.
        attempts: oldest first.
        next_retry_at: when it will be tried again by itself; None = it will not.
        retries: how often a retry was asked for.
        payload: the JSON value, or text, that is sent; None = made from the seed on demand.
        plan: grows with every retry, so that tries planned before it lapse.
    """

    id: str
    event: str
    url: str
    created_at: datetime
    status: str = Status.PENDING
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    next_retry_at: datetime | None = None
    retries: int = 0
    payload: Any = None
    plan: int = 0

    @property
    def last(self) -> Result | None:
        """The last try's result."""
        return self.attempts[-1].result if self.attempts else None

    @property
    def updated_at(self) -> datetime:
        """When something was last learnt of it."""
        return self.attempts[-1].at if self.attempts else self.created_at

    def note(self, result: Result, at: datetime) -> None:
        """Add a try and what it came to; a failure is final until somebody plans another try."""
        self.attempts.append(Attempt(len(self.attempts) + 1, at, result))
        self.status = Status.DELIVERED if result.ok else Status.FAILED
        self.next_retry_at = None
