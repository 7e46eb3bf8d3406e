"""The archive of deliveries: every row ever read, in order, without secrets."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.selection import (
    Group,
    Histogram,
    Put,
    Reading,
    Scope,
    Selection,
    Stretch,
)
from vzaps_tui.storage.archive_access import Access
from vzaps_tui.storage.archive_question import Asked
from vzaps_tui.storage.archive_schema import column

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.storage.archive_asking import Asker
    from vzaps_tui.storage.archive_keeping import Keeper
    from vzaps_tui.storage.archive_rows import Mask

T = TypeVar("T")

MAX_AGE = 90 * 86400.0
MAX_BYTES = 500 * 1024 * 1024
MAX_MEMORY = 128 * 1024 * 1024
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
        payloads: bool = False,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the database file; None keeps everything in memory.
            mask: hides secrets in free text; by default those that look like secrets.
            now: seconds since the epoch.
            max_bytes: size from which on the oldest rows are dropped; less of it in memory.
            max_age: seconds after which a row is dropped, by its time.
            payloads: keep payloads and responses too; without it none of them reaches the disk,
                and `prune` drops those that are there.
        """
        self._now = now
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._payloads = payloads
        self._mask = mask or Masker()
        self._access = Access(path, self._mask)

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of the file so far."""
        return self._access.notices

    def watch(self, tell: Callable[[], None]) -> None:
        """Have told, in a thread of its own, when there may be more notices."""
        self._access.watch = tell

    async def open(self) -> tuple[str, ...]:
        """Open the file; see `prune` for what is too old or too much.

        Returns:
            What a person should know: that it was damaged, is newer, or cannot be used.
        """
        await self._access.open()
        return self.notices

    async def close(self) -> None:
        """Close; later calls keep and find nothing."""
        await self._access.close()

    async def prune(self) -> int:
        """Drop what is too old, and the oldest of what is too much, little by little.

        Others may write in between; it can be cancelled at any time.

        Returns:
            How many rows and details were dropped.
        """
        total = 0
        while dropped := await self._access.write(self._drop, 0):
            total += dropped
        while await self._access.write(lambda keeper: keeper.give_back(), otherwise=False):
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
        return await self._access.write(
            lambda keeper: keeper.put(scope, kept, reading, moment), _NOTHING
        )

    async def vanished(self, scope: Scope, keys: Iterable[str], at: datetime) -> int:
        """Mark rows that the server does not have any more; they stay, until they are put again.

        Returns:
            How many were not marked so before.
        """
        gone = tuple(keys)
        return await self._access.write(lambda keeper: keeper.vanish(scope, gone, at), 0)

    async def keep_detail(self, scope: Scope, detail: DeliveryDetail) -> None:
        """Keep everything of one delivery, masked, if payloads are to be kept."""
        if not self._payloads:
            return
        moment = int(self._now() * _MICROS)
        row, body = detail.delivery, await asyncio.to_thread(_packed, detail, self._mask)
        if body is not None:
            await self._access.write(
                lambda keeper: keeper.keep_detail(scope, row, body, moment), None
            )

    async def kept_detail(self, scope: Scope, key: str) -> tuple[DeliveryDetail, datetime] | None:
        """Everything of one delivery as it was read last, and when, if it is kept."""
        if not self._payloads:
            return None
        return await self._access.look(lambda asker: asker.kept_detail(scope, key), None)

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
        nothing = Selection(array("q"), 0)
        return await self._access.ask(lambda asker: asker.select(asked, also), nothing)

    async def fetch(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """What `page` gives, of any number of rows and off the loop; others ask in between."""
        found: list[Delivery | None] = []
        for start in range(0, len(rowids), _FETCHED):
            some = rowids[start : start + _FETCHED]
            found += await self._access.look(partial(_page, some), [None] * len(some))
        return found

    async def newest_number(self) -> int:
        """The highest number given so far; 0 at first."""
        return await self._access.look(lambda asker: asker.newest_number(), 0)

    async def first(
        self, scope: Scope, query: DeliveryQuery, limit: int, now: datetime | None = None
    ) -> array[int]:
        """The newest numbers of those, at most `limit`; does not wait for `select`."""
        asked = Asked(scope, query, now)
        return await self._access.look(lambda asker: asker.first(asked, limit), array("q"))

    async def count(self, scope: Scope, query: DeliveryQuery, now: datetime | None = None) -> int:
        """How many match."""
        asked = Asked(scope, query, now)
        return await self._access.ask(lambda asker: asker.count(asked), 0)

    async def groups(
        self, scope: Scope, query: DeliveryQuery, now: datetime | None = None
    ) -> tuple[Group, ...]:
        """Those that match, folded by how they were answered; most rows first."""
        asked = Asked(scope, query, now)
        return await self._access.ask(lambda asker: asker.groups(asked), ())

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
        return await self._access.ask(lambda asker: asker.histogram(asked, *span, buckets), nothing)

    async def events(self, scope: Scope) -> tuple[str, ...]:
        """Names of the events that rows have, in order."""
        return await self._access.look(lambda asker: asker.events(scope), ())

    async def coverage(self, scope: Scope, server_filter: str | None) -> tuple[Stretch, ...]:
        """What is held of a list without gaps.

        Returns:
            The stretch at its top as last seen, if it ever was, then the others, newest first.
        """
        return await self._access.look(lambda asker: asker.coverage(scope, server_filter), ())

    def page(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """The rows of these numbers in their order; None for one that was dropped meanwhile."""
        return self._access.peek(lambda asker: asker.page(rowids), [None] * len(rowids))

    def place(self, scope: Scope, key: str) -> int | None:
        """The number of a row; it never gets another one. None if it is not held."""
        return self._access.peek(lambda asker: asker.place(scope, key), None)

    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        """Which of these rows the server is known not to have any more."""
        return self._access.peek(lambda asker: asker.gone(rowids), frozenset())

    def _drop(self, keeper: Keeper) -> int:
        most = self._max_bytes if self._access.is_on_disk else min(self._max_bytes, MAX_MEMORY)
        before = int((self._now() - self._max_age) * _MICROS)
        return keeper.drop_some(before, most, with_details=self._payloads)


def _packed(detail: DeliveryDetail, mask: Mask) -> bytes | None:
    from vzaps_tui.storage.archive_details import pack  # noqa: PLC0415 - start-up time: in its thread

    return pack(detail, mask)


def _page(numbers: Sequence[int], asker: Asker) -> list[Delivery | None]:
    return asker.page(numbers)
