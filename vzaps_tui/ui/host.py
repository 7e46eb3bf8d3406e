"""What screens ask of the app that hosts them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from textual.dom import DOMNode

if TYPE_CHECKING:
    from textual.content import Content
    from textual.screen import Screen

    from vzaps_tui.domain.deliveries import Delivery, LogId
    from vzaps_tui.domain.instances import Instance, InstanceId
    from vzaps_tui.domain.meaning import Meaning
    from vzaps_tui.domain.plans import PlanSummary
    from vzaps_tui.domain.problems import VzapsError
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.domain.retries import RetryPlan
    from vzaps_tui.domain.webhooks import WebhookConfig
    from vzaps_tui.ui.copy_item import CopyItem
    from vzaps_tui.ui.delivery_walk import DeliveryWalk
    from vzaps_tui.ui.dialogs import Choice
    from vzaps_tui.ui.exports import Exports
    from vzaps_tui.ui.jobs import Jobs
    from vzaps_tui.ui.launch import Launch
    from vzaps_tui.ui.views import DeliveriesView

Result = TypeVar("Result")


class PastPlans(Protocol):
    """Plans of retries as screens ask for them; what changes something heeds `--read-only`."""

    def show(self, summary: PlanSummary) -> None:
        """Show what came of each delivery of a plan."""
        ...

    def resume(self, summary: PlanSummary) -> None:
        """Go on with a plan that was stopped or cut short."""
        ...

    async def discard(self, summary: PlanSummary) -> bool:
        """Never send what is left of a plan; whether that is so now."""
        ...

    def retry_failed(self, summary: PlanSummary) -> None:
        """Send again what is still failed of a plan, after review."""
        ...

    def mark_failed(self, summary: PlanSummary) -> None:
        """Show the list of deliveries with what is still failed of a plan marked."""
        ...

    def export(self, summary: PlanSummary) -> None:
        """Write a plan to a file, after a form."""
        ...


class Host(Protocol):
    """The app as screens see it.

    Attributes:
        launch: what the composition root gave.
        jobs: retries under way and their last words.
        exports: the export under way.
        views: what a person last looked at, per instance.
        undo: configuration before the last save, per instance.
        keeps_fresh: whether lists refresh themselves.
    """

    launch: Launch
    jobs: Jobs
    exports: Exports
    views: dict[InstanceId, DeliveriesView]
    undo: dict[InstanceId, WebhookConfig]
    keeps_fresh: bool

    @property
    def plans(self) -> PastPlans:
        """What can be done with plans of retries."""
        ...

    def say(
        self,
        words: str,
        *,
        severity: str = "information",
        timeout: float | None = None,
        about: str = "",
    ) -> None:
        """A toast of plain, visible text; without a time of its own it gives way to what follows.

        Args:
            words: unsafe text.
            severity: `information`, `warning` or `error`.
            timeout: seconds; what is told must be read in them, such as a path.
            about: what it tells of, such as `export`: it takes the place of what was said of that.
        """
        ...

    def batch_update(self) -> AbstractContextManager[None]:
        """Draw nothing meanwhile: Textual's own."""
        ...

    async def drawn(self) -> None:
        """Wait until the first frame is there: nobody is asked, and little loaded, before."""
        ...

    @property
    def is_drawn(self) -> bool:
        """Whether it is."""
        ...

    def hush(self, screen: Screen[Any]) -> None:
        """Take back what was said in passing over a screen: it is not so any more."""
        ...

    def words_for(self, problem: VzapsError) -> str:
        """A problem for the screen: what, why, what next, request id (law 8)."""
        ...

    def note_live(self) -> None:
        """The API answered."""
        ...

    def note_problem(self, problem: VzapsError) -> None:
        """Remember a problem: it decides the exit code if the API never answered."""
        ...

    def is_first(self, screen: Screen[Any]) -> bool:
        """Whether a screen is the one below all others: it is never closed."""
        ...

    def below_first(self) -> str:
        """The key that leaves the first screen for the list of instances; empty if none does."""
        ...

    def leave_first(self) -> None:
        """Go from an instance that was asked for by its id to all of them; esc never quits."""
        ...

    def show(
        self, screen: Screen[Result], done: Callable[[Result | None], None] | None = None
    ) -> None:
        """Put a screen in front; `done` gets what it returns."""
        ...

    async def choose(self, screen: Screen[Result]) -> Result | None:
        """Put a screen in front; what it returns. Await it in a worker."""
        ...

    async def ask(self, title: str, body: str | Content, choices: tuple[Choice, ...]) -> str:
        """A dialog; the id of the choice, or empty for Cancel. Await it in a worker."""
        ...

    def open_deliveries(self, instance: Instance) -> None:
        """Show an instance's deliveries."""
        ...

    def open_webhook(self, instance: Instance) -> None:
        """Show an instance's webhook form."""
        ...

    def open_delivery(
        self,
        instance: Instance,
        rows: DeliveryWalk,
        row: Delivery,
        done: Callable[[LogId | None], None],
    ) -> None:
        """Show one delivery of a list; `done` gets the id of the one it was left at."""
        ...

    def open_compare(self, instance: Instance, left: Delivery, right: Delivery) -> None:
        """Show what differs between two deliveries of an instance."""
        ...

    def open_related(self, instance: Instance, around: Delivery, meaning: Meaning) -> None:
        """Search for the other deliveries of the chat or message that a payload names."""
        ...

    def open_triage(
        self,
        instance: Instance,
        query: DeliveryQuery,
        last: DeliveryQuery | None,
        done: Callable[[DeliveryQuery | None], None],
    ) -> None:
        """Show the causes of what failed in a list; `done` gets the query of the one opened.

        The cursor begins at the cause that was opened with the query `last`.
        """
        ...

    def save_webhook(
        self, instance: Instance, before: WebhookConfig, wanted: WebhookConfig
    ) -> None:
        """Send a reviewed configuration; goes on when the form is left."""
        ...

    def start_retries(self, plan: RetryPlan) -> None:
        """Send a plan's deliveries again, unless the program is read-only."""
        ...

    def offer_copies(self, items: tuple[CopyItem, ...]) -> None:
        """Show the copy menu, or say that there is nothing."""
        ...

    def copy(self, item: CopyItem) -> None:
        """Bring text to a clipboard, and say which way it went."""
        ...

    def start_demo(self) -> None:
        """Start over on the embedded emulator."""
        ...


def host_of(node: DOMNode) -> Host:
    """The app of a node, as screens may use it."""
    return cast("Host", cast("Any", node).app)
