"""A list redraws for the steps of retries some times a second, not for each of them."""

from __future__ import annotations

import asyncio

import pytest
from typing_extensions import override

from tests.builders import INSTANCE, NOW, delivery
from tests.fakes import FakeGateway
from tests.ui.harness import HurriedClock, launch, screen_text, settle, shown
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.ui import chosen_board
from vzaps_tui.ui.widgets.table_rows import Rows
from vzaps_tui.ui.widgets.virtual_table import VirtualTable


class _GatedClock(HurriedClock):
    """Sleeps between two drawings of steps until it is let go on."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()

    @override
    async def sleep(self, seconds: float) -> None:
        if seconds == chosen_board.STEPS_TOGETHER:
            await self.gate.wait()
        else:
            await super().sleep(seconds)


async def test_many_steps_are_drawn_together(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [delivery(number) for number in range(20, 0, -1)]
    drawn: list[int] = []
    show = VirtualTable.show

    def counted(table: VirtualTable, shown_rows: Rows) -> None:
        drawn.append(len(shown_rows))
        show(table, shown_rows)

    monkeypatch.setattr(VirtualTable, "show", counted)
    clock = _GatedClock()
    async with shown(launch(FakeGateway(rows), instance=INSTANCE, clock=clock)) as (app, pilot):
        drawn.clear()
        for row in rows:
            step = RetryStep(INSTANCE, row.id, Outcome.ACCEPTED, NOW)
            app.jobs.steps[INSTANCE, row.id] = step
            app.jobs.changed.publish(step)
            await pilot.pause()
        # The first one at once; and once what the archive says of it.
        assert 1 <= len(drawn) <= 2
        clock.gate.set()
        await settle(pilot)
        assert len(drawn) <= 4
        assert screen_text(pilot).count(Outcome.ACCEPTED.value) >= len(rows)
