"""How many are sent beyond the failures in a row that stop a plan, and what it costs in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from tests.builders import delivered, delivery, failed_again
from tests.fakes import Call
from tests.unit.retries.ground import Ground
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.plans import Plan
from vzaps_tui.domain.retries import Outcome

LIMIT = 10


async def carry_out(
    results: Sequence[Callable[[Delivery], Delivery]], *, pace: float, after: float = 0.0
) -> tuple[Ground, Plan, float]:
    """Retry deliveries, each with its own result that shows so many seconds later.

    Returns:
        What is left of it, and how many seconds it took from the first to the last one sent.
    """
    ground = Ground(len(results))
    ground.start(pace=pace, breaker=LIMIT, canary=False)
    due: dict[str, float] = {}
    sent_at: list[float] = []
    of_log = {f"log_{number}": result for number, result in enumerate(results, 1)}

    def pend(row: Delivery) -> Delivery:
        due[row.id] = ground.clock.monotonic() + after
        return replace(row, status="pending")

    def happen(call: Call) -> None:
        if call.name == "retry":
            sent_at.append(ground.clock.monotonic())
        for log in [log for log, at in due.items() if at <= ground.clock.monotonic()]:
            del due[log]
            before = replace(ground.server.row(LogId(log)), status="failed")
            ground.server.put(of_log[log](before))

    ground.server.becomes = dict.fromkeys(of_log, pend)
    ground.server.hook = happen
    plan = await ground.plan(*range(1, len(results) + 1))
    await ground.resume(plan.id)
    return ground, plan, sent_at[-1] - sent_at[0]


@pytest.mark.parametrize("after", [0.0, 0.2, 0.9, 5.0])
@pytest.mark.parametrize("pace", [0.5, 1.0, 5.0, 20.0, 100.0])
async def test_where_nothing_is_delivered_no_more_are_sent_than_are_too_many(
    pace: float, after: float
) -> None:
    ground, plan, _ = await carry_out([failed_again] * 60, pace=pace, after=after)
    assert len(ground.sent) == LIMIT
    words = Counter(await ground.words(plan.id))
    assert words == {Outcome.FAILED_AGAIN: LIMIT, Outcome.QUEUED: 60 - LIMIT}


@pytest.mark.parametrize("pace", [0.5, 1.0, 2.0, 5.0, 20.0])
async def test_where_it_breaks_midway_what_was_under_way_is_sent_too(pace: float) -> None:
    good = 100
    ground, _, _ = await carry_out([delivered] * good + [failed_again] * 100, pace=pace, after=0.2)
    # From a retry to the word on it: 0.3 seconds, and up to 0.5 until others are looked at.
    under_way = 0.8 * pace + 1
    assert LIMIT <= len(ground.sent) - good <= max(LIMIT, under_way)


async def test_a_few_failures_among_many_cost_no_time() -> None:
    results = [failed_again if number % 7 == 0 else delivered for number in range(200)]
    ground, _, took = await carry_out(results, pace=20.0, after=0.2)
    assert len(ground.sent) == 200
    assert took <= 1.1 * 200 / 20


async def test_words_that_come_late_or_never_hold_nothing_up_for_long() -> None:
    ground, _, took = await carry_out([delivered] * 100, pace=20.0, after=25.0)
    assert len(ground.sent) == 100
    # Ten, and ten more each time that those are overdue, until the first is known.
    assert took <= 40
    ground, _, took = await carry_out([delivered] * 60, pace=1.0, after=1000.0)
    assert len(ground.sent) == 60
    assert took <= 1.1 * 60


async def test_a_persons_word_makes_it_wary_again() -> None:
    ground = Ground(60)
    ground.start(pace=20.0, breaker=LIMIT, canary=False)
    ground.server.becomes = dict.fromkeys((f"log_{n}" for n in range(1, 61)), failed_again)
    plan = await ground.plan(*range(1, 61))
    for turn in range(1, 4):
        await ground.resume(plan.id)
        assert len(ground.sent) == turn * LIMIT
    assert delivery(1).id in ground.sent


@pytest.mark.parametrize("seconds", [0.5, 30.0, 3600.0, 86400.0 * 3])
async def test_a_machine_that_slept_sends_no_burst_and_nothing_twice(seconds: float) -> None:
    ground = Ground(40)
    ground.start(pace=2.0, breaker=LIMIT, canary=False)
    sent_at: list[float] = []

    def note(call: Call) -> None:
        if call.name == "retry":
            sent_at.append(ground.clock.monotonic())
            if len(sent_at) % 10 == 0:
                ground.clock.shift(seconds)  # all that was waited for is due at once

    ground.server.hook = note
    plan = await ground.plan(*range(1, 41))
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [Outcome.DELIVERED] * 40
    assert sorted(ground.sent) == sorted({f"log_{n}" for n in range(1, 41)})
    for first in range(39):
        for last in range(first + 1, 40):
            assert sent_at[last] - sent_at[first] >= (last - first) / 2.0 - 0.1 - 1e-6


async def test_a_pause_saves_up_no_turns() -> None:
    ground = Ground(40)
    ground.start(pace=2.0, breaker=LIMIT, canary=False)
    plan = await ground.plan(*range(1, 41))
    task = ground.begin(plan.id)
    await ground.clock.advance(5)
    ground.service.pause(plan.id)
    await ground.clock.advance(600)
    before = len(ground.sent)
    ground.service.go_on(plan.id)
    await ground.clock.advance(5)
    assert len(ground.sent) - before <= 5 * 2 + 1
    await ground.clock.run(task)
    assert len(ground.sent) == len(set(ground.sent)) == 40
