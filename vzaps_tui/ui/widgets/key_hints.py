"""The last line of every screen: as many keys as fit, the most wanted first."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override


class KeyHints(Widget):
    """Hints are (key, label, action); what does not fit is left out, help and quit stay."""

    DEFAULT_CSS = """
    KeyHints { height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    class Pressed(Message):
        """A hint was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    hints: reactive[tuple[tuple[str, str, str], ...]] = reactive(())
    kept: int = 2

    def _fitting(self) -> list[tuple[str, str, str]]:
        room = self.content_size.width
        last = list(self.hints[-self.kept :])
        room -= sum(self._width(hint) for hint in last)
        first: list[tuple[str, str, str]] = []
        for hint in self.hints[: -self.kept]:
            if (room := room - self._width(hint)) < 0:
                break
            first.append(hint)
        return first + last

    @staticmethod
    def _width(hint: tuple[str, str, str]) -> int:
        return cell_len(hint[0]) + cell_len(hint[1]) + 3

    @override
    def render(self) -> Content:
        parts: list[tuple[str, str]] = []
        for key, label, _ in self._fitting():
            parts += [(key, "bold"), (f" {label}  ", "$text-muted")]
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        """Run the hint under the mouse."""
        edge = self.styles.padding.left
        for hint in self._fitting():
            edge += self._width(hint)
            if event.x < edge:
                self.post_message(self.Pressed(hint[2]))
                return
