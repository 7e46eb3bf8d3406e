"""What is put comes back: the fresher reading, masked, in order, once, whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, delivered, delivery, failed_again
from tests.unit.archive.archive_world import OTHER, SCOPE, World, deliveries
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.masking import MASK, Masker, mask_url
from vzaps_tui.domain.readings import is_older, is_unchanged, merged
from vzaps_tui.storage.archive_rows import moment_of

ROW = delivery()
LATER = NOW + timedelta(hours=1)


def test_a_row_comes_back_as_it_was_put() -> None:
    world = World()
    row = delivery(next_retry_at=LATER)
    put = world.put([row])
    assert (put.new, put.changed, put.new_keys, put.met, put.stretch) == (
        1,
        0,
        ("log_1",),
        False,
        None,
    )
    assert world.rows() == [row]
    put = world.put([row])
    assert (put.new, put.changed) == (0, 0)


@given(st.lists(deliveries(), max_size=12))
def test_any_row_comes_back_and_is_the_same_the_second_time(rows: list[Delivery]) -> None:
    world = World()
    put = world.put(rows)
    assert put.new == len({row.key for row in rows})
    held = world.rows()
    for row in held:
        mine = [one for one in rows if one.key == row.key]
        if len(mine) > 1:
            continue
        masker = Masker()
        assert row == replace(
            mine[0],
            target=None if mine[0].target is None else masker(mask_url(mine[0].target)),
            error=None if mine[0].error is None else masker(mine[0].error),
        )
    again = world.put(held)
    assert (again.new, again.changed) == (0, 0)
    assert world.rows() == held


@given(deliveries(), deliveries())
def test_two_readings_become_one_and_nothing_known_is_lost(one: Delivery, two: Delivery) -> None:
    two = replace(two, key=one.key)
    both = merged(one, two)
    assert both.key == one.key
    for name in ("event", "target", "attempts", "created_at", "last_attempt_at", "updated_at"):
        if getattr(one, name) or getattr(two, name):
            assert getattr(both, name) in (getattr(one, name), getattr(two, name))
            assert getattr(both, name) or getattr(both, name) == 0 or name in ("target", "event")
    fresher = one if is_older(two, one) else two
    assert both.status_class is fresher.status_class
    assert merged(both, both) is both


@pytest.mark.parametrize(
    ("held", "read", "expected"),
    [
        (ROW, delivered(ROW), delivered(ROW)),
        (delivered(ROW), ROW, delivered(ROW)),
        (ROW, failed_again(ROW), failed_again(ROW)),
        (ROW, replace(ROW, error=None, duration_ms=None), ROW),
        (ROW, replace(ROW, attempts=None, created_at=None, target=None, event=""), ROW),
        (replace(ROW, error=None), ROW, ROW),
        (replace(ROW, status=""), ROW, ROW),
        # A success has no error, though the failure before it had.
        (ROW, delivered(ROW, updated_at=None), delivered(ROW, updated_at=ROW.updated_at)),
        (
            replace(ROW, updated_at=None, last_attempt_at=None),
            replace(ROW, attempts=2, status="pending", updated_at=None, last_attempt_at=None),
            replace(ROW, updated_at=None, last_attempt_at=None),
        ),
    ],
)
def test_the_fresher_reading_counts(held: Delivery, read: Delivery, expected: Delivery) -> None:
    assert merged(held, read) == expected
    world = World()
    world.put([held])
    put = world.put([read])
    assert world.rows() == [expected]
    assert put.changed == (expected != held)


def test_a_row_keeps_the_key_it_is_held_under() -> None:
    assert merged(ROW, replace(ROW, key="other")) == ROW


def test_unchanged_is_what_no_try_happened_to() -> None:
    assert is_unchanged(ROW, replace(ROW, error="other words"))
    assert not is_unchanged(ROW, delivered(ROW))
    assert not is_unchanged(ROW, failed_again(ROW))


def test_a_row_twice_in_a_page_is_one_row() -> None:
    world = World()
    assert world.put([ROW, delivered(ROW), ROW]).new == 1
    assert world.rows() == [delivered(ROW)]


def test_scopes_do_not_see_each_other() -> None:
    world = World()
    world.put([ROW])
    world.put([delivered(ROW), delivery(2)], scope=OTHER)
    assert world.rows() == [ROW]
    assert world.all_keys(OTHER) == ["log_2", "log_1"]
    numbers = [world.asker.place(scope, "log_1") for scope in (SCOPE, OTHER)]
    assert None not in numbers
    assert len(set(numbers)) == 2


def test_rows_that_are_gone_are_marked_and_stay() -> None:
    world = World()
    world.put([delivery(2), ROW])
    numbers = world.select()
    assert world.writer.vanish(world.db, SCOPE, ["log_1", "no such"], NOW) == 1
    assert world.writer.vanish(world.db, SCOPE, ["log_1"], NOW) == 0
    assert world.writer.vanish(world.db, OTHER, ["log_2"], NOW) == 0
    assert world.asker.gone(numbers) == {numbers[1]}
    assert world.all_keys() == ["log_2", "log_1"]
    assert world.put([ROW]).changed == 1
    assert world.asker.gone(numbers) == frozenset()


def test_equal_times_keep_the_servers_order_wherever_rows_come_in_between() -> None:
    world = World()
    same: dict[str, Any] = {"created_at": NOW}
    rows = [delivery(number, **same) for number in range(9)]
    world.put([rows[1], rows[5], rows[7]])
    world.put([rows[1], rows[2], rows[3], rows[5]])
    world.put([rows[0], rows[1]])
    world.put([rows[3], rows[4], rows[5], rows[6], rows[7], rows[8]])
    assert world.all_keys() == [row.key for row in rows]


def test_a_row_without_a_time_stands_beside_its_neighbours() -> None:
    world = World()
    none: dict[str, Any] = {"created_at": None, "last_attempt_at": None, "updated_at": None}
    rows = [
        delivery(9, **none),
        delivery(8),
        delivery(7, **none),
        delivery(6, **none),
        delivery(5),
        delivery(4, **none),
    ]
    world.put(rows)
    assert world.all_keys() == [row.key for row in rows]
    world.put([delivery(1)])
    assert world.all_keys() == [*(row.key for row in rows), "log_1"]
    world.put([replace(rows[0], created_at=NOW + timedelta(days=1))])
    assert world.all_keys()[0] == "log_9"


def test_many_rows_at_once_keep_their_order() -> None:
    world = World()
    none: dict[str, Any] = {"created_at": None, "last_attempt_at": None, "updated_at": None}
    rows = [delivery(number, **none) for number in range(12_000)]
    assert world.put(rows).new == 12_000
    assert world.all_keys() == [row.key for row in rows]


HOSTILE = [
    delivery(id="\ud800", event="\udfff", error="\ud834 broken", target="https://h/\udc00"),
    delivery(id="a\0b", event="a\0b", error="\0"),
    delivery(id="' OR 1=1 --", event='"; DROP TABLE deliveries', error="%_\\"),
    delivery(id="", key="no-id:1", error="x" * 100_000),
    delivery(attempts=10**30, http_status=-(10**30), duration_ms=float("nan")),
    delivery(duration_ms=float("inf"), created_at=datetime.max.replace(tzinfo=UTC)),
    delivery(created_at=datetime.min.replace(tzinfo=UTC)),
    delivery(created_at=datetime.fromisoformat("0001-01-01T00:00:00+14:00")),
    delivery(created_at=datetime.fromisoformat("9999-12-31T23:59:59-14:00")),
    delivery(created_at=datetime(2026, 1, 1)),  # noqa: DTZ001 - what must not happen, may
]


@pytest.mark.parametrize("row", HOSTILE)
def test_no_row_is_refused_whatever_is_in_it(row: Delivery) -> None:
    world = World()
    assert world.put([delivery(7), row]).new == 2
    assert len(world.rows()) == 2
    number = world.asker.place(SCOPE, row.key)
    assert number is not None
    (back,) = world.asker.page([number])
    assert back is not None
    assert back.status_class is StatusClass.FAILED
    again = world.put([row])
    assert (again.new, again.changed) == (0, 0)


def test_secrets_are_masked() -> None:
    world = World()
    row = delivery(
        target="https://user:hunter2@h.example.com/in?key=s3cret#frag",
        error="POST https://h.example.com/?sig=s3cret: bad token: abcdef",
    )
    world.put([row])
    (back,) = world.rows()
    assert back.target == f"https://{MASK}@h.example.com/in?key={MASK}#{MASK}"
    assert back.error == f"POST https://h.example.com/?sig={MASK} bad token: {MASK}"
    assert world.put([row]).changed == 0
    assert world.put([delivered(row)]).changed == 1
    assert world.rows()[0].target == back.target


def test_the_number_of_a_row_is_never_given_again() -> None:
    world = World()
    world.put([delivery(1)])
    (number,) = world.select()
    world.db.execute("DELETE FROM deliveries")
    world.put([delivery(2)])
    assert world.select() != [number]
    assert world.asker.page([number, *world.select()]) == [None, delivery(2)]


def test_a_page_may_have_any_length() -> None:
    world = World()
    rows = [delivery(number) for number in range(1200, 0, -1)]
    world.put(rows)
    numbers = world.select()
    assert world.asker.page(numbers) == rows
    assert world.asker.page([]) == []
    assert world.asker.gone(numbers) == frozenset()


def test_moments_are_exact() -> None:
    moment = datetime(2026, 3, 14, 1, 2, 3, 456_789, tzinfo=UTC)
    world = World()
    world.put([delivery(created_at=moment)])
    assert world.rows()[0].created_at == moment
    assert moment_of(-1) == datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


def test_a_row_named_later_keeps_its_place() -> None:
    world = World()
    world.put([delivery(id=LogId(""), key="k")])
    world.put([delivery(id=LogId("k"), key="k")])
    assert [row.id for row in world.rows()] == ["k"]
