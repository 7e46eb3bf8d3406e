"""Answers which rows match, and where that was asked before, looks only at what changed since."""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.storage.archive_also import DroppedError, append_part, place_of, with_others
from vzaps_tui.storage.archive_changes import newest, since
from vzaps_tui.storage.archive_query import Condition
from vzaps_tui.storage.archive_rows import micros
from vzaps_tui.storage.archive_schema import last_number

_AT_ONCE: Final = 5000
"""Rows fetched in one go: more would hold up other threads (PERF 4)."""
_REMEMBERED: Final = 2
"""Selections that are remembered: who looks at failures goes back to all, and again."""
_AMONG: Final = "SELECT id FROM deliveries WHERE id IN (SELECT value FROM json_each(?)) AND +"
ORDER: Final = "at DESC, rank"


@dataclass(frozen=True, slots=True)
class _Kept:
    """A selection as it was.

    Attributes:
        numbers: the rows; never changed, for others hold it too.
        revision: that of the archive.
        highest: the highest number of a row then.
        since: the beginning of the query's period, in microseconds.
    """

    numbers: array[int]
    revision: int
    highest: int
    since: int | None


class Selections:
    """Selections of one connection: always what the archive holds in the state that is read.

    Attributes:
        check: called now and then while one is made; what it raises ends it.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.check: Callable[[], None] = _go_on
        self._db = db
        self._kept: OrderedDict[tuple[int, DeliveryQuery], _Kept] = OrderedDict()

    def of(self, condition: Condition, query: DeliveryQuery) -> array[int]:
        """The numbers of all rows that match, newest first; the same object while none changed.

        Args:
            condition: what the query asks of rows.
            query: itself, its `last` hours already counted back.
        """
        begin = micros(query.since) if query.since else None
        key = (condition.scope, replace(query, since=None))
        revision = newest(self._db)
        numbers = None
        with suppress(DroppedError):
            numbers = self._from_before(self._kept.get(key), condition, begin, revision)
        if numbers is None:
            numbers = self._anew(condition)
        self._kept[key] = _Kept(numbers, revision, last_number(self._db), begin)
        self._kept.move_to_end(key)
        while len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)
        return numbers

    def among(self, condition: Condition, numbers: Collection[int]) -> list[int]:
        """Those of some rows that match."""
        if not numbers:
            return []
        sql, values = condition.where()
        found = self._db.execute(_AMONG + sql, (json.dumps(list(numbers)), *values))
        return [number for (number,) in found]

    def _anew(self, condition: Condition) -> array[int]:
        found = array("q")
        if not condition.estimate:
            return found
        sql, values = condition.where()
        self.check()
        rows = self._db.execute(
            f"SELECT id FROM {condition.source} WHERE {sql} ORDER BY {ORDER}",  # noqa: S608 - constants, values apart
            values,
        )
        while some := rows.fetchmany(_AT_ONCE):
            self.check()
            found.extend([number for (number,) in some])
        return found

    def _from_before(
        self, kept: _Kept | None, condition: Condition, begin: int | None, revision: int
    ) -> array[int] | None:
        """What is remembered, brought to this state; None where that cannot be."""
        # Rows without a time are in no period: without one it is another question.
        if kept is None or (kept.since is None) != (begin is None):
            return None
        if begin is not None and begin < (kept.since or 0):
            return None
        touched = since(self._db, kept.revision, revision)
        if touched is None:
            return None
        numbers = self._without(kept.numbers, {one for one in touched if one <= kept.highest})
        if begin is not None and begin != kept.since:
            numbers = numbers[: bisect_left(numbers, -begin + 1, key=self._age)]
        matching = self.among(condition, touched)
        return with_others(self._db, condition.scope, numbers, matching, self.check)

    def _without(self, numbers: array[int], some: set[int]) -> array[int]:
        """The numbers but for some; the same object if none of these is among them."""
        kept = array("q")
        done = 0
        for start in range(0, len(numbers), _AT_ONCE):
            if not some:
                break
            part = numbers[start : start + _AT_ONCE]
            self.check()
            if some.isdisjoint(part):
                continue
            append_part(kept, numbers, done, start)
            kept.extend([number for number in part if number not in some])
            some.difference_update(part)
            done = start + len(part)
        if not done:
            return numbers
        append_part(kept, numbers, done, len(numbers))
        return kept

    def _age(self, number: int) -> int:
        return place_of(self._db, number)[0]


def _go_on() -> None:
    """Nobody stops it."""
