"""Paging on a server whose log moves between any two requests: no gap, no double, no row lost."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import INSTANCE, NOW, delivery
from tests.fakes import Call, FakeClock, FakeGateway
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity

EVERYTHING = DeliveryQuery()


@dataclass(frozen=True)
class Change:
    """What happens to the log: rows that come on top, then places (modulo its length) that go."""

    come: int = 0
    go: tuple[int, ...] = ()
    tried: tuple[int, ...] = ()


class Server:
    """A log that changes between calls, and before every answer by the next of `meanwhile`."""

    def __init__(self, rows: int, cap: int, *, totals: bool) -> None:
        self.gateway = FakeGateway([delivery(number) for number in range(rows, 0, -1)])
        self.gateway.page_cap = cap
        self.gateway.tells_totals = totals
        self.gateway.hook = self._happen
        self.meanwhile: deque[Change] = deque()
        self.clock = FakeClock()
        cache = EnvelopeCache(None, self.clock)
        identity = Identity("https://api.example.com", "acct")
        self.service = DeliveryService(self.gateway, cache, identity, self.clock)
        self._newest = rows
        self._tries = 3

    @property
    def keys(self) -> list[str]:
        return [row.key for row in self.gateway.rows]

    def apply(self, change: Change) -> None:
        rows = self.gateway.rows
        for _ in range(change.come):
            self._newest += 1
            rows.insert(0, delivery(self._newest))
        for place in change.go:
            if rows:
                del rows[place % len(rows)]
        for place in change.tried:
            if rows:
                self._tries += 1
                row = rows[place % len(rows)]
                rows[place % len(rows)] = replace(row, attempts=self._tries, updated_at=NOW)

    def _happen(self, call: Call) -> None:
        if call.name == "search" and self.meanwhile:
            self.apply(self.meanwhile.popleft())

    async def more(self) -> Listing[Delivery]:
        return (await self.service.more(INSTANCE, EVERYTHING)).data

    async def refresh(self) -> Listing[Delivery]:
        load = self.service.load(INSTANCE, EVERYTHING, force=True)
        return [envelope async for envelope in load][-1].data


def check(server: Server, listing: Listing[Delivery], *, complete: bool) -> None:
    """The list has no doubles, the server's order, and every row between its first and its last."""
    held = [row.key for row in listing.rows]
    assert len(set(held)) == len(held)
    alive = [key for key in server.keys if key in set(held)]
    assert alive == [key for key in held if key in set(server.keys)]
    if not alive:
        return
    first, last = server.keys.index(alive[0]), server.keys.index(alive[-1])
    assert server.keys[first : last + 1] == alive
    if complete:
        assert last == len(server.keys) - 1


places = st.integers(0, 200)
changes = st.builds(
    Change,
    come=st.integers(0, 6),
    go=st.lists(places, max_size=3).map(tuple),
    tried=st.lists(places, max_size=2).map(tuple),
)
# Within a step at most a page's worth of rows comes or goes between two requests: that takes
# milliseconds, and a real page has fifty rows.
small = st.builds(Change, come=st.integers(0, 3), go=st.lists(places, max_size=3).map(tuple))
steps = st.lists(
    st.tuples(st.sampled_from(["more", "refresh"]), changes, st.lists(small, max_size=4)),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(rows=st.integers(0, 60), cap=st.integers(4, 9), steps=steps, totals=st.booleans())
async def test_no_gap_no_double_in_a_moving_log(
    rows: int, cap: int, steps: list[tuple[str, Change, list[Change]]], *, totals: bool
) -> None:
    server = Server(rows, cap, totals=totals)
    check(server, await server.more(), complete=False)
    for act, before, meanwhile in steps:
        server.apply(before)
        # Without a count, rows that vanish between two requests of one step go unnoticed.
        calm = [replace(change, go=()) for change in meanwhile]
        server.meanwhile = deque(meanwhile if totals else calm)
        asked = server.gateway.count("search")
        listing = await (server.more() if act == "more" else server.refresh())
        was_read = server.gateway.count("search") > asked
        check(server, listing, complete=was_read and listing.end is End.COMPLETE and totals)
        assert listing.end is not End.REPEATS


@settings(max_examples=200, deadline=None)
@given(
    rows=st.integers(0, 80),
    cap=st.integers(2, 9),
    came=st.integers(0, 20),
    pages=st.integers(0, 6),
    totals=st.booleans(),
)
async def test_everything_is_reached_and_nothing_read_is_lost(
    rows: int, cap: int, came: int, pages: int, *, totals: bool
) -> None:
    server = Server(rows, cap, totals=totals)
    listing = await server.more()
    for _ in range(pages):
        listing = await server.more()
    before = {row.key for row in listing.rows}
    server.apply(Change(come=came))
    listing = await server.refresh()
    # A refresh reads ten pages at most; the list begins anew only if that did not meet it.
    if came < cap * 9:
        assert before <= {row.key for row in listing.rows}
    for _ in range(200):
        if listing.end is not End.MORE:
            break
        grown = await server.more()
        assert len(grown.rows) > len(listing.rows) or grown.end is End.COMPLETE
        assert {row.key for row in listing.rows} <= {row.key for row in grown.rows}
        listing = grown
    assert listing.end is End.COMPLETE
    assert [row.key for row in listing.rows] == server.keys


@settings(max_examples=100, deadline=None)
@given(rows=st.integers(2, 40), cap=st.integers(2, 6), data=st.data())
async def test_rows_that_vanish_above_leave_no_gap(
    rows: int, cap: int, data: st.DataObject
) -> None:
    """As when a list of failures is retried with success while it is being scrolled."""
    server = Server(rows, cap, totals=data.draw(st.booleans()))
    listing = await server.more()
    while listing.end is End.MORE and server.keys:
        gone = data.draw(st.lists(places, max_size=5).map(tuple))
        server.apply(Change(go=gone))
        listing = await server.more()
        check(server, listing, complete=False)
    held = {row.key for row in listing.rows}
    assert set(server.keys) <= held
