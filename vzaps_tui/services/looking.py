"""Reads many logs with few calls: one page of the list tells of several, where that is cheaper."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.retries import has_news
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.log_reading import PAGE
from vzaps_tui.services.ports import Clock, Gateway

FEW = 3
"""Logs from which on a page of the list is looked at before each of them is."""
GATHER = 0.05
"""Seconds in which those who look at the same time come together."""
_AT_ONCE = 2
_IN_VAIN = 3
"""Pages in a row that told of less than two, after which the list is left alone for a while."""
_A_WHILE = 20
_LEAP = 40
_MOST_PAGES = 5


@dataclass(slots=True, eq=False)
class _Ask:
    """One log to be looked at; after so many `pages` of the list it is read by itself."""

    log: LogId
    before: Delivery
    answer: asyncio.Future[Delivery]
    pages: int = 0


class Looker:
    """Looks at the logs of one instance.

    What is asked for while others are being looked at piles up; from a few on it is sought on one
    page of the list, and only what the page cannot tell is read by itself. The page is the one
    where the last ones were found, as what is sent one after another lies close together.
    """

    def __init__(
        self,
        gateway: Gateway,
        deliveries: DeliveryService,
        instance: InstanceId,
        slots: asyncio.Semaphore,
        clock: Clock,
    ) -> None:
        """Prepare.

        Args:
            gateway: asked for pages.
            deliveries: asked for single logs.
            instance: whose.
            slots: one is held for each call, so that others get their turn.
            clock: by which is waited for others.
        """
        self._gateway = gateway
        self._deliveries = deliveries
        self._instance = instance
        self._slots = slots
        self._clock = clock
        self._asked: list[_Ask] = []
        self._reading: list[_Ask] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self._page = 1
        self._is_seeking = False
        self._in_vain = 0
        self._rest = 0

    async def look(self, log: LogId, before: Delivery, *, with_others: bool = False) -> Delivery:
        """A log as it is now, from the API.

        Args:
            log: which.
            before: as it was known, by which it is judged whether a list row tells enough.
            with_others: whether others will ask at the same time: then they are waited for.

        Raises:
            VzapsError: it could not be read.
        """
        answer: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        self._asked.append(_Ask(log, before, answer))
        if len(self._pumps) < _AT_ONCE:
            pump = asyncio.create_task(self._pump(GATHER if with_others else 0.0))
            self._pumps.add(pump)
            pump.add_done_callback(self._ended)
        return await answer

    async def close(self) -> None:
        """Look no more; whoever still waits must have been cancelled."""
        pumps = tuple(self._pumps)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self, wait: float) -> None:
        if wait:
            await self._clock.sleep(wait)
        while True:
            async with self._slots:
                # What nobody waits for any more is not looked at.
                self._asked = [ask for ask in self._asked if not ask.answer.done()]
                if not self._asked:
                    # Before anybody else can ask, and count on a pump that has ended.
                    self._pumps.discard(_this_task())
                    return
                unlisted = [ask for ask in self._asked if ask.pages < _MOST_PAGES]
                if len(unlisted) >= FEW and self._is_seeking:
                    self._pumps.discard(_this_task())
                    return
                if len(unlisted) >= FEW and self._is_list_worth_it():
                    self._is_seeking = True
                    try:
                        await self._seek(unlisted)
                    finally:
                        self._is_seeking = False
                else:
                    await self._read(self._asked.pop(0))

    def _ended(self, pump: asyncio.Task[None]) -> None:
        self._pumps.discard(pump)
        if not pump.cancelled() and (bug := pump.exception()) is not None:
            for ask in (*self._asked, *self._reading):
                if not ask.answer.done():
                    ask.answer.set_exception(bug)

    def _is_list_worth_it(self) -> bool:
        if self._in_vain < _IN_VAIN:
            return True
        self._rest += 1
        if self._rest >= _A_WHILE:
            self._rest, self._in_vain = 0, _IN_VAIN - 1
        return False

    async def _read(self, ask: _Ask) -> None:
        self._reading.append(ask)
        try:
            found = (await self._deliveries.read(self._instance, ask.log)).data.delivery
        except VzapsError as problem:
            if not ask.answer.done():
                ask.answer.set_exception(problem)
        else:
            if not ask.answer.done():
                ask.answer.set_result(found)
        self._reading.remove(ask)

    async def _seek(self, asks: Sequence[_Ask]) -> None:
        """Look for them on one page of the list."""
        for ask in asks:
            ask.pages += 1
        try:
            page = (await self._gateway.search(self._instance, self._page, PAGE, None)).data
        except VzapsError:
            for ask in asks:
                ask.pages = _MOST_PAGES
            self._in_vain += 1
            return
        rows = {row.id: row for row in page.items if row.id}
        told = 0
        elsewhere: list[_Ask] = []
        for ask in asks:
            row = rows.get(ask.log)
            if row is not None and _tells(ask.before, row):
                told += 1
                await self._tell(ask, row)
            elif row is not None or not _may_be_elsewhere(ask.before, page):
                ask.pages = _MOST_PAGES
            else:
                elsewhere.append(ask)
        self._in_vain = 0 if told > 1 else self._in_vain + 1
        self._turn_to(page, [ask.before for ask in elsewhere])

    async def _tell(self, ask: _Ask, row: Delivery) -> None:
        if has_news(ask.before, row):
            await self._deliveries.note(self._instance, row)
        if not ask.answer.done():
            ask.answer.set_result(row)

    def _turn_to(self, page: Page[Delivery], sought: Sequence[Delivery]) -> None:
        """Choose the page to look at next: where those that were not found should be."""
        times = [row.created_at for row in page.items if row.created_at]
        wanted = [row.created_at for row in sought if row.created_at]
        if not times or not wanted:
            return
        newest, oldest = max(times), min(times)
        span = max((newest - oldest).total_seconds(), 0.001)
        goal = _middle(wanted)
        if goal > newest.timestamp():
            away = -(goal - newest.timestamp())
        elif goal < oldest.timestamp():
            away = oldest.timestamp() - goal
        else:
            return
        leap = max(1, min(_LEAP, round(abs(away) / span)))
        last = page.total_pages or self._page + leap
        self._page = max(1, min(last, self._page + (leap if away > 0 else -leap)))


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - called in a coroutine
    return task


def _may_be_elsewhere(before: Delivery, page: Page[Delivery]) -> bool:
    """Whether a log that is not on a page may be on another one, by its time."""
    times = [row.created_at for row in page.items if row.created_at]
    if before.created_at is None or not times:
        return False
    return not min(times) < before.created_at < max(times)


def _middle(times: Sequence[datetime]) -> float:
    return median(moment.timestamp() for moment in times)


def _tells(before: Delivery, row: Delivery) -> bool:
    """Whether a list row is enough to judge: it shows news, or it would have shown them."""
    if has_news(before, row):
        return True
    tries = before.attempts is not None and row.attempts is not None
    moment = before.last_attempt_at is not None and row.last_attempt_at is not None
    return tries or moment
