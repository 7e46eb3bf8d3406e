"""The filter form beyond status, event and text: codes, periods and tries, at any size."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input

from tests.builders import INSTANCE, delivery
from tests.fakes import FakeGateway
from tests.ui.harness import front, launch, press, shown, typed
from vzaps_tui.domain.query import CodeMatch, DeliveryQuery
from vzaps_tui.ui.filter_form import FilterForm
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.widgets.check_list import CheckList

STOPS = ("statuses", "events", "text", "periods", "codes", "since", "until", "tries")


@asynccontextmanager
async def form(
    query: DeliveryQuery | None = None, size: tuple[int, int] = (80, 24)
) -> AsyncGenerator[Pilot[str]]:
    """The form over a list with this filter."""
    begin = launch(FakeGateway([delivery(2), delivery(1)]), instance=INSTANCE)
    async with shown(begin, size=size) as (_, pilot):
        front(pilot, DeliveriesScreen).view.query = query or DeliveryQuery()
        await press(pilot, "F")
        yield pilot


def asked(pilot: Pilot[str]) -> DeliveryQuery:
    return front(pilot, DeliveriesScreen).view.query


def told(pilot: Pilot[str]) -> tuple[str, str, frozenset[str]]:
    screen = front(pilot, FilterForm)
    since, until = (screen.query_one(f"#{name}", Input).value for name in ("since", "until"))
    return since, until, screen.query_one("#periods", CheckList).chosen


async def go(pilot: Pilot[str], place: str) -> None:
    front(pilot, FilterForm).query_one(f"#{place}", Widget).focus()
    await pilot.pause()


@pytest.mark.parametrize(
    ("downs", "ends", "wanted"),
    [
        (1, ("1h", ""), {"last": timedelta(hours=1)}),
        (2, ("24h", ""), {"last": timedelta(hours=24)}),
        (3, ("today", ""), {"since_word": "today"}),
        (4, ("yesterday", "yesterday"), {"since_word": "yesterday", "until_word": "yesterday"}),
        (5, ("7d", ""), {"last": timedelta(days=7)}),
        (0, ("", ""), {}),
    ],
)
async def test_a_period_is_chosen(
    downs: int, ends: tuple[str, str], wanted: dict[str, Any]
) -> None:
    async with form() as pilot:
        await go(pilot, "periods")
        await press(pilot, *["j"] * downs, "space")
        assert told(pilot)[:2] == ends
        assert len(told(pilot)[2]) == 1
        await press(pilot, "ctrl+s")
        assert asked(pilot) == DeliveryQuery(**wanted)


async def test_a_period_of_ones_own_is_typed() -> None:
    async with form(DeliveryQuery(last=timedelta(hours=1))) as pilot:
        assert told(pilot) == ("1h", "", {"last hour"})
        await go(pilot, "periods")
        await press(pilot, "G", "space", "ctrl+u")
        await typed(pilot, "yesterday")
        assert told(pilot)[2] == {"own"}
        await press(pilot, "tab")
        await typed(pilot, "14:00")
        await press(pilot, "enter")
        assert asked(pilot) == DeliveryQuery(since_word="yesterday", until_word="14:00")


async def test_codes_and_tries_are_chosen_and_found_again() -> None:
    odd = CodeMatch.exact(418)
    async with form(DeliveryQuery(codes=frozenset({odd}))) as pilot:
        await go(pilot, "codes")
        await press(pilot, "j", "space")
        await go(pilot, "tries")
        await typed(pilot, "3")
        await press(pilot, "ctrl+s")
        wanted = DeliveryQuery(codes=frozenset({odd, CodeMatch.of_class(5)}), min_attempts=3)
        assert asked(pilot) == wanted
        await press(pilot, "F", "ctrl+s")
        assert asked(pilot) == wanted


@pytest.mark.parametrize(
    ("place", "word", "said"),
    [
        ("since", "2026-02-3", "no moment"),
        ("until", "soon", "no moment"),
        ("until", "2h", "ends before it begins"),
        ("tries", "x", "no least number"),
    ],
)
async def test_what_cannot_be_read_is_told_and_kept(place: str, word: str, said: str) -> None:
    before = DeliveryQuery(last=timedelta(hours=1))
    async with form(before) as pilot:
        await go(pilot, place)
        await press(pilot, "ctrl+u")
        await typed(pilot, word)
        assert said in await press(pilot, "ctrl+s")
        screen = front(pilot, FilterForm)
        assert screen.query_one(f"#{place}").has_focus
        await press(pilot, "escape")
        assert asked(pilot) == before


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_what_is_wrong_is_told_to_its_end_in_the_words_that_were_typed(width: int) -> None:
    async with form(size=(width, 36)) as pilot:
        await go(pilot, "since")
        await typed(pilot, "S-Tabsyesterday")
        text = await press(pilot, "ctrl+s")
        assert "S-Tabsyesterday" in text
        assert '14:00"' in " ".join(text.split("Cancel")[-1].split())
        assert "is no moment" in " ".join(text.split())


async def test_a_period_that_was_not_touched_is_kept() -> None:
    query = DeliveryQuery(last=timedelta(hours=2), since_word="yesterday")
    async with form(query) as pilot:
        await press(pilot, "space", "ctrl+s")
        assert asked(pilot).since_word == "yesterday"
        assert asked(pilot).last == timedelta(hours=2)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)])
async def test_wherever_one_is_can_be_seen(size: tuple[int, int]) -> None:
    async with form(size=size) as pilot:
        screen = front(pilot, FilterForm)
        for stop in STOPS:
            focused = screen.focused
            assert focused is not None
            assert focused.id == stop
            assert screen.region.contains_region(focused.region)
            assert focused.region.height >= (1 if isinstance(focused, Input) else 4)
            await press(pilot, "tab")
        await go(pilot, "periods")
        assert "[x]  last 7 d" in await press(pilot, "G", "k", "space")
        await go(pilot, "codes")
        assert "[x]  none" in await press(pilot, *["j"] * 8, "space")
