"""A board over an instance's delivery log: reads it, reads on, reads all of it, stays fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual import work
from typing_extensions import override

from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.ui.list_board import ListBoard
from vzaps_tui.ui.widgets.job_line import Tally

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.worker import Worker

    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.query import DeliveryQuery

Result = TypeVar("Result")

_PAGES_AT_ONCE = 5
_PATIENCE = 10
"""A refresh by itself waits at least so many times as long as the last one took."""
_LONGEST_WAIT = 300.0
_LONG = 12.0  # seconds that words stay which nobody waited for


class LogBoard(ListBoard[Result]):
    """Subclasses say what is asked, whether the screen is full, and show what came."""

    def __init__(self, instance: Instance) -> None:
        super().__init__()
        self._instance = instance
        self._state = LogState()
        self._known = False
        self._reading_more = False
        self._syncing: Worker[None] | None = None
        self._tally = Tally()
        self._timer: Timer | None = None
        self._took = 0.0
        self._failures = 0

    @property
    def query_asked(self) -> DeliveryQuery:
        """What is looked at."""
        raise NotImplementedError

    @property
    def is_full(self) -> bool:
        """Whether enough rows are shown to fill the screen."""
        raise NotImplementedError

    def show_state(self) -> None:
        """Show what is held now; more may have been read, or less is known than before."""
        raise NotImplementedError

    def show_counts(self) -> None:
        """Tell the counts anew, for what goes on has changed."""

    # -- the newest --------------------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        self._load(self.query_asked, force=force, by_itself=False)

    @work(group="load", exclusive=True)
    async def _load(self, query: DeliveryQuery, *, force: bool, by_itself: bool) -> None:
        if not by_itself:
            self.show_asking()
        await self.host.drawn()
        clock = self.services.clock
        began = clock.monotonic()
        last: Envelope[LogState] | None = None
        try:
            async for envelope in self.services.deliveries.load(
                self._instance.id, query, force=force
            ):
                last = envelope
                self._take(envelope, asking=not by_itself)
        except VzapsError as problem:
            if not self._known:
                self.table.empty_text = "Nothing could be read."
            self.show_problem(problem)
        else:
            if last is not None:
                self.show_freshness(last, asking=False)
        failed = last is None or bool(last.problem)
        self._failures = self._failures + 1 if failed else 0
        self._took = clock.monotonic() - began
        self._refresh_later()
        if not failed:
            await self.shown()
            self.arrived()
            self._fill()

    def _take(self, envelope: Envelope[LogState], *, asking: bool) -> None:
        self._state = envelope.data
        self._known = True
        # What is kept is no news of the API: while nobody knows better, its trouble stays told.
        if not (self.is_troubled and envelope.source is Source.CACHE):
            self.show_freshness(envelope, asking=asking)
        self.show_state()

    # -- staying fresh ---------------------------------------------------------------------------

    def _refresh_later(self) -> None:
        """Refresh by itself after a while: longer where the API is slow or does not answer."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        every = self.host.launch.refresh_every
        if every and self.host.keeps_fresh and self.is_mounted:
            wait = max(every * 2 ** min(self._failures, 6), _PATIENCE * self._took)
            self._timer = self.set_timer(min(wait, max(every, _LONGEST_WAIT)), self._refresh)

    def _refresh(self) -> None:
        if self.is_current and self._syncing is None:
            self._load(self.query_asked, force=True, by_itself=True)
        else:
            self._refresh_later()

    @property
    def is_occupied(self) -> bool:
        """Whether reading on would be in the way."""
        return self._syncing is not None

    def action_auto_refresh(self) -> None:
        """Refresh by itself, or only when asked."""
        self.host.keeps_fresh = not self.host.keeps_fresh
        every = self.host.launch.refresh_every
        if not every:
            self.host.say("Refreshing by itself is off in the settings (refresh_seconds = 0).")
        elif self.host.keeps_fresh:
            self.host.say(f"The list refreshes itself every {every:g} s.")
        else:
            self.host.say("The list stays as it is until ctrl+r.")
        self._refresh_later()

    # -- reading on --------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Read on while the filter leaves the screen unfilled, a few pages at most."""
        if not self.is_full:
            self.read_more(_PAGES_AT_ONCE)
        else:
            self.table.tell_end_again()

    def read_more(self, pages: int) -> None:
        """Read older pages, until the screen is full or so many were read."""
        if not self._reading_more and self._syncing is None and self._state.end is End.MORE:
            self._reading_more = True
            self._more(self.query_asked, pages)

    @work(group="more", exclusive=False)
    async def _more(self, query: DeliveryQuery, pages: int) -> None:
        try:
            for _ in range(pages):
                self.show_counts()
                envelope = await self.services.deliveries.more(self._instance.id, query)
                if query != self.query_asked:
                    return
                self._take(envelope, asking=False)
                await self.shown()
                if envelope.data.end is not End.MORE or self.is_full:
                    return
        except VzapsError as problem:
            self.show_problem(problem)
        finally:
            self._reading_more = False
            if self.is_mounted:
                self.show_counts()

    def arrived(self) -> None:
        """The newest are on the screen."""

    async def shown(self) -> None:
        """Wait until what was read is on the screen."""

    # -- reading all of it -------------------------------------------------------------------------

    def action_sync(self) -> None:
        """Read all of the log, or stop doing so."""
        if self._syncing is not None:
            self.stop()
        elif self._known and self._state.end is End.COMPLETE and not self._state.has_gap:
            self.host.say("All of the log is loaded; ctrl+r asks for what is new.")
        else:
            self._syncing = self._sync(self.query_asked)

    @override
    def stop(self) -> bool:
        if self._syncing is None:
            return False
        self._syncing.cancel()
        words = "Stopped reading; what was read is kept, L goes on from there."
        self.host.say(words, about="reading")
        return True

    @work(group="sync", exclusive=True)
    async def _sync(self, query: DeliveryQuery) -> None:
        clock = self.services.clock
        began, first = clock.monotonic(), self._state.held
        done = False
        try:
            async for envelope in self.services.deliveries.sync(self._instance.id, query):
                if query.server_status == self.query_asked.server_status:
                    self._take(envelope, asking=False)
                seconds = max(0.001, clock.monotonic() - began)
                self._show_sync(envelope.data, (envelope.data.held - first) / seconds)
            done = True
        except VzapsError as problem:
            self.show_problem(problem)
            broken = f"Reading all of the log broke off at {self._state.held:,} deliveries"
            words = f"{broken}; they are kept, L goes on from there."
            self.host.say(words, severity="warning", timeout=_LONG, about="reading")
        finally:
            self._syncing = None
            self._tally = Tally()
            if self.is_mounted:
                self.jobs_changed()
                self.show_counts()
                self._refresh_later()
        if done and self._state.end is End.COMPLETE:
            words = f"All of the log is loaded: {self._state.held:,} deliveries."
            self.host.say(words, about="reading")

    def _show_sync(self, state: LogState, speed: float) -> None:
        total = max(state.total or 0, state.held + 1)
        words = (("a second", round(speed)),)
        self._tally = Tally(total, state.held, words, doing="Reading", done="loaded")
        self.jobs_changed()

    @override
    def own_tally(self) -> Tally:
        return self._tally
