"""state.db: what must not be forgotten. A write is on the disk when it returns, or it raises."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from vzaps_tui.domain.problems import StorageError
from vzaps_tui.storage.opening import NewerError, Opening, close, is_corrupt
from vzaps_tui.storage.state_schema import set_up
from vzaps_tui.storage.trouble import in_words

T = TypeVar("T")

_PATIENCE = 5.0
"""Seconds to wait for another program that is writing."""


class StateFile:
    """One SQLite file, used from one thread of its own; several programs may use it at once.

    It opens at the first use, or by `open`. A damaged or newer file is moved aside then, with a
    word in `notices`; one that is found damaged later on is not built upon any more in this run.
    """

    def __init__(self, path: Path | None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the file; None keeps everything in memory.
        """
        self.path = path
        self._opening = None if path is None else Opening(path, self._connect, set_up)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._db: sqlite3.Connection | None = None
        self._over = ""

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of the file."""
        return tuple(self._opening.notices) if self._opening else ()

    async def open(self) -> tuple[str, ...]:
        """Open the file ahead of its first use; the notices. What cannot be is told at that use."""
        try:
            await self.ask(lambda _: None)
        except StorageError as problem:
            return (*self.notices, f"{problem.summary}. {problem.hint}")
        return self.notices

    async def ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something with the database in its thread.

        What has been asked for is done, also if the task that asked is cancelled meanwhile.

        Raises:
            StorageError: it could not be done; nothing of a transaction is left then.
        """
        if self._over:
            raise _refused(self._over)
        future = self._thread.submit(self._do, work)
        return await asyncio.shield(asyncio.wrap_future(future))

    async def close(self) -> None:
        """Do what was asked for, then close; what is asked for afterwards fails."""
        if not self._over:
            self._over = "it is closed"
            await asyncio.wrap_future(self._thread.submit(self._close))
            self._thread.shutdown(wait=False)

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._db is None:
                self._db = self._open()
            return work(self._db)
        except (OSError, sqlite3.Error, NewerError) as problem:
            if is_corrupt(problem):
                self._over = f"it is damaged ({problem}); start again, and it is moved aside"
                self._close()
            raise _refused(in_words(problem)) from problem

    def _open(self) -> sqlite3.Connection:
        if self._opening is not None:
            return self._opening.need()
        db = self._connect()
        set_up(db)
        return db

    def _connect(self) -> sqlite3.Connection:
        place = ":memory:" if self.path is None else str(self.path)
        return sqlite3.connect(
            place, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )

    def _close(self) -> None:
        close(self._db)
        self._db = None


def _refused(why: str) -> StorageError:
    return StorageError(
        f"what is sent cannot be written down first: {why}",
        hint="Mend or free the disk (vzaps-tui paths says where); --no-disk sends without it.",
    )
