"""Which rows of the archive a list shows: asked off the loop, the latest question alone counts."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.query import FAILED_ONLY, CodeMatch, DeliveryQuery
from vzaps_tui.domain.record import dataclass

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.worker import Worker

    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.ui.launch import Services

_LOOK = 200
_MANY = 5000
"""Rows held from which on the newest ones are shown before all that match are known."""
_LONGEST_REST = 2.0

_BEING_TRIED = DeliveryQuery(
    statuses=frozenset({StatusClass.PENDING}),
    codes=frozenset(
        CodeMatch.of_kind(kind) for kind in FailureKind if kind is not FailureKind.OTHER
    ),
)
"""Pending ones that got an error: VZaps goes on trying."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows that match.

    Attributes:
        query: what was asked.
        numbers: their numbers, newest first.
        held: rows held of the instance, whether they match or not.
        listed: those of them that are in the server's list, which has a filter of its own.
        whole: whether these are all; else only the newest.
        trying: where nothing failed, how many are being tried again after an error.
        kept: how many of them do not match, and are shown all the same.
    """

    query: DeliveryQuery = field(default_factory=DeliveryQuery)
    numbers: array[int] = field(default_factory=lambda: array("q"))
    held: int = 0
    listed: int = 0
    whole: bool = True
    trying: int = 0
    kept: int = 0


class Choosing:
    """Asks for the rows of one instance and hands over what it gets, at most as often as is cheap.

    Args:
        board: whose workers it uses.
        shown: is given every answer, on the loop.
    """

    def __init__(
        self,
        board: DOMNode,
        services: Services,
        instance: InstanceId,
        shown: Callable[[Chosen], None],
    ) -> None:
        self._board = board
        self._deliveries = services.deliveries
        self._clock = services.clock
        self._instance = instance
        self._shown = shown
        self._worker: Worker[None] | None = None
        self._query = DeliveryQuery()
        self._also: frozenset[str] = frozenset()
        self._again = False
        self._asked = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._told = asyncio.Event()
        self._last = Chosen()
        self._shown_query: DeliveryQuery | None = None

    def ask(self, query: DeliveryQuery, also: frozenset[str]) -> None:
        """Ask anew; rows with a key in `also` are shown whether they match or not.

        The same question, while it is being answered, is asked once more after that; another one
        ends the one before.
        """
        busy = self._worker is not None and not self._worker.is_finished
        same = busy and query == self._query
        self._query, self._also = query, also
        if same:
            self._again = True
            return
        self._asked += 1
        self._idle.clear()
        self._told.clear()
        self._worker = self._board.run_worker(
            partial(self._answer, self._asked), name="select", group="select", exclusive=True
        )

    def forget(self) -> None:
        """Let go of what was found."""
        self._last = Chosen()

    async def told(self) -> None:
        """Wait until something was handed over of what was asked last."""
        await self._told.wait()

    async def settled(self) -> None:
        """Wait until nothing is asked any more."""
        await self._idle.wait()

    async def _answer(self, asked: int) -> None:
        self._again = True
        try:
            while self._again:
                self._again = False
                began = self._clock.monotonic()
                await self._choose()
                if self._again:
                    took = self._clock.monotonic() - began
                    await self._clock.sleep(min(_LONGEST_REST, 2 * took))
        finally:
            if asked == self._asked:
                self._idle.set()

    async def _choose(self) -> None:
        query = self._query
        if query != self._shown_query and (self._shown_query is None or self._last.held > _MANY):
            await self._look(query)
        also = [
            number
            for key in self._also
            if (number := self._deliveries.place(self._instance, key)) is not None
        ]
        selection = await self._deliveries.select(self._instance, query, also=also)
        numbers, held = selection.rowids, selection.held
        kept = 0
        if also and not query.is_empty:
            matches = query.matcher(self._clock.now())
            kept = sum(row is not None and not matches(row) for row in self._deliveries.rows(also))
        trying = 0
        if query.failed_only and not numbers:
            trying = await self._deliveries.count(self._instance, _BEING_TRIED)
        # Rows change while one asks twice: those that matched are among those in the list.
        listed = max(await self._listed(query, held), len(numbers) - kept)
        self._hand_over(Chosen(query, numbers, held, listed, trying=trying, kept=kept))

    async def _look(self, query: DeliveryQuery) -> None:
        """Show the newest at once: asking for all that match takes longer, the more do."""
        newest = await self._deliveries.first(self._instance, query, _LOOK)
        if len(newest) == _LOOK or (newest and self._also):
            held = await self._deliveries.count(self._instance, DeliveryQuery())
            listed = await self._listed(query, held)
            self._hand_over(Chosen(query, newest, held, listed, whole=False))

    async def _listed(self, query: DeliveryQuery, held: int) -> int:
        if query.server_status is None:
            return held
        return await self._deliveries.count(self._instance, DeliveryQuery(statuses=FAILED_ONLY))

    def _hand_over(self, chosen: Chosen) -> None:
        self._last, self._shown_query = chosen, chosen.query
        self._shown(chosen)
        self._told.set()
