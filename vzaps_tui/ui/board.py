"""What every full screen shares: the bars, the key hints, finding, the smallest size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.screen import Screen
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.envelope import Envelope, Source
from vzaps_tui.services.freshness import Freshness, Phase
from vzaps_tui.ui.command import Place, show_key
from vzaps_tui.ui.commands import EVERYWHERE, keys_of
from vzaps_tui.ui.host import Host, host_of
from vzaps_tui.ui.widgets.find_bar import FindBar
from vzaps_tui.ui.widgets.job_line import JobLine, Tally
from vzaps_tui.ui.widgets.key_hints import KeyHints
from vzaps_tui.ui.widgets.problem_bar import ProblemBar
from vzaps_tui.ui.widgets.retry_panel import RetryPanel
from vzaps_tui.ui.widgets.too_small import SMALLEST, TooSmall
from vzaps_tui.ui.widgets.top_bar import TopBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import App
    from textual.dom import DOMNode

    from vzaps_tui.domain.problems import VzapsError
    from vzaps_tui.ui.copy_item import CopyItem
    from vzaps_tui.ui.launch import Services
    from vzaps_tui.ui.query_bar import QueryBar

Result = TypeVar("Result")


ROOMY = 116
"""Columns of a screen from which on a preview has room beside a list."""


class Board(Screen[Result]):
    """A full screen; subclasses give `PLACES`, `crumbs()`, `body()`, `load()` and actions.

    `BARS` are the lines one types into, which are hidden until they are wanted.

    Attributes:
        UNHINTED: actions that the key hints leave out here.
        is_left: whether it is being left: its widgets go, and nothing can be shown any more.
    """

    PLACES: ClassVar[tuple[Place, ...]] = (EVERYWHERE,)
    BARS: ClassVar[tuple[type[FindBar | QueryBar], ...]] = (FindBar,)
    AUTO_FOCUS: ClassVar[str | None] = None
    UNHINTED: ClassVar[frozenset[str]] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self._utc = False
        self._is_busy = False
        self.is_left = False

    def crumbs(self) -> tuple[str, ...]:
        """Where one is, outermost first; unsafe text."""
        raise NotImplementedError

    def body(self) -> ComposeResult:
        """The widgets between the bars."""
        raise NotImplementedError

    def load(self, *, force: bool) -> None:
        """Begin to read what the screen shows; with `force` also when it is fresh."""

    async def show_kept(self) -> None:
        """Show what is kept, for the first frame; asks nobody."""

    def copies(self) -> tuple[CopyItem, ...]:
        """What the copy menu offers now."""
        return ()

    def seek(self, needle: str) -> str:
        """Find in what is shown; returns how many, in words."""
        del needle
        return ""

    def seek_step(self, step: int) -> None:
        """Go to the next (1) or previous (-1) match."""

    def unsaved(self) -> bool:
        """Whether leaving would lose something typed."""
        return False

    def main_widget(self) -> Widget | None:
        """What has the keys when nothing else has."""
        return None

    # -- frame -----------------------------------------------------------------------------------

    @property
    def host(self) -> Host:
        """The app, as boards may use it."""
        return host_of(self)

    @property
    def services(self) -> Services:
        """The use cases; a board is only shown when they exist."""
        services = self.host.launch.services
        if services is None:
            raise RuntimeError("a board needs services")
        return services

    @override
    def compose(self) -> ComposeResult:
        launch = self.host.launch
        label = f"{launch.label} · read-only" if launch.read_only else launch.label
        yield TopBar(label, self.services.clock, self.crumbs())
        yield ProblemBar(markup=False)
        yield from self.body()
        yield FindBar()
        yield JobLine()
        yield RetryPanel()
        yield KeyHints()
        yield TooSmall()

    def on_mount(self) -> None:
        """Show keys at once; read after the first frame."""
        self.refresh_hints()
        if widget := self.main_widget():
            widget.focus()
        self.host.jobs.progressed.subscribe(self, lambda _: self.jobs_changed(), immediate=True)
        self.host.exports.changed.subscribe(self, lambda _: self.jobs_changed(), immediate=True)
        self.jobs_changed()
        self.note_zone()
        self.call_after_refresh(self.load, force=False)
        self.run_worker(self._fill_bars, name="bars", group="bars")

    async def _fill_bars(self) -> None:
        """Make what the first frame does without."""
        await self.host.drawn()
        for kind in self.BARS:
            self.query_one(kind).fill()

    def jobs_changed(self) -> None:
        """Show what is under way: retries, else an export, else what the board itself does."""
        own = self.own_tally()
        if own.is_busy and not self._is_busy:
            self.host.hush(self)  # that it had stopped, or was done
        self._is_busy = own.is_busy
        tallies = (self.host.exports.tally, own)
        if not self._show_retries():
            tallies = (self.host.jobs.tally, *tallies)
        self.query_one(JobLine).tally = next((one for one in tallies if one.is_busy), Tally())

    def _show_retries(self) -> bool:
        """Tell at length how many retries go, where there is room; whether that was so.

        Why they stopped by themselves needs a line of its own on a low screen, too.
        """
        jobs, lines = self.host.jobs, ()
        if not jobs.progress.total:
            self.query_one(RetryPanel).show(())
            return False
        from vzaps_tui.ui.retry_lines import FEW, TALL, progress_lines  # noqa: PLC0415 - start-up time

        low = self.size.height < TALL
        worth = jobs.progress.total > FEW and (jobs.progress.stuck or not low)
        if worth:
            now, width = self.services.clock.now(), max(20, self.size.width - 2)
            lines = progress_lines(jobs.progress, jobs.keys, now, width, few=low)
        self.query_one(RetryPanel).show(lines)
        return worth

    def own_tally(self) -> Tally:
        """What the board itself is doing."""
        return Tally()

    def stop(self) -> bool:
        """Stop what the board itself is doing; whether there was anything."""
        return False

    def on_screen_resume(self) -> None:
        """Ask again when one comes back to what could not be read, or to times of another zone."""
        if not self.is_mounted or self.unsaved():
            return
        if self.top_bar.freshness.phase is Phase.FAILED:
            self.load(force=True)
        elif self._utc != self.services.clock.utc:
            self.times_changed()

    def on_screen_suspend(self) -> None:
        """What was said over this screen is not said over another."""
        self.host.hush(self)

    def action_utc(self) -> None:
        """Show times in UTC, or in the local zone again."""
        clock = self.services.clock
        clock.utc = not clock.utc
        self.host.say("Times are in UTC now." if clock.utc else "Times are local now.")
        self.times_changed()

    def times_changed(self) -> None:
        """Draw what shows times anew."""
        self.note_zone()
        self.load(force=False)

    def note_zone(self) -> None:
        """The zone of the clock is the one that is shown."""
        self._utc = self.services.clock.utc

    def on_resize(self, event: events.Resize) -> None:
        """Cover the screen where it has no room."""
        small = event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1]
        self.query_one(TooSmall).display = small
        self.set_class(event.size.width < ROOMY, "-narrow")
        self.jobs_changed()

    def refresh_hints(self) -> None:
        """Show the keys that do something now, this screen's first."""
        keymap = self.host.launch.keymap
        hints: list[tuple[str, str, str]] = []
        for place in reversed(self.PLACES):
            for command in place.commands:
                if command.mutates and self.host.launch.read_only:
                    continue
                hinted = command.label and command.action not in self.UNHINTED
                if hinted and self._enabled(command.action):
                    key = keys_of(command, keymap).partition(",")[0].strip()
                    hints.append((show_key(key), command.label, command.action))
        hints.sort(key=lambda hint: hint[1] in ("help", "quit"))
        self.query_one(KeyHints).hints = tuple(hints)

    def _enabled(self, action: str) -> bool:
        name, _, _ = action.partition("(")
        return self.check_action(name, ()) is True

    @override
    async def run_action(
        self, action: str, namespaces: Mapping[str, DOMNode] | None = None
    ) -> None:
        # Hints and palette name actions without saying whose they are.
        app = cast("App[Any]", self.host)
        if not await app.run_action(action, self, namespaces):
            await app.run_action(action, None, namespaces)

    @on(KeyHints.Pressed)
    async def _run_hint(self, event: KeyHints.Pressed) -> None:
        event.stop()
        await self.run_action(event.action)

    # -- freshness and problems ------------------------------------------------------------------

    @property
    def top_bar(self) -> TopBar:
        """The first line."""
        return self.query_one(TopBar)

    @property
    def is_troubled(self) -> bool:
        """Whether a problem is being told."""
        return self.query_one(ProblemBar).display

    def show_asking(self) -> None:
        """Say that a request is under way; what is old stays old until an answer comes."""
        now = self.top_bar.freshness
        problem = now.problem or ("not read" if self.is_troubled else "")
        self.top_bar.freshness = Freshness(now.fetched_at, now.source, Phase.ASKING, problem)

    def show_freshness(self, envelope: Envelope[Any], *, asking: bool) -> None:
        """Tell age, source and trouble of what is shown."""
        self.top_bar.freshness = Freshness.of(envelope, asking=asking)
        self.query_one(ProblemBar).say(envelope.problem or "")
        if envelope.cause is not None:
            self.host.note_problem(envelope.cause)
        elif envelope.source is Source.LIVE and not envelope.problem:
            self.host.note_live()

    def show_problem(self, problem: VzapsError) -> None:
        """Tell a problem that left nothing to show, or nothing newer."""
        now = self.top_bar.freshness
        self.top_bar.freshness = Freshness(now.fetched_at, now.source, Phase.FAILED)
        self.query_one(ProblemBar).say(self.host.words_for(problem))
        self.host.note_problem(problem)

    # -- actions that every board has --------------------------------------------------------------

    def action_back(self) -> None:
        """Peel one layer: the find bar, then the screen; esc never quits."""
        bar = self.query_one(FindBar)
        if bar.is_open:
            bar.close()
            self.seek("")
            if widget := self.main_widget():
                widget.focus()
        elif not self.peel():
            if self.host.is_first(self):
                self.host.leave_first()
            else:
                self.leave()

    def peel(self) -> bool:
        """Take back something smaller than the screen; whether there was anything."""
        return False

    def leave(self) -> None:
        """Go one screen back."""
        self.dismiss()

    @override
    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        # What still reads would find no widget to show it in.
        self.is_left = True
        self.workers.cancel_node(self)  # pyright: ignore[reportUnknownMemberType] - untyped
        return super().dismiss(result)

    @property
    def is_finding(self) -> bool:
        """Whether the find bar has the keys."""
        return self.query_one(FindBar).is_open

    def action_refresh(self) -> None:
        """Ask the API again."""
        self.load(force=True)

    def action_find(self) -> None:
        """Open the find bar."""
        self.query_one(FindBar).open()

    def action_find_next(self) -> None:
        """Next match."""
        self.seek_step(1)

    def action_find_previous(self) -> None:
        """Previous match."""
        self.seek_step(-1)

    @on(FindBar.Sought)
    def _sought(self, event: FindBar.Sought) -> None:
        event.stop()
        self.query_one(FindBar).say(self.seek(event.text))
        if event.done and (widget := self.main_widget()):
            widget.focus()

    def action_copy(self) -> None:
        """Offer what can be copied."""
        self.host.offer_copies(self.copies())
