"""Keeps the archive within its age and its size: what is oldest goes first, a little at a time."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence

from vzaps_tui.storage.archive_changes import note
from vzaps_tui.storage.archive_coverage import Coverage
from vzaps_tui.storage.archive_details import bytes_of_details
from vzaps_tui.storage.archive_details import drop_some as drop_details
from vzaps_tui.storage.archive_schema import transaction, used_bytes

AT_ONCE = 2000
"""Rows dropped in one transaction."""
_PAGES_AT_ONCE = 2000

_OLDEST = (
    "SELECT id, fact, whole, failed FROM deliveries INDEXED BY by_time WHERE scope = ?{}"
    " ORDER BY at, rank DESC LIMIT ?"
)
_AGED = " AND at < ?"
# Where a list tells no times, its rows stand at the scope's birth: how old they are is not known,
# so none of them ages, nor does what is above them, lest there be a gap.
_TIMELESS = "SELECT 1 FROM deliveries WHERE scope = ? AND at = ? LIMIT 1"


def drop_some(db: sqlite3.Connection, before: int, most: int, *, details: bool) -> int:
    """Drop one portion of what is too old, or too much.

    Args:
        db: the connection that writes.
        before: rows from before this moment, in microseconds, are too old.
        most: bytes that all of it may take.
        details: whether details may be kept at all.

    Returns:
        How many rows or details were dropped; none means that there are no more.
    """
    dropped = drop_older(db, before) or (0 if details else drop_details(db))
    if dropped:
        return dropped
    used = used_bytes(db)
    if used <= most:
        return 0
    # Details can be read again; rows that the server has dropped cannot.
    return (bytes_of_details(db) * 2 > used and drop_details(db)) or drop_oldest(db)


def drop_older(db: sqlite3.Connection, moment: int) -> int:
    """Drop one portion of rows from before a moment, in microseconds.

    Returns:
        How many were dropped; none means that there are no more.
    """
    for scope, birth in db.execute("SELECT id, born FROM scopes").fetchall():
        timeless = db.execute(_TIMELESS, (scope, birth)).fetchone()
        dropped = _drop(db, scope, _AGED, (min(moment, birth) if timeless else moment,))
        if dropped:
            return dropped
    return 0


def drop_oldest(db: sqlite3.Connection) -> int:
    """Drop one portion of the oldest rows of the scope that has the oldest row.

    Returns:
        How many were dropped.
    """
    row = db.execute(
        "SELECT id, (SELECT min(at) FROM deliveries WHERE scope = scopes.id) AS oldest"
        " FROM scopes WHERE oldest IS NOT NULL ORDER BY oldest LIMIT 1"
    ).fetchone()
    return 0 if row is None else _drop(db, row[0], "", ())


def give_back(db: sqlite3.Connection) -> bool:
    """Give free pages back to the disk, a portion of them.

    Returns:
        Whether there may be more.
    """
    # As a script: `execute` takes but one of its steps, and each gives back one page.
    db.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
    return int(db.execute("PRAGMA freelist_count").fetchone()[0]) > 0


def _drop(db: sqlite3.Connection, scope: int, more: str, values: Sequence[int]) -> int:
    with transaction(db):
        rows = db.execute(_OLDEST.format(more), (scope, *values, AT_ONCE)).fetchall()
        if not rows:
            return 0
        db.executemany("DELETE FROM deliveries WHERE id = ?", [(row[0],) for row in rows])
        db.executemany("DELETE FROM details WHERE delivery = ?", [(row[0],) for row in rows])
        counts = Counter(row[1] for row in rows)
        db.executemany(
            "UPDATE facts SET rows = rows - ? WHERE id = ?",
            [(count, fact) for fact, count in counts.items()],
        )
        db.executemany("DELETE FROM facts WHERE id = ? AND rows <= 0", [(fact,) for fact in counts])
        note(db, (row[0] for row in rows))
        Coverage(db, scope).cut((row[2], row[3]) for row in rows)
        return len(rows)
