"""Read what differs between two bodies: removed and added lines in colour, a path over them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar, overload

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from typing_extensions import override

from vzaps_tui.ui.widgets.cells import fit
from vzaps_tui.ui.widgets.text_view import TextView

if TYPE_CHECKING:
    from vzaps_tui.domain.diff_lines import DiffLines, Spot

_PAINT_OF = {"-": 1, "+": 2}
_HEADING, _FOLDED = 3, 4


class DiffSections(Sequence[str]):
    """Diffs one below the other, each under a heading."""

    def __init__(self, parts: Iterable[tuple[str, DiffLines | None]] = ()) -> None:
        self._parts = tuple(parts)
        self._begins: list[int] = []
        count = 0
        for _, lines in self._parts:
            self._begins.append(count)
            count += 1 + (len(lines) if lines else 0)
        self._count = count

    @override
    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    @override
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[line] for line in range(*index.indices(len(self)))]
        lines, line = self.at(index)
        return lines[line] if lines is not None else self._heading(index)

    @override
    def __iter__(self) -> Iterator[str]:
        return (self[line] for line in range(len(self)))

    def at(self, index: int) -> tuple[DiffLines | None, int]:
        """The diff that a line is of, and its number there; None for a heading."""
        part = bisect_right(self._begins, index) - 1
        line = index - self._begins[part] - 1
        return (None if line < 0 else self._parts[part][1]), line

    def sign(self, index: int) -> str:
        """`-`, `+`, or a space."""
        lines, line = self.at(index)
        return " " if lines is None else lines.sign(line)

    def path(self, index: int, most: int) -> str:
        """The path of what a line shows; of a heading none."""
        lines, line = self.at(index)
        return "" if lines is None else lines.path(line, most)

    def value(self, index: int) -> str:
        """What a line shows, without sign and indent."""
        lines, line = self.at(index)
        return self._heading(index) if lines is None else lines.value(line)

    def title(self, index: int) -> str:
        """The heading a line stands under."""
        return self._parts[bisect_right(self._begins, index) - 1][0]

    def spot(self, index: int) -> tuple[int, Spot | None]:
        """What a line shows: the number of its diff, and the place in it; None for a heading."""
        lines, line = self.at(index)
        part = bisect_right(self._begins, index) - 1
        return part, None if lines is None else lines.spot(line)

    def line_of(self, spot: tuple[int, Spot | None]) -> int | None:
        """The line that shows something; None where it is folded away."""
        part, inner = spot
        if part >= len(self._parts):
            return None
        lines, heading = self._parts[part][1], self._begins[part]
        if inner is None or lines is None:
            return heading
        found = lines.line_of(inner)
        return None if found is None else heading + 1 + found

    def next_difference(self, index: int, step: int) -> int | None:
        """The next (1) or previous (-1) line where something that differs begins."""
        part = bisect_right(self._begins, index) - 1
        while 0 <= part < len(self._parts):
            lines, first = self._parts[part][1], self._begins[part] + 1
            inside = max(-1, min(index - first, len(lines))) if lines else -1
            found = lines.next_difference(inside, step) if lines else None
            if found is not None:
                return first + found
            part += step
            index = self._count if step < 0 else -1
        return None

    def _heading(self, index: int) -> str:
        return f"── {self._parts[self._begins.index(index)][0]}"


class JsonDiff(TextView):
    """A text view of diffs over which a line tells the path under the cursor."""

    HEADER_LINES = 1
    PAINTS: ClassVar[tuple[str, ...]] = (
        "json-diff--removed",
        "json-diff--added",
        "json-diff--heading",
        "json-diff--folded",
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = {*PAINTS, "json-diff--head"}

    DEFAULT_CSS = """
    JsonDiff {
        & > .json-diff--removed { color: $text-error; }
        & > .json-diff--added { color: $text-success; }
        & > .json-diff--heading { color: $text-primary; text-style: bold; }
        & > .json-diff--folded { color: $text-muted; text-style: italic; }
        & > .json-diff--head { background: $boost; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._sections = DiffSections()
        self._drawn = 0

    @property
    def sections(self) -> DiffSections:
        """What is shown."""
        return self._sections

    def show(self, sections: DiffSections) -> None:
        """Show diffs; the cursor stays at its path if that is still there, else near its line."""
        before, cursor = self._sections, self._cursor
        wanted = before.spot(cursor) if cursor < len(before) else None
        self._sections = sections
        self.set_lines(sections)
        if wanted is not None:
            found = sections.line_of(wanted)
            self.move_cursor(cursor if found is None else found)

    def go(self, step: int) -> bool:
        """To the next (1) or previous (-1) difference; False if there is none."""
        found = self._sections.next_difference(self._cursor, step) if len(self._sections) else None
        if found is not None:
            self.move_cursor(found)
        return found is not None

    def path_here(self, most: int = 20_000) -> str:
        """The path under the cursor, as jq takes it; empty on a heading."""
        return self._sections.path(self._cursor, most) if len(self._sections) else ""

    def value_here(self) -> str:
        """What the line under the cursor shows."""
        return self._sections.value(self._cursor) if len(self._sections) else ""

    @override
    def cursor_moved(self) -> None:
        self.refresh(Region(0, 0, self.view_width, self.HEADER_LINES))

    @override
    def draw_header(self, y: int) -> Strip:
        del y
        width = self.view_width
        words = ""
        if self._cursor < len(self._sections):
            path = self.path_here(max(8, width - 24))
            words = f" {self._sections.title(self._cursor).partition(' ·')[0]} {path}"
        return Strip([Segment(fit(words, width), self.component("json-diff--head"))], width)

    @override
    def draw_line(self, index: int, *, cursor: bool) -> Strip:
        self._drawn = index
        return super().draw_line(index, cursor=cursor)

    @override
    def colours(self, line: str, *, inside: bool) -> Iterable[tuple[int, int, int]]:
        lines, _ = self._sections.at(self._drawn)
        if lines is None:
            yield 0, len(line), _HEADING
        elif paint := _PAINT_OF.get(self._sections.sign(self._drawn)):
            yield 0, len(line), paint
        elif not inside and "…" in line:
            yield 0, len(line), _FOLDED
