"""Ages and times in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.times import age, both_ends, clock_time, next_change, took

NOW = datetime(2026, 9, 18, 14, 2, 11, tzinfo=timezone(timedelta(hours=-3)))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-60, "just now"),
        (0, "just now"),
        (4.99, "just now"),
        (5, "5 s ago"),
        (19.9, "15 s ago"),
        (20, "20 s ago"),
        (59, "40 s ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86399, "23 h ago"),
        (86400, "1 d ago"),
        (40 * 86400, "40 d ago"),
    ],
)
def test_age(seconds: float, words: str) -> None:
    assert age(seconds) == words


@given(st.integers(-1000, 10**7))
def test_next_change_is_when_the_words_change(seconds: int) -> None:
    wait = next_change(seconds)
    assert wait > 0
    assert age(seconds + wait) != age(seconds)
    assert age(seconds + wait - 0.5) == age(seconds)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (None, "-"),
        (datetime(2026, 9, 18, 17, 2, 9, tzinfo=UTC), "14:02:09"),
        (datetime(2026, 9, 18, 2, 59, 0, tzinfo=UTC), "09-17 23:59"),
        (datetime(2026, 1, 1, 2, 59, 0, tzinfo=UTC), "2025-12-31"),
        (datetime(2026, 1, 1, 3, 0, 0, tzinfo=UTC), "01-01 00:00"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01"),
        (datetime(900, 1, 2, 12, tzinfo=UTC), "0900-01-02"),
    ],
)
def test_clock_time(moment: datetime | None, words: str) -> None:
    assert clock_time(moment, NOW) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (None, "-"),
        (datetime(2026, 9, 18, 17, 2, 9, tzinfo=UTC), "14:02:09"),
        (datetime(2026, 9, 18, 2, 59, 7, tzinfo=UTC), "09-17 23:59:07"),
        (datetime(2026, 1, 1, 2, 59, 0, tzinfo=UTC), "2025-12-31"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01"),
    ],
)
def test_clock_time_with_seconds_on_other_days(moment: datetime | None, words: str) -> None:
    assert clock_time(moment, NOW, fine=True) == words
    assert len(words) <= 14


TODAY = datetime(2026, 9, 18, 17, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(minutes=1), "14:01:09 to 14:02:09"),
        (timedelta(days=1), "09-17 14:02:09 to 09-18 14:02:09"),
        (timedelta(days=365), "2025-09-18 14:02:09 to 2026-09-18 14:02:09"),
    ],
)
def test_both_ends_have_one_form(ago: timedelta, words: str) -> None:
    assert both_ends(TODAY - ago, TODAY, NOW) == words


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_any_stretch_can_be_told(first: datetime, last: datetime) -> None:
    assert both_ends(first, last, NOW).count(" to ") == 1


@given(
    st.datetimes(timezones=st.just(UTC)),
    st.integers(-12, 14).map(lambda hours: NOW.astimezone(timezone(timedelta(hours=hours)))),
)
def test_every_time_can_be_told(moment: datetime, now: datetime) -> None:
    assert clock_time(moment, now).isprintable()


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, "-"),
        (0, "0 ms"),
        (0.4, "0 ms"),
        (42, "42 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (1000, "1.0 s"),
        (1234, "1.2 s"),
        (90_000, "90.0 s"),
    ],
)
def test_took(milliseconds: float | None, words: str) -> None:
    assert took(milliseconds) == words
