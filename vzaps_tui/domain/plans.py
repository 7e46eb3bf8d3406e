"""Retry plans as they are written down: what is to be sent, each step of it, what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.healing import name_of
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.retries import Outcome, RetryPlan
from vzaps_tui.domain.triage import CauseKey, target_host

PlanId = NewType("PlanId", str)
"""Short and readable: `0314-k7qd`, month and day, then chance."""

MANY = 20
"""Deliveries above which a plan sends canaries first, unless it says otherwise."""


class PlanBusyError(VzapsError):
    """A plan that is being carried out already; `reason` says by whom."""

    title = "This plan is being carried out already"
    hint = "Wait for it, or stop it there; then resume it here."


class UnknownPlanError(VzapsError):
    """No such plan is written down."""

    title = "There is no such plan"
    hint = "Look at the past plans for its name."


class PlanState(StrEnum):
    """Where a plan stands. RUNNING without a holder is one that was cut short."""

    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read of a delivery, as far as it tells one try from another; None = not told.

    Attributes:
        status: the API's word, verbatim.
        code: HTTP status of the last try.
        tries: how many there were.
        tried_at: when the last one was, by the server's clock.
        duration_ms: how long it took, in milliseconds.
    """

    status: str = ""
    code: int | None = None
    tries: int | None = None
    tried_at: datetime | None = None
    duration_ms: float | None = None

    @classmethod
    def of(cls, row: Delivery) -> Evidence:
        """What a reading tells."""
        return cls(row.status, row.http_status, row.attempts, row.last_attempt_at, row.duration_ms)


@dataclass(frozen=True, slots=True)
class Entry:
    """One delivery of a plan and where it stands. Text is unsafe, and masked on disk.

    Attributes:
        place: its place in the plan, from 0; the order is frozen.
        log: the delivery; empty where its row had no id.
        key: identity of its row.
        host: host and port of its target, nothing else of it.
        cause: why it had failed, as `Cause.key` of triage tells it.
        outcome: QUEUED is planned; SENDING is written down before the call leaves.
        reason: in words.
        at: when the outcome was written.
        before: what was read right before it was sent, or what the row told until then.
        created_at: when the delivery came to be, by the server's clock.
        payload: fingerprint of its payload, by which a new log is known again.
        floor: the newest log that the server had before it was sent, by the server's clock.
        sent_at: when the call was begun; None = never.
        settled_at: when the outcome was known for good.
        new_log: another log that the answer named.
        via: the new log that told the outcome.
        result: what was read last.
    """

    place: int
    log: LogId
    key: str
    event: str
    host: str
    cause: str
    outcome: Outcome
    at: datetime
    reason: str = ""
    before: Evidence = field(default_factory=Evidence)
    created_at: datetime | None = None
    payload: bytes | None = None
    floor: datetime | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    new_log: LogId | None = None
    via: LogId | None = None
    result: Evidence | None = None

    def row(self, seen: Evidence) -> Delivery:
        """The delivery as a reading showed it, without what is not written down."""
        return Delivery(
            id=self.log,
            key=self.key,
            status=seen.status,
            event=self.event,
            attempts=seen.tries,
            http_status=seen.code,
            duration_ms=seen.duration_ms,
            created_at=self.created_at,
            last_attempt_at=seen.tried_at,
        )

    @property
    def cause_name(self) -> str:
        """Why it had failed, in a few words: `502 Bad Gateway`, `timeout`."""
        kind, _, rest = self.cause.partition("\n")
        code = rest.partition("\n")[0]
        known = next((one for one in FailureKind if one == kind), FailureKind.OTHER)
        return name_of(known, int(code) if code.isdecimal() else None)


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a person says anew of how a plan is carried out; None = as the plan has it.

    Attributes:
        pace: most a second.
        canary: one of each cause first.
        breaker: failures in a row that stop it; 0 = none do.
    """

    pace: float | None = None
    canary: bool | None = None
    breaker: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as it is written down, without its entries.

    Attributes:
        base_url: the server.
        account: a digest of the client token, never the token.
        name: of the instance; unsafe text.
        origin: where its deliveries come from, in words: `3 marked`, `all that match`.
        query: the text of the query they were found by.
        resend_delivered: a person said to send what is delivered or pending, too.
        pace: most a second; None = as the settings say.
        canary: one of each cause first; None = if there are more than `MANY`.
        breaker: failures in a row that stop it; 0 = none do; None = as the settings say.
        why: why it stopped, in words.
        began: when it was begun last.
        ended: when it was done, stopped or discarded.
    """

    id: PlanId
    base_url: str
    account: str
    instance: InstanceId
    created: datetime
    name: str = ""
    origin: str = ""
    query: str = ""
    resend_delivered: bool = False
    pace: float | None = None
    canary: bool | None = None
    breaker: int | None = None
    state: PlanState = PlanState.PLANNED
    why: str = ""
    began: datetime | None = None
    ended: datetime | None = None

    def tuned(self, tuning: Tuning) -> Plan:
        """The plan as it is to be carried out from now on."""
        return replace(
            self,
            pace=self.pace if tuning.pace is None else tuning.pace,
            canary=self.canary if tuning.canary is None else tuning.canary,
            breaker=self.breaker if tuning.breaker is None else tuning.breaker,
        )


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan and how many of its deliveries stand where.

    Attributes:
        counts: only outcomes that there are.
        holder: who carries it out at this moment, in words; empty = nobody.
    """

    plan: Plan
    counts: Counter[Outcome]
    holder: str = ""

    @property
    def total(self) -> int:
        """All of them."""
        return self.counts.total()

    @property
    def left(self) -> int:
        """Not sent yet."""
        return self.counts[Outcome.QUEUED]

    @property
    def awaited(self) -> int:
        """Accepted, and not known yet what came of it."""
        return self.counts[Outcome.ACCEPTED]

    @property
    def unknown(self) -> int:
        """Of which it is not known whether they were sent; those cut short while sending too.

        What somebody is sending at this moment is not among them.
        """
        cut_short = 0 if self.holder else self.counts[Outcome.SENDING]
        return self.counts[Outcome.UNKNOWN] + cut_short

    @property
    def standing(self) -> str:
        """Where it stands, for a person: `running` only while somebody carries it out."""
        if self.holder:
            return PlanState.RUNNING.value
        is_dead = self.plan.state is PlanState.RUNNING
        return "cut short" if is_dead else self.plan.state.value

    @property
    def is_unfinished(self) -> bool:
        """Whether resuming it would do something."""
        over = self.plan.state in (PlanState.DONE, PlanState.DISCARDED)
        return not over and bool(self.left or self.awaited or self.counts[Outcome.SENDING])

    @property
    def words(self) -> str:
        """`213 of 400 left, 2 awaited, 1 unknown`; what there is none of is not named."""
        parts = [f"{self.left:,} of {self.total:,} left"]
        parts += [f"{self.awaited:,} awaited"] if self.awaited else []
        parts += [f"{self.unknown:,} unknown"] if self.unknown else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A retry of a delivery in the past.

    Attributes:
        at: when it was sent.
        outcome: what came of it; SENDING where the program was cut short.
    """

    plan: PlanId
    log: LogId
    at: datetime
    outcome: Outcome
    reason: str = ""
    via: LogId | None = None


def cause_of(row: Delivery) -> str:
    """Why a delivery failed: what `Cause.key` of triage is for it."""
    same = CauseKey(failure_kind(row), row.http_status or None, target_host(row.target), row.event)
    return "\n".join((same.kind, str(same.code), same.host, same.event))


def freeze(plan: RetryPlan, at: datetime) -> tuple[Entry, ...]:
    """The entries of a new plan, in its order: no id and doubles are SKIPPED from the start."""
    entries: list[Entry] = []
    seen: set[LogId] = set()
    for place, row in enumerate(plan.deliveries):
        entry = Entry(
            place=place,
            log=row.id,
            key=row.key,
            event=row.event,
            host=target_host(row.target),
            cause=cause_of(row),
            outcome=Outcome.QUEUED,
            at=at,
            before=Evidence.of(row),
            created_at=row.created_at,
        )
        if not row.id:
            entry = replace(entry, outcome=Outcome.SKIPPED, reason="this row has no id")
        elif row.id in seen:
            entry = replace(entry, outcome=Outcome.SKIPPED, reason="already being retried")
        seen.add(row.id)
        entries.append(entry)
    return tuple(entries)


def again(entries: Iterable[Entry]) -> tuple[Delivery, ...]:
    """Rows for a new plan of what an old one left: all that is written down of them."""
    return tuple(entry.row(entry.result or entry.before) for entry in entries if entry.log)


def summarize(plan: Plan, entries: Sequence[Entry], holder: str = "") -> PlanSummary:
    """A plan with the counts of its entries."""
    return PlanSummary(plan, Counter(entry.outcome for entry in entries), holder)


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A plan that is being carried out, at this moment.

    Attributes:
        counts: of all of its deliveries, those settled by earlier runs too.
        paused: a person paused it.
        halted: why it sends nothing by itself; empty where it does. `go_on` is a person's word.
        waiting: seconds for which the server is not asked: it said so, or it does not answer.
        away: that it does not answer, and why, where that is what is waited for; else empty.
        pace: retries a second as they are allowed now.
        rate: retries a second as they were of late; None = too few.
        eta: seconds until the last one is sent; None = it cannot be told.
        errors: what went wrong last, in words, the newest last.
        sends: whether it sends what it may: it is not paused, stopped, or halted by itself.
        held: how many are held back by what the first of their cause came to.
    """

    plan: Plan
    counts: Counter[Outcome]
    paused: bool = False
    halted: str = ""
    waiting: float = 0.0
    away: str = ""
    pace: float = 0.0
    rate: float | None = None
    eta: float | None = None
    errors: tuple[str, ...] = ()
    sends: bool = True
    held: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.counts.total()

    @property
    def left(self) -> int:
        """Not sent yet."""
        return self.counts[Outcome.QUEUED]
