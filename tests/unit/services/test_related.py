"""What belongs together is found: nearest first, each once, gently, and from where it stopped."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import INSTANCE, NOW, delivery, detail
from tests.fakes import FakeClock
from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.envelope import Envelope, Source
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.meaning import Meaning
from vzaps_tui.domain.problems import (
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import Selection
from vzaps_tui.services.related import (
    ClueIndex,
    Kin,
    Progress,
    RelatedSearch,
    RelatedService,
)

MINE = Meaning("Message", "", "551@s.whatsapp.net", ("M1",), ("551@s.whatsapp.net", "9@lid"))


def payload(chat: str, message: str) -> str:
    return (
        f'{{"type": "ReadReceipt", "state": "Read",'
        f' "event": {{"chat": "{chat}", "message_ids": ["{message}"]}}}}'
    )


class World:
    """Rows by number, details by log id; counts what was asked."""

    def __init__(self, rows: Sequence[Delivery | None]) -> None:
        self.rows = list(rows)
        self.payloads: dict[LogId, str] = {}
        self.kept: set[LogId] = set()
        self.problems: dict[LogId, list[VzapsError]] = {}
        self.asked: list[LogId] = []
        self.fetched = 0

    async def select(self, instance: InstanceId, query: DeliveryQuery) -> Selection:
        assert (instance, query) == (INSTANCE, DeliveryQuery())
        return Selection(array("q", range(len(self.rows))), len(self.rows))

    async def fetch(self, rowids: Sequence[int]) -> list[Delivery | None]:
        self.fetched += len(rowids)
        await asyncio.sleep(0)
        return [self.rows[number] for number in rowids]

    async def detail(
        self, instance: InstanceId, log: LogId
    ) -> AsyncGenerator[Envelope[DeliveryDetail], None]:
        assert instance == INSTANCE
        self.asked.append(log)
        await asyncio.sleep(0)
        if faults := self.problems.get(log):
            raise faults.pop(0)
        row = next(row for row in self.rows if row is not None and row.id == log)
        told = detail(row, payload=self.payloads.get(log, "{}"))
        yield Envelope(told, NOW, Source.CACHE if log in self.kept else Source.LIVE)
        raise AssertionError("what is kept is enough: nothing fresher is asked for")


def world(*offsets: int | None) -> World:
    """Rows `log_<place>`, that many seconds from NOW, newest first."""
    rows: list[Delivery] = []
    for place, off in enumerate(offsets):
        at = None if off is None else NOW + timedelta(seconds=off)
        rows.append(delivery(place, created_at=at, last_attempt_at=at, updated_at=at))
    return World(rows)


async def run(search: RelatedSearch, clock: FakeClock, target: int = 200) -> Progress:
    async def look() -> Progress:
        async for told in search.look(target):
            assert told.looked <= target
        return search.progress()

    return await clock.run(asyncio.ensure_future(look()))


def search_in(held: World, place: int, clock: FakeClock) -> RelatedSearch:
    around = held.rows[place]
    assert around is not None
    return RelatedService(held, clock).search(INSTANCE, around, MINE)


async def test_the_same_message_and_the_same_chat_are_found_and_nothing_else() -> None:
    held, clock = world(40, 30, 20, 10, 0), FakeClock()
    held.payloads = {
        LogId("log_0"): payload("9@lid", "M7"),
        LogId("log_1"): payload("777@s.whatsapp.net", "M1"),
        LogId("log_3"): payload("551:12@S.WhatsApp.net", "M8"),
        LogId("log_4"): payload("777@s.whatsapp.net", "M9"),
    }
    told = await run(search_in(held, 2, clock), clock)
    assert {(one.row.id, one.kin) for one in told.found} == {
        ("log_0", Kin.CHAT),
        ("log_1", Kin.MESSAGE),
        ("log_3", Kin.CHAT),
    }
    assert (told.looked, told.held, told.complete, told.unreadable) == (4, 4, True, 0)
    assert (told.newest, told.oldest) == (NOW + timedelta(seconds=40), NOW)
    assert "log_2" not in held.asked
    assert all("Read" in one.says for one in told.found)


OFFSETS = st.lists(st.integers(-50, 50), min_size=1, max_size=80)


@given(OFFSETS, st.integers(0, 3), st.data())
async def test_the_nearest_come_first_and_each_comes_once(
    offsets: list[int], timeless: int, data: st.DataObject
) -> None:
    held, clock = world(*sorted(offsets, reverse=True), *[None] * timeless), FakeClock()
    place = data.draw(st.integers(0, len(offsets) - 1))
    around = held.rows[place]
    assert around is not None
    for dropped in data.draw(st.sets(st.integers(0, len(held.rows) - 1), max_size=3)) - {place}:
        held.rows[dropped] = None
    told = await run(search_in(held, place, clock), clock)
    wanted = [row for row in held.rows if row is not None and row.id != around.id]
    assert sorted(held.asked) == sorted(row.id for row in wanted)
    assert told.complete
    times = {row.id: row.time for row in wanted}
    middle = around.time
    assert middle is not None
    far = [abs(at - middle) if (at := times[log]) else timedelta.max for log in held.asked]
    dropped = None in held.rows
    assert dropped or far == sorted(far)


async def test_a_search_that_is_stopped_goes_on_where_it_was() -> None:
    held, clock = world(*range(50, 0, -1)), FakeClock()
    search = search_in(held, 25, clock)

    async def begin() -> None:
        async for told in search.look(200):
            if told.looked == 7:
                await asyncio.sleep(3600)

    task = asyncio.ensure_future(begin())
    while search.progress().looked < 7:
        await clock.advance(0.25)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert search.progress().looked == 7
    assert [told async for told in search.look(20)][-1].looked == 20
    assert not search.progress().complete
    assert [told async for told in search.look(200)][-1].looked == 49
    assert len(held.asked) == len(set(held.asked)) == 49


async def test_the_time_left_is_told_by_the_speed_so_far() -> None:
    held, clock = world(*range(40, 0, -1)), FakeClock()
    lefts: list[float | None] = []
    async for told in search_in(held, 0, clock).look(20):
        lefts.append(told.left)
        clock.shift(0.25)
    assert lefts[:5] == [None] * 5
    assert lefts[10] == 2.25
    assert lefts[-1] == 0


async def test_it_waits_only_where_the_api_asks_for_it() -> None:
    held, clock = world(3, 2, 1, 0), FakeClock()
    held.problems[LogId("log_1")] = [
        RateLimitedError(retry_after=9),
        RateLimitedError(),
        RateLimitedError(retry_after=999),
    ]
    waits: list[float] = []
    search = search_in(held, 0, clock)

    async def look() -> None:
        waits.extend([one.waiting async for one in search.look(9) if one.waiting is not None])

    await clock.run(asyncio.ensure_future(look()))
    assert waits == [9, 4, 60]
    assert held.asked.count(LogId("log_1")) == 4
    assert clock.slept == waits
    assert search.progress().looked == 3


async def test_refusals_without_end_end_the_search_and_lose_nothing() -> None:
    held, clock = world(1, 0), FakeClock()
    held.problems[LogId("log_1")] = [RateLimitedError() for _ in range(6)]
    search = search_in(held, 0, clock)
    with pytest.raises(RateLimitedError):
        await run(search, clock)
    assert search.progress().looked == 0
    assert (await run(search, clock)).looked == 1


async def test_broken_and_vanished_logs_are_counted_and_trouble_is_raised() -> None:
    held, clock = world(4, 3, 2, 1), FakeClock()
    held.problems = {
        LogId("log_1"): [NotFoundError()],
        LogId("log_2"): [ProtocolError()],
        LogId("log_3"): [UnavailableError("timed out")],
    }
    search = search_in(held, 0, clock)
    with pytest.raises(UnavailableError):
        await run(search, clock)
    told = await run(search, clock)
    assert (told.looked, told.unreadable) == (3, 2)


async def test_what_was_read_before_is_not_read_again_unless_it_belongs_here() -> None:
    held, clock = world(2, 1, 0), FakeClock()
    held.payloads = {LogId("log_1"): payload("9@lid", "M5")}
    held.kept = {LogId("log_1")}
    service = RelatedService(held, clock)
    service.note(INSTANCE, LogId("log_1"), Meaning("ReadReceipt", "", "9@lid", (), ("9@lid",)))
    service.note(INSTANCE, LogId("log_2"), Meaning("ReadReceipt", "", "x@lid", (), ("x@lid",)))
    around = held.rows[0]
    assert around is not None
    told = await run(service.search(INSTANCE, around, MINE), clock)
    assert [one.row.id for one in told.found] == ["log_1"]
    assert held.asked == ["log_1"]
    assert not clock.slept


async def test_rows_without_id_cannot_be_read() -> None:
    held, clock = world(2, 1, 0), FakeClock()
    held.rows[1] = delivery(1, id=LogId(""), key="digest")
    told = await run(search_in(held, 0, clock), clock)
    assert held.asked == ["log_2"]
    assert told.looked == 2


async def test_of_many_rows_few_are_fetched() -> None:
    held, clock = world(*range(3_000, 0, -1)), FakeClock()
    await run(search_in(held, 1_500, clock), clock, 5)
    assert held.fetched < 100


def test_the_index_is_bounded_and_holds_no_words() -> None:
    index = ClueIndex(most=10)
    for number in range(30):
        index.note(INSTANCE, LogId(f"log_{number}"), MINE)
    assert len(index) == 10
    assert index.of(INSTANCE, LogId("log_3")) is None
    assert index.of(InstanceId("other"), LogId("log_29")) is None
    clues = index.of(INSTANCE, LogId("log_29"))
    assert clues is not None
    assert not [word for word in ("551@", "@lid", "M1") if word in repr(clues)]
    assert ClueIndex().note(INSTANCE, LogId("x"), MINE) != clues, "each run has its own digests"
    assert not ClueIndex().note(INSTANCE, LogId("x"), Meaning("?", ""))
