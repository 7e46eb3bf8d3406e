"""One plan of retries: its deliveries and what came of each."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.instances import Instance
from vzaps_tui.domain.plans import Entry, Evidence, PlanSummary
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.services.unhurried import unhurried
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import EVERYWHERE, FINDING, PLAN, PLANS
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.finding import step_to
from vzaps_tui.ui.plan_board import PlanBoard
from vzaps_tui.ui.plan_rows import ENTRY_COLUMNS, EntryRows, EntryWalk, outcome_word, plan_facts
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.find_bar import FindBar
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import LogId

HERE = "this program"
"""How the journal names this program as the one that carries a plan out."""


class PlanScreen(PlanBoard):
    """The entries of a plan in the order they are sent in; all, or those of one outcome."""

    PLACES = (EVERYWHERE, FINDING, PLANS, PLAN)
    BINDINGS = bindings(EVERYWHERE, FINDING, PLANS, PLAN)

    def __init__(self, summary: PlanSummary) -> None:
        super().__init__()
        self._summary = summary
        self._entries: list[Entry] = []
        self._rows = EntryRows.none()
        self._outcome: Outcome | None = None
        self._drawing = False
        self._found: list[int] = []

    @override
    def crumbs(self) -> tuple[str, ...]:
        plan = self._summary.plan
        return ("Past retries", f"{plan.id} · {plan.name or plan.instance}")

    @override
    def body(self) -> ComposeResult:
        yield CountLine()
        yield VirtualTable(ENTRY_COLUMNS, id="rows")
        yield Static(id="plan")

    @override
    def on_mount(self) -> None:
        self.host.jobs.changed.subscribe(self, self._note_step, immediate=True)
        self.host.jobs.progressed.subscribe(self, lambda _: self._look_again(), immediate=True)

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
            await self._read()
        except VzapsError as problem:
            self.table.empty_text = "Nothing could be read."
            self.show_problem(problem)
        else:
            self.no_problem()
            self._draw()
        self.look_on(clock.monotonic() - begun)

    async def _read(self) -> None:
        retries, name = self.services.retries, self._summary.plan.id
        # Who is seen to have let go of it has written all that it did.
        holder = await retries.holder(name)
        plan, entries = await retries.entries(name)
        self._entries = list(entries)
        counts = Counter(entry.outcome for entry in entries)
        self._summary = PlanSummary(plan, counts, HERE if name in retries.running else holder)

    @override
    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self.is_mounted and self._entries and self.moves_elsewhere():
            self._load()

    def _look_again(self) -> None:
        """Read it anew when it begins to run here, or ends."""
        runs = self._summary.plan.id in self.services.retries.running
        if runs != (self._summary.holder == HERE):
            self._summary = replace(self._summary, holder=HERE if runs else "")
            self._load()

    def _note_step(self, step: RetryStep) -> None:
        if step.plan != self._summary.plan.id or not step.place < len(self._entries):
            return
        entry = self._entries[step.place]
        counts = self._summary.counts
        counts[entry.outcome] -= 1
        counts[step.outcome] += 1
        self._entries[step.place] = replace(
            entry,
            outcome=step.outcome,
            reason=step.reason,
            sent_at=step.at if step.outcome is Outcome.SENDING else entry.sent_at,
            result=Evidence.of(step.result) if step.result else entry.result,
            via=step.via or entry.via,
        )
        if not self._drawing:
            self._drawing = True
            self.call_after_refresh(self._draw)

    # -- showing -----------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._drawing = False
        if self.is_left:
            return
        shown = None
        if self._outcome is not None:
            shown = array("q", (e.place for e in self._entries if e.outcome is self._outcome))
        self._rows = EntryRows(self._entries, shown, self.services.clock.now())
        table = self.table
        table.empty_text = "None of its deliveries stands so any more; f shows the others."
        table.show(self._rows)
        chips = () if self._outcome is None else (f"outcome: {outcome_word(self._outcome)}",)
        words = f"{len(self._rows):,} of {len(self._entries):,} deliveries"
        self.query_one(CountLine).say(chips, words)
        self._explain()

    def _explain(self) -> None:
        width = max(40, self.size.width - 4)
        facts = plan_facts(self._summary, self.services.clock.now(), width, self.ways_on())
        self.query_one("#plan", Static).update(facts)
        self._hint()

    @on(VirtualTable.Highlighted)
    def _hint(self) -> None:
        self.refresh_hints()

    @override
    def works(self, action: str) -> bool:
        if action.startswith("outcome"):
            return sum(map(bool, self._summary.counts.values())) > 1
        if action == "open":
            entry = self._rows.at(self.table.cursor_index)
            return entry is not None and bool(entry.log)
        return super().works(action)

    @override
    def chosen(self) -> PlanSummary:
        return self._summary

    @override
    def told_plans(self) -> tuple[PlanSummary, ...]:
        return (self._summary,)

    @override
    def times_changed(self) -> None:
        super().times_changed()
        self._draw()

    def action_outcome(self, step: int) -> None:
        """Show those of the next outcome that there is, or all again."""
        there: list[Outcome | None] = [None]
        there += [kind for kind in Outcome if self._summary.counts[kind]]
        place = there.index(self._outcome) if self._outcome in there else 0
        self._outcome = there[(place + step) % len(there)]
        self._draw()
        if self._needle:
            self._find(self._needle)

    @override
    def peel(self) -> bool:
        if super().peel():
            return True
        if self._outcome is None:
            return False
        self._outcome = None
        self._draw()
        return True

    # -- opening -----------------------------------------------------------------------------------

    @property
    def _instance(self) -> Instance:
        plan = self._summary.plan
        return Instance(plan.instance, name=plan.name or plan.instance)

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the delivery under the cursor."""
        entry = self._rows.at(self.table.cursor_index)
        if entry is None:
            return
        if not entry.log:
            self.host.say("The API gave this row no id: it cannot be opened.", severity="warning")
            return
        deliveries, instance = self.services.deliveries, self._instance
        walk = EntryWalk(self._rows, deliveries, instance.id)
        row = walk.at(self.table.cursor_index)
        if row is not None:
            self.host.open_delivery(instance, walk, row, self._back)

    def _back(self, log: LogId | None) -> None:
        place = None if log is None else self._rows.place_of_log(log)
        if place is not None:
            self.table.move_to(place)

    # -- finding and copying -----------------------------------------------------------------------

    @override
    def seek(self, needle: str) -> str:
        self._needle = needle
        self._found = []
        self.table.highlight = needle
        self._find(needle)
        return "looking ..." if needle else ""

    @work(group="find", exclusive=True)
    async def _find(self, needle: str) -> None:
        """Look through all that is shown; keys get their turn meanwhile."""
        rows, wanted = self._rows, needle.casefold()
        places = range(len(rows)) if needle else ()
        self._found = [at async for at in unhurried(places) if wanted in rows.text(at)]
        if self._found and self.table.cursor_index not in self._found:
            self.table.move_to(self._found[0])
        if needle:
            self.query_one(FindBar).say(self.told(len(self._found)))

    @override
    def seek_step(self, step: int) -> None:
        step_to(self.table, self._found, step)

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        entry = self._rows.at(self.table.cursor_index)
        items = [CopyItem("a", "plan id", self._summary.plan.id)]
        if entry is not None and entry.log:
            items.insert(0, CopyItem("i", "log id", entry.log))
        if entry is not None and entry.via:
            items.insert(1, CopyItem("n", "id of the new log", entry.via))
        return tuple(items)
