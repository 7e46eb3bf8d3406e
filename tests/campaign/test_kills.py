"""kill -9 at any moment: asked at most once, none forgotten, every final word true."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.campaign.arena import Arena, Program, Storm, Verdict, arena, programs
from tests.campaign.player import dice
from vzaps_tui.domain.plans import Plan

SEED = 20261122
SIZE = 100


def kill_on_and_on(field: Arena, program: Program, plan: Plan, chance: Random, most: int) -> int:
    """Resume a plan and kill it, until it is done or has been killed so often; how often it was."""
    kills = 0
    while kills < most:
        if field.is_done(plan.id):
            break
        program.begin(field.order(plan, jumps=chance.randrange(1000)))
        # The first steps tell where each entry stands: what comes after them is what happens.
        kills += program.kill_after(SIZE + chance.randrange(12), chance.random() * 0.004)
        program.end()
        field.let_answer()
    return kills


STORM = {
    "retry": ["reset", "reset-after", "cut-body", "error-500", "rate-limit", "expired-token"],
    "log": ["reset", "error-500", "rate-limit"],
    "search": ["reset", "error-500", "rate-limit"],
}


# Several short ones where one long one would do: they are fought at the same time.
CAMPAIGNS = {
    "updated, one": ("", 40, 0.0),
    "updated, two": ("", 40, 0.0),
    "updated, three": ("", 40, 0.0),
    "new log": ("retry-new-log", 40, 0.0),
    "silent new log": ("retry-new-log-silent", 40, 0.0),
    "in a storm": ("", 20, 0.1),
}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_killed_again_and_again(tmp_path: Path, name: str) -> None:
    scenario, kills, part = CAMPAIGNS[name]
    seed = f"{SEED} {name}"
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


def test_all_in_all_it_is_killed_two_hundred_times() -> None:
    assert sum(kills for _, kills, _ in CAMPAIGNS.values()) >= 200
