"""Garbage: collected little by little, and all of it in a calm moment after a screen was left."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from textual.app import App
    from textual.timer import Timer

_CALM = 2.0
"""Seconds after the last screen was left, and the last key."""


class Tidying:
    """Sees to it that neither collecting nor not collecting is felt (ARCHITECTURE D21)."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Collect from now on; what is there already stays."""
        gc.enable()
        gc.freeze()
        # What is drawn leaves cycles behind. One collection of all that 50,000 new objects lead to
        # took up to 50 ms; after 5,000 it takes 1 to 3, the next generation's 10.
        gc.set_threshold(5_000, 5, 40)

    def soon(self) -> None:
        """A screen is being left: collect what it leaves, once nobody does anything for a while."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._app.set_timer(_CALM, self._collect)

    def put_off(self) -> None:
        """A key was pressed: somebody is at it, and would wait."""
        if self._timer is not None:
            self._timer.reset()

    def _collect(self) -> None:
        self._timer = None
        gc.collect()
