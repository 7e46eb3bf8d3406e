"""Sending again by keys: when it is asked first, what is sent, and what stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pytest
from textual.widgets import Button

from tests.builders import INSTANCE, delivered, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import (
    choose,
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
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.retries import Outcome, RetryReceipt
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.instances import InstancesScreen
from vzaps_tui.ui.widgets.job_line import JobLine


def mended(gateway: FakeGateway) -> Callable[[LogId], RetryReceipt | None]:
    """A receiver that takes every retry."""

    def take(log: LogId) -> RetryReceipt | None:
        gateway.put(delivered(gateway.row(log)))
        return None

    return take


def server(*rows: Delivery) -> FakeGateway:
    gateway = FakeGateway(rows, [instance(1), instance(2)])
    gateway.on_retry = mended(gateway)
    return gateway


def sent(gateway: FakeGateway) -> list[LogId]:
    return [call.args[1] for call in gateway.named("retry")]


def fives() -> list[Delivery]:
    """log_5 .. log_1: failed, delivered, pending, failed, of an unknown status."""
    kinds = ("failed", "delivered", "pending", "failed", "bounced")
    hosts = ("a.example", "b.example", "a.example", "a.example", "c.example")
    return [
        delivery(5 - n, status=kind, target=f"https://{host}/x", http_status=None)
        for n, (kind, host) in enumerate(zip(kinds, hosts, strict=True))
    ]


async def test_one_failed_row_is_sent_at_once_and_told_to_the_end() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        text = await press(pilot, "r")
        assert sent(gateway) == ["log_5"]
        assert "DELIVERED" in row_with(text, "00:00:05  ")
        said = toasts(app)
        assert "Asking VZaps to send log_5 again" in said
        assert "log_5: DELIVERED · 200 in 42 ms" in said


async def test_what_is_pressed_while_rows_are_being_marked_is_meant_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gateway = server(*fives())
    begin = launch(gateway, instance=INSTANCE)
    assert begin.services is not None
    deliveries, gate = begin.services.deliveries, asyncio.Event()
    fetch = deliveries.fetch

    async def slow(rowids: Sequence[int]) -> list[Delivery | None]:
        await gate.wait()
        return await fetch(rowids)

    async with shown(begin) as (app, pilot):
        monkeypatch.setattr(deliveries, "fetch", slow)
        await pilot.press("a", "u")
        gate.set()
        await settle(pilot)
        assert "marked" not in screen_text(pilot)
        gate.clear()
        await pilot.press("a", "r")
        gate.set()
        assert "5 marked" in await dialog(pilot)
        assert sent(gateway) == []
        assert toasts(app) == ""


@pytest.mark.parametrize(("moves", "word"), [(1, "DELIVERED"), (2, "PENDING"), (4, "BOUNCED")])
async def test_a_row_that_did_not_fail_is_asked_about_with_cancel_in_focus(
    moves: int, word: str
) -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, *["j"] * moves, "r")
        text = await dialog(pilot)
        assert f"It has not failed: it is {word}." in text
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        await press(pilot, "enter")
        front(pilot, DeliveriesScreen)
        assert not sent(gateway)
        await press(pilot, "r")
        await choose(pilot, "all")
        assert sent(gateway) == [f"log_{5 - moves}"]


async def test_the_dialog_states_counts_hosts_and_what_is_skipped() -> None:
    async with shown(launch(server(*fives()), instance=INSTANCE)) as (_, pilot):
        await press(pilot, "a", "r")
        text = await dialog(pilot)
        for words in (
            "Send 2 deliveries again?",
            "Events: Message 2",
            "2 FAILED of 5 chosen",
            "Last sent to: a.example",
            "The oldest first, one a second: about 2 s to send 2.",
            "Not sent, unless you send all 5: 1 PENDING, 1 DELIVERED, 1 OTHER.",
            "Retry 2",
            "Send all 5",
        ):
            assert words in " ".join(text.replace("│", " ").split())


async def test_that_the_webhook_has_moved_since_is_said() -> None:
    gateway = server(*fives())
    gateway.listed = [instance(1, webhook="https://new.example/x?secret=s3cret")]
    said = "Last sent to: a.example; the webhook is new.example now"
    async with shown(launch(gateway), size=(160, 40)) as (_, pilot):
        await press(pilot, "enter", "a", "r")
        text = await dialog(pilot)
        assert said in " ".join(text.replace("│", " ").split())
        await press(pilot, "escape", "u", "j", "r")
        text = await dialog(pilot)
        assert "It has not failed" in text
        assert said.replace("a.example", "b.example") in " ".join(text.replace("│", " ").split())
        assert "s3cret" not in text


@pytest.mark.parametrize(
    ("choice", "logs"),
    [
        ("failed", ["log_2", "log_5"]),
        ("all", ["log_1", "log_2", "log_3", "log_4", "log_5"]),
        ("cancel", []),
    ],
)
async def test_what_is_chosen_is_sent_the_oldest_first(choice: str, logs: list[str]) -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "a", "r")
        await choose(pilot, choice)
        await until(pilot, lambda: not app.jobs.is_busy)
        assert sent(gateway) == logs
        left = {f"log_{n}" for n in range(1, 6)} - set(logs)
        assert front(pilot, DeliveriesScreen).table.marked == left
        if logs:
            assert f"{len(logs)} retries: {len(logs)} DELIVERED" in toasts(app)


async def test_escape_in_the_dialog_sends_nothing_and_keeps_the_marks() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (_, pilot):
        await press(pilot, "a", "r")
        await dialog(pilot)
        await press(pilot, "escape")
        assert not sent(gateway)
        assert len(front(pilot, DeliveriesScreen).table.marked) == 5


async def test_marked_rows_go_before_the_row_under_the_cursor() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (_, pilot):
        await press(pilot, "G", "k", "space", "g", "r")
        assert sent(gateway) == ["log_2"]
        assert not front(pilot, DeliveriesScreen).table.marked


async def test_marks_that_are_not_in_the_list_send_nothing_and_say_so() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "j", "space", "f", "r")
        assert not sent(gateway)
        assert "1 marked rows are not in this list" in toasts(app)


async def test_a_row_retried_under_failures_only_stays_in_sight() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (_, pilot):
        text = await press(pilot, "f", "r")
        screen = front(pilot, DeliveriesScreen)
        assert keys_of(screen) == ["log_5", "log_2"]
        assert row_with(text, "00:00:05  ").count("DELIVERED") >= 2, "status and outcome"
        assert "1 just retried" in text
        text = await press(pilot, "f", "f")
        assert keys_of(screen) == ["log_2"], "a filter asked for anew hides it"


@pytest.mark.parametrize("keys", [["r"], ["a", "r"], ["enter", "r"]])
async def test_read_only_sends_nothing(keys: list[str]) -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE, read_only=True)) as (app, pilot):
        text = screen_text(pilot)
        assert " r retry" not in text
        await press(pilot, *keys)
        await until(pilot, lambda: "Read-only: nothing is sent." in toasts(app))
        assert not sent(gateway)
        assert not app.jobs.steps
        assert "acme · read-only" in text


@pytest.mark.parametrize("outcome", ["DELIVERED", "UNKNOWN"])
async def test_what_was_sent_from_here_is_not_sent_again_without_asking(outcome: str) -> None:
    gateway = server(*fives())
    if outcome == "UNKNOWN":
        gateway.on_retry = None
        gateway.fail("retry", UnavailableError("the connection was reset"))
    else:  # the log stays as it is: the retry is written to another
        new = delivered(delivery(9))
        gateway.on_retry = lambda _: gateway.rows.append(new) or RetryReceipt(new_log=new.id)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        text = await press(pilot, "r")
        assert f"FAILED       {outcome}" in row_with(text, "00:00:05  ")
        await press(pilot, "r")
        assert f"Sent from here already: {outcome}" in await dialog(pilot)
        await press(pilot, "enter")
        assert len(sent(gateway)) == 1
        await press(pilot, "a", "r")
        assert f"1 sent from here already: 1 {outcome}, last at" in await dialog(pilot)
        await choose(pilot, "failed")
        await until(pilot, lambda: not app.jobs.is_busy)
        assert sent(gateway).count(LogId("log_5")) == 1


async def test_what_was_not_sent_when_it_was_stopped_is_marked_again() -> None:
    gateway = server(*[delivery(n) for n in range(5, 0, -1)])
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("a", "r")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("X")
        gate.set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        unsent = {f"log_{n}" for n in range(5, 0, -1)} - set(sent(gateway))
        assert unsent
        assert front(pilot, DeliveriesScreen).table.marked == unsent


async def test_it_works_on_when_the_screen_is_left() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway)) as (app, pilot):
        await press(pilot, "enter")
        gate = gateway.gate("retry")
        await pilot.press("a", "r")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, InstancesScreen))
        assert "Retrying" in screen_text(pilot)
        assert "0 of 2 settled" in screen_text(pilot)
        gate.set()
        await settle(pilot)
        assert sent(gateway) == ["log_2", "log_5"]
        assert "2 retries: 2 DELIVERED" in toasts(app)
        assert "Retrying" not in screen_text(pilot)
        text = await press(pilot, "enter")
        assert "DELIVERED" in row_with(text, "00:00:05  ")


async def test_x_finishes_the_one_in_flight_and_sends_no_more() -> None:
    gateway = server(*fives())
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("a", "r")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("X")
        assert "Stopped: the one in flight is finished, the rest is not sent." in toasts(app)
        gate.set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert sent(gateway) == ["log_2"]
        outcomes = {log: step.outcome for (_, log), step in app.jobs.steps.items()}
        assert outcomes == {"log_2": Outcome.DELIVERED}
        assert "2 retries: 1 DELIVERED, 1 not sent" in toasts(app)
        assert "QUEUED" not in screen_text(pilot)
        assert not app.screen.query_one(JobLine).has_class("-open")


async def test_x_before_anything_was_sent_says_not_sent() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        gate = gateway.gate("detail")
        await pilot.press("r")
        await until(pilot, lambda: gateway.count("detail") == 1)
        await pilot.press("X")
        gate.set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert not sent(gateway)
        assert "log_5: not sent" in toasts(app)
        assert "QUEUED" not in screen_text(pilot)


async def test_x_without_work_says_so() -> None:
    async with shown(launch(server(), instance=INSTANCE)) as (app, pilot):
        await press(pilot, "X")
        assert "Nothing is under way." in toasts(app)


async def test_quitting_while_busy_asks_and_cancel_goes_on() -> None:
    gateway = server(*fives())
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("q")
        assert "1 of 1 retries are not settled." in " ".join((await dialog(pilot)).split())
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DeliveriesScreen))
        assert app.is_running
        gate.set()
        await settle(pilot)
        assert app.jobs.steps[(INSTANCE, LogId("log_5"))].outcome is Outcome.DELIVERED
        assert app.jobs.steps.keys() == {(INSTANCE, "log_5")}


async def test_quitting_while_busy_can_be_insisted_on() -> None:
    gateway = server(*fives())
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("q")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: not app.is_running or app.return_code is not None)
        assert app.return_code == 0
        gate.set()
    assert sent(gateway) == ["log_5"]


async def test_two_instances_do_not_share_outcomes() -> None:
    gateway = server(*fives())
    async with shown(launch(gateway)) as (_, pilot):
        await press(pilot, "enter", "r")
        await press(pilot, "escape", "j", "enter")
        screen = front(pilot, DeliveriesScreen)
        assert "Retry" not in screen_text(pilot).splitlines()[2]
        assert screen.host.jobs.has_steps(INSTANCE)


@pytest.mark.parametrize("keys", [("R",), ("t", "r")])
@pytest.mark.parametrize("count", [60, 600])
async def test_what_is_not_loaded_is_said_to_be_missing(keys: tuple[str, ...], count: int) -> None:
    gateway = FakeGateway([delivery(number) for number in range(count, 0, -1)])
    async with shown(launch(gateway, instance=INSTANCE)) as (_, pilot):
        await press(pilot, *keys[:-1])
        await pilot.press(keys[-1])
        text = " ".join((await dialog(pilot)).replace("│", " ").split())
        said = "Only what is loaded is among them; L loads all of the log."
        assert (said in text) is (count == 600)


@pytest.mark.parametrize("before", [(), ("f", "f")])
async def test_where_all_of_the_log_is_loaded_none_of_its_failures_is_said_to_be_missing(
    before: tuple[str, ...],
) -> None:
    rows = [delivery(number) for number in range(400, 0, -1)]
    gateway = FakeGateway([row if row.id in _EVEN else delivered(row) for row in rows])
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, *before, "L")
        await until(pilot, lambda: "400 of 400 loaded" in screen_text(pilot))
        await press(pilot, "f", "a")
        assert "not loaded yet" not in toasts(app)
        await pilot.press("u", "R")
        text = " ".join((await dialog(pilot)).replace("│", " ").split())
        assert "Send 200 deliveries again?" in text
        assert "Only what is loaded" not in text


_EVEN = {f"log_{number}" for number in range(2, 401, 2)}
