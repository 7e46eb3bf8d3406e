"""Servers that fail in every way: asked at most once, none forgotten, every final word true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.campaign.arena import Storm, arena, programs
from tests.campaign.player import BUSY, DISK, DONE
from vzaps_tui.domain.plans import PlanState
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.emulator.logs import Status

SIZE = 40
_LIMITS = ("rate-limit", "rate-limit-date", "rate-limit-bare")


@dataclass(frozen=True)
class Weather:
    """What happens to the calls of a plan.

    Attributes:
        kinds: by route.
        part: of the calls of these routes.
        scenario: of the whole server.
        order: what programs are told beyond.
    """

    kinds: dict[str, Sequence[str]]
    part: float = 0.4
    scenario: str = ""
    order: tuple[tuple[str, Any], ...] = ()


CALM = {"log": ("error-500",), "search": ("error-500",)}
WEATHERS = {
    "reset before": Weather({"retry": ["reset"]}),
    "reset after": Weather({"retry": ["reset-after"]}),
    "reset after, new log": Weather({"retry": ["reset-after"]}, scenario="retry-new-log"),
    "reset after, silent": Weather({"retry": ["reset-after"]}, scenario="retry-new-log-silent"),
    "timeouts": Weather({"retry": ["no-answer"]}, part=0.2, order=(("timeout", 0.25),)),
    "garbled": Weather({"retry": ["cut-body", "list", "null", "empty-body", "portal"]}),
    "429 storm": Weather({"retry": _LIMITS, "log": _LIMITS, "search": _LIMITS}, part=0.35),
    "500s": Weather({"retry": ["error-500", "error-503", "html-error"], **CALM}),
    "tokens expire": Weather(
        dict.fromkeys(("retry", "log", "search"), ("expired-token",)), part=0.15
    ),
    "refusals": Weather({"retry": ["forbidden", "unprocessable", "success-false", "not-found"]}),
    "everything": Weather(
        {
            "retry": ["reset", "reset-after", "cut-body", "error-500", *_LIMITS, "expired-token"],
            "log": ["reset", "error-500", "cut-body", *_LIMITS],
            "search": ["reset", "error-500", *_LIMITS],
        },
        part=0.3,
    ),
}


@pytest.mark.parametrize("name", WEATHERS)
def test_in_any_weather(tmp_path: Path, name: str) -> None:
    weather = WEATHERS[name]
    scenarios = (weather.scenario,) if weather.scenario else ()
    with arena(tmp_path, seed=11, scenarios=scenarios) as field, programs() as (program,):
        plan = field.plan(SIZE, seed=5)
        field.world.faults = storm = Storm(f"17 {name}", weather.kinds, weather.part)
        runs = field.finish(program, field.order(plan, **dict(weather.order)))
        verdict = field.judge(plan.id)
        asked = sum(log.retries for log in field.instance.logs)
    told = f"{storm.happened.total()} faults, {asked} carried out, {runs} runs: {verdict}"
    print(f"{name}, seed {storm.seed!r}: {told}")  # noqa: T201 - figures
    assert storm.happened
    verdict.hold()
    # A 429 and an expired token say that nothing was done: nothing is left out because of them.
    if name in ("429 storm", "tokens expire"):
        assert asked == SIZE


def test_credentials_that_are_refused_stop_it_and_lose_nothing(tmp_path: Path) -> None:
    with arena(tmp_path, seed=12) as field, programs() as (program,):
        plan = field.plan(SIZE, seed=5)
        assert program.run(field.order(plan, secret="cs_revoked")) == DONE  # noqa: S106 - none
        found, entries = field.look(plan.id)
        assert found.state is PlanState.STOPPED
        assert found.why.startswith("Credentials refused")
        assert {entry.outcome for entry in entries} == {Outcome.QUEUED}
        field.finish(program, field.order(plan))
        field.judge(plan.id).hold()


@pytest.mark.parametrize("size", [50_000, 80_000, 130_000, 200_000])
def test_a_full_disk_stops_it_before_anything_is_sent_unwritten(tmp_path: Path, size: int) -> None:
    with arena(tmp_path, seed=13) as field, programs() as (program,):
        plan = field.plan(SIZE, seed=5)
        ended = program.run(field.order(plan, bytes=size))
        found, entries = field.look(plan.id)
        asked = {log.id for log in field.instance.logs if log.retries}
        # What was carried out had been written down before it was.
        assert asked <= {entry.log for entry in entries if entry.sent_at}
        assert ended in (DONE, DISK)
        assert found.state is not PlanState.DONE
        assert len(asked) < SIZE
        field.finish(program, field.order(plan))
        verdict = field.judge(plan.id)
    print(f"full at {size} bytes, after {len(asked)} retries: {verdict}")  # noqa: T201 - figures
    verdict.hold()


def test_two_programs_cannot_carry_out_one_plan(tmp_path: Path) -> None:
    with arena(tmp_path, seed=14) as field, programs(2) as (one, other):
        plan = field.plan(SIZE, seed=5)
        one.begin(field.order(plan, pace=2.0))
        one.wait_for(SIZE + 3)
        assert other.run(field.order(plan)) == BUSY
        assert one.end() == DONE
        assert field.look(plan.id)[0].state is PlanState.DONE
        field.judge(plan.id).hold()


def test_two_programs_with_the_same_deliveries_send_each_once(tmp_path: Path) -> None:
    with arena(tmp_path, seed=15) as field, programs(2) as (one, other):
        first = field.plan(SIZE, seed=5)
        second = field.plan(0, seed=5, again=field.look(first.id)[1])
        one.begin(field.order(first))
        other.begin(field.order(second))
        assert (one.end(), other.end()) == (DONE, DONE)
        asked = [log.retries for log in field.instance.logs if log.retries]
        assert asked == [1] * SIZE
        words = {
            plan.id: [entry.reason for entry in field.look(plan.id)[1] if not entry.sent_at]
            for plan in (first, second)
        }
        assert sum(map(len, words.values())) == SIZE
        told = {reason for reasons in words.values() for reason in reasons}
        known = {f"plan {plan.id} has sent it meanwhile" for plan in (first, second)}
        assert told <= known | {"already delivered", "still pending"}


def test_a_canary_that_dies_holds_its_cause_back_until_another_lives(
    tmp_path: Path,
) -> None:
    with arena(tmp_path, seed=16, scenarios=("retry-fails",)) as field, programs() as (program,):
        plan = field.plan(SIZE, seed=5)
        assert program.run(field.order(plan, canary=True)) == DONE
        found, entries = field.look(plan.id)
        causes = {entry.cause for entry in entries}
        sent = [entry for entry in entries if entry.sent_at]
        assert len(sent) == len(causes) < SIZE
        assert "held back, the first of" in found.why
        assert {log.status for log in field.instance.logs if log.retries} == {Status.FAILED}
        # Still broken: another one of each cause, and the rest is held back again.
        program.run(field.order(plan, canary=True))
        again = [entry for entry in field.look(plan.id)[1] if entry.sent_at]
        assert len(sent) < len(again) <= 2 * len(causes) < SIZE
        field.world.scenarios.clear()
        field.finish(program, field.order(plan, canary=True))
        field.judge(plan.id).hold()


def test_a_breaker_stops_it(tmp_path: Path) -> None:
    with arena(tmp_path, seed=17, scenarios=("retry-fails",)) as field, programs() as (program,):
        plan = field.plan(SIZE, seed=5)
        assert program.run(field.order(plan, breaker=5, pace=1.0)) == DONE
        found, entries = field.look(plan.id)
        assert found.state is PlanState.STOPPED
        assert found.why.startswith("5 failures in a row, the last: ")
        # In hurried time a word may be overdue before it could come: those are not waited for.
        assert 5 <= sum(entry.sent_at is not None for entry in entries) <= 5 + 3
        field.judge_sent(plan.id).hold()
