"""Opens boards: each is loaded when it is first shown, as start-up time is short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.app import App

from vzaps_tui.ui.board import Board
from vzaps_tui.ui.commands import first_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.screen import Screen

    from vzaps_tui.domain.deliveries import Delivery, LogId
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.meaning import Meaning
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.ui.delivery_walk import DeliveryWalk
    from vzaps_tui.ui.launch import Launch


class OpeningApp(App[str]):
    """The part of the app by which boards open one another; see `Host`.

    Attributes:
        launch: what the composition root gave.
        first: the screen below all others.
    """

    launch: Launch
    first: Screen[None] | None = None

    def is_first(self, screen: Screen[Any]) -> bool:
        """Whether a screen is the one below all others."""
        return screen is self.first

    def below_first(self) -> str:
        """The key that leaves the first screen for the list of instances; empty if none does."""
        from vzaps_tui.ui.screens.instances import InstancesScreen  # noqa: PLC0415 - start-up time

        services = self.launch.services
        if services is None or not services.instances.lists_all:
            return ""
        is_list = isinstance(self.first, InstancesScreen)
        return "" if is_list else first_key("app.back", self.launch.keymap)

    def leave_first(self) -> None:
        """Go from an instance that was asked for by its id to all of them; esc never quits."""
        from vzaps_tui.ui.screens.instances import InstancesScreen  # noqa: PLC0415 - start-up time

        if self.below_first() and isinstance(old := self.first, Board):
            old.is_left = True
            self.workers.cancel_node(old)  # pyright: ignore[reportUnknownMemberType] - untyped
            self.first = InstancesScreen(at=self.launch.instance)
            self.switch_screen(self.first)  # pyright: ignore[reportUnknownMemberType] - same

    def open_deliveries(self, instance: Instance) -> None:
        """Show an instance's deliveries."""
        from vzaps_tui.ui.screens.deliveries import DeliveriesScreen  # noqa: PLC0415 - start-up time

        self.push_screen(DeliveriesScreen(instance))

    def open_webhook(self, instance: Instance) -> None:
        """Show an instance's webhook form."""
        from vzaps_tui.ui.screens.webhook import WebhookScreen  # noqa: PLC0415 - start-up time

        self.push_screen(WebhookScreen(instance))

    def open_delivery(
        self,
        instance: Instance,
        rows: DeliveryWalk,
        row: Delivery,
        done: Callable[[LogId | None], None],
    ) -> None:
        """Show one delivery of a list; `done` gets the id of the one it was left at."""
        from vzaps_tui.ui.screens.delivery import DeliveryScreen  # noqa: PLC0415 - start-up time

        self.push_screen(DeliveryScreen(instance, rows, row), done)

    def open_compare(self, instance: Instance, left: Delivery, right: Delivery) -> None:
        """Show what differs between two deliveries of an instance."""
        from vzaps_tui.ui.screens.compare import CompareScreen  # noqa: PLC0415 - start-up time

        self.push_screen(CompareScreen(instance, left, right))

    def open_related(self, instance: Instance, around: Delivery, meaning: Meaning) -> None:
        """Search for the other deliveries of the chat or message that a payload names."""
        from vzaps_tui.ui.screens.related import RelatedScreen  # noqa: PLC0415 - start-up time

        self.push_screen(RelatedScreen(instance, around, meaning))

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
        from vzaps_tui.ui.screens.triage import TriageScreen  # noqa: PLC0415 - start-up time

        self.push_screen(TriageScreen(instance, query, last), done)
