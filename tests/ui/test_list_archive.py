"""The list on the archive: all of the log, what comes by itself, order, zone, retrying all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from textual.pilot import Pilot
from typing_extensions import override

from tests.builders import INSTANCE, NOW, delivery
from tests.fakes import FakeGateway
from tests.ui.harness import (
    QuickClock,
    dialog,
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
from tests.ui.test_deliveries_filter import keys_of
from tests.ui.test_deliveries_list import falling
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.envelope import Answer
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.problems import NotFoundError, UnavailableError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.screens.compare import CompareScreen
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen

BRAZIL = timezone(timedelta(hours=-3))


class TravelClock(QuickClock):
    """A clock in Brazil that can show UTC."""

    @override
    def now(self) -> datetime:
        return super().now().astimezone(UTC if self.utc else BRAZIL)


class HaltingGateway(FakeGateway):
    """Answers so many more searches, then only when it is told to go on."""

    def __init__(self, rows: list[Delivery]) -> None:
        super().__init__(rows)
        self.pages_left = 1000
        self.goes_on = asyncio.Event()

    @override
    async def search(
        self, instance: InstanceId, page: int, size: int, status: str | None
    ) -> Answer[Page[Delivery]]:
        self.pages_left -= 1
        if self.pages_left < 0:
            await self.goes_on.wait()
        return await super().search(instance, page, size, status)


@asynccontextmanager
async def listed(
    gateway: FakeGateway, **changes: object
) -> AsyncGenerator[tuple[VzapsApp, DeliveriesScreen, Pilot[str]]]:
    """The deliveries in single-instance mode."""
    begin = launch(gateway, instance=INSTANCE, **changes)
    async with shown(begin) as (app, pilot):
        yield app, front(pilot, DeliveriesScreen), pilot


# -- all of the log ----------------------------------------------------------------------------


async def test_all_of_the_log_is_loaded_and_it_is_said() -> None:
    async with listed(FakeGateway(falling(330))) as (app, screen, pilot):
        text = await press(pilot, "L")
        assert "330 of 330 loaded of 330" in text
        assert keys_of(screen) == [f"log_{n}" for n in range(330, 0, -1)]
        assert "All of the log is loaded: 330 deliveries." in toasts(app)
        await press(pilot, "L")
        assert "All of the log is loaded; ctrl+r asks for what is new." in toasts(app)


@pytest.mark.parametrize("key", ["L", "X"])
async def test_loading_all_shows_how_far_it_is_can_be_stopped_and_goes_on(key: str) -> None:
    gateway = HaltingGateway(falling(900))
    async with listed(gateway) as (app, screen, pilot):
        gateway.pages_left = 2
        await pilot.press("L")
        await until(pilot, lambda: "Reading" in screen_text(pilot))
        line = row_with(screen_text(pilot), "Reading")
        assert "of 900 loaded" in line
        assert "X stops" in line
        await pilot.press(key)
        gateway.goes_on.set()
        await settle(pilot)
        assert "Stopped reading; what was read is kept, L goes on from there." in toasts(app)
        held = len(keys_of(screen))
        assert 0 < held < 900
        assert "900 of 900 loaded of 900" in await press(pilot, "L")


async def test_what_cannot_be_read_ends_the_loading_with_its_reason() -> None:
    gateway = FakeGateway(falling(900))
    async with listed(gateway) as (app, screen, pilot):
        held = len(keys_of(screen))
        gateway.fail("search", UnavailableError("no route to host"))
        text = await press(pilot, "L")
        assert "no route to host" in text
        assert "Reading  " not in text
        assert len(keys_of(screen)) == held
        words = f"Reading all of the log broke off at {held} deliveries; they are kept, L goes on"
        assert words in toasts(app)
        await press(pilot, "L")
        assert len(keys_of(screen)) == 900
        assert toasts(app) == "All of the log is loaded: 900 deliveries."


# -- what comes by itself ------------------------------------------------------------------------


async def test_the_list_refreshes_itself_and_what_comes_on_top_is_seen() -> None:
    gateway = FakeGateway(falling(20))
    async with listed(gateway, refresh_every=0.05) as (_, screen, pilot):
        gateway.rows = falling(25, 21) + gateway.rows
        await until(pilot, lambda: len(keys_of(screen)) == 25)
        assert screen.table.cursor_key == "log_20", "the cursor stays with its row"
        assert screen.table.top == 0
        assert "new ·" not in screen_text(pilot)


async def test_new_rows_above_what_is_in_sight_are_counted_until_they_are_seen() -> None:
    gateway = FakeGateway(falling(120))
    async with listed(gateway) as (screen_app, screen, pilot):
        del screen_app
        await press(pilot, "G", "G")
        top = screen.table.top
        assert top
        gateway.rows = falling(157, 121) + gateway.rows
        text = await press(pilot, "ctrl+r")
        assert "+37 new" in text
        assert screen.table.cursor_key == "log_1"
        text = await press(pilot, "g")
        assert "+37 new" not in text
        assert "log_157" in keys_of(screen)[0]


async def test_refreshing_itself_is_put_off_and_on() -> None:
    gateway = FakeGateway(falling(20))
    async with listed(gateway, refresh_every=0.05) as (app, _, pilot):
        await press(pilot, "A")
        assert "The list stays as it is until ctrl+r." in toasts(app)
        count = gateway.count("search")
        await press(pilot, "j", "j", "j", "k")
        assert gateway.count("search") == count
        await press(pilot, "A")
        await until(pilot, lambda: gateway.count("search") > count)
        assert "The list refreshes itself every 0.05 s." in toasts(app)


async def test_refreshing_itself_waits_longer_where_the_api_does_not_answer() -> None:
    gateway = FakeGateway(falling(20))
    async with listed(gateway, refresh_every=0.05) as (_, screen, pilot):
        for _ in range(2):
            gateway.fail("search", UnavailableError("timed out"))
        await until(pilot, lambda: "timed out" in screen_text(pilot))
        await until(pilot, lambda: "timed out" not in screen_text(pilot))
        assert len(keys_of(screen)) == 20


# -- order and zone --------------------------------------------------------------------------------


async def test_the_oldest_come_first_when_asked() -> None:
    async with listed(FakeGateway(falling(40))) as (_, screen, pilot):
        await press(pilot, "j", "space")
        await press(pilot, "S")
        assert keys_of(screen) == [f"log_{n}" for n in range(1, 41)]
        assert screen.table.cursor_key == "log_38"
        assert screen.table.marked == {"log_39"}
        await press(pilot, "g", "e")
        assert screen.table.cursor_key == "log_4"
        await press(pilot, "S")
        assert screen.table.cursor_key == "log_4"
        assert keys_of(screen)[0] == "log_40"


async def test_times_are_local_or_utc() -> None:
    row = delivery(1, created_at=NOW)
    async with listed(FakeGateway([row]), clock=TravelClock()) as (_, _, pilot):
        assert "09:00:00" in row_with(screen_text(pilot), "▌ ")
        text = await press(pilot, "U")
        assert "Time UTC" in text
        assert "12:00:00" in row_with(text, "▌ ")
        text = await press(pilot, "enter", "U", "escape")
        assert "Time UTC" not in text
        assert "09:00:00" in row_with(text, "▌ ")


# -- kept from before ------------------------------------------------------------------------------


async def test_rows_read_before_are_there_before_the_api_answers() -> None:
    archive, gateway = SqliteArchive(None), FakeGateway(falling(60))
    async with listed(gateway, archive=archive) as (_, _, pilot):
        await press(pilot, "L")
    gate = gateway.gate("search")
    async with VzapsApp(launch(gateway, archive=archive, instance=INSTANCE)).run_test(
        size=(120, 36)
    ) as pilot:
        await until(pilot, lambda: "log_60" in screen_text(pilot))
        screen = front(pilot, DeliveriesScreen)
        await until(pilot, lambda: len(keys_of(screen)) == 60)
        await pilot.press("f")
        await until(pilot, lambda: len(keys_of(screen)) == 15)
        gate.set()
        await settle(pilot)


async def test_a_part_that_was_not_read_is_said_until_it_is() -> None:
    archive, gateway = SqliteArchive(None), FakeGateway(falling(60))
    async with listed(gateway, archive=archive):
        pass
    gateway.rows, later = falling(900, 61) + gateway.rows, QuickClock()
    later.shift(3600)
    async with listed(gateway, archive=archive, clock=later) as (_, screen, pilot):
        assert "· gap" in screen_text(pilot)
        text = await press(pilot, "L")
        assert "gap" not in text
        assert keys_of(screen) == [f"log_{n}" for n in range(900, 0, -1)]


async def test_who_comes_back_sees_the_newest_and_who_has_moved_stays() -> None:
    archive, gateway = SqliteArchive(None), FakeGateway(falling(60))
    async with listed(gateway, archive=archive):
        pass
    gateway.rows, later = falling(70, 61) + gateway.rows, QuickClock()
    later.shift(3600)
    async with listed(gateway, archive=archive, clock=later) as (_, screen, pilot):
        assert screen.table.cursor_key == "log_70"
        await press(pilot, "j")
        gateway.rows = falling(75, 71) + gateway.rows
        await press(pilot, "ctrl+r")
        assert screen.table.cursor_key == "log_69"


# -- retrying what matches -------------------------------------------------------------------------


async def test_all_that_match_are_retried_after_review() -> None:
    gateway = FakeGateway(falling(40))
    async with listed(gateway) as (_, screen, pilot):
        await press(pilot, "f")
        await pilot.press("R")
        text = await dialog(pilot)
        assert "Send 10 deliveries again?" in text
        assert "10 FAILED" in text
        await press(pilot, "escape")
        assert not gateway.count("retry")
        assert screen.view.query == DeliveryQuery().toggled_failed()


# -- comparing -------------------------------------------------------------------------------------


async def test_two_marked_deliveries_are_compared_the_older_one_first() -> None:
    async with listed(FakeGateway(falling(6))) as (_, _, pilot):
        text = await press(pilot, "space", "j", "space", "d")
        front(pilot, CompareScreen)
        assert text.index("log_4") < text.index("log_6")


async def test_one_marked_delivery_is_compared_with_the_one_under_the_cursor() -> None:
    async with listed(FakeGateway(falling(6))) as (app, screen, pilot):
        await press(pilot, "d")
        assert pilot.app.screen is screen
        assert "Mark two deliveries (space), or one and go to the other." in toasts(app)
        text = await press(pilot, "space", "j", "d")
        front(pilot, CompareScreen)
        assert "log_4" in text
        assert "log_6" in text


# -- rows that the API has no more -----------------------------------------------------------------


async def test_a_row_that_the_api_has_no_more_says_so() -> None:
    gateway = FakeGateway([delivery(n, error="disk full") for n in (3, 2, 1)])
    async with listed(gateway) as (_, _, pilot):
        gateway.fail("detail", NotFoundError("no such log"))
        await press(pilot, "j", "enter")
        text = await press(pilot, "escape")
        line = row_with(text, "gone from API")
        assert line.startswith("▌")


async def test_what_was_just_retried_does_not_match_any_more() -> None:
    gateway = FakeGateway(falling(40))

    def deliver(log: LogId) -> None:
        gateway.put(replace(gateway.row(log), status="delivered", http_status=200, attempts=4))

    gateway.on_retry = deliver
    async with listed(gateway) as (_, screen, pilot):
        await press(pilot, "f", "r")
        await until(pilot, lambda: "just retried" in screen_text(pilot))
        assert len(keys_of(screen)) == 10
        await press(pilot, "a")
        assert len(screen.view.marked) == 9


# -- another question ------------------------------------------------------------------------------


async def test_another_filter_brings_nothing_new_and_who_was_on_top_stays_on_top() -> None:
    async with listed(FakeGateway(falling(90))) as (_, screen, pilot):
        await press(pilot, "L")
        assert screen.table.cursor_key == "log_90"
        await press(pilot, "f")
        assert screen.table.cursor_key == "log_88"
        text = await press(pilot, "f")
        assert screen.table.cursor_key == "log_90"
        assert "new ·" not in text
        await press(pilot, "pagedown", "pagedown", "f", "j")
        key = screen.table.cursor_key
        text = await press(pilot, "f")
        assert screen.table.cursor_key == key, "a row that one has gone to is kept"
        assert "new ·" not in text


async def test_the_order_is_told_and_new_rows_below_are_counted() -> None:
    gateway = FakeGateway(falling(90))
    async with listed(gateway) as (_, _, pilot):
        await press(pilot, "L")
        text = await press(pilot, "S")
        assert "Time ▲" in text
        assert "oldest first · 90 of 90 loaded of 90" in text
        await press(pilot, "G", "g")
        gateway.rows = falling(95, 91) + gateway.rows
        assert "+5 new" in await press(pilot, "ctrl+r")
        assert "new ·" not in await press(pilot, "G")


async def test_chips_have_a_line_of_their_own_where_there_is_no_room() -> None:
    begin = launch(FakeGateway(falling(40)), instance=INSTANCE)
    async with shown(begin, size=(80, 24)) as (_, pilot):
        await press(pilot, "colon")
        await pilot.press(*"status:failed,pending code:500,502 tries:2")
        text = await press(pilot, "enter")
        assert "status: FAILED or PENDING" in text
        assert "code: 500 or 502" in text
        assert "tries: 2 or more" in text
        assert "loaded of 40" in text


async def test_trouble_stays_told_while_it_is_asked_again() -> None:
    gateway = FakeGateway(falling(20))
    async with listed(gateway) as (_, _, pilot):
        gateway.fail("search", UnavailableError("no route to host"))
        assert "OLD" in await press(pilot, "ctrl+r")
        gate, count = gateway.gate("search"), gateway.count("search")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: gateway.count("search") > count)
        text = screen_text(pilot)
        assert "no route to host" in text
        assert "OLD" in text
        assert "asking ..." in text
        gate.set()
        await settle(pilot)
        text = screen_text(pilot)
        assert "no route to host" not in text
        assert "live" in text
