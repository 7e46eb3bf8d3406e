"""A board that shows the chosen rows of a log: the list, its counts, the row under the cursor."""

from __future__ import annotations

import asyncio
from array import array
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual import events, work
from typing_extensions import override

from vzaps_tui.domain.span import Frame, frame, unread
from vzaps_tui.ui.choosing import Choosing, Chosen
from vzaps_tui.ui.delivery_rows import (
    DeliveryRows,
    InstanceRows,
    columns,
    counts_text,
    why_empty,
)
from vzaps_tui.ui.log_board import LogBoard
from vzaps_tui.ui.log_steps import LogSteps
from vzaps_tui.ui.preview import Preview
from vzaps_tui.ui.views import DeliveriesView
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.picture import Picture

if TYPE_CHECKING:
    from textual.worker import Worker

    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.domain.retries import RetryStep
    from vzaps_tui.domain.selection import Histogram

Result = TypeVar("Result")

SOON = 0.03
"""Seconds that a frame may wait for the rows."""
STEPS_TOGETHER = 0.2
"""Seconds between two drawings of steps of retries."""


class ChosenBoard(LogBoard[Result]):
    """Subclasses have the keys."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self._chosen = Chosen()
        self._rows = DeliveryRows.none()
        self._drawing = self._stepping = self._stepped = False
        self._anchor: str | None = None
        self._top_seen: int | None = None
        self._new = 0
        self._to_top = False
        self._touched = False
        self._placed: set[str | None] = set()
        self._frame: Frame | None = None
        self._histogram: Histogram | None = None
        self._painting: Worker[None] | None = None

    @property
    def view(self) -> DeliveriesView:
        """What was last looked at; outlives the screen."""
        return self.host.views.setdefault(self._instance.id, DeliveriesView())

    @override
    def on_mount(self) -> None:
        self._source = InstanceRows(self.services.deliveries, self._instance.id)
        self._choosing = Choosing(self, self.services, self._instance.id, self._choose)
        self._steps = LogSteps(self, self.services, self._instance.id)
        self._touched = self.view.cursor is not None
        if self.host.is_drawn or not self.host.is_first(self):
            self.call_after_refresh(self.show_state)  # what is kept, before anybody is asked
        self.host.jobs.changed.subscribe(self, self._note_step, immediate=True)

    def on_unmount(self) -> None:
        """Let go of the rows, of which there may be many."""
        self._rows.forget()
        self._chosen = Chosen()
        self._choosing.forget()

    @override
    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._show_preview)
        self.call_after_refresh(self._paint_again)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    @override
    def query_asked(self) -> DeliveryQuery:
        return self.view.query

    @property
    @override
    def is_full(self) -> bool:
        return len(self._rows) >= self.table.size.height

    @override
    def show_state(self) -> None:
        if self._painting is not None:
            self._painting.cancel()  # how the rows lie in time is asked once they are known
        self._choosing.ask(self.view.query, self.view.kept)

    @override
    async def show_kept(self) -> None:
        self.show_state()
        await self._choosing.told()

    @override
    async def shown(self) -> None:
        await self._choosing.settled()

    @work(group="frame", exclusive=True)
    async def draw_with_rows(self) -> None:
        """Hold back what else changes until the rows are there: two frames take longer than one."""
        with self.host.batch_update(), suppress(TimeoutError):
            await asyncio.wait_for(self._choosing.told(), SOON)

    async def matching(self) -> array[int]:
        """The numbers of all loaded rows that match now, asked anew: the list may lag behind.

        Rows that were just retried are in sight whatever became of them, and not among these.
        """
        deliveries = self.services.deliveries
        return (await deliveries.select(self._instance.id, self.view.query)).rowids

    def _choose(self, chosen: Chosen) -> None:
        """The archive said which rows match."""
        if chosen.query != self.view.query or self.is_left:
            return
        before, self._chosen = self._chosen, chosen
        if not self._known and not chosen.numbers:
            return  # nothing is kept; whether there is anything is not known yet
        self._state = replace(self._state, held=chosen.listed)
        is_shown = self._is_shown(before)
        if is_shown:
            self.show_counts()
        else:
            self._draw()
        if chosen.whole and not (is_shown and self._histogram is not None):
            self._painting = self._paint()

    def _is_shown(self, before: Chosen) -> bool:
        """Whether the very same rows were chosen before, none changed, and it is the same day."""
        now = self._chosen
        same = bool(now.numbers) and now.numbers is before.numbers and now == before
        return same and self._rows.is_of(self.services.clock.now())

    def _draw(self) -> None:
        """Show the chosen rows as they are now."""
        self._drawing = False
        if self.is_left:
            return
        view, table, jobs = self.view, self.table, self.host.jobs
        clock = self.services.clock
        follows = table.top == 0 and bool(len(self._rows))
        self._rows = DeliveryRows(
            self._chosen.numbers,
            self._source,
            lambda row: jobs.steps.get((self._instance.id, row.id)),
            clock.now(),
            oldest_first=view.oldest_first,
        )
        first = table.cursor_key is None
        table.empty_text = why_empty(self._state, view.query, self._chosen.trying)
        table.columns = columns(
            retries=jobs.has_steps(self._instance.id),
            utc=clock.utc,
            oldest_first=view.oldest_first,
        )
        before = table.cursor_key
        table.show(self._rows)
        self._keep_cursor(view.cursor if first else before)
        if follows and table.cursor_index < table.page:
            table.jump_to(0)
        self._stay_on_top()
        table.marked = view.marked
        self.show_counts()
        self._show_preview()

    def _stay_on_top(self) -> None:
        """Whoever has just come and touched nothing yet wants to see the newest."""
        if not self._touched:
            self.table.move_to(0)
            self._placed.add(self.table.cursor_key)

    @override
    def arrived(self) -> None:
        self.touch()

    def touch(self, key: str | None = None) -> None:
        """From now on the cursor stays with its row: a person put it there, or acts on it."""
        if key is None or key not in self._placed:
            self._touched = True

    def _keep_cursor(self, key: str | None) -> None:
        """Bring the cursor back to its row, which may be missing while only some are shown."""
        if self._to_top:
            self.table.move_to(0)
            self._to_top = not self._chosen.whole
            return
        if self._anchor is not None and self._chosen.whole:
            key, self._anchor = self._anchor, None
        if key is None or self.table.cursor_key == key or self.table.move_to(key):
            return
        if not self._chosen.whole:
            self._anchor = key

    @override
    def times_changed(self) -> None:
        self.note_zone()
        self._draw()
        self._paint_again()

    def _draw_soon(self) -> None:
        """Show the rows anew, once for all that happens before the next frame."""
        if not self._drawing:
            self._drawing = True
            self.call_after_refresh(self._draw)

    @override
    def show_counts(self) -> None:
        view, now = self.view, self.services.clock.now()
        filtered = self.services.deliveries.filters(self._instance.id)
        shown = len(self._rows) - self._chosen.kept
        more = not self._chosen.whole
        words = counts_text(shown, self._state, view.query, now, filtered=filtered, more=more)
        if self._chosen.kept:
            words += f" · {self._chosen.kept:,} just retried"
        if self._reading_more:
            words += " · reading on ..."
        self._new = self._new_unseen()
        if self._new:
            words = f"+{self._new:,} new · {words}"
        if view.oldest_first:
            words = f"oldest first · {words}"
        if view.marked:
            words = f"{len(view.marked):,} marked · {words}"
        self.query_one(CountLine).say(view.query.describe(now.tzinfo), words)

    def asks_anew(self) -> None:
        """Another question is asked: nothing of its answer is new; who was on top stays there."""
        self._top_seen = None
        self._to_top = self._to_top or self.table.cursor_index == 0

    def _new_unseen(self) -> int:
        """How many newer rows came since the newest were last in sight."""
        rows, table = self._rows, self.table
        if not len(rows) or self._chosen.query != self.view.query:
            return 0
        upside_down, end = self.view.oldest_first, table.top + table.page
        if self._top_seen is None or (end >= len(rows) if upside_down else table.top == 0):
            self._top_seen = rows.numbers[0]
            return 0
        place = rows.index_of_number(self._top_seen)
        if place is None:
            return 0
        return len(rows) - 1 - place if upside_down else place

    def _row(self) -> Delivery | None:
        return self._rows.at(self.table.cursor_index)

    def _show_preview(self) -> None:
        preview = self.query_one(Preview)
        if preview.display:
            row = self._row()
            step = self.host.jobs.steps.get((self._instance.id, row.id)) if row else None
            preview.show(row, step, self.services.clock.now())

    def _note_step(self, step: RetryStep) -> None:
        if step.instance == self._instance.id and self._known:
            self._stepped = True
            if not self._stepping:
                self._stepping = True
                self._show_steps()

    @work(group="steps", exclusive=False)
    async def _show_steps(self) -> None:
        """Show what was sent and what came of it: a quick plan has dozens of steps a second."""
        try:
            while self._stepped and not self.is_left:
                self._stepped = False
                self._draw_soon()
                self.show_state()
                await self.services.clock.sleep(STEPS_TOGETHER)
        finally:
            self._stepping = False

    # -- over time ---------------------------------------------------------------------------------

    def _paint_again(self) -> None:
        if self._known and not self.is_left:
            self._painting = self._paint()

    @work(group="picture", exclusive=True)
    async def _paint(self) -> None:
        """Ask how the rows lie in time, and show it."""
        numbers = self._chosen.numbers
        query = replace(self._chosen.query, statuses=frozenset())
        now = self.services.clock.now()

        def time_of(place: int) -> datetime | None:
            row = self._source.rows(numbers[place : place + 1])[0]
            return row.time if row else None

        picture = self.query_one(Picture)
        self._frame = frame(query, len(numbers), time_of, picture.buckets, now)
        self._histogram = None
        if self._frame is not None:
            self._histogram = await self._over_time(query, self._frame)
        self._show_picture()

    async def _over_time(self, query: DeliveryQuery, frame: Frame) -> Histogram:
        """How many went well is half of the picture, also where the list shows failures only."""
        deliveries = self.services.deliveries
        ask = partial(deliveries.histogram, self._instance.id)
        whole = await deliveries.whole(self._instance.id)
        found = await ask(query, frame.span, frame.buckets)
        found = replace(found, unread=unread(*frame.span, frame.buckets, whole))
        if not query.codes or any(code.is_good for code in query.codes):
            return found
        others = await ask(replace(query, codes=frozenset()), frame.span, frame.buckets)
        return replace(found, delivered=others.delivered)

    def _show_picture(self) -> None:
        row = self._row()
        self.query_one(Picture).show(
            self._histogram,
            row.time if row else None,
            self._chosen.held,
            self.services.clock.now(),
            words=self._frame.words if self._frame else "",
            outside=self._frame.outside if self._frame else 0,
        )
