"""One delivery: its attempts, its payload, what the receiver said, and the API's whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static, Tab, Tabs
from typing_extensions import override

from vzaps_tui.domain.command_line import show_command
from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.meaning import Meaning, read_in_slices
from vzaps_tui.domain.problems import StorageError, VzapsError
from vzaps_tui.ui.attempt_rows import COLUMNS, AttemptRows, SentFromHere, timeline
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.bodies import body_of
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import DELIVERY, EVERYWHERE, FINDING, JSON
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.delivery_copies import copies_of
from vzaps_tui.ui.retry_review import review
from vzaps_tui.ui.slices import in_slices
from vzaps_tui.ui.summary import fact_lines, head
from vzaps_tui.ui.views import DeliveriesView
from vzaps_tui.ui.widgets.cells import fit
from vzaps_tui.ui.widgets.find_bar import FindBar
from vzaps_tui.ui.widgets.json_view import JsonView
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.retries import RetryStep
    from vzaps_tui.ui.delivery_walk import DeliveryWalk

_PARTS = {"attempts": "Attempts", "payload": "Payload", "response": "Response", "raw": "Raw"}
_UNREAD = "cannot be read now; archive.payloads = true keeps payloads for this"
_FURTHEST = 1_000  # rows without id that are passed over
_LOW = 30  # lines; a lower screen has one line for what the payload says


class DeliveryScreen(Board[LogId | None]):
    """Returns the id of the delivery it was left at."""

    PLACES = (EVERYWHERE, FINDING, JSON, DELIVERY)
    BINDINGS = bindings(EVERYWHERE, FINDING, JSON, DELIVERY)

    def __init__(self, instance: Instance, rows: DeliveryWalk, row: Delivery) -> None:
        super().__init__()
        self._instance = instance
        self._rows = rows
        self._row = row
        self._detail: DeliveryDetail | None = None
        self._sent: tuple[SentFromHere, ...] = ()
        self._meaning: Meaning | None = None
        self._says = "…"
        self._instead = ""  # what the parts say while there is no detail

    @override
    def crumbs(self) -> tuple[str, ...]:
        return (self._instance.name or self._instance.id, "Deliveries", self._row.id)

    @override
    def body(self) -> ComposeResult:
        yield Static(id="head")
        yield Tabs(
            *(Tab(f"{n} {title}", id=part) for n, (part, title) in enumerate(_PARTS.items(), 1))
        )
        with ContentSwitcher(initial="attempts-part", classes="pane"):
            yield VirtualTable(COLUMNS, id="attempts-part")
            yield JsonView(id="payload-part")
            yield JsonView(id="response-part")
            yield JsonView(id="raw-part")

    @override
    def on_mount(self) -> None:
        self.query_one(Tabs).can_focus = False
        self._show_head()
        self.host.jobs.changed.subscribe(self, self._note_step, immediate=True)

    @override
    def on_resize(self, event: events.Resize) -> None:
        self._show_head()

    @property
    def part(self) -> str:
        """The part in front: a key of the parts."""
        return (self.query_one(ContentSwitcher).current or "attempts-part").removesuffix("-part")

    @override
    def main_widget(self) -> Widget | None:
        return self.query_one(f"#{self.part}-part")

    # -- reading ---------------------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        self._load(self._row.id, force=force)
        self._read_sent()

    @work(group="detail", exclusive=True)
    async def _load(self, log: LogId, *, force: bool) -> None:
        self.show_asking()
        last: Envelope[DeliveryDetail] | None = None
        try:
            async for envelope in self.services.deliveries.detail(
                self._instance.id, log, force=force
            ):
                if log != self._row.id:
                    return
                last = envelope
                self._take(envelope, asking=True)
        except VzapsError as problem:
            if log == self._row.id:
                self._cannot_read(problem)
            return
        if last is not None:
            self.show_freshness(last, asking=False)

    def _cannot_read(self, problem: VzapsError) -> None:
        self.show_problem(problem)
        if self._detail is None:
            self._says = _UNREAD
            self._say_in_parts("Could not be read; what the list knew is shown above.")
            self._show_head()

    def _say_in_parts(self, words: str) -> None:
        table = self.query_one("#attempts-part", VirtualTable)
        table.empty_text = words
        table.show(AttemptRows((), self.services.clock.now()))
        self._instead = words
        self._fill()

    def _take(self, envelope: Envelope[DeliveryDetail], *, asking: bool) -> None:
        detail = envelope.data
        self.show_freshness(envelope, asking=asking)
        if detail == self._detail:
            return
        self._detail = detail
        self._row = detail.delivery
        self._show_head()
        self._show_timeline()
        self._fill()
        self._explain(detail)

    def _show_timeline(self) -> None:
        if self._detail is not None:
            moments = timeline(self._detail, self._sent)
            table = self.query_one("#attempts-part", VirtualTable)
            table.show(AttemptRows(moments, self.services.clock.now()))

    @work(group="sent", exclusive=True)
    async def _read_sent(self) -> None:
        """Read what was sent of this delivery from here, in this run and before."""
        instance, log = self._instance.id, self._row.id
        step = self.host.jobs.steps.get((instance, log))
        sent = () if step is None else (SentFromHere.of(step),)
        try:
            earlier = await self.services.retries.earlier(instance, (log,))
        except StorageError as problem:
            self.host.note_problem(problem)
        else:
            sent = tuple(map(SentFromHere.of, earlier.get(log, ()))) or sent
        if log == self._row.id and sent != self._sent:
            self._sent = sent
            self._show_timeline()

    def _fill(self) -> None:
        """Give the part in front its text; those behind cost nothing until they are turned to."""
        view = self._text_view()
        if view is not None:
            text, view.empty_text = body_of(self._detail, self.part, self._instead)
            view.set_text(text)

    @work(group="meaning", exclusive=True)
    async def _explain(self, detail: DeliveryDetail) -> None:
        """Tell what the payload means; a large one is read in slices."""
        meaning = await in_slices(read_in_slices(detail.payload or ""))
        if detail is self._detail:
            self._meaning = meaning
            self.services.related.note(self._instance.id, self._row.id, meaning)
            self._says = meaning.line or "-"
            self._show_head()

    def _show_head(self) -> None:
        step = self.host.jobs.steps.get((self._instance.id, self._row.id))
        width = max(40, self.size.width - 2)
        marked = self._row.key in self._view.marked
        facts = head(self._row, step, self.services.clock.now(), width, marked=marked)
        lines = 1 if self.size.height < _LOW else 2
        # Words that end before the edge leave room on the last line, hence the margin.
        says = fit(self._says, lines * (width - 9) - 10 * (lines - 1)).rstrip()
        told = Content("\n").join((facts, fact_lines((("Says", says),), width)))
        self.query_one("#head", Static).update(told)

    def _note_step(self, step: RetryStep) -> None:
        if (step.instance, step.log_id) != (self._instance.id, self._row.id):
            return
        self._show_head()
        if step.outcome.is_final:
            self.load(force=True)
        else:
            self._read_sent()

    # -- parts and walking -------------------------------------------------------------------------

    def action_part(self, part: str) -> None:
        """Show a part."""
        self.query_one(Tabs).active = part

    def action_turn(self, step: int) -> None:
        """The next or previous part."""
        names = list(_PARTS)
        self.query_one(Tabs).active = names[(names.index(self.part) + step) % len(names)]

    @on(Tabs.TabActivated)
    def _turned(self, event: Tabs.TabActivated) -> None:
        event.stop()
        self.query_one(ContentSwitcher).current = f"{event.tab.id}-part"
        self._fill()
        if (widget := self.main_widget()) and not self.is_finding:
            widget.focus()

    def action_walk(self, step: int) -> None:
        """The next or previous delivery of the list."""
        row = self._beside(step)
        if row is None:
            self.host.say(
                "That was the last one of the list." if step > 0 else "That was the first one."
            )
            return
        self._row = row
        self._detail = None
        self._sent = ()
        self._meaning = None
        self._says = "…"
        self.top_bar.crumbs = self.crumbs()
        self._say_in_parts("")
        self._show_head()
        self.load(force=False)

    def _beside(self, step: int) -> Delivery | None:
        """The next one of the list that can be opened; rows without id and dropped ones cannot."""
        place = self._rows.index_of(self._row.key)
        if place is None:
            return None
        for further in range(1, _FURTHEST + 1):
            index = place + step * further
            if not 0 <= index < len(self._rows):
                return None
            if (row := self._rows.at(index)) and row.id:
                return row
        return None

    @override
    def leave(self) -> None:
        self.dismiss(self._row.id)

    def action_related(self) -> None:
        """Find the other deliveries of the same chat or message."""
        meaning = self._meaning
        if meaning is None and self._says == _UNREAD:
            self.host.say(f"The payload {_UNREAD}.")
        elif meaning is None:
            self.host.say("The payload is not read yet.")
        elif not (meaning.chats or meaning.message_ids):
            self.host.say("The payload names no chat and no message.")
        else:
            self.host.open_related(self._instance, self._row, meaning)

    # -- marking and comparing -------------------------------------------------------------------

    @property
    def _view(self) -> DeliveriesView:
        """What was last looked at in the list; its marks are the list's."""
        return self.host.views.setdefault(self._instance.id, DeliveriesView())

    def action_mark(self) -> None:
        """Mark or unmark this delivery, as in the list."""
        self._view.marked ^= {self._row.key}
        self._show_head()

    def action_compare(self) -> None:
        """Show what differs between the marked delivery and this one."""
        others = self._view.marked - {self._row.key}
        other = self._held(next(iter(others))) if len(others) == 1 else None
        if other is not None:
            self.host.open_compare(self._instance, other, self._row)
        elif others:
            self.host.say(
                "One other delivery must be marked to compare with."
                if len(others) > 1
                else "The marked delivery is not held any more."
            )
        else:
            self.host.say("No other delivery is marked: space marks one, ] and [ walk on.")

    def _held(self, key: str) -> Delivery | None:
        """A delivery of the instance, of the list or not."""
        place = self._rows.index_of(key)
        if place is not None:
            return self._rows.at(place)
        deliveries = self.services.deliveries
        number = deliveries.place(self._instance.id, key)
        return None if number is None else deliveries.rows([number])[0]

    # -- folding ---------------------------------------------------------------------------------

    def action_fold(self) -> None:
        """Fold or unfold what the cursor is at."""
        if view := self._tree():
            view.fold()

    def action_fold_all(self) -> None:
        """Fold all below the first level, or unfold everything."""
        if view := self._tree():
            view.fold_all()

    def _tree(self) -> JsonView | None:
        """The part in front, if it is JSON; else says so."""
        view = self._text_view()
        if view is None:
            self.host.say("Nothing folds in this part; 2 is the payload.")
        elif view.folds is None:
            self.host.say("Nothing folds here: this is not JSON.")
        else:
            return view
        return None

    def action_to_parent(self) -> None:
        """To what the cursor is in."""
        if view := self._text_view():
            view.to_parent()

    def action_to_sibling(self) -> None:
        """To the next item."""
        if view := self._text_view():
            view.to_sibling()

    # -- retrying --------------------------------------------------------------------------------

    @work(group="confirm", exclusive=False)
    async def action_retry(self) -> None:
        """Send this delivery again."""
        name = self._instance.name
        plan = await review(self.host, self._instance.id, (self._row,), name=name, origin="one")
        if plan is not None:
            self.host.start_retries(plan)

    # -- finding and copying -----------------------------------------------------------------------

    def _text_view(self) -> JsonView | None:
        widget = self.main_widget()
        return widget if isinstance(widget, JsonView) else None

    @override
    def action_find(self) -> None:
        if view := self._text_view():
            view.mark_start()
        super().action_find()

    @override
    def seek(self, needle: str) -> str:
        view = self._text_view()
        if view is None:
            return "nothing to find in this part; 2 is the payload" if needle else ""
        if not needle and self.query_one(FindBar).is_typed_in:
            view.return_to_start()
        self._find(view, needle)
        return "looking ..." if needle else ""

    @work(group="find", exclusive=True)
    async def _find(self, view: JsonView, needle: str) -> None:
        self.query_one(FindBar).say(await view.seek(needle))

    @override
    def seek_step(self, step: int) -> None:
        if view := self._text_view():
            if step > 0:
                view.next_match()
            else:
                view.previous_match()

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        flags = self.host.launch.arguments
        command = show_command(self._instance.id, self._row.id, flags)
        this = CopyItem("s", "this delivery, as a command", command)
        return (*copies_of(self._row, self._detail, self._text_view()), this)
