"""Which rows were written lately: who has asked before need not look at all the others again."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable
from typing import Final

KEPT: Final = 256
"""Revisions that are remembered; there is one for each write."""
_MOST: Final = 20_000
"""Rows written at once from which on it is as quick to ask for all again."""
_NOTE: Final = "INSERT INTO changes (rows) VALUES (?)"
_FORGET: Final = "DELETE FROM changes WHERE revision <= ?"
_NEWEST: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'changes'"
_SINCE: Final = "SELECT rows FROM changes WHERE revision > ?"


def note(db: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Remember that rows were put, changed or dropped; within the transaction that does so."""
    rows = array("q", numbers)
    if not rows:
        return
    told = rows.tobytes() if len(rows) <= _MOST else None
    revision = db.execute(_NOTE, (told,)).lastrowid or 0
    db.execute(_FORGET, (revision - KEPT,))


def newest(db: sqlite3.Connection) -> int:
    """The revision that the archive is at; it rises with every write."""
    row = db.execute(_NEWEST).fetchone()
    return 0 if row is None else int(row[0])


def since(db: sqlite3.Connection, then: int, now: int) -> frozenset[int] | None:
    """Numbers of the rows written after one revision, up to that which the archive is at.

    Returns:
        None where they are too many, or it is too long ago to know.
    """
    found = db.execute(_SINCE, (then,)).fetchall()
    if len(found) != now - then or any(told is None for (told,) in found):
        return None
    rows = array("q")
    for (told,) in found:
        rows.frombytes(told)
    return frozenset(rows) if len(rows) <= _MOST else None
