"""Opens a database file whatever state it is in: unusable ones go aside, with a word about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

from vzaps_tui.storage.files import make_private, move_aside
from vzaps_tui.storage.trouble import in_words

BUSY = 1.0
"""Seconds to wait for another program that is writing."""
_TURNS, _TURN = 20, 0.02
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

Connect = Callable[[], sqlite3.Connection]
SetUp = Callable[[sqlite3.Connection], None]


class NewerError(Exception):
    """The file is of a newer version of the program."""


class Opening:
    """The way to one database file.

    `notices` tells what a person should know of it.
    """

    def __init__(self, path: Path, connect: Connect, set_up: SetUp) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the database file.
            connect: makes the bare connection.
            set_up: brings it to the schema of this version; raises NewerError where the file's is
                newer.
        """
        self._path = path
        self._connect_bare = connect
        self._set_up = set_up
        self.notices: list[str] = []

    def open(self, *, damaged: bool = False) -> sqlite3.Connection | None:
        """A connection that is ready for use, or None where there can be none, which is noticed.

        Args:
            damaged: the file is known to be damaged: it goes aside first.
        """
        try:
            return self.need(damaged=damaged)
        except (OSError, sqlite3.Error, NewerError) as problem:
            self.notices.append(
                f"{self._path.name} cannot be used ({in_words(problem)}): nothing is kept "
                "between runs; vzaps-tui paths says where"
            )
            return None

    def need(self, *, damaged: bool = False) -> sqlite3.Connection:
        """A connection that is ready for use, where nothing can take its place.

        Args:
            damaged: the file is known to be damaged: it goes aside first.

        Raises:
            OSError: the disk said no.
            sqlite3.Error: it cannot be used.
            NewerError: another program made it newer at this very moment.
        """
        if damaged:
            self._set_aside("bad", "was damaged")
        try:
            return self._connect()
        except NewerError:
            self._set_aside("newer", "was made by a newer version")
        except sqlite3.DatabaseError as problem:
            if not is_corrupt(problem):
                raise
            self._set_aside("bad", "was damaged")
        return self._connect()

    def _set_aside(self, why: str, words: str) -> None:
        aside = move_aside(self._path, why)
        self.notices.append(f"{self._path.name} {words} and moved aside to {aside.name}")

    def _connect(self) -> sqlite3.Connection:
        make_private(self._path)
        db = self._connect_bare()
        try:
            for turn in range(_TURNS):
                try:
                    self._set_up(db)
                    break
                except sqlite3.OperationalError as problem:
                    # Going over to WAL does not wait for another program that does so too.
                    if error_code(problem) != sqlite3.SQLITE_BUSY or turn == _TURNS - 1:
                        raise
                    Event().wait(_TURN)
        except BaseException:
            db.close()
            raise
        return db


def close(db: sqlite3.Connection | None) -> None:
    """Close; what cannot be written back is forgotten."""
    if db is not None:
        with suppress(sqlite3.Error):
            db.close()


def is_corrupt(problem: Exception) -> bool:
    """Whether the file is damaged, or no database at all."""
    return error_code(problem) in _CORRUPT


def error_code(problem: Exception) -> int:
    """SQLite's primary code of an error; 0 where it is not SQLite's."""
    code: int = getattr(problem, "sqlite_errorcode", 0)
    # The low byte is the error; the rest says where it was met.
    return code & 0xFF
