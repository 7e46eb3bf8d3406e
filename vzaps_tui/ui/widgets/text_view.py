"""Read a text of any size: half a million lines, or five megabytes in one."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.strip import Strip
from typing_extensions import override

from vzaps_tui.ui.widgets.cells import (
    crop,
    cut,
    match_spans,
    needle_pattern,
    paint,
    shown,
    width_of,
)
from vzaps_tui.ui.widgets.cursor_lines import CursorLines
from vzaps_tui.ui.widgets.text_search import Matches, search

_GUTTER = 1  # the cursor's bar
_LONG = 256  # characters; a longer line is cut before it is made safe, and scrolls by characters
_SHOWN_KEPT = 256


def split_lines(text: str) -> list[str]:
    """Lines of a text, ended by LF or CR LF. Pure: may run in a thread for a large text."""
    return text.replace("\r\n", "\n").split("\n") if text else []


class TextView(CursorLines):
    """Lines of text with a cursor line.

    Only the lines on screen are made safe, measured and coloured.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"text-view--cursor", "text-view--bar"}

    DEFAULT_CSS = """
    TextView {
        & > .text-view--bar { color: $text-disabled; }
        &:focus > .text-view--cursor { background: $primary 30%; }
        &:focus > .text-view--bar { color: $accent; text-style: bold; }
    }
    """

    PAINTS: ClassVar[tuple[str, ...]] = ()
    """Component classes that `colours` may name, by number from 1."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[str] = ()
        self._shown: LRUCache[int, tuple[str, int]] = LRUCache(_SHOWN_KEPT)
        self._needle = ""
        self._pattern = needle_pattern("")
        self._matches = Matches()
        self._visited: tuple[int, int] | None = None
        self._fresh_search = False
        self._start: tuple[int, int] | None = None

    # The text

    @property
    @override
    def line_count(self) -> int:
        return len(self._lines)

    @property
    def lines(self) -> Sequence[str]:
        """The lines, raw: not safe to draw."""
        return self._lines

    def set_text(self, text: str) -> None:
        """Show a text from its beginning; the same text again changes nothing."""
        self.set_lines(split_lines(text))

    def set_lines(self, lines: Sequence[str]) -> None:
        """Show lines, split already, from the first; the same lines again change nothing."""
        if lines == self._lines:
            return
        self._lines = lines
        self._cursor = 0
        self._shown.clear()
        self._set_needle("")
        self._start = None
        self.lines_changed()
        self.jump_to(0, 0)
        self._make_room()
        self.cursor_moved()

    # Where some lines are hidden, a row on screen has another number than its line in the text.

    @property
    def searched(self) -> Sequence[str]:
        """All lines of the text, hidden ones too: where finding looks."""
        return self._lines

    def line_at(self, row: int) -> int:
        """The line that a row shows."""
        return row

    def bring_in(self, line: int) -> int:
        """Let a line be among those shown; its row."""
        return line

    # Finding

    @property
    def needle(self) -> str:
        """What is looked for; its occurrences are drawn reversed."""
        return self._needle

    @property
    def match_count(self) -> int:
        """How many lines match, as far as is known yet."""
        return self._matches.line_count

    async def find(self, needle: str) -> int:
        """Look for words, in any case; an empty string ends the search.

        Highlights at once, and counts in slices of a few milliseconds. Does not move the cursor.

        Returns:
            How many lines match; of what was read until then if a newer search began meanwhile.
        """
        self._set_needle(needle)
        matches = self._matches
        if self._pattern is not None:
            for _pause in search(self.searched, self._pattern, len(needle) - 1, matches):
                await asyncio.sleep(0)
                if matches is not self._matches:
                    break
        return matches.line_count

    async def seek(self, needle: str) -> str:
        """Look for words as they are typed, from where that began, and go to the first of them.

        Returns:
            How many lines match, in words; empty for an empty string.
        """
        count = await self.find(needle)
        if not needle:
            return ""
        self.return_to_start()
        self.next_match()
        return f"{count:,} {'line' if count == 1 else 'lines'}" if count else "no match"

    def mark_start(self) -> None:
        """Searches begin at the cursor until this is called again."""
        self._start = (self.line_at(self._cursor), self._cursor - self.top)

    def return_to_start(self) -> None:
        """Go where the searches began, as high on screen as it was."""
        if self._start is not None and self.line_count:
            line, height = self._start
            row = self.bring_in(min(line, len(self.searched) - 1))
            self.move_cursor(row)
            if 0 <= height < self.page:
                self.jump_to(row - height)

    def _set_needle(self, needle: str) -> None:
        self._needle = needle
        self._pattern = needle_pattern(needle)
        self._matches = Matches()
        self._visited = None
        self._fresh_search = True
        self.forget_strips()

    def next_match(self) -> bool:
        """Go to the next occurrence, round the end; False if there is none.

        The first time after a search, the cursor's own line counts as next.
        """
        end = -1.0 if self._fresh_search else math.inf
        return self._visit(self._matches.after(self._search_place(end)))

    def previous_match(self) -> bool:
        """Go to the occurrence before, round the beginning; False if there is none."""
        return self._visit(self._matches.before(self._search_place(-1.0)))

    def _search_place(self, otherwise: float) -> tuple[int, float]:
        """The occurrence visited last, or if the cursor has left it, some end of its line."""
        visited, line = self._visited, self.line_at(self._cursor)
        return visited if visited and visited[0] == line else (line, otherwise)

    def _visit(self, place: tuple[int, int] | None) -> bool:
        if place is None:
            return False
        self._fresh_search = False
        self._visited = place
        line, column = place
        row = self.bring_in(line)
        self.move_cursor(row)
        self._bring_column_into_view(row, column)
        return True

    def _bring_column_into_view(self, index: int, column: int) -> None:
        line = self._lines[index]
        x = column if len(line) > _LONG else width_of(_safe(line[:column]))
        width = self.view_width - _GUTTER
        left = self.scroll_offset.x
        if not left <= x <= left + width - width_of(shown(self._needle)):
            fits = x + width_of(shown(self._needle)) <= width
            self.jump_to(self.top, 0 if fits else x - width // 3)

    # Drawing

    def colours(self, line: str, *, inside: bool) -> Iterable[tuple[int, int, int]]:
        """Runs (start, stop, number in `PAINTS`) of a line made safe.

        Args:
            line: the line, or the piece in view of a very long one.
            inside: the piece does not start where the line does.
        """
        del line, inside
        return ()

    @override
    def view_changed(self) -> None:
        self._make_room()

    def _make_room(self) -> None:
        """Let the view scroll as far to the right as the lines in view need."""
        lines = range(self.top, min(self.top + self.page, len(self._lines)))
        width = _GUTTER + max((self._width_of_line(index) for index in lines), default=0)
        if width > self.virtual_size.width:
            self.virtual_size = Size(width, self.virtual_size.height)

    def _width_of_line(self, index: int) -> int:
        line = self._lines[index]
        if len(line) <= _LONG:
            return self._shown_line(index)[1]
        width = max(1, self.view_width - _GUTTER)
        return len(line) - _tail(line, width) + width

    def _shown_line(self, index: int) -> tuple[str, int]:
        """A line that is not long, made safe, and its width."""
        known = self._shown.get(index)
        if known is None:
            line = _safe(self._lines[index])
            known = self._shown[index] = (line, width_of(line))
        return known

    @override
    def draw_line(self, index: int, *, cursor: bool) -> Strip:
        width, x = max(0, self.view_width - _GUTTER), self.scroll_offset.x
        names = ("text-view--cursor",) if cursor else ()
        plain = self.component(*names)
        if len(self._lines[index]) > _LONG:
            line = _piece(self._lines[index], x, width)
            segments = self._segments(line, names, inside=x > 0)
            cells, x = width_of(line), 0
        else:
            line, cells = self._shown_line(index)
            segments = self._segments(line, names, inside=False)
        if x or cells > width:
            segments = crop(segments, x, x + width)
            cells = max(0, min(cells - x, width))
        bar = self.component(*names, "text-view--bar")
        gutter = Segment("▌", bar) if cursor else Segment(" ", plain)
        return Strip([gutter, *segments, Segment(" " * (width - cells), plain)], 1 + width)

    def _segments(self, line: str, names: tuple[str, ...], *, inside: bool) -> list[Segment]:
        styles = [self.component(*names)]
        styles += [self.component(*names, name) for name in self.PAINTS]
        runs = list(self.colours(line, inside=inside))
        segments = paint(line, styles, runs)
        spans = match_spans(self._pattern, line) if self._pattern else []
        return list(_reversed(segments, spans)) if spans else segments


def _safe(line: str) -> str:
    return shown(line.replace("\t", "    "))


def _piece(line: str, start: int, width: int) -> str:
    """What `width` cells can show of a long line from a character on, made safe."""
    count = width + 32
    piece = _safe(line[start : start + count])
    # Twice over, in case many characters have no width; what is then missing is further right.
    while width_of(piece) < width and count < 4 * width:
        count *= 2
        piece = _safe(line[start : start + count])
    return cut(piece, 0, width)


def _tail(line: str, width: int) -> int:
    """How many characters at the end of a long line to show when it is scrolled to its end."""
    count = width
    while count > 1 and width_of(_safe(line[-count:])) > width:
        count = count * 3 // 4
    return count


def _reversed(segments: list[Segment], spans: list[tuple[int, int]]) -> Iterable[Segment]:
    """Draw the spans of a line reversed; spans and segments both cover it in order."""
    match = Style(reverse=True, underline=True)
    edges = iter([*(edge for span in spans for edge in span), math.inf])
    edge, inside, at = next(edges), False, 0
    for text, style, _control in segments:
        rest = text
        while at + len(rest) > edge:
            head, rest = rest[: int(edge) - at], rest[int(edge) - at :]
            if head:
                yield Segment(head, (style or Style()) + match if inside else style)
            at, inside, edge = int(edge), not inside, next(edges)
        yield Segment(rest, (style or Style()) + match if inside else style)
        at += len(rest)
