"""One delivery: its attempts, its payload, what the receiver said, and the API's whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events, on, work
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static, Tab, Tabs
from typing_extensions import override

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.ui.attempt_rows import COLUMNS, AttemptRows, attempts_note
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.commands import DELIVERY, EVERYWHERE, FINDING, bindings
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.retry_review import review
from vzaps_tui.ui.summary import head
from vzaps_tui.ui.widgets.find_bar import FindBar
from vzaps_tui.ui.widgets.json_view import JsonView
from vzaps_tui.ui.widgets.text_view import TextView
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance

_PARTS = {"attempts": "Attempts", "payload": "Payload", "response": "Response", "raw": "Raw"}


class DeliveryScreen(Board[LogId | None]):
    """Returns the id of the delivery it was left at."""

    PLACES = (EVERYWHERE, FINDING, DELIVERY)
    BINDINGS = bindings(EVERYWHERE, FINDING, DELIVERY)

    def __init__(self, instance: Instance, rows: tuple[Delivery, ...], row: Delivery) -> None:
        super().__init__()
        self._instance = instance
        self._rows = {other.id: other for other in rows}
        self._ids = tuple(self._rows)
        self._row = row
        self._detail: DeliveryDetail | None = None

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
            yield TextView(id="response-part")
            yield JsonView(id="raw-part")

    @override
    def on_mount(self) -> None:
        self.query_one(Tabs).can_focus = False
        self._show_head()
        super().on_mount()
        self.host.jobs.changed.subscribe(self, self._note_step, immediate=True)

    @override
    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
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
            self._say_in_parts("Could not be read; what the list knew is shown above.")

    def _say_in_parts(self, words: str) -> None:
        table = self.query_one("#attempts-part", VirtualTable)
        table.empty_text = words
        table.show(AttemptRows((), self.services.clock.now()))
        for part in ("payload", "response", "raw"):
            self.query_one(f"#{part}-part", TextView).set_text(words)

    def _take(self, envelope: Envelope[DeliveryDetail], *, asking: bool) -> None:
        detail = envelope.data
        self.show_freshness(envelope, asking=asking)
        if detail == self._detail:
            return
        self._detail = detail
        self._row = detail.delivery
        self._rows[detail.delivery.id] = detail.delivery
        self._show_head()
        table = self.query_one("#attempts-part", VirtualTable)
        table.empty_text = attempts_note(detail)
        table.show(AttemptRows(detail.attempts, self.services.clock.now()))
        payload = detail.payload
        self.query_one("#payload-part", JsonView).set_text(
            "The API told no payload." if payload is None else payload or "(empty)"
        )
        response = detail.response
        self.query_one("#response-part", TextView).set_text(
            "The API told no response body." if response is None else response or "(empty)"
        )
        self.query_one("#raw-part", JsonView).set_text(detail.raw)

    def _show_head(self) -> None:
        step = self.host.jobs.steps.get((self._instance.id, self._row.id))
        width = max(40, self.size.width - 2)
        now = self.services.clock.now()
        self.query_one("#head", Static).update(head(self._row, step, now, width))

    def _note_step(self, step: RetryStep) -> None:
        if (step.instance, step.log_id) != (self._instance.id, self._row.id):
            return
        self._show_head()
        if step.outcome.is_final:
            self.load(force=True)

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
        if (widget := self.main_widget()) and not self.is_finding:
            widget.focus()

    def action_walk(self, step: int) -> None:
        """The next or previous delivery of the list."""
        place = self._ids.index(self._row.id) + step if self._row.id in self._ids else -1
        if not 0 <= place < len(self._ids):
            self.host.say(
                "That was the last one of the list." if step > 0 else "That was the first one."
            )
            return
        self._row = self._rows[self._ids[place]]
        self._detail = None
        self.top_bar.crumbs = self.crumbs()
        self._say_in_parts("")
        self._show_head()
        self.load(force=False)

    @override
    def leave(self) -> None:
        self.dismiss(self._row.id)

    # -- retrying --------------------------------------------------------------------------------

    @work(group="confirm", exclusive=False)
    async def action_retry(self) -> None:
        """Send this delivery again."""
        plan = await review(self.host, self._instance.id, (self._row,))
        if plan is not None:
            self.host.start_retries(plan)

    # -- finding and copying -----------------------------------------------------------------------

    def _text_view(self) -> TextView | None:
        widget = self.main_widget()
        return widget if isinstance(widget, TextView) else None

    @override
    def seek(self, needle: str) -> str:
        view = self._text_view()
        if view is None:
            return "nothing to find in this part; 2 is the payload" if needle else ""
        self._find(view, needle)
        return "looking ..." if needle else ""

    @work(group="find", exclusive=True)
    async def _find(self, view: TextView, needle: str) -> None:
        count = await view.find(needle)
        if needle:
            view.next_match()
            self.query_one(FindBar).say(f"{count:,} lines")

    @override
    def seek_step(self, step: int) -> None:
        if view := self._text_view():
            if step > 0:
                view.next_match()
            else:
                view.previous_match()

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        items = [CopyItem("i", "log id", self._row.id)]
        if self._row.target:
            items.append(CopyItem("u", "target URL, query hidden", mask_url(self._row.target)))
        if self._detail is not None:
            if self._detail.payload:
                items.append(CopyItem("p", "payload", self._detail.payload))
            if self._detail.response:
                items.append(CopyItem("r", "response", self._detail.response))
            items.append(CopyItem("a", "the API's answer, secrets hidden", self._detail.raw))
        return tuple(items)
