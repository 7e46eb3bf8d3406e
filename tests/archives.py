"""A delivery archive that answers in the loop's own thread, for tests that own the time."""

from __future__ import annotations

import asyncio
import sqlite3
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from tests.builders import NOW
from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail
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
from vzaps_tui.storage.archive_asking import Asker
from vzaps_tui.storage.archive_question import Asked
from vzaps_tui.storage.archive_rows import micros
from vzaps_tui.storage.archive_schema import set_up
from vzaps_tui.storage.archive_writing import Writer

T = TypeVar("T")


class InlineArchive:
    """A `DeliveryArchive` by the real one's own rules, in memory and without threads.

    Whoever asks gives way to others before and after: there a task may be cancelled, and what was
    written by then stays, as it does in the real one.

    Attributes:
        details: those kept; None where nobody wants them kept.
    """

    def __init__(self) -> None:
        # Whichever thread comes to collect it closes it.
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        set_up(self.db)
        self.details: dict[tuple[Scope, str], tuple[DeliveryDetail, datetime]] | None = None
        self._writer = Writer(Masker())
        self._asker = Asker(self.db)

    def __del__(self) -> None:
        self.db.close()

    async def put(
        self, scope: Scope, rows: Iterable[Delivery], reading: Reading | None = None
    ) -> Put:
        return await _in_turn(lambda: self._writer.put(self.db, scope, rows, reading, micros(NOW)))

    async def vanished(self, scope: Scope, keys: Iterable[str], at: datetime) -> int:
        return await _in_turn(lambda: self._writer.vanish(self.db, scope, keys, at))

    async def keep_detail(self, scope: Scope, detail: DeliveryDetail) -> None:
        if self.details is not None:
            self.details[scope, detail.delivery.key] = (detail, NOW)

    async def kept_detail(self, scope: Scope, key: str) -> tuple[DeliveryDetail, datetime] | None:
        return await _in_turn(lambda: (self.details or {}).get((scope, key)))

    async def select(
        self,
        scope: Scope,
        query: DeliveryQuery,
        now: datetime | None = None,
        also: Collection[int] = (),
    ) -> Selection:
        return await _in_turn(lambda: self._asker.select(Asked(scope, query, now), also))

    async def fetch(self, rowids: Sequence[int]) -> list[Delivery | None]:
        return await _in_turn(lambda: self.page(rowids))

    async def newest_number(self) -> int:
        return await _in_turn(self._asker.newest_number)

    async def first(
        self, scope: Scope, query: DeliveryQuery, limit: int, now: datetime | None = None
    ) -> array[int]:
        return await _in_turn(lambda: self._asker.first(Asked(scope, query, now), limit))

    async def count(self, scope: Scope, query: DeliveryQuery, now: datetime | None = None) -> int:
        return await _in_turn(lambda: self._asker.count(Asked(scope, query, now)))

    async def groups(
        self, scope: Scope, query: DeliveryQuery, now: datetime | None = None
    ) -> tuple[Group, ...]:
        return await _in_turn(lambda: self._asker.groups(Asked(scope, query, now)))

    async def histogram(
        self,
        scope: Scope,
        query: DeliveryQuery,
        span: tuple[datetime, datetime],
        buckets: int,
        now: datetime | None = None,
    ) -> Histogram:
        asked = Asked(scope, query, now)
        return await _in_turn(lambda: self._asker.histogram(asked, *span, buckets))

    async def events(self, scope: Scope) -> tuple[str, ...]:
        return await _in_turn(lambda: self._asker.events(scope))

    async def coverage(self, scope: Scope, server_filter: str | None) -> tuple[Stretch, ...]:
        return await _in_turn(lambda: self._asker.coverage(scope, server_filter))

    def page(self, rowids: Sequence[int]) -> list[Delivery | None]:
        return self._asker.page(rowids)

    def place(self, scope: Scope, key: str) -> int | None:
        return self._asker.place(scope, key)

    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        return self._asker.gone(rowids)


async def _in_turn(work: Callable[[], T]) -> T:
    await asyncio.sleep(0)
    done = work()
    await asyncio.sleep(0)
    return done
