"""Steps through those rows of a list that also answer another question: failures, what is found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vzaps_tui.ui.finding import step_to

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.ui.delivery_rows import DeliveryRows
    from vzaps_tui.ui.launch import Services
    from vzaps_tui.ui.list_board import ListBoard

_FEW = 20_000
"""Rows that are looked through without leaving the loop."""


class LogSteps:
    """Asks the archive once for each list and question, and remembers the answer.

    Args:
        board: whose table is stepped through, and whose workers are used.
    """

    def __init__(self, board: ListBoard[Any], services: Services, instance: InstanceId) -> None:
        self._board = board
        self._deliveries = services.deliveries
        self._instance = instance
        self._known: tuple[DeliveryRows, DeliveryQuery, list[int]] | None = None
        self._pending = 0

    def go(
        self,
        rows: DeliveryRows,
        query: DeliveryQuery,
        step: int,
        otherwise: str,
        *,
        wrap: bool = False,
    ) -> None:
        """Step to the next (1) or previous (-1) row that answers `query`; else say `otherwise`.

        Steps asked for while the answer is awaited are all taken.
        """
        self._pending += step

        def found(places: list[int]) -> None:
            pending, self._pending = self._pending, 0
            way = 1 if pending > 0 else -1
            for _ in range(abs(pending)):
                if not step_to(self._board.table, places, way, wrap=wrap):
                    self._board.host.say(otherwise)
                    break

        self._look(rows, query, found)

    def find(self, rows: DeliveryRows, query: DeliveryQuery, told: Callable[[int], None]) -> None:
        """Look for rows, and go to the first of them if the cursor is at none; tells how many."""

        def found(places: list[int]) -> None:
            table = self._board.table
            if places and table.cursor_index not in places:
                table.move_to(places[0])
            told(len(places))

        self._look(rows, query, found)

    def _look(
        self, rows: DeliveryRows, query: DeliveryQuery, done: Callable[[list[int]], None]
    ) -> None:
        if self._known is not None and self._known[:2] == (rows, query):
            done(self._known[2])
            return

        async def look() -> None:
            numbers = (await self._deliveries.select(self._instance, query)).rowids
            if len(rows) < _FEW:
                places = rows.places_of(numbers)
            else:
                places = await asyncio.to_thread(rows.places_of, numbers)
            self._known = (rows, query, places)
            done(places)

        self._board.run_worker(look(), name="look", group="look", exclusive=True)
