"""The line over a list: filter on the left, how much is shown of how much on the right."""

from __future__ import annotations

from rich.cells import cell_len
from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.text import visible


class CountLine(Widget):
    """Chips and counts; the counts are never cut."""

    DEFAULT_CSS = """
    CountLine { dock: top; height: 1; padding: 0 1; color: $foreground; }
    """

    chips: reactive[tuple[str, ...]] = reactive(())
    counts: reactive[str] = reactive("")

    def say(self, chips: tuple[str, ...], counts: str) -> None:
        """Show both."""
        self.chips = chips
        self.counts = counts

    @override
    def render(self) -> Text:
        width = self.content_size.width
        left = Text()
        for chip in self.chips:
            left.append(f" {visible(chip)} ", "reverse")
            left.append(" ")
        room = max(0, width - cell_len(self.counts) - 1)
        left.truncate(room, overflow="ellipsis")
        gap = max(1, width - cell_len(left.plain) - cell_len(self.counts))
        return Text.assemble(
            left, " " * gap, (self.counts, "dim"), no_wrap=True, overflow="ellipsis"
        )
