"""The ways to the archive's database: its threads, its doors, and what is done when it fails."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vzaps_tui.storage.archive_home import Door, Home
from vzaps_tui.storage.archive_lane import GivenUpError, Lane, Ticket
from vzaps_tui.storage.opening import error_code, is_corrupt
from vzaps_tui.storage.trouble import in_words

if TYPE_CHECKING:
    from vzaps_tui.storage.archive_asking import Asker
    from vzaps_tui.storage.archive_keeping import Keeper
    from vzaps_tui.storage.archive_rows import Mask

T = TypeVar("T")

_PATIENCE = 0.005
"""Seconds that the loop's own thread waits for the database to be moved."""
_REFUSALS = frozenset(
    (
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_AUTH,
    )
)
_TURNS = 3


class Access:
    """Brings work to the database, each in its thread; the disk's troubles are never raised.

    Whatever cannot be done gives the answer that was handed in for that case.

    Attributes:
        watch: called in one of its threads whenever there may be more notices.
    """

    def __init__(self, path: Path | None, mask: Mask) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the database file; None keeps everything in memory.
            mask: hides secrets in free text.
        """
        self._home = Home(path)
        self._mask = mask
        self._keeper: Keeper | None = None
        self._pages = Door(self._home.connect, _asker)
        self._asking = Door(self._home.connect, _asker)
        self._looking = Door(self._home.connect, _asker)
        self._doors = (self._pages, self._asking, self._looking)
        self._write_lane = Lane("archive-write", lambda: None)
        self._ask_lane = Lane("archive-ask", self._asking.interrupt)
        self._look_lane = Lane("archive-look", self._looking.interrupt)
        self._opened = False
        self._closed = False
        self.watch: Callable[[], None] | None = None

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of the file so far."""
        return self._home.notices

    @property
    def is_on_disk(self) -> bool:
        """Whether what is put outlives the program."""
        return self._home.is_on_disk

    async def open(self) -> None:
        """Open the file; what writes to it is loaded when something is written."""
        if not self._closed:
            with suppress(GivenUpError):
                await asyncio.shield(
                    asyncio.ensure_future(self._write_lane.ask(lambda _: self._open()))
                )

    async def close(self) -> None:
        """Close; later nothing can be done."""
        if self._closed:
            return
        self._closed = True
        await self._write_lane.ask(lambda _: self._shut(self._home.close, for_good=True))
        for lane in (self._write_lane, self._ask_lane, self._look_lane):
            lane.shutdown()

    def peek(self, work: Callable[[Asker], T], otherwise: T) -> T:
        """Read at once, in the thread that calls this, which must always be the same one."""
        if self._closed or not self._opened:
            return otherwise
        try:
            with self._pages.enter(_PATIENCE) as asker:
                return work(asker)
        except (sqlite3.Error, TimeoutError):
            # A damaged file is mended by the next question that does not hold up the screen.
            return otherwise

    async def ask(self, work: Callable[[Asker], T], otherwise: T) -> T:
        """Read what may take long."""
        return await self._read(self._ask_lane, self._asking, work, otherwise)

    async def look(self, work: Callable[[Asker], T], otherwise: T) -> T:
        """Read what is quick; does not wait for what takes long."""
        return await self._read(self._look_lane, self._looking, work, otherwise)

    async def _read(
        self, lane: Lane, door: Door[Asker], work: Callable[[Asker], T], otherwise: T
    ) -> T:
        if self._closed:
            return otherwise
        if not self._opened:
            await self.open()

        def answer(ticket: Ticket) -> T:
            with door.enter() as asker:
                asker.check = ticket.check
                return work(asker)

        for _ in range(_TURNS):
            generation = self._home.generation
            try:
                return await lane.ask(answer)
            except (GivenUpError, TimeoutError):
                return otherwise
            except sqlite3.Error as problem:
                await self._recover(problem, generation)
        return otherwise

    async def _recover(self, problem: sqlite3.Error, generation: int) -> None:
        """After a question failed; one that was stopped while the file was moved is asked again."""
        if is_corrupt(problem):
            with suppress(GivenUpError):
                await self._write_lane.ask(lambda _: self._mend(generation))

    async def write(self, work: Callable[[Keeper], T], otherwise: T) -> T:
        """Write; what has begun is done to its end, whoever waits for it or not."""
        if self._closed:
            return otherwise
        return await asyncio.shield(asyncio.ensure_future(self._write(work, otherwise)))

    async def _write(self, work: Callable[[Keeper], T], otherwise: T) -> T:
        try:
            return await self._write_lane.ask(lambda _: self._written(work, otherwise))
        except GivenUpError:
            return otherwise

    def _written(self, work: Callable[[Keeper], T], otherwise: T) -> T:
        """Do something with the connection that writes, in its thread."""
        for _ in range(_TURNS):
            db = self._open()
            if self._keeper is None:
                self._keeper = _keeper(db, self._mask)
            keeper, generation = self._keeper, self._home.generation
            try:
                return work(keeper)
            except sqlite3.Error as problem:
                self._help(problem, generation)
        return otherwise

    def _open(self) -> sqlite3.Connection:
        """What writes; and what the loop's own thread reads by, so that it need not open it."""
        db = self._home.open()
        if not self._opened:
            self._opened = True
            with suppress(sqlite3.Error), self._pages.enter():
                pass
        return db

    def _help(self, problem: sqlite3.Error, generation: int) -> None:
        """Get a database that may take what failed before, if there is such."""
        if is_corrupt(problem):
            self._mend(generation)
        elif error_code(problem) in _REFUSALS and self._home.is_on_disk:
            self._shut(lambda: self._home.leave_disk(in_words(problem)))

    def _mend(self, generation: int) -> None:
        # Several may meet the damage: what was made for the first of them is not moved again.
        if generation == self._home.generation:
            self._shut(self._home.mend)

    def _shut(self, work: Callable[[], object], *, for_good: bool = False) -> None:
        """Do something while nobody else has the database open; nothing of it is remembered."""
        with ExitStack() as stack:
            for door in self._doors:
                stack.enter_context(door.shut())
                door.locked_for_good = for_good
            self._keeper = None
            work()
        if self.watch is not None:
            self.watch()


def _asker(db: sqlite3.Connection) -> Asker:
    from vzaps_tui.storage.archive_asking import Asker  # noqa: PLC0415 - start-up time: in its thread

    return Asker(db)


def _keeper(db: sqlite3.Connection, mask: Mask) -> Keeper:
    from vzaps_tui.storage.archive_keeping import Keeper  # noqa: PLC0415 - start-up time: in its thread

    return Keeper(db, mask)
