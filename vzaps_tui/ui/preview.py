"""The preview beside the list: the row under the cursor, from what the list already knows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from vzaps_tui.ui.summary import summary

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.retries import RetryStep


class Preview(Static):
    """Asks nothing of the network. Its size is fixed, so that a key never lays the screen out."""

    DEFAULT_CSS = """
    Preview { width: 38; height: 1fr; display: none; border-left: solid $panel; padding: 0 1; }
    """

    def show(self, row: Delivery | None, step: RetryStep | None, now: datetime) -> None:
        """Show a row, or nothing."""
        width = self.content_size.width
        content = Content("") if row is None else summary(row, step, now, width)
        shown = self.content
        if not (isinstance(shown, Content) and shown.is_same(content)):
            self.update(content, layout=False)
