"""The order of rows: by time, and in the server's order where times are equal or not told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vzaps_tui.storage.archive_rows import time_of
from vzaps_tui.storage.archive_schema import BLOCK

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery

_LOWEST = "SELECT rank FROM deliveries WHERE scope = ? AND at = ? ORDER BY rank LIMIT 1"
_AFTER = "SELECT rank FROM deliveries WHERE scope = ? AND at = ? AND rank > ? ORDER BY rank LIMIT 1"

Place = tuple[int, float]
"""Time in microseconds and rank: rows are in the order of falling time, then rising rank."""


class Entry:
    """A row on its way into the archive.

    Attributes:
        id: its number there.
        row: what is to be kept of it.
        old: what was kept of it; None if it is new.
        at: the time it is sorted by.
        rank: its place among rows of the same time; None until it is found.
        stretch: number of the stretch it was in; None if in none.
        gone: whether the server was known not to have it any more.
    """

    __slots__ = ("at", "gone", "id", "old", "old_fact", "old_place", "rank", "row", "stretch")

    def __init__(self, number: int, row: Delivery) -> None:
        self.id = number
        self.row = row
        self.old: Delivery | None = None
        self.old_fact = 0
        self.old_place: Place = (0, 0.0)
        self.at = 0
        self.rank: float | None = None
        self.stretch: int | None = None
        self.gone = False

    @property
    def is_changed(self) -> bool:
        """Whether it is known, and told differently now, or the server has it again."""
        return self.old is not None and (self.row != self.old or self.gone)


def set_times(entries: Sequence[Entry], above: Place | None, birth: int) -> None:
    """Set `at`: the row's own time, else that of its neighbour, which is where the server put it.

    Args:
        entries: rows in the server's order.
        above: place of the row right above the first one, if known.
        birth: the time for a list that tells no times at all.
    """
    last = None if above is None else above[0]
    bare: list[Entry] = []
    for entry in entries:
        moment = time_of(entry.row)
        if moment is None:
            moment = last if entry.old is None else entry.old_place[0]
        if moment is None:
            bare.append(entry)
            continue
        entry.at = last = moment
        if bare:
            for one in bare:
                one.at = last
            bare.clear()
    for one in bare:
        one.at = birth


class Ranks:
    """Finds the places of new rows among those that have the very same time."""

    def __init__(
        self, db: sqlite3.Connection, scope: int, above: Place | None, *, top: bool
    ) -> None:
        """Begin a run.

        Args:
            db: the archive.
            scope: whose rows.
            above: place of the row right above the run.
            top: nothing is above the run.
        """
        self._db = db
        self._scope = scope
        self._last = above
        self._top = top

    def assign(self, entries: Sequence[Entry]) -> None:
        """Set `rank` of the new ones among consecutive rows."""
        waiting: list[Entry] = []
        for entry in entries:
            if waiting:
                if waiting[0].at != entry.at:
                    self._place(waiting, None)
                    waiting = []
                elif entry.rank is not None:
                    self._place(waiting, entry.rank)
                    waiting = []
            if entry.rank is None:
                waiting.append(entry)
                continue
            self._last = (entry.at, entry.rank)
            self._top = False
        if waiting:
            self._place(waiting, None)

    def _place(self, waiting: list[Entry], below: float | None) -> None:
        at = waiting[0].at
        above = self._last[1] if self._last is not None and self._last[0] == at else None
        if below is None and above is not None:
            below = self._one(_AFTER, at, above)
        elif below is None and self._top:
            below = self._one(_LOWEST, at)
        self._top = False
        if below is None:
            # Numbers grow: the default is below all there are. Without their archive's part, lest
            # there be no room between two of them.
            for entry in waiting:
                entry.rank = float(entry.id % BLOCK)
        else:
            if above is None or above >= below:
                above = below - 1
            step = (below - above) / (len(waiting) + 1)
            for number, entry in enumerate(waiting, 1):
                entry.rank = above + number * step
        self._last = (at, waiting[-1].rank or 0.0)

    def _one(self, sql: str, *values: float) -> float | None:
        row = self._db.execute(sql, (self._scope, *values)).fetchone()
        return None if row is None else float(row[0])
