"""The instances of the account: pick one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from typing_extensions import override

from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.instances import meant
from vzaps_tui.domain.problems import AuthError, ForbiddenError, VzapsError
from vzaps_tui.domain.times import age
from vzaps_tui.services.freshness import Phase
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import EVERYWHERE, FINDING, INSTANCES
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.list_board import ListBoard
from vzaps_tui.ui.render import instance_cells
from vzaps_tui.ui.widgets.count_line import CountLine
from vzaps_tui.ui.widgets.virtual_table import Column, VirtualTable

if TYPE_CHECKING:
    from textual.timer import Timer

    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance, InstanceId
    from vzaps_tui.domain.paging import Listing
    from vzaps_tui.ui.widgets.cells import Cell

_COLUMNS = (
    Column("name", "Name", 18, flex=2),
    Column("link", "Link", 13),
    Column("webhook", "Webhook", 20, flex=3),
    Column("events", "Events", 16, min_width=70),
    Column("updated", "Updated", 10, min_width=90),
    Column("id", "Id", 30, min_width=130),
)

_SOONER = 0.25
"""The first time, in parts of the seconds after which a list refreshes itself: nothing is shown."""
_LONGEST_WAIT = 60.0
_LASTING = (AuthError, ForbiddenError)
"""Trouble that only a person ends; many wrong credentials might lock an account."""


class InstanceRows:
    """Rows for the table."""

    def __init__(self, rows: tuple[Instance, ...], now: datetime) -> None:
        self.rows = rows
        self._now = now
        self._place = {row.id: index for index, row in enumerate(rows)}

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, index: int) -> str:
        """Identity of a row."""
        return self.rows[index].id

    def index(self, key: str) -> int | None:
        """Where a row stands."""
        return self._place.get(key)  # pyright: ignore[reportArgumentType] - ids are strings

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a row."""
        return instance_cells(self.rows[index], self._now)


class InstancesScreen(ListBoard[None]):
    """All instances with link state, webhook and events."""

    PLACES = (EVERYWHERE, FINDING, INSTANCES)
    BINDINGS = bindings(EVERYWHERE, FINDING, INSTANCES)
    UNHINTED = frozenset({"back"})  # there is nowhere to go back to

    def __init__(self, wanted: str = "", *, at: InstanceId | None = None) -> None:
        """Prepare.

        Args:
            wanted: name of the instance whose deliveries to open as soon as it is known.
            at: the instance that one comes from: the cursor begins there.
        """
        super().__init__()
        self._wanted = wanted
        self._at = at
        self._rows: tuple[Instance, ...] = ()
        self._asked = False
        self._failures = 0
        self._again: Timer | None = None
        self._doubted = False

    @override
    def crumbs(self) -> tuple[str, ...]:
        return ("Instances",)

    @override
    def body(self) -> ComposeResult:
        yield CountLine()
        yield VirtualTable(_COLUMNS, id="rows")

    @override
    def load(self, *, force: bool) -> None:
        # However fresh what is kept may be: an API that is gone is told at once, and a name that a
        # kept listing lacks may be newer than that.
        force = force or not self._asked or self._failures > 0
        self._asked = True
        self._load(force=force, by_itself=False)

    @override
    async def show_kept(self) -> None:
        kept = await self.services.instances.kept()
        if kept is not None:
            self._show(kept, asking=True)

    @work(group="load", exclusive=True)
    async def _load(self, *, force: bool, by_itself: bool) -> None:
        self._ask_no_more()
        if not by_itself:
            self.show_asking()
        await self.host.drawn()
        last: Envelope[Listing[Instance]] | None = None
        trouble: VzapsError | None = None
        try:
            async for envelope in self.services.instances.load(force=force):
                last = envelope
                # What is kept is no news: asked for by itself, the trouble stays told meanwhile.
                if not by_itself or envelope.source is Source.LIVE:
                    self._show(envelope, asking=not by_itself)
        except VzapsError as problem:
            self.table.empty_text = "" if self._rows else "Nothing could be read."
            self.show_problem(problem)
            trouble = problem
        else:
            if last is not None:
                self.show_freshness(last, asking=False)
                self._give_up_wanted(last)
                trouble = last.cause
        self._heal(trouble)

    # -- asking again ----------------------------------------------------------------------------

    def _heal(self, trouble: VzapsError | None) -> None:
        """Where trouble may pass by itself ask again after a while, then after longer and longer.

        Another screen in front of this one is not disturbed: this one asks when one comes back.
        """
        self._failures = self._failures + 1 if trouble else 0
        every = self.host.launch.refresh_every if self.host.keeps_fresh else 0.0
        if trouble and every and not isinstance(trouble, _LASTING) and self.is_mounted:
            wait = every * _SOONER * 2 ** min(self._failures - 1, 6)
            self._again = self.set_timer(min(wait, max(every, _LONGEST_WAIT)), self._ask_again)

    def _ask_no_more(self) -> None:
        if self._again is not None:
            self._again.stop()
            self._again = None

    def _ask_again(self) -> None:
        self._again = None
        if self.is_current:
            self._load(force=True, by_itself=True)

    # -- the one that was asked for by name ------------------------------------------------------

    def _open_wanted(self) -> None:
        """Open the deliveries of the one that was asked for by name, once it is among the rows."""
        found = meant(self._rows, self._wanted) if self._wanted else ()
        if len(found) == 1:
            self._wanted = ""
            self.table.move_to(found[0].id)
            self.host.open_deliveries(found[0])

    def _give_up_wanted(self, last: Envelope[Listing[Instance]]) -> None:
        """Say why none was opened: there is none of that name, or several.

        What is not among those kept may be newer: it is opened as soon as the API tells of it,
        unless another one is opened before.
        """
        if not self._wanted:
            return
        found = meant(self._rows, self._wanted)
        name, doubt = self._wanted, bool(last.problem) and not found
        if doubt and self._doubted:
            return
        self._doubted = doubt
        if found:
            self.table.move_to(found[0].id)
            words = f"{len(found)} instances are named '{name}': pick one."
        elif doubt:
            since = age((self.services.clock.now() - last.fetched_at).total_seconds())
            words = f"'{name}' is not among the instances read {since}; it may be newer."
        else:
            words = f"There is no instance '{name}': pick one of these."
        if not doubt:
            self._wanted = ""
        self.host.say(words, severity="warning", timeout=10)

    def _show(self, envelope: Envelope[Listing[Instance]], *, asking: bool) -> None:
        listing = envelope.data
        self._rows = listing.rows
        self.table.empty_text = (
            "This account has no instance yet.\nCreate one at app.vzaps.com, then press ctrl+r."
        )
        self.table.show(InstanceRows(listing.rows, self.services.clock.now()))
        total = f"{listing.total:,}" if listing.total is not None else "?"
        odd = f" · {listing.unreadable} unreadable" if listing.unreadable else ""
        self.query_one(CountLine).say((), f"{len(listing.rows):,} of {total}{odd}")
        self.show_freshness(envelope, asking=asking)
        self._come_from()
        self._open_wanted()

    def _come_from(self) -> None:
        if self._at is not None and any(row.id == self._at for row in self._rows):
            self.table.move_to(self._at)
            self._at = None

    def _chosen(self) -> Instance | None:
        key = self.table.cursor_key
        return next((row for row in self._rows if row.id == key), None)

    # -- actions ---------------------------------------------------------------------------------

    @on(VirtualTable.Opened)
    def action_open(self) -> None:
        """Open the deliveries of the instance under the cursor."""
        if instance := self._chosen():
            self._wanted = ""
            self.host.open_deliveries(instance)

    def action_webhook(self) -> None:
        """Open its webhook form."""
        if instance := self._chosen():
            self._wanted = ""
            self.host.open_webhook(instance)

    @override
    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        idle = self.is_mounted and self.top_bar.freshness.phase is Phase.IDLE
        if idle and self._rows:
            self.load(force=False)  # freshen when one comes back, if it is old by then

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        row = self._chosen()
        if row is None:
            return ()
        return (CopyItem("i", "id", row.id), CopyItem("n", "name", row.name))

    # -- finding ---------------------------------------------------------------------------------

    @override
    def holding(self, needle: str) -> list[int]:
        needle = needle.casefold()
        return [
            index
            for index, row in enumerate(self._rows)
            if needle in f"{row.name}\n{row.id}\n{(row.webhook or '').partition('?')[0]}".casefold()
        ]
