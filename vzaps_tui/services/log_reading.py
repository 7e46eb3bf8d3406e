"""Reads the log of an instance into the archive, page by page, while rows come and go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End, Page
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.domain.selection import Put, Reading, Scope, Stretch
from vzaps_tui.services.log_edge import Edge
from vzaps_tui.services.whole_log import gap_below, is_held_below, time_of

if TYPE_CHECKING:
    from vzaps_tui.services.ports import Clock, DeliveryArchive

PAGE = 50
MAX_REQUESTS = 12
"""Most requests of one step down; a log that moves faster than that is read from its top again."""

EXCLUDED = frozenset({StatusClass.DELIVERED, StatusClass.PENDING})
"""What the filter for failures excludes; an unknown status word may well be a failure's."""

_TICK = timedelta(microseconds=1)

Ask = Callable[[int, int], Awaitable[Page[Delivery]]]


class _Kept(NamedTuple):
    """What a page did: whether it is part of the stretch at the top, and made that grow."""

    joined: bool = False
    grew: bool = False


class LogReader:
    """The log of an instance under one of the server's filters, being read.

    What is held is asked of the archive before each step: another program may read the same log.
    Only where the pages begin and end is remembered here, and forgotten with the program: then it
    is found again by what the pages overlap.

    Attributes:
        new: rows that the last step brought and that were not known before.
        topped_at: when page 1 was read last, by the clock; None if it was not.
    """

    def __init__(
        self,
        ask: Ask,
        archive: DeliveryArchive,
        scope: Scope,
        server_filter: str | None,
        clock: Clock,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            ask: reads the page of a number (the first is 1) and a size.
            archive: where rows are kept.
            scope: whose log.
            server_filter: as in `DeliveryQuery.server_status`.
            clock: the time.
        """
        self._ask = ask
        self._archive = archive
        self._scope = scope
        self._filter = server_filter
        self._clock = clock
        self._coverage: tuple[Stretch, ...] = ()
        self._edge: Edge | None = None  # where the stretch at the top ends
        self._last: Edge | None = None  # what was read last of it, anywhere
        self._newest: tuple[str | None, datetime | None] = (None, None)
        self._requests = 0
        self._strides: dict[int, int] = {}
        self._total: int | None = None
        self._unreadable = 0
        self._repeats = False
        self._mixed = False
        self._headless = False
        self.new = 0
        self.topped_at: datetime | None = None

    async def resume(self, known: LogState | None = None) -> Stretch | None:
        """Look at what is held; `known` is what was told of the log last, by an earlier program.

        Returns:
            The stretch at the top; None if nothing was read of the log yet.
        """
        if known is not None:
            self._total, self._unreadable = known.total, known.unreadable
            self._repeats = known.end is End.REPEATS
        self._coverage = await self._archive.coverage(self._scope, self._filter)
        return self._top

    async def state(self) -> LogState:
        """What is held, counted now."""
        query = DeliveryQuery(FAILED_ONLY) if self._filter else DeliveryQuery()
        held = await self._archive.count(self._scope, query)
        top = self._top
        complete = top is not None and (top.reached_end or await self._is_whole(top, held))
        has_gap, gap = self._headless, await self.reached() if self._headless else None
        if top is not None and not complete and not has_gap:
            has_gap, gap = await gap_below(self._archive, self._scope, query, self._coverage)
        end = End.COMPLETE if complete else End.REPEATS if self._repeats else End.MORE
        return LogState(held, self._total, end, self._unreadable, gap, has_gap)

    async def _is_whole(self, top: Stretch, held: int) -> bool:
        """Whether the list without the filter was read to its end, and nothing is missing here."""
        if self._filter is None or self._headless:
            return False
        counted = 0 if self._mixed else self._total or 0
        return held + self._unreadable >= counted and await is_held_below(
            self._archive, self._scope, top
        )

    async def reached(self) -> datetime | None:
        """Time of the last row down to which all is held from the top; None if none is known."""
        if self._headless:
            last = self._edge.last if self._edge else None
            return last.time if last else None
        return await time_of(self._archive, self._scope, self._top.oldest) if self._top else None

    def has_met(self, before: Stretch | None) -> bool:
        """Whether what is held from the top holds also the stretch that was at the top before."""
        if before is None or before.newest is None:
            return not self._headless
        # A stretch that joined an older one is known since that one was read; see `_moment`.
        top = self._top
        return not self._headless and top is not None and top.since <= before.since

    async def top(self, size: int = PAGE) -> None:
        """Read page 1.

        Raises:
            VzapsError: it could not be read.
        """
        self.new = 0
        await self.resume()
        await self._begin(await self._read(1, size), size)

    def hope(self) -> None:
        """Forget that the server gave page 1 for another: it may have been by chance."""
        self._repeats = False

    async def again(self, number: int, size: int = PAGE) -> bool:
        """Read a page of what is held once more, for rows that slipped in.

        Returns:
            Whether it is the last one.

        Raises:
            VzapsError: it could not be read.
        """
        self.new = 0
        page = await self._read(number, size)
        await self._keep(page, size)
        return self._is_last(page, size)

    async def down(self, size: int = PAGE) -> bool:
        """Read on below the stretch at the top until it grew, or its end is known.

        Pages that overlap it or surely follow it make it grow; where one does neither, pages above
        it are read first. If that leads nowhere, page 1 is read, from where it goes on.

        Returns:
            Whether anything came of it.

        Raises:
            VzapsError: a page could not be read; what was read before it is held.
        """
        self.new = 0
        await self.resume()
        number, back = await self._first(size), 1
        for _ in range(MAX_REQUESTS):
            before = self._top
            page = await self._read(number, size)
            if number == 1:
                kept = await self._begin(page, size)
                if before is None or kept.grew or not self.has_met(before):
                    return True
                number = 2
                continue
            if before is not None and await self._is_first_again(page, before, size):
                return True
            came = self._last.came(page) if self._last else 0
            kept = await self._keep(page, size)
            if kept.grew:
                self._repeats = False
                return True
            if kept.joined:
                number += await self._rest(page, size) if back == 1 else 1
            elif came:
                number += max(1, came // self._stride(size))
            else:
                number, back = max(1, number - back), back * 2
        await self._begin(await self._read(1, size), size)
        return False

    @property
    def _top(self) -> Stretch | None:
        first = self._coverage[0] if self._coverage else None
        return first if first is not None and first.top_at is not None else None

    async def _first(self, size: int) -> int:
        """Number of the page to read next: the one right below, or one that overlaps."""
        edge, top = self._valid_edge, self._top
        if edge is not None:
            if edge.size == size:
                # Where the count does not tell that nothing was lost in between, what was last read
                # is read again: then the overlap does.
                return edge.page + edge.tells(self._clock.monotonic())
            held = edge.page * self._stride(edge.size)
        elif top is None:
            return 1
        elif self._mixed:
            since = await time_of(self._archive, self._scope, top.oldest)
            held = await self._archive.count(self._scope, DeliveryQuery(since=since))
        else:
            held = top.rows
        number = max(1, -(-held // self._stride(size)))
        # Where rows vanished below, there may be none so far down.
        pages = number if self._total is None else -(-self._total // self._stride(size))
        return max(1, min(number, pages))

    @property
    def _valid_edge(self) -> Edge | None:
        """The edge, if the stretch at the top still ends where it did then."""
        edge, top = self._edge, self._top
        if edge is None or edge.oldest != (top.oldest if top else None):
            return None
        return edge

    async def _rest(self, page: Page[Delivery], size: int) -> int:
        """How many pages further down the stretch at the top ends, as far as that can be told."""
        edge = self._valid_edge
        moment = page.items[-1].time if page.items else None
        if moment is None or (edge is not None and edge.page == page.number):
            return 1
        query = DeliveryQuery(since=await self.reached(), until=moment)
        if self._filter and not self._mixed:
            query = replace(query, statuses=FAILED_ONLY)
        below = await self._archive.count(self._scope, query)
        return max(1, below // self._stride(size))

    async def _read(self, number: int, size: int) -> Page[Delivery]:
        # A server that ignores paging may echo another number; what counts is what was asked.
        self._requests += 1
        page = replace(await self._ask(number, size), number=number)
        self._total = page.total
        if number == 1:
            self._strides[size] = len(page.items) + page.unreadable or size
        else:
            self._strides.setdefault(size, page.size)
        self._mixed = self._mixed or any(map(self._is_excluded, page.items))
        return page

    def _stride(self, size: int) -> int:
        """Rows a page as the server really gives them where so many are asked for."""
        return max(1, self._strides.get(size, size))

    def _is_excluded(self, row: Delivery) -> bool:
        return self._filter is not None and row.status_class in EXCLUDED

    async def _begin(self, page: Page[Delivery], size: int) -> _Kept:
        """Keep page 1."""
        before, unreadable = self._top, self._unreadable
        self._headless = False
        self.topped_at = self._clock.now()
        kept = await self._keep(page, size)
        self._unreadable = page.unreadable
        if self.has_met(before):
            self._unreadable = max(unreadable, page.unreadable)
        return kept

    async def _keep(self, page: Page[Delivery], size: int) -> _Kept:
        """Put a page into the archive, with what is certain of its place in the list."""
        before = self._top
        run = [row for row in page.items if not self._is_excluded(row)]
        edge = self._edge_above(page, size)
        counted = edge is not None and page.total is not None
        if page.number > 1 and not counted and await self._lies_above(page):
            self._note(await self._archive.put(self._scope, page.items))
            return _Kept()
        others = Put()
        if len(run) < len(page.items):
            # Its failures are a run of the list of failures, whatever else the server sends.
            others = await self._archive.put(self._scope, page.items)
            self._note(others)
        reading = self._reading(page, run, size, edge)
        put = await self._archive.put(self._scope, run, reading)
        self._note(put)
        self._coverage = await self._archive.coverage(self._scope, self._filter)
        joined = put.stretch is not None and put.stretch == self._top
        if not run and (edge or page.number == 1):
            joined, self._headless = True, reading.top and not reading.end
        if not joined:
            return _Kept()
        if run:
            self._headless = False
        if page.number > 1 and (put.new or others.new):
            self._unreadable += page.unreadable
        above = edge.above if edge else None
        self._mark(page, run[-1].key if run else above, size, put.new_keys + others.new_keys)
        passed = not run and edge is not None
        return _Kept(joined=True, grew=_has_grown(before, self._top) or passed)

    def _note(self, put: Put) -> None:
        self.new += put.new

    def _edge_above(self, page: Page[Delivery], size: int) -> Edge | None:
        """The edge between which and the page nothing lies; the page may also overlap it."""
        now = self._clock.monotonic()
        for edge in (self._last, self._valid_edge):
            if edge is None or page.number == 1:
                continue
            # Where few rows belong to the list, the others tell that pages overlap.
            if edge.is_followed_by(page, size, now, self._requests) or (
                self._mixed and edge.is_in(page)
            ):
                return edge
        return None

    def _reading(
        self, page: Page[Delivery], run: list[Delivery], size: int, edge: Edge | None
    ) -> Reading:
        above = edge.above if edge else None
        if above in {row.key for row in run}:
            above = None
        top = page.number == 1 or (edge is not None and edge.above is None)
        end = self._is_last(page, size)
        return Reading(self._filter, self._moment(), top=top, end=end, follows=above)

    def _mark(
        self, page: Page[Delivery], above: str | None, size: int, new: Collection[str]
    ) -> None:
        """Remember what was read, and whether the stretch ends there on the server."""
        oldest = self._top.oldest if self._top else None
        last = page.items[-1] if page.items else None
        now = self._clock.monotonic()
        self._last = Edge(page.number, size, page.total, above, last, oldest, now, self._requests)
        if above is None or above in new or above == oldest or self._is_valid_at(above):
            self._edge = self._last

    def _is_valid_at(self, above: str) -> bool:
        """Whether the stretch ends with this row, and only rows of no interest were read below."""
        edge = self._valid_edge
        return edge is not None and edge.above == above

    async def _lies_above(self, page: Page[Delivery]) -> bool:
        """Whether a page holds but rows that are newer than all that is held from the top."""
        key = self._top.newest if self._top else None
        if key != self._newest[0]:
            self._newest = (key, await time_of(self._archive, self._scope, key))
        newest = self._newest[1]
        last = page.items[-1].time if page.items else None
        return newest is not None and last is not None and last > newest

    def _moment(self) -> datetime:
        """Now, but later than any reading before, also after the clock was set back."""
        last = max((stretch.until for stretch in self._coverage), default=None)
        now = self._clock.now()
        return now if last is None else max(now, last + _TICK)

    async def _is_first_again(self, page: Page[Delivery], top: Stretch, size: int) -> bool:
        """Whether the server gave page 1 again, although a later one was asked for.

        A later page may rightly hold the list's first row, after many new ones; then page 1 is
        another one by now.
        """
        if all(row.key != top.newest for row in page.items):
            return False
        first = await self._read(1, size)
        if [row.key for row in first.items] != [row.key for row in page.items]:
            return False
        await self._begin(first, size)
        self._repeats = True
        return True

    def _is_last(self, page: Page[Delivery], size: int) -> bool:
        # The server may give fewer rows a page than asked for, and than it says.
        stride = self._stride(size)
        if page.total is None and page.total_pages is None:
            stride = min(stride, page.size)
            if page.number == 1:
                # Asked for more than it gives, it would seem to be read.
                stride = 1 if size > PAGE else page.size
        return replace(page, size=stride).is_last


def _has_grown(before: Stretch | None, now: Stretch | None) -> bool:
    if before is None or now is None:
        return now is not before
    return now.rows > before.rows or now.oldest != before.oldest or now.reached_end
