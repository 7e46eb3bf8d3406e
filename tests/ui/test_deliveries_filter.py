"""Narrowing the deliveries: failures only, the form, chips, counts; what a filter never shows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.builders import INSTANCE, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import (
    front,
    launch,
    press,
    row_with,
    screen_text,
    settle,
    shown,
    typed,
    until,
)
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.ui.filter_form import FilterForm
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen

KINDS = ("failed", "delivered", "pending", "WeIrD")


def mixed(count: int = 40) -> list[Delivery]:
    """Newest first; the statuses go round, and every third is a Presence."""
    return [
        delivery(
            number,
            status=KINDS[number % 4],
            event="Presence" if number % 3 == 0 else "Message",
            http_status=None if number % 4 > 1 else 500 if number % 4 == 0 else 200,
            error="disk full" if number == 8 else None,
        )
        for number in range(count, 0, -1)
    ]


@asynccontextmanager
async def listed(
    gateway: FakeGateway, size: tuple[int, int] = (120, 36)
) -> AsyncGenerator[tuple[DeliveriesScreen, Pilot[str]]]:
    """The deliveries in single-instance mode."""
    async with shown(launch(gateway, instance=INSTANCE), size=size) as (_, pilot):
        yield front(pilot, DeliveriesScreen), pilot


def keys_of(screen: DeliveriesScreen) -> list[str]:
    """Identities of the rows shown."""
    rows = screen.table.rows
    return [rows.key(index) for index in range(len(rows))]


@pytest.mark.parametrize("ignores", [False, True])
async def test_failures_only_asks_the_server_and_sifts_again(ignores: bool) -> None:  # noqa: FBT001 - a table
    gateway = FakeGateway(mixed())
    gateway.ignores_status = ignores
    async with listed(gateway) as (screen, pilot):
        text = await press(pilot, "f")
        assert gateway.calls[-1].args == (INSTANCE, 1, 50, "failed")
        assert keys_of(screen) == [f"log_{n}" for n in range(40, 0, -4)]
        assert "status: FAILED" in text
        ignored = "10 of 10 loaded of 40 · the API ignores the filter"
        assert (ignored if ignores else "10 of 10 loaded of 10 failed") in text
        assert "DELIVERED" not in text
        text = await press(pilot, "f")
        assert len(keys_of(screen)) == 40
        assert "status: FAILED" not in text


async def test_an_outage_under_way_is_told_where_nothing_has_failed_for_good() -> None:
    trying = delivery(2, status="pending", http_status=500)
    gateway = FakeGateway([trying, delivery(1, status="delivered", http_status=200, error=None)])
    async with listed(gateway) as (_, pilot):
        assert "1 pending ones got an error" in await press(pilot, "f")


async def test_known_failures_stand_there_before_the_server_answers() -> None:
    gateway = FakeGateway(mixed())
    async with listed(gateway) as (screen, pilot):
        gate = gateway.gate("search")
        await pilot.press("f")
        await until(pilot, lambda: gateway.count("search") == 2)
        await pilot.pause()
        assert len(keys_of(screen)) == 10
        assert "asking ..." in screen_text(pilot)
        gate.set()
        await settle(pilot)
        assert "asking ..." not in screen_text(pilot)


async def test_a_late_answer_for_an_old_filter_is_not_shown() -> None:
    gateway = FakeGateway(mixed())
    async with listed(gateway) as (screen, pilot):
        gate = gateway.gate("search")
        await pilot.press("f")
        await until(pilot, lambda: gateway.count("search") == 2)
        await pilot.press("f")
        gate.set()
        await settle(pilot)
        assert len(keys_of(screen)) == 40
        assert "40 of 40 loaded of 40" in screen_text(pilot)


async def test_toggling_back_and_forth_within_freshness_asks_once_each() -> None:
    gateway = FakeGateway(mixed())
    async with listed(gateway) as (screen, pilot):
        await press(pilot, "f", "f", "f")
        assert gateway.count("search") == 2
        assert len(keys_of(screen)) == 10


@pytest.mark.parametrize(
    ("keys", "chips", "count"),
    [
        (["space"], ["status: FAILED"], 10),
        (["j", "space", "j", "space"], ["status: DELIVERED or PENDING"], 20),
        (["G", "space"], ["status: OTHER"], 10),
        (["tab", "space"], ["event: Message"], 27),
        (["space", "tab", "space"], ["status: FAILED", "event: Message"], 7),
        (["tab", "tab", *"disk"], ['text: "disk"'], 1),
        (["space", "space"], [], 40),
    ],
)
async def test_the_form_narrows_by_status_event_and_text(
    keys: list[str], chips: list[str], count: int
) -> None:
    async with listed(FakeGateway(mixed())) as (screen, pilot):
        await press(pilot, "F")
        front(pilot, FilterForm)
        await pilot.press(*keys)
        text = await press(pilot, "ctrl+s")
        for chip in chips:
            assert chip in text
        assert list(screen.view.query.describe()) == chips
        assert len(keys_of(screen)) == count
        assert f"{count} of " in text


async def test_enter_in_the_text_applies_and_the_form_remembers() -> None:
    async with listed(FakeGateway(mixed())) as (screen, pilot):
        await press(pilot, "F", "space", "tab", "tab")
        await typed(pilot, "full")
        await press(pilot, "enter")
        assert keys_of(screen) == ["log_8"]
        text = await press(pilot, "F")
        assert "[x]  FAILED" in text
        assert "[ ]  PENDING" in text
        assert front(pilot, FilterForm).query_one("#text", Input).value == "full"


@pytest.mark.parametrize(("key", "left"), [("escape", 10), ("ctrl+r", 40)])
async def test_the_form_can_be_left_or_cleared(key: str, left: int) -> None:
    async with listed(FakeGateway(mixed())) as (screen, pilot):
        await press(pilot, "f", "F", "j", "space", key)
        front(pilot, DeliveriesScreen)
        assert len(keys_of(screen)) == left


async def test_the_form_offers_events_seen_besides_the_documented_ones() -> None:
    rows = [delivery(2, event="CallOffer"), delivery(1)]
    async with listed(FakeGateway(rows)) as (screen, pilot):
        text = await press(pilot, "F")
        for name in ("ReadReceipt", "HistorySync", "CallOffer"):
            assert name in text
        await press(pilot, "tab", "G", "space", "ctrl+s")
        assert keys_of(screen) == ["log_2"]


async def test_escape_takes_the_filter_away_before_it_leaves() -> None:
    gateway = FakeGateway(mixed(), [instance()])
    async with shown(launch(gateway)) as (_, pilot):
        await press(pilot, "enter", "f", "escape")
        screen = front(pilot, DeliveriesScreen)
        assert screen.view.query.is_empty
        assert len(keys_of(screen)) == 40
        await press(pilot, "escape")
        assert "Instances" in screen_text(pilot)


@pytest.mark.parametrize(
    ("rows", "keys", "words"),
    [
        ([], [], "No delivery yet."),
        ([], ["f"], "No failed delivery. f shows all."),
        ([delivery(1)], ["F", "tab", "G", "space", "ctrl+s"], "matches the filter"),
    ],
)
async def test_an_empty_list_says_why(rows: list[Delivery], keys: list[str], words: str) -> None:
    async with listed(FakeGateway(rows)) as (_, pilot):
        text = await press(pilot, *keys) if keys else screen_text(pilot)
        assert words in text


async def test_a_narrow_filter_reads_on_by_itself_a_few_pages() -> None:
    rows = [delivery(n, event="Rare" if n == 90 else "Message") for n in range(300, 0, -1)]
    gateway = FakeGateway(rows)
    async with listed(gateway) as (screen, pilot):
        await press(pilot, "F", "tab", "tab")
        await typed(pilot, "rare")
        text = await press(pilot, "enter")
        assert keys_of(screen) == ["log_90"]
        assert "1 of 300 loaded of 300" in text


async def test_unknown_words_are_shown_as_they_are() -> None:
    rows = [
        delivery(3, status="WeIrD", http_status=None, event="NewKind"),
        delivery(2, status="", http_status=None, created_at=None, last_attempt_at=None),
        delivery(1, status="", http_status=204),
    ]
    async with listed(FakeGateway(rows)) as (_, pilot):
        text = screen_text(pilot)
        assert "WEIRD" in row_with(text, "NewKind")
        assert "UNKNOWN" in text
        assert "DELIVERED" in row_with(text, "204")


async def test_a_total_that_is_not_told_is_a_question_mark() -> None:
    gateway = FakeGateway([delivery(1)])
    gateway.tells_totals = False
    async with listed(gateway) as (_, pilot):
        assert "1 of 1 loaded of ?" in screen_text(pilot)
