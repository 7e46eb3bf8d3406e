"""A selection asked again costs only what changed, and is what a fresh one would be."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, delivered, delivery
from tests.unit.archive.archive_world import EMPTY, OTHER, SCOPE, World, deliveries, queries
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.domain.selection import Scope
from vzaps_tui.storage import archive_changes, archive_selecting
from vzaps_tui.storage.archive_pruning import drop_older, drop_oldest
from vzaps_tui.storage.archive_question import Asked
from vzaps_tui.storage.archive_rows import micros

Write = Callable[[World], object]
FAILURES = DeliveryQuery(statuses=FAILED_ONLY)


def put(rows: list[Delivery], scope: Scope = SCOPE) -> Write:
    return lambda world: world.put(rows, scope=scope)


def vanish(row: Delivery) -> Write:
    return lambda world: world.writer.vanish(world.db, SCOPE, [row.key], NOW)


def drop(moment: datetime | None) -> Write:
    def work(world: World) -> None:
        world.writer.forget()
        _ = drop_oldest(world.db) if moment is None else drop_older(world.db, micros(moment))

    return work


writes = st.one_of(
    st.builds(put, st.lists(deliveries(), max_size=8), st.sampled_from([SCOPE, SCOPE, OTHER])),
    st.builds(vanish, deliveries()),
    st.builds(drop, st.none() | st.integers(-1, 1).map(lambda days: NOW + timedelta(days=days))),
)
waits = st.sampled_from([0.0, 1.0, 3600.0, 86400.0, -3600.0])


def by_hand(world: World, query: DeliveryQuery, now: datetime) -> list[int]:
    """Every row looked at anew."""
    found = world.db.execute(
        "SELECT deliveries.id FROM deliveries JOIN scopes ON scopes.id = scope"
        " WHERE instance = ? ORDER BY at DESC, rank",
        (SCOPE.instance,),
    )
    numbers = [number for (number,) in found]
    matches = query.matcher(now)
    rows = zip(numbers, world.asker.page(numbers), strict=True)
    return [number for number, row in rows if row is not None and matches(row)]


@given(
    st.lists(queries() | st.just(FAILURES) | st.just(EMPTY), min_size=1, max_size=3),
    st.lists(st.tuples(writes, waits, st.integers(0, 2)), max_size=12),
    st.integers(1, 8),
    st.integers(1, 12),
)
@settings(max_examples=300)
def test_it_is_always_what_a_fresh_one_would_be(
    asked: list[DeliveryQuery], life: list[tuple[Write, float, int]], part: int, most: int
) -> None:
    world, now = World(), NOW
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_selecting, "_AT_ONCE", part)
        patch.setattr(archive_changes, "_MOST", most)
        patch.setattr(archive_changes, "KEPT", 3)
        for write, wait, one in life:
            write(world)
            now += timedelta(seconds=wait)
            query = asked[one % len(asked)]
            assert world.select(query, now) == by_hand(world, query, now)


def world_of(count: int) -> World:
    world = World()
    world.put([delivery(number) for number in range(count, 0, -1)])
    return world


def test_while_nothing_changed_it_is_the_same_object() -> None:
    world = world_of(3)
    asked = Asked(SCOPE, EMPTY, NOW)
    first = world.asker.select(asked).rowids
    world.put([delivery(9)], scope=OTHER)
    world.put([delivery(2)])  # as it was
    assert world.asker.select(asked).rowids is first
    assert world.asker.select(Asked(SCOPE, FAILURES, NOW)).rowids is not first
    assert world.asker.select(asked).rowids is first, "two are remembered"


@pytest.mark.parametrize("way", ["changed", "gone", "back"])
def test_a_row_that_is_told_differently_makes_another_object(way: str) -> None:
    world = world_of(3)
    if way == "back":
        world.writer.vanish(world.db, SCOPE, ["log_2"], NOW)
    asked = Asked(SCOPE, EMPTY, NOW)
    first = world.asker.select(asked).rowids
    if way == "changed":
        world.put([delivered(delivery(2))])
    elif way == "gone":
        world.writer.vanish(world.db, SCOPE, ["log_2"], NOW)
    else:
        world.put([delivery(2)])
    again = world.asker.select(asked).rowids
    assert again == first
    assert again is not first


def test_only_what_was_written_since_is_asked_for() -> None:
    world = world_of(500)
    asked = Asked(SCOPE, EMPTY, NOW)
    before = world.asker.select(asked).rowids
    said: list[str] = []
    world.put([delivery(number) for number in range(502, 499, -1)])
    world.db.set_trace_callback(said.append)
    after = world.asker.select(asked).rowids
    world.db.set_trace_callback(None)
    assert after[2:] == before
    assert len(after) == 502
    assert not [sql for sql in said if "ORDER BY" in sql]
    assert len(said) < 20


def test_what_it_gave_is_never_changed_later() -> None:
    world = world_of(5)
    asked = Asked(SCOPE, FAILURES, NOW)
    first = world.asker.select(asked).rowids
    copy = array("q", first)
    world.put([delivered(delivery(3)), delivery(7)])
    assert len(world.asker.select(asked).rowids) == 5
    assert first == copy


@pytest.mark.parametrize("count", [archive_changes.KEPT, archive_changes.KEPT + 1])
def test_what_is_too_long_ago_is_asked_for_again(count: int) -> None:
    world = world_of(5)
    asked = Asked(SCOPE, EMPTY, NOW)
    world.asker.select(asked)
    then = archive_changes.newest(world.db)
    for number in range(6, 6 + count):
        world.put([delivery(number)])
    now = archive_changes.newest(world.db)
    told = archive_changes.since(world.db, then, now)
    assert (told is None) == (count > archive_changes.KEPT)
    assert len(world.asker.select(asked).rowids) == 5 + count
    (held,) = world.db.execute("SELECT count(*) FROM changes").fetchone()
    assert held == archive_changes.KEPT
