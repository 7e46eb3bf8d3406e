"""What tells a person how to go on: help, palette, first run."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette, Hits, Provider
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.builders import INSTANCE, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import (
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
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.command import Command, show_keys
from vzaps_tui.ui.commands import COMMANDS, MOVING, OPENING, PLACES
from vzaps_tui.ui.copy_menu import CopyMenu
from vzaps_tui.ui.filter_form import FilterForm
from vzaps_tui.ui.help import Glossary, HelpScreen
from vzaps_tui.ui.launch import Missing
from vzaps_tui.ui.palette import CommandProvider
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.screens.welcome import WelcomeScreen

WAYS = {
    "instances": [],
    "deliveries": ["enter"],
    "delivery": ["enter", "enter"],
    "webhook": ["w"],
}


def some() -> FakeGateway:
    return FakeGateway([delivery(n) for n in (3, 2, 1)], [instance()])


def help_words(pilot: Pilot[str]) -> str:
    """The whole help, also what is scrolled out of sight."""
    return str(front(pilot, HelpScreen).query_one(Glossary).render())


# -- help ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
async def test_help_lists_every_command_of_the_place_with_its_keys(way: str) -> None:
    async with shown(launch(some())) as (_, pilot):
        if WAYS[way]:
            await press(pilot, *WAYS[way])
        board = pilot.app.screen
        assert isinstance(board, Board)
        await press(pilot, "f1")
        lines = help_words(pilot).splitlines()
        for place in (*board.PLACES, MOVING, OPENING):
            assert place.title in lines
            for command in place.commands:
                keys = show_keys(command.keys) or "enter"
                line = next(line for line in lines if line.endswith(command.help))
                assert line.removesuffix(command.help).strip() == keys
        others = {place.title for place in PLACES} - {
            place.title for place in (*board.PLACES, MOVING, OPENING)
        }
        assert not others & set(lines)
        for word in ("DELIVERED", "FAILED AGAIN", "NO NEWS", "REFUSED", "UNKNOWN"):
            assert any(line.startswith(word) for line in lines)


async def test_help_shows_remapped_keys() -> None:
    keymap = {"deliveries.retry": "ctrl+t,z"}
    begin = launch(some(), instance=INSTANCE, keymap=keymap)
    async with shown(begin) as (_, pilot):
        await press(pilot, "f1")
        lines = help_words(pilot).splitlines()
        retry = named("deliveries.retry").help
        assert [line for line in lines if line.endswith(retry)] == [f"{'ctrl+t z':<14}{retry}"]


@pytest.mark.parametrize("key", ["escape", "question_mark", "q", "f1"])
async def test_help_scrolls_and_closes(key: str) -> None:
    async with shown(launch(some(), instance=INSTANCE), size=(80, 24)) as (app, pilot):
        first = await press(pilot, "question_mark")
        assert await press(pilot, "j", "j", "j") != first
        await press(pilot, key)
        front(pilot, DeliveriesScreen)
        assert app.return_code is None


# -- palette ---------------------------------------------------------------------------------------


async def offered(provider: Provider) -> list[str]:
    hits: Hits = provider.discover()
    return [str(hit.prompt) async for hit in hits]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("read_only", [False, True])
async def test_the_palette_offers_every_command_that_acts_here(way: str, read_only: bool) -> None:  # noqa: FBT001 - a table
    async with shown(launch(some(), read_only=read_only)) as (_, pilot):
        if WAYS[way]:
            await press(pilot, *WAYS[way])
        board = pilot.app.screen
        assert isinstance(board, Board)
        words = await offered(CommandProvider(board))
        wanted = [
            command
            for place in board.PLACES
            for command in place.commands
            if command.palette and not (read_only and command.mutates)
        ]
        assert len(words) == len(wanted)
        for command in wanted:
            assert sum(f": {command.help}" in said for said in words) == 1


async def test_the_palette_shows_remapped_keys() -> None:
    keymap = {"deliveries.retry": "ctrl+t,z"}
    async with shown(launch(some(), instance=INSTANCE, keymap=keymap)) as (_, pilot):
        words = await offered(CommandProvider(pilot.app.screen))
        found = [said for said in words if named("deliveries.retry").help in said]
        assert [said.rpartition("  ")[2] for said in found] == ["(ctrl+t)"]


def test_every_command_that_changes_something_can_be_found_by_name() -> None:
    assert all(command.palette for command in COMMANDS if command.mutates)


async def run_from_palette(pilot: Pilot[str], command: Command) -> None:
    """Open the palette, put in the command's help, take the first."""
    await press(pilot, "ctrl+p")
    front(pilot, CommandPalette).query_one(Input).value = command.help
    await until(pilot, lambda: command.help in screen_text(pilot).split("\n", 4)[4])
    await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, CommandPalette))
    await settle(pilot)


def named(name: str) -> Command:
    return next(command for command in COMMANDS if command.id == name)


async def test_commands_of_the_screen_run_from_the_palette() -> None:
    gateway = some()
    async with shown(launch(gateway, instance=INSTANCE)) as (_, pilot):
        await run_from_palette(pilot, named("deliveries.failures"))
        assert front(pilot, DeliveriesScreen).view.query.failed_only
        await run_from_palette(pilot, named("deliveries.filter"))
        front(pilot, FilterForm)
        await press(pilot, "escape")
        await run_from_palette(pilot, named("deliveries.next_failure"))
        assert front(pilot, DeliveriesScreen).table.cursor_key == "log_2"


@pytest.mark.parametrize(
    ("name", "seen"),
    [("app.help", HelpScreen), ("app.copy", CopyMenu)],
)
async def test_commands_of_the_app_open_from_the_palette(
    name: str, seen: type[HelpScreen | CopyMenu]
) -> None:
    async with shown(launch(some(), instance=INSTANCE)) as (_, pilot):
        await run_from_palette(pilot, named(name))
        front(pilot, seen)


async def test_commands_of_the_app_run_from_the_palette() -> None:
    gateway = some()
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await run_from_palette(pilot, named("app.stop"))
        assert "Nothing is under way." in toasts(app)
        await run_from_palette(pilot, named("app.refresh"))
        assert gateway.count("search") == 2
        await run_from_palette(pilot, named("app.quit"))
        assert app.return_code == 0


async def test_a_command_with_a_parameter_and_one_that_asks() -> None:
    gateway = FakeGateway([delivery(1, status="delivered")], [instance()])
    async with shown(launch(gateway, instance=INSTANCE)) as (_, pilot):
        await press(pilot, "enter")
        await run_from_palette(pilot, named("delivery.payload"))
        assert front(pilot, DeliveryScreen).part == "payload"
        await run_from_palette(pilot, named("delivery.retry"))
        assert "Send it again?" in await dialog(pilot)
        assert not gateway.count("retry")


# -- first run -------------------------------------------------------------------------------------

NAMES = ("VZAPS_CLIENT_TOKEN", "VZAPS_CLIENT_SECRET")
MISSING = Missing(NAMES, "/home/u/.config/vzaps-tui/config.toml")


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_first_run_says_what_to_set_and_where(size: tuple[int, int]) -> None:
    async with shown(launch(services=None, missing=MISSING), size=size) as (_, pilot):
        front(pilot, WelcomeScreen)
        words = str(pilot.app.screen.query_one("#welcome Static", Static).content)
        for said in (*NAMES, "VZAPS_INSTANCE_ID", MISSING.config_file, "chmod 600"):
            assert said in words
        assert f"Not set: {', '.join(NAMES)}" in words
        text = screen_text(pilot)
        assert "demo" in text
        assert "quit" in text or "leaves" in text


async def test_d_starts_the_demo() -> None:
    async with shown(launch(services=None, missing=MISSING)) as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: app.return_value is not None)
        assert app.return_value == "demo"


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
async def test_a_first_run_can_be_left(key: str) -> None:
    async with shown(launch(services=None, missing=MISSING)) as (app, pilot):
        await press(pilot, "escape", "ctrl+r", "y", "X", "question_mark")
        front(pilot, WelcomeScreen)
        await pilot.press(key)
        assert app.return_value is None
        assert app.return_code == 0


async def test_a_first_run_fits_a_tiny_terminal() -> None:
    path = "/home/u/[red]\x1b[2J/config.toml"
    begin = launch(services=None, missing=Missing((), path))
    async with shown(begin, size=(20, 5)) as (app, pilot):
        await press(pilot, "down", "end")
        assert "\x1b" not in screen_text(pilot)
        await pilot.press("q")
        assert app.return_code == 0
