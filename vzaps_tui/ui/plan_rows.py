"""Past plans and their deliveries as tables show them: columns, cells, counts in words."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.content import Content
from typing_extensions import override

from vzaps_tui.domain.plans import Entry, PlanState, PlanSummary
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.domain.times import clock_time
from vzaps_tui.ui.delivery_walk import DeliveryWalk
from vzaps_tui.ui.render import OUTCOME_TONE
from vzaps_tui.ui.summary import Fact, both_times, fact_lines
from vzaps_tui.ui.widgets.virtual_table import Column

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, LogId
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.services.deliveries import DeliveryService
    from vzaps_tui.ui.widgets.cells import Cell, Tone

PLAN_COLUMNS = (
    Column("time", "When", 11),
    Column("plan", "Plan", 10, min_width=140),
    Column("instance", "Instance", 14, flex=1, min_width=100),
    Column("origin", "What", 10, flex=2, min_width=72),
    Column("total", "All", 5, align="right"),
    Column("delivered", "Delivered", 9, align="right"),
    Column("failed", "Failed", 6, align="right"),
    Column("refused", "Refused", 7, align="right", min_width=100),
    Column("unknown", "Unknown", 7, align="right", min_width=72),
    Column("news", "No news", 7, align="right", min_width=130),
    Column("skipped", "Skipped", 7, align="right", min_width=140),
    Column("left", "Left", 5, align="right"),
    Column("state", "State", 9),
)

ENTRY_COLUMNS = (
    Column("place", "#", 6, align="right", min_width=100),
    Column("time", "Sent", 11),
    Column("outcome", "Outcome", 12),
    Column("event", "Event", 10, flex=1),
    Column("code", "Code", 4, align="right"),
    Column("reason", "What came of it", 10, flex=3),
    Column("cause", "Had failed by", 16, flex=1, min_width=116),
    Column("host", "Target", 16, flex=1, min_width=140),
    Column("log", "Log id", 12, flex=1, min_width=100),
)

_COUNTED = (
    (Outcome.DELIVERED,),
    (Outcome.FAILED_AGAIN,),
    (Outcome.REFUSED,),
    (Outcome.UNKNOWN,),
    (Outcome.NO_NEWS,),
    (Outcome.SKIPPED,),
    (Outcome.ACCEPTED, Outcome.QUEUED),
)
"""What the columns of counts count, in their order; what is SENDING: see `_count`."""


_STATES: dict[PlanState, Cell] = {
    PlanState.PLANNED: ("not begun", "wait"),
    PlanState.RUNNING: ("cut short", "bad"),
    PlanState.STOPPED: ("stopped", "wait"),
    PlanState.DONE: ("done", "good"),
    PlanState.DISCARDED: ("discarded", "dim"),
}
_ORDER = (*(kind for kinds in _COUNTED[:-1] for kind in kinds), Outcome.SENDING, *_COUNTED[-1])
_BY_HAND = ("stopped", "discarded")
"""Why a plan ended where a person wanted it so: that is said already."""
_AT_ONCE = 50


def state_cell(summary: PlanSummary) -> Cell:
    """Where a plan stands, in a word; a running one that nobody carries out was cut short."""
    if summary.holder:
        return ("running", "accent")
    return _STATES[summary.plan.state]


def outcome_word(outcome: Outcome) -> str:
    """An outcome as it reads of the past: what is still QUEUED was not sent."""
    return "not sent" if outcome is Outcome.QUEUED else outcome.value


def counts_words(counts: Counter[Outcome]) -> str:
    """`187 DELIVERED, 20 FAILED AGAIN`; what is still QUEUED is not sent."""
    return ", ".join(f"{counts[kind]:,} {outcome_word(kind)}" for kind in _ORDER if counts[kind])


class PlanRows:
    """Plans for the table, newest first."""

    def __init__(self, plans: Sequence[PlanSummary], now: datetime) -> None:
        self.plans = tuple(plans)
        self._now = now
        self._places: dict[str, int] = {one.plan.id: index for index, one in enumerate(self.plans)}

    def __len__(self) -> int:
        return len(self.plans)

    def key(self, index: int) -> str:
        """Identity of a row."""
        return self.plans[index].plan.id

    def index(self, key: str) -> int | None:
        """Where a plan stands."""
        return self._places.get(key)

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a plan."""
        summary = self.plans[index]
        plan = summary.plan
        return (
            clock_time(plan.created, self._now),
            (plan.id, "dim"),
            (plan.name or plan.instance, "strong"),
            plan.origin or plan.query or "-",
            f"{summary.total:,}",
            *(_count(summary, kinds) for kinds in _COUNTED),
            state_cell(summary),
        )


def _count(summary: PlanSummary, kinds: tuple[Outcome, ...]) -> Cell:
    count = sum(summary.counts[kind] for kind in kinds)
    # Somebody is at it, or nobody knows what became of it.
    if (Outcome.QUEUED if summary.holder else Outcome.UNKNOWN) in kinds:
        count += summary.counts[Outcome.SENDING]
    tone: Tone = OUTCOME_TONE[kinds[0]]
    if Outcome.QUEUED in kinds and summary.is_unfinished:
        tone = "wait"
    return (f"{count:,}", tone) if count else ("-", "dim")


class EntryRows:
    """A plan's deliveries for the table, in the order they are sent in.

    Args:
        entries: all of them, each at its place.
        shown: the places that are shown, ascending; None = all.
        now: in the zone to show.
    """

    def __init__(self, entries: Sequence[Entry], shown: array[int] | None, now: datetime) -> None:
        self._entries = entries
        self._shown = shown
        self._now = now

    @classmethod
    def none(cls) -> EntryRows:
        """No rows."""
        return cls([], None, datetime.min.replace(tzinfo=UTC))

    def __len__(self) -> int:
        return len(self._entries if self._shown is None else self._shown)

    def at(self, index: int) -> Entry | None:
        """The entry at an index; None if there is none."""
        if not 0 <= index < len(self):
            return None
        return self._entries[index if self._shown is None else self._shown[index]]

    def key(self, index: int) -> str:
        """Identity of a row: its place in the plan."""
        return str(index if self._shown is None else self._shown[index])

    def index(self, key: str) -> int | None:
        """Where the entry of a place stands."""
        place = int(key)
        if self._shown is None:
            return place if place < len(self._entries) else None
        index = bisect_left(self._shown, place)
        return index if index < len(self._shown) and self._shown[index] == place else None

    def place_of_log(self, log: LogId) -> int | None:
        """Where a delivery stands; looks through all of them."""
        found = (index for index in range(len(self)) if self._entry(index).log == log)
        return next(found, None)

    def text(self, index: int) -> str:
        """What finding looks at, in small letters."""
        entry = self._entry(index)
        told = (entry.log, entry.event, outcome_word(entry.outcome), entry.reason, entry.host)
        return "\n".join(told).casefold()

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of an entry."""
        entry = self._entry(index)
        seen = entry.result or entry.before
        return (
            f"{entry.place + 1:,}",
            clock_time(entry.sent_at, self._now),
            (outcome_word(entry.outcome), OUTCOME_TONE[entry.outcome]),
            entry.event,
            "-" if seen.code is None else str(seen.code),
            entry.reason,
            (entry.cause_name, "dim"),
            (entry.host or "-", "dim"),
            (entry.log or "none given", "dim"),
        )

    def _entry(self, index: int) -> Entry:
        return self._entries[index if self._shown is None else self._shown[index]]


class EntryWalk(DeliveryWalk):
    """The deliveries of a plan, as an open one walks along them: as they are held now."""

    def __init__(self, rows: EntryRows, deliveries: DeliveryService, instance: InstanceId) -> None:
        self._rows = rows
        self._deliveries = deliveries
        self._instance = instance

    @override
    def __len__(self) -> int:
        return len(self._rows)

    @override
    def at(self, index: int) -> Delivery | None:
        entry = self._rows.at(index)
        return None if entry is None else row_of(entry, self._deliveries, self._instance)

    @override
    def index_of(self, key: str) -> int | None:
        for index in range(len(self._rows)):
            entry = self._rows.at(index)
            if entry is not None and entry.key == key:
                return index
        return None


def row_of(entry: Entry, deliveries: DeliveryService, instance: InstanceId) -> Delivery:
    """The delivery of an entry as it is held now, else as it was written down."""
    number = deliveries.place(instance, entry.key)
    held = None if number is None else deliveries.rows([number])[0]
    return held or entry.row(entry.result or entry.before)


async def rows_of(
    entries: Sequence[Entry], deliveries: DeliveryService, instance: InstanceId
) -> list[Delivery]:
    """The same for any number of them, a few at a time so that keys get their turn."""
    rows: list[Delivery] = []
    for start in range(0, len(entries), _AT_ONCE):
        some = entries[start : start + _AT_ONCE]
        rows += [row_of(entry, deliveries, instance) for entry in some]
        await asyncio.sleep(0)
    return rows


def plan_facts(summary: PlanSummary, now: datetime, width: int, ways_on: str) -> Content:
    """What a plan's row has no room for, in labelled lines of at most `width` cells.

    Args:
        summary: the plan.
        now: in the zone to show.
        width: cells of a line.
        ways_on: what keys do with one that is not over; empty = nothing.
    """
    plan = summary.plan
    of = plan.name if plan.name and plan.name == plan.instance else f"{plan.name} {plan.instance}"
    # The most wanted first: a low screen cuts the last ones off.
    facts: list[Fact] = [("Plan", f"{plan.id} · {of.strip()} · {plan.origin or 'chosen rows'}")]
    if summary.holder:
        facts.append(("Now", (f"being carried out by {summary.holder}", "accent")))
    elif summary.is_unfinished:
        told = f"{summary.words}; {ways_on}" if ways_on else summary.words
        facts.append(("Now", (told, "wait")))
    if plan.why and plan.why not in _BY_HAND:
        facts.append(("Why", (plan.why, "wait")))
    facts += [
        ("Came to", counts_words(summary.counts) or "-"),
        ("Made", _when(summary, now)),
        ("Filter", plan.query or "none"),
    ]
    return fact_lines(facts, width)


def _when(summary: PlanSummary, now: datetime) -> str:
    ended = summary.plan.ended
    words = both_times(summary.plan.created, now)
    told = ended is not None and not summary.holder
    return f"{words}, ended {clock_time(ended, now)}" if told else words


def unfinished_words(summary: PlanSummary, now: datetime) -> str:
    """A plan that was cut short, for the question what to do with it."""
    plan = summary.plan
    of, made = plan.name or plan.instance, clock_time(plan.created, now)
    lines = [
        f"{summary.words}.",
        f"{of} · {plan.origin or 'chosen rows'} · made {made} · plan {plan.id}",
    ]
    if done := Counter({k: n for k, n in summary.counts.items() if k.is_final}):
        lines.append(f"So far: {counts_words(done)}.")
    if plan.why and plan.why not in _BY_HAND:
        lines.append(f"It stopped by itself: {plan.why}.")
    return "\n".join(lines)
