"""Find words in very many or very long lines, a slice at a time, so that nothing waits."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

_SLICE = 64 * 1024  # characters looked at without a pause: 1 to 2 ms
_LINE_COST = 32  # what a line costs beyond its characters, in characters
_MOST_IN_LINE = 10_000  # occurrences remembered for one line


class Matches:
    """Occurrences in ascending order of line and column; columns count characters."""

    def __init__(self) -> None:
        self._lines: array[int] = array("q")
        self._columns: array[int] = array("q")
        self.line_count = 0

    def __len__(self) -> int:
        return len(self._lines)

    def add_line(self, line: int, columns: Sequence[int]) -> None:
        """Remember the occurrences in a line; the line comes after all lines before it."""
        if columns:
            self._lines.extend([line] * len(columns))
            self._columns.extend(columns)
            self.line_count += 1

    def _at(self, number: int) -> tuple[int, int]:
        return self._lines[number], self._columns[number]

    def after(self, place: tuple[int, float]) -> tuple[int, int] | None:
        """The first occurrence beyond a (line, column), from the top again after the last."""
        if not len(self):
            return None
        number = bisect_right(range(len(self)), place, key=self._at)
        return self._at(number % len(self))

    def before(self, place: tuple[int, float]) -> tuple[int, int] | None:
        """The last occurrence ahead of a (line, column), from the bottom again after the first."""
        if not len(self):
            return None
        number = bisect_left(range(len(self)), place, key=self._at)
        return self._at(number - 1)


def search(
    lines: Sequence[str], pattern: re.Pattern[str], overlap: int, into: Matches
) -> Iterator[None]:
    """Look through all lines, pausing (yielding) after each slice of work.

    Args:
        lines: where to look.
        pattern: what for; never matches across lines.
        overlap: characters of the longest possible match, less one.
        into: gets what is found.
    """
    spent = 0
    for number, line in enumerate(lines):
        columns: list[int] = []
        for start in range(0, len(line), _SLICE):
            if len(columns) < _MOST_IN_LINE:
                found = pattern.finditer(line, start, start + _SLICE + overlap)
                columns.extend(match.start() for match in found)
            spent += min(_SLICE, len(line) - start)
            if spent >= _SLICE:
                spent = 0
                yield
        into.add_line(number, columns[:_MOST_IN_LINE])
        spent += _LINE_COST
        if spent >= _SLICE:
            spent = 0
            yield
