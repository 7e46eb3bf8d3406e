"""The Textual app: begins, owns what outlives screens, ends cleanly."""

from __future__ import annotations

import asyncio
import logging
import signal
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual.command import Provider
from textual.events import Event, Key
from textual.notifications import Notification, Notify
from textual.worker import WorkerFailed
from typing_extensions import override

from vzaps_tui.domain.problems import AuthError, UnavailableError, VzapsError
from vzaps_tui.domain.text import visible
from vzaps_tui.ui.beginning import BeginningApp
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import EVERYWHERE, retry_keys
from vzaps_tui.ui.copying import Copying
from vzaps_tui.ui.exports import Exports
from vzaps_tui.ui.jobs import Jobs
from vzaps_tui.ui.palette import CommandProvider
from vzaps_tui.ui.retry_plans import RetryPlans
from vzaps_tui.ui.tidying import Tidying
from vzaps_tui.ui.views import DeliveriesView

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.await_complete import AwaitComplete
    from textual.content import Content
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from vzaps_tui.domain.instances import Instance, InstanceId
    from vzaps_tui.domain.retries import RetryPlan
    from vzaps_tui.domain.webhooks import WebhookConfig
    from vzaps_tui.ui.copy_item import CopyItem
    from vzaps_tui.ui.dialogs import Choice
    from vzaps_tui.ui.launch import Launch

Result = TypeVar("Result")

log = logging.getLogger(__name__)

EXIT_REFUSED, EXIT_UNREACHABLE = 3, 4
_WARNED = 5.0  # seconds
_SIGNALS = {signal.SIGTERM: 143, signal.SIGHUP: 129}


class VzapsApp(BeginningApp):
    """Shows boards; runs retries that outlive them.

    Attributes:
        jobs: retries under way and their last words.
        plans: what is said and shown of plans of retries.
        exports: the export under way.
        views: what a person last looked at, per instance.
        undo: configuration before the last save, per instance.
        keeps_fresh: whether lists refresh themselves.
        passing: seconds for what is said in passing.
    """

    TITLE = "vzaps-tui"
    CSS_PATH = "styles/app.tcss"
    BINDINGS = bindings(EVERYWHERE)
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {CommandProvider}
    ENABLE_COMMAND_PALETTE = True
    ALLOW_SELECT = False

    def __init__(self, launch: Launch) -> None:
        super().__init__()
        self.launch = launch
        services = launch.services
        self.plans = RetryPlans(self, self)
        find = None if services is None else lambda: services.retries
        self.jobs = Jobs(self, find, self.plans, retry_keys(launch.keymap))
        self.exports = Exports(self, self)
        self._tidying = Tidying(self)
        self._copying = Copying(self, launch.clipboard, self._send, self.say)
        self.views: dict[InstanceId, DeliveriesView] = {}
        self.undo: dict[InstanceId, WebhookConfig] = {}
        self.keeps_fresh = True
        self.ever_live = False
        self._last_problem: VzapsError | None = None
        self.passing = 3.0
        self._said: dict[Screen[Any], Notification] = {}
        self._said_about: dict[str, Notification] = {}
        self.animation_level = "none"

    # -- beginning and end -----------------------------------------------------------------------

    def on_load(self) -> None:
        """Hear signals before the terminal is changed: one that comes early leaves it clean too."""
        self._listen_for_signals()

    @override
    def on_mount(self) -> None:
        # Textual itself calls that of `BeginningApp` as well, which shows the first screen.
        self.set_keymap(self.launch.keymap)
        for notice in self.launch.notices:
            self._warn(notice)

    @override
    def after_first_frame(self) -> None:
        super().after_first_frame()
        self._tidying.begin()
        if self.launch.warm is not None:
            self.run_worker(self._warm(), name="warm", group="warm", exclusive=False)
        self.run_worker(
            self._offer_unfinished(), name="unfinished", group="confirm", exclusive=False
        )

    async def _offer_unfinished(self) -> None:
        # Loading what retries takes its time: in a thread, while keys are heard.
        await asyncio.to_thread(import_module, "vzaps_tui.services.retrying")
        await self.plans.offer_unfinished()

    @override
    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key):
            self._tidying.put_off()
        await super().on_event(event)

    @override
    def pop_screen(self) -> AwaitComplete:
        self._tidying.soon()
        return super().pop_screen()

    def _warn(self, notice: str) -> None:
        self.say(notice, severity="warning", timeout=10)

    async def _warm(self) -> None:
        if self.launch.warm is None:
            return
        if self.launch.listen is not None:
            self.launch.listen(self._warn)
        try:
            for notice in await self.launch.warm():
                self._warn(notice)
        except VzapsError as problem:
            self.note_problem(problem)

    def _listen_for_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number, code in _SIGNALS.items():
            try:
                loop.add_signal_handler(number, lambda code=code: self.exit(return_code=code))
            except (NotImplementedError, ValueError, RuntimeError):
                return  # no signals here: not the main thread, or not Unix

    async def on_unmount(self) -> None:
        """Close what was opened."""
        await self.jobs.close()
        if self.launch.close is not None:
            await self.launch.close()

    @override
    def _handle_exception(self, error: Exception) -> None:
        # Textual would print every frame's local variables, tokens among them (law 4).
        cause = error.error if isinstance(error, WorkerFailed) else error
        log.critical("stopped by a bug", exc_info=cause)
        self._exception = self._exception or error
        self._exception_event.set()  # pyright: ignore[reportUnknownMemberType] - untyped there
        self.exit(
            return_code=1,
            message="vzaps-tui stopped because of a bug. The log says more: vzaps-tui paths",
        )

    # -- what boards tell ------------------------------------------------------------------------

    def note_live(self) -> None:
        """The API answered."""
        self.ever_live = True

    def note_problem(self, problem: VzapsError) -> None:
        """Remember a problem: it decides the exit code if the API never answered."""
        self._last_problem = problem

    @property
    def exit_code(self) -> int:
        """3 or 4 where nothing was answered in this run, whatever kept was shown; else 0."""
        if self.ever_live or self._last_problem is None:
            return 0
        if isinstance(self._last_problem, AuthError):
            return EXIT_REFUSED
        return EXIT_UNREACHABLE if isinstance(self._last_problem, UnavailableError) else 0

    def words_for(self, problem: VzapsError) -> str:
        """A problem for the screen: what, why, what next, request id (law 8)."""
        parts = [f"{problem.summary}.", problem.hint]
        if problem.request_id:
            parts.append(f"Request id {problem.request_id}.")
        return self.launch.masker(" ".join(parts).replace("..", "."))

    def show(
        self, screen: Screen[Result], done: Callable[[Result | None], None] | None = None
    ) -> None:
        """Put a screen in front; `done` gets what it returns."""
        self.push_screen(screen, done)

    async def choose(self, screen: Screen[Result]) -> Result | None:
        """Put a screen in front; what it returns. Await it in a worker."""
        return await self.push_screen_wait(screen)

    async def ask(self, title: str, body: str | Content, choices: tuple[Choice, ...]) -> str:
        """A dialog; the id of the choice, or empty for Cancel. Await it in a worker."""
        from vzaps_tui.ui.dialogs import ConfirmScreen  # noqa: PLC0415 - start-up time

        return await self.push_screen_wait(ConfirmScreen(title, body, choices))

    def start_demo(self) -> None:
        """Start over on the embedded emulator: the composition root sees to it."""
        self.exit("demo")

    def say(
        self,
        words: str,
        *,
        severity: str = "information",
        timeout: float | None = None,
        about: str = "",
    ) -> None:
        """A toast of plain, visible text; see `Host.say`."""
        level = cast("SeverityLevel", severity)
        in_passing = timeout is None and severity == "information"
        seconds = timeout or (self.passing if in_passing else _WARNED)
        note = Notification(visible(words), severity=level, timeout=seconds, markup=False)
        if in_passing and (board := self._board_in_front()) is not None:
            self.hush(board)
            self._said[board] = note
        if about:
            if (before := self._said_about.get(about)) is not None:
                self._unnotify(before)
            self._said_about[about] = note
        self.post_message(Notify(note))

    def hush(self, screen: Screen[Any]) -> None:
        """Take back what was said in passing over a screen: it is not so any more."""
        if (note := self._said.pop(screen, None)) is not None:
            self._unnotify(note)

    def _board_in_front(self) -> Screen[Any] | None:
        """The board in front, or the one below the dialogs."""
        return next((one for one in reversed(self.screen_stack) if isinstance(one, Board)), None)

    # -- saving a webhook ------------------------------------------------------------------------

    def save_webhook(
        self, instance: Instance, before: WebhookConfig, wanted: WebhookConfig
    ) -> None:
        """Send a reviewed configuration; goes on when the form is left."""
        self.run_worker(
            self._save_webhook(instance, before, wanted), name="save", group="save", exclusive=False
        )

    async def _save_webhook(
        self, instance: Instance, before: WebhookConfig, wanted: WebhookConfig
    ) -> None:
        from vzaps_tui.ui.screens.webhook import WebhookScreen  # noqa: PLC0415 - start-up time

        services = self.launch.services
        if services is None or self.launch.read_only:
            self.say("Read-only: nothing is sent.", severity="warning")
            return
        try:
            report = await services.webhooks.save(instance.id, wanted)
        except VzapsError as problem:
            self.say(f"Not saved. {self.words_for(problem)}", severity="error", timeout=12)
            return
        self.undo[instance.id] = before
        if report.confirmed:
            self.say("Webhook saved; the API holds what was sent.")
        else:
            self.say(
                "Webhook sent, but NOT confirmed: see the form.", severity="warning", timeout=12
            )
        for screen in self.screen_stack:
            if isinstance(screen, WebhookScreen):
                screen.note_saved(instance, report)

    # -- retries ---------------------------------------------------------------------------------

    def start_retries(self, plan: RetryPlan) -> None:
        """Send a plan's deliveries again, unless the program is read-only."""
        if self.launch.read_only:
            self.say("Read-only: nothing is sent.", severity="warning")
            return
        view = self.views.setdefault(plan.instance, DeliveriesView())
        view.keep_in_sight(plan)
        self.jobs.start(plan)

    # -- actions ---------------------------------------------------------------------------------

    @override
    async def action_back(self) -> None:
        """The first screen stays: esc never quits."""

    def action_refresh(self) -> None:
        """Boards do this themselves."""

    def action_copy(self) -> None:
        """Boards do this themselves."""

    def action_utc(self) -> None:
        """Boards do this themselves."""

    def action_stop_retries(self) -> None:
        """Send no more retries; where there are none, write no more of an export."""
        if words := self.jobs.stop():
            self.say(words)
        elif self.exports.stop():
            self.say("Export stopped: no file was written.")
        elif not any(isinstance(board, Board) and board.stop() for board in self.screen_stack):
            self.say("Nothing is under way.")

    def action_pause_retries(self) -> None:
        """Send nothing for now, or go on."""
        self.say(self.jobs.pause())

    def action_plans(self) -> None:
        """Show the past retries."""
        self.plans.show_all()

    def action_help(self) -> None:
        """The keys of the screen in front."""
        from vzaps_tui.ui.help import HelpScreen  # noqa: PLC0415 - start-up time

        if isinstance(self.screen, Board):
            self.push_screen(HelpScreen(self.screen.PLACES, self.launch.keymap))

    @override
    async def action_quit(self) -> None:
        doubts = self._doubts_about_quitting()
        if doubts:
            self.run_worker(self._quit_anyway(doubts), name="quit", group="confirm", exclusive=True)
        else:
            self._leave()

    def _leave(self) -> None:
        self._end_reading()
        self.exit(return_code=self.exit_code)

    def _end_reading(self) -> None:
        """End what screens still read: it would find no widget to show it in."""
        for screen in self.screen_stack:
            if isinstance(screen, Board):
                screen.is_left = True
            self.workers.cancel_node(screen)  # pyright: ignore[reportUnknownMemberType] - untyped

    @override
    async def _close_all(self) -> None:
        # Also where a signal ends the program: Textual takes the widgets away first.
        if self.screen_stack:
            self._end_reading()
        await super()._close_all()

    def _doubts_about_quitting(self) -> str:
        if self.jobs.is_busy:
            tally = self.jobs.tally
            return (
                f"{tally.total - tally.settled:,} of {tally.total:,} retries are not settled. What "
                "is not sent yet stays unsent. All is written down: the next start offers to go on."
            )
        if self.exports.is_busy:
            return "An export is being written. Nothing of it would be left."
        if any(isinstance(board, Board) and board.unsaved() for board in self.screen_stack):
            return "A webhook form has changes that are not saved."
        return ""

    async def _quit_anyway(self, doubts: str) -> None:
        from vzaps_tui.ui.dialogs import Choice  # noqa: PLC0415 - start-up time

        answer = await self.ask("Leave the program?", doubts, (Choice("quit", "Leave anyway"),))
        if answer == "quit":
            self._leave()

    def offer_copies(self, items: tuple[CopyItem, ...]) -> None:
        """Show the copy menu, or say that there is nothing."""
        from vzaps_tui.ui.copy_menu import CopyMenu  # noqa: PLC0415 - start-up time

        if items:
            self.push_screen(CopyMenu(items))
        else:
            self.say("There is nothing to copy here.")

    def copy(self, item: CopyItem) -> None:
        """Bring text to a clipboard, and say which way it went."""
        self._clipboard = item.text  # what pasting inside the program gives
        self._copying.start(item)

    def _send(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)
