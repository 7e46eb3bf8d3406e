"""Which lines of a JSON text are in view when some of its objects and lists are folded."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, overload

from textual.cache import LRUCache
from typing_extensions import override

if TYPE_CHECKING:
    from vzaps_tui.ui.widgets.json_lines import JsonLines

_ROWS_KEPT = 256


class FoldedLines(Sequence[str]):
    """The rows that are left of the lines; a line is numbered in the whole, a row among those left.

    What is folded stays so inside of something unfolded. A fold costs time only by how many folds
    are in view, the lines hidden cost none.
    """

    def __init__(self, lines: JsonLines) -> None:
        self.lines = lines
        self.all_folded = False
        """Whether everything below the first level is folded but for what was unfolded since."""
        self._odd: set[int] = set()  # lines that are not as `all_folded` says
        self._folds: list[int] = []  # lines folded in view, in order
        self._sizes: list[int] = []  # how many lines each of them hides
        self._hidden: list[int] = []  # how many lines they hide up to and with each
        self._rows: LRUCache[int, str] = LRUCache(_ROWS_KEPT)

    # Rows

    @override
    def __len__(self) -> int:
        return len(self.lines) - (self._hidden[-1] if self._hidden else 0)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    @override
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self._row(row) for row in range(*index.indices(len(self)))]
        return self._row(range(len(self))[index])

    @override
    def __iter__(self) -> Iterator[str]:
        return map(self._row, range(len(self)))

    def _row(self, row: int) -> str:
        known = self._rows.get(row)
        if known is None:
            line = self.line_at(row)
            shown = self.lines.folded(line) if self.is_folded(line) else self.lines[line]
            known = self._rows[row] = shown
        return known

    def line_at(self, row: int) -> int:
        """The line that a row shows."""
        before = bisect_left(range(len(self._folds)), row, key=self._row_of_fold)
        return row + (self._hidden[before - 1] if before else 0)

    def _row_of_fold(self, number: int) -> int:
        return self._folds[number] - self._hidden[number] + self._sizes[number]

    def row_of(self, line: int) -> int:
        """The row that shows a line, or the fold it is in."""
        before = bisect_left(self._folds, line)
        if not before:
            return line
        fold = self._folds[before - 1]
        if line <= fold + self._sizes[before - 1]:
            return self._row_of_fold(before - 1)
        return line - self._hidden[before - 1]

    # Folding

    def is_folded(self, line: int) -> bool:
        """Whether what begins at a line is folded, in view or not."""
        lines = self.lines
        by_rule = self.all_folded and lines.depth(line) > 0 and lines.opens(line)
        return by_rule != (line in self._odd)

    def toggle(self, line: int) -> bool:
        """Fold or unfold what begins at a line in view; False if nothing does."""
        if not self.lines.opens(line):
            return False
        self._odd ^= {line}
        self._look_again(line)
        return True

    def reveal(self, line: int) -> bool:
        """Unfold whatever hides a line; whether anything did."""
        top: int | None = None
        above = self.lines.node(line) if self.lines.closes(line) else self.lines.parent(line)
        while above is not None:
            if self.is_folded(above):
                self._odd ^= {above}
                top = above
            above = self.lines.parent(above)
        if top is not None:
            self._look_again(top)
        return top is not None

    def toggle_all(self) -> None:
        """Fold all that is in the items of the whole, or unfold everything."""
        self.all_folded = not self.all_folded
        self._odd.clear()
        lines = self.lines
        self._folds = list(lines.first_level) if self.all_folded else []
        self._sizes = [lines.close(line) - line for line in self._folds]
        self._count()

    def _look_again(self, line: int) -> None:
        """Find the folds in view from a line to its end anew."""
        end = self.lines.close(line)
        first, last = bisect_left(self._folds, line), bisect_right(self._folds, end)
        folds = [line] if self.is_folded(line) else list(self._folds_within(line, end))
        self._folds[first:last] = folds
        self._sizes[first:last] = [self.lines.close(fold) - fold for fold in folds]
        self._count()

    def _folds_within(self, line: int, end: int) -> Iterator[int]:
        if not self.all_folded:
            # Only what was folded one by one can be folded.
            last = line
            for fold in sorted(odd for odd in self._odd if line < odd <= end):
                if fold > last:
                    yield fold
                    last = self.lines.close(fold)
            return
        openers, skips = self.lines.openers, self.lines.skips
        place = bisect_right(openers, line)
        while place < len(openers) and (opener := openers[place]) < end:
            if self.is_folded(opener):
                yield opener
                place = skips[place]
            else:
                place += 1

    def _count(self) -> None:
        self._hidden = list(accumulate(self._sizes))
        self._rows.clear()
