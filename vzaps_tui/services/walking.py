"""Reads a list downwards, page by page, on a server where rows come and go between pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.paging import End, Listing, Page
from vzaps_tui.services.merging import splice

PAGE = 50
MAX_REQUESTS = 12
"""Most requests of one step down; a list that moves faster than that begins anew."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where on the server a list ended when it was last read there.

    Attributes:
        page: number of the page whose last row is the list's last row; None where that is not
            known, as after a refresh that read only the top.
        stride: rows a page as the server really gives them.
        total: how many rows the server counted then; None where it did not say.
    """

    page: int | None = None
    stride: int = PAGE
    total: int | None = None

    def is_followed_by(self, page: Page[Delivery]) -> bool:
        """Whether a page without a known row begins right after the list's last row.

        Rows that vanish above the edge move unread rows up, out of the next page: a gap; many that
        come on top move the whole list down, below it. The server's count tells: it is the same.
        Without a count, `Walk` reads the page after the edge only right after the edge itself.
        """
        if self.page is None or page.number != self.page + 1:
            return False
        return self.total is None or page.total == self.total


class Walk:
    """A list of deliveries being read downwards.

    `listing` and `edge` tell how far it came; they change only when a step is done.
    """

    def __init__(
        self,
        ask: Callable[[int], Awaitable[Page[Delivery]]],
        listing: Listing[Delivery] | None = None,
        edge: Edge | None = None,
    ) -> None:
        self._ask = ask
        self.listing = listing or Listing[Delivery]()
        self.edge = edge or Edge()
        self.restarted = False

    async def start(self) -> None:
        """Read page 1 and nothing else."""
        self._begin(await self._read(1))

    async def down(self) -> None:
        """Read on until rows come that are not known yet, or the end is found.

        Pages that overlap the list or surely follow it are worked in; where one does neither,
        pages above it are read first. If that leads nowhere, the list begins anew with page 1.

        Raises:
            VzapsError: a page could not be read; the list is as it was.
        """
        number, back = self._first(), 1
        state = (self.listing, self.edge)
        try:
            for _ in range(MAX_REQUESTS):
                page = await self._read(number)
                if not self._joins(page):
                    came = self._came(page)
                    if number == 1 and not came:
                        break
                    if came:
                        number += max(1, came // self.edge.stride)
                    else:
                        number, back = max(1, number - back), back * 2
                    continue
                ahead = await self._work_in(page, leap=back == 1)
                if ahead is None:
                    return
                number = ahead
        except BaseException:
            self.listing, self.edge = state
            raise
        self._begin(await self._read(1))
        self.restarted = True

    def _first(self) -> int:
        edge = self.edge
        if edge.page is not None:
            # Without a count only the overlap tells that nothing was lost: read that page again.
            return edge.page if edge.total is None else edge.page + 1
        return max(1, -(-len(self.listing.rows) // edge.stride))

    async def _read(self, number: int) -> Page[Delivery]:
        # A server that ignores paging may echo another number; what counts is what was asked.
        return replace(await self._ask(number), number=number)

    def _joins(self, page: Page[Delivery]) -> bool:
        known = {row.key for row in self.listing.rows}
        return any(row.key in known for row in page.items) or self.edge.is_followed_by(page)

    def _came(self, page: Page[Delivery]) -> int:
        """How many more rows the server counts than when the list was last read; 0 if not more."""
        before = self.edge.total if self.edge.page is not None else self.listing.total
        if before is None or page.total is None or not page.items:
            return 0
        return max(0, page.total - before)

    def _begin(self, page: Page[Delivery]) -> None:
        count = len(page.items) + page.unreadable
        self.edge = Edge(1, count or PAGE, page.total)
        rows = splice((), page.items).rows
        end = End.COMPLETE if self._is_last(page) else End.MORE
        self.listing = Listing(rows, page.total, 1, end, page.unreadable)

    async def _work_in(self, page: Page[Delivery], *, leap: bool) -> int | None:
        """Work a page in; the number of the page to read next, None when the step is done."""
        before = self.listing.rows
        step = splice(before, page.items)
        if step.reaches_end or not page.items:
            self.edge = Edge(page.number, self.edge.stride, page.total)
        else:
            self.edge = replace(self.edge, page=None)
        end = End.COMPLETE if self._is_last(page) else End.MORE
        unreadable = self.listing.unreadable + (page.unreadable if step.grew else 0)
        pages = max(self.listing.pages, page.number if step.grew else 0)
        self.listing = Listing(step.rows, page.total, pages, end, unreadable)
        if step.grew:
            return None
        if await self._repeats(page, before):
            self.listing = replace(self.listing, pages=1, end=End.REPEATS)
            return None
        if end is End.COMPLETE:
            return None
        rest = 0 if step.last_known is None else len(before) - 1 - step.last_known
        return page.number + (max(1, rest // self.edge.stride) if leap else 1)

    async def _repeats(self, page: Page[Delivery], before: tuple[Delivery, ...]) -> bool:
        """Whether the server gave page 1 again, although a later one was asked for.

        A later page may rightly hold the list's first row, after many new ones; then page 1 is
        another one by now.
        """
        if page.number == 1 or not page.items or not before:
            return False
        if all(row.key != before[0].key for row in page.items):
            return False
        first = await self._read(1)
        return bool(first.items) and first.items[0].key == page.items[0].key

    def _is_last(self, page: Page[Delivery]) -> bool:
        # The server may give fewer rows a page than asked for, and than it says.
        size = self.edge.stride if page.total is not None else page.size
        return replace(page, size=size).is_last
