"""The list of deliveries: paging, identity of rows, marks, failures, finding, preview, opening."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.builders import INSTANCE, NOW, delivery, instance
from tests.fakes import FakeGateway, MemoryStore
from tests.ui.harness import (
    QuickClock,
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
from tests.ui.test_deliveries_filter import KINDS, keys_of, listed
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.copy_menu import CopyMenu
from vzaps_tui.ui.preview import Preview
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen


def falling(first: int, last: int = 1) -> list[Delivery]:
    """Deliveries of all kinds, newest first."""
    return [delivery(n, status=KINDS[n % 4]) for n in range(first, last - 1, -1)]


async def test_a_row_says_when_what_how_often_and_why() -> None:
    row = delivery(
        7,
        created_at=NOW,
        event="Message",
        http_status=502,
        attempts=4,
        duration_ms=1240.0,
        error="bad gateway",
    )
    async with listed(FakeGateway([row]), size=(200, 36)) as (_, pilot):
        text = row_with(screen_text(pilot), "▌")
        for words in ("12:00:00", "FAILED", "Message", "502", "  4", "1.2 s", "bad gateway"):
            assert words in text
        assert "hooks.example.com/vz" in text


# -- paging ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "told"), [(80, "03-13 23:59 "), (120, "03-13 23:59:58")])
async def test_a_row_of_another_day_has_seconds_where_there_is_room(width: int, told: str) -> None:
    yesterday = datetime(2026, 3, 13, 23, 59, 58, tzinfo=UTC)
    gateway = FakeGateway([delivery(1, created_at=yesterday, last_attempt_at=yesterday)])
    async with shown(launch(gateway, instance=INSTANCE), (width, 24)) as (_, pilot):
        line = row_with(screen_text(pilot), "▌")
        assert told in line


async def test_scrolling_reads_on_until_all_is_loaded() -> None:
    gateway = FakeGateway(falling(170))
    async with listed(gateway) as (screen, pilot):
        assert "of 170" in screen_text(pilot)
        loaded = [len(keys_of(screen))]
        while loaded[-1] < 170:
            await press(pilot, "G")
            loaded.append(len(keys_of(screen)))
            assert loaded[-1] > loaded[-2]
        assert "170 of 170 loaded of 170" in await press(pilot, "G")
        assert screen.table.cursor_key == "log_1"
        assert keys_of(screen) == [f"log_{n}" for n in range(170, 0, -1)]
        count = gateway.count("search")
        await press(pilot, "G")
        assert gateway.count("search") == count


async def test_a_page_that_repeats_is_said_and_ends_the_reading() -> None:
    gateway = FakeGateway(falling(200))
    gateway.ignores_paging = True
    async with listed(gateway) as (screen, pilot):
        text = await press(pilot, "G", "G")
        assert "the API repeats its page: older ones cannot be read" in text
        assert len(keys_of(screen)) == 50
        count = gateway.count("search")
        await press(pilot, "g", "G")
        assert gateway.count("search") == count


async def test_a_page_that_cannot_be_read_keeps_the_rows_and_says_why() -> None:
    gateway = FakeGateway(falling(170))
    async with listed(gateway) as (screen, pilot):
        before = keys_of(screen)
        gateway.fail("search", UnavailableError("timed out"))
        text = await press(pilot, "G")
        assert "The API did not answer: timed out." in text
        assert keys_of(screen) == before
        assert "reading on" not in text


async def test_rows_that_come_between_pages_are_not_doubled_or_lost() -> None:
    gateway = FakeGateway(falling(170))
    async with listed(gateway) as (screen, pilot):
        gateway.rows = falling(175, 171) + gateway.rows
        for _ in range(5):
            await press(pilot, "G")
        found = keys_of(screen)
        assert len(found) == len(set(found))
        assert set(found) >= {f"log_{n}" for n in range(1, 171)}


async def test_a_late_page_of_an_old_filter_is_not_shown() -> None:
    gateway = FakeGateway(falling(170))
    async with listed(gateway) as (screen, pilot):
        asked = gateway.count("search")
        gate = gateway.gate("search")
        await pilot.press("G")
        await until(pilot, lambda: gateway.count("search") == asked + 1)
        await pilot.press("f")
        gate.set()
        await settle(pilot)
        assert keys_of(screen) == [f"log_{n}" for n in range(168, 0, -4)]
        text = await press(pilot, "f", "G")
        assert "reading on" not in text
        assert set(keys_of(screen)) == {f"log_{n}" for n in range(1, 171)}


# -- identity --------------------------------------------------------------------------------------


async def test_a_refresh_with_new_rows_keeps_cursor_and_marks_on_their_rows() -> None:
    gateway = FakeGateway(falling(20))
    async with listed(gateway) as (screen, pilot):
        await press(pilot, "j", "space", "space")
        assert screen.table.cursor_key == "log_17"
        gateway.rows = falling(26, 21) + gateway.rows
        text = await press(pilot, "ctrl+r")
        assert screen.table.cursor_key == "log_17"
        assert screen.table.marked == {"log_19", "log_18"}
        assert "2 marked · 26 of 26 loaded of 26" in text
        assert sum("●" in line for line in text.splitlines()) == 2


async def test_rows_with_the_same_id_are_one_and_rows_without_id_stay_apart() -> None:
    rows = [
        delivery(3),
        delivery(2, id=LogId(""), key="digest-a"),
        delivery(2, id=LogId(""), key="digest-b", event="Presence"),
        delivery(3),
        delivery(1),
    ]
    async with listed(FakeGateway(rows)) as (screen, pilot):
        assert keys_of(screen) == ["log_3", "digest-a", "digest-b", "log_1"]
        await press(pilot, "j", "j", "ctrl+r")
        assert screen.table.cursor_key == "digest-b"


@pytest.mark.parametrize("key", ["enter", "r"])
async def test_a_row_without_id_is_neither_opened_nor_retried(key: str) -> None:
    gateway = FakeGateway([delivery(2, id=LogId(""), key="digest-a"), delivery(1)])
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, key)
        front(pilot, DeliveriesScreen)
        assert "no id" in toasts(app)
        assert "SKIPPED" not in screen_text(pilot), "rows without id share no word"
        assert not gateway.count("retry")
        assert not gateway.count("detail")


async def test_leaving_and_coming_back_keeps_filter_cursor_and_marks() -> None:
    gateway = FakeGateway(falling(40), [instance(1), instance(2)])
    async with shown(launch(gateway)) as (_, pilot):
        await press(pilot, "enter", "f", "j", "space", "j")
        view = front(pilot, DeliveriesScreen).view
        seen = (view.query, view.cursor, view.marked)
        front(pilot, DeliveriesScreen).leave()
        await press(pilot, "j", "enter")
        other = front(pilot, DeliveriesScreen)
        assert len(keys_of(other)) == 40, "another instance has a filter of its own"
        assert not other.table.marked
        await press(pilot, "escape", "k", "enter")
        again = front(pilot, DeliveriesScreen)
        assert (again.view.query, again.table.cursor_key, again.table.marked) == seen
        assert len(keys_of(again)) == 10
        assert "1 marked" in screen_text(pilot)


async def test_coming_back_within_freshness_makes_no_request() -> None:
    gateway, clock = FakeGateway(falling(40), [instance()]), QuickClock()
    async with shown(launch(gateway, clock=clock)) as (_, pilot):
        await press(pilot, "enter", "escape", "enter")
        assert gateway.count("search") == 1
        clock.shift(60)
        await press(pilot, "escape", "enter")
        assert gateway.count("search") == 2


async def test_an_api_that_is_down_leaves_what_the_disk_knows() -> None:
    store, gateway, archive = MemoryStore(), FakeGateway(falling(30)), SqliteArchive(None)
    async with shown(launch(gateway, store=store, archive=archive, instance=INSTANCE)):
        pass
    clock = QuickClock()
    clock.shift(3600)
    gateway.fail("search", UnavailableError("no route to host"))
    begin = launch(gateway, store=store, archive=archive, clock=clock, instance=INSTANCE)
    async with shown(begin) as (app, pilot):
        text = screen_text(pilot)
        assert "30 of 30 loaded" in text
        assert "OLD, 1 h ago" in text
        assert "no route to host" in text
        assert len(keys_of(front(pilot, DeliveriesScreen))) == 30
        assert app.exit_code == 4


@pytest.mark.parametrize("known", [True, False])
async def test_an_instance_given_by_its_id_is_called_by_its_name(known: bool) -> None:  # noqa: FBT001 - a table
    account = [instance(1, name="Support BR")] if known else []
    gateway = FakeGateway(falling(3), account)
    gateway.gate("instance")
    app = VzapsApp(launch(gateway, instance=INSTANCE))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "3 of 3 loaded" in screen_text(pilot))
        assert screen_text(pilot).lstrip().startswith(f"{INSTANCE} › Deliveries")
        gateway.gate("instance").set()
        await settle(pilot)
        name = "Support BR" if known else INSTANCE
        assert screen_text(pilot).lstrip().startswith(f"{name} › Deliveries")
        assert gateway.count("instance") == 1
        assert toasts(app) == ""


# -- marks -----------------------------------------------------------------------------------------


async def test_marks() -> None:
    async with listed(FakeGateway(falling(8))) as (screen, pilot):
        table = screen.table
        await press(pilot, "space")
        assert (table.marked, table.cursor_key) == ({"log_8"}, "log_7")
        await press(pilot, "k", "space")
        assert not table.marked, "space takes a mark away again"
        assert "8 marked" in await press(pilot, "a")
        text = await press(pilot, "u")
        assert "marked" not in text
        assert not table.marked
        await press(pilot, "f", "a", "f")
        assert table.marked == {"log_8", "log_4"}, "all that match, and no others"
        await press(pilot, "G", "space")
        assert table.cursor_key == "log_1", "at the end there is nowhere to go"


async def test_mark_all_says_that_rows_not_loaded_are_not_marked() -> None:
    async with shown(launch(FakeGateway(falling(170)), instance=INSTANCE)) as (app, pilot):
        await press(pilot, "a")
        count = len(keys_of(front(pilot, DeliveriesScreen)))
        assert f"{count} loaded rows are marked; rows not loaded yet are not" in toasts(app)


# -- walking ---------------------------------------------------------------------------------------


async def test_failures_are_walked_and_the_last_one_is_said() -> None:
    async with shown(launch(FakeGateway(falling(11)), instance=INSTANCE)) as (app, pilot):
        table = front(pilot, DeliveriesScreen).table
        walked: list[str | None] = []
        for key in ("e", "e", "E", "E"):
            await press(pilot, key)
            walked.append(table.cursor_key)
        assert walked == ["log_8", "log_4", "log_8", "log_8"]
        assert "No further failure among the loaded rows." in toasts(app)


@pytest.mark.parametrize(
    ("needle", "count"),
    [("LOG_12", 1), ("server err", 12), ("weird", 3), ("hooks.example", 12), ("nope", 0)],
)
async def test_find(needle: str, count: int) -> None:
    async with listed(FakeGateway(falling(12))) as (_, pilot):
        await press(pilot, "slash")
        text = await typed(pilot, needle)
        assert f"{count} of 12 loaded rows" in text


async def test_find_walks_round_and_escape_peels_it_off() -> None:
    async with listed(FakeGateway(falling(12))) as (screen, pilot):
        await press(pilot, "slash")
        await typed(pilot, "pending")
        await press(pilot, "enter")
        walked = [screen.table.cursor_key]
        for key in ("n", "n", "n", "N"):
            await press(pilot, key)
            walked.append(screen.table.cursor_key)
        assert walked == ["log_10", "log_6", "log_2", "log_10", "log_2"]
        assert screen.table.highlight == "pending"
        await press(pilot, "escape")
        assert not screen.table.highlight
        assert pilot.app.screen is screen


# -- preview and opening ---------------------------------------------------------------------------


async def test_preview_follows_the_cursor_without_asking() -> None:
    rows = [
        delivery(2, target="https://hooks.example.com/a?token=s3cret"),
        delivery(1, event="Presence", error="connection refused"),
    ]
    gateway = FakeGateway(rows)
    async with listed(gateway) as (_, pilot):
        text = screen_text(pilot)
        assert "log_2" in text
        assert "token=•••" in text
        assert "s3cret" not in text
        text = await press(pilot, "j")
        assert "log_1" in text
        assert "connection refused" in text
        assert "log_1" not in await press(pilot, "p")
        assert "log_1" in await press(pilot, "p")
        assert (gateway.count("search"), gateway.count("detail")) == (1, 0)


async def test_preview_needs_room_and_comes_back_with_it() -> None:
    async with listed(FakeGateway(falling(3)), size=(80, 24)) as (screen, pilot):
        assert not screen.query_one(Preview).display
        assert "log_3" not in screen_text(pilot)
        await pilot.resize_terminal(120, 36)
        await settle(pilot)
        assert "log_3" in screen_text(pilot)


async def test_enter_opens_and_coming_back_stands_where_one_walked_to() -> None:
    async with listed(FakeGateway(falling(6))) as (screen, pilot):
        text = await press(pilot, "j", "enter")
        front(pilot, DeliveryScreen)
        assert "Deliveries › log_5" in text
        await press(pilot, "right_square_bracket", "escape")
        assert pilot.app.screen is screen
        assert screen.table.cursor_key == "log_4"
        await press(pilot, "w")
        front(pilot, WebhookScreen)


async def test_copies_hide_the_query_of_the_target() -> None:
    row = delivery(1, target="https://hooks.example.com/a?token=s3cret", error="oops")
    async with shown(launch(FakeGateway([row]), instance=INSTANCE)) as (app, pilot):
        await press(pilot, "y")
        front(pilot, CopyMenu)
        assert "s3cret" not in screen_text(pilot)
        await press(pilot, "u")
        assert app.clipboard == "https://hooks.example.com/a?token=•••"
        await press(pilot, "y", "e")
        assert app.clipboard == "oops"


async def test_known_rows_are_usable_while_the_first_answer_is_awaited() -> None:
    gateway = FakeGateway(falling(5))
    gate = gateway.gate("search")
    async with VzapsApp(launch(gateway, instance=INSTANCE)).run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: gateway.count("search") == 1)
        await pilot.press("j", "space", "a", "r", "enter", "e", "y")
        assert not gateway.count("retry")
        gate.set()
        await settle(pilot)
        await until(pilot, lambda: "5 of 5" in screen_text(pilot))
