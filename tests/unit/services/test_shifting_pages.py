"""Reading a log that moves between any two requests: no gap untold, no double, no row lost."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.archives import InlineArchive
from tests.builders import INSTANCE, NOW, delivered, delivery
from tests.fakes import Call, FakeClock, FakeGateway, idle
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity

EVERYTHING = DeliveryQuery()
FAILED = DeliveryQuery(FAILED_ONLY)
IDENTITY = Identity("https://api.example.com", "acct")


@dataclass(frozen=True)
class Change:
    """What happens to the log: rows that come on top, then places (modulo its length) that go."""

    come: int = 0
    go: tuple[int, ...] = ()
    tried: tuple[int, ...] = ()


class Server:
    """A log that changes between calls, and before every answer by the next of `meanwhile`.

    `ever` is every row that was in it at any time, `throughout` those that never left since
    `watch` was called.
    """

    def __init__(self, rows: int, cap: int, *, totals: bool) -> None:
        self.gateway = FakeGateway([delivery(number) for number in range(rows, 0, -1)])
        self.gateway.page_cap = cap
        self.gateway.tells_totals = totals
        self.gateway.hook = self._happen
        self.meanwhile: deque[Change] = deque()
        self.clock = FakeClock()
        self.archive = InlineArchive()
        self.moves_what_is_tried = False
        self._newest = rows
        self._tries = 3
        self.throughout = frozenset[str]()
        self.service = self.program()

    def program(self) -> DeliveryService:
        """A program that begins with what is held, beside any other."""
        cache = EnvelopeCache(None, self.clock)
        return DeliveryService(self.gateway, cache, self.archive, IDENTITY, self.clock)

    @property
    def keys(self) -> list[str]:
        return [row.key for row in self.gateway.rows]

    def watch(self) -> None:
        """From now on `throughout` forgets what leaves the log."""
        self.throughout = frozenset(self.keys)

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
                row = rows.pop(place % len(rows))
                row = replace(row, attempts=self._tries, updated_at=NOW)
                rows.insert(0 if self.moves_what_is_tried else place % (len(rows) + 1), row)
        self.throughout &= frozenset(self.keys)

    def flip(self, place: int) -> None:
        """A failed delivery heals, any other fails again."""
        if self.gateway.rows:
            self._tries += 1
            row = self.gateway.rows[place % len(self.gateway.rows)]
            status = "delivered" if FAILED.matches(row) else "failed"
            self.gateway.put(replace(row, status=status, attempts=self._tries, updated_at=NOW))

    def _happen(self, call: Call) -> None:
        if call.name == "search" and self.meanwhile:
            self.apply(self.meanwhile.popleft())

    async def more(self, query: DeliveryQuery = EVERYTHING) -> LogState:
        return (await self.service.more(INSTANCE, query)).data

    async def refresh(self, query: DeliveryQuery = EVERYTHING) -> LogState:
        load = self.service.load(INSTANCE, query, force=True)
        return [envelope async for envelope in load][-1].data

    async def sync(self, query: DeliveryQuery = EVERYTHING, pages: int = 10_000) -> LogState:
        """Read all, or stop after so many pages."""
        async with aclosing(self.service.sync(INSTANCE, query)) as syncing:
            state = (await anext(syncing)).data
            while pages > 1:
                pages -= 1
                try:
                    state = (await anext(syncing)).data
                except StopAsyncIteration:
                    break
        return state

    async def held(self, query: DeliveryQuery = EVERYTHING) -> list[str]:
        """Keys of what is held, in order."""
        selection = await self.service.select(INSTANCE, query)
        return [row.key for row in self.service.rows(selection.rowids) if row is not None]


async def check(server: Server, state: LogState, before: list[str]) -> list[str]:
    """What is always true of what is held and of what is said of it."""
    held = await server.held()
    kept = set(held)
    assert len(kept) == len(held) == state.held, "a double, or a wrong count"
    assert kept >= set(before), "something that was held is lost"
    assert [key for key in server.keys if key in kept] == [
        key for key in held if key in set(server.keys)
    ], "not the server's order"
    (top, *others) = await server.archive.coverage(server.service.scope(INSTANCE), None)
    assert state.has_gap == (bool(others) and not top.reached_end)
    assert (state.end is End.COMPLETE) == top.reached_end
    # All that the server still has between the two ends of the top stretch is held.
    if top.newest in server.keys and top.oldest in server.keys:
        first, last = server.keys.index(top.newest or ""), server.keys.index(top.oldest or "")
        assert set(server.keys[first : last + 1]) <= kept, "a gap that is claimed to be none"
    return held


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
small_tries = st.builds(
    Change, come=st.integers(0, 2), tried=st.lists(places, max_size=2).map(tuple)
)
acts = st.sampled_from(["more", "refresh", "sync", "some"])
steps = st.lists(st.tuples(acts, changes, st.lists(small, max_size=4)), max_size=12)


async def do(server: Server, act: str, query: DeliveryQuery = EVERYTHING) -> LogState:
    if act == "more":
        return await server.more(query)
    if act == "refresh":
        return await server.refresh(query)
    return await server.sync(query, pages=3 if act == "some" else 200)


@settings(max_examples=300)
@given(rows=st.integers(0, 60), cap=st.integers(4, 9), steps=steps, totals=st.booleans())
async def test_no_gap_no_double_in_a_moving_log(
    rows: int, cap: int, steps: list[tuple[str, Change, list[Change]]], *, totals: bool
) -> None:
    server = Server(rows, cap, totals=totals)
    held = await check(server, await server.more(), [])
    for act, before, meanwhile in steps:
        server.apply(before)
        server.watch()
        # Without a count, rows that vanish between two requests of one step go unnoticed.
        calm = [replace(change, go=()) for change in meanwhile]
        server.meanwhile = deque(meanwhile if totals else calm)
        state = await do(server, act)
        held = await check(server, state, held)
        assert state.end is not End.REPEATS
        if act == "sync" and totals:
            assert state.end is End.COMPLETE
            assert not state.has_gap
            assert server.throughout <= set(held), "it was there all the time, and is not held"


@settings(max_examples=200)
@given(
    rows=st.integers(0, 80),
    cap=st.integers(2, 9),
    came=st.integers(0, 60),
    pages=st.integers(0, 6),
    totals=st.booleans(),
)
async def test_everything_is_reached_page_by_page(
    rows: int, cap: int, came: int, pages: int, *, totals: bool
) -> None:
    server = Server(rows, cap, totals=totals)
    state = await server.more()
    for _ in range(pages):
        state = await server.more()
    server.apply(Change(come=came))
    state = await server.refresh()
    assert state.has_gap or state.end is End.COMPLETE or came <= cap * 10 or not rows
    for _ in range(200):
        if state.end is not End.MORE:
            break
        grown = await server.more()
        assert grown.held > state.held or grown != state
        state = grown
    total = rows + came
    assert state == LogState(total, total if totals else None, End.COMPLETE)
    assert await server.held() == server.keys


@settings(max_examples=100)
@given(rows=st.integers(2, 40), cap=st.integers(2, 6), data=st.data())
async def test_rows_that_vanish_above_leave_no_gap(
    rows: int, cap: int, data: st.DataObject
) -> None:
    """As when a list of failures is retried with success while it is being scrolled."""
    server = Server(rows, cap, totals=data.draw(st.booleans()))
    state = await server.more()
    held: list[str] = []
    for _ in range(100):
        if state.end is not End.MORE or not server.keys:
            break
        gone = data.draw(st.lists(places, max_size=5).map(tuple))
        server.apply(Change(go=gone))
        state = await server.more()
        held = await check(server, state, held)
    assert set(server.keys) <= set(await server.held())


@settings(max_examples=200)
@given(
    rows=st.integers(1, 60),
    cap=st.integers(3, 9),
    mended=st.lists(places, max_size=20),
    ignores=st.booleans(),
    acts=st.lists(acts, max_size=5),
)
async def test_the_list_of_failures_beside_the_whole_one(
    rows: int, cap: int, mended: list[int], acts: list[str], *, ignores: bool
) -> None:
    """Also on a server that sends everything when it is asked for failures only."""
    server = Server(rows, cap, totals=True)
    server.gateway.ignores_status = ignores
    for place in mended:
        row = server.gateway.rows[place % rows]
        server.gateway.put(delivered(row))
    for act in acts:
        await do(server, act)
        await (server.more if act == "more" else server.refresh)(FAILED)
    state = await server.sync(FAILED)
    wanted = [row.key for row in server.gateway.rows if FAILED.matches(row)]
    assert state.end is End.COMPLETE
    assert state.held == len(wanted)
    assert await server.held(FAILED) == wanted


@settings(max_examples=60)
@given(
    rows=st.integers(1, 50),
    cap=st.integers(5, 9),
    steps=st.lists(st.tuples(acts, changes, st.lists(small_tries, max_size=4)), max_size=6),
)
async def test_a_server_that_sorts_by_change_is_read_to_its_end_too(
    rows: int, cap: int, steps: list[tuple[str, Change, list[Change]]]
) -> None:
    server = Server(rows, cap, totals=True)
    server.moves_what_is_tried = True
    for act, before, meanwhile in steps:
        server.apply(before)
        server.meanwhile = deque(meanwhile)
        await do(server, act)
    server.meanwhile.clear()
    state = await server.sync()
    held = await server.held()
    assert state.end is End.COMPLETE
    assert len(set(held)) == len(held)
    assert set(server.keys) <= set(held)


@settings(max_examples=60)
@given(
    rows=st.integers(1, 50),
    cap=st.integers(4, 9),
    steps=st.lists(st.tuples(acts, changes, st.lists(places, max_size=4)), max_size=6),
    totals=st.booleans(),
    ignores=st.booleans(),
)
async def test_failures_that_heal_and_come_back_while_they_are_read(
    rows: int,
    cap: int,
    steps: list[tuple[str, Change, list[int]]],
    *,
    totals: bool,
    ignores: bool,
) -> None:
    server = Server(rows, cap, totals=totals)
    server.gateway.ignores_status = ignores
    for act, before, flipped in steps:
        server.apply(before)
        for place in flipped:
            server.flip(place)
        await do(server, act, FAILED)
    # The list of failures cannot tell of all that healed, or failed late; the whole one does.
    state = await server.sync()
    wanted = [row.key for row in server.gateway.rows if FAILED.matches(row)]
    assert state.end is End.COMPLETE
    assert set(server.keys) <= set(await server.held())
    assert set(wanted) <= set(await server.held(FAILED))
    assert (await server.sync(FAILED)).end is End.COMPLETE


@settings(max_examples=150)
@given(
    rows=st.integers(1, 60),
    cap=st.integers(3, 9),
    doubled=st.lists(st.integers(1, 59), max_size=6),
    totals=st.booleans(),
)
async def test_rows_that_come_twice_are_held_once(
    rows: int, cap: int, doubled: list[int], *, totals: bool
) -> None:
    server = Server(rows, cap, totals=totals)
    alone = server.keys
    for place in sorted({place for place in doubled if place < rows}, reverse=True):
        server.gateway.rows.insert(place, server.gateway.rows[place])
    state = await server.sync()
    assert state.end is End.COMPLETE
    assert await server.held() == alone


@settings(max_examples=100)
@given(
    rows=st.integers(1, 60),
    cap=st.integers(3, 9),
    turns=st.lists(st.tuples(st.integers(0, 120), st.integers(0, 25)), max_size=6),
    totals=st.booleans(),
)
async def test_killed_at_any_moment_what_is_said_to_be_held_is_held(
    rows: int, cap: int, turns: list[tuple[int, int]], *, totals: bool
) -> None:
    server = Server(rows, cap, totals=totals)
    held: list[str] = []
    for turn, came in turns:
        syncing = asyncio.create_task(server.sync())
        await idle(turn)
        syncing.cancel()
        with suppress(asyncio.CancelledError):
            await syncing
        server.apply(Change(come=came))
        # Another program begins with what the killed one left.
        server.service = server.program()
        scope = server.service.scope(INSTANCE)
        if await server.archive.coverage(scope, None):
            state = await server.refresh()
            held = await check(server, state, held)
    state = await server.sync()
    await check(server, state, held)
    assert (state.end, state.has_gap) == (End.COMPLETE, False)
    assert await server.held() == server.keys


@settings(max_examples=40)
@given(
    rows=st.integers(1, 60),
    cap=st.integers(3, 9),
    came=st.lists(st.integers(0, 8), max_size=8),
    totals=st.booleans(),
)
async def test_two_programs_that_read_the_same_log_at_once(
    rows: int, cap: int, came: list[int], *, totals: bool
) -> None:
    server = Server(rows, cap, totals=totals)
    other = server.program()
    server.meanwhile = deque(Change(come=number) for number in came)

    async def read(service: DeliveryService) -> LogState:
        return [found.data async for found in service.sync(INSTANCE, EVERYTHING)][-1]

    states = await asyncio.gather(read(server.service), read(other))
    assert {state.end for state in states} == {End.COMPLETE}
    server.meanwhile.clear()
    state = await server.sync()
    await check(server, state, [])
    assert await server.held() == server.keys
