"""A plan that is taken up with another pace, canaries or limit of failures than before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import failed_again
from tests.unit.retries.ground import Ground
from vzaps_tui.domain.plans import PlanBusyError, Tuning
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.retries import Outcome

Q, D, F = Outcome.QUEUED, Outcome.DELIVERED, Outcome.FAILED_AGAIN


@pytest.fixture
def ground() -> Ground:
    return Ground(12)


async def test_a_new_pace_counts_and_is_written_down(ground: Ground) -> None:
    plan = await ground.plan(*range(1, 11), canary=False)
    task = ground.begin(plan.id, tuning=Tuning(pace=0.25))
    await ground.clock.advance(8.5)
    assert len(ground.sent) == 3
    status = ground.service.status(plan.id)
    assert status
    assert (status.pace, status.plan.pace) == (0.25, 0.25)
    task.cancel()
    await ground.clock.run(task)
    found, _ = await ground.service.entries(plan.id)
    assert (found.pace, found.canary, found.breaker) == (0.25, False, None)
    ground.start()  # another program: what was said last counts
    task = ground.begin(plan.id)
    await ground.clock.advance(8.5)
    assert len(ground.sent) == 6
    task.cancel()
    await ground.clock.run(task)


async def test_canaries_are_done_without_from_now_on(ground: Ground) -> None:
    ground.server.becomes = dict.fromkeys((f"log_{n}" for n in range(1, 5)), failed_again)
    plan = await ground.plan(1, 2, 3, 4, canary=True)
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [F, Q, Q, Q]
    await ground.resume(plan.id, tuning=Tuning(canary=False))
    assert await ground.words(plan.id) == [F] * 4


@pytest.mark.parametrize(("limit", "sent"), [(1, 1), (3, 3), (0, 6)])
async def test_another_limit_of_failures(ground: Ground, limit: int, sent: int) -> None:
    ground.server.becomes = dict.fromkeys((f"log_{n}" for n in range(1, 7)), failed_again)
    plan = await ground.plan(*range(1, 7), canary=False, breaker=2, pace=0.1)
    await ground.resume(plan.id, tuning=Tuning(breaker=limit))
    assert len(ground.sent) == sent


async def test_where_it_cannot_be_written_down_nothing_is_sent(ground: Ground) -> None:
    plan = await ground.plan(1, 2)
    ground.disk.full = frozenset({"tune"})
    with pytest.raises(StorageError):
        await ground.resume(plan.id, tuning=Tuning(pace=5))
    assert ground.sent == []
    await ground.resume(plan.id)  # says nothing new: nothing needs to be written
    assert await ground.words(plan.id) == [D, D]


async def test_a_plan_that_runs_is_not_changed_from_elsewhere(ground: Ground) -> None:
    plan = await ground.plan(1, 2)
    task = ground.begin(plan.id)
    await ground.clock.advance(0.5)
    with pytest.raises(PlanBusyError):
        await ground.service.resume(plan.id, ground.told.append, tuning=Tuning(pace=9))
    await ground.clock.run(task)
    found, _ = await ground.service.entries(plan.id)
    assert replace(plan, state=found.state, began=found.began, ended=found.ended) == found
