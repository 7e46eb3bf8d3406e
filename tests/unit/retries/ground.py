"""Failed deliveries, a server in memory and a journal, for programs that come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any, TypeVar

from typing_extensions import override

from tests.archives import InlineArchive
from tests.builders import INSTANCE, delivered, delivery
from tests.fakes import FakeClock, FakeGateway, idle
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.envelope import Answer
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.plans import Entry, Plan, PlanId, PlanState
from vzaps_tui.domain.problems import StorageError, VzapsError
from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryReceipt, RetryStep
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.memory_journal import MemoryJournal
from vzaps_tui.services.retrying import RetryService

T = TypeVar("T")
WHOSE = Identity("https://api.example.com", "acct")


class Server(FakeGateway):
    """Carries a retry out at once: `becomes` says what a row is then; delivered if nothing."""

    def __init__(self, rows: Sequence[Delivery]) -> None:
        super().__init__(rows)
        self.acted: list[str] = []
        self.becomes: dict[str, Callable[[Delivery], Delivery] | None] = {}

    @override
    async def retry(self, instance: InstanceId, log: LogId) -> Answer[RetryReceipt]:
        try:
            answer = await super().retry(instance, log)
        except VzapsError as problem:
            if problem.acted:
                self.carry_out(log)
            raise
        self.carry_out(log)
        return answer

    def carry_out(self, log: LogId) -> None:
        self.acted.append(log)
        change = self.becomes.get(log, delivered)
        if change is not None:
            self.put(change(self.row(log)))


class Disk(MemoryJournal):
    """A journal that a killed program leaves behind, on a disk that may be full.

    `full` names the writes that fail from now on.
    """

    def __init__(self) -> None:
        super().__init__()
        self.full: frozenset[str] = frozenset()

    def left_behind(self) -> Disk:
        """What the next program finds if this one is killed now."""
        found = deepcopy(self)
        found._held.clear()
        return found

    @override
    async def create(self, plan: Plan, entries: Sequence[Entry]) -> Plan:
        self._write("create")
        return await super().create(plan, entries)

    @override
    async def begin(self, plan: Plan, entry: Entry) -> PlanId | None:
        self._write("begin")
        return await super().begin(plan, entry)

    @override
    async def note(self, plan: PlanId, entries: Sequence[Entry]) -> None:
        self._write("note")
        await super().note(plan, entries)

    @override
    async def mark(self, plan: PlanId, state: PlanState, why: str, at: datetime) -> None:
        self._write("mark")
        await super().mark(plan, state, why, at)

    @override
    async def tune(self, plan: Plan) -> None:
        self._write("tune")
        await super().tune(plan)

    def _write(self, what: str) -> None:
        if what in self.full:
            raise StorageError("disk full")


class Patience(FakeClock):
    """Time that passes only when all that can be done without it is done, be it a long row."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    @override
    async def run(self, task: asyncio.Future[T]) -> T:
        while not task.done():
            calls = -1
            while calls != len(self._server.calls) and not task.done():
                calls = len(self._server.calls)
                await idle(300)
            if not task.done():
                assert self._sleepers, "nobody sleeps, and it is not done: it waits for a gate"
                await self._wake_next()
        return await task


class Ground:
    """Programs that carry out plans of one journal, one after another."""

    def __init__(self, count: int = 10) -> None:
        self.server = Server([delivery(number) for number in range(count, 0, -1)])
        self.clock = Patience(self.server)
        self.disk = Disk()
        self.told: list[RetryStep] = []
        self.deliveries: DeliveryService
        self.service: RetryService
        self.start()

    def start(self, whose: Identity = WHOSE, **more: Any) -> RetryService:
        """A program is started: it knows nothing but what is in the journal."""
        cache = EnvelopeCache(None, self.clock)
        self.deliveries = DeliveryService(self.server, cache, InlineArchive(), WHOSE, self.clock)
        self.service = RetryService(
            self.server,
            self.deliveries,
            self.clock,
            journal=self.disk,
            identity=whose,
            **more,
        )
        return self.service

    async def plan(self, *numbers: int, **more: Any) -> Plan:
        """A plan for some deliveries, written down."""
        rows = tuple(delivery(number) for number in numbers)
        return await self.service.create(RetryPlan(INSTANCE, rows, **more))

    def begin(self, plan: PlanId, **more: Any) -> asyncio.Task[tuple[RetryStep, ...]]:
        """Carry out a plan."""
        return asyncio.create_task(self.service.resume(plan, self.told.append, **more))

    async def resume(self, plan: PlanId, **more: Any) -> tuple[RetryStep, ...]:
        """Carry out a plan to its end."""
        return await self.clock.run(self.begin(plan, **more))

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let time pass until something is done."""
        return await self.clock.run(asyncio.ensure_future(work))

    async def kill(self, task: asyncio.Task[tuple[RetryStep, ...]]) -> None:
        """kill -9: from this moment on nothing reaches the disk, nor the server."""
        found = self.disk.left_behind()
        acted = list(self.server.acted)
        task.cancel()
        await idle()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert self.server.acted == acted, "a program that was killed has sent something"
        self.disk = found
        self.told.clear()

    async def entries(self, plan: PlanId) -> tuple[Entry, ...]:
        """The entries as they are written down."""
        return await self.disk.entries(plan)

    async def words(self, plan: PlanId) -> list[Outcome]:
        """Where the entries stand on disk."""
        return [entry.outcome for entry in await self.entries(plan)]

    @property
    def sent(self) -> list[str]:
        """What was asked for, in order."""
        return [call.args[1] for call in self.server.named("retry")]
