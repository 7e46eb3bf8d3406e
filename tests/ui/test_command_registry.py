"""The registry of commands: nothing twice, nothing that does nothing, nothing left out."""

from __future__ import annotations

from collections import Counter

import pytest
from textual.binding import Binding, BindingType

from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.command import Command, Place, show_key, show_keys
from vzaps_tui.ui.commands import COMMANDS, EVERYWHERE, OPENING, PLACES, key_table
from vzaps_tui.ui.screens.compare import CompareScreen
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.screens.instances import InstancesScreen
from vzaps_tui.ui.screens.plan import PlanScreen
from vzaps_tui.ui.screens.plans import PlansScreen
from vzaps_tui.ui.screens.related import RelatedScreen
from vzaps_tui.ui.screens.triage import TriageScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen
from vzaps_tui.ui.widgets.cursor_lines import CursorLines
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

SCREENS: tuple[type[Board[object]], ...] = (
    InstancesScreen,
    DeliveriesScreen,
    TriageScreen,
    PlansScreen,
    PlanScreen,
    DeliveryScreen,
    CompareScreen,
    RelatedScreen,
    WebhookScreen,
)  # pyright: ignore[reportAssignmentType] - what a screen returns plays no part here
SHOWN_AT: dict[str, type[object]] = {"move": CursorLines, "list": VirtualTable}


def keys(commands: tuple[Command, ...]) -> list[str]:
    return [key for command in commands for key in command.keys.split(",") if key]


def action_name(command: Command) -> str:
    return f"action_{command.action.partition('(')[0].removeprefix('app.')}"


def test_ids_are_unique_and_begin_with_their_place() -> None:
    names = [command.id for command in COMMANDS]
    assert len(names) == len(set(names))
    for place in PLACES:
        for command in place.commands:
            assert command.id.startswith(f"{'move' if place is OPENING else place.name}.")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_no_key_means_two_things_on_one_screen(screen: type[Board[object]]) -> None:
    moving = [place for place in PLACES if place.name in SHOWN_AT]
    used = [key for place in (*screen.PLACES, *moving) for key in keys(place.commands)]
    assert not [key for key, count in Counter(used).items() if count > 1]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_every_command_of_a_screen_has_its_action(screen: type[Board[object]]) -> None:
    for place in screen.PLACES:
        for command in place.commands:
            name = action_name(command)
            assert hasattr(screen, name) or hasattr(VzapsApp, name), command.id


@pytest.mark.parametrize("place", [p for p in PLACES if p.name in SHOWN_AT], ids=lambda p: p.name)
def test_every_command_that_moves_has_its_action(place: Place) -> None:
    for command in place.commands:
        assert hasattr(SHOWN_AT[place.name], action_name(command)), command.id


def bound(kind: type[object]) -> set[tuple[str, str, str | None]]:
    declared: list[BindingType] = getattr(kind, "BINDINGS", [])
    return {(b.key, b.action, b.id) for b in declared if isinstance(b, Binding)}


@pytest.mark.parametrize("kind", [VzapsApp, *SCREENS], ids=lambda kind: kind.__name__)
def test_bindings_are_the_registrys_and_can_be_remapped(kind: type[Board[object]]) -> None:
    places = getattr(kind, "PLACES", (EVERYWHERE,))
    wanted = {
        (command.keys, command.action, command.id)
        for place in places
        for command in place.commands
        if command.keys and command.action
    }
    assert bound(kind) == wanted


def test_every_place_of_the_design_is_there() -> None:
    """The keys that DESIGN 4 fixes, as far as they are built."""
    wanted = {
        "app": "escape ctrl+p ctrl+r f5 y q ctrl+q question_mark",
        "find": "slash n N",
        "move": "down j up k pagedown pageup ctrl+d ctrl+u home g end G",
        "list": "enter",
        "instances": "w",
        "deliveries": "f F t space a u r e E p w",
        "triage": "r w",
        "plans": "r c D m x",
        "plan": "f F",
        "delivery": "r left_square_bracket right_square_bracket space d o tab 1 2 3 4",
        "json": "z Z left_curly_bracket right_curly_bracket",
        "compare": "e E z i",
        "related": "s m",
        "webhook": "ctrl+s ctrl+z tab",
    }
    for place in PLACES:
        missing = set(wanted[place.name].split()) - set(keys(place.commands))
        assert not missing, (place.name, missing)
    assert {place.name for place in PLACES} == set(wanted)


def test_what_changes_something_outside_says_so() -> None:
    changing = {command.id for command in COMMANDS if command.mutates}
    assert changing == {
        "deliveries.retry",
        "deliveries.retry_all",
        "delivery.retry",
        "plans.discard",
        "plans.resume",
        "plans.retry",
        "triage.retry",
        "webhook.save",
        "webhook.undo",
    }


def test_words() -> None:
    for command in COMMANDS:
        assert command.help, command.id
        assert command.help[0].isupper(), command.id
        assert not command.help.endswith("."), command.id
        assert len(command.help) <= 76, command.id
        assert len(command.label) <= 16, command.id


@pytest.mark.parametrize(
    ("keys_of", "words"),
    [
        ("escape", "esc"),
        ("question_mark,f1", "? F1"),
        ("down,j", "↓ j"),
        ("left_square_bracket", "["),
        ("ctrl+r,f5", "ctrl+r F5"),
        ("", ""),
    ],
)
def test_keys_as_a_person_reads_them(keys_of: str, words: str) -> None:
    assert show_keys(keys_of) == words


def test_the_key_table_has_a_row_for_every_command_and_no_other() -> None:
    head, rule, *rows = key_table().splitlines()
    assert head == "| Where | Key | What it does |"
    assert rule == "|---|---|---|"
    wanted = [(place, command) for place in PLACES for command in place.commands]
    assert len(rows) == len(wanted)
    for row, (place, command) in zip(rows, wanted, strict=True):
        _, where, pressed, said, _ = (cell.strip() for cell in row.split("|"))
        assert (where, said) == (place.title, command.help)
        for key in command.keys.split(","):
            assert not key or f"`{show_key(key)}`" in pressed
