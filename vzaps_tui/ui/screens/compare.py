"""Two deliveries beside each other: what differs in their facts, payloads and responses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.diff_lines import Look
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import COMPARE, EVERYWHERE, FINDING
from vzaps_tui.ui.comparing import Section, Side, laid_out, pair_lines, sections_of
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.slices import in_slices
from vzaps_tui.ui.widgets.find_bar import FindBar
from vzaps_tui.ui.widgets.json_diff import DiffSections, JsonDiff

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance

_MOST_COPIED = 20_000  # lines; putting more together takes longer than a key may


class CompareScreen(Board[None]):
    """The first delivery's own lines have a `-`, the second one's a `+`."""

    PLACES = (EVERYWHERE, FINDING, COMPARE)
    BINDINGS = bindings(EVERYWHERE, FINDING, COMPARE)

    def __init__(self, instance: Instance, left: Delivery, right: Delivery) -> None:
        super().__init__()
        self._instance = instance
        self._left = Side(left, None)
        self._right = Side(right, None)
        self._sections: list[Section] = []
        self._look = Look()

    @override
    def crumbs(self) -> tuple[str, ...]:
        return (self._instance.name or self._instance.id, "Deliveries", "Compare")

    @override
    def body(self) -> ComposeResult:
        yield Static(id="pair")
        yield JsonDiff(id="diff", classes="pane")

    @override
    def on_mount(self) -> None:
        self.view.empty_text = "Reading both …"
        self._show_pair()

    @override
    def on_resize(self, event: events.Resize) -> None:
        self._show_pair()

    @property
    def view(self) -> JsonDiff:
        """What differs."""
        return self.query_one("#diff", JsonDiff)

    @override
    def main_widget(self) -> Widget | None:
        return self.view

    def _show_pair(self) -> None:
        lines = pair_lines(
            self._left, self._right, self.services.clock.now(), max(40, self.size.width - 2)
        )
        self.query_one("#pair", Static).update(lines)

    # -- reading and comparing ---------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        self._load(force=force)

    @work(group="load", exclusive=True)
    async def _load(self, *, force: bool) -> None:
        self.show_asking()
        problem: VzapsError | None = None
        read: list[Envelope[DeliveryDetail]] = []
        sides: list[Side] = []
        for side in (self._left, self._right):
            detail = side.detail
            try:
                if envelope := await self._read(side.row, force=force):
                    detail = envelope.data
                    read.append(envelope)
            except VzapsError as found:
                problem = found
            sides.append(Side(side.row, detail))
        self._left, self._right = sides
        self._show_pair()
        self.view.empty_text = "Comparing …"
        if read:
            self.show_freshness(min(read, key=lambda one: one.fetched_at), asking=False)
        if problem is not None:
            self.show_problem(problem)
        self._compare()

    async def _read(self, row: Delivery, *, force: bool) -> Envelope[DeliveryDetail] | None:
        """Everything of a delivery; None for a row that has no id to ask for."""
        last: Envelope[DeliveryDetail] | None = None
        if row.id:
            async for envelope in self.services.deliveries.detail(
                self._instance.id, row.id, force=force
            ):
                last = envelope
        return last

    @work(group="compare", exclusive=True)
    async def _compare(self) -> None:
        work = sections_of(self._left, self._right, self.services.clock.now())
        self._sections = await in_slices(work)
        await self._lay_out()

    @work(group="compare", exclusive=True)
    async def _look_again(self) -> None:
        await self._lay_out()

    async def _lay_out(self) -> None:
        parts = await in_slices(laid_out(self._sections, self._look))
        first = not len(self.view.sections)
        self.view.show(DiffSections(parts))
        if first:
            self.view.go(1)

    # -- looking -----------------------------------------------------------------------------------

    def action_difference(self, step: int) -> None:
        """To the next or previous difference."""
        if not self.view.go(step):
            self.host.say("No further difference is shown.")

    def action_same(self) -> None:
        """Show or fold what is the same."""
        self._turn(replace(self._look, same=not self._look.same))

    def action_quiet(self) -> None:
        """Show or hide times, ids and hashes that differ."""
        self._turn(replace(self._look, quiet=not self._look.quiet))

    def _turn(self, look: Look) -> None:
        self._look = look
        if self._sections:
            self._look_again()

    # -- finding and copying -----------------------------------------------------------------------

    @override
    def seek(self, needle: str) -> str:
        self._find(needle)
        return "looking ..." if needle else ""

    @work(group="find", exclusive=True)
    async def _find(self, needle: str) -> None:
        self.query_one(FindBar).say(await self.view.seek(needle))

    @override
    def seek_step(self, step: int) -> None:
        if step > 0:
            self.view.next_match()
        else:
            self.view.previous_match()

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        lines = self.view.sections
        if not len(lines):
            return ()
        items = [CopyItem("v", "what the line shows", self.view.value_here())]
        if path := self.view.path_here():
            items.append(CopyItem("q", "its path, for jq", path))
        if len(lines) <= _MOST_COPIED:
            items.append(CopyItem("d", "all that differs, as shown", "\n".join(lines)))
        return tuple(items)
