"""The `[keys]` of the config file: what cannot be meant is told and not used."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import INSTANCE, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import front, launch, press, screen_text, shown
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.commands import COMMANDS, MOVING, OPENING
from vzaps_tui.ui.keymap import TOGETHER, checked_keymap, key_name
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.screens.instances import InstancesScreen
from vzaps_tui.ui.screens.triage import TriageScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen

SCREENS: tuple[type[Board[object]], ...] = (
    InstancesScreen,
    DeliveriesScreen,
    TriageScreen,
    DeliveryScreen,
    WebhookScreen,
)  # pyright: ignore[reportAssignmentType] - what a screen returns plays no part here
IDS = tuple(command.id for command in COMMANDS)
DEFAULTS = {command.id: command.keys for command in COMMANDS}

# -- one entry -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("r", "r"),
        ("R", "R"),
        ("?", "question_mark"),
        ("question_mark", "question_mark"),
        (",", "comma"),
        ("comma", "comma"),
        ("/", "slash"),
        ("é", "é"),
        ("space", "space"),
        ("f5", "f5"),
        ("ctrl+r", "ctrl+r"),
        ("ctrl+/", "ctrl+slash"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("ctrl+shift+r", "ctrl+shift+r"),
        ("shift+tab", "shift+tab"),
        ("ctrl+m", "enter"),
        ("ctrl+i", "tab"),
        ("ctrl+[", "escape"),
        ("return", "enter"),
        ("", ""),
        (" ", ""),
        ("\x1b", ""),
        ("+", "plus"),
        ("ctrl+", ""),
        ("+r", ""),
        ("ctr+r", ""),
        ("ctrl+ctrl+r", ""),
        ("ctrl+R", ""),
        ("shift+r", ""),
        ("shift+?", ""),
        ("solidus", ""),
        ("F5", ""),
        ("<any>", ""),
        ("enterr", ""),
        ("rr", ""),
    ],
)
def test_names_of_keys(key: str, name: str) -> None:
    assert key_name(key) == name


def test_every_key_of_the_registry_has_its_own_name() -> None:
    for command in COMMANDS:
        for key in command.keys.split(","):
            assert not key or key_name(key) == key, command.id


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (("no.such", "x"), "no.such: no such command."),
        (
            ("deliveries.retri", "x"),
            "deliveries.retri: no such command; nearest is deliveries.retry.",
        ),
        (
            ("app.help", "?, escpe"),
            'app.help: there is no key "escpe"; nearest is escape.',
        ),
        (
            ("app.help", "ctr+shfit+lft"),
            'app.help: there is no key "ctr+shfit+lft"; nearest is ctrl+shift+left.',
        ),
        (("app.help", "shift+r"), 'app.help: there is no key "shift+r"; nearest is R.'),
        (("app.help", "F7"), 'app.help: there is no key "F7"; nearest is f7.'),
        (("app.help", "€€€€€"), 'app.help: there is no key "€€€€€".'),
        (("app.help", ""), 'app.help: there is no key "".'),
        (("app.help", "z,,y"), 'app.help: there is no key "".'),
        (("triage.open", "o"), "triage.open is done by the keys of move.open: remap those."),
        (
            ("deliveries.retry", "f"),
            'deliveries.retry: "f" is also the key of deliveries.failures.',
        ),
        (("deliveries.mark", "r"), 'deliveries.mark: "r" is also the key of deliveries.retry.'),
        (("deliveries.retry", "ctrl+m"), 'deliveries.retry: "enter" is also the key of move.open.'),
        (("json.fold", "1"), 'json.fold: "1" is also the key of delivery.attempts.'),
        (("app.copy", "ctrl+s"), 'app.copy: "ctrl+s" is also the key of webhook.save.'),
        (("find.open", ":"), 'find.open: ":" is also the key of deliveries.query.'),
        (("webhook.save", "?"), 'webhook.save: "?" is also the key of app.help.'),
    ],
)
def test_a_wrong_entry_is_told_and_not_used(wanted: tuple[str, str], told: str) -> None:
    found = checked_keymap(dict([wanted, ("app.quit", "Q")]))
    assert found.problems == (f"[keys] {told} Not used.",)
    assert found.keys == {"app.quit": "Q"}


# -- entries together ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        pytest.param(
            {"deliveries.retry": "f", "deliveries.failures": "r"},
            {"deliveries.retry", "deliveries.failures"},
            id="swapped",
        ),
        pytest.param(
            {"deliveries.retry": "ctrl+d", "move.half_down": "D"},
            {"deliveries.retry", "move.half_down"},
            id="made room",
        ),
        pytest.param(
            {"deliveries.retry": "ctrl+s", "triage.retry": "a"},
            {"deliveries.retry", "triage.retry"},
            id="places that never meet",
        ),
        pytest.param(
            {"deliveries.retry": "z", "deliveries.mark": "z"},
            {"deliveries.mark"},
            id="what changes something gives way",
        ),
        pytest.param(
            {"deliveries.mark": "z", "deliveries.unmark": "z"},
            {"deliveries.mark"},
            id="else the later",
        ),
        pytest.param(
            {"webhook.save": "ctrl+g", "webhook.undo": "ctrl+g"}, set[str](), id="both change"
        ),
        pytest.param(
            {"deliveries.retry": "a", "deliveries.mark_all": "f"},
            set[str](),
            id="the room was not made after all",
        ),
        pytest.param(
            {"deliveries.retry": "f", "deliveries.failures": "bogus"},
            set[str](),
            id="moved away in vain",
        ),
    ],
)
def test_what_counts_is_the_keys_all_have_in_the_end(
    wanted: dict[str, str], kept: set[str]
) -> None:
    found = checked_keymap(wanted)
    assert found.keys == {name: wanted[name] for name in kept}
    assert len(found.problems) == len(wanted) - len(kept)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_the_commands_of_every_screen_are_looked_at_together(screen: type[Board[object]]) -> None:
    places = (*screen.PLACES, MOVING, OPENING)
    shown_there = {command for place in places for command in place.commands}
    assert any(shown_there <= set(commands) for commands in TOGETHER)


KEYS = st.sampled_from([*",".join(filter(None, DEFAULTS.values())).split(","), "z", "ctrl+m", "?"])
ENTRIES = st.dictionaries(
    st.sampled_from(IDS) | st.text(max_size=9),
    st.lists(KEYS, min_size=1, max_size=3).map(",".join) | st.text(max_size=9),
    max_size=12,
)


@given(ENTRIES)
def test_whatever_is_written_no_key_means_two_things(wanted: dict[str, str]) -> None:
    found = checked_keymap(wanted)
    assert set(found.keys) <= set(wanted) & set(IDS)
    assert len(found.problems) == len(wanted) - len(found.keys)
    assert checked_keymap(found.keys) == type(found)(found.keys)
    names = {
        one: {key_name(key) for key in found.keys.get(one, keys).split(",") if key}
        for one, keys in DEFAULTS.items()
    }
    assert all("" not in keys for keys in names.values())
    for commands in TOGETHER:
        for one, other in combinations(commands, 2):
            assert not names[one.id] & names[other.id]


# -- in the app ------------------------------------------------------------------------------------


async def test_swapped_keys_do_each_others_work() -> None:
    gateway = FakeGateway([delivery(n) for n in (3, 2, 1)], [instance(1)])
    keymap = checked_keymap({"deliveries.mark_all": "f", "deliveries.failures": "a"}).keys
    async with shown(launch(gateway, instance=INSTANCE, keymap=keymap)) as (_, pilot):
        screen = front(pilot, DeliveriesScreen)
        assert "a failures only" in screen_text(pilot)
        await press(pilot, "f")
        assert len(screen.table.marked) == 3
        assert screen.view.query == DeliveryQuery()
        await press(pilot, "a")
        assert screen.view.query.failed_only


async def test_a_character_and_its_name_are_the_same_key() -> None:
    keymap = checked_keymap({"deliveries.failures": "§", "deliveries.mark_all": "ctrl+["}).keys
    assert keymap == {"deliveries.failures": "§"}
    gateway = FakeGateway([delivery(1)], [instance(1)])
    async with shown(launch(gateway, instance=INSTANCE, keymap=keymap)) as (_, pilot):
        await press(pilot, "section_sign")
        assert front(pilot, DeliveriesScreen).view.query.failed_only


async def test_the_footer_names_the_key_that_opens_and_the_next_field() -> None:
    gateway = FakeGateway([], [instance(1)])
    async with shown(launch(gateway, keymap={"move.open": "o"})) as (_, pilot):
        assert "o open" in screen_text(pilot).splitlines()[-1]
        await press(pilot, "w")
        line = screen_text(pilot).splitlines()[-1]
        assert "ctrl+z undo" in line
        assert "tab next" in line
        form = front(pilot, WebhookScreen)
        form.url_field.focus()
        await press(pilot, "tab")
        assert form.events_field.has_focus
