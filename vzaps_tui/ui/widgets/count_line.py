"""The line over a list: filter on the left, how much is shown of how much on the right."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.text import visible


class CountLine(Widget):
    """Chips and counts; the counts are never cut."""

    DEFAULT_CSS = """
    CountLine { height: 1; padding: 0 1; color: $foreground; }
    """

    chips: reactive[tuple[str, ...]] = reactive(())
    counts: reactive[str] = reactive("")

    def say(self, chips: tuple[str, ...], counts: str) -> None:
        """Show both."""
        self.chips = chips
        self.counts = counts

    @override
    def render(self) -> Content:
        width = self.content_size.width
        right = Content.styled(visible(self.counts), "$text-muted")
        chips: list[tuple[str, str]] = []
        for chip in self.chips:
            chips += [(f" {visible(chip)} ", "reverse"), (" ", "")]
        room = max(0, width - right.cell_length - 1)
        left = Content.assemble(*chips)
        if left.cell_length > room:
            left = left.truncate(room, ellipsis=True)
        gap = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)
