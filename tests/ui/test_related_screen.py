"""The deliveries of one chat or message: found as one looks, stopped when one leaves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.builders import INSTANCE, NOW, delivery, detail
from tests.fakes import FakeGateway
from tests.ui.harness import (
    front,
    launch,
    press,
    row_with,
    screen_text,
    settle,
    shown,
    toasts,
    until,
)
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.screens.related import RelatedScreen

CHATS = {
    9: ("111@lid", "M1"),
    8: ("222@lid", "M2"),
    7: ("111@lid", "M3"),
    6: ("333@lid", "M1"),
    5: ("444@lid", "M5"),
}


def payload(chat: str, message: str) -> str:
    return (
        f'{{"type": "Message", "event": {{"info": {{"id": "{message}", "chat": "{chat}",'
        f' "push_name": "Ana"}}, "message": {{"conversation": "hello {message}"}}}}}}'
    )


def world() -> FakeGateway:
    """Five deliveries: `log_9` shares its chat with `log_7`, its message with `log_6`."""
    gateway = FakeGateway(
        [delivery(number, created_at=NOW.replace(second=number)) for number in CHATS]
    )
    for row, told in zip(gateway.rows, CHATS.values(), strict=True):
        gateway.details[row.id] = detail(row, payload=payload(*told))
    return gateway


@asynccontextmanager
async def opened(gateway: FakeGateway) -> AsyncGenerator[tuple[VzapsApp, Pilot[str]]]:
    """The newest delivery of the list, opened."""
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "enter")
        front(pilot, DeliveryScreen)
        yield app, pilot


async def test_what_belongs_together_is_listed_and_opens() -> None:
    gateway = world()
    async with opened(gateway) as (_, pilot):
        text = await press(pilot, "o")
        front(pilot, RelatedScreen)
        assert "Ana (111@lid): text: hello M1" in row_with(text, "this one")
        assert " chat " in row_with(text, "hello M3")
        assert " message " in row_with(text, "Ana (333@lid)")
        assert [line.split()[-1] for line in text.splitlines() if "hello" in line] == [
            "M1",
            "M3",
            "M1",
        ]
        assert "2 found · looked at 4 of 4 nearest · 4 held" in text
        assert "That is all that is held" in text
        assert gateway.count("detail") == 5
        text = await press(pilot, "j", "enter")
        front(pilot, DeliveryScreen)
        assert "› log_7" in text
        assert "› log_6" in await press(pilot, "right_square_bracket")
        await press(pilot, "escape")
        assert front(pilot, RelatedScreen).table.cursor_key == "log_6"
        assert gateway.count("detail") <= 7


async def test_it_stops_at_a_key_goes_on_at_the_same_and_ends_when_left() -> None:
    gateway = world()
    async with opened(gateway) as (app, pilot):
        gate = gateway.gate("detail")
        await pilot.press("o")
        await until(pilot, lambda: gateway.count("detail") == 2)
        assert "Reading on; s stops it." in screen_text(pilot)
        await pilot.press("s")
        await until(
            pilot,
            lambda: "Stopped; s goes on." in screen_text(pilot) or "Nothing" in screen_text(pilot),
        )
        gate.set()
        await settle(pilot)
        assert "looked at 0 of 4" in screen_text(pilot)
        assert "looked at 4 of 4" in await press(pilot, "s")
        gate.clear()
        screen = front(pilot, RelatedScreen)
        await press(pilot, "escape")
        assert not [w for w in app.workers if w.node is screen and not w.is_finished]


async def test_it_reads_nothing_while_another_screen_is_in_front() -> None:
    gateway = world()
    async with opened(gateway) as (_, pilot):
        gate = gateway.gate("detail")
        await pilot.press("o")
        await until(pilot, lambda: gateway.count("detail") == 2)
        await pilot.press("question_mark")
        gate.set()
        await settle(pilot)
        assert gateway.count("detail") == 2
        await press(pilot, "escape")
        await until(pilot, lambda: "looked at 4 of 4" in screen_text(pilot))


async def test_trouble_is_said_and_the_search_goes_on_when_asked() -> None:
    gateway = world()
    async with opened(gateway) as (_, pilot):
        gateway.fail("detail", None, UnavailableError("timed out"))
        text = await press(pilot, "o")
        assert "timed out" in text
        assert "looked at 1 of 4" in text
        text = await press(pilot, "s")
        assert "looked at 4 of 4" in text
        assert "timed out" not in text


async def test_only_the_nearest_are_looked_at_until_more_are_asked_for() -> None:
    gateway = FakeGateway([delivery(n, event="Presence") for n in range(450, 0, -1)])
    first = gateway.rows[0]
    gateway.details[first.id] = detail(first, payload=payload("111@lid", "M1"))
    async with opened(gateway) as (app, pilot):
        await press(pilot, "escape", "L", "home", "enter")
        text = await press(pilot, "o")
        await until(pilot, lambda: "m looks at further ones" in screen_text(pilot), 60)
        assert "looked at 200 of 200 nearest" in screen_text(pilot)
        assert gateway.count("detail") == 201
        await pilot.press("m")
        await until(pilot, lambda: "looked at 400 of 400" in screen_text(pilot), 60)
        await pilot.press("m")
        await until(pilot, lambda: "That is all" in screen_text(pilot), 60)
        await press(pilot, "m")
        assert "All that is held was looked at" in toasts(app)
        assert text


@pytest.mark.parametrize("body", [None, "no json", '{"type": "Connected", "event": {}}'])
async def test_a_payload_that_names_nothing_says_so(body: str | None) -> None:
    gateway = world()
    gateway.details[LogId("log_9")] = detail(gateway.rows[0], payload=body)
    async with opened(gateway) as (app, pilot):
        await press(pilot, "o")
        front(pilot, DeliveryScreen)
        assert "names no chat and no message" in toasts(app)
