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
from vzaps_tui.services.ports import Gateway

FEW = 3
"""Logs from which on a page of the list is looked at before each of them is."""
_AT_ONCE = 2
_IN_VAIN = 3
"""Pages in a row that told of nothing asked for, after which the list is left alone for a while."""
_A_WHILE = 20
_LEAP = 40


@dataclass(slots=True, eq=False)
class _Ask:
    """One log to be looked at; `listed`: the list was asked already, and could not tell."""

    log: LogId
    before: Delivery
    answer: asyncio.Future[Delivery]
    listed: bool = False


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
    ) -> None:
        """Prepare.

        Args:
            gateway: asked for pages.
            deliveries: asked for single logs.
            instance: whose.
            slots: one is held for each call, so that others get their turn.
        """
        self._gateway = gateway
        self._deliveries = deliveries
        self._instance = instance
        self._slots = slots
        self._asked: list[_Ask] = []
        self._pumps: set[asyncio.Task[None]] = set()
        self._page = 1
        self._in_vain = 0
        self._rest = 0

    async def look(self, log: LogId, before: Delivery) -> Delivery:
        """A log as it is now, from the API.

        Args:
            log: which.
            before: as it was known, by which it is judged whether a list row tells enough.

        Raises:
            VzapsError: it could not be read.
        """
        answer: asyncio.Future[Delivery] = asyncio.get_running_loop().create_future()
        self._asked.append(_Ask(log, before, answer))
        if len(self._pumps) < _AT_ONCE:
            pump = asyncio.create_task(self._pump())
            self._pumps.add(pump)
            pump.add_done_callback(self._ended)
        return await answer

    async def close(self) -> None:
        """Look no more; whoever still waits must have been cancelled."""
        pumps = tuple(self._pumps)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _pump(self) -> None:
        while True:
            async with self._slots:
                # What nobody waits for any more is not looked at.
                self._asked = [ask for ask in self._asked if not ask.answer.done()]
                if not self._asked:
                    # Before anybody else can ask, and count on a pump that has ended.
                    self._pumps.discard(_this_task())
                    return
                unlisted = [ask for ask in self._asked if not ask.listed]
                if len(unlisted) >= FEW and self._is_list_worth_it():
                    await self._seek(unlisted)
                else:
                    await self._read(self._asked.pop(0))

    def _ended(self, pump: asyncio.Task[None]) -> None:
        self._pumps.discard(pump)
        if not pump.cancelled() and (bug := pump.exception()) is not None:
            for ask in self._asked:
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
        try:
            found = (await self._deliveries.read(self._instance, ask.log)).data.delivery
        except VzapsError as problem:
            if not ask.answer.done():
                ask.answer.set_exception(problem)
        else:
            if not ask.answer.done():
                ask.answer.set_result(found)

    async def _seek(self, asks: Sequence[_Ask]) -> None:
        """Look for them on one page of the list."""
        for ask in asks:
            ask.listed = True
        try:
            page = (await self._gateway.search(self._instance, self._page, PAGE, None)).data
        except VzapsError:
            self._in_vain += 1
            return
        rows = {row.id: row for row in page.items if row.id}
        told = 0
        for ask in asks:
            row = rows.get(ask.log)
            if row is None or ask.answer.done() or not _tells(ask.before, row):
                continue
            told += 1
            if has_news(ask.before, row):
                await self._deliveries.note(self._instance, row)
            if not ask.answer.done():
                ask.answer.set_result(row)
        self._in_vain = 0 if told else self._in_vain + 1
        if told < len(asks):
            self._turn_to(page, [ask.before for ask in asks if ask.log not in rows])

    def _turn_to(self, page: Page[Delivery], sought: Sequence[Delivery]) -> None:
        """Choose the page to look at next: where those that were not found should be."""
        times = [row.created_at for row in page.items if row.created_at]
        wanted = [row.created_at for row in sought if row.created_at]
        if not times or not wanted:
            self._page = 1
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


def _middle(times: Sequence[datetime]) -> float:
    return median(moment.timestamp() for moment in times)


def _tells(before: Delivery, row: Delivery) -> bool:
    """Whether a list row is enough to judge: it shows news, or it would have shown them."""
    if has_news(before, row):
        return True
    tries = before.attempts is not None and row.attempts is not None
    moment = before.last_attempt_at is not None and row.last_attempt_at is not None
    return tries or moment
