"""How a list is looked at, over runs: found again when it is opened, noted as it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.services.views import ViewService
    from vzaps_tui.ui.board import Board
    from vzaps_tui.ui.views import DeliveriesView


class Remembering:
    """Of one board's list.

    Args:
        board: whose workers it uses.
        instance: whose list it is.
        turn_to: is given the filter of last time, on the loop; it shows it.
    """

    def __init__(
        self, board: Board[None], instance: InstanceId, turn_to: Callable[[DeliveryQuery], None]
    ) -> None:
        self._board = board
        self._instance = instance
        self._turn_to = turn_to

    @property
    def _views(self) -> ViewService:
        return self._board.services.views  # asked as late as can be: loading it takes its time

    @property
    def _view(self) -> DeliveriesView:
        return self._board.host.views[self._instance]

    def find(self) -> None:
        """Look for the view of last time, once a run, beside whatever goes on."""
        if not self._view.sought:
            self._view.sought = True
            self._board.run_worker(self._find, name="last view", group="view", exclusive=True)

    def note(self) -> None:
        """Keep how the list is looked at now."""
        view = self._view
        view.sought = True
        self._views.note(
            self._instance, view.query, oldest_first=view.oldest_first, preview=view.preview
        )

    async def _find(self) -> None:
        await self._board.host.drawn()
        last = await self._views.last(self._instance)
        view = self._view
        if last is None or not view.is_as_new:
            return
        host = self._board.host
        view.oldest_first, view.preview = last.oldest_first, last.preview
        self._board.set_class(view.preview, "-preview")
        if last.dropped:
            host.say(
                f"The filter of last time cannot be read any more: {last.dropped}",
                severity="warning",
                timeout=8,
            )
        if not last.query.is_empty:
            from vzaps_tui.domain.query_language import to_text  # noqa: PLC0415 - start-up time

            zone = self._board.services.clock.now().tzinfo
            host.say(
                f"Filter of last time: {to_text(last.query, zone)} (esc takes it away)", timeout=8
            )
        if not last.query.is_empty or last.oldest_first:
            self._turn_to(last.query)
