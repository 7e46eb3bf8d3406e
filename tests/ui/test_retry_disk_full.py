"""A disk that is full while retries go out: what the screen says is what the journal holds."""

from __future__ import annotations

import pytest
from typing_extensions import override

from tests.builders import INSTANCE, delivered, delivery
from tests.fakes import FakeGateway
from tests.ui.harness import IDENTITY, choose, launch, press, settle, shown, toasts, until
from vzaps_tui.domain.plans import Entry, Plan, PlanId
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.services.memory_journal import MemoryJournal


class Full(MemoryJournal):
    """A journal on a disk that has room for so many sends."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    @override
    async def begin(self, plan: Plan, entry: Entry) -> PlanId | None:
        if not self.room:
            raise StorageError("the disk is full")
        self.room -= 1
        return await super().begin(plan, entry)

    async def outcomes(self) -> list[Outcome]:
        """What is written down of the only plan."""
        (past,) = await self.history(IDENTITY.base_url, IDENTITY.account, 2)
        return [entry.outcome for entry in await self.entries(past.plan.id)]


@pytest.mark.parametrize(
    ("count", "room", "said"),
    [
        (1, 0, "log_1: not sent · Cannot use the disk: the disk is full"),
        (3, 1, "3 retries: 1 DELIVERED, 2 not sent. It stopped by itself: Cannot use the disk"),
    ],
)
async def test_what_is_said_is_what_is_written_and_p_goes_on(
    count: int, room: int, said: str
) -> None:
    gateway = FakeGateway([delivery(number) for number in range(count, 0, -1)])
    gateway.on_retry = lambda log: gateway.put(delivered(gateway.row(log)))
    kept = Full(room)
    async with shown(launch(gateway, instance=INSTANCE, journal=kept)) as (app, pilot):
        if count == 1:
            await press(pilot, "r")
        else:
            await press(pilot, "R")
            await choose(pilot, "failed")
        await until(pilot, lambda: not app.jobs.is_busy and bool(app.jobs.progress.halted))
        await settle(pilot)
        assert said in toasts(app)
        assert "REFUSED" not in toasts(app)
        assert {note.severity for note in app._notifications if said in note.message} == {"warning"}  # pyright: ignore[reportPrivateUsage] - no public way
        unsent = [Outcome.QUEUED] * (count - room)
        assert await kept.outcomes() == [Outcome.DELIVERED] * room + unsent
        words = {step.outcome for step in app.jobs.steps.values()}
        assert words == ({Outcome.DELIVERED} if room else set())
        kept.room = count
        await press(pilot, "P")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert await kept.outcomes() == [Outcome.DELIVERED] * count
        assert len(gateway.named("retry")) == count
