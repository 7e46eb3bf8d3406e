"""Which stretches of the server's list are held without a gap: runs of rows that met.

A row names the stretch it is in, one for the list as a whole and one for the filtered list. A
stretch that joined another points to it, so joining touches no row. A row that changed leaves its
stretches: a server that sorts by change has moved it, and it would prove nothing any more.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from vzaps_tui.domain.selection import Reading, Stretch
from vzaps_tui.storage.archive_rows import marks, micros, moment_of
from vzaps_tui.storage.archive_schema import STRETCHES, column

if TYPE_CHECKING:
    from vzaps_tui.storage.archive_order import Entry

_FIELDS = "id, newest, oldest, rows, since, until, topped, ended"


class _Known(NamedTuple):
    """A stretch as it is kept; times in microseconds, rows by number."""

    id: int
    newest: int | None
    oldest: int | None
    rows: int
    since: int
    until: int
    topped: int | None
    ended: int


class Coverage:
    """The stretches of one scope, inside a transaction."""

    def __init__(self, db: sqlite3.Connection, scope: int) -> None:
        self._db = db
        self._scope = scope
        rows = db.execute("SELECT id, joined FROM stretches WHERE scope = ?", (scope,))
        self._joined: dict[int, int | None] = dict(rows.fetchall())

    def stretches(self, server_filter: str | None) -> tuple[Stretch, ...]:
        """What is held of a list: first what begins at its top as last seen, then newest first."""
        column(server_filter)
        rows = self._db.execute(
            f"SELECT {_FIELDS} FROM stretches"  # noqa: S608 - constants
            " WHERE scope = ? AND filter = ? AND joined IS NULL"
            " AND (rows > 0 OR newest IS NULL)",
            (self._scope, server_filter or ""),
        )
        known = [_Known(*row) for row in rows]
        ats = {one.id: self._at(one.newest) for one in known}
        tops = [one.topped for one in known if one.topped is not None]
        top = max(tops, default=None)
        known.sort(key=lambda one: (top is None or one.topped != top, -ats[one.id]))
        return tuple(map(self._told, known))

    def release(self, labels: Iterable[int | None]) -> None:
        """Rows left these stretches."""
        lost = Counter(map(self._root, labels))
        self._db.executemany(
            "UPDATE stretches SET rows = rows - ? WHERE id = ?",
            [(count, root) for root, count in lost.items()],
        )

    def join(self, entries: Sequence[Entry], reading: Reading) -> tuple[Stretch | None, bool]:
        """Note a run of rows, which are in the archive by now; see `Reading`.

        Args:
            entries: the rows in the server's order; `stretch` is what each still proves.
            reading: what is certain of them.

        Returns:
            The stretch they are in, and whether it was there before.
        """
        met: set[int] = set()
        for entry in entries:
            entry.stretch = self._root(entry.stretch)
            if entry.stretch is not None:
                met.add(entry.stretch)
        above = self._root(self._of_key(reading))
        if above is not None:
            met.add(above)
        roots = [self._read(number) for number in sorted(met)]
        if not entries and not roots:
            return self._note_empty(reading), False
        self._drop_empty(reading)
        # The largest goes on, as its number is the one most rows name.
        target = max(roots, key=lambda one: one.rows).id if roots else self._new(reading)
        self._label(entries, target, reading)
        self._write(target, roots, entries, reading)
        return self._told(self._read(target)), bool(roots)

    def cut(self, lost: Iterable[tuple[int | None, int | None]]) -> None:
        """The oldest rows of the scope were dropped; `lost` are the stretches each was in."""
        pairs = list(lost)
        for number, name in enumerate(STRETCHES.values()):
            self.release(pair[number] for pair in pairs)
            self._lift(name)

    def _lift(self, name: str) -> None:
        """Let stretches whose ends were dropped end where their rows do now."""
        broken = self._db.execute(
            "SELECT id, newest FROM stretches WHERE scope = ? AND filter = ? AND joined IS NULL"
            " AND newest IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM deliveries WHERE id = stretches.oldest)",
            (self._scope, "" if name == "whole" else name),
        ).fetchall()
        for root, newest in broken:
            labels = [label for label in self._joined if self._root(label) == root]
            mine = f"scope = ? AND {name} IN ({marks(len(labels))})"
            for end, order in (("oldest", "at, rank DESC"), ("newest", "at DESC, rank")):
                if end == "newest" and self._at(newest):
                    continue
                row = self._db.execute(
                    f"SELECT id FROM deliveries WHERE {mine} ORDER BY {order} LIMIT 1",  # noqa: S608 - constants and question marks
                    (self._scope, *labels),
                ).fetchone()
                if row is None:
                    self._db.execute(
                        "DELETE FROM stretches WHERE id = ? OR joined = ?", (root, root)
                    )
                    break
                self._db.execute(
                    f"UPDATE stretches SET {end} = ?, ended = 0 WHERE id = ?",  # noqa: S608 - constants
                    (row[0], root),
                )

    def _of_key(self, reading: Reading) -> int | None:
        if reading.follows is None:
            return None
        row = self._db.execute(
            f"SELECT {column(reading.server_filter)} FROM deliveries"  # noqa: S608 - constants
            " WHERE scope = ? AND key = ?",
            (self._scope, reading.follows),
        ).fetchone()
        return None if row is None else row[0]

    def _root(self, label: int | None) -> int | None:
        """The stretch that a row is in by now; None where it is not there any more."""
        if label not in self._joined:
            return None
        return self._joined[label] or label

    def _read(self, number: int) -> _Known:
        row = self._db.execute(
            f"SELECT {_FIELDS} FROM stretches WHERE id = ?",  # noqa: S608 - constants
            (number,),
        ).fetchone()
        return _Known(*row)

    def _new(self, reading: Reading) -> int:
        now = micros(reading.at)
        cursor = self._db.execute(
            "INSERT INTO stretches (scope, filter, rows, since, until, ended)"
            " VALUES (?, ?, 0, ?, ?, 0)",
            (self._scope, reading.server_filter or "", now, now),
        )
        number = int(cursor.lastrowid or 0)
        self._joined[number] = None
        return number

    def _label(self, entries: Sequence[Entry], target: int, reading: Reading) -> None:
        name = column(reading.server_filter)
        self._db.executemany(
            f"UPDATE deliveries SET {name} = ? WHERE id = ?",  # noqa: S608 - constants
            [(target, entry.id) for entry in entries if entry.stretch is None],
        )

    def _write(
        self, target: int, roots: Sequence[_Known], entries: Sequence[Entry], reading: Reading
    ) -> None:
        now = micros(reading.at)
        for other in roots:
            if other.id != target:
                self._db.execute(
                    "UPDATE stretches SET joined = ?, rows = 0 WHERE id = ? OR joined = ?",
                    (target, other.id, other.id),
                )
        edges = [entries[0].id, entries[-1].id] if entries else []
        newest = self._extreme([*edges, *(one.newest for one in roots)], "at DESC, rank")
        oldest = self._extreme([*edges, *(one.oldest for one in roots)], "at, rank DESC")
        tops = [one.topped for one in roots if one.topped is not None]
        self._db.execute(
            "UPDATE stretches SET newest = ?, oldest = ?, rows = ?, since = ?, until = ?,"
            " topped = ?, ended = ? WHERE id = ?",
            (
                newest,
                oldest,
                sum(one.rows for one in roots) + sum(entry.stretch is None for entry in entries),
                min([now, *(one.since for one in roots)]),
                max([now, *(one.until for one in roots)]),
                max([*tops, *([now] if reading.top else [])], default=None),
                reading.end or any(one.ended and one.oldest == oldest for one in roots),
                target,
            ),
        )

    def _extreme(self, numbers: Iterable[int | None], order: str) -> int | None:
        wanted = [number for number in numbers if number is not None]
        row = self._db.execute(
            f"SELECT id FROM deliveries WHERE id IN ({marks(len(wanted))})"  # noqa: S608 - constants and question marks
            f" ORDER BY {order} LIMIT 1",
            wanted,
        ).fetchone()
        return None if row is None else int(row[0])

    def _note_empty(self, reading: Reading) -> Stretch | None:
        """A list without rows is known as a whole; anything else without rows tells nothing."""
        if not (reading.top and reading.end):
            return None
        self._drop_empty(reading)
        number = self._new(reading)
        self._db.execute("UPDATE stretches SET topped = until, ended = 1 WHERE id = ?", (number,))
        return self._told(self._read(number))

    def _drop_empty(self, reading: Reading) -> None:
        self._db.execute(
            "DELETE FROM stretches WHERE scope = ? AND filter = ? AND joined IS NULL"
            " AND rows <= 0 AND newest IS NULL",
            (self._scope, reading.server_filter or ""),
        )

    def _at(self, number: int | None) -> int:
        row = self._db.execute("SELECT at FROM deliveries WHERE id = ?", (number,)).fetchone()
        return 0 if row is None else int(row[0])

    def _key(self, number: int | None) -> str | None:
        row = self._db.execute("SELECT key FROM deliveries WHERE id = ?", (number,)).fetchone()
        return None if row is None else str(row[0])

    def _told(self, known: _Known) -> Stretch:
        return Stretch(
            self._key(known.newest),
            self._key(known.oldest),
            known.rows,
            moment_of(known.since),
            moment_of(known.until),
            None if known.topped is None else moment_of(known.topped),
            bool(known.ended),
        )
