"""Read a body of any size as what it is: JSON that folds, coloured where looked at, or text."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import work
from textual.geometry import Region
from textual.strip import Strip
from typing_extensions import override

from vzaps_tui.domain.json_skim import looks_like_json
from vzaps_tui.domain.json_text import NotJsonError
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import OPENING
from vzaps_tui.ui.slices import in_slices
from vzaps_tui.ui.widgets.body_kind import kind_of
from vzaps_tui.ui.widgets.cells import ELLIPSIS, cut, fit, shown, width_of
from vzaps_tui.ui.widgets.json_folds import FoldedLines
from vzaps_tui.ui.widgets.json_lines import JsonLines, lay_out
from vzaps_tui.ui.widgets.text_view import TextView, split_lines

if TYPE_CHECKING:
    from textual.binding import BindingType
    from textual.worker import Worker

# A string may lack its end where a long line is cut: it then reaches to the end of the piece,
# which also keeps the pattern linear in hostile text.
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?$))(?P<key>\s*:)?'
    r"|(?P<fold>[{\[] … [\d,]+ \w+ [}\]])"
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<literal>true|false|null)\b"
)
_NUMBER_OF = {"key": 1, "string": 2, "number": 3, "literal": 4, "fold": 5}
_AT_ONCE = 64 * 1024  # characters shown at once; the rest of a longer text comes in slices
_TURNS_AT_ONCE = 2  # slices of understanding it before anybody else has a turn: 4 to 8 ms
_SPLIT_SLICE = 256 * 1024
_READING = "reading what it is …"


class JsonView(TextView):
    """A text view over which a line tells what is under the cursor, or what the text is.

    Keys, strings, numbers and literals are coloured; objects and lists fold. A text that is not
    JSON, or not to its end, is shown all the same, as it is.
    """

    HEADER_LINES = 1
    PAINTS: ClassVar[tuple[str, ...]] = (
        "json-view--key",
        "json-view--string",
        "json-view--number",
        "json-view--literal",
        "json-view--fold",
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {*PAINTS, "json-view--head", "json-view--path"}

    DEFAULT_CSS = """
    JsonView {
        & > .json-view--key { color: $text-primary; text-style: bold; }
        & > .json-view--string { color: $text-success; }
        & > .json-view--number { color: $text-warning; }
        & > .json-view--literal { color: $text-accent; text-style: italic; }
        & > .json-view--fold { color: $text-muted; text-style: italic; }
        & > .json-view--head { background: $boost; color: $text-muted; }
        & > .json-view--path { color: $foreground; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(OPENING)

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._text = ""
        self._folds: FoldedLines | None = None
        self._what = ""
        self._coloured = False
        self._reading: Worker[None] | None = None
        self._understood = asyncio.Event()
        self._understood.set()

    # The text

    @override
    def set_text(self, text: str) -> None:
        if text == self._text:
            return
        self._text = text
        self._folds = None
        self._what = _READING if text else ""
        self._coloured = looks_like_json(text)
        if self._reading is not None:
            self._reading.cancel()
        self._understood.clear()
        slices, tree = _line_slices(text), lay_out(text)
        lines = next(slices)
        super().set_lines(lines)
        if len(text) <= _AT_ONCE:
            # Most texts are understood before they are drawn.
            try:
                for _ in range(_TURNS_AT_ONCE):
                    next(tree)
            except StopIteration as end:
                self._take(end.value)
                return
        self._reading = self._read_on(lines, slices, tree)

    @override
    def set_lines(self, lines: Sequence[str]) -> None:
        self.set_text("\n".join(lines))

    @work(group="understand", exclusive=True)
    async def _read_on(
        self,
        lines: list[str],
        slices: Iterator[list[str]],
        tree: Generator[None, None, JsonLines | NotJsonError],
    ) -> None:
        for more in slices:
            lines.extend(more)
            await asyncio.sleep(0)
        self.lines_changed(self.virtual_size.width)
        self._take(await in_slices(tree))

    def _take(self, tree: JsonLines | NotJsonError) -> None:
        """Show what the text turned out to be; nothing else moves."""
        if isinstance(tree, NotJsonError):
            self._what = kind_of(self._text, tree.place)
        else:
            self._folds = FoldedLines(tree)
            self._lines = self._folds
            self._rows_changed(self._cursor)
        self._understood.set()
        self._refresh_head()

    async def understood(self) -> None:
        """Wait until the text is known for what it is."""
        await self._understood.wait()

    @property
    def what(self) -> str:
        """What the text is where it is not JSON: `HTML · title`, `text`; unsafe text."""
        return "JSON" if self._folds else self._what

    # Folding

    @property
    def folds(self) -> FoldedLines | None:
        """The rows of the tree; None where the text is no JSON, or not understood yet."""
        return self._folds

    @property
    @override
    def searched(self) -> Sequence[str]:
        return self._folds.lines if self._folds else self._lines

    @override
    def line_at(self, row: int) -> int:
        return self._folds.line_at(row) if self._folds else row

    @override
    def bring_in(self, line: int) -> int:
        if self._folds is None:
            return line
        if self._folds.reveal(line):
            self._rows_changed(self._folds.row_of(line))
        return self._folds.row_of(line)

    @override
    async def find(self, needle: str) -> int:
        self._set_needle(needle)
        await self._understood.wait()
        return await super().find(needle) if needle == self._needle else 0

    def fold(self) -> None:
        """Fold or unfold what begins or ends at the cursor, else what is round it."""
        if self._folds is None:
            return
        tree = self._folds.lines
        here = tree.node(self.line_at(self._cursor))
        node = here if tree.opens(here) else tree.parent(here)
        if node is not None and self._folds.toggle(node):
            self._rows_changed(self._folds.row_of(node))

    def fold_all(self) -> None:
        """Fold all that is in the items of the whole, or unfold everything."""
        if self._folds is not None:
            line = self.line_at(self._cursor)
            self._folds.toggle_all()
            self._rows_changed(self._folds.row_of(line))

    def to_parent(self) -> None:
        """Go to where that begins which the cursor is in."""
        if self._folds is not None:
            line = self._folds.lines.parent(self.line_at(self._cursor))
            self.move_cursor(0 if line is None else self._folds.row_of(line))

    def to_sibling(self) -> None:
        """Go to the next item of the same object or list, or of the one that holds that."""
        if self._folds is None:
            return
        tree = self._folds.lines
        line: int | None = self.line_at(self._cursor)
        while line is not None:
            if (following := tree.sibling(line)) is not None:
                self.move_cursor(self._folds.row_of(following))
                return
            line = tree.parent(line)

    def _rows_changed(self, row: int) -> None:
        """Draw other rows, the cursor at one of them, as high on screen as it was."""
        height = self._cursor - self.top
        self._shown.clear()
        self._cursor = max(0, min(row, self.line_count - 1))
        self.lines_changed(self.virtual_size.width)
        if 0 <= height < self.page:
            self.jump_to(self._cursor - height)
        self._bring_into_view(self._cursor)
        self._make_room()
        self.cursor_moved()

    def action_open(self) -> None:
        """Fold or unfold, as enter opens things elsewhere."""
        self.fold()

    @override
    def line_clicked(self, index: int, chain: int) -> None:
        super().line_clicked(index, chain)
        if chain == 2:  # noqa: PLR2004 - a double click
            self.fold()

    # Under the cursor

    def path_here(self, most: int | None = None) -> str:
        """The path of the value under the cursor, as jq takes it; empty where there is none.

        Args:
            most: characters wanted, about; of a longer path the end.
        """
        if not self._folds:
            return ""
        return self._folds.lines.path(self.line_at(self._cursor), most)

    def value_here(self) -> str:
        """The value under the cursor: the words of a string, else JSON; empty if there is none."""
        return self._folds.lines.value(self.line_at(self._cursor)) if self._folds else ""

    @property
    def depth_here(self) -> int:
        """How many objects and lists are round the value under the cursor."""
        return self._folds.lines.depth(self.line_at(self._cursor)) if self._folds else 0

    @override
    def cursor_moved(self) -> None:
        self._refresh_head()

    def _refresh_head(self) -> None:
        self.refresh(Region(0, 0, self.view_width, self.HEADER_LINES))

    # Drawing

    @override
    def draw_header(self, y: int) -> Strip:
        del y
        width = self.view_width
        base = self.component("json-view--head")
        if not self._folds:
            return Strip([Segment(fit(f" {self._what}", width), base)], width)
        kind = f" {self._folds.lines.kind(self.line_at(self._cursor))} "
        room = max(0, width - len(kind))
        path = _end(shown(f" {self.path_here(2 * width)}"), room)
        bright = self.component("json-view--head", "json-view--path")
        gap = " " * (room - width_of(path))
        rest = fit(gap + kind, width - width_of(path))
        return Strip([Segment(path, bright), Segment(rest, base)], width)

    @override
    def colours(self, line: str, *, inside: bool) -> Iterable[tuple[int, int, int]]:
        if not self._coloured:
            return
        if inside:
            # The middle of a long line is nearly always the middle of a long string.
            yield 0, len(line), _NUMBER_OF["string"]
            return
        for token in _TOKEN.finditer(line):
            name = token.lastgroup or "string"
            end = token.end("string") if name == "key" else token.end()
            yield token.start(), end, _NUMBER_OF[name]


def _end(text: str, width: int) -> str:
    """As much of the end of a text from `shown` as fits, after an ellipsis if that is not all."""
    cells = width_of(text)
    return text if cells <= width else ELLIPSIS + cut(text, cells - width + 1, cells)


def _line_slices(text: str) -> Iterator[list[str]]:
    """The lines of a text, some at a time; the first few come at once."""
    if not text:
        yield []
        return
    start, size = 0, _AT_ONCE
    while (end := _end_of_line(text, start, size)) >= 0:
        yield split_lines(text[start : end + 1])[:-1]
        start, size = end + 1, _SPLIT_SLICE
    yield split_lines(text[start:]) or [""]


def _end_of_line(text: str, start: int, size: int) -> int:
    """The last line feed in some characters, else the first one after them; -1 for none."""
    if start + size >= len(text):
        return -1
    end = text.rfind("\n", start, start + size)
    return end if end >= 0 else text.find("\n", start + size)
