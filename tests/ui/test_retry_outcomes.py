"""What a retry led to: every outcome's word reaches the row, the detail and the toast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from tests.builders import INSTANCE, delivered, delivery, failed_again
from tests.fakes import Call, FakeGateway
from tests.ui.harness import (
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
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.retries import RetryReceipt
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen

ROW = delivery(5)
LOG = LogId("log_5")
World = Callable[[FakeGateway], None]


def delivers(gateway: FakeGateway) -> None:
    gateway.on_retry = lambda log: gateway.put(delivered(gateway.row(log)))


def fails_again(gateway: FakeGateway) -> None:
    gateway.on_retry = lambda log: gateway.put(failed_again(gateway.row(log)))


def stays_silent(gateway: FakeGateway) -> None:
    del gateway


def stays_pending(gateway: FakeGateway) -> None:
    gateway.on_retry = lambda log: gateway.put(replace(gateway.row(log), status="pending"))


def writes_a_new_log(gateway: FakeGateway) -> None:
    def write(log: LogId) -> RetryReceipt:
        made = delivered(gateway.row(log), id=LogId("log_99"), key="log_99")
        gateway.rows.insert(0, made)
        return RetryReceipt(new_log=LogId("log_99"))

    gateway.on_retry = write


def is_delivered_meanwhile(gateway: FakeGateway) -> None:
    gateway.put(delivered(ROW))


def refuses(problem: VzapsError, name: str = "retry") -> World:
    return lambda gateway: gateway.fail(name, problem)


@dataclass(frozen=True)
class Case:
    """A world, the word it leads to, a part of the reason, and how many retries were sent."""

    name: str
    world: World
    word: str
    reason: str
    sent: int = 1


CASES = (
    Case("delivered", delivers, "DELIVERED", "200 in 42 ms"),
    Case("failed again", fails_again, "FAILED AGAIN", "503 in 1.2 s"),
    Case("silent", stays_silent, "NO NEWS", "accepted; unchanged after 8 s"),
    Case("pending", stays_pending, "NO NEWS", "still PENDING after 60 s"),
    Case("new log", writes_a_new_log, "DELIVERED", "200 in 42 ms"),
    Case("no", refuses(RejectedError("too old", status=409)), "REFUSED", "too old"),
    Case("forbidden", refuses(ForbiddenError("not yours")), "REFUSED", "not yours"),
    Case("revoked", refuses(AuthError("token revoked")), "REFUSED", "token revoked"),
    Case("429", refuses(RateLimitedError("slow down", retry_after=2.0)), "REFUSED", "slow down"),
    Case("lost", refuses(UnavailableError("reset")), "UNKNOWN", "not sent again"),
    Case("garbled", refuses(ProtocolError("HTML")), "UNKNOWN", "not sent again"),
    Case("gone", refuses(NotFoundError("x"), "detail"), "REFUSED", "the log is gone", 0),
    Case("unread", refuses(UnavailableError("x"), "detail"), "REFUSED", "not sent", 0),
    Case("meanwhile", is_delivered_meanwhile, "SKIPPED", "already delivered", 0),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_outcome_reaches_row_and_toast(case: Case) -> None:
    gateway = FakeGateway([ROW])
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        case.world(gateway)
        await press(pilot, "r")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert gateway.count("retry") == case.sent
        table = front(pilot, DeliveriesScreen).table
        assert table.rows.cells(0 if case.name != "new log" else table.cursor_index)[2][0] == (
            case.word
        )
        assert case.word in row_with(screen_text(pilot), "▌")
        said = toasts(app)
        assert f"log_5: {case.word}" in said
        assert case.reason in said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_outcome_reaches_the_detail(case: Case) -> None:
    gateway = FakeGateway([ROW])
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "enter")
        case.world(gateway)
        await press(pilot, "r")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        front(pilot, DeliveryScreen)
        text = row_with(screen_text(pilot), " Retry ")
        assert case.word in text
        assert gateway.count("retry") == case.sent


async def test_a_lost_answer_that_was_carried_out_is_told_but_sent_once() -> None:
    gateway = FakeGateway([ROW])
    gateway.fail("retry", UnavailableError("reset"))
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        gateway.hook = lambda call: gateway.put(delivered(ROW)) if call.name == "retry" else None
        await press(pilot, "r")
        await until(pilot, lambda: not app.jobs.is_busy)
        assert gateway.count("retry") == 1
        assert app.jobs.steps[(INSTANCE, LOG)].outcome.value == "DELIVERED"


async def test_an_unknown_that_turns_out_well_is_counted_once() -> None:
    gateway = FakeGateway([delivery(2), delivery(1)])
    gateway.fail("retry", UnavailableError("reset"))
    delivers(gateway)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):

        def world(call: Call) -> None:
            if call.name == "retry" and gateway.count("retry") == 1:
                gateway.put(delivered(delivery(1)))
            if call.name == "retry" and gateway.count("retry") == 2:
                gateway.gate("detail")

        gateway.hook = world
        await pilot.press("a", "r")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 2)
        await pilot.pause()
        tally = app.jobs.tally
        assert (tally.total, tally.settled) == (2, 1)
        gateway.gate("detail").set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert "2 retries: 2 DELIVERED" in toasts(app)


async def test_accepted_and_delivered_are_two_words() -> None:
    gateway = FakeGateway([ROW])
    delivers(gateway)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "enter", "escape")
        gate = gateway.gate("detail")
        gateway.hook = lambda call: gate.clear() if call.name == "retry" else None
        gate.set()
        await pilot.press("r")
        await until(pilot, lambda: gateway.count("retry") == 1 and gateway.count("detail") == 3)
        await pilot.pause()
        text = row_with(screen_text(pilot), "▌")
        assert "ACCEPTED" in text
        assert "DELIVERED" not in text
        gate.set()
        await settle(pilot)
        assert "ACCEPTED" not in screen_text(pilot)
        assert app.jobs.steps[(INSTANCE, LOG)].outcome.value == "DELIVERED"


async def test_several_outcomes_are_counted_in_the_toast() -> None:
    gateway = FakeGateway([delivery(3), delivery(2), delivery(1)])
    gateway.fail("retry", None, RejectedError("no"), None)
    delivers(gateway)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("a", "r")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 3 and not app.jobs.is_busy)
        await settle(pilot)
        assert "3 retries: 2 DELIVERED, 1 REFUSED" in toasts(app)


async def test_the_same_delivery_is_not_sent_twice_at_a_time() -> None:
    gateway = FakeGateway([ROW])
    delivers(gateway)
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("r", "r")
        await pilot.pause()
        gate.set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert gateway.count("retry") == 1


async def test_a_retry_that_goes_on_does_not_lose_its_word_to_a_refused_second() -> None:
    gateway = FakeGateway([ROW])
    delivers(gateway)
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await pilot.press("r")
        await pilot.pause()
        assert "SENDING" in row_with(screen_text(pilot), "▌")
        gate.set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert app.jobs.steps[(INSTANCE, LOG)].outcome.value == "DELIVERED"


async def test_a_reason_of_strangers_words_does_not_act() -> None:
    gateway = FakeGateway([ROW])
    gateway.fail("retry", RejectedError("[red]\x1b[2J\u202e[/red]", status=400))
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "r")
        said = toasts(app)
        assert "[red]\u241b[2J\u2039RLO\u203a[/red]" in said
        assert "\x1b" not in screen_text(pilot)
