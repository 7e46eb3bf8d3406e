"""Answers questions about the rows of a scope from one connection, in one thread."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, StatusClass
from vzaps_tui.domain.selection import Group, Histogram, Scope, Selection, Stretch
from vzaps_tui.storage.archive_also import with_others
from vzaps_tui.storage.archive_coverage import Coverage
from vzaps_tui.storage.archive_query import Condition, Translator
from vzaps_tui.storage.archive_rows import (
    COLUMNS,
    FactShelf,
    delivery_of,
    marks,
    micros,
    probe,
)
from vzaps_tui.storage.archive_schema import last_number, snapshot
from vzaps_tui.storage.archive_selecting import ORDER, Selections
from vzaps_tui.storage.archive_writing import row_number, scope_number

if TYPE_CHECKING:
    from vzaps_tui.storage.archive_question import Asked

_NUMBERS_AT_ONCE = 500
_FEW_FACTS = 200

Check = Callable[[], None]


class Asker:
    """Answers from one connection. Every answer comes from one state of the archive.

    Attributes:
        check: called between the steps of an answer; what it raises ends it.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self.check: Check = _go_on
        self._db = db
        self._shelf = FactShelf()
        self._translator = Translator(db, self._shelf)
        self._selections = Selections(db)

    def select(self, asked: Asked, also: Collection[int] = ()) -> Selection:
        """The numbers of all rows that match and of those in `also`, newest first.

        Asked again it is the same array while none of its rows changed: never write to it.
        """
        with snapshot(self._db):
            condition = self._condition(asked)
            if condition is None:
                return Selection(array("q"), 0)
            self._selections.check = self.check
            found = self._selections.of(condition, asked.resolved)
            others = set(also).difference(self._selections.among(condition, also))
            found = with_others(self._db, condition.scope, found, others, self.check)
            return Selection(found, condition.held)

    def first(self, asked: Asked, limit: int) -> array[int]:
        """The newest numbers of those, at most `limit`."""
        with snapshot(self._db):
            condition = self._condition(asked)
            if condition is None or not condition.estimate:
                return array("q")
            facts = condition.facts
            rare = facts is not None and condition.estimate * 100 < condition.held
            if facts is not None and rare and len(facts) <= _FEW_FACTS:
                return self._first_of_facts(condition, facts, limit)
            sql, values = condition.where()
            rows = self._db.execute(
                f"SELECT id FROM {condition.source if rare else 'deliveries INDEXED BY by_time'}"  # noqa: S608 - constants, values apart
                f" WHERE {sql} ORDER BY {ORDER} LIMIT ?",
                (*values, limit),
            )
            return array("q", [number for (number,) in rows])

    def _first_of_facts(self, condition: Condition, facts: Iterable[int], limit: int) -> array[int]:
        """Of every fact the newest rows, merged: none is read that is not near the top."""

        def of(fact: int) -> Iterator[tuple[int, float, int]]:
            return self._db.execute(
                "SELECT -at, rank, id FROM deliveries INDEXED BY by_fact"  # noqa: S608 - constants, values apart
                f" WHERE scope = ? AND fact = ?{condition.bounds}{condition.names}"
                f" ORDER BY {ORDER} LIMIT ?",
                (
                    *(condition.scope, fact),
                    *(*condition.bound_values, *condition.name_values, limit),
                ),
            )

        rows = islice(merge(*map(of, facts)), limit)
        return array("q", [number for _, _, number in rows])

    def count(self, asked: Asked) -> int:
        """How many match."""
        with snapshot(self._db):
            condition = self._condition(asked)
            if condition is None or not condition.estimate:
                return 0
            if condition.exact:
                return condition.estimate
            sql, values = condition.where()
            row = self._db.execute(
                f"SELECT count(*) FROM {condition.source} WHERE {sql}",  # noqa: S608 - constants, values apart
                values,
            ).fetchone()
            return int(row[0])

    def groups(self, asked: Asked) -> tuple[Group, ...]:
        """Those that match, folded; most rows first."""
        with snapshot(self._db):
            condition = self._condition(asked)
            if condition is None or not condition.estimate:
                return ()
            from vzaps_tui.storage.archive_groups import Folds  # noqa: PLC0415 - start-up time

            rows = self._spans(condition)
            folds = Folds(self._translator.facts(row[0] for row in rows))
            for row in rows:
                folds.add(*row)
            return folds.groups(lambda facts: self._first_of_facts(condition, facts, 1)[0])

    def _spans(self, condition: Condition) -> list[tuple[int, int, int, int]]:
        """Of each fact how many rows match, and the times of the oldest and the newest."""
        if condition.exact:
            facts = condition.facts or self._translator.counts(condition.scope)
            edge = "SELECT at FROM deliveries WHERE scope = ?1 AND fact = ?2 ORDER BY"
            sql = f"SELECT ({edge} at LIMIT 1), ({edge} at DESC LIMIT 1)"
            self.check()
            return [
                (fact, count, *self._db.execute(sql, (condition.scope, fact)).fetchone())
                for fact, count in facts.items()
            ]
        sql, values = condition.where()
        return self._db.execute(
            "SELECT fact, count(*), min(at), max(at) FROM deliveries INDEXED BY by_fact"  # noqa: S608 - constants, values apart
            f" WHERE {sql} GROUP BY fact",
            values,
        ).fetchall()

    def histogram(self, asked: Asked, start: datetime, end: datetime, buckets: int) -> Histogram:
        """Delivered and failed ones of those that match, over time; rows without a time are not."""
        nothing = (0,) * buckets
        first, last = micros(start), micros(end)
        with snapshot(self._db):
            condition = self._condition(asked)
            if condition is None or not condition.estimate or first >= last:
                return Histogram(start, end, nothing, nothing)
            edges = [first + (last - first) * number // buckets for number in range(buckets + 1)]
            delivered = self._over_time(condition, StatusClass.DELIVERED, edges)
            failed = self._over_time(condition, StatusClass.FAILED, edges)
            return Histogram(start, end, delivered, failed)

    def _over_time(
        self, condition: Condition, status: StatusClass, edges: Sequence[int]
    ) -> tuple[int, ...]:
        mine = self._of_status(condition, status)
        if not mine.facts:
            return (0,) * (len(edges) - 1)
        sql, values = mine.where()
        # Fact by fact nothing is looked at in vain, but each is looked up once a bucket.
        index = "by_fact" if len(mine.facts) * len(edges) < mine.held else "by_time"
        text = (
            f"SELECT count(*) FROM deliveries INDEXED BY {index} WHERE {sql} AND at >= ? AND at < ?"  # noqa: S608 - constants, values apart
        )
        counts: list[int] = []
        for low, high in pairwise(edges):
            self.check()
            counts.append(int(self._db.execute(text, (*values, low, high)).fetchone()[0]))
        return tuple(counts)

    def _of_status(self, condition: Condition, status: StatusClass) -> Condition:
        counts = condition.facts
        if counts is None:
            counts = self._translator.counts(condition.scope)
        known = self._translator.facts(counts)
        facts = {
            number: count
            for number, count in counts.items()
            if known[number].timed and probe(known[number]).status_class is status
        }
        return Condition(
            condition.scope,
            facts,
            sum(facts.values()),
            condition.held,
            condition.names,
            condition.name_values,
            condition.bounds,
            condition.bound_values,
        )

    def events(self, scope: Scope) -> tuple[str, ...]:
        """Names of the events that rows have, in order."""
        with snapshot(self._db):
            rows = self._db.execute(
                "SELECT DISTINCT event FROM facts WHERE scope = ? AND rows > 0",
                (scope_number(self._db, scope),),
            )
            return tuple(sorted(name for (name,) in rows))

    def coverage(self, scope: Scope, server_filter: str | None) -> tuple[Stretch, ...]:
        """What is held of a list; see `Coverage.stretches`."""
        with snapshot(self._db):
            number = scope_number(self._db, scope)
            return () if number is None else Coverage(self._db, number).stretches(server_filter)

    def page(self, numbers: Sequence[int]) -> list[Delivery | None]:
        """The rows of these numbers, in their order; None for one that is not there any more."""
        found: dict[int, Delivery] = {}
        for some in _portions(numbers):
            rows = self._db.execute(
                f"SELECT {COLUMNS} FROM deliveries WHERE id IN ({marks(len(some))})",  # noqa: S608 - constants and question marks
                some,
            ).fetchall()
            known = self._shelf.get(self._db, {columns[3] for columns in rows})
            for columns in rows:
                found[columns[0]] = delivery_of(columns, known[columns[3]])
        return [found.get(number) for number in numbers]

    def newest_number(self) -> int:
        """The highest number given; 0 if none was."""
        return last_number(self._db)

    def place(self, scope: Scope, key: str) -> int | None:
        """The number of a row."""
        return row_number(self._db, scope, key)

    def kept_detail(self, scope: Scope, key: str) -> tuple[DeliveryDetail, datetime] | None:
        """Everything that is kept of one delivery, and when it was read."""
        from vzaps_tui.storage.archive_details import find  # noqa: PLC0415 - start-up time

        return find(self._db, row_number(self._db, scope, key))

    def gone(self, numbers: Sequence[int]) -> frozenset[int]:
        """Which of these rows the server is known not to have any more."""
        found: set[int] = set()
        for some in _portions(numbers):
            rows = self._db.execute(
                "SELECT id FROM deliveries WHERE gone IS NOT NULL"  # noqa: S608 - question marks
                f" AND id IN ({marks(len(some))})",
                some,
            )
            found.update(number for (number,) in rows)
        return frozenset(found)

    def _condition(self, asked: Asked) -> Condition | None:
        number = scope_number(self._db, asked.scope)
        if number is None:
            return None
        return self._translator.condition(number, asked.query, asked.now)


def _go_on() -> None:
    """Nobody stops it."""


def _portions(numbers: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """As many as may be asked for at once."""
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        yield tuple(numbers[start : start + _NUMBERS_AT_ONCE])
