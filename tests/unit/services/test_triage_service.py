"""Causes asked of an archive: the same that folding the rows finds, counted exactly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.archives import InlineArchive
from tests.builders import INSTANCE, NOW, delivered, delivery
from tests.fakes import FakeClock
from tests.unit.archive.archive_world import deliveries as any_rows
from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.folding import Fold
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import Scope
from vzaps_tui.domain.triage import Cause
from vzaps_tui.services.holdings import Holdings
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.triage import Triage

HOOKS = "https://hooks.example.com/vz"
ALL = DeliveryQuery()


def row(number: int, minutes: float, **changes: Any) -> Delivery:
    at = NOW - timedelta(minutes=minutes)
    values: dict[str, Any] = {"created_at": at, "last_attempt_at": at, "http_status": 503}
    return delivery(number, **(values | changes))


def well(number: int, minutes: float, **changes: Any) -> Delivery:
    return delivered(row(number, minutes, **changes))


async def triage(rows: Iterable[Delivery]) -> Triage:
    archive, clock = InlineArchive(), FakeClock()
    await archive.put(Scope("http://127.0.0.1", "test", INSTANCE), list(rows))
    return Triage(Holdings(archive, Identity("http://127.0.0.1", "test"), clock), clock)


async def one(look: Triage, query: DeliveryQuery = ALL) -> Cause:
    (cause,) = (await look.look(INSTANCE, query)).causes
    return cause


async def test_an_empty_archive_has_no_cause() -> None:
    found = await (await triage([])).look(INSTANCE, ALL)
    assert (found.causes, found.axis, found.failures) == ((), None, 0)


async def test_the_sample_is_the_newest_and_the_filter_counts_whatever_status_it_asks_for() -> None:
    look = await triage([row(1, 90), row(2, 60, error="newest"), row(3, 50, event="Presence")])
    cause = await one(
        look, DeliveryQuery(frozenset({StatusClass.DELIVERED}), frozenset({"Message"}))
    )
    assert cause.sample is not None
    assert (cause.count, cause.sample.id, cause.sample_error) == (2, "log_2", "newest")


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ({}, 2),
        ({"target": "https://other.hooks.example.com/vz"}, 1),
        ({"event": "Presence"}, 1),
        ({"created_at": datetime(9999, 1, 1, tzinfo=UTC)}, 1),
        ({"created_at": NOW - timedelta(minutes=61)}, 1),
        ({"created_at": None, "last_attempt_at": None, "updated_at": None}, 1),
        ({"status": "pending", "http_status": None}, 1),
    ],
)
async def test_what_the_host_took_since_is_counted_exactly(
    changes: dict[str, Any], since: int
) -> None:
    """Neither other hosts, other events of a handler, nor rows without a credible time."""
    look = await triage([row(1, 60), well(2, 30), replace(well(3, 20), **changes)])
    cause = await one(look)
    assert cause.is_over
    assert await look.taken_since(INSTANCE, cause) == since


async def test_without_an_answer_any_event_tells_that_the_host_is_back() -> None:
    look = await triage(
        [row(1, 60, http_status=None, error="timeout"), well(2, 30, event="Presence")]
    )
    cause = await one(look)
    assert await look.taken_since(INSTANCE, cause) == 1


async def test_what_is_not_over_has_taken_nothing() -> None:
    look = await triage([well(1, 60), row(2, 30)])
    cause = await one(look)
    assert not cause.is_over
    assert await look.taken_since(INSTANCE, cause) == 0


async def test_what_went_through_counts_whatever_the_filter_says() -> None:
    look = await triage([row(1, 60), well(2, 30)])
    assert (await one(look, DeliveryQuery(until=NOW - timedelta(minutes=40)))).is_over


async def test_odd_times_hide_neither_first_nor_last() -> None:
    zero, far = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
    rows = [row(1, 90), row(2, 60), row(3, 0, created_at=zero), row(4, 0, created_at=far)]
    cause = await one(await triage(rows))
    assert cause.count == 4
    assert (cause.first, cause.last) == (
        NOW - timedelta(minutes=90),
        NOW - timedelta(minutes=60),
    )


async def test_a_spark_counts_the_cause_over_the_axis() -> None:
    look = await triage([row(1, 95), row(2, 94), row(3, 31), row(4, 1), well(5, 0)])
    found = await look.look(INSTANCE, ALL)
    assert found.axis is not None
    spark = await look.spark(INSTANCE, ALL, found.causes[0], found.axis)
    assert spark is not None
    assert len(spark) == found.axis.columns
    assert sum(spark) == 4
    assert spark[0] == 2


async def test_a_spark_that_would_count_others_is_not_told() -> None:
    rows = [row(1, 50, target="https://a.example/"), row(2, 40, target="https://aa.example/")]
    look = await triage(rows)
    found = await look.look(INSTANCE, ALL)
    assert found.axis is not None
    sparks = {
        cause.same.host: await look.spark(INSTANCE, ALL, cause, found.axis)
        for cause in found.causes
    }
    assert sparks["a.example"] is None
    assert sum(sparks["aa.example"] or ()) == 1


async def test_members_are_the_very_rows_of_the_cause_newest_first() -> None:
    rows = [
        row(4, 10, target="https://aa.example/"),
        *(row(n, 60 - n, target="https://a.example/") for n in (3, 2, 1)),
        row(5, 90, target="https://a.example/", error="else", http_status=502),
    ]
    look = await triage(rows)
    (cause,) = [cause for cause in (await look.look(INSTANCE, ALL)).causes if cause.count == 3]
    members = [member.id async for member in look.members(INSTANCE, ALL, cause)]
    assert members == ["log_3", "log_2", "log_1"]
    older = DeliveryQuery(until=NOW - timedelta(minutes=57, seconds=30))
    assert [member.id async for member in look.members(INSTANCE, older, cause)] == [
        "log_2",
        "log_1",
    ]


@given(st.lists(any_rows(), max_size=12))
async def test_the_archive_finds_what_folding_its_rows_finds(rows: list[Delivery]) -> None:
    look = await triage(rows)
    found = await look.look(INSTANCE, ALL)
    held = {
        member.key: member
        for cause in found.causes
        async for member in look.members(INSTANCE, ALL, cause)
    }
    folding = Fold(NOW)
    folding.add(held.values())
    told = [(one.same, one.count, one.first, one.last, one.share) for one in found.causes]
    folded = [
        (one.same, one.count, one.first, one.last, one.share) for one in folding.findings().causes
    ]
    assert sorted(told, key=str) == sorted(folded, key=str)
    assert found.failures == len(held)
