"""Puts delivery rows into the archive: known ones are freshened, new ones find their place."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from vzaps_tui.domain.readings import is_unchanged, merged
from vzaps_tui.domain.selection import Put, Reading, Scope, Stretch
from vzaps_tui.storage.archive_changes import note
from vzaps_tui.storage.archive_coverage import Coverage
from vzaps_tui.storage.archive_facts import FactBook, FactEntry
from vzaps_tui.storage.archive_order import Entry, Place, Ranks, set_times
from vzaps_tui.storage.archive_rows import (
    COLUMNS,
    FactShelf,
    Mask,
    delivery_of,
    kept,
    marks,
    micros,
    own_of,
    storable,
)
from vzaps_tui.storage.archive_schema import column, sequence, transaction

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery

ROWS_AT_ONCE = 5000
"""Rows of one transaction: others wait no longer than it takes."""
_KEYS_AT_ONCE = 500
_INSERT = (
    "INSERT INTO deliveries (id, scope, key, at, rank, fact,"
    " log, attempts, duration, created, last, next, updated)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_UPDATE = (
    "UPDATE deliveries SET at = ?, rank = ?, fact = ?, log = ?, attempts = ?, duration = ?,"
    " created = ?, last = ?, next = ?, updated = ?, gone = NULL WHERE id = ?"
)
_STILL_THERE = "SELECT id FROM deliveries WHERE scope = ? AND key = ? AND gone IS NULL"
_GONE = "UPDATE deliveries SET gone = ? WHERE id = ?"
_LOOSEN = "UPDATE deliveries SET whole = NULL, failed = NULL WHERE id = ?"


class Whose(NamedTuple):
    """A scope's number, and the time given to rows of lists that tell no times."""

    id: int
    birth: int


def scope_number(db: sqlite3.Connection, scope: Scope) -> int | None:
    """The number of a scope; None if nothing is kept of it."""
    row = db.execute(
        "SELECT id FROM scopes WHERE base_url = ? AND account = ? AND instance = ?",
        (storable(scope.base_url), storable(scope.account), storable(scope.instance)),
    ).fetchone()
    return None if row is None else int(row[0])


def row_number(db: sqlite3.Connection, scope: Scope, key: str) -> int | None:
    """The number of a row; None if it is not held."""
    row = db.execute(
        "SELECT id FROM deliveries WHERE scope = ? AND key = ?",
        (scope_number(db, scope), storable(key)),
    ).fetchone()
    return None if row is None else int(row[0])


class _Done:
    """What one put did so far."""

    __slots__ = ("above", "changed", "new_keys")

    def __init__(self) -> None:
        self.new_keys: list[str] = []
        self.changed = 0
        self.above: Place | None = None


class Writer:
    """Writes rows through the one connection that writes."""

    def __init__(self, mask: Mask) -> None:
        self._book = FactBook(mask)
        self._shelf = FactShelf()

    def forget(self) -> None:
        """Facts may be dropped now by somebody else than this writer."""
        self._book.forget()

    def put(
        self,
        db: sqlite3.Connection,
        scope: Scope,
        rows: Iterable[Delivery],
        reading: Reading | None,
        now: int,
    ) -> Put:
        """Keep rows, in the server's order; see `DeliveryArchive.put`.

        With a reading it is one transaction, so that what is said to be held is held.

        Args:
            db: the connection.
            scope: whose rows.
            rows: newest first.
            reading: what is certain of them.
            now: microseconds.
        """
        done = _Done()
        if reading is not None:
            column(reading.server_filter)
            with self._writing(db):
                return self._put_run(db, self._whose(db, scope, now), list(rows), reading)
        flow = iter(rows)
        while some := list(islice(flow, ROWS_AT_ONCE)):
            with self._writing(db):
                self._put_some(db, self._whose(db, scope, now), some, None, done)
        return Put(len(done.new_keys), done.changed, tuple(done.new_keys))

    def vanish(
        self, db: sqlite3.Connection, scope: Scope, keys: Iterable[str], at: datetime
    ) -> int:
        """Mark rows that the server does not have any more; they stay.

        Returns:
            How many were not marked so before.
        """
        number = scope_number(db, scope)
        values = [(number, storable(key)) for key in keys]
        with self._writing(db):
            rows = {row[0] for value in values for row in db.execute(_STILL_THERE, value)}
            db.executemany(_GONE, [(micros(at), row) for row in rows])
            note(db, rows)
        return len(rows)

    def _writing(self, db: sqlite3.Connection) -> _Writing:
        return _Writing(db, self._book)

    def _whose(self, db: sqlite3.Connection, scope: Scope, now: int) -> Whose:
        texts = tuple(map(storable, (scope.base_url, scope.account, scope.instance)))
        find = "SELECT id, born FROM scopes WHERE base_url = ? AND account = ? AND instance = ?"
        row = db.execute(find, texts).fetchone()
        if row is None:
            db.execute(
                "INSERT INTO scopes (base_url, account, instance, born) VALUES (?, ?, ?, ?)",
                (*texts, now),
            )
            row = db.execute(find, texts).fetchone()
        return Whose(*row)

    def _put_run(
        self, db: sqlite3.Connection, whose: Whose, rows: list[Delivery], reading: Reading
    ) -> Put:
        done = _Done()
        if reading.follows is not None:
            reading = Reading(
                reading.server_filter,
                reading.at,
                reading.top,
                reading.end,
                storable(reading.follows),
            )
            done.above = db.execute(
                "SELECT at, rank FROM deliveries WHERE scope = ? AND key = ?",
                (whose.id, reading.follows),
            ).fetchone()
        entries = self._put_some(db, whose, rows, reading, done)
        stretch: Stretch | None
        stretch, met = Coverage(db, whose.id).join(entries, reading)
        return Put(len(done.new_keys), done.changed, tuple(done.new_keys), met, stretch)

    def _put_some(
        self,
        db: sqlite3.Connection,
        whose: Whose,
        rows: Sequence[Delivery],
        reading: Reading | None,
        done: _Done,
    ) -> list[Entry]:
        facts = self._book.begin(db, whose.id)
        name = "whole" if reading is None else column(reading.server_filter)
        entries, loose = self._entries(db, whose, rows, facts, name)
        set_times(entries, done.above, whose.birth)
        top = reading is not None and reading.top
        Ranks(db, whose.id, done.above, top=top).assign(entries)
        new = [entry for entry in entries if entry.old is None]
        changed = [entry for entry in entries if entry.is_changed]
        self._insert(db, whose, new, facts, done)
        self._update(db, changed, facts, done)
        note(db, (entry.id for some in (new, changed) for entry in some))
        Coverage(db, whose.id).release(loose)
        facts.finish()
        if entries:
            done.above = (entries[-1].at, entries[-1].rank or 0.0)
        return entries

    def _entries(
        self,
        db: sqlite3.Connection,
        whose: Whose,
        rows: Sequence[Delivery],
        facts: FactEntry,
        name: str,
    ) -> tuple[list[Entry], list[int | None]]:
        """The rows, no key twice, each with what is held of it; and the stretches some left."""
        number = sequence(db)
        found: dict[str, Entry] = {}
        for row in map(kept, rows):
            entry = found.get(row.key)
            if entry is None:
                number += 1
                found[row.key] = Entry(number, row)
            else:
                entry.row = merged(entry.row, row)
        loose: list[int | None] = []
        keys = list(found)
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            some = keys[start : start + _KEYS_AT_ONCE]
            held = db.execute(
                f"SELECT {COLUMNS}, at, rank, gone, whole, failed FROM deliveries"  # noqa: S608 - constants and question marks
                f" WHERE scope = ? AND key IN ({marks(len(some))})",
                (whose.id, *some),
            ).fetchall()
            known = self._shelf.get(db, (columns[3] for columns in held))
            for *columns, at, rank, gone, whole, failed in held:
                entry = found[columns[1]]
                old = delivery_of(columns, known[columns[3]])
                read = facts.masked(entry.row)
                entry.id, entry.old, entry.old_fact = columns[0], old, columns[3]
                entry.row, entry.rank, entry.gone = merged(old, read), rank, gone is not None
                entry.old_place = (at, rank)
                if is_unchanged(old, read):
                    entry.stretch = whole if name == "whole" else failed
                elif whole is not None or failed is not None:
                    db.execute(_LOOSEN, (entry.id,))
                    loose += (whole, failed)
        return list(found.values()), loose

    def _insert(
        self,
        db: sqlite3.Connection,
        whose: Whose,
        entries: Sequence[Entry],
        facts: FactEntry,
        done: _Done,
    ) -> None:
        values: list[tuple[object, ...]] = []
        for entry in entries:
            row = entry.row
            number, _ = facts.number(row)
            facts.count(number, 1)
            done.new_keys.append(row.key)
            values.append((entry.id, whose.id, row.key, entry.at, entry.rank, number, *own_of(row)))
        db.executemany(_INSERT, values)

    def _update(
        self, db: sqlite3.Connection, entries: Sequence[Entry], facts: FactEntry, done: _Done
    ) -> None:
        values: list[tuple[object, ...]] = []
        for entry in entries:
            done.changed += 1
            number, _ = facts.number(entry.row)
            if number != entry.old_fact:
                facts.count(number, 1)
                facts.count(entry.old_fact, -1)
            values.append((entry.at, entry.rank, number, *own_of(entry.row), entry.id))
        db.executemany(_UPDATE, values)


class _Writing:
    """A transaction after whose failure nothing is remembered of what it would have written."""

    def __init__(self, db: sqlite3.Connection, book: FactBook) -> None:
        self._transaction = transaction(db)
        self._book = book

    def __enter__(self) -> None:
        self._transaction.__enter__()

    def __exit__(self, *problem: object) -> None:
        if problem[0] is not None:
            self._book.forget()
        self._transaction.__exit__(*problem)  # pyright: ignore[reportArgumentType] - handed through
