"""Turns to send: evenly spaced, hardly made up for, slowed by the server and given back."""

from __future__ import annotations

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes import FakeClock
from vzaps_tui.domain.problems import (
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.services.pacing import LONGEST_WAIT, PATIENCE, Outage, Pace


async def turns(pace: Pace, clock: FakeClock, count: int, wish: float | None = None) -> list[float]:
    """When so many turns of one plan were."""

    async def take() -> list[float]:
        taken: list[float] = []
        last: float | None = None
        for _ in range(count):
            last = await pace.turn(wish, last)
            taken.append(last)
        return taken

    return await clock.run(asyncio.ensure_future(take()))


@pytest.mark.parametrize(
    ("limit", "wish", "expected"),
    [
        (1.0, None, [0, 1, 2, 3]),
        (4.0, None, [0, 0.25, 0.5, 0.75]),
        (1.0, 0.5, [0, 2, 4, 6]),
        (1.0, 2.0, [0, 0.5, 1, 1.5]),
    ],
)
async def test_turns_are_evenly_spaced(
    limit: float, wish: float | None, expected: list[float]
) -> None:
    clock = FakeClock()
    assert await turns(Pace(clock, limit), clock, 4, wish) == expected


@pytest.mark.parametrize("away", [5.0, 3600.0, 86400.0 * 30])
async def test_what_a_sleep_of_the_machine_left_out_is_not_made_up_for(away: float) -> None:
    clock = FakeClock()
    pace = Pace(clock, 1.0)
    await turns(pace, clock, 3)
    clock.shift(away)
    first, *others = await turns(pace, clock, 4)
    assert [round(at - first, 6) for at in others] == [1, 2, 3]


async def test_a_sleep_of_the_machine_in_the_middle_of_a_wait_is_no_burst() -> None:
    clock = FakeClock()
    pace = Pace(clock, 1.0)
    taking = [asyncio.ensure_future(pace.turn()) for _ in range(4)]
    await clock.advance(0)
    clock.shift(1000)
    taken = await clock.run(asyncio.ensure_future(asyncio.gather(*taking)))
    assert taken == [0, 1000, 1001, 1002]


async def test_two_plans_share_the_pace_by_turns_and_a_slow_one_holds_nobody_up() -> None:
    clock = FakeClock()
    pace = Pace(clock, 1.0)
    both = asyncio.gather(turns_of(pace, 4), turns_of(pace, 4))
    one, other = await clock.run(asyncio.ensure_future(both))
    assert sorted(one + other) == list(range(8))
    assert abs(len([at for at in one if at < 4]) - 2) <= 1
    clock = FakeClock()
    pace = Pace(clock, 1.0)
    both = asyncio.gather(turns_of(pace, 2, 0.1), turns_of(pace, 8))
    slow, quick = await clock.run(asyncio.ensure_future(both))
    assert slow[1] - slow[0] >= 10
    assert quick[-1] <= 8


async def turns_of(pace: Pace, count: int, wish: float | None = None) -> list[float]:
    taken: list[float] = []
    last: float | None = None
    for _ in range(count):
        last = await pace.turn(wish, last)
        taken.append(last)
    return taken


def test_a_429_takes_some_of_the_pace_and_success_gives_it_back() -> None:
    clock = FakeClock()
    pace = Pace(clock, 10.0)
    pace.heed(RateLimitedError(retry_after=3.0))
    assert round(pace.rate(), 6) == 7.0
    assert round(pace.rate(1.0), 6) == 0.7
    assert pace.held_for == 3.0
    # What was under way when it came is no further news; what it asks for is.
    pace.heed(RateLimitedError(retry_after=5.0))
    assert round(pace.rate(), 6) == 7.0
    assert pace.held_for == 5.0
    clock.shift(5.0)
    pace.heed(None)
    assert round(pace.rate(), 6) == 7.0, "not at once"
    clock.shift(20.0)
    pace.heed(None)
    assert 7.0 < pace.rate() < 7.1
    for _ in range(500):
        clock.shift(0.1)
        pace.heed(None)
    assert pace.rate() == 10.0


def test_after_a_storm_it_comes_back_quickly_to_half() -> None:
    clock = FakeClock()
    pace = Pace(clock, 10.0)
    for _ in range(20):
        pace.heed(RateLimitedError(retry_after=1.0))
        clock.shift(1.0)
    assert pace.rate() < 0.5
    for _ in range(10):
        pace.heed(None)
    assert 5.0 <= pace.rate() <= 5.5


class Allowing:
    """A server that takes so many a second, and some at once after a silence."""

    def __init__(self, clock: FakeClock, per_second: float) -> None:
        self.per_second = per_second
        self._clock = clock
        self._left = self._most
        self._seen = 0.0

    @property
    def _most(self) -> float:
        return max(1.0, self.per_second)

    def ask(self) -> RateLimitedError | None:
        now = self._clock.monotonic()
        self._left = min(self._most, self._left + (now - self._seen) * self.per_second)
        self._seen = now
        if self._left < 1.0:
            return RateLimitedError(retry_after=1.0)
        self._left -= 1.0
        return None


async def carry_out(pace: Pace, clock: FakeClock, server: Allowing, count: int) -> int:
    """Send so many; how many were answered with a 429."""
    taken, refused, last = 0, 0, None
    while taken < count:
        last = await clock.run(asyncio.ensure_future(pace.turn(None, last)))
        problem = server.ask()
        pace.heed(problem)
        taken += problem is None
        refused += problem is not None
    return refused


@pytest.mark.parametrize(
    ("wish", "most"),
    [(20.0, 0), (21.0, 1), (22.0, 1), (25.0, 1), (30.0, 1), (40.0, 1), (60.0, 2), (200.0, 4)],
)
async def test_what_a_server_takes_is_found_out_with_few_429s(wish: float, most: int) -> None:
    clock = FakeClock()
    pace, server = Pace(clock, wish), Allowing(clock, 20.0)
    refused = await carry_out(pace, clock, server, 500)
    assert refused <= most
    assert clock.monotonic() <= 1.1 * 500 / server.per_second


async def test_a_server_that_takes_less_all_at_once_says_so_twice_at_most() -> None:
    clock = FakeClock()
    pace, server = Pace(clock, 20.0), Allowing(clock, 20.0)
    assert await carry_out(pace, clock, server, 200) == 0
    server.per_second = 10.0
    began = clock.monotonic()
    assert await carry_out(pace, clock, server, 200) <= 2
    assert clock.monotonic() - began <= 1.1 * 200 / server.per_second


async def test_a_server_that_takes_more_again_gets_more() -> None:
    clock = FakeClock()
    pace, server = Pace(clock, 40.0), Allowing(clock, 10.0)
    await carry_out(pace, clock, server, 300)
    assert pace.rate() < 12
    server.per_second = 50.0
    assert await carry_out(pace, clock, server, 6000) == 0
    assert pace.rate() == 40.0


@pytest.mark.parametrize("late", [0.002, 0.02, 0.04])
async def test_a_moment_late_is_gained_back(late: float) -> None:
    clock = FakeClock()
    pace = Pace(clock, 20.0)
    last = None
    for _ in range(101):
        last = await clock.run(asyncio.ensure_future(pace.turn(None, last)))
        clock.shift(late)
    assert round(clock.monotonic() - late, 6) == 5.0


def test_it_never_stands_still() -> None:
    clock = FakeClock()
    pace = Pace(clock, 1.0)
    for _ in range(100):
        pace.heed(RateLimitedError(retry_after=0.0))
    assert round(pace.rate(), 6) == 1 / 32


@pytest.mark.parametrize(
    ("problem", "waits"),
    [
        (RateLimitedError(), [2, 4, 8, 16, 32, 60, 60]),
        (UnavailableError("down"), [2, 4, 8, 16, 32, 60, 60]),
        (ProtocolError("HTML"), [2, 4, 8, 16, 32, 60, 60]),
        (RateLimitedError(retry_after=7.0), [7, 7]),
        (RateLimitedError(retry_after=1e9), [LONGEST_WAIT]),
        (RejectedError("no"), [0, 0]),
    ],
)
def test_how_long_everybody_waits(problem: VzapsError, waits: list[float]) -> None:
    clock = FakeClock()
    pace = Pace(clock, 1.0)
    for wait in waits:
        pace.heed(problem)
        assert pace.held_for == wait
        clock.shift(wait)


def test_after_a_success_waits_begin_anew() -> None:
    clock = FakeClock()
    pace = Pace(clock, 1.0)
    for _ in range(3):
        pace.heed(UnavailableError())
        clock.shift(pace.held_for)
    pace.heed(None)
    pace.heed(UnavailableError())
    assert pace.held_for == 2


_EVENTS = st.one_of(
    st.floats(0, 5000).map(lambda seconds: ("shift", seconds)),
    st.floats(0, 0.3).map(lambda seconds: ("shift", seconds)),
    st.sampled_from([("well", 0.0), ("turn", 0.0), ("turn", 0.0), ("down", 0.0)]),
    st.floats(0, 100).map(lambda seconds: ("429", seconds)),
)


@settings(max_examples=100, deadline=None)
@given(events=st.lists(_EVENTS, max_size=40), limit=st.floats(0.1, 50))
async def test_whatever_happens_never_more_are_sent_than_the_limit_allows(
    events: list[tuple[str, float]], limit: float
) -> None:
    clock = FakeClock()
    pace = Pace(clock, limit)
    taken: list[float] = []
    for what, seconds in events:
        match what:
            case "shift":
                clock.shift(seconds)
            case "well":
                pace.heed(None)
            case "down":
                pace.heed(UnavailableError())
            case "429":
                pace.heed(RateLimitedError(retry_after=seconds))
            case _:
                free = clock.monotonic() + pace.held_for
                await clock.run(asyncio.ensure_future(pace.turn()))
                taken.append(clock.monotonic())
                assert taken[-1] >= free - 1e-6
    gaps = [later - earlier for earlier, later in itertools.pairwise(taken)]
    assert all(gap >= 0.5 / limit - 1e-6 for gap in gaps)
    for (first, earlier), (last, later) in itertools.combinations(enumerate(taken), 2):
        assert later - earlier >= (last - first) / limit - 0.1 - 1e-6


@pytest.mark.parametrize("answer", [None, RateLimitedError("slow"), RejectedError("no")])
def test_an_outage_is_over_with_any_answer(answer: VzapsError | None) -> None:
    clock = FakeClock()
    outage, down = Outage(clock), UnavailableError("connection refused")
    assert outage.note(down) == ""
    clock.shift(PATIENCE - 1)
    assert outage.note(down) == ""
    assert outage.note(answer) == ""
    assert outage.note(down) == ""
    clock.shift(PATIENCE - 1)
    assert outage.note(down) == ""
    clock.shift(1)
    assert outage.note(down) == "the API does not answer: connection refused"
