"""The speed that is told: smooth, and of the time in which something could be sent."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock
from vzaps_tui.services.speed import Speed


def sent(speed: Speed, clock: FakeClock, *gaps: float) -> list[float | None]:
    """Send after each gap; the speed told right after each."""
    told: list[float | None] = []
    for gap in gaps:
        clock.shift(gap)
        speed.note()
        told.append(speed.rate)
    return told


@pytest.mark.parametrize("pace", [0.1, 1.0, 4.0, 40.0])
def test_a_steady_pace_is_told_as_it_is(pace: float) -> None:
    clock = FakeClock()
    told = sent(Speed(clock, pace), clock, *[1 / pace] * 200)
    assert told[:3] == [None] * 3
    known = [rate for rate in told if rate is not None]
    assert all(abs(rate / pace - 1) < 0.1 for rate in known)


def test_nothing_is_told_too_soon() -> None:
    clock = FakeClock()
    assert set(sent(Speed(clock, 1000), clock, *[0.001] * 1000)) == {None}


def test_one_slow_answer_changes_little() -> None:
    clock = FakeClock()
    told = sent(Speed(clock, 1.0), clock, *[1.0] * 30, 4.0, *[1.0] * 30)
    known = [rate for rate in told if rate is not None]
    assert all(abs(after / before - 1) < 0.3 for before, after in pairwise(known))
    assert min(known) > 0.7


def test_a_new_speed_is_found_in_half_a_minute() -> None:
    clock = FakeClock()
    told = sent(Speed(clock, 4.0), clock, *[0.25] * 100, *[1.0] * 30)
    assert abs((told[-1] or 0.0) - 1.0) < 0.2


def test_a_rest_does_not_count() -> None:
    clock = FakeClock()
    speed = Speed(clock, 1.0)
    before = sent(speed, clock, *[1.0] * 20)[-1]
    speed.rest()
    speed.rest()
    clock.shift(3600)
    assert speed.rate == before
    speed.note()
    assert abs((speed.rate or 0.0) - 1.0) < 0.2


def test_what_is_seen_is_noted_from_the_first_look_on() -> None:
    clock = FakeClock()
    speed, other = Speed(clock, 1.0), Speed(clock, 1.0)
    for number in range(50):
        speed.see(400 + 2 * number, resting=False)
        if number:
            other.note()
            other.note()
        clock.shift(2)
    assert speed.rate == other.rate
    speed.see(500, resting=True)
    known = speed.rate
    clock.shift(100)
    assert speed.rate == known is not None


def test_what_sends_no_more_slows_down() -> None:
    clock = FakeClock()
    speed = Speed(clock, 1.0)
    sent(speed, clock, *[1.0] * 20)
    clock.shift(60)
    assert (speed.rate or 0.0) < 0.05


@given(st.lists(st.floats(0, 100), max_size=60), st.floats(0.001, 1000))
def test_it_is_never_negative(gaps: list[float], pace: float) -> None:
    clock = FakeClock()
    assert all(rate is None or rate >= 0 for rate in sent(Speed(clock, pace), clock, *gaps))
