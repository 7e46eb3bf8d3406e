"""Two deliveries compared: from the delivery screen and by themselves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tests.builders import INSTANCE, delivery, detail, instance
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
    typed,
    until,
)
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.screens.compare import CompareScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen

BEFORE = """{"type": "ReadReceipt", "state": "Delivered",
 "event": {"chat": "551@s.whatsapp.net", "message_ids": ["3EB0AAAA"],
           "timestamp": "2026-03-14T11:00:00Z", "is_group": false}}"""
AFTER = """{"event": {"timestamp": "2026-03-14T11:05:00Z", "is_group": false,
           "chat": "551@s.whatsapp.net", "message_ids": ["3EB0BBBB"]},
 "state": "Read", "type": "ReadReceipt"}"""


def world(before: str | None = BEFORE, after: str | None = AFTER) -> FakeGateway:
    """Two deliveries; the newer one, `log_2`, is the first of the list."""
    rows = [delivery(2, error="bad gateway", http_status=502), delivery(1)]
    gateway = FakeGateway(rows)
    for row, payload in zip(rows, (after, before), strict=True):
        gateway.details[row.id] = detail(row, payload=payload)
    return gateway


@asynccontextmanager
async def compared(
    gateway: FakeGateway, size: tuple[int, int] = (120, 36)
) -> AsyncGenerator[tuple[VzapsApp, Pilot[str]]]:
    """`log_1` and `log_2`, compared."""
    async with shown(launch(gateway, instance=INSTANCE), size) as (app, pilot):
        app.open_compare(instance(), delivery(1), delivery(2, error="bad gateway"))
        await settle(pilot)
        front(pilot, CompareScreen)
        yield app, pilot


async def test_what_differs_is_shown_and_what_is_the_same_is_folded() -> None:
    async with compared(world()) as (_, pilot):
        text = screen_text(pilot)
        assert "VZ01 › Deliveries › Compare" in text or "Compare" in text
        assert "log_1" in row_with(text, "- FAILED")
        assert "log_2" in row_with(text, "+ FAILED")
        assert "server error" in row_with(text, '-   "error"')
        assert "bad gateway" in row_with(text, '+   "error"')
        assert "Delivered" in row_with(text, '-   "state"')
        assert "Read" in row_with(text, '+   "state"')
        assert "1 changed" in row_with(text, "── Payload")
        assert "2 times or ids hidden (i)" in row_with(text, "── Payload")
        assert "the same" in row_with(text, "── Response")
        for folded in ("is_group", "3EB0AAAA", "11:05:00Z"):
            assert folded not in text


async def test_times_and_ids_and_what_is_the_same_come_at_a_key() -> None:
    async with compared(world()) as (_, pilot):
        text = await press(pilot, "i")
        assert "3EB0AAAA" in row_with(text, "-       ")
        assert "11:05:00Z" in row_with(text, '+     "timestamp"')
        assert "shown" in row_with(text, "── Payload")
        view = front(pilot, CompareScreen).view
        await press(pilot, "z")
        assert '    "status": "FAILED"' in view.sections
        await press(pilot, "z")
        assert '    "status": "FAILED"' not in view.sections
        assert "3EB0AAAA" not in await press(pilot, "i")


async def test_keys_go_from_difference_to_difference() -> None:
    async with compared(world()) as (app, pilot):
        view = front(pilot, CompareScreen).view
        begun = [view.path_here()]
        for key in ("e", "e", "E"):
            await press(pilot, key)
            begun.append(view.path_here())
        assert begun == [".http_status", ".error", ".state", ".error"]
        await press(pilot, "e", "e")
        assert "No further difference" in toasts(app)
        assert "Payload .state" in screen_text(pilot)


async def test_the_cursor_stays_on_what_it_is_at() -> None:
    async with compared(world()) as (_, pilot):
        view = front(pilot, CompareScreen).view
        await press(pilot, "e", "e")
        at = view.path_here(), view.value_here()
        assert at[0] == ".state"
        for key in ("z", "i", "z", "i"):
            await press(pilot, key)
            assert (view.path_here(), view.value_here()) == at
        await press(pilot, "i", "G")
        await press(pilot, "i")
        assert view.cursor_index < len(view.sections)


async def test_finding_and_copying() -> None:
    async with compared(world()) as (app, pilot):
        await press(pilot, "slash")
        assert "2 lines" in await typed(pilot, "state")
        await press(pilot, "escape", "E", "e", "y", "d")
        assert '-   "state": "Delivered"' in app.clipboard


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (None, AFTER, "not told of the first"),
        (BEFORE, None, "not told of the second"),
        (None, None, "not told of either"),
        (BEFORE, BEFORE, "── Payload · the same"),
        ("one\ntwo", "one\ntwo!", "1 removed, 1 added"),
        (BEFORE, "{broken", "removed"),
    ],
)
async def test_payloads_that_cannot_be_trees(
    before: str | None, after: str | None, words: str
) -> None:
    async with compared(world(before, after)) as (_, pilot):
        assert words in row_with(screen_text(pilot), "── Payload")


async def test_what_cannot_be_read_is_said_and_the_rest_is_compared() -> None:
    gateway = world()
    gateway.fail("detail", UnavailableError("timed out"))
    async with compared(gateway) as (_, pilot):
        text = screen_text(pilot)
        assert "timed out" in text
        assert "not told of the first" in row_with(text, "── Payload")
        assert "bad gateway" in row_with(text, '+   "error"')
        assert "Delivered" in await press(pilot, "ctrl+r")


async def test_space_marks_and_d_compares_with_the_marked_one() -> None:
    async with shown(launch(world(), instance=INSTANCE)) as (app, pilot):
        await press(pilot, "enter", "d")
        assert "No other delivery is marked" in toasts(app)
        assert "● marked" in await press(pilot, "space")
        text = await press(pilot, "right_square_bracket", "d")
        front(pilot, CompareScreen)
        assert "log_2" in row_with(text, "- FAILED")
        assert "log_1" in row_with(text, "+ FAILED")
        await press(pilot, "escape")
        front(pilot, DeliveryScreen)
        text = await press(pilot, "escape")
        assert "1 marked" in text


async def test_which_of_several_marked_ones_is_not_guessed() -> None:
    gateway = world()
    gateway.rows.append(delivery(0))
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "a", "enter", "d")
        assert "One other delivery must be marked" in toasts(app)


async def test_ten_thousand_levels_and_a_hundred_thousand_items_compare() -> None:
    deep, wide = "[" * 10_000 + "1" + "]" * 10_000, "[" + "1," * 100_000 + "1]"
    async with compared(world(deep, deep.replace("1", "2"))) as (_, pilot):
        assert "1 changed" in row_with(screen_text(pilot), "── Payload")
    async with compared(world(wide, wide.replace("1]", "2]"))) as (_, pilot):
        await until(pilot, lambda: "── Payload" in screen_text(pilot), 60)
        assert "1 changed" in row_with(screen_text(pilot), "── Payload")


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_small_screens_hold_it(size: tuple[int, int]) -> None:
    async with compared(world(), size) as (_, pilot):
        text = screen_text(pilot)
        assert all(len(line) <= size[0] for line in text.splitlines())
        assert "log_2" in row_with(text, "+ FAILED")
