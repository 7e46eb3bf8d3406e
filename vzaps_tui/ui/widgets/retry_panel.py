"""Lines above the keys while much is under way: as many as there is to tell."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget
from typing_extensions import override


class RetryPanel(Widget):
    """There only while there is something to tell."""

    DEFAULT_CSS = """
    RetryPanel { height: auto; padding: 0 1; display: none; background: $boost; }
    RetryPanel.-open { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Content, ...] = ()

    def show(self, lines: tuple[Content, ...]) -> None:
        """Show lines, each no longer than the screen is wide; none: it goes."""
        if lines != self._lines:
            taller = len(lines) != len(self._lines)
            self._lines = lines
            self.set_class(bool(lines), "-open")
            self.refresh(layout=taller)

    @override
    def render(self) -> Content:
        return Content("\n").join(self._lines)
