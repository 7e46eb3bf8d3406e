"""Plans that another program carries out are read anew; keys are hinted where they do something."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from typing_extensions import override

from tests.builders import NOW
from tests.fakes import FakeGateway
from tests.ui.harness import (
    IDENTITY,
    dialog,
    front,
    press,
    row_with,
    screen_text,
    settle,
    shown,
    toasts,
    until,
)
from tests.ui.test_plans_history import HALF, begin, entry, journal, opened, outcomes, server
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.plans import Entry, PlanId, PlanState, PlanSummary
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.services.memory_journal import MemoryJournal
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.plan_board import PlanBoard
from vzaps_tui.ui.screens.plan import PlanScreen
from vzaps_tui.ui.widgets.key_hints import KeyHints

ELSEWHERE = "process 4711 on quito"


class Shared(MemoryJournal):
    """A journal whose plans another program may carry out."""

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere = ""
        self.reads = 0
        self.trouble: StorageError | None = None

    @override
    async def holder(self, plan: PlanId) -> str:
        if self.trouble is not None:
            raise self.trouble
        self.reads += 1
        return self.elsewhere or await super().holder(plan)

    @override
    async def history(
        self, base_url: str, account: str, limit: int, before: PlanId | None = None
    ) -> tuple[PlanSummary, ...]:
        self.reads += 1
        found = await super().history(base_url, account, limit, before)
        return tuple(replace(one, holder=self.elsewhere or one.holder) for one in found)


async def shared(state: PlanState = PlanState.RUNNING) -> tuple[Shared, PlanId]:
    kept = Shared()
    await journal(*HALF, state=state, kept=kept)
    return kept, (await kept.history(IDENTITY.base_url, IDENTITY.account, 1))[0].plan.id


async def shown_often(pilot: Pilot[str]) -> PlanBoard:
    """The screen of plans in front, looking again all the time."""
    board = front(pilot, PlanBoard)
    board.again = 0.04  # rests long enough for everything to settle in between
    await press(pilot, "ctrl+r")
    return board


def hints(app: VzapsApp) -> set[str]:
    """What the keys of the screen in front are said to do."""
    return {label for _, label, _ in app.screen.query_one(KeyHints).hints}


async def test_an_open_plan_of_another_program_is_read_anew_until_that_ends() -> None:
    kept, plan = await shared()
    kept.elsewhere = ELSEWHERE
    async with shown(begin(server(), kept)) as (_, pilot):
        await opened(pilot)
        await shown_often(pilot)
        assert f"being carried out by {ELSEWHERE}" in screen_text(pilot)
        await kept.note(plan, [entry(4, Outcome.DELIVERED)])
        await until(pilot, lambda: outcomes(pilot).count("DELIVERED") == 2)
        await kept.note(plan, [entry(5, Outcome.DELIVERED), entry(6, Outcome.FAILED_AGAIN)])
        await kept.mark(plan, PlanState.DONE, "", NOW)
        kept.elsewhere = ""
        await until(pilot, lambda: "being carried out" not in screen_text(pilot))
        assert outcomes(pilot)[3:] == ["DELIVERED", "DELIVERED", "FAILED AGAIN"]
        reads = kept.reads
        for _ in range(5):
            await pilot.pause(0.04)
        assert kept.reads == reads, "what is over does not change"


async def test_the_list_is_read_anew_too() -> None:
    kept, plan = await shared()
    kept.elsewhere = ELSEWHERE
    async with shown(begin(server(), kept), size=(160, 40)) as (_, pilot):
        await dialog(pilot)
        await press(pilot, "escape", "H")
        await shown_often(pilot)
        assert row_with(screen_text(pilot), "▌").split()[-1] == "running"
        await kept.mark(plan, PlanState.DONE, "", NOW)
        kept.elsewhere = ""
        await until(pilot, lambda: row_with(screen_text(pilot), "▌").split()[-1] == "done")


@pytest.mark.parametrize(("holder", "unknown", "left"), [("", "2", "3"), (ELSEWHERE, "1", "4")])
async def test_what_is_being_sent_is_unknown_only_if_nobody_is_at_it(
    holder: str, unknown: str, left: str
) -> None:
    kept = Shared()
    sending = replace(entry(6, Outcome.SENDING), place=6, log=LogId("log_7"), key="log_7")
    await journal(*HALF, sending, kept=kept)
    kept.elsewhere = holder
    async with shown(begin(server(), kept), size=(160, 40)) as (_, pilot):
        await press(pilot, "escape", "H")
        cells = front(pilot, PlanBoard).table.rows.cells(0)
        told = [cell if isinstance(cell, str) else cell[0] for cell in cells]
        assert (told[8], told[11]) == (unknown, left)
        assert "1 SENDING" in screen_text(pilot)


async def test_one_that_is_taken_up_elsewhere_is_seen_by_ctrl_r() -> None:
    kept, _ = await shared(PlanState.STOPPED)
    async with shown(begin(server(), kept)) as (_, pilot):
        await opened(pilot)
        reads = kept.reads
        await pilot.pause()
        assert kept.reads == reads
        kept.elsewhere = ELSEWHERE
        assert f"being carried out by {ELSEWHERE}" in await press(pilot, "ctrl+r")


async def test_behind_another_screen_nothing_is_read() -> None:
    kept, _ = await shared()
    kept.elsewhere = ELSEWHERE
    async with shown(begin(server(), kept)) as (app, pilot):
        await opened(pilot)
        board = await shown_often(pilot)
        await press(pilot, "enter")
        assert app.screen is not board
        reads = kept.reads
        for _ in range(5):
            await pilot.pause(0.04)
        assert kept.reads == reads
        await press(pilot, "escape")
        await until(pilot, lambda: kept.reads > reads)


async def test_what_could_not_be_read_is_tried_again_and_then_all_is_well() -> None:
    kept, _ = await shared()
    kept.elsewhere = ELSEWHERE
    async with shown(begin(server(), kept)) as (_, pilot):
        await opened(pilot)
        kept.trouble = StorageError("the disk is gone")
        await shown_often(pilot)
        assert "the disk is gone" in screen_text(pilot)
        kept.trouble = None
        await until(pilot, lambda: "the disk is gone" not in screen_text(pilot))
        assert "FAILED AGAIN" in screen_text(pilot)


# -- hints ---------------------------------------------------------------------------------------

ACTS = {"retry failed", "go on", "discard", "mark failed", "export", "open", "filter"}
DONE = (entry(1, Outcome.DELIVERED), entry(2, Outcome.FAILED_AGAIN))
WELL = (entry(1, Outcome.DELIVERED), entry(2, Outcome.DELIVERED))
UNSENT = (entry(1, Outcome.QUEUED), entry(2, Outcome.QUEUED))
FAILED_TOO = {"retry failed", "mark failed"}
OPEN = {"go on", "discard"}
ALWAYS = {"export", "open"}


@pytest.mark.parametrize(
    ("entries", "state", "elsewhere", "said"),
    [
        (UNSENT, PlanState.PLANNED, "", ALWAYS | OPEN),
        (HALF, PlanState.RUNNING, "", ALWAYS | OPEN | FAILED_TOO),
        (HALF, PlanState.RUNNING, ELSEWHERE, ALWAYS | FAILED_TOO),
        (HALF, PlanState.STOPPED, "", ALWAYS | OPEN | FAILED_TOO),
        (HALF, PlanState.DISCARDED, "", ALWAYS | FAILED_TOO),
        (DONE, PlanState.DONE, "", ALWAYS | FAILED_TOO),
        (WELL, PlanState.DONE, "", ALWAYS),
    ],
)
async def test_only_keys_that_do_something_are_hinted(
    entries: tuple[Entry, ...], state: PlanState, elsewhere: str, said: set[str]
) -> None:
    kept = Shared()
    await journal(*entries, state=state, kept=kept)
    kept.elsewhere = elsewhere
    async with shown(begin(server(), kept), size=(200, 50)) as (app, pilot):
        await press(pilot, "escape", "H")
        assert hints(app) & ACTS == said
        await press(pilot, "enter")
        front(pilot, PlanScreen)
        several = {"filter"} if len({one.outcome for one in entries}) > 1 else set[str]()
        assert hints(app) & ACTS == said | several


async def test_while_it_runs_here_and_when_it_is_paused_nothing_resumes_it() -> None:
    gateway: FakeGateway = server()
    gate = gateway.gate("retry")
    async with shown(begin(gateway, await journal(*HALF)), size=(200, 50)) as (app, pilot):
        await opened(pilot)
        assert hints(app) >= OPEN
        await pilot.press("c")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await until(pilot, lambda: not OPEN & hints(app))
        await pilot.press("P")
        await pilot.pause()
        assert not OPEN & hints(app)
        await pilot.press("X")
        gate.set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert hints(app) >= OPEN, "two are left"


async def test_read_only_says_no_keys_that_send() -> None:
    async with shown(begin(server(), await journal(*HALF), read_only=True)) as (app, pilot):
        text = await opened(pilot)
        assert "3 of 6 left" in text
        assert "resumes it" not in text
        assert not hints(app) & (OPEN | {"retry failed"})


async def test_the_keys_named_are_those_of_the_keymap() -> None:
    changed = {"plans.resume": "C", "plans.discard": "ctrl+x"}
    async with shown(begin(server(), await journal(*HALF), keymap=changed)) as (_, pilot):
        assert "C resumes it, ctrl+x discards it" in await opened(pilot)


async def test_nothing_is_hinted_where_there_are_no_plans() -> None:
    async with shown(begin(server()), size=(200, 50)) as (app, pilot):
        await press(pilot, "H")
        assert hints(app) == {"back", "refresh", "help", "quit"}


async def test_what_is_over_is_not_discarded() -> None:
    kept = await journal(*DONE, state=PlanState.DONE)
    async with shown(begin(server(), kept)) as (app, pilot):
        await press(pilot, "H", "D")
        assert "Nothing is left of this plan" in toasts(app)
        (past,) = await kept.history(IDENTITY.base_url, IDENTITY.account, 2)
        assert past.plan.state is PlanState.DONE
