"""The world as tests own it: a gateway with gates, faults and a call log; a clock; a store."""

from __future__ import annotations

import asyncio
import heapq
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.builders import NOW
from tests.builders import detail as detail_of
from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId, StatusClass
from vzaps_tui.domain.envelope import Answer, Envelope, Question
from vzaps_tui.domain.instances import Instance, InstanceId, SessionStatus
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.problems import NotFoundError, StorageError, VzapsError
from vzaps_tui.domain.remembered import KeptView, SavedView
from vzaps_tui.domain.retries import RetryReceipt
from vzaps_tui.domain.webhooks import WebhookConfig

T = TypeVar("T")


class FakeClock:
    """Time that stands still until told, or until everybody sleeps (see `run`)."""

    utc = False

    def __init__(self, start: datetime = NOW) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = 0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._sleepers, (self._elapsed + max(0.0, seconds), self._order, waking))
        await waking

    def shift(self, seconds: float) -> None:
        """Move the time without waking anybody: what waits is told late."""
        self._elapsed += seconds

    async def advance(self, seconds: float) -> None:
        """Let time pass, waking sleepers in their order."""
        end = self._elapsed + seconds
        await idle()
        while self._sleepers and self._sleepers[0][0] <= end:
            await self._wake_next()
        self._elapsed = end
        await idle()

    async def run(self, task: asyncio.Future[T]) -> T:
        """Let time pass as fast as everybody sleeps, until `task` is done."""
        await idle()
        while not task.done():
            assert self._sleepers, "nobody sleeps, and it is not done: it waits for a gate"
            await self._wake_next()
        return await task

    async def _wake_next(self) -> None:
        due, _, waking = heapq.heappop(self._sleepers)
        self._elapsed = max(self._elapsed, due)
        if not waking.done():
            waking.set_result(None)
        await idle()


async def idle(turns: int = 25) -> None:
    """Let everything run that can run without time passing."""
    for _ in range(turns):
        await asyncio.sleep(0)


@dataclass(frozen=True)
class Call:
    """One call of the gateway: the method's name and what it was asked."""

    name: str
    args: tuple[Any, ...]


class FakeGateway:
    """A server in memory that satisfies the `Gateway` port.

    `rows` are the instance's deliveries, newest first; `webhooks` the stored configurations.
    Methods are named in `fail(name, *problems)`, raised in turn, and in `gate(name)`, which holds
    the calls until the gate is set. `hook` runs before every answer: there a test changes the
    world. `on_retry` says what a retry does to the log. `page_cap` is the most rows a page has,
    `tells_size` whether it says so.
    """

    def __init__(self, rows: Sequence[Delivery] = (), instances: Sequence[Instance] = ()) -> None:
        self.rows: list[Delivery] = list(rows)
        self.listed: list[Instance] = list(instances)
        self.details: dict[LogId, DeliveryDetail] = {}
        self.webhooks: defaultdict[InstanceId, WebhookConfig] = defaultdict(WebhookConfig)
        self.sessions: dict[InstanceId, SessionStatus] = {}
        self.calls: list[Call] = []
        self.tells_totals = True
        self.tells_size = True
        self.ignores_status = False
        self.ignores_paging = False
        self.page_cap: int | None = None
        self.obeys_url_key: str | None = None
        self.hook: Callable[[Call], None] | None = None
        self.on_retry: Callable[[LogId], RetryReceipt | None] | None = None
        self.max_in_flight: Counter[str] = Counter()
        self._in_flight: Counter[str] = Counter()
        self._faults: defaultdict[str, deque[VzapsError | None]] = defaultdict(deque)
        self._gates: dict[str, asyncio.Event] = {}

    def fail(self, name: str, *problems: VzapsError | None) -> None:
        """Raise these, one a call; None lets a call through."""
        self._faults[name].extend(problems)

    def gate(self, name: str) -> asyncio.Event:
        """Hold calls of a method until the event is set."""
        return self._gates.setdefault(name, asyncio.Event())

    def named(self, name: str) -> list[Call]:
        """The calls of one method so far."""
        return [call for call in self.calls if call.name == name]

    def count(self, name: str) -> int:
        """How many calls of one method so far."""
        return len(self.named(name))

    async def instances(self, page: int, size: int) -> Answer[Page[Instance]]:
        await self._enter("instances", page, size)
        return Answer(self._page(self.listed, page, size))

    async def instance(self, instance: InstanceId) -> Answer[Instance]:
        await self._enter("instance", instance)
        for row in self.listed:
            if row.id == instance:
                return Answer(row)
        raise NotFoundError("no such instance", status=404)

    async def session(self, instance: InstanceId) -> Answer[SessionStatus]:
        await self._enter("session", instance)
        return Answer(self.sessions.get(instance, SessionStatus(connected=True)))

    async def webhook(self, instance: InstanceId) -> Answer[WebhookConfig]:
        await self._enter("webhook", instance)
        return Answer(self.webhooks[instance])

    async def set_webhook(
        self,
        instance: InstanceId,
        config: WebhookConfig,
        *,
        url_key: str = "webhookURL",
        events_as_list: bool = False,
    ) -> Answer[None]:
        await self._enter("set_webhook", instance, config, url_key, events_as_list)
        if self.obeys_url_key in (None, url_key):
            self.webhooks[instance] = config
        else:
            self.webhooks[instance] = replace(self.webhooks[instance], events=config.events)
        return Answer(None)

    async def search(
        self, instance: InstanceId, page: int, size: int, status: str | None
    ) -> Answer[Page[Delivery]]:
        await self._enter("search", instance, page, size, status)
        rows = self.rows
        if status and not self.ignores_status:
            rows = [row for row in rows if row.status_class is StatusClass.FAILED]
        return Answer(self._page(rows, page, size))

    async def detail(self, instance: InstanceId, log: LogId) -> Answer[DeliveryDetail]:
        await self._enter("detail", instance, log)
        for row in self.rows:
            if row.id == log:
                found = self.details.get(log)
                return Answer(replace(found, delivery=row) if found else detail_of(row))
        raise NotFoundError("no such log", status=404)

    async def retry(self, instance: InstanceId, log: LogId) -> Answer[RetryReceipt]:
        await self._enter("retry", instance, log)
        receipt = self.on_retry(log) if self.on_retry else None
        return Answer(receipt or RetryReceipt())

    async def aclose(self) -> None:
        self.calls.append(Call("aclose", ()))

    def put(self, row: Delivery) -> None:
        """Change a row in its place."""
        self.rows = [row if known.key == row.key else known for known in self.rows]

    def row(self, log: LogId) -> Delivery:
        """A row as it is now."""
        return next(row for row in self.rows if row.id == log)

    async def _enter(self, name: str, *args: Any) -> None:
        call = Call(name, args)
        self.calls.append(call)
        self._in_flight[name] += 1
        self.max_in_flight[name] = max(self.max_in_flight[name], self._in_flight[name])
        try:
            if gate := self._gates.get(name):
                await gate.wait()
            else:
                await asyncio.sleep(0)
        finally:
            self._in_flight[name] -= 1
        if self.hook:
            self.hook(call)
        faults = self._faults[name]
        problem = faults.popleft() if faults else None
        if problem:
            raise problem

    def _page(self, rows: Sequence[T], number: int, size: int) -> Page[T]:
        given = min(size, self.page_cap or size)
        shown = 1 if self.ignores_paging else number
        items = tuple(rows[(shown - 1) * given : shown * given])
        total = len(rows) if self.tells_totals else None
        return Page(items, number, given if self.tells_size else size, total)


class MemoryStore:
    """An `EnvelopeStore` in memory, with a call log."""

    def __init__(self) -> None:
        self.kept: dict[Question, Envelope[Any]] = {}
        self.calls: list[str] = []
        self.gate: asyncio.Event | None = None

    async def get(self, question: Question) -> Envelope[Any] | None:
        self.calls.append("get")
        found = self.kept.get(question)
        if self.gate:
            await self.gate.wait()
        return found

    async def put(self, question: Question, envelope: Envelope[Any]) -> None:
        self.calls.append("put")
        self.kept[question] = envelope

    async def forget(
        self, base_url: str, account: str, instance: str, kinds: frozenset[str]
    ) -> None:
        self.calls.append("forget")
        for asked in list(self.kept):
            if (asked.base_url, asked.account, asked.instance) == (
                base_url,
                account,
                instance,
            ) and asked.kind in kinds:
                del self.kept[asked]


class MemoryViews:
    """A `ViewStore` in memory; gates hold writes and reads, `broken` is a disk that says no."""

    def __init__(self) -> None:
        self.looked: dict[tuple[str, str, InstanceId], KeptView] = {}
        self.named: dict[tuple[str, str, str], SavedView] = {}
        self.notes = 0
        self.noted = asyncio.Event()
        self.gate: asyncio.Event | None = None
        self.reading: asyncio.Event | None = None
        self.broken = False

    def _check(self) -> None:
        if self.broken:
            raise StorageError("no space left")

    async def last(self, base_url: str, account: str, instance: InstanceId) -> KeptView | None:
        self._check()
        if self.reading is not None:
            await self.reading.wait()
        return self.looked.get((base_url, account, instance))

    async def note(self, base_url: str, account: str, instance: InstanceId, view: KeptView) -> None:
        self._check()
        if self.gate is not None:
            await self.gate.wait()
        self.notes += 1
        self.noted.set()
        self.looked[base_url, account, instance] = view

    async def saved(self, base_url: str, account: str) -> tuple[SavedView, ...]:
        self._check()
        return tuple(sorted(v for k, v in self.named.items() if k[:2] == (base_url, account)))

    async def save(self, base_url: str, account: str, view: SavedView) -> None:
        self._check()
        self.named[base_url, account, view.name] = view

    async def drop(self, base_url: str, account: str, name: str) -> None:
        self._check()
        self.named.pop((base_url, account, name), None)
