"""The delivery log: paging on, refreshing, reading all, local narrowing, notes, details."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.archives import InlineArchive
from tests.builders import INSTANCE, NOW, delivered, delivery, detail, failed_again
from tests.fakes import FakeClock, FakeGateway, MemoryStore, idle
from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.envelope import Envelope, Source
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.problems import NotFoundError, RejectedError, TroubledError, UnavailableError
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity

ALL = DeliveryQuery()
FAILED = DeliveryQuery(FAILED_ONLY)
OTHER = InstanceId("VZ02")


class World:
    def __init__(self, count: int = 120, store: MemoryStore | None = None) -> None:
        self.gateway = FakeGateway([delivery(number) for number in range(count, 0, -1)])
        self.clock = FakeClock()
        self.store = store
        self.archive = InlineArchive()
        self.restart()

    def restart(self) -> None:
        self.cache = EnvelopeCache(self.store, self.clock)
        identity = Identity("https://api.example.com", "acct")
        self.service = DeliveryService(self.gateway, self.cache, self.archive, identity, self.clock)

    async def load(
        self, query: DeliveryQuery = ALL, *, force: bool = False
    ) -> list[Envelope[LogState]]:
        return [found async for found in self.service.load(INSTANCE, query, force=force)]

    async def detail(self, log: str, *, force: bool = False) -> list[Envelope[DeliveryDetail]]:
        asked = self.service.detail(INSTANCE, LogId(log), force=force)
        return [found async for found in asked]

    async def rows(
        self, query: DeliveryQuery = ALL, instance: InstanceId = INSTANCE
    ) -> list[Delivery]:
        """What is held and matches, in order."""
        selection = await self.service.select(instance, query)
        found = [row for row in self.service.rows(selection.rowids) if row is not None]
        assert len(found) == selection.matched
        return found

    async def keys(self, query: DeliveryQuery = ALL) -> list[str]:
        """Keys of the same."""
        return [row.key for row in await self.rows(query)]

    async def sync(self, query: DeliveryQuery = ALL) -> list[LogState]:
        return [found.data async for found in self.service.sync(INSTANCE, query)]

    def come(self, first: int, last: int) -> None:
        """New rows come on top."""
        for number in range(first, last + 1):
            self.gateway.rows.insert(0, delivery(number))

    @property
    def searched(self) -> list[int]:
        """Numbers of the pages asked for."""
        return [call.args[1] for call in self.gateway.named("search")]


def named(first: int, last: int) -> list[str]:
    """Keys of rows, newest first."""
    return [f"log_{number}" for number in range(first, last - 1, -1)]


async def test_page_after_page_until_the_end() -> None:
    world = World()
    (first,) = await world.load()
    assert first.source is Source.LIVE
    assert first.data == LogState(50, 120)
    assert [call.args for call in world.gateway.calls] == [(INSTANCE, 1, 50, None)]
    second = await world.service.more(INSTANCE, ALL)
    third = await world.service.more(INSTANCE, ALL)
    assert second.data == LogState(100, 120)
    assert third.data == LogState(120, 120, End.COMPLETE)
    assert await world.rows() == world.gateway.rows
    assert await world.service.more(INSTANCE, ALL) == third
    assert world.searched == [1, 2, 3]
    assert world.service.peek(INSTANCE, ALL) == third


async def test_more_with_nothing_held_reads_the_first_page() -> None:
    world = World()
    assert world.service.peek(INSTANCE, ALL) is None
    assert (await world.service.more(INSTANCE, ALL)).data.held == 50


async def test_reading_on_does_not_make_the_top_younger() -> None:
    world = World()
    (first,) = await world.load()
    world.clock.shift(14)
    assert (await world.service.more(INSTANCE, ALL)).fetched_at == first.fetched_at
    world.clock.shift(2)
    await world.load()
    assert world.searched == [1, 2, 1]


async def test_revisiting_while_fresh_makes_no_request() -> None:
    world = World()
    await world.load()
    world.clock.shift(14)
    for query in (ALL, DeliveryQuery(events=frozenset({"Message"})), DeliveryQuery(text="log")):
        (kept,) = await world.load(query)
        assert kept.source is Source.CACHE
    assert world.searched == [1]
    await world.load(FAILED)
    assert world.gateway.calls[-1].args == (INSTANCE, 1, 50, "failed")


async def test_two_who_ask_at_once_share_one_reading_and_hear_every_page() -> None:
    world = World()
    await world.load()
    world.come(121, 200)
    gate = world.gateway.gate("search")
    asking = [asyncio.create_task(world.load(force=True)) for _ in range(2)]
    await idle()
    gate.set()
    for heard in await asyncio.gather(*asking):
        assert [found.source for found in heard] == [Source.CACHE, Source.LIVE, Source.LIVE]
        assert [found.data.held for found in heard] == [50, 100, 130]
    assert world.searched == [1, 1, 2]


async def test_one_who_leaves_does_not_stop_the_reading_of_another_but_the_last_one_does() -> None:
    world = World()
    gate = world.gateway.gate("search")
    asking = [asyncio.create_task(world.load(force=True)) for _ in range(2)]
    await idle()
    asking[0].cancel()
    await idle()
    gate.set()
    assert (await asking[1])[-1].data.held == 50
    gate.clear()
    last = asyncio.create_task(world.load(force=True))
    await idle()
    last.cancel()
    await idle()
    gate.set()
    (kept,) = await world.load()
    assert kept.source is Source.CACHE
    assert (await world.load(force=True))[-1].data.held == 50


async def test_a_page_that_fails_is_raised_and_the_list_kept() -> None:
    world = World()
    (first,) = await world.load()
    world.gateway.fail("search", UnavailableError("down"))
    with pytest.raises(UnavailableError):
        await world.service.more(INSTANCE, ALL)
    assert world.service.peek(INSTANCE, ALL) == first
    assert (await world.service.more(INSTANCE, ALL)).data.held == 100


async def test_two_who_want_more_get_the_same_page() -> None:
    world = World()
    await world.load()
    gate = world.gateway.gate("search")
    asking = [asyncio.create_task(world.service.more(INSTANCE, ALL)) for _ in range(3)]
    await idle()
    gate.set()
    assert [found.data.held for found in await asyncio.gather(*asking)] == [100] * 3
    assert world.searched == [1, 2]


async def test_more_and_a_refresh_at_once_lose_nothing() -> None:
    world = World()
    await world.load()
    gate = world.gateway.gate("search")
    more = asyncio.create_task(world.service.more(INSTANCE, ALL))
    await idle()
    refresh = asyncio.create_task(world.load(force=True))
    await idle()
    world.come(121, 121)
    gate.set()
    await asyncio.gather(more, refresh)
    assert await world.keys() == named(121, 22)


async def test_new_rows_between_pages_make_no_doubles() -> None:
    world = World()
    await world.load()
    world.come(121, 130)
    await world.service.more(INSTANCE, ALL)
    assert await world.keys() == named(120, 31)
    await world.load(force=True)
    assert await world.keys() == named(130, 31)
    assert world.searched == [1, 2, 1]


async def test_so_many_new_rows_that_a_page_holds_only_known_ones() -> None:
    world = World()
    await world.load()
    world.come(121, 170)
    found = await world.service.more(INSTANCE, ALL)
    assert await world.keys() == named(120, 21)
    assert found.data.end is End.MORE
    # Page 2 is what page 1 was; page 1 is another one by now.
    assert world.searched == [1, 2, 1, 3]


async def test_so_many_new_rows_that_the_next_page_lies_above_all_that_is_held() -> None:
    world = World()
    await world.load()
    world.come(121, 240)
    found = await world.service.more(INSTANCE, ALL)
    assert not found.data.has_gap
    below = [key for key in await world.keys() if key in named(120, 1)]
    assert below == named(120, 121 - len(below))
    assert len(below) > 50
    await world.load(force=True)
    assert await world.keys() == named(240, 121 - len(below))


async def test_a_row_that_slipped_in_far_down_is_found_where_the_list_was_complete() -> None:
    world = World()
    await world.sync()
    late = replace(delivery(500), created_at=delivery(30).created_at)
    world.gateway.rows.insert(90, late)
    before = len(world.searched)
    assert (await world.load(force=True))[-1].data == LogState(121, 121, End.COMPLETE)
    assert late.key in await world.keys()
    assert world.searched[before:] == [1, 2]
    assert (await world.load(force=True))[-1].data == LogState(121, 121, End.COMPLETE)
    assert world.searched[before:] == [1, 2, 1]


async def test_rows_that_a_server_counts_but_does_not_give_are_not_sought_again_and_again() -> None:
    world = World(40)
    world.gateway.rows[7] = world.gateway.rows[8]
    (first,) = await world.load()
    assert first.data == LogState(39, 40, End.COMPLETE)
    await world.load(force=True)
    await world.load(force=True)
    assert world.searched == [1, 1, 1]


@pytest.mark.parametrize("totals", [True, False])
async def test_a_server_that_ignores_paging_is_noticed_and_asked_no_further(
    *, totals: bool
) -> None:
    world = World(400)
    world.gateway.ignores_paging = True
    world.gateway.tells_totals = totals
    await world.load()
    found = await world.service.more(INSTANCE, ALL)
    assert (found.data.end, found.data.held) == (End.REPEATS, 50)
    asked = len(world.searched)
    await world.service.more(INSTANCE, ALL)
    assert len(world.searched) == asked
    assert (await world.load(force=True))[-1].data.end is End.REPEATS
    assert (await world.sync())[-1].end is End.REPEATS
    world.come(401, 690)
    assert (await world.load(force=True))[-1].data.end is End.REPEATS


async def test_a_server_that_repeats_page_1_does_not_seem_read_where_its_count_fits() -> None:
    world = World(100)
    world.gateway.ignores_paging = True
    await world.load()
    assert (await world.service.more(INSTANCE, ALL)).data == LogState(50, 100, End.REPEATS)


async def test_a_refresh_updates_rows_in_place() -> None:
    world = World()
    await world.load()
    changed = delivered(world.gateway.rows[3])
    world.gateway.put(changed)
    await world.load(force=True)
    assert await world.rows() == world.gateway.rows[:50]


async def test_a_refresh_reads_on_until_it_meets_what_is_held() -> None:
    world = World()
    await world.load()
    world.come(121, 240)
    states = [found.data for found in await world.load(force=True)]
    assert [(state.held, state.has_gap) for state in states] == [
        (50, False),
        (100, True),
        (150, True),
        (170, False),
    ]
    assert states[1].gap == delivery(191).created_at
    assert await world.keys() == named(240, 71)
    assert world.searched == [1, 1, 2, 3]


async def test_where_a_refresh_does_not_meet_what_is_held_there_is_a_gap_until_it_is_read() -> None:
    world = World(40)
    await world.load()
    world.come(41, 599)
    state = (await world.load(force=True))[-1].data
    assert state == LogState(540, 599, End.MORE, gap=delivery(100).created_at, has_gap=True)
    assert await world.keys() == [*named(599, 100), *named(40, 1)]
    assert len(world.searched) == 11
    assert (await world.service.more(INSTANCE, ALL)).data.gap == delivery(50).created_at
    assert (await world.service.more(INSTANCE, ALL)).data == LogState(599, 599, End.COMPLETE)
    assert await world.keys() == named(599, 1)
    assert world.searched[11:] == [11, 12]


async def test_failures_read_further_down_are_below_a_gap_of_the_whole_list() -> None:
    world = World(300)
    for row in world.gateway.rows[::2]:
        world.gateway.put(delivered(row))
    await world.load()
    assert not (await world.load(force=True))[-1].data.has_gap
    await world.load(FAILED)
    state = (await world.load(force=True))[-1].data
    assert (state.held, state.has_gap, state.gap) == (75, True, delivery(251).created_at)
    failed = (await world.load(FAILED, force=True))[-1].data
    assert not failed.has_gap, "none of these is missing"
    assert (await world.sync())[-1] == LogState(300, 300, End.COMPLETE)
    whole = await world.service.whole(INSTANCE)
    assert whole is not None
    assert whole[0] is None


async def test_what_is_held_of_all_closes_the_gaps_between_failures() -> None:
    world = World(600)
    await world.load(FAILED)
    for _ in range(6):
        await world.service.more(INSTANCE, ALL)
    state = (await world.load(FAILED, force=True))[-1].data
    assert (state.held, state.has_gap) == (300, False)
    whole = await world.service.whole(INSTANCE)
    assert whole is not None
    assert whole[0] == delivery(301).created_at


async def test_reading_on_below_an_older_part_reads_no_page_twice() -> None:
    world = World(1000)
    for _ in range(4):
        await world.service.more(INSTANCE, ALL)
    world.come(1001, 1540)
    assert (await world.load(force=True))[-1].data.has_gap
    asked = len(world.searched)
    # One page of the gap, which meets the older part; then what lies below that one.
    states = [(await world.service.more(INSTANCE, ALL)).data for _ in range(3)]
    assert [(state.held, state.has_gap) for state in states] == [
        (740, False),
        (750, False),
        (800, False),
    ]
    assert world.searched[asked:] == [11, 15, 16]
    assert await world.keys() == named(1540, 741)


async def test_a_failed_refresh_keeps_the_list_and_says_why() -> None:
    world = World()
    await world.load()
    world.gateway.fail("search", UnavailableError("down"))
    kept, troubled = await world.load(force=True)
    assert kept.data == troubled.data
    assert "down" in (troubled.problem or "")


async def test_a_refresh_that_fails_half_way_keeps_the_pages_it_read() -> None:
    world = World()
    await world.load()
    world.come(121, 240)
    world.gateway.fail("search", None, UnavailableError("down"))
    _, first, troubled = await world.load(force=True)
    assert (first.data, first.problem) == (troubled.data, None)
    assert (troubled.data.held, troubled.data.has_gap) == (100, True)
    assert "down" in (troubled.problem or "")
    assert (await world.service.more(INSTANCE, ALL)).data.held == 150


async def test_with_nothing_held_a_failure_is_raised() -> None:
    world = World()
    world.gateway.fail("search", UnavailableError("down"))
    with pytest.raises(UnavailableError):
        await world.load()


async def test_a_row_of_a_list_of_failures_that_is_mended_goes_with_the_refresh() -> None:
    world = World(80)
    await world.load(FAILED)
    world.gateway.put(delivered(world.gateway.rows[0]))
    await world.load(force=True)
    await world.load(FAILED, force=True)
    assert "log_80" not in await world.keys(FAILED)
    await world.service.more(INSTANCE, FAILED)
    assert await world.keys(FAILED) == named(79, 1)


async def test_a_filter_the_server_ignores_shows_no_wrong_row_and_hides_none() -> None:
    world = World(400)
    for number in range(1, 401):
        if number % 7:
            world.gateway.put(delivered(delivery(number), updated_at=NOW))
    world.gateway.ignores_status = True
    await world.load(FAILED)
    assert not world.service.filters(INSTANCE)
    states = await world.sync(FAILED)
    assert states[-1] == LogState(57, 400, End.COMPLETE)
    assert await world.keys(FAILED) == [f"log_{n}" for n in range(399, 0, -7)]
    # Nothing is certain of the whole list, though its rows are held.
    assert await world.archive.coverage(world.service.scope(INSTANCE), None) == ()
    assert len(await world.rows()) == 400


async def test_pages_without_a_row_of_the_list_do_not_end_it() -> None:
    """A server that ignores the filter, and whose only failure is far down."""
    world = World(700)
    for number in range(1, 701):
        if number != 100:
            world.gateway.put(delivered(delivery(number), updated_at=NOW))
    world.gateway.ignores_status = True
    first = (await world.load(FAILED))[-1].data
    assert (first.held, first.end) == (0, End.MORE)
    states = await world.sync(FAILED)
    assert states[-1] == LogState(1, 700, End.COMPLETE)
    assert await world.keys(FAILED) == ["log_100"]
    refreshed = (await world.load(FAILED, force=True))[-1].data
    assert refreshed.end is not End.COMPLETE or refreshed.held == 1


async def test_an_empty_list_is_known_as_a_whole() -> None:
    world = World(0)
    (found,) = await world.load()
    assert found.data == LogState(0, 0, End.COMPLETE)
    world.come(1, 3)
    assert (await world.load(force=True))[-1].data == LogState(3, 3, End.COMPLETE)


async def test_all_is_read_with_large_pages_and_told_page_by_page() -> None:
    world = World(900)
    await world.load()
    assert [state.held for state in await world.sync()] == [200, 400, 600, 800, 900]
    assert [call.args[1:3] for call in world.gateway.named("search")[1:]] == [
        (number, 200) for number in range(1, 6)
    ]
    assert await world.keys() == named(900, 1)
    assert [state.end for state in await world.sync()] == [End.COMPLETE]


@pytest.mark.parametrize(
    ("totals", "size", "cap"),
    [
        *[(totals, True, cap) for totals in (True, False) for cap in (7, 50, 100)],
        *[(True, False, cap) for cap in (7, 50, 100)],
        *[(False, False, cap) for cap in (50, 100)],
    ],
)
async def test_a_server_that_gives_fewer_rows_a_page_than_asked_is_read_to_its_end(
    cap: int, *, totals: bool, size: bool
) -> None:
    world = World(330)
    world.gateway.page_cap = cap
    world.gateway.tells_totals = totals
    world.gateway.tells_size = size
    await world.load()
    assert (await world.sync())[-1].end is End.COMPLETE
    assert await world.keys() == named(330, 1)


async def test_a_server_that_refuses_large_pages_is_asked_for_usual_ones() -> None:
    world = World(120)
    world.gateway.fail("search", RejectedError("size must be at most 100"))
    assert (await world.sync())[-1] == LogState(120, 120, End.COMPLETE)
    sizes = [call.args[2] for call in world.gateway.named("search")]
    assert sizes == [200, 50, 50, 50]


async def test_a_server_in_trouble_is_not_taken_for_one_that_refuses_large_pages() -> None:
    world = World(300)
    world.gateway.fail("search", TroubledError("500"), TroubledError("500"))
    with pytest.raises(TroubledError):
        await world.sync()
    assert [state.held for state in await world.sync()] == [200, 300]


def some_failed(count: int = 400) -> World:
    """Every second delivery failed: more than a page."""
    world = World(count)
    world.gateway.rows = [
        row if number % 2 else delivered(row) for number, row in enumerate(world.gateway.rows)
    ]
    return world


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("seen", [False, True])
async def test_where_the_whole_log_is_held_its_failures_are_too(
    seen: bool,  # noqa: FBT001 - columns of the table
    restarted: bool,  # noqa: FBT001 - same
) -> None:
    world = some_failed()
    if seen:
        assert (await world.load(FAILED))[-1].data.end is End.MORE
    await world.sync()
    if restarted:
        world.store = MemoryStore()
        world.restart()
    found = (await world.load(FAILED))[-1].data
    assert (found.held, found.end) == (200, End.COMPLETE)
    peeked = world.service.peek(INSTANCE, FAILED)
    assert peeked
    assert peeked.data == found
    world.clock.shift(3600)
    assert (await world.load(FAILED))[-1].data == LogState(200, 200, End.COMPLETE)
    before = len(world.searched)
    assert (await world.service.more(INSTANCE, FAILED)).data.end is End.COMPLETE
    assert len(world.searched) == before


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize(
    ("come", "end"),
    [(0, End.COMPLETE), (30, End.COMPLETE), (50, End.MORE), (70, End.MORE)],
)
async def test_what_came_since_must_meet_the_whole_log(
    come: int,
    end: End,
    counted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    world = some_failed()
    await world.sync()
    world.clock.shift(60)
    world.come(401, 400 + come)
    world.gateway.tells_totals = counted
    found = (await world.load(FAILED))[-1].data
    assert found.end is end


async def test_a_failure_that_the_server_counts_and_nobody_holds_is_not_all() -> None:
    world = some_failed()
    await world.sync()
    world.clock.shift(60)
    world.gateway.rows[398] = replace(world.gateway.rows[399], id=LogId("late"), key="late")
    found = (await world.load(FAILED))[-1].data
    assert found == LogState(200, 201)
    assert (await world.sync(FAILED))[-1] == LogState(201, 201, End.COMPLETE)


async def test_a_gap_in_the_whole_log_vouches_for_nothing() -> None:
    world = some_failed()
    await world.load()
    assert (await world.load(FAILED))[-1].data.end is End.MORE


async def test_reading_all_can_be_stopped_and_goes_on_where_it_was() -> None:
    world = World(900)
    async with aclosing(world.service.sync(INSTANCE, ALL)) as syncing:
        async for found in syncing:
            if found.data.held == 400:
                break
    assert world.searched == [1, 2]
    assert [state.held for state in await world.sync()] == [400, 600, 800, 900]
    assert world.searched[2:] == [1, 3, 4, 5]


async def test_reading_all_goes_on_below_what_an_earlier_program_read() -> None:
    world = World(900)
    async with aclosing(world.service.sync(INSTANCE, ALL)) as syncing:
        async for found in syncing:
            if found.data.held == 600:
                break
    world.restart()
    states = await world.sync()
    assert states[-1] == LogState(900, 900, End.COMPLETE)
    # Page 3 tells by its overlap that nothing was lost meanwhile.
    assert world.searched[3:] == [1, 3, 4, 5]


async def test_reading_all_stops_where_rows_are_old_enough() -> None:
    world = World(900)
    until = delivery(650).created_at
    states = [found.data async for found in world.service.sync(INSTANCE, ALL, until=until)]
    assert states == [LogState(200, 900), LogState(400, 900)]


async def test_reading_all_that_fails_is_raised_and_resumed() -> None:
    world = World(500)
    world.gateway.fail("search", None, UnavailableError("down"))
    with pytest.raises(UnavailableError):
        await world.sync()
    assert (await world.sync())[-1] == LogState(500, 500, End.COMPLETE)


async def test_reading_all_that_keeps_coming_to_nothing_ends() -> None:
    world = World(500)
    (first,) = await world.load()
    # All further pages are lost on the way: empty, though the server counts more.
    rows, world.gateway.rows = world.gateway.rows, world.gateway.rows[:50]
    world.gateway.tells_totals = False
    states = await world.sync()
    assert states[-1].held == first.data.held
    world.gateway.rows, world.gateway.tells_totals = rows, True
    assert (await world.load(force=True))[-1].data.held >= 50


async def test_a_refresh_between_two_pages_of_reading_all_disturbs_nothing() -> None:
    world = World(900)
    async with aclosing(world.service.sync(INSTANCE, ALL)) as syncing:
        async for _ in syncing:
            world.come(len(world.gateway.rows) + 1, len(world.gateway.rows) + 3)
            await world.load(force=True)
    state = (await world.load(force=True))[-1].data
    assert (state.end, state.has_gap) == (End.COMPLETE, False)
    assert await world.keys() == named(len(world.gateway.rows), 1)


async def test_a_note_reaches_the_rows_of_the_instance_and_no_other() -> None:
    world = World(10)
    await world.load()
    async for _ in world.service.load(OTHER, ALL):
        pass
    await world.service.note(INSTANCE, delivered(delivery(4)))
    assert (await world.rows())[6] == delivered(delivery(4))
    assert "log_4" not in await world.keys(FAILED)
    assert (await world.rows(instance=OTHER))[6] == delivery(4)


async def test_a_note_older_than_what_is_held_changes_nothing() -> None:
    world = World(10)
    world.gateway.put(delivered(delivery(4)))
    await world.load()
    held = await world.rows()
    await world.service.note(INSTANCE, delivery(4))
    assert await world.rows() == held


async def test_a_note_made_during_a_refresh_is_not_lost() -> None:
    world = World(10)
    await world.load()
    gate = world.gateway.gate("search")
    refresh = asyncio.create_task(world.load(force=True))
    await idle()
    await world.service.note(INSTANCE, delivered(delivery(4)))
    gate.set()
    await refresh
    assert (await world.rows())[6] == delivered(delivery(4))


async def test_after_a_restart_the_kept_list_is_told_freshened_and_read_on() -> None:
    world = World(store=MemoryStore())
    await world.load()
    await world.service.more(INSTANCE, ALL)
    await world.cache.settle()
    world.restart()
    world.clock.shift(60)
    world.come(121, 121)
    kept, fresh = await world.load()
    assert (kept.source, kept.data, kept.fetched_at) == (Source.CACHE, LogState(100, 120), NOW)
    assert (fresh.source, fresh.data) == (Source.LIVE, LogState(101, 121))
    await world.service.more(INSTANCE, ALL)
    assert await world.rows() == world.gateway.rows


@pytest.mark.parametrize("store", [None, MemoryStore()])
async def test_with_the_api_down_at_start_what_is_held_opens(store: MemoryStore | None) -> None:
    world = World(store=store)
    await world.load()
    await world.cache.settle()
    world.restart()
    world.clock.shift(60)
    world.gateway.fail("search", UnavailableError("no route"))
    kept, troubled = await world.load()
    assert kept.data.held == troubled.data.held == 50
    assert kept.fetched_at == NOW
    assert troubled.problem


async def test_a_list_whose_rows_were_dropped_is_not_told_as_held() -> None:
    world = World(store=MemoryStore())
    await world.load()
    await world.cache.settle()
    world.archive = InlineArchive()
    world.restart()
    world.gateway.fail("search", UnavailableError("no route"))
    with pytest.raises(UnavailableError):
        await world.load()


async def test_a_clock_set_back_moves_no_top() -> None:
    world = World(40)
    await world.load()
    world.clock.shift(-7200)
    world.come(41, 600)
    state = (await world.load(force=True))[-1].data
    assert (state.end, state.has_gap) == (End.MORE, True)
    assert state.gap == delivery(101).created_at
    assert (await world.sync())[-1] == LogState(600, 600, End.COMPLETE)
    assert await world.keys() == named(600, 1)


async def test_a_detail_is_kept_for_a_while_and_freshens_the_row() -> None:
    world = World(10)
    await world.load()
    world.gateway.put(failed_again(delivery(4)))
    (found,) = await world.detail("log_4")
    assert found.data.delivery == failed_again(delivery(4))
    assert (await world.rows())[6] == failed_again(delivery(4))
    world.clock.shift(14)
    assert len(await world.detail("log_4")) == 1
    assert world.gateway.count("detail") == 1
    assert [found.source for found in await world.detail("log_4", force=True)] == [
        Source.CACHE,
        Source.LIVE,
    ]


async def test_a_vanished_log_is_raised_or_shown_as_it_was_and_marked() -> None:
    world = World(10)
    await world.load()
    await world.detail("log_4")
    world.gateway.rows.clear()
    assert (await world.detail("log_4", force=True))[-1].problem
    with pytest.raises(NotFoundError):
        await world.detail("log_5")
    places = [world.service.place(INSTANCE, f"log_{number}") for number in (4, 5, 6)]
    numbers = [place for place in places if place is not None]
    assert world.service.gone(numbers) == frozenset(numbers[:2])
    assert len(await world.rows()) == 10


async def test_a_direct_read_asks_always_and_keeps_the_answer() -> None:
    world = World(10)
    world.gateway.details[LogId("log_4")] = detail(delivery(4), payload="text")
    await world.service.read(INSTANCE, LogId("log_4"))
    read = await world.service.read(INSTANCE, LogId("log_4"))
    assert read.data.payload == "text"
    assert world.gateway.count("detail") == 2
    (kept,) = await world.detail("log_4")
    assert kept.data == read.data


async def test_rows_without_an_id_are_listed_by_their_key() -> None:
    world = World(0)
    bare = replace(delivery(1), id=LogId(""), key="digest-1")
    world.gateway.rows = [bare, replace(bare, key="digest-2"), bare]
    await world.load()
    assert await world.keys() == ["digest-1", "digest-2"]


async def test_known_keys_are_those_held_when_it_was_asked() -> None:
    world = World(60)
    assert "log_60" not in await world.service.known(INSTANCE)
    await world.load()
    known = await world.service.known(INSTANCE)
    other = await world.service.known(OTHER)
    await world.service.more(INSTANCE, ALL)
    numbers = range(62)
    assert [n for n in numbers if f"log_{n}" in known] == list(range(11, 61))
    assert [n for n in numbers if f"log_{n}" in await world.service.known(INSTANCE)] == list(
        range(1, 61)
    )
    assert not any(f"log_{n}" in other for n in numbers)


async def test_what_is_held_is_asked_of_the_archive() -> None:
    world = World(40)
    world.gateway.put(delivered(delivery(7)))
    await world.load()
    recent = DeliveryQuery(last=timedelta(hours=13))
    assert await world.service.count(INSTANCE, recent) == 40
    assert await world.service.count(INSTANCE, FAILED) == 39
    first = await world.service.first(INSTANCE, FAILED, 3)
    assert [row and row.key for row in await world.service.fetch(first)] == named(40, 38)
    place = world.service.place(INSTANCE, "log_7")
    assert place is not None
    also = await world.service.select(INSTANCE, FAILED, also=(place,))
    assert (also.matched, also.held) == (40, 40)
    assert await world.service.events(INSTANCE) == ("Message",)
    assert sum(group.count for group in await world.service.groups(INSTANCE, ALL)) == 40
    histogram = await world.service.histogram(INSTANCE, ALL, (NOW - timedelta(days=1), NOW), 4)
    assert (sum(histogram.delivered), sum(histogram.failed)) == (1, 39)


async def test_a_kept_detail_comes_first_with_its_age_then_the_live_one() -> None:
    world = World()
    world.archive.details = {}
    (live,) = await world.detail("log_1")
    await world.service.settle()
    world.clock.shift(3600)
    world.restart()
    first, second = await world.detail("log_1")
    assert (first.source, first.fetched_at, first.data) == (Source.CACHE, NOW, live.data)
    assert first.problem is None
    assert second.source is Source.LIVE
    assert len(world.gateway.named("detail")) == 2


async def test_without_the_api_a_kept_detail_is_shown_with_the_problem() -> None:
    world = World()
    world.archive.details = {}
    (live,) = await world.detail("log_1")
    await world.service.settle()
    world.clock.shift(3600)
    world.restart()
    world.gateway.fail("detail", UnavailableError("no route"))
    first, second = await world.detail("log_1")
    assert (first.data, second.data, second.source) == (live.data, live.data, Source.CACHE)
    assert second.problem is not None
    assert "no route" in second.problem
    # One that was never read is told as it was before.
    world.gateway.fail("detail", UnavailableError("no route"))
    with pytest.raises(UnavailableError):
        await world.detail("log_2")


async def test_details_are_not_kept_unless_wanted() -> None:
    world = World()
    await world.detail("log_1")
    await world.service.settle()
    world.clock.shift(3600)
    world.restart()
    assert [found.source for found in await world.detail("log_1")] == [Source.LIVE]
