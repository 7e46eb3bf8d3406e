"""Gives facts their numbers, and counts how many rows each has: one number a fact and scope."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from vzaps_tui.domain.masking import mask_url
from vzaps_tui.storage.archive_rows import PLAIN, Fact, Mask, fact_of, is_timed, naming

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery

_MOST = 50_000
_ADD = (
    "INSERT INTO facts (scope, digest, named, timed, status, event, code, error, target)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)

# What of a row decides on its fact, before anything is masked.
_Raw = tuple[int, bool, str, str, int | None, str | None, str | None]


class FactBook:
    """Numbers of facts, for the one connection that writes.

    What it remembers is right as long as nobody else writes and nothing is rolled back.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._numbers: dict[tuple[int, Fact], int] = {}
        self._version = -1

    def begin(self, db: sqlite3.Connection, scope: int) -> FactEntry:
        """Start to enter rows of a scope, inside a transaction."""
        version: int = db.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or len(self._numbers) > _MOST:
            self._numbers.clear()
            self._version = version
        return FactEntry(db, scope, self._mask, self._numbers)

    def forget(self) -> None:
        """A transaction was rolled back, or facts were dropped."""
        self._numbers.clear()


class FactEntry:
    """Facts of the rows of one transaction. Masks are asked once a text; they may learn later."""

    def __init__(
        self,
        db: sqlite3.Connection,
        scope: int,
        mask: Mask,
        numbers: dict[tuple[int, Fact], int],
    ) -> None:
        self._db = db
        self._scope = scope
        self._mask = mask
        self._numbers = numbers
        self._seen: dict[_Raw, tuple[int, Fact]] = {}
        self._hidden: dict[tuple[str, Mask], str] = {}
        self._counts: Counter[int] = Counter()

    def number(self, row: Delivery) -> tuple[int, Fact]:
        """The fact of a row and its number."""
        ident = row.id
        raw = (
            # Plain ones are most by far, and this is asked of every row.
            PLAIN
            if ident and ident == row.key and ident.isprintable() and ident.isascii()
            else naming(row),
            row.created_at is not None or is_timed(row),
            row.status,
            row.event,
            row.http_status,
            row.error,
            row.target,
        )
        found = self._seen.get(raw)
        if found is None:
            fact = fact_of(row, self._mask)
            found = self._seen[raw] = (self._number(fact), fact)
        return found

    def masked(self, row: Delivery) -> Delivery:
        """The row without its secrets, as it would be read back."""
        error = None if row.error is None else self._hide(row.error)
        target = None if row.target is None else self._hide(row.target, mask_url)
        if error == row.error and target == row.target:
            return row
        return replace(row, error=error, target=target)

    def _hide(self, text: str, first: Mask = str) -> str:
        found = self._hidden.get((text, first))
        if found is None:
            found = self._hidden[text, first] = self._mask(first(text))
        return found

    def count(self, number: int, more: int) -> None:
        """So many more rows have the fact, once the transaction is done."""
        self._counts[number] += more

    def finish(self) -> None:
        """Write the counts."""
        changes = [(more, number) for number, more in self._counts.items() if more]
        self._db.executemany("UPDATE facts SET rows = rows + ? WHERE id = ?", changes)
        self._counts.clear()

    def _number(self, fact: Fact) -> int:
        known = self._numbers.get((self._scope, fact))
        if known is None:
            known = self._numbers[self._scope, fact] = self._find(fact)
        return known

    def _find(self, fact: Fact) -> int:
        text = msgspec.json.encode((self._scope, *fact))
        digest = blake2b(text, digest_size=16).digest()
        row = self._db.execute("SELECT id FROM facts WHERE digest = ?", (digest,)).fetchone()
        if row is not None:
            return int(row[0])
        cursor = self._db.execute(_ADD, (self._scope, digest, *fact))
        return int(cursor.lastrowid or 0)
