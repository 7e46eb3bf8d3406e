"""The other deliveries of the same chat or message, found by reading payloads one by one."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.text import visible
from vzaps_tui.services.related import AT_ONCE, Progress, RelatedSearch
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import EVERYWHERE, FINDING, RELATED
from vzaps_tui.ui.delivery_copies import copies_of
from vzaps_tui.ui.delivery_walk import TupleWalk
from vzaps_tui.ui.list_board import ListBoard
from vzaps_tui.ui.related_rows import COLUMNS, RelatedRows, counts_text, covers, sought
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.problem_bar import ProblemBar
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from textual.worker import Worker

    from vzaps_tui.domain.deliveries import Delivery, LogId
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.meaning import Meaning
    from vzaps_tui.ui.copy_item import CopyItem


class RelatedScreen(ListBoard[None]):
    """Searches while it is in front; what was found stays when it is stopped."""

    PLACES = (EVERYWHERE, FINDING, RELATED)
    BINDINGS = bindings(EVERYWHERE, FINDING, RELATED)

    def __init__(self, instance: Instance, around: Delivery, meaning: Meaning) -> None:
        super().__init__()
        self._instance = instance
        self._around = around
        self._meaning = meaning
        self._search: RelatedSearch | None = None
        self._target = AT_ONCE
        self._looking: Worker[None] | None = None
        self._wanted = True
        self._told = Progress()
        self._rows: RelatedRows | None = None

    @override
    def crumbs(self) -> tuple[str, ...]:
        return (self._instance.name or self._instance.id, "Deliveries", self._around.id, "Related")

    @override
    def body(self) -> ComposeResult:
        yield CountLine()
        yield VirtualTable(COLUMNS, id="rows")
        yield Static(id="covers", markup=False)

    # -- searching ---------------------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        if self._search is None:
            related = self.services.related
            self._search = related.search(self._instance.id, self._around, self._meaning)
        self._show(self._told)
        if self._wanted:
            self._go_on()

    def _go_on(self) -> None:
        if self._search is not None and not self._is_running:
            self._looking = self._look(self._search, self._target)

    @property
    def _is_running(self) -> bool:
        return self._looking is not None and not self._looking.is_finished

    @work(group="related", exclusive=True)
    async def _look(self, search: RelatedSearch, target: int) -> None:
        self.query_one(ProblemBar).say("")
        try:
            async with aclosing(search.look(target)) as looking:
                async for told in looking:
                    self._show(told, running=True)
        except VzapsError as problem:
            self._wanted = False
            self.show_problem(problem)
        self._show(search.progress())

    def _show(self, told: Progress, *, running: bool = False) -> None:
        now = self.services.clock.now()
        if self._rows is None or len(told.found) != len(self._told.found):
            first = self._rows is None
            self._rows = RelatedRows(self._around, self._meaning.line, told.found, now)
            self.table.show(self._rows)
            if first:
                self.table.move_to(self._around.key)
        self._told = told
        self.query_one(CountLine).say(sought(self._meaning), counts_text(told, self._target))
        words = visible(covers(told, self._target, now, running=running))
        self.query_one("#covers", Static).update(words)

    def action_stop(self) -> None:
        """Stop the search, or go on with it."""
        self._wanted = not self._is_running
        if self._wanted:
            self._go_on()
        else:
            self._pause()

    def action_more(self) -> None:
        """Look at further deliveries."""
        if self._told.complete:
            self.host.say("All that is held was looked at: load more of the log with L.")
            return
        self._target = max(self._target, self._told.looked) + AT_ONCE
        self._wanted = True
        self._pause()
        self._go_on()

    def _pause(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        if self._search is not None:
            self._show(self._search.progress())

    @override
    def on_screen_suspend(self) -> None:
        """Read nothing for a screen that is behind another."""
        self._pause()

    @override
    def on_screen_resume(self) -> None:
        if self.is_mounted and self._wanted:
            self._go_on()

    # -- opening, finding, copying -----------------------------------------------------------------

    def _row(self) -> Delivery | None:
        index = self.table.cursor_index
        rows = self._rows.deliveries if self._rows else ()
        return rows[index] if index < len(rows) else None

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the delivery under the cursor; its list is that of what was found."""
        if self._rows is not None and (row := self._row()):
            walk = TupleWalk(self._rows.deliveries)
            self.host.open_delivery(self._instance, walk, row, self._back)

    def _back(self, log: LogId | None) -> None:
        if log is not None:
            self.table.move_to(log)

    @override
    def holding(self, needle: str) -> list[int]:
        return self._rows.holding(needle) if self._rows else []

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        row = self._row()
        return () if row is None else copies_of(row, None, None)
