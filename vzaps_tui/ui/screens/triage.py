"""Failures folded into causes: what broke, since when, and whether sending again can help."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.query_language import to_text
from vzaps_tui.domain.triage import Cause, Findings
from vzaps_tui.services.triage import Triage
from vzaps_tui.ui.cause_rows import COLUMNS, CauseRows, copies_of, counts_text, explained
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import EVERYWHERE, FINDING, TRIAGE
from vzaps_tui.ui.list_board import ListBoard
from vzaps_tui.ui.retry_review import ONLY_LOADED, review
from vzaps_tui.ui.sparks import Sparks
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.retries import RetryStep
    from vzaps_tui.ui.copy_item import CopyItem

_OFTEN = 0.1
"""Seconds after which sparks that were read meanwhile are drawn."""
_IDS = 1000
"""Most log ids to copy: more than that is what an export is for."""


class TriageScreen(ListBoard[DeliveryQuery | None]):
    """Returns the query of the cause that was opened, or None.

    Looks at what is loaded of a list: every condition of the list's filter counts but its status,
    as only failures have causes.
    """

    PLACES = (EVERYWHERE, FINDING, TRIAGE)
    BINDINGS = bindings(EVERYWHERE, FINDING, TRIAGE)

    def __init__(
        self, instance: Instance, query: DeliveryQuery, last: DeliveryQuery | None = None
    ) -> None:
        super().__init__()
        self._instance = instance
        self._query = query
        self._last = last
        self._conditions = replace(query, statuses=frozenset())
        self._state = LogState()
        self._found = Findings()
        self._turns = count(1)
        self._shown_turn = 0
        self._sparks = Sparks()
        self._taken: dict[tuple[str, int], int] = {}

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
        self.host.jobs.changed.subscribe(self, self._note_step, immediate=True)

    @override
    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._explain)

    # -- reading and folding -----------------------------------------------------------------------

    @property
    def _triage(self) -> Triage:
        return Triage(self.services.deliveries, self.services.clock)

    @override
    def load(self, *, force: bool) -> None:
        self._load(force=force)

    @work(group="load", exclusive=True)
    async def _load(self, *, force: bool) -> None:
        self.show_asking()
        kept = self.services.deliveries.peek(self._instance.id, self._query)
        if kept is not None:
            self._state = kept.data
        await self._fold()
        last: Envelope[LogState] | None = None
        try:
            async for envelope in self.services.deliveries.load(
                self._instance.id, self._query, force=force
            ):
                last = envelope
                self._state = envelope.data
                await self._fold()
                self.show_freshness(envelope, asking=True)
        except VzapsError as problem:
            self.show_problem(problem)
            return
        if last is not None:
            self.show_freshness(last, asking=False)

    @work(group="fold", exclusive=True)
    async def _fold_again(self) -> None:
        await self._fold()

    async def _fold(self) -> None:
        """Look anew; of several looks under way the one begun last counts."""
        turn = next(self._turns)
        found = await self._triage.look(self._instance.id, self._conditions)
        if turn > self._shown_turn:
            self._shown_turn = turn
            self._show(found)

    def _show(self, found: Findings) -> None:
        self._found = found
        self._sparks.turn_to(found.axis)
        table, now = self.table, self.services.clock.now()
        table.empty_text = self._why_empty()
        table.show(CauseRows(found.causes, now, self._spark_of))
        self._return_to_last()
        narrowed = not self._conditions.is_empty
        counts = counts_text(found, self._state, self._query, narrowed=narrowed)
        self.query_one(CountLine).say(self._conditions.describe(now.tzinfo), counts)
        self._explain()

    def _return_to_last(self) -> None:
        """Put the cursor, once there are causes, where it was when the last one was opened."""
        if self._last is None or not self._found.causes:
            return
        last, self._last = self._last, None
        for cause in self._found.causes:
            if cause.narrowed(self._query) == last:
                self.table.move_to(cause.key)
                return

    def _why_empty(self) -> str:
        what = "No failure" if self._conditions.is_empty else "No failure that matches the filter"
        words = f"{what} is loaded."
        if not self._query.server_status:
            words = f"{what} among the {self._state.held:,} loaded deliveries."
        if self._state.end is End.MORE:
            words += "\nOlder ones are not loaded: L in the list of deliveries loads all."
        return words

    def _note_step(self, step: RetryStep) -> None:
        if step.instance == self._instance.id and step.outcome.is_final:
            self._fold_again()

    # -- sparks: of the causes on screen -----------------------------------------------------------

    def _spark_of(self, cause: Cause) -> tuple[int, ...]:
        if self._sparks.want(cause):
            self.call_later(self._read_sparks)
        return self._sparks.known(cause)

    @work(group="sparks", exclusive=True)
    async def _read_sparks(self) -> None:
        clock = self.services.clock
        drawn = clock.monotonic()
        while (wanted := self._sparks.cheapest()) is not None:
            cause, axis = wanted
            counts = await self._triage.spark(self._instance.id, self._conditions, cause, axis)
            self._sparks.learn(cause, axis, counts)
            now = clock.monotonic()
            # Drawing every row for each of them would cost more than reading them.
            if not self._sparks.is_wanted or now - drawn >= _OFTEN:
                drawn = now
                self.table.forget_strips()

    # -- the cause under the cursor ----------------------------------------------------------------

    def _cause(self) -> Cause | None:
        index, causes = self.table.cursor_index, self._found.causes
        if index >= len(causes):
            return None
        cause = causes[index]
        return replace(cause, taken_since=self._taken.get((cause.key, self._shown_turn)))

    @on(VirtualTable.Highlighted)
    def _explain(self) -> None:
        """Tell of the cause under the cursor what its row has no room for."""
        cause = self._cause()
        self._tell(cause)
        if cause is not None and cause.is_over and cause.taken_since is None:
            self._count_taken(cause, self._shown_turn)

    def _tell(self, cause: Cause | None) -> None:
        box = self.query_one("#cause", Static)
        box.display = cause is not None
        if cause is not None:
            width = max(40, self.size.width - 4)
            box.update(explained(cause, self._found, self.services.clock.now(), width))

    @work(group="taken", exclusive=True)
    async def _count_taken(self, cause: Cause, turn: int) -> None:
        count = await self._triage.taken_since(self._instance.id, cause)
        self._taken = {
            key: known for key, known in self._taken.items() if key[1] == self._shown_turn
        }
        self._taken[cause.key, turn] = count
        self._tell(self._cause())

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
            self._retry(cause)

    @work(group="confirm", exclusive=False)
    async def _retry(self, cause: Cause) -> None:
        members = self._triage.members(self._instance.id, self._conditions, cause)
        rows = tuple([row async for row in members])
        if not rows:
            self.host.say("None of these is a failure any more.")
            self._fold_again()
            return
        whole = self._state.end is not End.MORE and not self._state.has_gap
        plan = await review(
            self.host,
            self._instance.id,
            rows,
            note="" if whole else ONLY_LOADED,
            name=self._instance.name,
            origin=" · ".join(filter(None, ("cause", cause.name, cause.same.host))),
            query=to_text(cause.narrowed(self._query)),
        )
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
    def action_copy(self) -> None:
        if cause := self._cause():
            self._offer_copies(cause)
        else:
            super().action_copy()

    @work(group="copy", exclusive=True)
    async def _offer_copies(self, cause: Cause) -> None:
        ids: list[str] = []
        async for row in self._triage.members(self._instance.id, self._conditions, cause):
            ids += [row.id] if row.id else []
            if len(ids) == _IDS:
                break
        now = self.services.clock.now()
        self.host.offer_copies(copies_of(cause, self._found, now, ids))

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        cause = self._cause()
        return () if cause is None else copies_of(cause, self._found, self.services.clock.now())
