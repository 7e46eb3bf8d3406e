"""An instance's deliveries: browse, narrow, mark, retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from typing_extensions import override

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import DeliveryQuery, contains
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.ui.commands import DELIVERIES, EVERYWHERE, FINDING, bindings
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.delivery_rows import (
    DeliveryRows,
    columns,
    copies_of,
    counts_text,
    is_being_tried,
    narrowed,
    why_empty,
)
from vzaps_tui.ui.delivery_walk import TupleWalk
from vzaps_tui.ui.filter_form import FilterForm
from vzaps_tui.ui.finding import step_to
from vzaps_tui.ui.list_board import ListBoard
from vzaps_tui.ui.preview import Preview
from vzaps_tui.ui.query_bar import QueryBar
from vzaps_tui.ui.retry_review import review
from vzaps_tui.ui.views import DeliveriesView
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance

_PAGES_AT_ONCE = 5


class DeliveriesScreen(ListBoard[None]):
    """The delivery log of one instance."""

    PLACES = (EVERYWHERE, FINDING, DELIVERIES)
    BINDINGS = bindings(EVERYWHERE, FINDING, DELIVERIES)

    def __init__(self, instance: Instance) -> None:
        super().__init__()
        self._instance = instance
        self._listing: Listing[Delivery] = Listing()
        self._rows: tuple[Delivery, ...] = ()
        self._reading_more = False
        self._known = False

    @override
    def crumbs(self) -> tuple[str, ...]:
        return (self._instance.name or self._instance.id, "Deliveries")

    @override
    def body(self) -> ComposeResult:
        yield CountLine()
        with Horizontal(classes="pane"):
            yield VirtualTable(columns(retries=False), id="rows")
            yield Preview()
        yield QueryBar(self.services.clock.now)

    @property
    def view(self) -> DeliveriesView:
        """What was last looked at; outlives the screen."""
        return self.host.views.setdefault(self._instance.id, DeliveriesView())

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.set_class(self.view.preview, "-preview")
        self.host.jobs.changed.subscribe(self, self._note_step, immediate=True)

    @override
    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._show_preview)

    # -- reading ---------------------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        self._load(self.view.query, force=force)

    @work(group="load", exclusive=True)
    async def _load(self, query: DeliveryQuery, *, force: bool) -> None:
        self.show_asking()
        last: Envelope[Listing[Delivery]] | None = None
        try:
            async for envelope in self.services.deliveries.load(
                self._instance.id, query, force=force
            ):
                last = envelope
                self._take(envelope, asking=True)
        except VzapsError as problem:
            self._cannot_read(problem)
            return
        if last is not None:
            self.show_freshness(last, asking=False)
        self._fill()

    def _cannot_read(self, problem: VzapsError) -> None:
        if not self._known:
            self.table.empty_text = "Nothing could be read."
        self.show_problem(problem)

    def _take(self, envelope: Envelope[Listing[Delivery]], *, asking: bool) -> None:
        self._listing = envelope.data
        self._known = True
        self._show_rows()
        self.show_freshness(envelope, asking=asking)

    def _show_rows(self) -> None:
        view, listing = self.view, self._listing
        jobs = self.host.jobs
        now = self.services.clock.now()
        self._rows = narrowed(listing, view.query, view.kept, now)
        first = self.table.cursor_key is None
        self.table.empty_text = why_empty(listing, view.query, self._trying())
        self.table.columns = columns(retries=jobs.has_steps(self._instance.id))
        self.table.show(
            DeliveryRows(
                self._rows,
                lambda row: jobs.steps.get((self._instance.id, row.id)),
                now,
            )
        )
        if first and view.cursor is not None:
            self.table.move_to(view.cursor)
        self.table.marked = view.marked
        self._show_counts()
        self._show_preview()

    def _trying(self) -> int:
        """Pending deliveries of the whole list whose last try failed, as far as is known."""
        whole = self.services.deliveries.peek(self._instance.id, DeliveryQuery())
        return sum(map(is_being_tried, whole.data.rows)) if whole and not self._rows else 0

    def _show_counts(self) -> None:
        view = self.view
        marked = len(view.marked)
        now = self.services.clock.now()
        filtered = self.services.deliveries.filters(self._instance.id)
        words = counts_text(self._rows, self._listing, view.query, now, filtered=filtered)
        if self._reading_more:
            words += " · reading on ..."
        if marked:
            words = f"{marked:,} marked · {words}"
        self.query_one(CountLine).say(view.query.describe(now.tzinfo), words)

    # -- paging ----------------------------------------------------------------------------------

    @on(VirtualTable.NearEnd)
    def _near_end(self, event: VirtualTable.NearEnd) -> None:
        event.stop()
        # What is still being typed may narrow the list to nothing: that is no wish for more.
        if self._known and not self.query_one(QueryBar).is_open:
            self._read_more(1)

    def _fill(self) -> None:
        """Read on while the filter leaves the screen unfilled, a few pages at most."""
        if len(self._rows) < self.table.size.height:
            self._read_more(_PAGES_AT_ONCE)
        else:
            self.table.tell_end_again()

    def _read_more(self, pages: int) -> None:
        if not self._reading_more and self._listing.end is End.MORE:
            self._reading_more = True
            self._more(self.view.query, pages)

    @work(group="more", exclusive=False)
    async def _more(self, query: DeliveryQuery, pages: int) -> None:
        try:
            for _ in range(pages):
                self._show_counts()
                envelope = await self.services.deliveries.more(self._instance.id, query)
                if query != self.view.query:
                    return
                self._take(envelope, asking=False)
                if envelope.data.end is not End.MORE or len(self._rows) >= self.table.size.height:
                    return
        except VzapsError as problem:
            self.show_problem(problem)
        finally:
            self._reading_more = False
            if self.is_mounted:
                self._show_counts()

    # -- filtering -------------------------------------------------------------------------------

    def _ask(self, query: DeliveryQuery) -> None:
        """Show what is known for a query at once, then read it."""
        self._turn_to(query)
        self.load(force=False)

    def _turn_to(self, query: DeliveryQuery) -> None:
        """Show what is known for a query; nothing is asked."""
        view = self.view
        view.query = query
        view.kept = frozenset()
        kept = self.services.deliveries.peek(self._instance.id, query)
        if kept is not None:
            self._listing = kept.data
        else:
            rows = narrowed(self._listing, query, view.kept, self.services.clock.now())
            self._listing = Listing(rows=rows, end=End.MORE)
        self._show_rows()

    def action_failures(self) -> None:
        """Failures only, or all again."""
        self._ask(self.view.query.toggled_failed())

    def action_filter(self) -> None:
        """Open the filter form."""
        self.host.show(FilterForm(self.view.query, self._seen()), self._filtered)

    def _seen(self) -> frozenset[str]:
        return frozenset(row.event for row in self._listing.rows)

    def action_query(self) -> None:
        """Open the query line."""
        self.query_one(QueryBar).open(self.view.query, self._seen())

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

    def action_triage(self) -> None:
        """Fold what failed into causes; one of them may come back as the filter."""
        self.host.open_triage(self._instance, self.view.query, self._listing, self._filtered)

    @override
    def peel(self) -> bool:
        if (bar := self.query_one(QueryBar)).is_open:
            bar.take_back()
            return True
        if super().peel():
            return True
        if not self.view.query.is_empty:
            self._ask(DeliveryQuery())
            return True
        return False

    # -- cursor, marks, preview --------------------------------------------------------------------

    def _row(self) -> Delivery | None:
        index = self.table.cursor_index
        return self._rows[index] if index < len(self._rows) else None

    @on(VirtualTable.Highlighted)
    def _moved(self, event: VirtualTable.Highlighted) -> None:
        event.stop()
        self.view.cursor = event.key
        self._show_preview()

    def _show_preview(self) -> None:
        preview = self.query_one(Preview)
        if preview.display:
            row = self._row()
            step = self.host.jobs.steps.get((self._instance.id, row.id)) if row else None
            preview.show(row, step, self.services.clock.now())

    def _set_marks(self, marked: frozenset[str]) -> None:
        self.view.marked = marked
        self.table.marked = marked
        self._show_counts()

    def action_mark(self) -> None:
        """Mark or unmark the row, then go down."""
        if row := self._row():
            self._set_marks(self.view.marked ^ {row.key})
            self.table.move_to(min(len(self._rows) - 1, self.table.cursor_index + 1))

    def action_mark_all(self) -> None:
        """Mark all loaded rows that match."""
        self._set_marks(self.view.marked | {row.key for row in self._rows})
        if self._listing.end is End.MORE:
            self.host.say(
                f"{len(self._rows):,} loaded rows are marked; rows not loaded yet are not.",
                severity="warning",
            )

    def action_unmark(self) -> None:
        """Unmark all."""
        self._set_marks(frozenset())

    def action_failure(self, step: int) -> None:
        """To the next or previous failure."""
        found = [i for i, row in enumerate(self._rows) if row.status_class is StatusClass.FAILED]
        if not step_to(self.table, found, step, wrap=False):
            self.host.say("No further failure among the loaded rows.")

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.view.preview = not self.view.preview
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
        rows = TupleWalk([other for other in self._rows if other.id])
        self.host.open_delivery(self._instance, rows, row, self._back)

    def _back(self, log: LogId | None) -> None:
        if log is not None:
            self.table.move_to(log)
        self.load(force=False)

    def action_webhook(self) -> None:
        """Open the webhook form."""
        self.host.open_webhook(self._instance)

    def action_export(self) -> None:
        """Write what matches to a file, after a form."""
        self.host.exports.offer(self._instance, self._rows, self._listing, self.view.query)

    # -- retrying --------------------------------------------------------------------------------

    def action_retry(self) -> None:
        """Send again the marked rows, else the one under the cursor."""
        marked = self.view.marked
        rows = tuple(row for row in self._listing.rows if row.key in marked)
        if marked and len(rows) < len(marked):
            self.host.say(
                f"{len(marked) - len(rows)} marked rows are not in this list; "
                "take the filter away or unmark (u).",
                severity="warning",
            )
            return
        if not rows and (row := self._row()):
            rows = (row,)
        if rows:
            self._retry(rows)

    @work(group="confirm", exclusive=False)
    async def _retry(self, rows: tuple[Delivery, ...]) -> None:
        plan = await review(self.host, self._instance.id, rows)
        if plan is not None:
            self.host.start_retries(plan)
            self._set_marks(self.view.marked)

    def _note_step(self, step: RetryStep) -> None:
        if step.instance != self._instance.id or not self._known:
            return
        kept = self.services.deliveries.peek(self._instance.id, self.view.query)
        if kept is not None:
            self._listing = kept.data
        self._show_rows()

    # -- finding and copying -----------------------------------------------------------------------

    @override
    def holding(self, needle: str) -> list[int]:
        return [index for index, row in enumerate(self._rows) if contains(row, needle)]

    @override
    def told(self, count: int) -> str:
        return f"{count:,} of {len(self._rows):,} loaded rows"

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        row = self._row()
        return () if row is None else copies_of(row)
