"""kill -9 at any moment: asked at most once, none forgotten, every final word true."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.campaign.arena import Arena, Program, Storm, Verdict, arena, programs
from tests.campaign.player import dice
from vzaps_tui.domain.plans import Plan, PlanState

SEED = 20261122
SIZE = 100


def kill_on_and_on(field: Arena, program: Program, plan: Plan, chance: Random, most: int) -> int:
    """Resume a plan and kill it, until it is done or has been killed so often; how often it was."""
    kills = 0
    while kills < most:
        found, _ = field.look(plan.id)
        if found.state is PlanState.DONE:
            break
        program.begin(field.order(plan, jumps=chance.randrange(1000)))
        # The first steps tell where each entry stands: what comes after them is what happens.
        kills += program.kill_after(SIZE + chance.randrange(12), chance.random() * 0.004)
        program.end()
    return kills


STORM = {
    "retry": ["reset", "reset-after", "cut-body", "error-500", "rate-limit", "expired-token"],
    "log": ["reset", "error-500", "rate-limit"],
    "search": ["reset", "error-500", "rate-limit"],
}


@pytest.mark.parametrize(
    ("scenario", "kills", "part"),
    [
        ("", 120, 0.0),
        ("retry-new-log", 40, 0.0),
        ("retry-new-log-silent", 40, 0.0),
        ("", 20, 0.1),
    ],
    ids=["updated", "new log", "silent new log", "in a storm"],
)
def test_killed_again_and_again(tmp_path: Path, scenario: str, kills: int, part: float) -> None:
    seed = f"{SEED} {scenario} {part}"
    chance = dice(seed)
    verdict, killed, plans = Verdict(), 0, 0
    scenarios = (scenario,) if scenario else ()
    with arena(tmp_path, seed=7, logs=9000, scenarios=scenarios) as field, programs() as (program,):
        field.world.faults = Storm(seed, STORM, part)
        while killed < kills:
            plan = field.plan(SIZE, seed=chance.randrange(10**6))
            killed += kill_on_and_on(field, program, plan, chance, kills - killed)
            field.finish(program, field.order(plan))
            verdict.add(field.judge(plan.id))
            plans += 1
    print(f"seed {seed!r}: {killed} kills over {plans} plans: {verdict}")  # noqa: T201 - figures
    verdict.hold()
