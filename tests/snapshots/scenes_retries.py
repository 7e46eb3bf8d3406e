"""Scenes of sending again: the review, how it goes, what was cut short, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle, islice
from typing import Any

from textual.pilot import Pilot

from tests.builders import NOW, delivered, delivery, failed_again
from tests.fakes import Call, FakeGateway
from tests.snapshots.past import Past
from tests.snapshots.stage import (
    LARGE,
    SMALL,
    URL,
    USUAL,
    Act,
    Scene,
    asked,
    outage,
    pressed,
)
from tests.ui.harness import screen_text, until
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.plans import PlanState
from vzaps_tui.domain.retries import Outcome, RetryReceipt
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.dialogs import ConfirmScreen

_ALL = tuple(Outcome)
_FAILING = "status:failed code:502,timeout"


# -- the review ----------------------------------------------------------------------------------


def _many(gateway: FakeGateway) -> None:
    """More failures than one sends again without a second thought, to several receivers."""
    hosts = (URL, URL, URL, "https://crm.acme.example.com/in", "http://bot.acme.example.com:3000/")
    events = ("Message", "Message", "ReadReceipt", "Message", "Presence", "GroupParticipantsAdd")
    gateway.rows = [
        delivery(
            412 - number,
            target=hosts[number % len(hosts)],
            event=events[number % len(events)],
            http_status=502,
            error="HTTP 502 Bad Gateway",
            created_at=NOW - timedelta(minutes=2 * number),
        )
        for number in range(412)
    ]
    for number in range(0, 412, 40):
        gateway.rows[number] = delivered(gateway.rows[number])


async def _all_that_match(pilot: Pilot[str], _: FakeGateway) -> None:
    await asked(pilot, "R")


async def _wrong_count(pilot: Pilot[str], gateway: FakeGateway) -> None:
    await _all_that_match(pilot, gateway)
    await pressed(pilot, "up", *"400", "enter")


async def _this_one(pilot: Pilot[str], _: FakeGateway) -> None:
    await asked(pilot, "r")


def _sent_before(gateway: FakeGateway) -> dict[str, Any]:
    """Some of what is failed was sent from here already: some in vain, some not."""
    failed = [row for row in gateway.rows if row.http_status == 502]
    vain, there, unsure = Outcome.FAILED_AGAIN, Outcome.DELIVERED, Outcome.UNKNOWN
    past = Past().add(failed[:9], (vain, vain, there, vain, unsure, there, vain, there, unsure))
    return {"journal": past.journal}


# -- under way -------------------------------------------------------------------------------------


def _answers(fails: Callable[[int], bool]) -> Callable[[FakeGateway], None]:
    """The outage, and a receiver that fails a retry again by its number."""

    def prepare(gateway: FakeGateway) -> None:
        outage(gateway)

        def retried(log: LogId) -> RetryReceipt | None:
            row = gateway.row(log)
            again = fails(gateway.count("retry"))
            gateway.put(failed_again(row) if again else delivered(row))
            return None

        gateway.on_retry = retried

    return prepare


def _sending(sent: int, then: Act | None = None) -> Act:
    """Send all that match; the API does not answer any more when so many were sent."""

    async def act(pilot: Pilot[str], gateway: FakeGateway) -> None:
        app = pilot.app
        assert isinstance(app, VzapsApp)

        def hold(call: Call) -> None:
            if call.name == "retry" and gateway.count("retry") >= sent:
                gateway.gate("retry")

        gateway.hook = hold
        await asked(pilot, "R")
        await pilot.press("right", "enter")
        await until(pilot, lambda: app.jobs.progress.settled >= sent)
        if then is not None:
            await then(pilot, gateway)
        await _quiet(pilot, gateway)
        # What is measured by a clock that sleeps in no time says nothing of a real one.
        app.jobs.progress = replace(app.jobs.progress, rate=1.0, eta=float(app.jobs.progress.left))
        app.jobs.progressed.publish(app.jobs.progress)

    return act


async def _quiet(pilot: Pilot[str], gateway: FakeGateway) -> None:
    """Wait until nothing is asked of the API and nothing changes any more."""
    known = (-1, "")
    while known != (known := (len(gateway.calls), screen_text(pilot))):
        for _ in range(10):
            await pilot.pause()


async def _pause(pilot: Pilot[str], _: FakeGateway) -> None:
    await pilot.press("P")


async def _quit(pilot: Pilot[str], _: FakeGateway) -> None:
    await asked(pilot, "q")


async def _until_it_stops(pilot: Pilot[str], _: FakeGateway) -> None:
    """Send all that match until it stops by itself."""
    app = pilot.app
    assert isinstance(app, VzapsApp)
    await asked(pilot, "R")
    await pilot.press("right", "enter")
    await until(pilot, lambda: bool(app.jobs.progress.halted) and not app.jobs.is_busy)


# -- past plans ------------------------------------------------------------------------------------


def _failed(count: int) -> list[Delivery]:
    """So many failures, the oldest first, as a plan has them."""
    return [
        delivery(
            number + 1,
            target=URL,
            event="ReadReceipt" if number % 4 == 3 else "Message",
            http_status=None if number % 3 == 2 else 502,
            error="timeout: no answer within 10 s" if number % 3 == 2 else "HTTP 502 Bad Gateway",
            created_at=NOW - timedelta(hours=4) + timedelta(seconds=30 * number),
        )
        for number in range(count)
    ]


def _cut_short(past: Past) -> Past:
    """A plan for 400 that a power cut ended."""
    ends = [*islice(cycle((Outcome.DELIVERED,) * 9 + (Outcome.FAILED_AGAIN,)), 186)]
    return past.add(
        _failed(400),
        [*ends, Outcome.UNKNOWN],
        state=PlanState.RUNNING,
        origin="all 400 that match",
        query=_FAILING,
    )


def _begin_cut_short(_: FakeGateway) -> dict[str, Any]:
    return {"journal": _cut_short(Past()).journal}


def _begin_several(_: FakeGateway) -> dict[str, Any]:
    past, day = Past(), timedelta(days=1)
    there, vain = Outcome.DELIVERED, Outcome.FAILED_AGAIN
    past.add(_failed(3), (there,) * 3, ago=9 * day, origin="3 marked")
    past.add(
        _failed(60),
        (there,) * 8 + (vain,) * 10,
        ago=2 * day,
        state=PlanState.STOPPED,
        why="10 failures in a row, the last: 502 in 1.2 s",
        origin="cause 502 Bad Gateway · hooks.acme.example.com",
        query=_FAILING,
    )
    past.add(_failed(18), (there, vain), ago=day, state=PlanState.DISCARDED, origin="18 marked")
    past.add(_failed(1), (vain,), ago=timedelta(hours=3), origin="one")
    return {"journal": _cut_short(past).journal}


def _begin_every_outcome(_: FakeGateway) -> dict[str, Any]:
    ends = [kind for kind in _ALL if kind not in (Outcome.QUEUED, Outcome.SENDING)]
    many = (Outcome.DELIVERED,) * 4 + (Outcome.FAILED_AGAIN, Outcome.DELIVERED)
    past = Past().add(
        _failed(17),
        [*many, *ends],
        state=PlanState.STOPPED,
        why="stopped",
        origin="all 17 that match",
        query=_FAILING,
    )
    return {"journal": past.journal}


async def _offered(pilot: Pilot[str], _: FakeGateway) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))


def _after_offers(count: int, *keys: str) -> Act:
    """Leave so many plans for later, then press keys."""

    async def act(pilot: Pilot[str], gateway: FakeGateway) -> None:
        for _ in range(count):
            await _offered(pilot, gateway)
            await pressed(pilot, "escape")
        await pressed(pilot, *keys)

    return act


# -- a delivery that was sent from here ------------------------------------------------------------


def _retried_before(gateway: FakeGateway) -> dict[str, Any]:
    """The second delivery was sent from here three times; VZaps means to try it again, too."""
    row = gateway.rows[1]
    log, minutes = [row], timedelta(minutes=1)
    past = Past()
    past.add(log, (Outcome.FAILED_AGAIN,), ago=12 * minutes, origin="one")
    past.add(log, (Outcome.UNKNOWN,), ago=7 * minutes, origin="2 marked")
    past.add(log, (Outcome.NO_NEWS,), ago=2 * minutes, origin="one")
    return {"journal": past.journal}


def _pending(gateway: FakeGateway) -> None:
    row = gateway.rows[1]
    at: datetime = NOW + timedelta(minutes=4)
    gateway.rows[1] = replace(row, status="pending", next_retry_at=at)


SCENES: dict[str, Scene] = {
    "review_marked": Scene(("enter", "f", *("space",) * 3), act=_this_one),
    "review_many": Scene(("enter", "L"), prepare=_many, act=_all_that_match, sizes=(*USUAL, SMALL)),
    "review_wrong_count": Scene(("enter", "L"), prepare=_many, act=_wrong_count),
    "review_sent_before": Scene(
        ("enter", "L", "f", "a"), outage, _this_one, _sent_before, (*USUAL, SMALL)
    ),
    "review_delivered": Scene(("enter",), act=_this_one),
    "retrying": Scene(
        ("enter", "L", "f"),
        _answers(lambda number: number % 5 == 0),
        _sending(24),
        sizes=(*USUAL, LARGE, SMALL),
    ),
    "retrying_paused": Scene(("enter", "L", "f"), _answers(lambda _: False), _sending(24, _pause)),
    "retrying_quit": Scene(("enter", "L", "f"), _answers(lambda _: False), _sending(24, _quit)),
    "retrying_stopped": Scene(
        ("enter", "L", "f"),
        _answers(lambda number: number > 14),
        _until_it_stops,
        sizes=(*USUAL, SMALL),
    ),
    "retrying_held_back": Scene(("enter", "L", "f"), _answers(lambda _: True), _until_it_stops),
    "plan_offered": Scene(act=_offered, begin=_begin_cut_short, sizes=(*USUAL, SMALL)),
    "plans": Scene(act=_after_offers(2, "H"), begin=_begin_several, sizes=(*USUAL, LARGE, SMALL)),
    "plans_stopped": Scene(act=_after_offers(2, "H", "j", "j", "j"), begin=_begin_several),
    "plans_empty": Scene(("H",)),
    "plan": Scene(
        act=_after_offers(1, "H", "enter"),
        begin=_begin_every_outcome,
        sizes=(*USUAL, LARGE, SMALL),
    ),
    "plan_one_outcome": Scene(act=_after_offers(1, "H", "enter", "f"), begin=_begin_every_outcome),
    "delivery_retried": Scene(
        ("enter", "j", "enter"), _pending, begin=_retried_before, sizes=(*USUAL, LARGE, SMALL)
    ),
}
