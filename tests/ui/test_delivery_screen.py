"""One delivery: its head, its four parts, walking through the list, finding, copying."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.builders import INSTANCE, NOW, delivered, delivery, detail, failed_again
from tests.fakes import FakeGateway
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
from vzaps_tui.domain.deliveries import Attempt, Delivery
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.copy_menu import CopyMenu
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.widgets.text_view import TextView

TRIES = (
    Attempt(1, NOW.replace(hour=9), 500, 120.0, None, "first oops"),
    Attempt(2, NOW.replace(hour=10), 502, 900.0, "bad gateway", None),
    Attempt(3, None, None, None, "connection refused", None),
)


def known(row: Delivery | None = None, **changes: Any) -> FakeGateway:
    """A server with one delivery of which it tells all."""
    row = row or delivery(2)
    gateway = FakeGateway([row])
    gateway.details[row.id] = detail(row, **changes)
    return gateway


@asynccontextmanager
async def opened(
    gateway: FakeGateway, **changes: Any
) -> AsyncGenerator[tuple[VzapsApp, Pilot[str]]]:
    """The first delivery of the list, opened."""
    async with shown(launch(gateway, instance=INSTANCE, **changes)) as (app, pilot):
        await press(pilot, "enter")
        front(pilot, DeliveryScreen)
        yield app, pilot


async def test_the_head_tells_what_is_known() -> None:
    row = delivery(
        2,
        target="https://hooks.example.com/vz?key=s3cret",
        next_retry_at=NOW.replace(hour=13),
        error="server error",
    )
    async with opened(known(row)) as (_, pilot):
        text = screen_text(pilot)
        for words in (
            "VZ01 › Deliveries › log_2",
            "FAILED",
            "Message",
            "500 · 3 tries · 120 ms",
            "2026-03-14 00:00:02 UTC",
            "2026-03-14 13:00:00 UTC",
            "server error",
            "https://hooks.example.com/vz?key=•••",
            "live just now",
        ):
            assert words in text
        assert "s3cret" not in text


async def test_attempts_are_listed_one_a_row() -> None:
    async with opened(known(attempts=TRIES)) as (_, pilot):
        text = screen_text(pilot)
        for words in ("09:00:00", "500", "120 ms"):
            assert words in row_with(text, "first oops")
        for words in ("10:00:00", "502", "900 ms"):
            assert words in row_with(text, "bad gateway")
        assert "refused" in row_with(text, "   3  -")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (7, "The API told only their number: 7."),
        (None, "The API told nothing of its attempts."),
    ],
)
async def test_attempts_of_which_only_the_number_is_told(count: int | None, words: str) -> None:
    async with opened(known(delivery(2, attempts=count))) as (_, pilot):
        assert words in screen_text(pilot)


PARTS = [("1", "attempts"), ("2", "payload"), ("3", "response"), ("4", "raw")]
SAID = {
    "attempts": "first oops",
    "payload": '"type": "Message"',
    "response": "<html>said no</html>",
    "raw": '"whole": "answer"',
}


@pytest.mark.parametrize(("key", "part"), PARTS)
async def test_a_number_shows_a_part_and_no_other(key: str, part: str) -> None:
    gateway = known(attempts=TRIES, response=SAID["response"], raw='{\n  "whole": "answer"\n}')
    async with opened(gateway) as (_, pilot):
        text = await press(pilot, key)
        assert front(pilot, DeliveryScreen).part == part
        for name, words in SAID.items():
            assert (words in text) is (name == part)
        assert gateway.count("detail") == 1


async def test_tab_walks_round_the_parts_and_keys_scroll_the_one_in_front() -> None:
    async with opened(known()) as (app, pilot):
        screen = front(pilot, DeliveryScreen)
        walked = [screen.part]
        for key in ("tab", "tab", "tab", "tab", "shift+tab"):
            await press(pilot, key)
            walked.append(screen.part)
        assert walked == ["attempts", "payload", "response", "raw", "attempts", "raw"]
        await press(pilot, "2")
        assert app.focused is screen.main_widget()
        await press(pilot, "j")
        assert screen.query_one("#payload-part", TextView).cursor_index == 1


def silent(error: str, code: int | None = None) -> Delivery:
    """The delivery that is opened, with an error of its own."""
    return delivery(2, http_status=code, error=error)


@pytest.mark.parametrize(
    ("changes", "keys", "words"),
    [
        ({"payload": None}, "2", "The API told no payload."),
        ({"payload": ""}, "2", "(empty)"),
        ({"payload": "a=1&b=%20", "payload_is_json": False}, "2", "a=1&b=%20"),
        ({"response": None}, "3", "The API told no response body."),
        ({"response": ""}, "3", "(empty)"),
        (
            {"response": "", "row": silent("timeout: no answer within 10 s")},
            "3",
            "No answer c",
        ),
        ({"response": None, "row": silent("connection refused")}, "3", "No answer came."),
        ({"response": "", "row": silent("no such host", 0)}, "3", "No answer came."),
        ({"response": "", "row": silent("something")}, "3", "(empty)"),
        ({"response": "", "row": silent("timeout", 504)}, "3", "(empty)"),
        ({"response": "late", "row": silent("timeout")}, "3", "late"),
        ({"response": "line one\r\nline two"}, "3", "line two"),
    ],
)
async def test_what_is_missing_or_no_json_is_said(
    changes: dict[str, Any], keys: str, words: str
) -> None:
    async with opened(known(**changes)) as (_, pilot):
        assert words in await press(pilot, keys)


async def test_walking_goes_through_the_list_and_stops_at_its_ends() -> None:
    rows = [delivery(n, event=f"E{n}") for n in (3, 2, 1)]
    async with opened(FakeGateway(rows)) as (app, pilot):
        await press(pilot, "2")
        seen = [row_with(screen_text(pilot), '"id"')]
        for key in ("right_square_bracket", "right_square_bracket", "left_square_bracket"):
            text = await press(pilot, key)
            seen.append(row_with(text, '"id"'))
            assert f"› {seen[-1].split(chr(34))[3]}" in text, "the crumb names it"
        assert [line.split('"')[3] for line in seen] == ["log_3", "log_2", "log_1", "log_2"]
        await press(pilot, "left_square_bracket", "left_square_bracket")
        assert "That was the first one." in toasts(app)
        await press(pilot, *["right_square_bracket"] * 3)
        assert "That was the last one of the list." in toasts(app)
        await press(pilot, "escape")
        assert front(pilot, DeliveriesScreen).table.cursor_key == "log_1"


async def test_a_late_answer_for_the_one_walked_away_from_is_not_shown() -> None:
    gateway = FakeGateway([delivery(2, event="Two"), delivery(1, event="One")])
    async with shown(launch(gateway, instance=INSTANCE)) as (_, pilot):
        gate = gateway.gate("detail")
        await pilot.press("enter")
        await until(pilot, lambda: gateway.count("detail") == 1)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: gateway.count("detail") == 2)
        assert "log_2" not in screen_text(pilot), "what is not known yet is not another's"
        gate.set()
        await settle(pilot)
        text = await press(pilot, "2")
        assert '"id": "log_1"' in text
        assert "log_2" not in text


async def test_a_log_that_vanished_keeps_what_the_list_knew() -> None:
    gateway = FakeGateway([delivery(2), delivery(1)])
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        gateway.rows.pop(0)
        text = await press(pilot, "enter")
        assert "Not found: no such log." in text
        assert "Go back with esc" in text
        assert "server error" in text
        assert "nothing read" in text
        for key in "1234":
            assert "Could not be read" in await press(pilot, key)
        await press(pilot, "y", "escape", "r")
        await until(pilot, lambda: not app.jobs.is_busy)
        assert "REFUSED" in toasts(app)
        assert not gateway.count("retry")


@pytest.mark.parametrize("width", [80, 120])
async def test_a_payload_that_cannot_be_read_is_not_waited_for(width: int) -> None:
    gateway = known()
    gateway.fail("detail", UnavailableError("timed out"))
    async with shown(launch(gateway, instance=INSTANCE), (width, 24)) as (app, pilot):
        text = await press(pilot, "enter")
        says = row_with(text, "Says")
        assert "cannot be read now; archive.payloads = true keeps payloads for this" in says
        await press(pilot, "o")
        assert "The payload cannot be read now; archive.payloads = true" in toasts(app)
        text = await press(pilot, "ctrl+r")
        assert "cannot be read now" not in text


async def test_a_failed_refresh_keeps_what_was_read_and_says_why() -> None:
    gateway, clock = known(attempts=TRIES), QuickClock()
    async with opened(gateway, clock=clock) as (_, pilot):
        clock.shift(120)
        gateway.fail("detail", UnavailableError("timed out"))
        text = await press(pilot, "ctrl+r")
        for words in ("first oops", "OLD, 2 min ago", "timed out"):
            assert words in text


async def test_coming_back_within_freshness_asks_nothing() -> None:
    gateway, clock = known(), QuickClock()
    async with opened(gateway, clock=clock) as (_, pilot):
        await press(pilot, "escape", "enter")
        assert gateway.count("detail") == 1
        clock.shift(16)
        await press(pilot, "escape", "enter")
        assert gateway.count("detail") == 2


PAYLOAD = "{\n" + "\n".join(f'  "k{n}": "needle {n % 2}",' for n in range(60)) + "\n}"


async def test_a_search_that_fails_or_is_left_leaves_the_cursor_where_it_was() -> None:
    async with opened(known(payload=PAYLOAD)) as (_, pilot):
        await press(pilot, "2", *"jjj", "slash")
        view = front(pilot, DeliveryScreen).query_one("#payload-part", TextView)
        await typed(pilot, "k17")
        assert view.cursor_index > 3
        text = await typed(pilot, "zz")
        assert "no match" in text
        assert view.cursor_index == 3
        await press(pilot, "backspace", "backspace")
        assert view.cursor_index > 3
        await press(pilot, "escape")
        assert (view.cursor_index, view.needle) == (3, "")
        await press(pilot, "slash")
        await typed(pilot, "k17")
        await press(pilot, "enter")
        found = view.cursor_index
        await press(pilot, "escape")
        assert view.cursor_index == found > 3


async def test_find_in_the_payload_counts_and_walks() -> None:
    async with opened(known(payload=PAYLOAD)) as (_, pilot):
        await press(pilot, "2", "slash")
        text = await typed(pilot, "NEEDLE 1")
        assert "30 lines" in text
        await press(pilot, "enter")
        view = front(pilot, DeliveryScreen).query_one("#payload-part", TextView)
        walked: list[int] = []
        for key in ("n", "n", "N"):
            await press(pilot, key)
            walked.append(view.cursor_index)
        assert walked[1] - walked[0] == 2
        assert walked[2] == walked[0]
        text = await press(pilot, "escape")
        assert "30 lines" not in text
        assert not view.needle


async def test_find_where_there_is_no_text_says_so() -> None:
    async with opened(known()) as (_, pilot):
        await press(pilot, "slash")
        assert "nothing to find in this part" in await typed(pilot, "x")


async def test_retry_from_here_is_told_here_and_in_the_list() -> None:
    gateway = known()
    gateway.on_retry = lambda log: gateway.put(delivered(gateway.row(log)))
    async with opened(gateway) as (app, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        text = screen_text(pilot)
        assert "DELIVERED · 200 in 42 ms" in row_with(text, " Retry ")
        assert "200 · 4 tries · 42 ms" in text
        text = await press(pilot, "escape")
        assert row_with(text, "▌").count("DELIVERED") >= 2
        assert gateway.count("retry") == 1


async def test_every_retry_from_here_stands_in_the_timeline() -> None:
    gateway = known()
    gateway.on_retry = lambda log: gateway.put(failed_again(gateway.row(log)))
    async with opened(gateway) as (app, pilot):
        for count in (1, 2):
            await press(pilot, "r")
            await until(pilot, lambda: not app.jobs.is_busy)
            text = await press(pilot, "1")
            told = [line for line in text.splitlines() if "retry from here: FAILED AGAIN" in line]
            assert len(told) == count
        assert gateway.count("retry") == 2


async def test_a_delivered_one_is_asked_about_first() -> None:
    gateway = known(delivery(2, status="delivered"))
    async with opened(gateway) as (_, pilot):
        await press(pilot, "r")
        await until(pilot, lambda: "Send it again?" in screen_text(pilot))
        await press(pilot, "enter")
        front(pilot, DeliveryScreen)
        assert not gateway.count("retry")


async def test_the_copy_menu_offers_what_is_known() -> None:
    row = delivery(2, target="https://h.example/x?k=s3cret")
    async with opened(known(row, raw='{"raw": 1}')) as (app, pilot):
        for key, text in {
            "i": "log_2",
            "u": "https://h.example/x?k=•••",
            "p": detail(row).payload,
            "r": "oops",
            "a": '{"raw": 1}',
        }.items():
            menu = await press(pilot, "y")
            front(pilot, CopyMenu)
            assert "s3cret" not in menu
            await press(pilot, key)
            assert app.clipboard == text


async def test_a_large_payload_opens_and_scrolls() -> None:
    payload = "[\n" + ",\n".join(f'  {{"n": {n}}}' for n in range(60_000)) + "\n]"
    async with opened(known(payload=payload)) as (_, pilot):
        await press(pilot, "2")
        assert '"n": 59999' in await press(pilot, "G")


HARD = {
    "ten thousand levels": ("[" * 10_000 + "7" + "]" * 10_000, "7"),
    "keys that repeat": ('{"a": 1, "a": 2, "last": "a"}', '"a": 2'),
    "a huge number": (f'{{"n": {"9" * 100_000}}}', '"n": 9999'),
    "half characters": ('{"bad": "\udc80\udcff"}', "bad"),
    "no JSON after a while": ('{"a": 1, "b": ', '"b":'),
}


@pytest.mark.parametrize("name", HARD)
async def test_payloads_that_are_hard_to_read_are_shown_and_copied(name: str) -> None:
    payload, needle = HARD[name]
    async with opened(known(payload=payload)) as (app, pilot):
        await press(pilot, "2", "slash")
        assert "1 line\n" in await typed(pilot, needle)
        await press(pilot, "enter", "home")
        await press(pilot, "end", "z", "Z", "home", "y", "p")
        assert app.clipboard == payload


async def test_rows_without_id_are_passed_over_when_walking() -> None:
    rows = [delivery(n) for n in (4, 3, 2, 1)]
    rows[1] = delivery(3, id="", key="digest-a")
    rows[2] = delivery(2, id="", key="digest-b")
    async with opened(FakeGateway(rows)) as (app, pilot):
        assert "› log_1" in await press(pilot, "right_square_bracket")
        assert "› log_4" in await press(pilot, "left_square_bracket")
        await press(pilot, "left_square_bracket")
        assert "That was the first one." in toasts(app)


async def test_leaving_ends_what_is_being_read_before_the_widgets_go() -> None:
    gateway = known()
    async with opened(gateway) as (app, pilot):
        gateway.gate("detail")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: gateway.count("detail") == 2)
        screen = front(pilot, DeliveryScreen)
        reading = [w for w in app.workers if w.node is screen and not w.is_finished]
        assert reading
        screen.leave()
        assert all(worker.is_cancelled for worker in reading)
        await until(pilot, lambda: isinstance(app.screen, DeliveriesScreen))
