"""Where the archive lives: in its file, or in memory where there is none to be had.

Connections are handed out through doors. When the file has to be moved aside or left, all doors are
shut first: SQLite removes what lies beside a database by its name when the last connection closes,
and by then that name may belong to the new file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar
from uuid import uuid4

from vzaps_tui.storage.archive_schema import copy_into, sequence, set_up
from vzaps_tui.storage.opening import NewerError, Opening, close

T = TypeVar("T")

_WRITER_WAITS, _READER_WAITS = 5.0, 0.25
"""Seconds to wait for another program or thread that writes."""
_SHARED_BY_NAME = (3, 36)
"""The first SQLite whose databases in memory have readers that wait for nobody."""
_TAKEN_ALONG = 64 * 1024 * 1024
"""Bytes of an archive that go along into memory where its disk takes nothing."""


class Door(Generic[T]):
    """A connection, and what its user made of it, that can be taken away between two uses."""

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], use: Callable[[sqlite3.Connection], T]
    ) -> None:
        """Prepare.

        Args:
            connect: makes the connection.
            use: makes of it what is used.
        """
        self._connect = connect
        self._use = use
        self._lock = Lock()
        self._db: sqlite3.Connection | None = None
        self._used: T | None = None
        self.locked_for_good = False

    @contextmanager
    def enter(self, patience: float = -1) -> Generator[T, None, None]:
        """What is used, alone.

        Args:
            patience: seconds to wait for another user; less than 0 is without end.

        Raises:
            TimeoutError: another user took longer, or it was locked for good.
            sqlite3.Error: there is no connection to be had.
        """
        if not self._lock.acquire(timeout=patience):
            raise TimeoutError
        try:
            if self.locked_for_good:
                raise TimeoutError
            if self._used is None:
                self._db = self._connect()
                self._used = self._use(self._db)
            yield self._used
        finally:
            self._lock.release()

    def interrupt(self) -> None:
        """Stop what is being asked now, if anything is."""
        db = self._db
        if db is not None:
            with suppress(sqlite3.ProgrammingError):  # closed this very moment
                db.interrupt()

    @contextmanager
    def shut(self) -> Generator[None, None, None]:
        """Close the connection, and keep everybody out meanwhile."""
        self.interrupt()
        with self._lock:
            close(self._db)
            self._db = self._used = None
            yield


class Home:
    """The place of the archive. Only the writing thread moves it."""

    def __init__(self, path: Path | None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the file; None keeps everything in memory.
        """
        self._path = path
        self._opening = (
            None
            if path is None
            else Opening(path, lambda: self._to_file(_WRITER_WAITS), self._set_up)
        )
        self._memory: str | None = None
        self._notices: list[str] = []
        self._highest = 0
        self.db: sqlite3.Connection | None = None
        self.generation = 0

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of it."""
        return (*(self._opening.notices if self._opening else ()), *self._notices)

    @property
    def is_on_disk(self) -> bool:
        """Whether what is put outlives the program."""
        return self._path is not None and self._memory is None

    def open(self) -> sqlite3.Connection:
        """The connection that writes, made if there is none."""
        if self.db is None and self._opening is not None and self._memory is None:
            self.db = self._opening.open()
            if self.db is None:
                self.db = self._open_memory()
                self._take_along(self.db)
        if self.db is None:
            self.db = self._open_memory()
        return self.db

    def mend(self) -> None:
        """Move a damaged file aside and begin anew; all doors are shut."""
        self.generation += 1
        close(self.db)
        self.db = None
        if self._opening is not None and self._memory is None:
            self.db = self._opening.open(damaged=True)
        if self.db is None:
            self.db = self._open_memory()

    def leave_disk(self, why: str) -> None:
        """Go on in memory, with what the file holds if that is not too much; all doors are shut.

        Args:
            why: what the disk said.
        """
        self.generation += 1
        self._notices.append(
            f"{self._path.name if self._path else 'memory'} cannot be written ({why}):"
            " what comes now is kept in memory only"
        )
        old, self.db = self.db, None
        db = self._open_memory()
        self._take_along(db)
        close(old)
        self.db = db

    def _take_along(self, db: sqlite3.Connection) -> None:
        """Copy what the file holds into memory, if that can be."""
        if self._path is None or not self._path.is_file():
            return
        # In a folder where nobody can write SQLite cannot make what it wants beside the file.
        alone = not self._path.with_name(f"{self._path.name}-wal").exists()
        place = f"{self._path.resolve().as_uri()}?mode=ro{'&immutable=1' if alone else ''}"
        with suppress(sqlite3.Error, NewerError):
            # From the file's side: what is attached is looked for where the database itself is.
            file = sqlite3.connect(place, isolation_level=None, uri=True)
            try:
                copy_into(file, self._memory or "", _TAKEN_ALONG)
            finally:
                close(file)
        self._highest = sequence(db)

    def close(self) -> None:
        """Close the connection that writes; all doors are shut."""
        close(self.db)
        self.db = None

    def connect(self) -> sqlite3.Connection:
        """A connection that only reads."""
        db = self._to_memory(_READER_WAITS) if self._memory else self._to_file(_READER_WAITS)
        db.execute("PRAGMA query_only = ON")
        # Of use only where memory is shared by the old way: there, readers wait for writers else.
        db.execute("PRAGMA read_uncommitted = ON")
        return db

    def _to_file(self, patience: float) -> sqlite3.Connection:
        return sqlite3.connect(
            str(self._path), timeout=patience, isolation_level=None, check_same_thread=False
        )

    def _open_memory(self) -> sqlite3.Connection:
        self._memory = memory_name()
        db = self._to_memory(_WRITER_WAITS)
        self._set_up(db)
        return db

    def _set_up(self, db: sqlite3.Connection) -> None:
        """As `set_up`; numbers of a new archive are none of those it takes the place of."""
        set_up(db, self._highest)
        self._highest = sequence(db)

    def _to_memory(self, patience: float) -> sqlite3.Connection:
        return sqlite3.connect(
            self._memory or "",
            timeout=patience,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )


def memory_name(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """The name of a new database in memory that all connections of the program can open."""
    name = f"vzaps-{uuid4().hex}"
    if version >= _SHARED_BY_NAME:
        return f"file:/{name}?vfs=memdb"
    return f"file:{name}?mode=memory&cache=shared"
