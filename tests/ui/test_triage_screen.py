"""Triage by keys: what broke and what was looked at; opening, retrying, finding, copying."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from typing_extensions import override

from tests.builders import INSTANCE, NOW, delivered, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import (
    QuickClock,
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
    typed,
    until,
)
from tests.ui.test_deliveries_filter import keys_of
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.folding import Fold
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.domain.retries import Outcome, RetryReceipt, RetryStep
from vzaps_tui.domain.selection import Group, Histogram, Scope
from vzaps_tui.domain.triage import Findings, percent
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.cause_rows import copies_of, counts_text, explained, markdown, sparkline
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.copy_menu import CopyMenu
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.triage import TriageScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen

HOOKS = "https://hooks.example.com/vz?secret=s3cret"


def row(number: int, minutes: float, **changes: Any) -> Delivery:
    at = NOW - timedelta(minutes=minutes)
    values: dict[str, Any] = {"created_at": at, "last_attempt_at": at, "target": HOOKS} | changes
    return delivery(number, **values)


def outage() -> list[Delivery]:
    """Newest first: 4 of a 502 that is over, 2 of a 404 elsewhere, 1 refused now; 3 went well."""
    refused: dict[str, Any] = {
        "http_status": None,
        "error": "connection refused",
        "target": "http://bot.example.com:3000/",
        "event": "ReadReceipt",
    }
    gone: dict[str, Any] = {
        "http_status": 404,
        "error": "no such page",
        "target": "https://old.example.com/x",
    }
    return [
        row(10, 1, **refused),
        delivered(row(9, 5), last_attempt_at=NOW - timedelta(minutes=5)),
        row(8, 20, **gone),
        delivered(row(7, 30), last_attempt_at=NOW - timedelta(minutes=30)),
        *(row(n, 100 - n, http_status=502, error="bad gateway") for n in (6, 5, 4, 3)),
        row(2, 110, **gone),
        delivered(row(1, 120), last_attempt_at=NOW - timedelta(minutes=120)),
    ]


def fold(rows: Iterable[Delivery]) -> Findings:
    folding = Fold(NOW)
    folding.add(rows)
    return folding.findings()


class GatedArchive(SqliteArchive):
    """Holds questions for causes while there is a gate; notes which sparks were read."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self.gate: asyncio.Event | None = None
        self._gates: list[asyncio.Event] = []
        self.waiting = 0
        self.histograms: list[str] = []
        self.reading: asyncio.Event | None = None

    def release(self) -> None:
        for gate in self._gates:
            gate.set()

    @override
    async def groups(
        self, scope: Scope, query: DeliveryQuery, now: datetime | None = None
    ) -> tuple[Group, ...]:
        found = await super().groups(scope, query, now)
        if gate := self.gate:
            self._gates.append(gate)
            self.waiting += 1
            await gate.wait()
        return found

    @override
    async def histogram(
        self,
        scope: Scope,
        query: DeliveryQuery,
        span: tuple[datetime, datetime],
        buckets: int,
        now: datetime | None = None,
    ) -> Histogram:
        if query.codes:
            self.histograms.append(" ".join(sorted(query.events)))
            if self.reading is not None:
                await self.reading.wait()
        return await super().histogram(scope, query, span, buckets, now)


@asynccontextmanager
async def triage(
    gateway: FakeGateway, *, size: tuple[int, int] = (160, 36), **changes: Any
) -> AsyncGenerator[tuple[TriageScreen, Pilot[str]]]:
    """The triage of the gateway's only instance, in front."""
    async with shown(launch(gateway, instance=INSTANCE, **changes), size) as (_, pilot):
        await press(pilot, "t")
        yield front(pilot, TriageScreen), pilot


def app_of(pilot: Pilot[str]) -> VzapsApp:
    assert isinstance(pilot.app, VzapsApp)
    return pilot.app


def names(screen: TriageScreen) -> list[str]:
    rows = screen.table.rows
    return [str(rows.cells(place)[2][0]) for place in range(len(rows))]


# -- what is shown ---------------------------------------------------------------------------------


async def test_causes_stand_in_order_with_what_was_looked_at() -> None:
    async with triage(FakeGateway(outage(), [instance()])) as (screen, pilot):
        text = screen_text(pilot)
        assert names(screen) == ["502 Bad Gateway", "404 Not Found", "connection refused"]
        assert "Instance 1 › Deliveries › Triage" in text
        assert "7 failures among 10 loaded of 10" in text
        line = row_with(text, "▌")
        for words in ("4", "57%", "502 Bad Gateway", "Message", "hooks.example.com", "10:23:00"):
            assert words in line
        assert "likely" in line
        assert "mend first" in row_with(text, "old.example.com")
        assert "still failing" in row_with(text, "bot.example.com:3000")
        assert "s3cret" not in text


async def test_the_lines_below_explain_the_cause_under_the_cursor() -> None:
    async with triage(FakeGateway(outage())) as (_, pilot):
        text = screen_text(pilot)
        assert "502 Bad Gateway · hooks.example.com · Message" in text
        assert "2 like it went through since: the receiver seems well again" in text
        assert "10:23:00 to 10:26:00 (1 h ago)" in text
        assert "log_6 (3 tries): bad gateway" in text
        assert "a column is 15 min: 10:00 - now; · is none" in text
        text = await press(pilot, "j")
        assert "Retrying will not heal this. There is nothing at this path" in text
        assert "log_8 (3 tries): no such page" in text
        text = await press(pilot, "j")
        assert "Still failing now, mend it first. Nothing listens there" in text


@pytest.mark.parametrize(
    ("size", "there", "hidden"),
    [
        ((160, 36), ("Share", "Host", "First", "When", "Retry?"), ()),
        ((120, 36), ("Share", "Host", "First", "Last", "When"), ()),
        ((80, 24), ("Share", "Cause", "Event", "Last", "When"), ("Host", "First")),
        ((60, 20), ("Count", "Cause", "Event", "Last"), ("Share", "Host")),
    ],
)
async def test_every_size_has_the_columns_it_can_hold_and_the_advice(
    size: tuple[int, int], there: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    async with triage(FakeGateway(outage()), size=size) as (screen, pilot):
        text = screen_text(pilot)
        head = row_with(text, "Count")
        for word in there:
            assert word in head
        for word in hidden:
            assert word not in head
        assert "hooks.example.com" in text
        assert "went through since" in text
        assert "log_6 (3 tries): bad gateway" in text
        assert screen.table.max_scroll_x == 0


async def test_only_what_is_loaded_is_counted_and_the_rest_is_said() -> None:
    rows = [row(n, 200 - n, http_status=503) for n in range(170, 0, -1)]
    async with shown(launch(FakeGateway(rows), instance=INSTANCE), (120, 24)) as (_, pilot):
        loaded = len(keys_of(front(pilot, DeliveriesScreen)))
        assert loaded < 170
        text = await press(pilot, "t")
        assert f"{loaded} failures among {loaded} loaded of 170" in text


async def test_failures_only_reads_the_servers_list_of_failures() -> None:
    gateway = FakeGateway(outage())
    async with shown(launch(gateway, instance=INSTANCE), (160, 36)) as (_, pilot):
        text = await press(pilot, "f", "t")
        assert "7 failures among 7 loaded of 7 failed" in text
        assert "status:" not in text


async def test_the_other_conditions_of_the_filter_count() -> None:
    async with shown(launch(FakeGateway(outage()), instance=INSTANCE), (160, 36)) as (_, pilot):
        screen = front(pilot, DeliveriesScreen)
        asked = DeliveryQuery(frozenset({StatusClass.DELIVERED}), text="old.example")
        screen.view.query = asked
        text = await press(pilot, "t")
        assert 'text: "old.example"' in text
        assert "2 failures match, among 10 loaded of 10" in text
        assert names(front(pilot, TriageScreen)) == ["404 Not Found"]


async def test_no_failure_is_said_with_what_it_covers() -> None:
    well = [delivered(row(n, 200 - n)) for n in range(170, 0, -1)]
    async with triage(FakeGateway(well), size=(120, 24)) as (_, pilot):
        text = screen_text(pilot)
        assert "No failure among the 50 loaded deliveries." in text
        assert "Older ones are not loaded" in text
        assert "0 failures among 50 loaded of 170" in text
        await press(pilot, "enter", "r", "y")
        assert "There is nothing to copy here." in toasts(app_of(pilot))
        front(pilot, TriageScreen)


async def test_hostile_words_are_shown_and_never_act() -> None:
    bad = row(1, 60, event="[bold]\x1b[31m", error="\u202e[/red]\nx", target="https://[x]/y")
    async with triage(FakeGateway([bad])) as (_, pilot):
        text = screen_text(pilot)
        assert "[bold]␛[31m" in text
        assert "‹RLO›[/red]␊x" in text
        assert "\x1b" not in text


# -- reading again ---------------------------------------------------------------------------------


async def test_opening_asks_nothing_while_the_list_is_fresh_and_refresh_asks() -> None:
    gateway = FakeGateway(outage())
    async with triage(gateway) as (screen, pilot):
        assert gateway.count("search") == 1
        gateway.rows = [row(12, 0, http_status=404, error="x"), *gateway.rows]
        text = await press(pilot, "ctrl+r")
        assert gateway.count("search") == 2
        assert "8 failures among 11 loaded of 11" in text
        assert names(screen)[1] == "404 Not Found"


async def test_the_cursor_stays_on_its_cause() -> None:
    gateway = FakeGateway(outage())
    async with triage(gateway) as (screen, pilot):
        await press(pilot, "j", "j")
        key = screen.table.cursor_key
        refused = gateway.rows[0]
        gateway.rows = [
            *(
                row(n, 0, http_status=None, error=refused.error, target=refused.target,
                    event=refused.event)
                for n in range(30, 20, -1)
            ),
            *gateway.rows,
        ]  # fmt: skip
        await press(pilot, "ctrl+r")
        assert names(screen)[0] == "connection refused"
        assert (screen.table.cursor_key, screen.table.cursor_index) == (key, 0)


async def test_escape_takes_one_step_back_from_a_cause_and_triage_stands_on_it_again() -> None:
    failed = DeliveryQuery(statuses=FAILED_ONLY)
    async with shown(launch(FakeGateway(outage()), instance=INSTANCE), (160, 36)) as (_, pilot):
        await press(pilot, "f", "t", "j")
        assert row_with(screen_text(pilot), "▌").count("404 Not Found")
        await press(pilot, "enter")
        screen = front(pilot, DeliveriesScreen)
        assert screen.view.query.codes
        await press(pilot, "escape")
        assert screen.view.query == failed
        await press(pilot, "t")
        assert front(pilot, TriageScreen).table.cursor_index == 1
        await press(pilot, "enter", "escape", "escape")
        assert screen.view.query == DeliveryQuery()


@pytest.mark.parametrize(
    ("keys", "back"),
    [
        (("backspace",), DeliveryQuery()),
        ((":", "escape"), DeliveryQuery(statuses=FAILED_ONLY)),
        ((":", *"text:a", "escape"), DeliveryQuery(statuses=FAILED_ONLY)),
        ((":", *"text:a", "enter"), DeliveryQuery()),
        (("t", "enter"), DeliveryQuery(statuses=FAILED_ONLY)),
        (("t", "escape"), DeliveryQuery(statuses=FAILED_ONLY)),
    ],
)
async def test_a_filter_changed_by_hand_after_triage_has_no_step_back(
    keys: tuple[str, ...], back: DeliveryQuery
) -> None:
    async with shown(launch(FakeGateway(outage()), instance=INSTANCE), (160, 36)) as (_, pilot):
        await press(pilot, "f", "t", "enter", *keys)
        await press(pilot, "escape")
        assert front(pilot, DeliveriesScreen).view.query == back


async def test_what_the_api_gave_in_this_run_stays_live_when_it_is_shown_again() -> None:
    clock = QuickClock()
    gateway = FakeGateway(outage())
    async with shown(launch(gateway, instance=INSTANCE, clock=clock), (160, 36)) as (_, pilot):
        clock.shift(5)
        for keys in (("t",), ("escape",), ("f",), ("escape",)):
            top = (await press(pilot, *keys)).splitlines()[0]
            assert "live" in top
            assert "cached" not in top
        assert "live 5 s ago" in top


async def test_an_api_that_is_down_leaves_the_causes_and_says_so() -> None:
    gateway, clock = FakeGateway(outage()), QuickClock()
    async with triage(gateway, clock=clock) as (screen, pilot):
        clock.shift(3600)
        gateway.fail("search", UnavailableError("no route to host"))
        text = await press(pilot, "ctrl+r")
        assert "The API did not answer: no route to host." in text
        assert len(names(screen)) == 3
        assert "OLD" in text


async def test_a_late_answer_to_an_older_look_is_dropped() -> None:
    archive = GatedArchive(None)
    async with triage(FakeGateway(outage()), archive=archive) as (screen, pilot):
        archive.gate = asyncio.Event()
        screen.action_refresh()
        await until(pilot, lambda: archive.waiting == 1)
        archive.gate = None
        changed = replace(outage()[0], http_status=404, error="gone")
        await screen.services.deliveries.note(INSTANCE, replace(changed, updated_at=NOW))
        app_of(pilot).jobs.changed.publish(
            RetryStep(INSTANCE, changed.id, Outcome.FAILED_AGAIN, NOW)
        )
        await until(pilot, lambda: "connection refused" not in names(screen))
        archive.release()
        await settle(pilot)
        assert "connection refused" not in names(screen), "what was asked first came last"


# -- sparks ----------------------------------------------------------------------------------------


def sparks(screen: TriageScreen) -> list[str]:
    rows = screen.table.rows
    return [str(rows.cells(place)[7][0]) for place in range(len(rows))]


async def test_every_cause_on_screen_has_its_spark_over_the_same_time() -> None:
    async with triage(FakeGateway(outage())) as (screen, _):
        assert sparks(screen) == ["·▇······", "▇·····▇·", "·······▇"]


async def test_only_the_causes_on_screen_are_read_cheap_ones_first_and_once() -> None:
    archive = GatedArchive(None)
    rows = [
        row(1000 + 50 * n + m, 60 + n, event=f"event {n:02}", http_status=503)
        for n in range(40)
        for m in range(1 + n % 3)
    ]
    gateway = FakeGateway(rows)
    gateway.page_cap = 200
    async with triage(gateway, archive=archive, size=(120, 24)) as (screen, pilot):
        await settle(pilot)
        page = screen.table.page
        asked = list(archive.histograms)
        # The lines below it may take some of those that it had when it was first drawn.
        below = screen.query_one("#cause").outer_size.height
        assert 0 < len(asked) <= page + below + 1 < len(screen.table.rows)
        assert len(set(asked)) == len(asked)
        await press(pilot, "j", "k", "j")
        assert archive.histograms == asked
        await press(pilot, "G")
        assert len(asked) < len(archive.histograms) <= len(asked) + page + 1
        await press(pilot, "g")
        assert len(set(archive.histograms)) == len(archive.histograms)


async def test_a_spark_that_is_read_while_the_same_is_found_again_is_read_once() -> None:
    archive = GatedArchive(None)
    archive.reading = asyncio.Event()
    async with shown(launch(FakeGateway(outage()), archive=archive, instance=INSTANCE)) as (
        app,
        pilot,
    ):
        await pilot.press("t")
        await until(pilot, lambda: len(archive.histograms) == 1)
        screen = front(pilot, TriageScreen)
        known = screen.table.rows
        app.jobs.changed.publish(RetryStep(INSTANCE, LogId("log_1"), Outcome.FAILED_AGAIN, NOW))
        await until(pilot, lambda: screen.table.rows is not known)
        await pilot.pause()
        archive.reading.set()
        await settle(pilot)
        assert sparks(screen) == ["·▇······", "▇·····▇·", "·······▇"]
        assert sorted(archive.histograms) == ["Message", "Message", "ReadReceipt"]


async def test_leaving_asks_no_more() -> None:
    archive = GatedArchive(None)
    async with triage(FakeGateway(outage()), archive=archive) as (screen, pilot):
        archive.gate = asyncio.Event()
        await pilot.press("ctrl+r")
        await until(pilot, lambda: archive.waiting == 1)
        await press(pilot, "escape")
        front(pilot, DeliveriesScreen)
        asked = archive.waiting
        archive.release()
        await settle(pilot)
        assert archive.waiting == asked
        assert not screen.is_attached


async def test_a_host_that_others_hold_too_has_no_spark_rather_than_a_wrong_one() -> None:
    rows = [
        row(2, 30, target="https://a.example/x"),
        *(row(n, 30 + n, target="https://aa.example/x") for n in range(3, 6)),
    ]
    async with triage(FakeGateway(rows)) as (screen, _):
        lines = dict(zip([str(screen.table.rows.cells(n)[4][0]) for n in (0, 1)], sparks(screen),
                         strict=True))  # fmt: skip
        assert lines["aa.example"].count("·") < len(lines["aa.example"])
        assert lines["a.example"] == ""


# -- acting ----------------------------------------------------------------------------------------


async def test_enter_narrows_the_list_to_the_cause() -> None:
    async with triage(FakeGateway(outage())) as (_, pilot):
        text = await press(pilot, "j", "enter")
        screen = front(pilot, DeliveriesScreen)
        assert keys_of(screen) == ["log_8", "log_2"]
        assert screen.view.query.statuses == FAILED_ONLY
        for chip in ("status: FAILED", "event: Message", "code: 404", "old.example.com"):
            assert chip in text
        assert "2 of 7 loaded of 7 failed" in text


async def test_escape_leaves_the_filter_as_it_was() -> None:
    async with triage(FakeGateway(outage())) as (_, pilot):
        await press(pilot, "escape")
        assert front(pilot, DeliveriesScreen).view.query == DeliveryQuery()


def mended(gateway: FakeGateway) -> FakeGateway:
    def take(log: LogId) -> RetryReceipt | None:
        gateway.put(delivered(gateway.row(log)))
        return None

    gateway.on_retry = take
    return gateway


def sent(gateway: FakeGateway) -> list[str]:
    return [call.args[1] for call in gateway.named("retry")]


async def test_r_retries_the_whole_cause_after_review_and_the_cause_goes() -> None:
    gateway = mended(FakeGateway(outage()))
    async with triage(gateway) as (screen, pilot):
        await pilot.press("r")
        text = await dialog(pilot)
        assert "Send 4 deliveries again?" in text
        assert "hooks.example.com" in text
        assert not sent(gateway)
        await choose(pilot, "failed")
        await until(pilot, lambda: not app_of(pilot).jobs.is_busy)
        await settle(pilot)
        assert sorted(sent(gateway)) == ["log_3", "log_4", "log_5", "log_6"]
        assert names(screen) == ["404 Not Found", "connection refused"]
        assert "3 failures among 10 loaded of 10" in screen_text(pilot)
        (past,) = await screen.services.retries.history(1)
        assert past.plan.origin == "cause · 502 Bad Gateway · hooks.example.com"
        assert "code:502" in past.plan.query


async def test_a_review_that_is_left_sends_nothing() -> None:
    gateway = mended(FakeGateway(outage()))
    async with triage(gateway) as (_, pilot):
        await pilot.press("r")
        await dialog(pilot)
        await press(pilot, "escape")
        assert not sent(gateway)
        front(pilot, TriageScreen)


async def test_read_only_offers_and_sends_nothing() -> None:
    gateway = mended(FakeGateway(outage()))
    async with triage(gateway, read_only=True) as (_, pilot):
        assert "retry all of it" not in screen_text(pilot)
        await press(pilot, "r")
        assert not sent(gateway)
        front(pilot, TriageScreen)


async def test_w_opens_the_webhook_and_comes_back() -> None:
    async with triage(FakeGateway(outage())) as (_, pilot):
        await press(pilot, "w")
        front(pilot, WebhookScreen)
        await press(pilot, "escape")
        front(pilot, TriageScreen)


async def test_find_steps_through_causes_also_by_host_and_error() -> None:
    async with triage(FakeGateway(outage())) as (screen, pilot):
        await press(pilot, "slash")
        assert "1 of 3 causes" in await typed(pilot, "old.EXAMPLE")
        assert screen.table.cursor_index == 1
        await press(pilot, "escape", "g", "slash")
        assert "2 of 3 causes" in await typed(pilot, "message")
        await press(pilot, "enter", "n")
        assert screen.table.cursor_index == 1
        await press(pilot, "n")
        assert screen.table.cursor_index == 0
        await press(pilot, "escape")
        assert screen.table.highlight == ""
        front(pilot, TriageScreen)


async def test_the_copy_menu_offers_the_cause_and_all_causes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with triage(FakeGateway(outage())) as (screen, pilot):
        offered: list[tuple[CopyItem, ...]] = []
        monkeypatch.setattr(app_of(pilot), "offer_copies", offered.append)
        await press(pilot, "y")
        items = {item.label: item.text for item in offered[0]}
        assert items["log ids, one a line"] == "log_6\nlog_5\nlog_4\nlog_3"
        assert items["host"] == "hooks.example.com"
        assert items["sample error"] == "bad gateway"
        table = items["all causes, as a Markdown table"].splitlines()
        assert len(table) == 5
        assert "| 4 | 57% | 502 Bad Gateway | Message | hooks.example.com |" in table[2]
        assert {item.label for item in screen.copies()} == items.keys() - {"log ids, one a line"}


async def test_y_opens_the_copy_menu() -> None:
    async with triage(FakeGateway(outage())) as (_, pilot):
        assert "log ids, one a line" in await press(pilot, "y")
        assert isinstance(pilot.app.screen, CopyMenu)


async def test_very_many_ids_are_the_newest_ones_and_it_is_said() -> None:
    found = fold(row(number, number) for number in range(1, 4))
    items = copies_of(found.causes[0], found, NOW, ["log_1", "log_2"])
    assert items[1] == CopyItem("i", "newest 2 log ids, one a line", "log_1\nlog_2")


# -- pure words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "words"),
    [(1.0, "100%"), (0.999, "99%"), (0.5, "50%"), (0.01, "1%"), (0.0099, "<1%"), (0.0001, "<1%")],
)
def test_percent(share: float, words: str) -> None:
    assert percent(share) == words


@pytest.mark.parametrize(
    ("counts", "line"),
    [
        ((), ""),
        ((0, 0), "··"),
        ((0, 1, 2, 3, 4, 5), "·▁▂▃▅▇"),
        ((1, 1000), "▁▇"),
        ((7, 7), "▇▇"),
    ],
)
def test_sparkline(counts: tuple[int, ...], line: str) -> None:
    assert sparkline(counts) == line


def test_one_is_spelt_as_one() -> None:
    found = fold((row(1, 60, attempts=1),))
    said = explained(found.causes[0], found, NOW, 100).plain
    assert "log_1 (1 try): server error" in said
    state = LogState(1, None, End.REPEATS, unreadable=2, has_gap=True)
    assert counts_text(found, state, DeliveryQuery(), narrowed=False) == (
        "1 failure among 1 loaded of ? · older ones cannot be read"
        " · not all in between are loaded · 2 rows unreadable"
    )


def test_the_span_is_told_in_one_form_and_never_ends_in_the_future() -> None:
    found = fold((row(1, 60 * 30), row(2, 0.1)))
    said = explained(found.causes[0], found, NOW, 100).plain
    assert "03-13 06:00:00 to 03-14 11:59:54 (5 s ago)" in said
    assert "13 Mar 06:00 - now; · is none" in said


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0.05, "1 s"), (5, "1 min"), (100, "15 min"), (15, "2 min"), (60 * 24 * 30, "4 d")],
)
def test_how_long_a_column_is(minutes: float, words: str) -> None:
    found = fold((row(1, minutes), row(2, 0)))
    assert f"a column is {words}:" in explained(found.causes[0], found, NOW, 100).plain


def test_a_cause_without_times_or_target_says_so() -> None:
    bare = Delivery(LogId(""), "digest", "failed", "")
    found = fold((bare,))
    said = explained(found.causes[0], found, NOW, 100).plain
    assert "unknown reason · no target told · no event told" in said
    assert "no time told" in said
    assert "without id: unknown reason" in said
    assert "When" not in said


def test_a_long_error_is_one_line_and_the_table_one_row_a_cause() -> None:
    found = fold((row(1, 60, error="x" * 5000, event="a|b\nc"),))
    lines = explained(found.causes[0], found, NOW, 80).plain.splitlines()
    assert len(lines) <= 7
    assert all(len(line) <= 80 for line in lines)
    assert "…" in next(line for line in lines if "log_1" in line)
    assert markdown(found, NOW).splitlines()[2].count("a\\|b␊c") == 1
