"""The delivery screen explains: what the payload says, bodies as what they are, folds, copies."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.builders import INSTANCE, delivery, detail
from tests.fakes import FakeGateway
from tests.ui.harness import front, launch, press, row_with, screen_text, settle, shown, toasts
from tests.ui.harness import typed as type_text
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.widgets.json_view import JsonView

PAYLOAD: dict[str, Any] = {
    "instance_id": "VZ01",
    "json_data": {
        "type": "Message",
        "event": {
            "info": {"id": "3EB0", "sender_alt": "5511@s.whatsapp.net", "push_name": "Ana"},
            "message": {"conversation": "bom dia"},
        },
    },
}
TEXT = json.dumps(PAYLOAD, indent=2)


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (120, 36), **changes: Any
) -> AsyncGenerator[tuple[VzapsApp, Pilot[str]]]:
    """The first of two deliveries, of which the API tells all."""
    rows = [delivery(2), delivery(1)]
    gateway = FakeGateway(rows)
    for row in rows:
        gateway.details[row.id] = detail(row, **({"payload": TEXT, "raw": TEXT} | changes))
    async with shown(launch(gateway, instance=INSTANCE), size) as (app, pilot):
        await press(pilot, "enter")
        front(pilot, DeliveryScreen)
        yield app, pilot


def part(pilot: Pilot[str], name: str) -> JsonView:
    return front(pilot, DeliveryScreen).query_one(f"#{name}-part", JsonView)


async def test_the_head_says_what_the_payload_means() -> None:
    async with opened() as (_, pilot):
        assert "Ana (5511): text: bom dia" in row_with(screen_text(pilot), "Says")
        text = await press(pilot, "right_square_bracket")
        assert "Ana (5511): text: bom dia" in row_with(text, "Says")


@pytest.mark.parametrize("payload", [None, "", "a=1&b=2", "{}", "<html>"])
async def test_a_payload_that_means_nothing_known(payload: str | None) -> None:
    async with opened(payload=payload) as (_, pilot):
        assert row_with(screen_text(pilot), "Says").split() == ["Says", "-"]


@pytest.mark.parametrize(("height", "lines"), [(36, 2), (24, 1)])
async def test_a_long_meaning_leaves_room_for_the_rest(height: int, lines: int) -> None:
    said = {"type": "Message", "event": {"message": {"conversation": "word " * 100 + "\x1b[31m"}}}
    async with opened((80, height), payload=json.dumps(said)) as (_, pilot):
        text = screen_text(pilot)
        assert sum("word" in line for line in text.splitlines()) == lines
        assert "…" in text
        assert "1 Attempts" in text


async def test_a_large_payload_is_explained_and_the_parts_behind_wait() -> None:
    talks = [{"id": f"55119{n}@s.whatsapp.net"} for n in range(9_000)]
    large = {"type": "HistorySync", "event": {"data": {"progress": 40, "conversations": talks}}}
    async with opened(payload=json.dumps(large, indent=2)) as (_, pilot):
        assert "History synced · 40 % · 9,000 conversations" in screen_text(pilot)
        assert not part(pilot, "payload").lines
        await press(pilot, "2")
        assert part(pilot, "payload").folds is not None
        assert not part(pilot, "raw").lines


async def test_keys_fold_the_part_in_front() -> None:
    async with opened() as (_, pilot):
        await press(pilot, "2")
        text = await press(pilot, "Z")
        assert '"json_data": { … 2 keys }' in text
        text = await press(pilot, "Z", "j", "j", "j", "z")
        assert '"json_data": { … 2 keys }' in text
        text = await press(pilot, "enter", "j", "j", "j")
        assert ".json_data.event.info " in text
        assert "object, 3 keys" in text
        text = await press(pilot, "right_curly_bracket")
        assert ".json_data.event.message " in text
        text = await press(pilot, "left_curly_bracket")
        assert ".json_data.event " in text
        assert "z" in text.splitlines()[-1]
        assert "fold" in text.splitlines()[-1]


@pytest.mark.parametrize(
    ("key", "words"),
    [("1", "Nothing folds in this part; 2 is the payload."), ("3", "this is not JSON")],
)
async def test_where_nothing_folds_that_is_said(key: str, words: str) -> None:
    async with opened(response="<h1>no</h1>") as (app, pilot):
        await press(pilot, key, "z")
        assert words in toasts(app)
        await press(pilot, "Z", "left_curly_bracket", "right_curly_bracket")
        front(pilot, DeliveryScreen)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        ('{"ok":false,"why":["a","b"]}', ['"ok": false,', '"why": [', "object, 2 keys"]),
        ("<html><title>502 Bad Gateway</title>", ["HTML · 502 Bad Gateway", "<html><title>502"]),
        ("no such hook", ["text", "no such hook"]),
    ],
)
async def test_a_response_is_shown_as_what_it_is(response: str, words: list[str]) -> None:
    async with opened(response=response) as (_, pilot):
        text = await press(pilot, "3")
        for word in words:
            assert word in text


async def test_finding_opens_folds() -> None:
    async with opened() as (_, pilot):
        await press(pilot, "2", "Z", "slash")
        text = await type_text(pilot, "bom dia")
        assert "1 line\n" in text
        assert '"conversation": "bom dia"' in text


async def test_the_value_under_the_cursor_and_its_path_are_copied() -> None:
    async with opened() as (app, pilot):
        menu = await press(pilot, "2", *"jjjjjj", "y")
        assert ".json_data.event.info.id" in menu
        await press(pilot, "v")
        assert app.clipboard == "3EB0"
        await press(pilot, "y", "q")
        assert app.is_running, "q is a letter of the menu there, not the end"
        assert app.clipboard == ".json_data.event.info.id"
        await press(pilot, "left_curly_bracket", "z", "y", "v")
        assert json.loads(app.clipboard) == PAYLOAD["json_data"]["event"]["info"]


async def test_where_there_is_no_tree_nothing_of_it_is_copied() -> None:
    async with opened(response="no") as (_, pilot):
        for key in ("1", "3"):
            menu = await press(pilot, key, "y")
            assert "for jq" not in menu
            await press(pilot, "escape")


async def test_walking_on_shows_the_next_ones_payload_from_its_beginning() -> None:
    async with opened() as (_, pilot):
        await press(pilot, "2", "Z", "j")
        await press(pilot, "right_square_bracket")
        await settle(pilot)
        view = part(pilot, "payload")
        assert view.cursor_index == 0
        assert "\n".join(view.lines) == TEXT
