"""A `DeliveryQuery` as SQL that finds the very rows it matches.

Whatever a query asks of facts is judged by the query itself, once a fact; only the id, the period
and the number of tries are conditions in SQL (law 5: no second set of rules to disagree).
"""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.query import DeliveryQuery, contains
from vzaps_tui.domain.record import dataclass
from vzaps_tui.storage.archive_rows import PLAIN, UNNAMED, Fact, FactShelf, micros, probe

_LONGEST_NEEDLE = 1000
_QUERIES = 8
"""Queries whose judgement of facts is remembered."""
_FEW_ROWS = 5000
_DENSE = 4
"""One row in so many: from there on walking all rows in order is quicker than sorting some."""

_ESCAPES = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


_Judged = dict[int, "tuple[str, ...] | None"]


@dataclass(frozen=True, slots=True)
class Condition:
    """Rows of a scope that match a query.

    Attributes:
        scope: its number.
        facts: numbers of the facts that rows may have, with how many rows each has; None where it
            is all of them.
        estimate: at most so many rows match.
        held: rows of the scope.
        exact: whether `estimate` is the very number.
        names: SQL for the texts sought in ids; empty where none is.
        name_values: its values.
        bounds: SQL for period and tries.
        bound_values: its values.
    """

    scope: int
    facts: dict[int, int] | None
    estimate: int
    held: int
    names: str = ""
    name_values: tuple[object, ...] = ()
    bounds: str = ""
    bound_values: tuple[object, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing but facts decides, so that `estimate` is the very number."""
        return not self.names and not self.bounds

    @property
    def is_sparse(self) -> bool:
        """Whether looking the facts up is quicker than walking all rows in order."""
        few = self.estimate < _FEW_ROWS or self.estimate * _DENSE < self.held
        return self.facts is not None and few

    @property
    def source(self) -> str:
        """The table and the index to go by."""
        return f"deliveries INDEXED BY {'by_fact' if self.is_sparse else 'by_time'}"

    def where(self) -> tuple[str, tuple[object, ...]]:
        """The condition in SQL, and its values."""
        sql, values = "scope = ?", (self.scope,)
        if self.facts is not None:
            sql += " AND fact IN (SELECT value FROM json_each(?))"
            values += (json.dumps(list(self.facts)),)
        return f"{sql}{self.bounds}{self.names}", values + self.bound_values + self.name_values


class Translator:
    """Makes conditions, for one connection and its thread."""

    def __init__(self, db: sqlite3.Connection, shelf: FactShelf) -> None:
        self._db = db
        self._shelf = shelf
        self._needles: tuple[str, ...] = ()
        self._state: tuple[int, ...] = ()
        self._counts: dict[int, dict[int, int]] = {}
        self._judged: OrderedDict[DeliveryQuery, _Judged] = OrderedDict()
        db.create_function("holds", 2, self._holds)

    def condition(self, scope: int, query: DeliveryQuery, now: datetime | None) -> Condition:
        """The condition for a query; facts are read as they are now, so use one snapshot."""
        query = query if now is None else query.resolve(now)
        counts = self.counts(scope)
        held = sum(counts.values())
        if query.is_empty:
            return Condition(scope, None, held, held)
        bounds, bound_values = _bounds(query)
        wanted, named = self._sort_out(counts, query)
        names, name_values = self._names(wanted, named, query)
        facts = {number: counts[number] for some in (wanted, *named.values()) for number in some}
        estimate = sum(facts.values())
        return Condition(
            scope,
            None if len(facts) == len(counts) else facts,
            estimate,
            held,
            names,
            name_values,
            bounds,
            bound_values,
        )

    def facts(self, numbers: Iterable[int]) -> dict[int, Fact]:
        """Facts by number."""
        return self._shelf.get(self._db, numbers)

    def counts(self, scope: int) -> dict[int, int]:
        """Numbers of the facts of a scope, with how many rows each has."""
        version: int = self._db.execute("PRAGMA data_version").fetchone()[0]
        state = (version, self._db.total_changes)
        if state != self._state:
            self._state = state
            self._counts.clear()
        found = self._counts.get(scope)
        if found is None:
            found = self._counts[scope] = dict(
                self._db.execute(
                    "SELECT id, rows FROM facts WHERE scope = ? AND rows > 0", (scope,)
                ).fetchall()
            )
        return found

    def _sort_out(
        self, counts: Iterable[int], query: DeliveryQuery
    ) -> tuple[list[int], dict[tuple[str, ...], list[int]]]:
        """Facts that match, and those that do if certain texts are found in the row's id."""
        timed = query.since is not None or query.until is not None
        lasting = replace(query, since=None, until=None, min_attempts=0)
        judged = self._judge(counts, lasting)
        known = self._shelf.get(self._db, counts)
        wanted: list[int] = []
        named: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number in counts:
            missing = judged[number]
            if missing is None or (timed and not known[number].timed):
                continue
            if missing:
                named[missing].append(number)
            else:
                wanted.append(number)
        return wanted, named

    def _judge(self, counts: Iterable[int], query: DeliveryQuery) -> _Judged:
        """Of each fact the texts that the row's id must hold, None if it cannot match at all.

        Facts never change: what was judged once for a query holds.
        """
        judged = self._judged.setdefault(query, {})
        self._judged.move_to_end(query)
        if len(self._judged) > _QUERIES:
            self._judged.popitem(last=False)
        fresh = [number for number in counts if number not in judged]
        known = self._shelf.get(self._db, fresh)
        fits = replace(query, text="", also=frozenset()).matcher()
        for number in fresh:
            fact = known[number]
            row = probe(fact)
            missing = tuple(needle for needle in query.needles if not contains(row, needle))
            fit = fits(row) and not (missing and fact.named == UNNAMED)
            judged[number] = missing if fit else None
        return judged

    def _names(
        self,
        wanted: list[int],
        named: dict[tuple[str, ...], list[int]],
        query: DeliveryQuery,
    ) -> tuple[str, tuple[object, ...]]:
        if not named:
            return "", ()
        self._needles = query.needles
        known = self._shelf.get(self._db, ())
        ways = ["fact IN (SELECT value FROM json_each(?))"] if wanted else []
        values: list[object] = [json.dumps(wanted)] if wanted else []
        slow: list[int] = []
        for missing, numbers in named.items():
            quick: list[int] = []
            for number in numbers:
                (quick if known[number].named == PLAIN else slow).append(number)
            patterns = [_pattern(needle) for needle in missing]
            if None in patterns:
                slow += quick
            elif quick:
                likes = " AND key LIKE ? ESCAPE '\\'" * len(patterns)
                ways.append(f"(fact IN (SELECT value FROM json_each(?)){likes})")  # noqa: S608 - constants
                values += [json.dumps(quick), *patterns]
        if slow:
            ways.append(
                "(fact IN (SELECT value FROM json_each(?)) AND holds(coalesce(log, key), fact))"
            )
            values.append(json.dumps(slow))
        return f" AND ({' OR '.join(ways)})", tuple(values)

    def _holds(self, ident: str, number: int) -> bool:
        """Whether every text is found in a row of this id and fact, by the rules of the query."""
        row = replace(probe(self._shelf.get(self._db, ())[number]), id=LogId(ident))
        return all(contains(row, needle) for needle in self._needles)


def _bounds(query: DeliveryQuery) -> tuple[str, tuple[object, ...]]:
    ways = (
        (" AND at >= ?", query.since and micros(query.since)),
        (" AND at < ?", query.until and micros(query.until)),
        (" AND attempts >= ?", query.min_attempts or None),
    )
    told = [(sql, value) for sql, value in ways if value is not None]
    return "".join(sql for sql, _ in told), tuple(value for _, value in told)


def _pattern(needle: str) -> str | None:
    """For LIKE, which is as blind to case as Python where all is ASCII; None where it is not."""
    folded = needle.casefold()
    if not folded.isascii() or len(folded) > _LONGEST_NEEDLE or "\0" in folded:
        # No plain id holds such a text; one that is not plain may.
        return None
    return f"%{folded.translate(_ESCAPES)}%"
