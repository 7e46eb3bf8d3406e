"""What SQL finds is what the query matches, row by row; order, counts, groups and time agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, delivery
from tests.unit.archive.archive_world import OTHER, SCOPE, World, deliveries, queries
from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.query import FAILED_ONLY, CodeMatch, DeliveryQuery
from vzaps_tui.domain.triage import target_host
from vzaps_tui.storage import archive_query
from vzaps_tui.storage.archive_question import Asked

MANY = st.lists(deliveries(), max_size=20)


@given(MANY, st.lists(queries(), min_size=1, max_size=4))
@settings(max_examples=400)
def test_sql_and_the_query_agree_on_every_row(
    rows: list[Delivery], asked: list[DeliveryQuery]
) -> None:
    world = World()
    world.put(rows)
    world.put(rows[:3], scope=OTHER)
    numbers = world.select()
    held = world.rows()
    for query in asked:
        wanted = [
            number for number, row in zip(numbers, held, strict=True) if query.matches(row, NOW)
        ]
        question = Asked(SCOPE, query, NOW)
        assert world.select(query) == wanted
        assert world.asker.count(question) == len(wanted)
        for limit in (1, 3, 100):
            assert list(world.asker.first(question, limit)) == wanted[:limit]


@given(MANY, queries())
@settings(max_examples=100)
def test_every_way_to_the_rows_leads_to_the_same(
    rows: list[Delivery], query: DeliveryQuery
) -> None:
    world = World()
    world.put(rows)
    question = Asked(SCOPE, query, NOW)
    found = [(world.select(query), world.asker.first(question, 2))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_query, "_FEW_ROWS", 0)
        found.append((world.select(query), world.asker.first(question, 2)))
        patch.setattr(archive_query, "_DENSE", 0)
        found.append((world.select(query), world.asker.first(question, 2)))
        patch.setattr(archive_query, "_LONGEST_NEEDLE", 0)
        found.append((world.select(query), world.asker.first(question, 2)))
    assert all(one == found[0] for one in found)


@given(MANY, queries())
@settings(max_examples=100)
def test_groups_are_the_matching_rows_folded(rows: list[Delivery], query: DeliveryQuery) -> None:
    world = World()
    world.put(rows)
    held = dict(zip(world.select(), world.rows(), strict=True))
    wanted = {number: row for number, row in held.items() if query.matches(row, NOW)}
    groups = world.asker.groups(Asked(SCOPE, query, NOW))
    counts = Counter(map(_alike, wanted.values()))
    assert {
        (group.status, group.code, group.kind, group.host, group.event): group.count
        for group in groups
    } == counts
    for group in groups:
        mine = [row for row in wanted.values() if _alike(row) == _alike(wanted[group.sample])]
        assert len(mine) == group.count
        times = [row.time for row in mine if row.time]
        assert (group.first, group.last) == (min(times, default=None), max(times, default=None))
        order = [number for number in wanted if wanted[number] in mine]
        assert group.sample == order[0]


def _alike(row: Delivery) -> tuple[object, ...]:
    code, host = row.http_status or None, target_host(row.target)
    return row.status_class, code, failure_kind(row), host, row.event


@given(MANY, queries(), st.integers(1, 7))
@settings(max_examples=100)
def test_the_histogram_counts_what_matches_by_time(
    rows: list[Delivery], query: DeliveryQuery, buckets: int
) -> None:
    world = World()
    world.put(rows)
    start, end = NOW - timedelta(seconds=4), NOW + timedelta(seconds=10)
    found = world.asker.histogram(Asked(SCOPE, query, NOW), start, end, buckets)
    matching = [row for row in world.rows() if query.matches(row, NOW)]
    for status, counts in (
        (StatusClass.DELIVERED, found.delivered),
        (StatusClass.FAILED, found.failed),
    ):
        assert len(counts) == buckets
        inside = [
            row.time
            for row in matching
            if row.status_class is status and row.time and start <= row.time < end
        ]
        assert sum(counts) == len(inside)
        edges = [
            start
            + (end - start)
            // timedelta(microseconds=1)
            * number
            // buckets
            * timedelta(microseconds=1)
            for number in range(buckets + 1)
        ]
        assert list(counts) == [
            sum(edges[at] <= moment < edges[at + 1] for moment in inside) for at in range(buckets)
        ]


@given(MANY)
def test_rows_are_newest_first_and_rows_without_a_time_have_a_place(rows: list[Delivery]) -> None:
    world = World()
    world.put(rows)
    times = [row.time for row in world.rows() if row.time]
    assert times == sorted(times, reverse=True)
    assert sorted(world.all_keys()) == sorted({row.key for row in rows})


TIMEOUT = delivery(1, http_status=None, error="timeout after 10 s")
GONE = delivery(2, http_status=404, error="HTTP 404", event="ReadReceipt")
GOOD = delivery(3, status="delivered", http_status=200, error=None, attempts=1)
ODD_NAME = delivery(4, id="Straße", error=None, http_status=None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (DeliveryQuery(), "4321"),
        (DeliveryQuery(statuses=FAILED_ONLY), "421"),
        (DeliveryQuery(codes=frozenset({CodeMatch.of_kind(FailureKind.TIMEOUT)})), "1"),
        (DeliveryQuery(codes=frozenset({CodeMatch.of_class(4), CodeMatch.exact(200)})), "32"),
        (DeliveryQuery(events=frozenset({"ReadReceipt"})), "2"),
        (DeliveryQuery(text="LOG_"), "321"),
        (DeliveryQuery(text="log%"), ""),
        (DeliveryQuery(text="log_1"), "1"),
        (DeliveryQuery(text="STRASSE"), "4"),
        (DeliveryQuery(text="og_", also=frozenset({"404"})), "2"),
        (DeliveryQuery(text="hooks.example", statuses=FAILED_ONLY), "421"),
        (DeliveryQuery(min_attempts=2), "421"),
        (DeliveryQuery(last=timedelta(hours=1)), ""),
        (DeliveryQuery(since=delivery(2).created_at, until=delivery(4).created_at), "32"),
        (DeliveryQuery(text="x" * 60_000), ""),
    ],
)
def test_a_query_finds(query: DeliveryQuery, expected: str) -> None:
    world = World()
    rows = (replace(ODD_NAME, key="Straße"), GOOD, GONE, TIMEOUT)
    world.put(rows)
    names = dict(zip(world.select(), "4321", strict=True))
    assert "".join(names[number] for number in world.select(query)) == expected


def test_a_scope_without_rows_has_nothing() -> None:
    world = World()
    world.put([GOOD], scope=OTHER)
    asked = Asked(SCOPE, DeliveryQuery(), NOW)
    assert world.asker.select(asked).held == 0
    assert list(world.asker.first(asked, 5)) == []
    assert world.asker.count(asked) == 0
    assert world.asker.groups(asked) == ()
    assert world.asker.events(SCOPE) == ()
    assert world.asker.coverage(SCOPE, None) == ()
    assert world.asker.place(SCOPE, GOOD.key) is None
    assert world.asker.place(OTHER, GOOD.key) is not None
    assert world.asker.histogram(asked, NOW, NOW, 3).failed == (0, 0, 0)
