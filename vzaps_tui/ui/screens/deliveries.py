"""An instance's deliveries: browse, narrow, mark, retry."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.worker import Worker, WorkerCancelled
from typing_extensions import override

from vzaps_tui.domain.command_line import logs_command
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.ui.chosen_board import SOON, ChosenBoard
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import DELIVERIES, EVERYWHERE, FINDING
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.delivery_rows import columns, copies_of
from vzaps_tui.ui.no_such_instance import told_of
from vzaps_tui.ui.preview import Preview
from vzaps_tui.ui.query_bar import QueryBar
from vzaps_tui.ui.remembering import Remembering
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.find_bar import FindBar
from vzaps_tui.ui.widgets.picture import Picture
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, LogId


class DeliveriesScreen(ChosenBoard[None]):
    """The delivery log of one instance."""

    PLACES = (EVERYWHERE, FINDING, DELIVERIES)
    BINDINGS = bindings(EVERYWHERE, FINDING, DELIVERIES)
    BARS = (FindBar, QueryBar)

    @override
    def crumbs(self) -> tuple[str, ...]:
        return (self._instance.name or self._instance.id, "Deliveries")

    @override
    def body(self) -> ComposeResult:
        self.set_class(self.view.preview, "-preview")  # later all there is would be styled anew
        yield CountLine()
        yield Picture()
        with Horizontal(classes="pane"):
            yield VirtualTable(columns(retries=False), id="rows")
            yield Preview()
        yield QueryBar(self.services.clock.now)

    @override
    def on_mount(self) -> None:
        # Textual itself calls that of every base class as well.
        self._remembering = Remembering(self, self._instance.id, self._ask)
        self.call_after_refresh(self._remembering.find)
        if self._instance.name == self._instance.id:  # asked for after the rows
            self.call_after_refresh(self.call_after_refresh, self._learn_name)

    @work(group="name", exclusive=True)
    async def _learn_name(self) -> None:
        """Call an instance that was given by its id by its name."""
        await self.host.drawn()
        with suppress(VzapsError):  # the log, asked at the same time, tells what is wrong
            found = await self.services.instances.find(self._instance.id)
            if found is not None:
                self._instance = found
                self.top_bar.crumbs = self.crumbs()

    @override
    def show_problem(self, problem: VzapsError) -> None:
        super().show_problem(told_of(problem, self._instance.id, self.host, self))

    # -- paging ----------------------------------------------------------------------------------

    @on(VirtualTable.NearEnd)
    def _near_end(self, event: VirtualTable.NearEnd) -> None:
        event.stop()
        # What is still being typed may narrow the list to nothing: that is no wish for more.
        if self._known and not self.is_occupied and not self.view.oldest_first:
            self.read_more(1)

    @property
    @override
    def is_occupied(self) -> bool:
        return super().is_occupied or self.query_one(QueryBar).is_open

    # -- filtering -------------------------------------------------------------------------------

    def _ask(self, query: DeliveryQuery) -> None:
        """Show what is known for a query at once, then read it."""
        self.view.settle_on(query)
        self.draw_with_rows()
        self._turn_to(query)
        self.load(force=False)

    def _turn_to(self, query: DeliveryQuery) -> None:
        """Show what is known for a query; nothing is asked of the API."""
        view = self.view
        view.query = query
        view.kept = frozenset()
        self.asks_anew()
        self._remembering.note()
        kept = self.services.deliveries.peek(self._instance.id, query)
        if kept is not None:
            self._state = kept.data
        else:
            self._state = replace(self._state, total=None, end=End.MORE, unreadable=0)
        self.show_state()
        self.set_timer(SOON, self.show_counts)

    def action_failures(self) -> None:
        """Failures only, or all again."""
        self._ask(self.view.query.toggled_failed())

    @work(group="form", exclusive=True)
    async def action_filter(self) -> None:
        """Open the filter form."""
        from vzaps_tui.ui.filter_form import FilterForm  # noqa: PLC0415 - start-up time

        seen = frozenset(await self.services.deliveries.events(self._instance.id))
        self.host.show(FilterForm(self.view.query, seen, self.services.clock.now), self._filtered)

    @work(group="form", exclusive=True)
    async def action_query(self) -> None:
        """Open the query line."""
        bar = self.query_one(QueryBar)
        bar.open(self.view.query, frozenset())
        bar.offer(frozenset(await self.services.deliveries.events(self._instance.id)))

    @on(QueryBar.Asked)
    def _asked(self, event: QueryBar.Asked) -> None:
        event.stop()
        if event.done:
            self.table.focus()
            self._ask(event.query)
        elif event.query != self.view.query:
            self._turn_to(event.query)

    def action_drop(self) -> None:
        """Take the last condition away."""
        if chips := self.view.query.chips():
            self._ask(chips[-1].without)

    def _filtered(self, query: DeliveryQuery | None) -> None:
        if query is not None and query != self.view.query:
            self._ask(query)

    @work(group="confirm", exclusive=False)
    async def action_views(self) -> None:
        """Choose among the filters with a name."""
        from vzaps_tui.ui.view_picker import pick_view  # noqa: PLC0415 - start-up time

        self._filtered(await pick_view(self.host, self.services.views))

    @work(group="confirm", exclusive=False)
    async def action_keep_view(self) -> None:
        """Give the present filter a name."""
        from vzaps_tui.ui.view_picker import keep_view  # noqa: PLC0415 - start-up time

        await keep_view(self.host, self.services.views, self.view.query)

    def action_triage(self) -> None:
        """Fold what failed into causes; one of them may come back as the filter."""
        self.host.open_triage(self._instance, self.view.query, self.view.cause, self._narrowed)

    def _narrowed(self, query: DeliveryQuery | None) -> None:
        if query is not None:
            self.view.narrow_to(query)
        self._filtered(query)

    def action_sort(self) -> None:
        """The oldest first, or the newest."""
        self.view.oldest_first = not self.view.oldest_first
        self._top_seen = None
        self._remembering.note()
        self._draw()

    @override
    def peel(self) -> bool:
        if (bar := self.query_one(QueryBar)).is_open:
            bar.take_back()
            return True
        if super().peel():
            return True
        if not self.view.query.is_empty:
            self._ask(self.view.one_step_back)
            return True
        return False

    # -- cursor, marks, preview --------------------------------------------------------------------

    @on(VirtualTable.Highlighted)
    def _moved(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self.touch(event.key)
        if self._touched:
            self.view.cursor = event.key
        self._show_preview()
        self._show_picture()
        if self._new:
            self.show_counts()  # what was new may be in sight now

    def _set_marks(self, marked: frozenset[str]) -> None:
        self.view.marked = marked
        self.table.marked = marked
        self.show_counts()

    def action_mark(self) -> None:
        """Mark or unmark the row, then go down."""
        if row := self._row():
            self._set_marks(self.view.marked ^ {row.key})
            self.table.move_to(min(len(self._rows) - 1, self.table.cursor_index + 1))

    @work(group="mark", exclusive=True)
    async def action_mark_all(self) -> None:
        """Mark all loaded rows that match."""
        rows = await self.services.deliveries.fetch(await self.matching())
        keys = frozenset(row.key for row in rows if row is not None)
        self._set_marks(self.view.marked | keys)
        if self._state.end is End.MORE:
            self.host.say(
                f"{len(keys):,} loaded rows are marked; rows not loaded yet are not (L loads all).",
                severity="warning",
            )

    def _marking(self) -> list[Worker[Any]]:
        """Marks that are being put: what is pressed next is meant for them, too."""
        return [one for one in self.workers if one.group == "mark" and one.node is self]

    async def _marked(self) -> frozenset[str]:
        for one in self._marking():
            with suppress(WorkerCancelled):
                await one.wait()
        return self.view.marked

    def action_unmark(self) -> None:
        """Unmark all."""
        for one in self._marking():
            one.cancel()
        self._set_marks(frozenset())

    def action_failure(self, step: int) -> None:
        """To the next or previous failure."""
        query = self.view.query
        if query.statuses and not query.statuses & FAILED_ONLY:
            self.host.say("The filter shows no failures.")
        else:
            self._steps.go(
                self._rows,
                replace(query, statuses=FAILED_ONLY),
                step,
                "No further failure among the loaded rows.",
            )

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.view.preview = not self.view.preview
        self._remembering.note()
        self.set_class(self.view.preview, "-preview")
        self.call_after_refresh(self._show_preview)

    # -- opening ---------------------------------------------------------------------------------

    @on(VirtualTable.Opened)
    def _open(self, event: VirtualTable.Opened) -> None:
        event.stop()
        row = self._row()
        if row is None:
            return
        if not row.id:
            self.host.say("The API gave this row no id: it cannot be opened.", severity="warning")
            return
        self.host.open_delivery(self._instance, self._rows, row, self._back)

    def _back(self, log: LogId | None) -> None:
        if log is not None:
            self.table.move_to(log)
        self.load(force=False)

    @work(group="form", exclusive=True)
    async def action_compare(self) -> None:
        """Compare two marked deliveries, or the marked one with the one under the cursor."""
        marked, row = await self._marked(), self._row()
        here = frozenset({row.key}) if row and len(marked) == 1 else frozenset[str]()
        numbers = self._rows.numbers_of(marked | here)
        found = [one for one in await self.services.deliveries.fetch(numbers) if one is not None]
        if len(found) != 2:  # noqa: PLR2004 - two are compared
            self.host.say("Mark two deliveries (space), or one and go to the other.")
        elif not all(one.id for one in found):
            self.host.say("The API gave one of them no id: it cannot be read.", severity="warning")
        else:
            self.host.open_compare(self._instance, found[1], found[0])

    def action_webhook(self) -> None:
        """Open the webhook form."""
        self.host.open_webhook(self._instance)

    @work(group="form", exclusive=True)
    async def action_export(self) -> None:
        """Write what matches to a file, after a form."""
        numbers = await self.matching()
        self.host.exports.offer(self._instance, numbers, self._state, self.view.query)

    # -- retrying --------------------------------------------------------------------------------

    def action_retry(self) -> None:
        """Send again the marked rows, else the one under the cursor."""
        row = self._row()
        if row is not None and not self.view.marked:
            self.touch()
        self._retry(row)

    @work(group="confirm", exclusive=False)
    async def action_retry_all(self) -> None:
        """Send again all loaded rows that match, after review."""
        found = await self.services.deliveries.fetch(await self.matching())
        rows = tuple(row for row in found if row is not None)
        if rows:
            whole = self._state.end is not End.MORE and not self._state.has_gap
            note = "" if whole else "Only what is loaded is among them; L loads all of the log."
            await self._review(rows, f"all {len(rows):,} that match", note)

    @work(group="confirm", exclusive=False)
    async def _retry(self, row: Delivery | None) -> None:
        if marked := await self._marked():
            await self._retry_marked(marked)
        elif row is not None:
            await self._review((row,), "one")

    async def _retry_marked(self, marked: frozenset[str]) -> None:
        rows = tuple(
            row
            for row in await self.services.deliveries.fetch(self._rows.numbers_of(marked))
            if row is not None
        )
        if len(rows) < len(marked):
            self.host.say(
                f"{len(marked) - len(rows):,} marked rows are not in this list; "
                "take the filter away or unmark (u).",
                severity="warning",
            )
        else:
            await self._review(rows, f"{len(rows):,} marked")

    async def _review(self, rows: tuple[Delivery, ...], origin: str, note: str = "") -> None:
        from vzaps_tui.domain.query_language import to_text  # noqa: PLC0415 - start-up time
        from vzaps_tui.ui.retry_review import review  # noqa: PLC0415 - same

        plan = await review(
            self.host,
            self._instance.id,
            rows,
            name=self._instance.name,
            origin=origin,
            query=to_text(self.view.query),
            note=note,
        )
        if plan is not None:
            self.host.start_retries(plan)
            self._set_marks(self.view.marked)

    # -- finding and copying -----------------------------------------------------------------------

    @override
    def seek(self, needle: str) -> str:
        self._needle = needle
        self.table.highlight = needle
        if needle:
            self._steps.find(self._rows, self._with_needle(), self._say_found)
        return ""

    def _with_needle(self) -> DeliveryQuery:
        query = self.view.query
        return replace(query, also=query.also | {self._needle})

    def _say_found(self, count: int) -> None:
        self.query_one(FindBar).say(f"{count:,} of {len(self._rows):,} loaded rows")

    @override
    def seek_step(self, step: int) -> None:
        if self._needle:
            self._steps.go(self._rows, self._with_needle(), step, "Nothing was found.", wrap=True)

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        row, launch = self._row(), self.host.launch
        command = logs_command(self._instance.id, self.view.query, launch.arguments)
        this = CopyItem("s", "this list, as a command", launch.masker(command))
        return (*(copies_of(row) if row else ()), this)
