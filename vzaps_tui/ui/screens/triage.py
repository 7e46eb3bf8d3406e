"""Failures folded into causes: what broke, since when, and whether sending again can help."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.domain.triage import Cause, Findings, examine
from vzaps_tui.ui.cause_rows import COLUMNS, CauseRows, copies_of, counts_text, explained
from vzaps_tui.ui.commands import EVERYWHERE, FINDING, TRIAGE, bindings
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.list_board import ListBoard
from vzaps_tui.ui.retry_review import review
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance

_AT_ONCE = 2_000
"""Rows that are folded in less than a frame; more are folded beside the event loop."""


class TriageScreen(ListBoard[DeliveryQuery | None]):
    """Returns the query of the cause that was opened, or None.

    Looks at what is loaded of a list: every condition of the list's filter counts but its status,
    as only failures have causes, and the rest tells what a receiver took since.
    """

    PLACES = (EVERYWHERE, FINDING, TRIAGE)
    BINDINGS = bindings(EVERYWHERE, FINDING, TRIAGE)

    def __init__(
        self, instance: Instance, query: DeliveryQuery, listing: Listing[Delivery]
    ) -> None:
        super().__init__()
        self._instance = instance
        self._query = query
        self._conditions = replace(query, statuses=frozenset())
        self._listing = listing
        self._found = Findings((), 0, None, None)
        self._turn = 0

    @override
    def crumbs(self) -> tuple[str, ...]:
        return (self._instance.name or self._instance.id, "Deliveries", "Triage")

    @override
    def body(self) -> ComposeResult:
        yield CountLine()
        yield VirtualTable(COLUMNS, id="rows")
        yield Static(id="cause")

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.host.jobs.changed.subscribe(self, self._note_step, immediate=True)

    @override
    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self._explain)

    # -- reading and folding -----------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        self._load(force=force)

    @work(group="load", exclusive=True)
    async def _load(self, *, force: bool) -> None:
        self.show_asking()
        await self._fold(self._listing)
        last: Envelope[Listing[Delivery]] | None = None
        try:
            async for envelope in self.services.deliveries.load(
                self._instance.id, self._query, force=force
            ):
                last = envelope
                if envelope.data is not self._listing:
                    await self._fold(envelope.data)
                self.show_freshness(envelope, asking=True)
        except VzapsError as problem:
            self.show_problem(problem)
            return
        if last is not None:
            self.show_freshness(last, asking=False)

    @work(group="fold", exclusive=True)
    async def _fold_again(self, listing: Listing[Delivery]) -> None:
        await self._fold(listing)

    async def _fold(self, listing: Listing[Delivery]) -> None:
        self._turn += 1
        turn = self._turn
        look = partial(_look, listing.rows, self._conditions, self.services.clock.now())
        found = look() if len(listing.rows) <= _AT_ONCE else await asyncio.to_thread(look)
        if turn == self._turn:
            self._listing = listing
            self._show(found)

    def _show(self, found: Findings) -> None:
        self._found = found
        table, now = self.table, self.services.clock.now()
        table.empty_text = self._why_empty()
        table.show(CauseRows(found.causes, now))
        counts = counts_text(found, self._listing, self._query)
        self.query_one(CountLine).say(self._conditions.describe(now.tzinfo), counts)
        self._explain()

    def _why_empty(self) -> str:
        what = "No failure" if self._conditions.is_empty else "No failure that matches the filter"
        words = f"{what} among the {len(self._listing.rows):,} loaded deliveries."
        if self._listing.end is End.MORE:
            words += "\nOlder ones are not loaded: scroll the list of deliveries to its end."
        return words

    def _note_step(self, step: RetryStep) -> None:
        if step.instance != self._instance.id or not step.outcome.is_final:
            return
        kept = self.services.deliveries.peek(self._instance.id, self._query)
        if kept is not None:
            self._fold_again(kept.data)

    # -- the cause under the cursor ----------------------------------------------------------------

    def _cause(self) -> Cause | None:
        index, causes = self.table.cursor_index, self._found.causes
        return causes[index] if index < len(causes) else None

    @on(VirtualTable.Highlighted)
    def _explain(self) -> None:
        """Tell of the cause under the cursor what its row has no room for."""
        box, cause = self.query_one("#cause", Static), self._cause()
        box.display = cause is not None
        if cause is not None:
            width = max(40, self.size.width - 4)
            box.update(explained(cause, self._found, self.services.clock.now(), width))

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Back to the list, narrowed to the cause."""
        if cause := self._cause():
            self.dismiss(cause.narrowed(self._query))

    def action_webhook(self) -> None:
        """Open the webhook form."""
        self.host.open_webhook(self._instance)

    def action_retry(self) -> None:
        """Send the cause's deliveries again."""
        if cause := self._cause():
            self._retry(cause.rows)

    @work(group="confirm", exclusive=False)
    async def _retry(self, rows: tuple[Delivery, ...]) -> None:
        plan = await review(self.host, self._instance.id, rows)
        if plan is not None:
            self.host.start_retries(plan)

    # -- finding and copying -----------------------------------------------------------------------

    @override
    def holding(self, needle: str) -> list[int]:
        needle = needle.casefold()
        return [
            index
            for index, cause in enumerate(self._found.causes)
            if needle in f"{cause.name}\n{cause.key}\n{cause.sample_error}".casefold()
        ]

    @override
    def told(self, count: int) -> str:
        return f"{count} of {len(self._found.causes)} causes"

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        cause = self._cause()
        return () if cause is None else copies_of(cause, self._found, self.services.clock.now())


def _look(rows: tuple[Delivery, ...], conditions: DeliveryQuery, now: datetime) -> Findings:
    """Fold what matches; touches no widget, so that a thread may do it."""
    matches = conditions.matcher(now)
    return examine((row for row in rows if matches(row)), now)
