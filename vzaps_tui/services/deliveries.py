"""The delivery log of an instance: read page by page into the archive, and asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from vzaps_tui.domain.envelope import Answer, Envelope, Question, Source
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End, Page
from vzaps_tui.domain.problems import (
    NotFoundError,
    ProtocolError,
    RejectedError,
    TroubledError,
    VzapsError,
)
from vzaps_tui.services.cache import EnvelopeCache, words
from vzaps_tui.services.flights import Flights, Publish
from vzaps_tui.services.holdings import Holdings
from vzaps_tui.services.log_reading import EXCLUDED, PAGE, LogReader
from vzaps_tui.services.whole_log import span

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.services.identity import Identity
    from vzaps_tui.services.ports import Clock, DeliveryArchive, Gateway

T = TypeVar("T")

FRESH = 15.0
REFRESH_PAGES = 10
MORE_STEPS = 4
"""Most steps down that `more` makes where all rows it reads are known already."""

SYNC_PAGE = 200
"""Rows a page that `sync` asks for; how many a server gives at most is not known (CONTRACT 8)."""

_STALLS = 3


class _Log:
    """One list of the server: its reader, and what goes on with it."""

    def __init__(
        self, question: Question, instance: InstanceId, reader: LogReader, *, is_filtered: bool
    ) -> None:
        self.question = question
        self.instance = instance
        self.is_filtered = is_filtered
        self.reader = reader
        self.lock = asyncio.Lock()
        self.opening = asyncio.Lock()
        self.opened = False
        self.steps = 0
        self.missing: int | None = None
        self.answer: Answer[Page[Delivery]] | None = None


class DeliveryService(Holdings):
    """Lists and opens deliveries.

    What was read of a list is in the archive; an envelope tells how much that is (`LogState`).
    Lists are kept per instance and server filter. A row that slips into the middle of what is held
    (an old delivery that fails only now) is found when its page is read again.
    """

    def __init__(
        self,
        gateway: Gateway,
        cache: EnvelopeCache,
        archive: DeliveryArchive,
        identity: Identity,
        clock: Clock,
    ) -> None:
        super().__init__(archive, identity, clock)
        self._gateway = gateway
        self._cache = cache
        self._logs: dict[Question, _Log] = {}
        self._flights = Flights[LogState]()
        self._unfiltered: set[InstanceId] = set()
        self._keeping: set[asyncio.Task[None]] = set()
        self._sync_page: dict[InstanceId, int] = {}

    def peek(self, instance: InstanceId, query: DeliveryQuery) -> Envelope[LogState] | None:
        """What memory knows of the list; never waits."""
        return self._cache.peek(self._question(instance, query))

    def filters(self, instance: InstanceId) -> bool:
        """Whether the API keeps to the filter it is asked for, as far as was seen."""
        return instance not in self._unfiltered

    async def whole(self, instance: InstanceId) -> tuple[datetime | None, datetime] | None:
        """From when (None: from the first) until when all deliveries are held; None: not known."""
        return await span(self._archive, self.scope(instance))

    async def load(
        self, instance: InstanceId, query: DeliveryQuery, *, force: bool = False
    ) -> AsyncGenerator[Envelope[LogState], None]:
        """What is held of the list, then, unless that is fresh, the same after each page read.

        Reads from the top until it meets what is held, at most ten pages: where it does not meet
        it, the last `LogState` says that there is a gap, and `more` or `sync` reads on in it.

        Yields:
            What is held (source CACHE) if anything is; then one after each page (LIVE), or the last
            one with the problem that kept it from being fresher.

        Raises:
            VzapsError: the API could not be asked and nothing is held.
        """
        log = self._log(instance, query)
        kept = await self._kept(log)
        if kept is not None:
            yield kept.cached()
            if not force and self._cache.is_fresh(kept, FRESH):
                return
        reading = self._flights.join(log.question, lambda publish: self._refresh(log, publish))
        try:
            async for envelope in reading:
                yield envelope
        except VzapsError as problem:
            latest = await self._kept(log)
            if latest is None:
                raise
            yield latest.troubled(words(problem), problem)
        finally:
            await reading.aclose()

    async def more(self, instance: InstanceId, query: DeliveryQuery) -> Envelope[LogState]:
        """Read the next page below what is held from the top without a gap, if there is one.

        Its age stays that of the list's top. Whoever asks while a page is being read waits for that
        page, not for the one after it.

        Raises:
            VzapsError: it could not be read; what is held is kept.
        """
        log = self._log(instance, query)
        held = self._cache.peek(log.question)
        if held is None:
            async for envelope in self._flights.join(
                log.question, lambda publish: self._refresh(log, publish)
            ):
                held = envelope
        else:
            steps = log.steps
            async with log.lock:
                held = self._cache.peek(log.question) or held
                if log.steps == steps and held.data.end is End.MORE:
                    held = await self._read_on(log)
        if held is None:
            raise ProtocolError("nothing was read")
        return held

    async def sync(
        self, instance: InstanceId, query: DeliveryQuery, *, until: datetime | None = None
    ) -> AsyncGenerator[Envelope[LogState], None]:
        """Read the top, then all the way down, until all is held.

        It may be closed at any time: what was read stays, and a later one goes on below it.

        Args:
            instance: whose log.
            query: which of the server's lists.
            until: rows older than that need not be read; aware.

        Yields:
            What is held after each page.

        Raises:
            VzapsError: a page could not be read; what is held is kept.
        """
        log = self._log(instance, query)
        await self._kept(log)
        stalls = 0
        async with log.lock:
            log.reader.hope()
            await self._sized(log, log.reader.top)
            envelope = await self._tell(log)
        yield envelope
        while envelope.data.end is End.MORE and stalls < _STALLS:
            reached = await log.reader.reached()
            if until is not None and reached is not None and reached < until:
                return
            async with log.lock:
                moved = await self._sized(log, log.reader.down)
                log.steps += 1
                envelope = await self._tell(log)
            stalls = 0 if moved else stalls + 1
            yield envelope

    async def detail(
        self, instance: InstanceId, log: LogId, *, force: bool = False
    ) -> AsyncGenerator[Envelope[DeliveryDetail], None]:
        """Everything of one delivery, from memory or the archive first. See `EnvelopeCache.ask`."""
        question = self._identity.ask("delivery", instance, log)
        if self._cache.peek(question) is None:
            kept = await self._archive.kept_detail(self.scope(instance), log)
            if kept is not None and self._cache.peek(question) is None:
                self._cache.replace(question, Envelope(*kept, Source.CACHE))
        asking = self._cache.ask(
            question,
            lambda: self._read_detail(instance, log),
            fresh_for=FRESH,
            force=force,
        )
        async with aclosing(asking):
            async for envelope in asking:
                yield envelope

    async def read(self, instance: InstanceId, log: LogId) -> Envelope[DeliveryDetail]:
        """Everything of one delivery, from the API now, never from a request already under way.

        Raises:
            VzapsError: it could not be read.
        """
        answer = await self._read_detail(instance, log)
        envelope = Envelope(
            answer.data, self._clock.now(), code=answer.code, success=answer.success
        )
        self._cache.put(self._identity.ask("delivery", instance, log), envelope)
        return envelope

    async def newest(self, instance: InstanceId) -> tuple[Delivery, ...]:
        """The first page of the whole log, from the API now; not kept.

        Raises:
            VzapsError: it could not be read.
        """
        return (await self._gateway.search(instance, 1, PAGE, None)).data.items

    async def _read_detail(self, instance: InstanceId, log: LogId) -> Answer[DeliveryDetail]:
        try:
            answer = await self._gateway.detail(instance, log)
        except NotFoundError:
            await self._archive.vanished(self.scope(instance), [log], self._clock.now())
            raise
        await self.note(instance, answer.data.delivery)
        # Nobody waits for it: masking a large payload takes its time.
        keeping = asyncio.create_task(
            self._archive.keep_detail(self.scope(instance), answer.data), name="keep detail"
        )
        self._keeping.add(keeping)
        keeping.add_done_callback(self._keeping.discard)
        return answer

    async def settle(self) -> None:
        """Wait until all details read so far are kept; before closing the archive."""
        while self._keeping:
            await asyncio.gather(*self._keeping)

    async def _refresh(self, log: _Log, publish: Publish[LogState]) -> None:
        """Read from the top until what was held is met, and tell it after each page."""
        async with log.lock:
            await self._kept(log)
            before = await log.reader.resume()
            await log.reader.top()
            publish(envelope := await self._tell(log))
            for _ in range(REFRESH_PAGES - 1):
                if log.reader.has_met(before) or envelope.data.end is not End.MORE:
                    break
                await log.reader.down()
                publish(envelope := await self._tell(log))
            if before is None:
                log.missing = _missing(envelope.data)
            await self._seek(log, envelope.data, publish)

    async def _seek(self, log: _Log, state: LogState, publish: Publish[LogState]) -> None:
        """Read pages again for rows that slipped in, if the server counts more than are held.

        Not for those that were missing before: it may count what it does not give.
        """
        for number in range(2, REFRESH_PAGES + 1):
            if _missing(state) <= (log.missing or 0):
                break
            is_last = await log.reader.again(number)
            publish(envelope := await self._tell(log))
            state = envelope.data
            if is_last:
                break
        log.missing = _missing(state)

    async def _read_on(self, log: _Log) -> Envelope[LogState]:
        await log.reader.down()
        envelope = await self._tell(log)
        for _ in range(MORE_STEPS - 1):
            if log.reader.new or envelope.data.end is not End.MORE:
                break
            await log.reader.down()
            envelope = await self._tell(log)
        log.steps += 1
        return envelope

    async def _sized(self, log: _Log, step: Callable[[int], Awaitable[T]]) -> T:
        """A step with large pages; with usual ones if the server will not have it."""
        size = self._sync_page.get(log.instance, SYNC_PAGE)
        if size == PAGE:
            return await step(PAGE)
        try:
            return await step(size)
        except (RejectedError, TroubledError, ProtocolError):
            done = await step(PAGE)
            self._sync_page[log.instance] = PAGE
            return done

    async def _tell(self, log: _Log) -> Envelope[LogState]:
        """The state of a log after a page was read, kept and told."""
        state, answer = await log.reader.state(), log.answer
        held = self._cache.peek(log.question)
        at = log.reader.topped_at or (held.fetched_at if held else self._clock.now())
        envelope = Envelope(state, at)
        if answer is not None:
            envelope = replace(envelope, code=answer.code, success=answer.success)
        self._cache.put(log.question, envelope)
        if state.end is End.COMPLETE and not log.is_filtered:
            await self._complete_others(log)
        return envelope

    async def _complete_others(self, whole: _Log) -> None:
        """Tell the filtered lists of an instance that the whole log is held."""
        for log in tuple(self._logs.values()):
            held = self._cache.peek(log.question)
            if log.instance == whole.instance and held and held.data.end is not End.COMPLETE:
                state = await log.reader.state()
                self._cache.replace(log.question, replace(held, data=state))

    async def _kept(self, log: _Log) -> Envelope[LogState] | None:
        """What is known of a list: what memory says; at first what disk and archive do."""
        async with log.opening:
            if log.opened:
                return self._cache.peek(log.question)
            stored: Envelope[LogState] | None = await self._cache.kept(log.question)
            top = await log.reader.resume(stored.data if stored else None)
            state = await log.reader.state()
            log.opened = True
        at = stored.fetched_at if stored else top.top_at if top else None
        if at is None or (top is None and not state.held):
            # What was known of a list is worth nothing without its rows.
            self._cache.drop(log.question)
            return None
        log.missing = _missing(state)
        envelope = Envelope(state, at, Source.CACHE)
        self._cache.replace(log.question, envelope)
        return envelope

    def _log(self, instance: InstanceId, query: DeliveryQuery) -> _Log:
        question = self._question(instance, query)
        found = self._logs.get(question)
        if found is None:
            found = self._logs[question] = self._new_log(question, instance, query.server_status)
        return found

    def _new_log(self, question: Question, instance: InstanceId, status: str | None) -> _Log:
        async def ask(number: int, size: int) -> Page[Delivery]:
            answer = await self._gateway.search(instance, number, size, status)
            log.answer = answer
            page = answer.data
            if status is not None and any(row.status_class in EXCLUDED for row in page.items):
                self._unfiltered.add(instance)
            return page

        reader = LogReader(ask, self._archive, self.scope(instance), status, self._clock)
        log = _Log(question, instance, reader, is_filtered=status is not None)
        return log

    def _question(self, instance: InstanceId, query: DeliveryQuery) -> Question:
        return self._identity.ask("deliveries", instance, query.server_status or "")


def _missing(state: LogState) -> int:
    if state.end is not End.COMPLETE or state.total is None:
        return 0
    return state.total - state.held - state.unreadable
