"""The app as a whole: how it begins and ends, remapped keys, pasting, sizes, bugs, signals."""

from __future__ import annotations

import os
import signal

import pytest
from textual import events
from textual.pilot import Pilot
from textual.worker import WorkerFailed

from tests.builders import INSTANCE, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import (
    choose,
    front,
    launch,
    press,
    screen_text,
    settle,
    shown,
    toasts,
    until,
)
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    RejectedError,
    SettingsError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.help import HelpScreen
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.instances import InstancesScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen
from vzaps_tui.ui.widgets.too_small import TooSmall


def some() -> FakeGateway:
    return FakeGateway([delivery(n) for n in (3, 2, 1)], [instance(1), instance(2)])


# -- ending ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (AuthError("wrong secret"), 3),
        (UnavailableError("no route"), 4),
        (ForbiddenError("no"), 0),
        (None, 0),
    ],
)
@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_the_exit_code_says_why_nothing_was_ever_answered(
    problem: VzapsError | None, code: int, key: str
) -> None:
    gateway = some()
    gateway.fail("instances", problem)
    async with shown(launch(gateway)) as (app, pilot):
        await pilot.press(key)
        assert app.return_code == code


async def test_once_the_api_answered_a_later_problem_is_no_exit_code() -> None:
    gateway = some()
    gateway.fail("instances", AuthError("late"), None, UnavailableError("gone"))
    async with shown(launch(gateway)) as (app, pilot):
        assert app.exit_code == 3
        await press(pilot, "ctrl+r")
        assert app.exit_code == 0
        await press(pilot, "ctrl+r")
        await pilot.press("q")
        assert app.return_code == 0


async def test_what_was_opened_is_closed() -> None:
    closed: list[bool] = []

    async def close() -> None:
        closed.append(True)

    async with shown(launch(some(), close=close)):
        assert not closed
    assert closed == [True]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
async def test_a_signal_ends_it_cleanly(number: signal.Signals, code: int) -> None:
    async with shown(launch(some())) as (app, pilot):
        assert signal.getsignal(number) is not signal.SIG_DFL
        os.kill(os.getpid(), number)
        await until(pilot, lambda: app.return_code is not None)
        assert app.return_code == code


async def test_quitting_with_an_unsaved_form_somewhere_asks() -> None:
    async with shown(launch(some())) as (app, pilot):
        await press(pilot, "w")
        form = front(pilot, WebhookScreen)
        form.events_field.focus()
        await press(pilot, "space", "ctrl+q")
        await choose(pilot, "cancel")
        assert app.return_code is None
        await press(pilot, "ctrl+q")
        await choose(pilot, "quit")
        assert app.return_code == 0


# -- a bug -----------------------------------------------------------------------------------------


async def broken(app: VzapsApp, where: str) -> None:
    """Run the app into a bug."""

    def boom() -> None:
        token = "s3cret" * 3
        raise ZeroDivisionError(token)

    async def boom_later() -> None:
        boom()

    async with app.run_test() as pilot:
        await settle(pilot)
        if where == "handler":
            app.call_later(boom)
        else:
            app.run_worker(boom_later())
        await until(pilot, lambda: app.return_code is not None)


@pytest.mark.parametrize("where", ["handler", "worker"])
async def test_a_bug_ends_it_with_code_1_and_tells_no_secret(
    where: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    app = VzapsApp(launch(some()))
    with pytest.raises((ZeroDivisionError, WorkerFailed)):
        await broken(app, where)
    assert app.return_code == 1
    told = "".join(capsys.readouterr())
    assert "vzaps-tui stopped because of a bug. The log says more: vzaps-tui paths" in told
    for word in ("Traceback", "boom", "s3cret", "ZeroDivisionError"):
        assert word not in told
    assert "raise ZeroDivisionError(token)" in caplog.text, "the log says where"


# -- beginning -------------------------------------------------------------------------------------


async def test_notices_are_said_once_as_plain_text() -> None:
    async def warm() -> tuple[str, ...]:
        return ("the archive was moved aside",)

    words = ("[keys] names an unknown command: x.y", "a\x1b[2Jb")
    async with shown(launch(some(), notices=words, warm=warm)) as (app, _):
        said = toasts(app)
        assert "[keys] names an unknown command: x.y" in said
        assert "a\u241b[2Jb" in said
        assert said.count("the archive was moved aside") == 1


async def test_a_problem_while_warming_up_decides_the_exit_code_only() -> None:
    async def warm() -> tuple[str, ...]:
        raise UnavailableError("the emulator does not start")

    gateway = some()
    gateway.fail("instances", RejectedError("no"))
    async with shown(launch(gateway, warm=warm)) as (app, pilot):
        front(pilot, InstancesScreen)
        assert app.is_running


async def test_single_instance_mode_opens_on_the_deliveries_and_stays() -> None:
    async with shown(launch(some(), instance=INSTANCE, single=True)) as (_, pilot):
        assert f"{INSTANCE} › Deliveries" in screen_text(pilot)
        await press(pilot, "escape")
        front(pilot, DeliveriesScreen)
        await press(pilot, "w", "escape")
        front(pilot, DeliveriesScreen)


# -- keys ------------------------------------------------------------------------------------------


async def test_remapped_keys_work_and_the_old_ones_do_not() -> None:
    gateway = some()
    keymap = {"deliveries.failures": "ctrl+g,z", "app.quit": "Q", "move.down": "s"}
    async with shown(launch(gateway, instance=INSTANCE, keymap=keymap)) as (app, pilot):
        screen = front(pilot, DeliveriesScreen)
        assert "ctrl+g failures only" in screen_text(pilot)
        assert "Q quit" in screen_text(pilot)
        await press(pilot, "f", "q", "j")
        assert app.is_running
        assert screen.view.query.is_empty
        assert screen.table.cursor_index == 0
        await press(pilot, "s", "z")
        assert screen.table.cursor_index == 1
        assert screen.view.query.failed_only
        await pilot.press("Q")
        assert app.return_code == 0


@pytest.mark.parametrize("text", ["r", "q", "frqaR\n", "\x1b", "f\r\nq\r\n"])
async def test_pasted_text_runs_no_command(text: str) -> None:
    gateway = some()
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        asked = len(gateway.calls)
        app.post_message(events.Paste(text))
        await settle(pilot)
        screen = front(pilot, DeliveriesScreen)
        assert screen.view.query.is_empty
        assert not screen.table.marked
        assert app.return_code is None
        assert len(gateway.calls) == asked


async def test_the_footer_runs_what_is_clicked() -> None:
    async with shown(launch(some(), instance=INSTANCE)) as (app, pilot):
        line = screen_text(pilot).splitlines()[-1]
        y = app.size.height - 1
        await pilot.click(offset=(line.index("failures only"), y))
        await settle(pilot)
        assert front(pilot, DeliveriesScreen).view.query.failed_only
        line = screen_text(pilot).splitlines()[-1]
        await pilot.click(offset=(line.index("help"), y))
        await settle(pilot)
        front(pilot, HelpScreen)
        await press(pilot, "escape")
        await pilot.click(offset=(line.index("quit"), y))
        await until(pilot, lambda: app.return_code is not None)


# -- sizes -----------------------------------------------------------------------------------------


async def resized(pilot: Pilot[str], *size: int) -> str:
    await pilot.resize_terminal(*size)
    await settle(pilot)
    return screen_text(pilot)


@pytest.mark.parametrize("size", [(59, 30), (100, 19), (40, 10)])
async def test_a_terminal_too_small_says_so_and_coming_back_finds_all_as_it_was(
    size: tuple[int, int],
) -> None:
    async with shown(launch(some(), instance=INSTANCE)) as (_, pilot):
        await press(pilot, "f", "j", "space")
        before = screen_text(pilot)
        text = await resized(pilot, *size)
        assert "Please enlarge to 60×20" in text
        assert "FAILED" not in text
        assert await resized(pilot, 120, 36) == before


async def test_60_by_20_is_enough_for_the_work() -> None:
    async with shown(launch(some()), size=(60, 20)) as (app, pilot):
        assert "Instance 1" in screen_text(pilot)
        text = await press(pilot, "enter")
        for words in ("FAILED", "3 of 3", "500"):
            assert words in text
        await press(pilot, "r")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert "NO NEWS" in screen_text(pilot)
        assert "Payload" in await press(pilot, "enter")
        assert "URL" in await press(pilot, "escape", "w")


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (5, 40)])
async def test_nothing_breaks_in_a_tiny_terminal(size: tuple[int, int]) -> None:
    async with shown(launch(some(), notices=("a notice",)), size=size) as (app, pilot):
        await press(pilot, "enter", "F", "escape", "j", "space", "enter", "2", "escape", "w")
        front(pilot, WebhookScreen)
        await press(pilot, "ctrl+p", "escape", "f1", "escape")
        assert "Webhook" in await resized(pilot, 120, 36)
        await resized(pilot, *size)
        await pilot.press("ctrl+q")
        assert app.return_code == 0


async def test_q_leaves_a_terminal_too_small() -> None:
    async with shown(launch(some()), size=(20, 5)) as (app, pilot):
        assert front(pilot, InstancesScreen).query_one(TooSmall).display
        await pilot.press("q")
        assert app.return_code == 0


async def test_settings_problems_are_no_exit_code_of_the_interface() -> None:
    app = VzapsApp(launch(some()))
    app.note_problem(SettingsError("x"))
    assert app.exit_code == 0
