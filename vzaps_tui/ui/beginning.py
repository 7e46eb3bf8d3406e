"""Begins: the first frame shows what is kept, and little is loaded before it (PERF 2)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vzaps_tui.ui.board import Board
from vzaps_tui.ui.opening import OpeningApp

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.widget import AwaitMount

_STYLES = Path(__file__).with_name("styles") / "later.tcss"
"""Of screens that are never the first; read apart, as each rule takes its time."""
_KEPT = 0.1
"""Seconds that the first frame waits for what is kept, at most: a disk may be slow."""


class BeginningApp(OpeningApp):
    """The part of the app that leads to its first frame; see `Host`."""

    def __init__(self) -> None:
        super().__init__()
        self._drawn = asyncio.Event()

    def on_mount(self) -> None:
        """Show the first screen."""
        self.first = self._first_screen()
        shown = self.push_screen(self.first)
        self.run_worker(self._begin(self.first, shown), name="begin", group="begin")

    def _first_screen(self) -> Screen[None]:
        if self.launch.services is None:
            from vzaps_tui.ui.screens.welcome import WelcomeScreen  # noqa: PLC0415 - first run only

            return WelcomeScreen()
        if self.launch.instance is not None:
            from vzaps_tui.domain.instances import Instance  # noqa: PLC0415 - single-instance mode only
            from vzaps_tui.ui.screens.deliveries import DeliveriesScreen  # noqa: PLC0415 - same

            return DeliveriesScreen(Instance(self.launch.instance, name=self.launch.instance))
        from vzaps_tui.ui.screens.instances import InstancesScreen  # noqa: PLC0415 - start-up time

        return InstancesScreen(self.launch.named)

    async def _begin(self, first: Screen[None], shown: AwaitMount) -> None:
        """Draw the first frame with what is kept: an empty one before it would take longer."""
        if isinstance(first, Board):
            with self.batch_update(), suppress(TimeoutError):
                await shown
                await asyncio.wait_for(first.show_kept(), _KEPT)
            # Textual itself would wait for its next turn to draw, up to 17 ms.
            first._on_timer_update()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as said
        self.call_after_refresh(self.after_first_frame)

    def after_first_frame(self) -> None:
        """Load what start-up left out."""
        self.stylesheet.read(_STYLES)
        self.stylesheet.parse()
        self._drawn.set()

    async def drawn(self) -> None:
        """Wait until the first frame is there."""
        await self._drawn.wait()

    @property
    def is_drawn(self) -> bool:
        """Whether the first frame is there."""
        return self._drawn.is_set()
