"""Past plans: shown with what came of them, gone on with, discarded, exported, retried again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from typing_extensions import override

from tests.builders import INSTANCE, NOW, delivered, delivery, failed_again
from tests.fakes import FakeGateway
from tests.ui.harness import (
    IDENTITY,
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
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.plans import Entry, Evidence, Plan, PlanId, PlanState, PlanSummary, cause_of
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.domain.retry_reports import export_lines
from vzaps_tui.services.memory_journal import MemoryJournal
from vzaps_tui.services.ports import RetryJournal
from vzaps_tui.ui.dialogs import ConfirmScreen
from vzaps_tui.ui.launch import Launch
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.screens.plan import PlanScreen
from vzaps_tui.ui.screens.plans import PlansScreen

ROWS = [delivery(number) for number in range(6, 0, -1)]
"""log_6 .. log_1, all failed."""


def server() -> FakeGateway:
    gateway = FakeGateway(ROWS)
    gateway.on_retry = lambda log: gateway.put(delivered(gateway.row(log)))
    return gateway


def entry(number: int, outcome: Outcome, reason: str = "") -> Entry:
    row = delivery(number)
    sent = None if outcome in (Outcome.QUEUED, Outcome.SKIPPED) else NOW
    return Entry(
        place=number - 1,
        log=row.id,
        key=row.key,
        event=row.event,
        host="hooks.example.com",
        cause=cause_of(row),
        outcome=outcome,
        at=NOW,
        reason=reason,
        before=Evidence.of(row),
        created_at=row.created_at,
        sent_at=sent,
    )


HALF = (
    entry(1, Outcome.DELIVERED, "200 in 42 ms"),
    entry(2, Outcome.FAILED_AGAIN, "503 in 1.2 s"),
    entry(3, Outcome.UNKNOWN, "the answer was lost; not sent again"),
    entry(4, Outcome.QUEUED),
    entry(5, Outcome.QUEUED),
    entry(6, Outcome.QUEUED),
)
"""One delivered, one failed again, one unknown, three left."""


class Forgetful(MemoryJournal):
    """A journal that may lose its plans."""

    def forget(self) -> None:
        self._pages.clear()


async def journal(
    *entries: Entry, state: PlanState = PlanState.RUNNING, kept: MemoryJournal | None = None
) -> MemoryJournal:
    """A journal in which one plan was cut short, or so."""
    kept = kept or MemoryJournal()
    plan = Plan(
        PlanId(""),
        IDENTITY.base_url,
        IDENTITY.account,
        INSTANCE,
        NOW,
        name="Support",
        origin="6 marked",
        query="status:failed",
    )
    made = await kept.create(plan, entries)
    for one in entries:
        if one.sent_at is not None:
            await kept.begin(made, one)
    await kept.mark(made.id, state, "", NOW)
    return kept


def begin(gateway: FakeGateway, kept: RetryJournal | None = None, **changes: object) -> Launch:
    return launch(gateway, instance=INSTANCE, journal=kept, **changes)


def outcomes(pilot: Pilot[str]) -> list[str]:
    """The outcome of every entry of the plan in front."""
    rows = front(pilot, PlanScreen).table.rows
    cells = [rows.cells(index)[2] for index in range(len(rows))]
    return [cell if isinstance(cell, str) else cell[0] for cell in cells]


# -- at start ------------------------------------------------------------------------------------


async def test_what_was_cut_short_is_offered_with_cancel_in_focus_and_is_left_alone() -> None:
    gateway = server()
    kept = await journal(*HALF)
    async with shown(begin(gateway, kept)) as (app, pilot):
        text = " ".join((await dialog(pilot)).replace("│", " ").split())
        assert "Retries were cut short" in text
        assert "3 of 6 left, 1 unknown." in text
        assert "6 marked" in text
        assert "So far: 1 DELIVERED, 1 FAILED AGAIN, 1 UNKNOWN." in text
        assert app.focused is not None
        assert app.focused.id == "cancel"
        await press(pilot, "enter")
        front(pilot, DeliveriesScreen)
        assert not gateway.count("retry")
        (left,) = await kept.unfinished(IDENTITY.base_url, IDENTITY.account)
        assert left.left == 3


async def test_going_on_sends_what_is_left_and_nothing_twice() -> None:
    gateway = server()
    kept = await journal(*HALF)
    async with shown(begin(gateway, kept)) as (app, pilot):
        await choose(pilot, "resume")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert sorted(call.args[1] for call in gateway.named("retry")) == [
            "log_4",
            "log_5",
            "log_6",
        ]
        assert "H shows them" in toasts(app)
        assert not await kept.unfinished(IDENTITY.base_url, IDENTITY.account)


async def test_discarding_sends_nothing_and_is_not_asked_again() -> None:
    gateway = server()
    kept = await journal(*HALF)
    async with shown(begin(gateway, kept)) as (app, pilot):
        await choose(pilot, "discard")
        assert "Discarded: 3 stay unsent." in toasts(app)
    async with shown(begin(gateway, kept)) as (_, pilot):
        front(pilot, DeliveriesScreen)
        text = await press(pilot, "H")
        assert "discarded" in row_with(text, "▌")
    assert not gateway.count("retry")


async def test_looking_opens_the_plan() -> None:
    async with shown(begin(server(), await journal(*HALF))) as (_, pilot):
        await choose(pilot, "look")
        assert outcomes(pilot) == [
            "DELIVERED", "FAILED AGAIN", "UNKNOWN", "not sent", "not sent", "not sent"
        ]  # fmt: skip


async def test_read_only_may_only_look() -> None:
    gateway = server()
    async with shown(begin(gateway, await journal(*HALF), read_only=True)) as (app, pilot):
        text = await dialog(pilot)
        assert "Look" in text
        assert "Go on" not in text
        assert "Discard " not in text
        await choose(pilot, "look")
        await press(pilot, "c", "D", "r")
        assert toasts(app).count("Read-only: nothing is sent.") >= 1
        assert not gateway.count("retry")


async def test_nothing_is_asked_where_nothing_is_left() -> None:
    done = (entry(1, Outcome.DELIVERED), entry(2, Outcome.UNKNOWN))
    async with shown(begin(server(), await journal(*done, state=PlanState.DONE))) as (app, pilot):
        front(pilot, DeliveriesScreen)
        assert not toasts(app)


async def test_each_of_several_is_asked_about() -> None:
    kept = await journal(*HALF)
    first = (await kept.history(IDENTITY.base_url, IDENTITY.account, 1))[0].plan
    await kept.create(first, (entry(1, Outcome.QUEUED),))
    async with shown(begin(server(), kept)) as (_, pilot):
        assert "Retries were cut short (1 of 2)" in await dialog(pilot)
        await press(pilot, "enter")
        assert "Retries were cut short (2 of 2)" in await dialog(pilot)
        await press(pilot, "escape")
        front(pilot, DeliveriesScreen)


class _Broken(MemoryJournal):
    """A journal that cannot be read."""

    @override
    async def unfinished(self, base_url: str, account: str) -> tuple[PlanSummary, ...]:
        raise StorageError(f"the disk of {base_url} is gone, {account}")


async def test_a_journal_that_cannot_be_read_is_said_and_stops_nothing() -> None:
    async with shown(begin(server(), _Broken())) as (app, pilot):
        front(pilot, DeliveriesScreen)
        assert "is gone, test" in toasts(app)


# -- the list of plans ---------------------------------------------------------------------------


async def test_history_tells_counts_and_state() -> None:
    async with shown(begin(server(), await journal(*HALF)), size=(160, 40)) as (_, pilot):
        await dialog(pilot)
        text = await press(pilot, "escape", "H")
        line = row_with(text, "▌").split()
        assert line[-2:] == ["cut", "short"]
        assert "6 marked" in row_with(text, "▌")
        said = " ".join(text.split())
        assert "1 unfinished · 1 plan" in said
        assert "Came to 1 DELIVERED, 1 FAILED AGAIN, 1 UNKNOWN, 3 not sent" in said
        assert "Filter status:failed" in said


async def test_history_of_nothing_says_what_to_do() -> None:
    async with shown(begin(server())) as (_, pilot):
        text = await press(pilot, "H")
        assert "Nothing was retried from here yet." in text
        text = await press(pilot, "enter", "r", "c", "D", "m", "x")
        front(pilot, PlansScreen)
        await press(pilot, "H", "escape")
        front(pilot, DeliveriesScreen)


async def test_a_plan_that_ends_is_in_the_history_at_once() -> None:
    gateway = server()
    async with shown(begin(gateway)) as (app, pilot):
        await pilot.press("a", "r")
        await choose(pilot, "failed")
        text = await press(pilot, "H")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        text = screen_text(pilot)
        assert row_with(text, "▌").split()[-1] == "done"
        assert "Came to  6 DELIVERED" in text


async def test_c_goes_on_and_d_discards_from_the_history() -> None:
    gateway = server()
    kept = await journal(*HALF)
    async with shown(begin(gateway, kept)) as (app, pilot):
        await dialog(pilot)
        await press(pilot, "escape", "H", "c")
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert gateway.count("retry") == 3
        await press(pilot, "c")
        assert "Nothing is left of this plan" in toasts(app)


# -- one plan ------------------------------------------------------------------------------------


async def opened(pilot: Pilot[str]) -> str:
    await dialog(pilot)
    return await press(pilot, "escape", "H", "enter")


async def test_f_shows_one_outcome_after_the_other_and_escape_all() -> None:
    async with shown(begin(server(), await journal(*HALF))) as (_, pilot):
        await opened(pilot)
        seen: list[set[str]] = []
        for _ in range(5):
            await press(pilot, "f")
            seen.append(set(outcomes(pilot)))
        assert sorted(map(len, seen)) == [1, 1, 1, 1, 4]
        await press(pilot, "f")
        assert len(set(outcomes(pilot))) == 1
        await press(pilot, "escape")
        assert len(outcomes(pilot)) == 6
        await press(pilot, "F")
        assert len(set(outcomes(pilot))) == 1


async def test_finding_looks_at_ids_outcomes_and_reasons() -> None:
    async with shown(begin(server(), await journal(*HALF))) as (_, pilot):
        await opened(pilot)
        text = await press(pilot, "slash", *"503")
        assert "1 found" in text
        assert "FAILED AGAIN" in row_with(text, "▌")
        await press(pilot, "escape")
        text = await press(pilot, "slash", *"not sent", "enter")
        assert "UNKNOWN" in row_with(text, "▌"), "its reason says so"
        assert "log_4" in row_with(await press(pilot, "n"), "▌")
        assert "log_6" in row_with(await press(pilot, "N", "N"), "▌"), "round the end"
        await press(pilot, "escape")
        assert "0 found" in await press(pilot, "slash", *"no such", "enter", "n")


async def test_enter_opens_the_delivery_and_brackets_walk_the_plan() -> None:
    async with shown(begin(server(), await journal(*HALF))) as (_, pilot):
        await opened(pilot)
        text = await press(pilot, "j", "enter")
        front(pilot, DeliveryScreen)
        assert "log_2" in text
        assert "log_3" in await press(pilot, "right_square_bracket")
        await press(pilot, "escape")
        assert "UNKNOWN" in row_with(screen_text(pilot), "▌")


async def test_r_reviews_what_is_still_failed_and_leaves_the_unknown_out() -> None:
    gateway = server()
    async with shown(begin(gateway, await journal(*HALF))) as (app, pilot):
        await opened(pilot)
        await press(pilot, "r")
        text = " ".join((await dialog(pilot)).replace("│", " ").split())
        assert "Send 1 delivery again?" in text
        assert "1 sent from here already: 1 UNKNOWN" in text
        assert "1 retried from here before, in vain: 1 FAILED AGAIN" in text
        await choose(pilot, "failed")
        await until(pilot, lambda: not app.jobs.is_busy)
        assert [call.args[1] for call in gateway.named("retry")] == ["log_2"]
        services = app.launch.services
        assert services is not None
        newest = (await services.retries.history(1))[0].plan
        assert newest.origin.startswith("still failed of 0314-")


async def test_one_that_is_still_failed_is_asked_about_too() -> None:
    gateway = server()
    kept = await journal(entry(1, Outcome.FAILED_AGAIN), state=PlanState.DONE)
    async with shown(begin(gateway, kept)) as (_, pilot):
        await press(pilot, "H", "r")
        assert "Send it again?" in await dialog(pilot)
        assert not gateway.count("retry")


async def test_what_has_healed_meanwhile_is_not_offered() -> None:
    gateway = server()
    gateway.put(delivered(delivery(2)))
    kept = await journal(entry(2, Outcome.FAILED_AGAIN), state=PlanState.DONE)
    async with shown(begin(gateway, kept)) as (app, pilot):
        await press(pilot, "H", "r")
        assert "Nothing of this plan is still failed." in toasts(app)
        front(pilot, PlansScreen)


async def test_m_shows_the_list_with_what_is_still_failed_marked() -> None:
    gateway = server()
    gateway.put(failed_again(delivery(2)))
    async with shown(begin(gateway, await journal(*HALF))) as (app, pilot):
        await opened(pilot)
        text = await press(pilot, "m")
        screen = front(pilot, DeliveriesScreen)
        assert screen.table.marked == {"log_2", "log_3"}
        assert "status: FAILED" in text
        assert "2 of 0314-" in toasts(app)
        await press(pilot, "r")
        assert "Send 1 delivery again?" in await dialog(pilot)


async def test_x_writes_one_object_a_delivery(tmp_path: Path) -> None:
    path = tmp_path / "plan.jsonl"
    async with shown(begin(server(), await journal(*HALF))) as (app, pilot):
        await opened(pilot)
        for _ in range(2):
            await press(pilot, "x", "ctrl+a", "ctrl+k", *str(path), "enter")
            await until(pilot, lambda: path.exists() or isinstance(app.screen, ConfirmScreen))
        text = await dialog(pilot)
        assert "Replace the file?" in text
        await press(pilot, "enter")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["log"] for row in rows] == [f"log_{n}" for n in range(1, 7)]
    assert rows[1]["outcome"] == "FAILED AGAIN"
    assert set(rows[0]) == set(rows[3])
    assert path.stat().st_mode & 0o077 == 0


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_plans_export_can_be_called_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path, gate = tmp_path / "plan.jsonl", threading.Event()
    monkeypatch.setattr("vzaps_tui.services.plan_export._AT_ONCE", 2)

    def lines(plan: Plan, entries: Sequence[Entry]) -> Iterator[str]:
        if entries[0].place:
            gate.wait(20)
        return export_lines(plan, entries)

    monkeypatch.setattr("vzaps_tui.services.plan_export.export_lines", lines)
    try:
        async with shown(begin(server(), await journal(*HALF))) as (app, pilot):
            await opened(pilot)
            await press(pilot, "x", "ctrl+a", "ctrl+k", *str(path))
            await pilot.press("enter")
            await until(pilot, lambda: "2 of 6 rows written" in screen_text(pilot))
            await pilot.press("X")
            await until(pilot, lambda: "Export stopped: no file was written." in toasts(app))
            gate.set()
            await until(pilot, lambda: not app.exports.is_busy)
            assert "Exporting" not in screen_text(pilot)
    finally:
        gate.set()
    await asyncio.get_running_loop().shutdown_default_executor()  # its thread ends by itself
    assert not files(tmp_path)


async def test_a_plan_that_cannot_be_read_is_not_exported(tmp_path: Path) -> None:
    kept = Forgetful()
    await journal(*HALF, kept=kept)
    async with shown(begin(server(), kept)) as (app, pilot):
        await opened(pilot)
        await press(pilot, "x", "ctrl+a", "ctrl+k", *str(tmp_path / "plan.jsonl"))
        kept.forget()
        await press(pilot, "enter")
        assert "There is no such plan" in toasts(app)
        assert not app.exports.is_busy
    assert not files(tmp_path)


async def test_outcomes_change_while_one_looks() -> None:
    gateway = server()
    gate = gateway.gate("retry")
    async with shown(begin(gateway, await journal(*HALF))) as (app, pilot):
        await opened(pilot)
        await pilot.press("c")
        await until(pilot, lambda: gateway.count("retry") == 1)
        await until(pilot, lambda: "SENDING" in outcomes(pilot))
        assert "being carried out by this program" in screen_text(pilot)
        gate.set()
        await until(pilot, lambda: not app.jobs.is_busy)
        await settle(pilot)
        assert outcomes(pilot).count("DELIVERED") == 4
        assert "being carried out" not in screen_text(pilot)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (200, 50)])
async def test_strangers_words_do_not_act_at_any_size(size: tuple[int, int]) -> None:
    bad = "[red]\x1b[2J\u202e[/red]"
    kept = await journal(entry(1, Outcome.FAILED_AGAIN, bad), state=PlanState.STOPPED)
    name = (await kept.history(IDENTITY.base_url, IDENTITY.account, 1))[0].plan
    await kept.mark(name.id, PlanState.STOPPED, bad, NOW)
    async with shown(begin(server(), kept), size=size) as (_, pilot):
        text = await press(pilot, "H")
        assert "\x1b" not in text
        assert "[red]" in text
        text = await press(pilot, "enter")
        assert "\x1b" not in text
        assert "\u202e" not in text


async def test_a_row_without_id_cannot_be_opened() -> None:
    nameless = Entry(0, LogId(""), "k", "Message", "", "", Outcome.SKIPPED, NOW, "no id")
    async with shown(begin(server(), await journal(nameless, state=PlanState.DONE))) as (
        app,
        pilot,
    ):
        await press(pilot, "H", "enter", "enter")
        assert "cannot be opened" in toasts(app)
        front(pilot, PlanScreen)
