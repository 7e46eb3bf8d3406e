"""A limit of calls a second: a second's worth at once, the rest as time goes by."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.servers import running
from vzaps_tui.emulator.allowance import Allowance, parse_allowance
from vzaps_tui.emulator.world import World


class _Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_second_s_worth_at_once_then_as_time_goes_by() -> None:
    clock = _Clock()
    limit = Allowance(4, "retry", clock)
    assert [limit.take("retry") for _ in range(6)] == [True] * 4 + [False] * 2
    clock.now += 0.25
    assert [limit.take("retry") for _ in range(2)] == [True, False]
    clock.now += 3600
    assert sum(limit.take("retry") for _ in range(20)) == 4


def test_slower_than_one_a_second() -> None:
    clock = _Clock()
    limit = Allowance(0.5, None, clock)
    assert [limit.take("list") for _ in range(2)] == [True, False]
    clock.now += 2
    assert limit.take("log")


@pytest.mark.parametrize(
    ("limited", "free"), [("retry", ("search", "token", "log")), (None, ("token",))]
)
def test_other_routes_are_not_held_up(limited: str | None, free: tuple[str, ...]) -> None:
    limit = Allowance(1, limited, _Clock())
    assert [limit.take("retry") for _ in range(2)] == [True, False]
    assert all(limit.take(route) for route in free for _ in range(5))


@given(
    per_second=st.floats(0.1, 50),
    steps=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 20)), max_size=40),
)
def test_never_more_than_allowed(per_second: float, steps: list[tuple[float, int]]) -> None:
    clock = _Clock()
    limit, began, taken = Allowance(per_second, None, clock), clock.now, 0
    for wait, calls in steps:
        clock.now += wait
        taken += sum(limit.take("search") for _ in range(calls))
        assert taken <= max(1, per_second) + (clock.now - began) * per_second + 1e-6


@pytest.mark.parametrize(
    ("text", "meant"),
    [("20", (20.0, None)), ("0.5:retry", (0.5, "retry")), ("1e2:token", (100.0, "token"))],
)
def test_what_is_written(text: str, meant: tuple[float, str | None]) -> None:
    found = parse_allowance(text)
    assert (found.per_second, found.route) == meant


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "ten", ":retry"])
def test_no_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no number of calls a second above 0; write R"):
        parse_allowance(text)


@pytest.mark.parametrize("text", ["1:", "1:Retry", "1:retry:2"])
def test_no_route(text: str) -> None:
    with pytest.raises(ValueError, match="no route is called"):
        parse_allowance(text)


def test_what_is_turned_away_gets_a_429_and_is_not_carried_out() -> None:
    world = World(logs=5)
    world.allowances = (Allowance(1, "retry", _Clock()),)
    instance = world.instances[0]
    log = world.search(instance, 1, 1, None)[0][0]
    headers = {"Authorization": f"Bearer {world.issue_token()}"}
    with running(world) as server:
        url = f"{server.base_url}/instances/{instance.id}/webhook/logs/{log.id}/retry"
        answers = [httpx.post(url, headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 429, 429]
    assert answers[1].headers["Retry-After"] == "1"
    assert log.retries == 1
