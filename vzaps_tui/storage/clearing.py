"""Removes a database, or empties it where another program has it open.

Under a program that uses it a database must not be removed: it would go on in a file without a
name, and at its end remove what lies beside a new file of that name.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from vzaps_tui.storage.files import companions, moved_aside, remove
from vzaps_tui.storage.opening import error_code

_PATIENCE = 5.0
"""Seconds to wait for a program that is writing."""
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Cleared(NamedTuple):
    """What became of a database.

    Attributes:
        freed: bytes of the disk.
        emptied: another program has it open: it was emptied, and stays.
    """

    freed: int
    emptied: bool = False


def clear(path: Path) -> Cleared:
    """Remove a database, SQLite's files beside it and what was moved aside; or empty it.

    Raises:
        OSError: the disk said no, or a program that uses the database does not let go of it.
    """
    here, aside = (path, *companions(path)), moved_aside(path)
    before = _size((*here, *aside))
    alone = not path.is_file() or _is_ours_alone(path)
    if not alone:
        _empty(path)
    remove((*here, *aside) if alone else aside)
    return Cleared(max(0, before - _size((*here, *aside))), emptied=not alone)


def _is_ours_alone(path: Path) -> bool:
    """Whether nobody else has it open; what is no database is nobody's."""
    try:
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as db:
            # Only who is alone can leave the write-ahead log.
            db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as problem:
        return error_code(problem) not in _IN_USE
    return True


def _empty(path: Path) -> None:
    """Drop all rows of all tables; their numbers are not given again."""
    try:
        with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as db:
            # Overwriting what is dropped would need as much disk again.
            db.execute("PRAGMA secure_delete = OFF")
            db.execute("BEGIN IMMEDIATE")
            tables = db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%'"
                " ESCAPE '~'"
            ).fetchall()
            for (table,) in tables:
                db.execute(f'DELETE FROM "{table}"')  # noqa: S608 - names of our own tables
            db.execute("COMMIT")
            db.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as problem:
        raise OSError(f"another copy of the program uses it: {problem}") from problem


def _size(files: tuple[Path, ...]) -> int:
    return sum(file.stat().st_size for file in files if file.is_file())
