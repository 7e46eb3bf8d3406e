"""A table that draws only what is on screen, and keeps its cursor on the same row's key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import OPENING
from vzaps_tui.ui.widgets.cells import (
    TONES,
    crop,
    fit,
    match_spans,
    needle_pattern,
    paint,
    parts,
    shown,
)
from vzaps_tui.ui.widgets.cursor_lines import CursorLines
from vzaps_tui.ui.widgets.table_rows import (
    GAP,
    GUTTER,
    LEAD,
    Column,
    NoRows,
    Rows,
    columns_for,
    needed_width,
    share_out,
)

__all__ = ["Column", "Rows", "VirtualTable"]


class VirtualTable(CursorLines):
    """Rows under a header that stays.

    Refreshing never moves the cursor to another row while its row is still there.
    """

    HEADER_LINES = 1

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "virtual-table--header",
        "virtual-table--cursor",
        "virtual-table--bar",
        "virtual-table--mark",
        "virtual-table--marked",
        *(f"virtual-table--{tone}" for tone in TONES),
    }

    DEFAULT_CSS = """
    VirtualTable {
        & > .virtual-table--header { color: $text-muted; text-style: bold; }
        & > .virtual-table--cursor { background: $foreground 10%; }
        & > .virtual-table--bar { color: $text-disabled; }
        & > .virtual-table--mark { color: $text-accent; text-style: bold; }
        & > .virtual-table--marked { background: $accent 12%; }
        & > .virtual-table--dim { color: $text-muted; }
        & > .virtual-table--strong { text-style: bold; }
        & > .virtual-table--good { color: $text-success; }
        & > .virtual-table--bad { color: $text-error; }
        & > .virtual-table--wait { color: $text-warning; }
        & > .virtual-table--accent { color: $text-accent; }
        &:focus > .virtual-table--cursor { background: $primary 45%; text-style: bold; }
        &:focus > .virtual-table--bar { color: $accent; text-style: bold; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(OPENING)

    class Highlighted(Message):
        """The cursor is on another row. A flood of them collapses into the last."""

        def __init__(self, table: VirtualTable, key: str, index: int) -> None:
            super().__init__()
            self.table = table
            self.key = key
            self.index = index

        @property
        @override
        def control(self) -> VirtualTable:
            return self.table

        @override
        def can_replace(self, message: Message) -> bool:
            return isinstance(message, VirtualTable.Highlighted) and message.table is self.table

    class Opened(Message):
        """Enter, a click on the cursor's row, or a double click."""

        def __init__(self, table: VirtualTable, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        @override
        def control(self) -> VirtualTable:
            return self.table

    class NearEnd(Message):
        """Cursor or view are within a page of the end; said once for the same end."""

        def __init__(self, table: VirtualTable) -> None:
            super().__init__()
            self.table = table

        @property
        @override
        def control(self) -> VirtualTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002 - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._rows: Rows = NoRows()
        self._cursor_key: str | None = None
        self._top_key: str | None = None
        self._marked: frozenset[str] = frozenset()
        self._highlight = ""
        self._pattern = needle_pattern("")
        self._layout: tuple[tuple[int, int], ...] = ()
        self._body_width = 0
        self._row_styles: dict[tuple[str, bool, bool], Style] = {}
        self._told_end: tuple[int, str] | None = None
        self._opened_by_click = False

    # Rows

    @property
    @override
    def line_count(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> Rows:
        """The rows shown."""
        return self._rows

    @property
    def cursor_key(self) -> str | None:
        """Key of the row with the cursor; None if there are no rows."""
        return self._cursor_key

    def show(self, rows: Rows) -> None:
        """Show rows, which may be the same object with other content.

        The cursor stays on its key, else at its index or the last row. Its line on the screen
        stays too; if it is out of view, the first row in view keeps its place instead.
        """
        top = self.top
        seen = self.in_view(self._cursor)
        self._rows = rows
        cursor = self._place_of(self._cursor_key, self._cursor)
        if seen:
            top += cursor - self._cursor
        else:
            top = self._place_of(self._top_key, top)
        self._cursor = cursor
        self.lines_changed(needed_width(self.visible_columns))
        self.jump_to(top)
        self.cursor_moved()
        self.view_changed()

    def _place_of(self, key: str | None, otherwise: int) -> int:
        found = None if key is None else self._rows.index(key)
        if found is None:
            found = otherwise
        return max(0, min(found, len(self._rows) - 1))

    def move_to(self, place: int | str) -> bool:
        """Move the cursor to an index or a key; False if there is no such row."""
        index = self._rows.index(place) if isinstance(place, str) else place
        if index is None or not 0 <= index < len(self._rows):
            return False
        self.move_cursor(index)
        return True

    @override
    def cursor_moved(self) -> None:
        key = self._rows.key(self._cursor) if len(self._rows) else None
        if key != self._cursor_key:
            self._cursor_key = key
            if key is not None:
                self.post_message(self.Highlighted(self, key, self._cursor))
        self._tell_near_end()

    @override
    def view_changed(self) -> None:
        if not self.in_view(self._cursor) and self.top < len(self._rows):
            self._top_key = self._rows.key(self.top)
        self._tell_near_end()

    def tell_end_again(self) -> None:
        """Say `NearEnd` once more for the same end, if it is near: reading on may have failed."""
        self._told_end = None
        self._tell_near_end()

    def _tell_near_end(self) -> None:
        count, page = len(self._rows), self.page
        if not count or not page or max(self._cursor + 1, self.top + page) < count - page:
            return
        end = (count, self._rows.key(count - 1))
        if end != self._told_end:
            self._told_end = end
            self.post_message(self.NearEnd(self))

    def action_open(self) -> None:
        """Open the row with the cursor."""
        if self._cursor_key is not None:
            self.post_message(self.Opened(self, self._cursor_key))

    @override
    def line_clicked(self, index: int, chain: int) -> None:
        again = index == self._cursor and chain == 1 and self._focus_before_click
        double = chain > 1 and chain % 2 == 0 and not self._opened_by_click
        self.move_cursor(index)
        self._opened_by_click = again
        if again or double:
            self.action_open()

    @override
    def forget_styles(self) -> None:
        super().forget_styles()
        self._row_styles.clear()

    # Marks and matches

    @property
    def marked(self) -> frozenset[str]:
        """Keys of the marked rows, whether they are here or not."""
        return self._marked

    @marked.setter
    def marked(self, keys: frozenset[str]) -> None:
        if keys != self._marked:
            self._marked = frozenset(keys)
            self.refresh()

    @property
    def highlight(self) -> str:
        """What is looked for: drawn reversed wherever it is seen, in any case."""
        return self._highlight

    @highlight.setter
    def highlight(self, needle: str) -> None:
        if needle != self._highlight:
            self._highlight = needle
            self._pattern = needle_pattern(shown(needle))
            self.forget_strips()

    @override
    def line_flag(self, index: int) -> bool:
        return bool(self._marked) and self._rows.key(index) in self._marked

    # Layout and drawing

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, shown or hidden."""
        return self._columns

    @columns.setter
    def columns(self, columns: Sequence[Column]) -> None:
        if tuple(columns) != self._columns:
            self._columns = tuple(columns)
            if self.is_mounted:
                self.laid_out()

    @property
    def visible_columns(self) -> tuple[Column, ...]:
        """The columns for which the screen is wide enough."""
        return columns_for(self.columns, self.screen.size.width)

    @override
    def laid_out(self) -> None:
        columns = self.visible_columns
        widths = share_out(columns, self.view_width)
        keys = [column.key for column in self.columns]
        numbers = (keys.index(column.key) for column in columns)
        self._layout = tuple(zip(numbers, widths, strict=True))
        self._body_width = LEAD + sum(widths) + GAP * (len(widths) - 1)
        self.lines_changed(needed_width(columns))

    @override
    def draw_header(self, y: int) -> Strip:
        style = self.component("virtual-table--header")
        segments: list[Segment] = []
        for number, width in self._layout:
            column = self.columns[number]
            segments += [
                Segment(" " * (GAP if segments else LEAD), style),
                Segment(fit(column.title, width, column.align), style),
            ]
        return self._assemble([Segment(" " * GUTTER, style)], segments, style)

    @override
    def draw_line(self, index: int, *, cursor: bool) -> Strip:
        marked = self.line_flag(index)
        plain = self._style("plain", cursor=cursor, marked=marked)
        cells = self._rows.cells(index)
        segments: list[Segment] = []
        for number, width in self._layout:
            segments.append(Segment(" " * (GAP if segments else LEAD), plain))
            text, tone = parts(cells[number])
            column = self.columns[number]
            words = fit(text[:width] if column.crops else text, width, column.align)
            style = self._style(tone, cursor=cursor, marked=marked)
            segments += self._with_matches(words, style)
        return self._assemble(self._gutter(cursor=cursor, marked=marked), segments, plain)

    def _with_matches(self, words: str, style: Style) -> list[Segment]:
        spans = match_spans(self._pattern, words) if self._pattern else []
        if not spans:
            return [Segment(words, style)]
        match = Style(reverse=True, underline=True)
        return paint(words, [style, style + match], ((*span, 1) for span in spans))

    def _gutter(self, *, cursor: bool, marked: bool) -> list[Segment]:
        plain = self._style("plain", cursor=cursor, marked=marked)
        bar = self._style("bar", cursor=cursor, marked=marked)
        mark = self._style("mark", cursor=cursor, marked=marked)
        return [
            Segment("▌", bar) if cursor else Segment(" ", plain),
            Segment("●", mark) if marked else Segment(" ", plain),
        ]

    def _style(self, tone: str, *, cursor: bool, marked: bool) -> Style:
        key = (tone, cursor, marked)
        style = self._row_styles.get(key)
        if style is None:
            names = ["marked"] if marked else []
            names += ["cursor", tone] if cursor else [tone]
            style = self.component(*(f"virtual-table--{name}" for name in names))
            self._row_styles[key] = style
        return style

    def _assemble(self, gutter: list[Segment], body: list[Segment], style: Style) -> Strip:
        """The gutter stays while the body scrolls sideways beneath it."""
        width, x = max(0, self.view_width - GUTTER), self.scroll_offset.x
        used = self._body_width
        if x or used > width:
            body = crop(body, x, x + width)
            used = max(0, min(used - x, width))
        rest = Segment(" " * (width - used), style)
        strip = Strip([*gutter, *body, rest], GUTTER + width)
        return strip.crop(0, self.view_width).simplify()
