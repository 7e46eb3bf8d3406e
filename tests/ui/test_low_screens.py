"""What must be known is in reach on low and narrow screens: questions, stops, lines cut short."""

from __future__ import annotations

from tests.builders import INSTANCE, delivery, failed_again
from tests.fakes import FakeGateway
from tests.ui.harness import choose, dialog, launch, press, settle, shown, typed, until
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.ui.delivery_rows import why_empty
from vzaps_tui.ui.widgets.job_line import JobLine, Tally
from vzaps_tui.ui.widgets.retry_panel import RetryPanel

SMALLEST = (60, 20)


def server(count: int) -> FakeGateway:
    """So many failures, which fail again."""
    hosts = [f"https://receiver-{n}.acme.example.com/hook" for n in range(4)]
    rows = [delivery(n, target=hosts[n % 4], event=f"Event{n % 4}") for n in range(count, 0, -1)]
    gateway = FakeGateway(rows)
    gateway.on_retry = lambda log: gateway.put(failed_again(gateway.row(log)))
    return gateway


async def test_a_long_question_scrolls_by_keys() -> None:
    async with shown(launch(server(40), instance=INSTANCE), SMALLEST) as (_, pilot):
        await pilot.press("R")
        text = await dialog(pilot)
        assert "failures in a row" not in text
        assert "failures in a row" in await press(pilot, *["pagedown"] * 3)
        assert "40 FAILED" in await press(pilot, *["pageup"] * 3)


async def test_why_retries_stopped_has_its_own_line() -> None:
    async with shown(launch(server(40), instance=INSTANCE), SMALLEST) as (app, pilot):
        await press(pilot, "R")
        await choose(pilot, "failed")
        await until(pilot, lambda: app.jobs.progress.stuck and not app.jobs.is_busy)
        await settle(pilot)
        panel = app.screen.query_one(RetryPanel)
        assert panel.size.height in {2, 3}
        assert str(panel.render()).splitlines()[1].startswith("Stopped by itself: ")


async def test_a_line_that_is_too_short_keeps_the_failures() -> None:
    words = (("FAILED AGAIN", 4), ("DELIVERED", 1120))
    async with shown(launch(server(1), instance=INSTANCE), (80, 24)) as (app, pilot):
        line = app.screen.query_one(JobLine)
        line.tally = Tally(4000, 1124, words, keys="P pauses · X stops")
        await settle(pilot)
        assert "1,124 of 4,000 · 4 FAILED AGAIN" in str(line.render())
        assert str(line.render()).endswith("X stops")


async def test_copies_are_cut_to_the_menu() -> None:
    async with shown(launch(server(1), instance=INSTANCE), SMALLEST) as (_, pilot):
        text = await press(pilot, "y")
        lines = [line for line in text.splitlines() if "https://receiver" in line]
        assert len(lines) == 1
        assert "target URL" in lines[0]


async def test_a_name_that_is_begun_takes_no_rows_away() -> None:
    async with shown(launch(server(3), instance=INSTANCE)) as (_, pilot):
        await press(pilot, "colon")
        assert "3 of 3 loaded" in await typed(pilot, "las")


def test_a_list_that_is_narrowed_does_not_say_that_nothing_failed() -> None:
    failed = DeliveryQuery(statuses=FAILED_ONLY)
    assert "failed for good" in why_empty(LogState(held=3), failed, 2)
    narrowed = DeliveryQuery(statuses=FAILED_ONLY, text="boleto")
    assert "failed for good" not in why_empty(LogState(held=3), narrowed, 2)
