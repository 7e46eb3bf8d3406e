"""The line over a list: filter on the left, how much is shown of how much on the right."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.text import visible


class CountLine(Widget):
    """Chips and counts; where they do not fit side by side, the chips have a line of their own."""

    DEFAULT_CSS = """
    CountLine { height: auto; padding: 0 1; color: $foreground; }
    """

    chips: reactive[tuple[str, ...]] = reactive((), layout=True)
    counts: reactive[str] = reactive("")

    def say(self, chips: tuple[str, ...], counts: str) -> None:
        """Show both."""
        self.chips = chips
        if len(counts) != len(self.counts):
            self.refresh(layout=self._lines(counts) != self._lines(self.counts))
        self.counts = counts

    def _lines(self, counts: str) -> int:
        return self._height(counts, self.content_size.width)

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._height(self.counts, width)

    def _height(self, counts: str, width: int) -> int:
        chips = sum(len(_chip(chip)) + 1 for chip in self.chips)
        return 2 if chips and chips + Content(visible(counts)).cell_length > width else 1

    @override
    def render(self) -> Content:
        width, tall = self.content_size.width, self.content_size.height > 1
        right = Content.styled(visible(self.counts), "$text-muted")
        left = self._left(width if tall else max(0, width - right.cell_length - 1))
        if tall:
            indent = " " * max(0, width - right.cell_length)
            return Content.assemble(left, "\n", indent, right)
        gap = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)

    def _left(self, room: int) -> Content:
        """The chips that fit whole, and how many more there are; the first one may be cut."""
        parts: list[tuple[str, str]] = []
        for number, chip in enumerate(self.chips):
            left = len(self.chips) - number
            more = f"+{left}"
            used = Content.assemble(*parts).cell_length
            text = Content(_chip(chip))
            if number and used + text.cell_length + (len(more) + 1 if left > 1 else 0) > room:
                parts.append((f"{more} more" if used + len(more) + 5 <= room else more, "dim"))
                break
            parts += [(_chip(chip), "reverse"), (" ", "")]
        line = Content.assemble(*parts)
        return line.truncate(room, ellipsis=True) if line.cell_length > room else line


def _chip(words: str) -> str:
    return f" {visible(words)} "
