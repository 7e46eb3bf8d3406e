"""The delivery log: paging on, refreshing, local narrowing, notes, details."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.builders import INSTANCE, delivered, delivery, detail, failed_again
from tests.fakes import FakeClock, FakeGateway, MemoryStore, idle
from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId, StatusClass
from vzaps_tui.domain.envelope import Envelope, Source
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.problems import NotFoundError, UnavailableError
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.services import deliveries as module
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
        self.restart()

    def restart(self) -> None:
        self.cache = EnvelopeCache(self.store, self.clock)
        identity = Identity("https://api.example.com", "acct")
        self.service = DeliveryService(self.gateway, self.cache, identity, self.clock)

    async def load(
        self, query: DeliveryQuery = ALL, *, force: bool = False
    ) -> list[Envelope[Listing[Delivery]]]:
        return [found async for found in self.service.load(INSTANCE, query, force=force)]

    async def detail(self, log: str, *, force: bool = False) -> list[Envelope[DeliveryDetail]]:
        asked = self.service.detail(INSTANCE, LogId(log), force=force)
        return [found async for found in asked]

    @property
    def searched(self) -> list[int]:
        """Numbers of the pages asked for."""
        return [call.args[1] for call in self.gateway.named("search")]


def keys(envelope: Envelope[Listing[Delivery]]) -> list[str]:
    return [row.key for row in envelope.data.rows]


async def test_page_after_page_until_the_end() -> None:
    world = World()
    (first,) = await world.load()
    assert (first.source, first.data.total, first.data.end) == (Source.LIVE, 120, End.MORE)
    assert [call.args for call in world.gateway.calls] == [(INSTANCE, 1, 50, None)]
    second = await world.service.more(INSTANCE, ALL)
    third = await world.service.more(INSTANCE, ALL)
    assert [len(found.data.rows) for found in (first, second, third)] == [50, 100, 120]
    assert (third.data.end, third.data.pages) == (End.COMPLETE, 3)
    assert keys(third) == [row.key for row in world.gateway.rows]
    assert await world.service.more(INSTANCE, ALL) == third
    assert world.searched == [1, 2, 3]
    assert world.service.peek(INSTANCE, ALL) == third


async def test_more_with_nothing_held_reads_the_first_page() -> None:
    world = World()
    assert world.service.peek(INSTANCE, ALL) is None
    assert len((await world.service.more(INSTANCE, ALL)).data.rows) == 50


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


async def test_a_page_that_fails_is_raised_and_the_list_kept() -> None:
    world = World()
    (first,) = await world.load()
    world.gateway.fail("search", UnavailableError("down"))
    with pytest.raises(UnavailableError):
        await world.service.more(INSTANCE, ALL)
    assert world.service.peek(INSTANCE, ALL) == first
    assert len((await world.service.more(INSTANCE, ALL)).data.rows) == 100


async def test_two_who_want_more_get_the_same_page() -> None:
    world = World()
    await world.load()
    gate = world.gateway.gate("search")
    asking = [asyncio.create_task(world.service.more(INSTANCE, ALL)) for _ in range(3)]
    await idle()
    gate.set()
    assert [len(found.data.rows) for found in await asyncio.gather(*asking)] == [100] * 3
    assert world.searched == [1, 2]


async def test_more_and_a_refresh_at_once_lose_nothing() -> None:
    world = World()
    await world.load()
    gate = world.gateway.gate("search")
    more = asyncio.create_task(world.service.more(INSTANCE, ALL))
    await idle()
    refresh = asyncio.create_task(world.load(force=True))
    await idle()
    world.gateway.rows.insert(0, delivery(121))
    gate.set()
    await asyncio.gather(more, refresh)
    held = world.service.peek(INSTANCE, ALL)
    assert held
    assert keys(held) == [row.key for row in world.gateway.rows[:100]]


async def test_new_rows_between_pages_make_no_doubles() -> None:
    world = World()
    await world.load()
    for number in range(121, 131):
        world.gateway.rows.insert(0, delivery(number))
    found = await world.service.more(INSTANCE, ALL)
    assert keys(found) == [f"log_{number}" for number in range(120, 30, -1)]
    refreshed = (await world.load(force=True))[-1]
    assert keys(refreshed) == [f"log_{number}" for number in range(130, 30, -1)]
    assert world.searched == [1, 2, 1]


async def test_so_many_new_rows_that_a_page_holds_only_known_ones() -> None:
    world = World()
    await world.load()
    for number in range(121, 171):
        world.gateway.rows.insert(0, delivery(number))
    found = await world.service.more(INSTANCE, ALL)
    assert keys(found) == [f"log_{number}" for number in range(120, 20, -1)]
    assert found.data.end is End.MORE
    # Page 2 is what page 1 was; page 1 is another one by now.
    assert world.searched == [1, 2, 1, 3]


async def test_so_many_new_rows_that_the_next_page_lies_above_all_that_is_held() -> None:
    world = World()
    await world.load()
    for number in range(121, 241):
        world.gateway.rows.insert(0, delivery(number))
    found = await world.service.more(INSTANCE, ALL)
    assert keys(found) == [f"log_{number}" for number in range(120, 20, -1)][: len(keys(found))]
    assert len(keys(found)) > 50


async def test_a_row_gone_far_down_is_noticed_where_the_list_was_complete() -> None:
    world = World()
    await world.load()
    await world.service.more(INSTANCE, ALL)
    await world.service.more(INSTANCE, ALL)
    del world.gateway.rows[110]
    refreshed = (await world.load(force=True))[-1]
    assert keys(refreshed) == [row.key for row in world.gateway.rows]
    assert world.searched == [1, 2, 3, 1, 2, 3]


@pytest.mark.parametrize("totals", [True, False])
async def test_a_server_that_ignores_paging_is_noticed_and_asked_no_further(
    *, totals: bool
) -> None:
    world = World()
    world.gateway.ignores_paging = True
    world.gateway.tells_totals = totals
    await world.load()
    found = await world.service.more(INSTANCE, ALL)
    assert (found.data.end, found.data.pages, len(found.data.rows)) == (End.REPEATS, 1, 50)
    asked = len(world.searched)
    await world.service.more(INSTANCE, ALL)
    assert len(world.searched) == asked
    assert (await world.load(force=True))[-1].data.end is End.REPEATS


async def test_a_refresh_updates_rows_in_place() -> None:
    world = World()
    await world.load()
    changed = delivered(world.gateway.rows[3])
    world.gateway.put(changed)
    refreshed = (await world.load(force=True))[-1]
    assert refreshed.data.rows[3] == changed
    assert len(refreshed.data.rows) == 50


async def test_a_refresh_reads_on_until_it_meets_what_is_held() -> None:
    world = World()
    await world.load()
    for number in range(121, 241):
        world.gateway.rows.insert(0, delivery(number))
    refreshed = (await world.load(force=True))[-1]
    assert keys(refreshed) == [f"log_{number}" for number in range(240, 70, -1)]
    assert world.searched == [1, 1, 2, 3]


async def test_a_list_that_a_refresh_does_not_meet_begins_anew() -> None:
    world = World(40)
    await world.load()
    for number in range(41, 600):
        world.gateway.rows.insert(0, delivery(number))
    refreshed = (await world.load(force=True))[-1]
    assert keys(refreshed) == [f"log_{number}" for number in range(599, 99, -1)]
    assert refreshed.data.end is End.MORE
    assert len(world.searched) == 11


async def test_a_failed_refresh_keeps_the_list_and_says_why() -> None:
    world = World()
    await world.load()
    world.gateway.fail("search", UnavailableError("down"))
    kept, troubled = await world.load(force=True)
    assert kept.data == troubled.data
    assert "down" in (troubled.problem or "")


async def test_a_row_of_a_list_of_failures_that_is_mended_goes_with_the_refresh() -> None:
    world = World(80)
    await world.load(FAILED)
    world.gateway.put(delivered(world.gateway.rows[0]))
    refreshed = (await world.load(FAILED, force=True))[-1]
    assert "log_80" not in keys(refreshed)
    everything = await world.service.more(INSTANCE, FAILED)
    assert keys(everything) == [f"log_{number}" for number in range(79, 0, -1)]


async def test_a_filter_the_server_ignores_shows_no_wrong_row() -> None:
    world = World(10)
    world.gateway.put(delivered(delivery(4)))
    world.gateway.ignores_status = True
    (found,) = await world.load(FAILED)
    assert len(found.data.rows) == 10
    seen = [row for row in found.data.rows if FAILED.matches(row)]
    assert {row.status_class for row in seen} == {StatusClass.FAILED}
    assert len(seen) == 9


async def test_a_note_reaches_every_list_of_the_instance_and_no_other() -> None:
    world = World(10)
    await world.load()
    await world.load(FAILED)
    async for _ in world.service.load(OTHER, ALL):
        pass
    world.service.note(INSTANCE, delivered(delivery(4)))
    for query in (ALL, FAILED):
        held = world.service.peek(INSTANCE, query)
        assert held
        assert held.data.rows[6] == delivered(delivery(4))
        assert "log_4" not in {row.key for row in held.data.rows if FAILED.matches(row)}
    other = world.service.peek(OTHER, ALL)
    assert other
    assert other.data.rows[6] == delivery(4)


async def test_a_note_older_than_what_is_held_changes_nothing() -> None:
    world = World(10)
    world.gateway.put(delivered(delivery(4)))
    (held,) = await world.load()
    world.service.note(INSTANCE, delivery(4))
    world.service.note(INSTANCE, delivery(999))
    assert world.service.peek(INSTANCE, ALL) == held


async def test_a_note_made_during_a_refresh_is_not_lost() -> None:
    world = World(10)
    await world.load()
    gate = world.gateway.gate("search")
    refresh = asyncio.create_task(world.load(force=True))
    await idle()
    world.service.note(INSTANCE, delivered(delivery(4)))
    gate.set()
    refreshed = (await refresh)[-1]
    assert refreshed.data.rows[6] == delivered(delivery(4))


async def test_a_note_made_while_reading_on_is_not_lost() -> None:
    world = World()
    await world.load()
    gate = world.gateway.gate("search")
    more = asyncio.create_task(world.service.more(INSTANCE, ALL))
    await idle()
    world.service.note(INSTANCE, delivered(delivery(120)))
    gate.set()
    assert (await more).data.rows[0] == delivered(delivery(120))


async def test_a_long_list_is_capped_and_does_not_claim_to_be_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 70)
    world = World()
    await world.load()
    found = await world.service.more(INSTANCE, ALL)
    assert (len(found.data.rows), found.data.total, found.data.end) == (70, 120, End.MORE)
    await world.service.more(INSTANCE, ALL)
    assert world.searched == [1, 2]


async def test_after_a_restart_the_kept_list_is_shown_freshened_and_read_on() -> None:
    world = World(store=MemoryStore())
    await world.load()
    await world.service.more(INSTANCE, ALL)
    await world.cache.settle()
    world.restart()
    world.clock.shift(60)
    world.gateway.rows.insert(0, delivery(121))
    kept, fresh = await world.load()
    assert (kept.source, len(kept.data.rows)) == (Source.CACHE, 100)
    assert (fresh.source, len(fresh.data.rows)) == (Source.LIVE, 101)
    found = await world.service.more(INSTANCE, ALL)
    assert keys(found) == [row.key for row in world.gateway.rows]


async def test_with_the_api_down_at_start_the_kept_list_opens() -> None:
    world = World(store=MemoryStore())
    await world.load()
    await world.cache.settle()
    world.restart()
    world.clock.shift(60)
    world.gateway.fail("search", UnavailableError("no route"))
    kept, troubled = await world.load()
    assert len(kept.data.rows) == len(troubled.data.rows) == 50
    assert troubled.problem


async def test_a_detail_is_kept_for_a_while_and_freshens_the_row() -> None:
    world = World(10)
    await world.load()
    world.gateway.put(failed_again(delivery(4)))
    (found,) = await world.detail("log_4")
    assert found.data.delivery == failed_again(delivery(4))
    held = world.service.peek(INSTANCE, ALL)
    assert held
    assert held.data.rows[6] == failed_again(delivery(4))
    world.clock.shift(14)
    assert len(await world.detail("log_4")) == 1
    assert world.gateway.count("detail") == 1
    assert [found.source for found in await world.detail("log_4", force=True)] == [
        Source.CACHE,
        Source.LIVE,
    ]


async def test_a_vanished_log_is_raised_or_shown_as_it_was() -> None:
    world = World(10)
    await world.detail("log_4")
    world.gateway.rows.clear()
    assert (await world.detail("log_4", force=True))[-1].problem
    with pytest.raises(NotFoundError):
        await world.detail("log_5")


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
    (found,) = await world.load()
    assert keys(found) == ["digest-1", "digest-2"]


async def test_known_keys_are_those_of_all_lists() -> None:
    world = World(60)
    assert world.service.known(INSTANCE) == frozenset()
    await world.load()
    assert world.service.known(INSTANCE) == {f"log_{number}" for number in range(11, 61)}
    assert world.service.known(OTHER) == frozenset()
