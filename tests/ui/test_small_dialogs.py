"""Where there are few lines: dialogs are whole, and what is said covers as little as it can."""

from __future__ import annotations

import pytest
from textual.widgets import Button
from textual.widgets._toast import Toast

from tests.builders import INSTANCE
from tests.fakes import FakeGateway
from tests.ui.harness import (
    choose,
    dialog,
    front,
    launch,
    press,
    screen_text,
    settle,
    shown,
    toasts,
    until,
)
from tests.ui.test_deliveries_list import falling
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.dialogs import Choice
from vzaps_tui.ui.filter_form import FilterForm
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.widgets.check_list import CheckList
from vzaps_tui.ui.widgets.job_line import Tally


@pytest.mark.parametrize("size", [(60, 20), (80, 22), (80, 24), (120, 36)])
async def test_the_filter_form_shows_all_its_parts(size: tuple[int, int]) -> None:
    begin = launch(FakeGateway(falling(3)), instance=INSTANCE)
    async with shown(begin, size) as (_, pilot):
        text = await press(pilot, "F")
        for words in ("Filter deliveries", "Status (", "FAILED", "Event (", "any part", "Apply"):
            assert words in text
        assert "ctrl+s apply · esc leave" in text
        form = front(pilot, FilterForm)
        screen = form.region
        for widget in form.query(".dialog *").results():
            assert screen.contains_region(widget.region), widget


async def test_the_event_under_the_cursor_is_in_sight_at_the_smallest_size() -> None:
    begin = launch(FakeGateway(falling(3)), instance=INSTANCE)
    async with shown(begin, (60, 20)) as (_, pilot):
        await press(pilot, "F", "tab")
        text = await press(pilot, "G", "space")
        last = front(pilot, FilterForm).query_one("#events", CheckList)
        assert last.cursor_key is not None
        assert f"[x]  {last.cursor_key}" in text


async def test_a_long_question_keeps_its_buttons() -> None:
    begin = launch(FakeGateway(falling(3)), instance=INSTANCE)
    async with shown(begin, (60, 20)) as (app, pilot):
        body = "\n".join(f"line {number}" for number in range(60))
        app.run_worker(app.ask("Sure?", body, (Choice("yes", "Do it"),)), group="confirm")
        text = await dialog(pilot)
        assert "Sure?" in text
        assert "Do it" in text
        assert app.screen.region.contains_region(app.screen.query_one("#yes", Button).region)
        await choose(pilot, "cancel")


@pytest.mark.parametrize(
    ("words", "lines"), [("Times are in UTC now.", 1), ("much is to be said " * 6, 2)]
)
async def test_a_toast_stands_right_above_the_key_hints(words: str, lines: int) -> None:
    app = VzapsApp(launch(FakeGateway(falling(30)), instance=INSTANCE))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await settle(pilot)
        before = screen_text(pilot).splitlines()
        app.say(words)
        await until(pilot, lambda: bool(app.screen.query(Toast)))
        await until(pilot, lambda: words.split(maxsplit=1)[0] in screen_text(pilot))
        after = screen_text(pilot).splitlines()
        assert before[: 23 - lines] == after[: 23 - lines]
        assert words.split(maxsplit=1)[0] in after[23 - lines]
        assert before[23] == after[23]
        assert "help" in after[23]


async def test_what_was_said_in_passing_gives_way_to_what_follows() -> None:
    async with shown(launch(FakeGateway(falling(3)), instance=INSTANCE)) as (app, pilot):
        await press(pilot, "U")
        assert toasts(app) == "Times are in UTC now."
        await press(pilot, "U")
        assert toasts(app) == "Times are local now."
        await press(pilot, "enter")
        assert toasts(app) == ""
        app.say("Written to /here.", timeout=8)
        app.say("This is odd.", severity="warning")
        await press(pilot, "escape", "enter")
        assert toasts(app) == "Written to /here.\nThis is odd."


async def test_what_goes_on_again_is_not_said_to_have_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with shown(launch(FakeGateway(falling(3)), instance=INSTANCE)) as (app, pilot):
        app.say("Stopped reading.")
        await until(pilot, lambda: toasts(app) == "Stopped reading.")
        board = front(pilot, DeliveriesScreen)
        monkeypatch.setattr(board, "own_tally", lambda: Tally(10, 1))
        board.jobs_changed()
        assert not toasts(app)
        app.say("Half of it is read.")
        board.jobs_changed()
        await until(pilot, lambda: toasts(app) == "Half of it is read.")
