"""Leaving while retries go: what is in flight is finished, what is left is offered next time."""

from __future__ import annotations

import asyncio

import pytest

from tests.builders import INSTANCE, delivered, delivery
from tests.fakes import FakeGateway
from tests.ui.harness import IDENTITY, choose, dialog, launch, press, settle, shown, until
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.services.memory_journal import MemoryJournal


def server(count: int) -> FakeGateway:
    gateway = FakeGateway([delivery(number) for number in range(count, 0, -1)])
    gateway.on_retry = lambda log: gateway.put(delivered(gateway.row(log)))
    return gateway


@pytest.mark.parametrize("asked", [True, False], ids=["by q", "by a signal"])
async def test_the_one_in_flight_is_answered_and_the_rest_is_offered(asked: bool) -> None:  # noqa: FBT001 - a parameter
    gateway, kept = server(6), MemoryJournal()
    gate = gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE, journal=kept)) as (app, pilot):
        await press(pilot, "R")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 1)
        if asked:
            await pilot.press("q")
            said = " ".join((await dialog(pilot)).replace("│", " ").split())
            assert "6 of 6 retries are not settled" in said
            assert "the next start offers to go on" in said
            await pilot.press("right", "enter")
        else:
            app.exit(return_code=143)
        await until(pilot, lambda: app.return_code is not None)
        asyncio.get_running_loop().call_later(0.2, gate.set)  # while it is being left
    (left,) = await kept.unfinished(IDENTITY.base_url, IDENTITY.account)
    assert left.left
    assert not left.unknown, "the answer was waited for"
    assert gateway.count("retry") + left.left == 6
    async with shown(launch(gateway, instance=INSTANCE, journal=kept)) as (app, pilot):
        assert f"{left.left} of 6 left" in await dialog(pilot)
        await choose(pilot, "resume")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
    sent = [call.args[1] for call in gateway.named("retry")]
    assert sorted(sent) == [f"log_{number}" for number in range(1, 7)]
    (past,) = await kept.history(IDENTITY.base_url, IDENTITY.account, 2)
    assert past.counts == {Outcome.DELIVERED: 6}


async def test_an_answer_that_does_not_come_does_not_keep_the_program() -> None:
    gateway, kept = server(3), MemoryJournal()
    gateway.gate("retry")
    async with shown(launch(gateway, instance=INSTANCE, journal=kept)) as (app, pilot):
        await press(pilot, "R")
        await dialog(pilot)
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("retry") == 1)
        app.exit(return_code=143)
        await until(pilot, lambda: app.return_code is not None)
    (left,) = await kept.unfinished(IDENTITY.base_url, IDENTITY.account)
    assert left.unknown == 1, "it is looked for on the server before anything else"
