"""Row numbers: no two archives give the same, others may stand in a selection, many are fetched."""

from __future__ import annotations

import asyncio
import sqlite3
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, delivery
from tests.unit.archive.archive_world import EMPTY, OTHER, SCOPE, World, deliveries, queries
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.storage import archive_also
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.storage.archive_question import Asked
from vzaps_tui.storage.archive_schema import BLOCK, sequence, set_up

ROWS = [delivery(number) for number in range(5, 0, -1)]
NOTHING = DeliveryQuery(text="no row has this")


def archive_at(path: Path | None) -> SqliteArchive:
    return SqliteArchive(path, now=NOW.timestamp)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "deliveries.db"


@pytest.fixture(params=["file", "memory"])
async def archive(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SqliteArchive]:
    archive = archive_at(path if request.param == "file" else None)
    yield archive
    await archive.close()


@given(
    st.lists(deliveries(), max_size=25),
    queries(),
    st.sets(st.integers(0, 26)),
    st.integers(1, 4),
)
@settings(max_examples=300)
def test_others_stand_in_their_place_and_none_twice(
    rows: list[Delivery], query: DeliveryQuery, chosen: set[int], block: int
) -> None:
    world = World()
    world.put(rows)
    world.put([delivery(1)], scope=OTHER)
    everything = world.select()
    foreign = world.select(scope=OTHER)
    also = [everything[at] for at in chosen if at < len(everything)]
    wanted = {*world.select(query), *also}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_also, "_AT_ONCE", block)
        asked = Asked(SCOPE, query, NOW)
        found = world.asker.select(asked, [*also, *foreign, 12345, *also[:1]])
    assert list(found.rowids) == [number for number in everything if number in wanted]
    assert found.held == len(everything)


async def test_the_port_takes_others_too(archive: SqliteArchive) -> None:
    await archive.put(SCOPE, ROWS)
    numbers = (await archive.select(SCOPE, EMPTY)).rowids
    found = await archive.select(SCOPE, NOTHING, NOW, also={numbers[3], numbers[1]})
    assert list(found.rowids) == [numbers[1], numbers[3]]
    assert (await archive.select(OTHER, EMPTY, also=numbers)).rowids == array("q")


async def test_any_number_of_rows_is_fetched_in_order(archive: SqliteArchive) -> None:
    rows = [delivery(number) for number in range(2500, 0, -1)]
    await archive.put(SCOPE, rows)
    numbers = (await archive.select(SCOPE, EMPTY)).rowids
    assert await archive.fetch(numbers) == rows
    odd = [numbers[7], 5, *numbers[:2000], numbers[7]]
    assert await archive.fetch(odd) == [rows[7], None, *rows[:2000], rows[7]]
    assert await archive.fetch([]) == []
    several = await asyncio.gather(*(archive.fetch(numbers[start:]) for start in range(0, 2500, 9)))
    assert [len(one) for one in several] == [2500 - start for start in range(0, 2500, 9)]


async def test_fetching_can_be_given_up(archive: SqliteArchive) -> None:
    await archive.put(SCOPE, [delivery(number) for number in range(5000, 0, -1)])
    numbers = (await archive.select(SCOPE, EMPTY)).rowids
    fetching = asyncio.create_task(archive.fetch(array("q", numbers * 20)))
    await archive.first(SCOPE, EMPTY, 1)
    assert not fetching.done()
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert len(await archive.first(SCOPE, EMPTY, 3)) == 3


async def test_the_newest_number_parts_what_was_held_from_what_comes(
    archive: SqliteArchive,
) -> None:
    assert await archive.newest_number() == 0
    await archive.put(SCOPE, ROWS)
    newest = await archive.newest_number()
    assert newest == max((await archive.select(SCOPE, EMPTY)).rowids)
    await archive.put(SCOPE, [delivery(9), *ROWS])
    await archive.put(OTHER, [delivery(1)])
    later = [archive.place(SCOPE, "log_9"), archive.place(OTHER, "log_1")]
    assert all(number is not None and number > newest for number in later)
    assert await archive.newest_number() == max(filter(None, later))


def test_each_new_archive_has_numbers_of_its_own_above_those_before() -> None:
    highest = 0
    for _ in range(100):
        db = sqlite3.connect(":memory:", isolation_level=None)
        set_up(db, highest)
        begins = sequence(db)
        assert begins % BLOCK == 0
        assert begins > highest
        highest = begins + 1_000_000
        set_up(db, highest)
        assert sequence(db) == begins
        db.close()
    assert highest < 2**63


async def test_numbers_of_a_file_moved_aside_are_never_given_again(path: Path) -> None:
    archive = archive_at(path)
    await archive.put(SCOPE, [delivery(number) for number in range(3000, 0, -1)])
    old = (await archive.select(SCOPE, EMPTY)).rowids
    newest = await archive.newest_number()
    await archive.close()
    content = path.read_bytes()  # noqa: ASYNC240 - the test is all that runs
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))  # noqa: ASYNC240 - same
    archive = archive_at(path)
    await archive.put(SCOPE, ROWS)
    assert "was damaged" in archive.notices[0]
    assert archive.page(old) == [None] * len(old)
    assert await archive.fetch(old) == [None] * len(old)
    assert newest // BLOCK != await archive.newest_number() // BLOCK
    await archive.close()


async def test_rows_of_one_time_keep_their_order_however_often_more_slip_in(
    archive: SqliteArchive,
) -> None:
    rows = [delivery(number, created_at=NOW) for number in (1, 2)]
    await archive.put(SCOPE, rows)
    for number in range(3, 33):
        rows.insert(1, delivery(number, created_at=NOW))
        await archive.put(SCOPE, rows)
    assert archive.page((await archive.select(SCOPE, EMPTY)).rowids) == rows
