"""Past plans of retries: when, of what, and what came of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import EVERYWHERE, FINDING, PLANS
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.plan_board import PlanBoard
from vzaps_tui.ui.plan_rows import PLAN_COLUMNS, PlanRows, plan_facts
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.plans import PlanSummary
    from vzaps_tui.ui.retry_progress import Progress

_PAGE = 100


class PlansScreen(PlanBoard):
    """The plans of this account, newest first, and more of them as one goes down."""

    PLACES = (EVERYWHERE, FINDING, PLANS)
    BINDINGS = bindings(EVERYWHERE, FINDING, PLANS)

    def __init__(self) -> None:
        super().__init__()
        self._plans: tuple[PlanSummary, ...] = ()
        self._wanted = _PAGE
        self._under_way: frozenset[str] = frozenset()

    @override
    def crumbs(self) -> tuple[str, ...]:
        return ("Past retries",)

    @override
    def body(self) -> ComposeResult:
        yield CountLine()
        yield VirtualTable(PLAN_COLUMNS, id="rows")
        yield Static(id="plan")

    @override
    def on_mount(self) -> None:
        self.host.jobs.progressed.subscribe(self, self._note_progress, immediate=True)

    @override
    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._explain)

    # -- reading -----------------------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        self._load()

    @work(group="load", exclusive=True)
    async def _load(self) -> None:
        clock = self.services.clock
        begun = clock.monotonic()
        try:
            found = await self.services.retries.history(self._wanted)
        except VzapsError as problem:
            self.table.empty_text = "Nothing could be read."
            self.show_problem(problem)
        else:
            self.no_problem()
            self._show(found)
        self.look_on(clock.monotonic() - begun)

    @override
    def times_changed(self) -> None:
        super().times_changed()
        self._show(self._plans)

    def _show(self, found: tuple[PlanSummary, ...]) -> None:
        self._plans = found
        self._under_way = frozenset(self.services.retries.running)
        self._draw()

    def _draw(self) -> None:
        table = self.table
        table.empty_text = (
            "Nothing was retried from here yet.\n"
            "r in a list of deliveries retries what is marked, R all that match."
        )
        table.show(PlanRows(self._plans, self.services.clock.now()))
        more = "+" if len(self._plans) == self._wanted else ""
        left = sum(one.is_unfinished for one in self._plans)
        words = f"{len(self._plans):,}{more} plan{'' if len(self._plans) == 1 else 's'}"
        self.query_one(CountLine).say((), f"{left:,} unfinished · {words}" if left else words)
        self._explain()

    @on(VirtualTable.NearEnd)
    def _near_end(self, event: VirtualTable.NearEnd) -> None:
        event.stop()
        if len(self._plans) == self._wanted:
            self._wanted += _PAGE
            self._load()

    def _note_progress(self, _: Progress) -> None:
        """Plans that run are shown as they stand; one that begins or ends is read anew."""
        retries = self.services.retries
        if frozenset(retries.running) != self._under_way:
            self._load()
        elif self._under_way:
            self._plans = tuple(self._fresher(one) for one in self._plans)
            self._draw()

    def _fresher(self, summary: PlanSummary) -> PlanSummary:
        if summary.plan.id not in self._under_way:
            return summary
        status = self.services.retries.status(summary.plan.id)
        return summary if status is None else replace(summary, counts=status.counts)

    # -- the plan under the cursor -----------------------------------------------------------------

    @override
    def told_plans(self) -> tuple[PlanSummary, ...]:
        return self._plans

    @override
    def chosen(self) -> PlanSummary | None:
        index = self.table.cursor_index
        return self._plans[index] if index < len(self._plans) else None

    @on(VirtualTable.Highlighted)
    def _explain(self) -> None:
        box, summary = self.query_one("#plan", Static), self.chosen()
        box.display = summary is not None
        if summary is not None:
            width, now = max(40, self.size.width - 4), self.services.clock.now()
            box.update(plan_facts(summary, now, width, self.ways_on()))
        self.refresh_hints()

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Show its deliveries and what came of each."""
        if summary := self.chosen():
            self.host.plans.show(summary)

    # -- finding and copying -----------------------------------------------------------------------

    @override
    def holding(self, needle: str) -> list[int]:
        needle = needle.casefold()
        return [
            index
            for index, one in enumerate(self._plans)
            if needle
            in f"{one.plan.id}\n{one.plan.name}\n{one.plan.instance}\n{one.plan.origin}".casefold()
        ]

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        summary = self.chosen()
        return () if summary is None else (CopyItem("i", "plan id", summary.plan.id),)
