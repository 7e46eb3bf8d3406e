"""The preview beside the list: the row under the cursor, from what the list already knows."""

from __future__ import annotations

from datetime import datetime

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.ui.summary import summary


class Preview(VerticalScroll, can_focus=False):
    """Asks nothing of the network."""

    DEFAULT_CSS = """
    Preview { width: 38; display: none; border-left: solid $panel; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._body = Static()

    @override
    def compose(self) -> ComposeResult:
        yield self._body

    def show(self, row: Delivery | None, step: RetryStep | None, now: datetime) -> None:
        """Show a row, or nothing."""
        width = self.content_size.width
        self._body.update(Content("") if row is None else summary(row, step, now, width))
