"""What the use cases need of the world, as protocols; the composition root brings it."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.envelope import Answer, Envelope, Question
from vzaps_tui.domain.instances import Instance, InstanceId, SessionStatus
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.plans import Earlier, Entry, Plan, PlanId, PlanState, PlanSummary
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.remembered import KeptView, SavedView
from vzaps_tui.domain.retries import RetryReceipt
from vzaps_tui.domain.selection import (
    Group,
    Histogram,
    Put,
    Reading,
    Scope,
    Selection,
    Stretch,
)
from vzaps_tui.domain.webhooks import WebhookConfig


class Gateway(Protocol):
    """The API, one method an endpoint. Each raises a VzapsError and nothing else.

    Reads may be resent inside (law 1); `set_webhook` and `retry` are sent once, save for one resend
    after a 401 (law 2).
    """

    async def instances(self, page: int, size: int) -> Answer[Page[Instance]]:
        """One page of the account's instances, first page 1."""
        ...

    async def instance(self, instance: InstanceId) -> Answer[Instance]:
        """One instance."""
        ...

    async def session(self, instance: InstanceId) -> Answer[SessionStatus]:
        """Whether WhatsApp is linked."""
        ...

    async def webhook(self, instance: InstanceId) -> Answer[WebhookConfig]:
        """The stored configuration."""
        ...

    async def set_webhook(
        self,
        instance: InstanceId,
        config: WebhookConfig,
        *,
        url_key: str = "webhookURL",
        events_as_list: bool = False,
    ) -> Answer[None]:
        """Send a configuration once, with the given spelling (CONTRACT 7, rows 1 and 2)."""
        ...

    async def search(
        self, instance: InstanceId, page: int, size: int, status: str | None
    ) -> Answer[Page[Delivery]]:
        """One page of the delivery log, newest first, first page 1."""
        ...

    async def detail(self, instance: InstanceId, log: LogId) -> Answer[DeliveryDetail]:
        """Everything of one delivery."""
        ...

    async def retry(self, instance: InstanceId, log: LogId) -> Answer[RetryReceipt]:
        """Ask for one delivery to be sent again. A success means accepted, not delivered."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class Clock(Protocol):
    """Time, so that tests can own it.

    Attributes:
        utc: whether times are shown in UTC; else in the local zone.
    """

    utc: bool

    def now(self) -> datetime:
        """Now, aware, in the zone to show."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class EnvelopeStore(Protocol):
    """Envelopes that outlive the program. A broken or full disk raises nothing: it forgets."""

    async def get(self, question: Question) -> Envelope[Any] | None:
        """The kept envelope, or None."""
        ...

    async def put(self, question: Question, envelope: Envelope[Any]) -> None:
        """Keep an envelope; kinds that hold payloads are not kept, URLs are kept masked."""
        ...

    async def forget(
        self, base_url: str, account: str, instance: str, kinds: frozenset[str]
    ) -> None:
        """Drop what is kept of these kinds of an instance."""
        ...


class DeliveryArchive(Protocol):
    """Every delivery row ever read, in order. A broken or full disk raises nothing.

    Questions run off the loop; cancelling the task that asks interrupts them, so whoever asks anew
    cancels what was asked before. `page`, `place` and `gone` answer at once and are called from the
    loop's thread only.
    """

    async def put(
        self, scope: Scope, rows: Iterable[Delivery], reading: Reading | None = None
    ) -> Put:
        """Keep rows, newest first; with a reading, also what it makes certain, or neither."""
        ...

    async def vanished(self, scope: Scope, keys: Iterable[str], at: datetime) -> int:
        """Mark rows that the server does not have any more; they stay. How many were not yet."""
        ...

    async def keep_detail(self, scope: Scope, detail: DeliveryDetail) -> None:
        """Keep everything of one delivery, masked; does nothing unless a person wants it kept."""
        ...

    async def kept_detail(self, scope: Scope, key: str) -> tuple[DeliveryDetail, datetime] | None:
        """Everything of one delivery as it was read last, and when; None if it is not kept."""
        ...

    async def select(
        self,
        scope: Scope,
        query: DeliveryQuery,
        now: datetime | None = None,
        also: Collection[int] = (),
    ) -> Selection:
        """The numbers of all rows that match, newest first; `now` is needed for `last`.

        Rows numbered in `also` are among them, in their place, whether they match or not.
        """
        ...

    async def fetch(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """What `page` gives, of any number of rows and off the loop."""
        ...

    async def newest_number(self) -> int:
        """The highest row number given so far; rows read later get higher ones."""
        ...

    async def first(
        self, scope: Scope, query: DeliveryQuery, limit: int, now: datetime | None = None
    ) -> array[int]:
        """The newest numbers of those; does not wait for a `select` that runs."""
        ...

    async def count(self, scope: Scope, query: DeliveryQuery, now: datetime | None = None) -> int:
        """How many match."""
        ...

    async def groups(
        self, scope: Scope, query: DeliveryQuery, now: datetime | None = None
    ) -> tuple[Group, ...]:
        """Those that match, folded by how they were answered; most rows first."""
        ...

    async def histogram(
        self,
        scope: Scope,
        query: DeliveryQuery,
        span: tuple[datetime, datetime],
        buckets: int,
        now: datetime | None = None,
    ) -> Histogram:
        """Delivered and failed ones of those that match, over a span of time."""
        ...

    async def events(self, scope: Scope) -> tuple[str, ...]:
        """Names of the events that rows have, in order."""
        ...

    async def coverage(self, scope: Scope, server_filter: str | None) -> tuple[Stretch, ...]:
        """What is held of a list without gaps: the stretch at its top first."""
        ...

    def page(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """The rows of these numbers in their order; None for one that was dropped meanwhile."""
        ...

    def place(self, scope: Scope, key: str) -> int | None:
        """The number of a row; it never gets another one. None if it is not held."""
        ...

    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        """Which of these rows the server is known not to have any more."""
        ...


class RetryJournal(Protocol):
    """What was planned, sent and heard, each step of it kept before it happens.

    A write returns when it will outlive a power cut; then nothing undoes it. Each method may raise
    a StorageError: nothing is sent that could not be written down.
    """

    async def create(self, plan: Plan, entries: Sequence[Entry]) -> Plan:
        """Write a plan down, whole or not at all; its id is chosen here and given back."""
        ...

    async def plan(self, plan: PlanId) -> Plan | None:
        """A plan; None if there is none."""
        ...

    async def entries(self, plan: PlanId) -> tuple[Entry, ...]:
        """All of its entries as they stand, in their order."""
        ...

    async def begin(self, plan: Plan, entry: Entry) -> PlanId | None:
        """Write down that an entry is about to be sent.

        Unless another plan has sent the same delivery since this one was made, and this one does
        not send again on purpose: then nothing is written, and that plan is given.
        """
        ...

    async def note(self, plan: PlanId, entries: Sequence[Entry]) -> None:
        """Write down where entries stand now."""
        ...

    async def mark(self, plan: PlanId, state: PlanState, why: str, at: datetime) -> None:
        """Write down where a plan stands now, and why."""
        ...

    async def tune(self, plan: Plan) -> None:
        """Write down a plan's pace, canary and breaker as they are from now on."""
        ...

    async def unfinished(self, base_url: str, account: str) -> tuple[PlanSummary, ...]:
        """Plans that resuming would do something for, newest first."""
        ...

    async def history(
        self, base_url: str, account: str, limit: int, before: PlanId | None = None
    ) -> tuple[PlanSummary, ...]:
        """Plans, newest first, from the one made before `before` on."""
        ...

    async def earlier(
        self, base_url: str, account: str, instance: InstanceId, logs: Collection[LogId]
    ) -> Mapping[LogId, tuple[Earlier, ...]]:
        """What was sent of these deliveries by any plan, newest first; nothing for the others."""
        ...

    async def holder(self, plan: PlanId) -> str:
        """Who carries a plan out at this moment, in words; empty = nobody."""
        ...

    async def claimed(self, base_url: str, account: str, instance: InstanceId) -> frozenset[LogId]:
        """New logs that told the outcome of a retry: none of them tells that of another one."""
        ...

    def hold(self, plan: PlanId) -> AbstractAsyncContextManager[None]:
        """Have a plan to oneself, among all programs, until it is left or the program dies.

        Raises:
            PlanBusyError: another one has it.
            StorageError: it cannot be known.
        """
        ...


class ViewStore(Protocol):
    """How lists were looked at, kept between runs. Each method may raise a StorageError."""

    async def last(self, base_url: str, account: str, instance: InstanceId) -> KeptView | None:
        """How an instance's list was last looked at; None if nobody knows."""
        ...

    async def note(self, base_url: str, account: str, instance: InstanceId, view: KeptView) -> None:
        """Keep how an instance's list is looked at; a filter that holds a secret is left out."""
        ...

    async def saved(self, base_url: str, account: str) -> tuple[SavedView, ...]:
        """The account's views, in the order of their names."""
        ...

    async def save(self, base_url: str, account: str, view: SavedView) -> None:
        """Keep a view in place of what had its name; one that holds a secret is refused."""
        ...

    async def drop(self, base_url: str, account: str, name: str) -> None:
        """Forget a view; nothing if there is none of that name."""
        ...
