"""The archive of deliveries: every row ever read, in order, without payloads or secrets."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import (
    Group,
    Histogram,
    Put,
    Reading,
    Scope,
    Selection,
    Stretch,
)
from vzaps_tui.storage import archive_pruning as pruning
from vzaps_tui.storage.archive_asking import Asked, Asker
from vzaps_tui.storage.archive_coverage import column
from vzaps_tui.storage.archive_home import Door, Home
from vzaps_tui.storage.archive_lane import GivenUpError, Lane, Ticket
from vzaps_tui.storage.archive_rows import Mask
from vzaps_tui.storage.archive_schema import used_bytes
from vzaps_tui.storage.archive_writing import Writer
from vzaps_tui.storage.opening import error_code, is_corrupt

T = TypeVar("T")

MAX_AGE = 90 * 86400.0
MAX_BYTES = 500 * 1024 * 1024
MAX_MEMORY = 128 * 1024 * 1024
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
_FETCHED = 1000
_MICROS = 1_000_000
_NOTHING = Put()


class SqliteArchive:
    """A delivery archive in one SQLite file, or in memory.

    The disk's troubles are never raised: a damaged or newer file is moved aside, and where there is
    no disk to write to, memory takes its place; `notices` says so. Several programs may use the
    file at once. Questions run in threads of their own and are interrupted when whoever asked is
    cancelled. `page`, `place` and `gone` answer at once, in the thread that calls them, which must
    always be the same one.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        mask: Mask | None = None,
        now: Callable[[], float] = time.time,
        max_bytes: int = MAX_BYTES,
        max_age: float = MAX_AGE,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the database file; None keeps everything in memory.
            mask: hides secrets in free text; by default those that look like secrets.
            now: seconds since the epoch.
            max_bytes: size from which on the oldest rows are dropped; less of it in memory.
            max_age: seconds after which a row is dropped, by its time.
        """
        self._home = Home(path)
        self._now = now
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._mask = mask or Masker()
        self._writer = Writer(self._mask)
        self._pages = Door(self._home.connect, Asker)
        self._asking = Door(self._home.connect, Asker)
        self._looking = Door(self._home.connect, Asker)
        self._doors = (self._pages, self._asking, self._looking)
        self._write_lane = Lane("archive-write", lambda: None)
        self._ask_lane = Lane("archive-ask", self._asking.interrupt)
        self._look_lane = Lane("archive-look", self._looking.interrupt)
        self._opened = False
        self._closed = False

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of the file so far."""
        return self._home.notices

    async def open(self) -> tuple[str, ...]:
        """Open the file; see `prune` for what is too old or too much.

        Returns:
            What a person should know: that it was damaged, is newer, or cannot be used.
        """
        await self._write(lambda _: None, None)
        return self.notices

    async def close(self) -> None:
        """Close; later calls keep and find nothing."""
        if self._closed:
            return
        self._closed = True
        await self._write_lane.ask(lambda _: self._shut(self._home.close, for_good=True))
        for lane in (self._write_lane, self._ask_lane, self._look_lane):
            lane.shutdown()

    async def prune(self) -> int:
        """Drop what is too old, and the oldest of what is too much, little by little.

        Others may write in between; it can be cancelled at any time.

        Returns:
            How many rows were dropped.
        """
        total = 0
        while dropped := await self._write(self._drop, 0):
            total += dropped
        while await self._write(pruning.give_back, otherwise=False):
            pass
        return total

    async def put(
        self, scope: Scope, rows: Iterable[Delivery], reading: Reading | None = None
    ) -> Put:
        """Keep rows; of one known already the fresher reading counts, and no known fact is lost.

        Args:
            scope: whose they are.
            rows: in the server's order, newest first.
            reading: what is certain of them as a run of the server's list; it is kept together
                with the rows or not at all. Without it they tell nothing of what lies between.

        Returns:
            What was new.

        Raises:
            ValueError: the reading's filter is none that the API documents.
        """
        kept = tuple(rows)
        if reading is not None:
            column(reading.server_filter)
        moment = int(self._now() * _MICROS)
        return await self._write(
            lambda db: self._writer.put(db, scope, kept, reading, moment), _NOTHING
        )

    async def vanished(self, scope: Scope, keys: Iterable[str], at: datetime) -> int:
        """Mark rows that the server does not have any more; they stay, until they are put again.

        Returns:
            How many were not marked so before.
        """
        gone = tuple(keys)
        return await self._write(lambda db: self._writer.vanish(db, scope, gone, at), 0)

    async def select(
        self,
        scope: Scope,
        query: DeliveryQuery,
        now: datetime | None = None,
        also: Collection[int] = (),
    ) -> Selection:
        """The numbers of all rows that match, newest first.

        Cancelling it interrupts it at once.

        Args:
            scope: whose rows.
            query: which of them.
            now: what the query's `last` hours are counted back from, aware.
            also: numbers of rows that are among them, in their place, whether they match or not.
        """
        asked = Asked(scope, query, now)
        return await self._ask(lambda asker: asker.select(asked, also), Selection(array("q"), 0))

    async def fetch(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """What `page` gives, of any number of rows and off the loop; others ask in between."""
        found: list[Delivery | None] = []
        for start in range(0, len(rowids), _FETCHED):
            some = rowids[start : start + _FETCHED]
            found += await self._look(partial(Asker.page, numbers=some), [None] * len(some))
        return found

    async def newest_number(self) -> int:
        """The highest number given so far; 0 at first."""
        return await self._look(Asker.newest_number, 0)

    async def first(
        self, scope: Scope, query: DeliveryQuery, limit: int, now: datetime | None = None
    ) -> array[int]:
        """The newest numbers of those, at most `limit`; does not wait for `select`."""
        asked = Asked(scope, query, now)
        return await self._look(lambda asker: asker.first(asked, limit), array("q"))

    async def count(self, scope: Scope, query: DeliveryQuery, now: datetime | None = None) -> int:
        """How many match."""
        asked = Asked(scope, query, now)
        return await self._ask(lambda asker: asker.count(asked), 0)

    async def groups(
        self, scope: Scope, query: DeliveryQuery, now: datetime | None = None
    ) -> tuple[Group, ...]:
        """Those that match, folded by how they were answered; most rows first."""
        asked = Asked(scope, query, now)
        return await self._ask(lambda asker: asker.groups(asked), ())

    async def histogram(
        self,
        scope: Scope,
        query: DeliveryQuery,
        span: tuple[datetime, datetime],
        buckets: int,
        now: datetime | None = None,
    ) -> Histogram:
        """Delivered and failed ones of those that match, over time.

        Args:
            scope: whose rows.
            query: which of them.
            span: where the first bucket begins and the last one ends, aware.
            buckets: how many, at least one.
            now: as in `select`.
        """
        asked = Asked(scope, query, now)
        nothing = Histogram(*span, (0,) * buckets, (0,) * buckets)
        return await self._ask(lambda asker: asker.histogram(asked, *span, buckets), nothing)

    async def events(self, scope: Scope) -> tuple[str, ...]:
        """Names of the events that rows have, in order."""
        return await self._look(lambda asker: asker.events(scope), ())

    async def coverage(self, scope: Scope, server_filter: str | None) -> tuple[Stretch, ...]:
        """What is held of a list without gaps.

        Returns:
            The stretch at its top as last seen, if it ever was, then the others, newest first.
        """
        return await self._look(lambda asker: asker.coverage(scope, server_filter), ())

    def page(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """The rows of these numbers in their order; None for one that was dropped meanwhile."""
        return self._peek(lambda asker: asker.page(rowids), [None] * len(rowids))

    def place(self, scope: Scope, key: str) -> int | None:
        """The number of a row; it never gets another one. None if it is not held."""
        return self._peek(lambda asker: asker.place(scope, key), None)

    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        """Which of these rows the server is known not to have any more."""
        return self._peek(lambda asker: asker.gone(rowids), frozenset())

    def _peek(self, work: Callable[[Asker], T], otherwise: T) -> T:
        if self._closed or not self._opened:
            return otherwise
        try:
            with self._pages.enter(_PATIENCE) as asker:
                return work(asker)
        except (sqlite3.Error, TimeoutError):
            # A damaged file is mended by the next question that does not hold up the screen.
            return otherwise

    async def _ask(self, work: Callable[[Asker], T], otherwise: T) -> T:
        return await self._read(self._ask_lane, self._asking, work, otherwise)

    async def _look(self, work: Callable[[Asker], T], otherwise: T) -> T:
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

    async def _write(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if self._closed:
            return otherwise
        # What has begun to be written is written to its end, whoever waits for it or not.
        return await asyncio.shield(asyncio.ensure_future(self._write_all(work, otherwise)))

    async def _write_all(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            return await self._write_lane.ask(lambda _: self._written(work, otherwise))
        except GivenUpError:
            return otherwise

    def _written(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something with the connection that writes, in its thread."""
        for _ in range(_TURNS):
            db = self._home.open()
            self._open_page()
            generation = self._home.generation
            try:
                return work(db)
            except sqlite3.Error as problem:
                self._help(problem, generation)
        return otherwise

    def _open_page(self) -> None:
        """Open what the loop's own thread reads by, so that it need not."""
        if not self._opened:
            self._opened = True
            with suppress(sqlite3.Error), self._pages.enter():
                pass

    def _help(self, problem: sqlite3.Error, generation: int) -> None:
        """Get a database that may take what failed before, if there is such."""
        if is_corrupt(problem):
            self._mend(generation)
        elif error_code(problem) in _REFUSALS and self._home.is_on_disk:
            self._shut(lambda: self._home.leave_disk(str(problem)))

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
            self._writer = Writer(self._mask)
            work()

    def _drop(self, db: sqlite3.Connection) -> int:
        self._writer.forget()
        dropped = pruning.drop_older(db, int((self._now() - self._max_age) * _MICROS))
        limit = self._max_bytes if self._home.is_on_disk else min(self._max_bytes, MAX_MEMORY)
        if not dropped and used_bytes(db) > limit:
            dropped = pruning.drop_oldest(db)
        return dropped
