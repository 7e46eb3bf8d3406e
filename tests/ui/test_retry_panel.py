"""How many retries go: the lines above the keys, pausing, and what stopped by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.builders import INSTANCE, NOW, delivered, delivery, failed_again
from tests.fakes import FakeGateway
from tests.ui.harness import choose, launch, press, screen_text, settle, shown, toasts, until
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.plans import Plan, PlanId, RunStatus
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.retry_lines import progress_lines
from vzaps_tui.ui.retry_progress import Progress, together
from vzaps_tui.ui.widgets.job_line import JobLine
from vzaps_tui.ui.widgets.retry_panel import RetryPanel

KEYS = ("P", "X")
PLAN = Plan(PlanId("0314-1"), "http://x", "a", InstanceId("VZ01"), NOW)
GOING = RunStatus(
    PLAN,
    Counter(
        {Outcome.DELIVERED: 187, Outcome.FAILED_AGAIN: 3, Outcome.QUEUED: 209, Outcome.SENDING: 1}
    ),
    pace=1.0,
    rate=0.98,
    eta=215.0,
)


def told(*going: RunStatus, halted: tuple[RunStatus, ...] = (), width: int = 118) -> str:
    lines = progress_lines(together(going, halted), KEYS, NOW, width)
    assert all(line.cell_length <= width for line in lines)
    return "\n".join(line.plain for line in lines)


# -- the lines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "said", "unsaid"),
    [
        (GOING, ["Retrying ━", "190 of 400 settled", "1.0 a second", "4 min to go"], ["Last"]),
        (GOING, ["187 DELIVERED · 3 FAILED AGAIN · 210 left", "P pauses · X stops"], ["NO NEWS"]),
        (replace(GOING, rate=0.031, eta=7000.0), ["0.03 a second · 1 h 57 min to go"], []),
        (replace(GOING, paused=True, eta=None), ["Paused ", "P goes on"], ["to go", "a second"]),
        (
            replace(GOING, halted="10 failures in a row, the last: 503", eta=None, sends=False),
            ["Stopped ", "Stopped by itself: 10 failures in a row, the last: 503", "P sends them"],
            ["to go"],
        ),
        (
            replace(GOING, halted="12 held back, the first of 502 of x failed again"),
            ["Retrying ", "12 held back, the first of 502 of x failed again"],
            ["by itself"],
        ),
        (replace(GOING, waiting=42.0), ["the API asks to wait until 12:00:42"], ["to go"]),
        (replace(GOING, errors=("log_1: REFUSED", "log_2: 503")), ["Last: log_2: 503 · log_1"], []),
        (replace(GOING, rate=None, eta=None), ["190 of 400 settled · ? to go"], ["a second"]),
    ],
)
@pytest.mark.parametrize("width", [118, 198])
def test_what_the_lines_say(
    status: RunStatus, said: list[str], unsaid: list[str], width: int
) -> None:
    text = told(status, width=width)
    for words in said:
        assert words in text
    for words in unsaid:
        assert words not in text


def test_plans_are_told_together() -> None:
    other = replace(GOING, counts=Counter({Outcome.DELIVERED: 10, Outcome.QUEUED: 90}), eta=400.0)
    text = told(GOING, other)
    assert "200 of 500 settled in 2 plans · 2.0 a second · 7 min to go" in text


def test_time_left_is_known_only_if_that_of_all_is() -> None:
    unknown = replace(GOING, rate=None, eta=None)
    assert "1.0 a second · ? to go" in told(GOING, unknown)
    assert "1.0 a second · 4 min to go" in told(GOING, replace(unknown, sends=False))


def test_one_that_stopped_by_itself_beside_one_that_goes() -> None:
    text = told(
        GOING, halted=(replace(GOING, halted="5 failures in a row", eta=None, sends=False),)
    )
    assert text.startswith("Retrying ")
    assert "5 failures in a row" in text


def test_what_is_over_is_left_not_stopped() -> None:
    text = told(halted=(replace(GOING, halted="5 failures in a row", eta=None, sends=False),))
    assert "P goes on · X leaves it" in text


ALL = Counter(dict.fromkeys(Outcome, 1200))


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (118, "7,200 of 10,800 settled · 1.0 a second · 1 h 57 min to go"),
        (98, "7,200 of 10,800 settled · 1.0 a second · 1 h 57 min to go"),
        (78, "7,200 of 10,800 · 1 h 57 min to go"),
        (58, "7,200 of 10,800  "),
    ],
)
def test_nothing_that_counts_is_cut_off(width: int, said: str) -> None:
    text = told(replace(GOING, counts=ALL, eta=7000.0), width=width)
    assert said in text
    assert "…" not in text
    for kind in Outcome:
        if kind not in (Outcome.QUEUED, Outcome.SENDING):
            assert f"1,200 {kind.value}" in text
    assert "2,400 left" in text


def test_why_it_stopped_may_take_two_lines() -> None:
    long = "16 held back, the first of 404 Not Found of old.example.com failed again: 503 in 1.2 s"
    halted = replace(GOING, halted=long, eta=None, sends=False)
    assert long in " ".join(told(halted, width=58).splitlines()[-2:])
    assert told(halted, width=118).count("\n") == told(halted, width=58).count("\n") - 1
    longer = replace(halted, halted=f"{long}; {long}; {long}")
    last = told(longer, width=58).splitlines()
    assert len(last) == len(told(halted, width=58).splitlines())
    assert last[-1].endswith("…")


@pytest.mark.parametrize("width", [20, 40, 58, 78])
def test_keys_are_never_cut_off(width: int) -> None:
    bad = "[red]\x1b[2J\u202e" + "x" * 300
    text = told(replace(GOING, errors=(bad,), halted=bad, eta=None, sends=False), width=width)
    assert "\x1b" not in text
    if width >= 40:
        assert "X stops" in text


def test_nothing_is_no_progress() -> None:
    assert together((), ()) == Progress(over=True)
    assert not Progress().is_sending


# -- in the program ------------------------------------------------------------------------------


def server(count: int, after: Callable[[FakeGateway, LogId], None]) -> FakeGateway:
    gateway = FakeGateway([delivery(number) for number in range(count, 0, -1)])
    gateway.page_cap = 500
    gateway.on_retry = lambda log: after(gateway, log)
    return gateway


def take(gateway: FakeGateway, log: LogId) -> None:
    gateway.put(delivered(gateway.row(log)))


def refuse(gateway: FakeGateway, log: LogId) -> None:
    gateway.put(failed_again(gateway.row(log)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Retrying ━━──── 190 of 400 · 3 FAILED AGAIN · 4 min to go   P pauses"),
        ({"eta": None, "rate": None}, "190 of 400 · 3 FAILED AGAIN · 187 DELIVERED   P pauses"),
        ({"waiting": 9.0}, "━━──── 190 of 400 · the API asks to wait   P"),
        (
            {"waiting": 9.0, "away": "x"},
            "190 of 400 · the API does not answer   P",
        ),
    ],
)
async def test_one_line_tells_what_is_left_too(changes: dict[str, object], said: str) -> None:
    gateway = server(15, take)
    gate = gateway.gate("detail")
    async with shown(launch(gateway, instance=INSTANCE), size=(80, 24)) as (app, pilot):
        await pilot.press("R")
        await until(pilot, lambda: app.screen.is_modal)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "0 of 15" in screen_text(pilot))
        (job,) = app.jobs._jobs  # pyright: ignore[reportPrivateUsage] - in place of 400 deliveries
        job.counts, job.total = Counter(GOING.counts), 400
        app.jobs.progress = together((replace(GOING, **changes),), ())
        app.jobs.progressed.publish(app.jobs.progress)
        await pilot.pause()
        assert said in screen_text(pilot)
        gate.set()


async def begun(pilot: Pilot[str]) -> None:
    await press(pilot, "R")
    await choose(pilot, "failed")


async def idle(app: VzapsApp, pilot: Pilot[str]) -> str:
    await until(pilot, lambda: not app.jobs.is_busy)
    await settle(pilot)
    return screen_text(pilot)


@pytest.mark.parametrize(("size", "lines"), [((120, 36), 2), ((80, 24), 0)])
async def test_many_have_a_panel_where_there_is_room(size: tuple[int, int], lines: int) -> None:
    gateway = server(15, take)
    gate = gateway.gate("detail")
    async with shown(launch(gateway, instance=INSTANCE), size=size) as (app, pilot):
        await pilot.press("R")
        await until(pilot, lambda: app.screen.is_modal)
        await pilot.press("right", "enter")
        await until(pilot, lambda: "0 of 15 settled" in screen_text(pilot))
        assert app.screen.query_one(RetryPanel).size.height == lines
        assert app.screen.query_one(JobLine).has_class("-open") is (not lines)
        assert "P pauses · X stops" in screen_text(pilot)
        gate.set()
        text = await idle(app, pilot)
        assert "settled" not in text
        assert "15 retries: 15 DELIVERED. H shows them." in toasts(app)


async def test_p_pauses_and_goes_on() -> None:
    gateway = server(15, take)
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("R")
        await until(pilot, lambda: app.screen.is_modal)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("P")
        assert "Paused; P goes on." in toasts(app)
        gate.set()
        await until(pilot, lambda: app.jobs.progress.settled == 1)
        await until(pilot, lambda: "Paused " in screen_text(pilot))
        assert gateway.count("retry") == 1
        assert app.jobs.is_busy
        await pilot.press("P")
        await idle(app, pilot)
        assert gateway.count("retry") == 15


async def test_p_without_work_says_so() -> None:
    async with shown(launch(server(1, take), instance=INSTANCE)) as (app, pilot):
        await press(pilot, "P")
        assert "Nothing is being retried." in toasts(app)


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_failures_in_a_row_stop_it_and_p_goes_on_all_the_same(size: tuple[int, int]) -> None:
    gateway = server(30, refuse)
    begin = launch(gateway, instance=INSTANCE)
    async with shown(begin, size=size) as (app, pilot):
        await press(pilot, "G", "R")
        await choose(pilot, "failed")
        text = await idle(app, pilot)
        sent = gateway.count("retry")
        assert sent < 30
        assert "by itself" in toasts(app)
        assert "Stopped " in text
        assert "P goes on" in text
        gateway.on_retry = lambda log: take(gateway, log)
        await press(pilot, "P")
        text = await idle(app, pilot)
        while "P goes on" in text:  # canaries that had failed hold theirs back
            await press(pilot, "P")
            text = await idle(app, pilot)
        assert gateway.count("retry") == 30
        logs = [call.args[1] for call in gateway.named("retry")]
        assert len(set(logs)) == 30


async def test_one_p_sends_all_that_canaries_held_back() -> None:
    gateway = server(8 + 20, refuse)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        await choose(pilot, "failed")
        await idle(app, pilot)
        assert gateway.count("retry") == 1, "the canary"
        assert "held back" in toasts(app)
        await press(pilot, "P")
        await idle(app, pilot)
        assert gateway.count("retry") > 9, "until so many failed in a row"


async def test_x_leaves_what_stopped_by_itself() -> None:
    gateway = server(30, refuse)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        await choose(pilot, "failed")
        assert "X leaves it" in await idle(app, pilot)
        sent = gateway.count("retry")
        text = await press(pilot, "X")
        assert "settled" not in text
        assert "H shows it." in toasts(app)
        await press(pilot, "P")
        assert gateway.count("retry") == sent
        text = await press(pilot, "H")
        assert "failure" in text or "held back" in text


async def test_a_second_x_waits_no_longer() -> None:
    gateway = FakeGateway([delivery(2), delivery(1)])
    gate = gateway.gate("detail")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        gate.set()
        await pilot.press("R")
        await until(pilot, lambda: app.screen.is_modal)
        gateway.hook = lambda call: gate.clear() if call.name == "retry" else None
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("X", "X")
        assert "Not waited for any more" in toasts(app)
        gate.set()
        await idle(app, pilot)
        assert gateway.count("retry") == 1
