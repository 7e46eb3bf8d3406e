"""Which stretch of time the picture shows, its round edges, and how it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.span import (
    AHEAD,
    CREDIBLE,
    between,
    bucket_of,
    ends_of,
    frame,
    parts,
    roughly,
    unread,
)

ZONE = timezone(timedelta(hours=-3))
NOW = datetime(2026, 3, 14, 12, 7, 31, tzinfo=ZONE)
NAIVE = NOW.replace(tzinfo=None)
ZERO = datetime(1, 1, 1, tzinfo=UTC)
FAR = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
Times = list[datetime | None]


def ago(**span: float) -> datetime:
    return (NOW - timedelta(**span)).astimezone(UTC)


def at(hour: int, minute: int = 0, *, day: int = 14, month: int = 3, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


# -- which stretch ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "times", "start", "end", "words"),
    [
        (DeliveryQuery(), [ago(hours=1), ago(hours=5)], at(7, 5), at(11, 10), "07:05 - 11:10"),
        (DeliveryQuery(), [ago(minutes=1)], at(11, 6), at(12, 8), "11:06 - now"),
        (DeliveryQuery(last=timedelta(hours=24)), [], at(12, day=13), at(12, 30), "last 24 h"),
        (DeliveryQuery(since=at(9)), [ago(hours=2)], at(9), at(12, 10), "09:00 - now"),
        (
            DeliveryQuery(since=at(9, day=12), until=at(15, day=12)),
            [],
            at(9, day=12),
            at(15, day=12),
            "12 Mar 09:00 - 15:00",
        ),
        (
            DeliveryQuery(until=at(6)),
            [ago(hours=8), ago(hours=11)],
            at(1, 5),
            at(6),
            "01:05 - 06:00",
        ),
        (
            DeliveryQuery(last=timedelta(days=36_500)),
            [ago(hours=1), ago(hours=5)],
            at(7, 5),
            at(11, 10),
            "07:05 - 11:10",
        ),
    ],
)
def test_the_period_counts_else_what_the_rows_cover(
    query: DeliveryQuery, times: Times, start: datetime, end: datetime, words: str
) -> None:
    found = frame(query, len(times), times.__getitem__, 60, NOW)
    assert found is not None
    assert (found.start, found.end, found.words) == (start, end, words)
    assert found.span == (start, end)


@pytest.mark.parametrize(
    ("query", "times"),
    [
        (DeliveryQuery(), []),
        (DeliveryQuery(), [None, None]),
        (DeliveryQuery(), [FAR, ZERO]),
        (DeliveryQuery(since=at(12), until=at(9)), []),
        (DeliveryQuery(since=NOW + timedelta(days=40)), []),
        (DeliveryQuery(until=ZERO + timedelta(days=2)), [ZERO]),
    ],
)
def test_without_period_and_time_there_is_no_stretch(query: DeliveryQuery, times: Times) -> None:
    assert frame(query, len(times), times.__getitem__, 60, NOW) is None


def test_impossible_times_are_counted_and_do_not_flatten_the_picture() -> None:
    good: Times = [ago(minutes=minutes) for minutes in range(0, 600, 3)]
    times = [FAR, NOW + timedelta(days=900), *good, datetime(1970, 1, 1, tzinfo=UTC), ZERO, ZERO]
    found = frame(DeliveryQuery(), len(times), times.__getitem__, 60, NOW)
    alone = frame(DeliveryQuery(), len(good), good.__getitem__, 60, NOW)
    assert found is not None
    assert alone is not None
    assert found.span == alone.span
    assert (found.outside, alone.outside) == (5, 0)


def test_a_server_whose_clock_is_ahead_is_shown() -> None:
    times: Times = [NOW + timedelta(hours=3), ago(hours=1)]
    found = frame(DeliveryQuery(last=timedelta(hours=6)), 2, times.__getitem__, 60, NOW)
    assert found is not None
    assert found.end > NOW + timedelta(hours=3)
    assert found.outside == 0


@pytest.mark.parametrize("rows", [1_000, 1_000_000])
def test_few_rows_are_looked_at_however_many_there_are(rows: int) -> None:
    asked: list[int] = []

    def time_of(place: int) -> datetime:
        asked.append(place)
        return ago(seconds=place)

    assert frame(DeliveryQuery(), rows, time_of, 60, NOW) is not None
    assert len(asked) <= 60


def test_a_list_without_times_is_given_up_soon() -> None:
    asked: list[int] = []

    def time_of(place: int) -> None:
        asked.append(place)

    assert frame(DeliveryQuery(), 1_000_000, time_of, 60, NOW) is None
    assert len(asked) < 10_000


@given(
    st.lists(
        st.one_of(
            st.datetimes(timezones=st.just(UTC)),
            st.datetimes(NAIVE.replace(day=1), NAIVE, timezones=st.just(UTC)),
        ),
        max_size=80,
    ),
    st.lists(st.integers(0, 80), max_size=10),
)
def test_the_ends_are_those_of_the_credible_rows(
    moments: list[datetime], untold: list[int]
) -> None:
    moments.sort(reverse=True)
    credible = [moment for moment in moments if CREDIBLE <= moment <= NOW + AHEAD]
    ends = ends_of(len(moments), moments.__getitem__, NOW)
    assert (ends.newest, ends.oldest) == ((credible[0], credible[-1]) if credible else (None, None))
    assert ends.outside == len(moments) - len(credible)
    # Rows that tell no time stand among the others: nothing impossible comes of them.
    gaps: Times = [None if place in untold else moment for place, moment in enumerate(moments)]
    ends = ends_of(len(gaps), gaps.__getitem__, NOW)
    for moment in (ends.newest, ends.oldest):
        assert moment is None or moment in credible


# -- round edges -----------------------------------------------------------------------------------


@given(
    st.datetimes(NAIVE.replace(year=2000), NAIVE.replace(year=2030), timezones=st.just(UTC)),
    st.timedeltas(timedelta(0), timedelta(days=4000)),
    st.integers(1, 300),
    st.sampled_from([UTC, ZONE, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")]),
)
def test_parts_are_equal_round_as_fine_as_fits_and_cover_all(
    start: datetime, length: timedelta, most: int, zone: timezone | ZoneInfo
) -> None:
    end = start + length
    first, last, count = parts(start, end, most, zone)
    assert first <= start <= end < last
    assert 1 <= count <= max(8, most)
    step = (last - first) / count
    assert step * count == last - first
    assert first > start - step
    offset = start.astimezone(zone).utcoffset()
    assert offset is not None
    local = first.astimezone(timezone(offset))
    assert local.second % min(60, step.seconds or 60) == 0
    if step >= timedelta(hours=1):
        assert local.minute == 0
    if step >= timedelta(days=1):
        assert local.hour == 0
    if step >= timedelta(days=7):
        assert local.weekday() == 0


def test_the_same_rows_a_moment_later_have_the_same_parts() -> None:
    query = DeliveryQuery(last=timedelta(hours=24))
    first = frame(query, 0, [].__getitem__, 60, NOW)
    second = frame(query, 0, [].__getitem__, 60, NOW + timedelta(seconds=15))
    assert first == second


# -- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (at(9), at(11, 30), "09:00 - 11:30"),
        (at(9), at(13), "09:00 - now"),
        (at(22, day=13), at(2), "13 Mar 22:00 - 14 Mar 02:00"),
        (at(9, day=12), at(15, day=12), "12 Mar 09:00 - 15:00"),
        (at(9, day=12), NOW, "12 Mar 09:00 - now"),
        (at(0, day=1), at(0, day=13), "1 Mar - 12 Mar"),
        (at(0, day=20, month=12, year=2025), at(0, day=2, month=1), "20 Dec 2025 - 1 Jan"),
        (at(0, day=20, month=11, year=2025), at(1, day=20, month=11, year=2025),
         "20 Nov 2025 00:00 - 01:00"),
        (at(9), at(9, 1) + timedelta(seconds=30), "09:00:00 - 09:01:30"),
        (ZERO, FAR, "1 Jan 1 - now"),
    ],
)  # fmt: skip
def test_a_stretch_is_told_with_what_is_not_obvious(
    start: datetime, end: datetime, words: str
) -> None:
    assert between(start.astimezone(UTC) if start.year > 1 else start, end, NOW) == words


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=12), "12 min"),
        (timedelta(minutes=90), "1.5 h"),
        (timedelta(hours=1), "1 h"),
        (timedelta(days=20), "20 d"),
    ],
)
def test_a_length_is_told_roughly(span: timedelta, words: str) -> None:
    assert roughly(span) == words


# -- the part of a moment --------------------------------------------------------------------------


@given(st.integers(1, 10**9), st.integers(1, 300), st.data())
def test_a_moment_falls_where_its_row_is_counted(
    length: int, buckets: int, data: st.DataObject
) -> None:
    passed = data.draw(st.integers(-2, length + 2))
    start = at(0)
    micro = timedelta(microseconds=1)
    place = bucket_of(start + passed * micro, start, start + length * micro, buckets)
    edges = [length * number // buckets for number in range(buckets + 1)]
    holds = [n for n in range(buckets) if edges[n] <= passed < edges[n + 1]]
    assert ([] if place is None else [place]) == holds


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (None, "xxxx"),
        ((None, NOW), "...."),
        ((None, NOW - 2 * HOUR), "...x"),  # the third begins at that very moment
        ((NOW - 2 * HOUR, NOW), "xx.."),
        ((NOW - 2.5 * HOUR, NOW), "x..."),  # the second is read in part
        ((NOW - 3 * HOUR, NOW - 1.5 * HOUR), "x..x"),
        ((NOW - 9 * HOUR, NOW - 8 * HOUR), "xxxx"),
    ],
)
def test_parts_that_lie_where_not_all_was_read(
    whole: tuple[datetime | None, datetime] | None, expected: str
) -> None:
    found = unread(NOW - 4 * HOUR, NOW, 4, whole)
    assert "".join("x" if lacks else "." for lacks in found) == expected
