"""Bring two sequences beside each other, at a cost that is bounded."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Generator, Sequence
from typing import Final, TypeAlias

Pair: TypeAlias = tuple[int, int]
_Slow: TypeAlias = Generator[None, None, list[Pair]]
Gap: TypeAlias = tuple[int, int, int, int]
"""From a place up to another in the first sequence, and likewise in the second."""
_Range: TypeAlias = tuple[int, int, int, int, int]

ALONE: Final = -1
_CELLS: Final = 250_000  # of one table; what needs a larger one is looked at for landmarks only
_CELLS_AT_ONCE: Final = 20_000  # without a pause
_ITEMS_AT_ONCE: Final = 5_000
_LEVELS: Final = 12  # of landmarks between landmarks
_LIKE: Final = 0.3  # from which on two parts are taken for one that was changed
_SETS: Final = 8  # cells that comparing two sets costs


class Effort:
    """How much looking for what belongs together may still cost, in comparisons."""

    def __init__(self, cells: int = 4_000_000) -> None:
        self.cells = cells

    def affords(self, cells: int) -> bool:
        """Whether a table of some cells can be paid for."""
        return cells <= min(_CELLS, self.cells)

    def spend(self, cells: int) -> bool:
        """The same; if it can be, it is."""
        if not self.affords(cells):
            return False
        self.cells -= cells
        return True

    def can_liken(self, left: int, right: int) -> bool:
        """Whether that many items can be looked at for what resembles each other."""
        return self.affords(left * right * _SETS)


class Partners:
    """For each place of one sequence that of the other which belongs to it, or ALONE."""

    def __init__(self, left: int, right: int) -> None:
        self.of_left = array("i", [ALONE]) * left
        self.of_right = array("i", [ALONE]) * right

    def join(self, at: int, other: int) -> None:
        """Say that two places belong together."""
        self.of_left[at] = other
        self.of_right[other] = at

    def gaps(self) -> Generator[None, None, list[Gap]]:
        """Runs of places that are alone on both sides at once, in order."""
        found: list[Gap] = []
        at = other = 0
        while at < len(self.of_left) or other < len(self.of_right):
            end = yield from _run(self.of_left, at)
            stop = yield from _run(self.of_right, other)
            if end > at and stop > other:
                found.append((at, end, other, stop))
            at, other = end + 1, stop + 1
            if not at % _ITEMS_AT_ONCE:
                yield
        return found


def _run(partners: array[int], at: int) -> Generator[None, None, int]:
    """The first place from `at` on that is not alone, or the end."""
    while at < len(partners) and partners[at] == ALONE:
        at += 1
        if not at % _ITEMS_AT_ONCE:
            yield
    return at


def join_common(
    left: Sequence[int], right: Sequence[int], effort: Effort, into: Partners
) -> Generator[None, None, None]:
    """Join what both have, in the order of both; as much of it as an effort finds.

    That is the longest common subsequence where it can be paid for. Pauses every few milliseconds.
    """
    ranges: list[_Range] = [(0, len(left), 0, len(right), 0)]
    while ranges:
        start, end, begin, stop, level = yield from _trimmed(left, right, ranges.pop(), into)
        if start == end or begin == stop:
            continue
        some, others = left[start:end], right[begin:stop]
        if effort.spend(len(some) * len(others)):
            for at, other in (yield from _longest(some, others)):
                into.join(start + at, begin + other)
        elif level < _LEVELS:
            landmarks = yield from _landmarks(some, others)
            for one, two in landmarks:
                into.join(start + one, begin + two)
                if one % _ITEMS_AT_ONCE == _ITEMS_AT_ONCE - 1:
                    yield
            ranges += _between(landmarks, (start, end, begin, stop, level + 1))


def _trimmed(
    left: Sequence[int], right: Sequence[int], among: _Range, into: Partners
) -> Generator[None, None, _Range]:
    """Join what is the same at both ends of a range; what is left of it."""
    start, end, begin, stop, level = among
    while start < end and begin < stop and left[start] == right[begin]:
        into.join(start, begin)
        start, begin = start + 1, begin + 1
        if not start % _ITEMS_AT_ONCE:
            yield
    while start < end and begin < stop and left[end - 1] == right[stop - 1]:
        end, stop = end - 1, stop - 1
        into.join(end, stop)
        if not end % _ITEMS_AT_ONCE:
            yield
    return start, end, begin, stop, level


def _between(landmarks: list[Pair], among: _Range) -> list[_Range]:
    """The ranges between landmarks; none without any."""
    start, end, begin, stop, level = among
    ranges: list[_Range] = []
    at, other = start, begin
    for one, two in landmarks:
        if at < start + one and other < begin + two:
            ranges.append((at, start + one, other, begin + two, level))
        at, other = start + one + 1, begin + two + 1
    return [*ranges, (at, end, other, stop, level)] if landmarks else []


def _longest(left: Sequence[int], right: Sequence[int]) -> _Slow:
    """The longest common subsequence, by a table."""
    width = len(right) + 1
    rows: list[list[int]] = [[0] * width]
    spent = 0
    for item in reversed(left):
        under = rows[-1]
        row = [0] * width
        for at in range(width - 2, -1, -1):
            if right[at] == item:
                row[at] = under[at + 1] + 1
            else:
                row[at] = max(row[at + 1], under[at])
        rows.append(row)
        spent += width
        if spent >= _CELLS_AT_ONCE:
            spent = 0
            yield
    rows.reverse()
    pairs: list[Pair] = []
    at = other = 0
    while at < len(left) and other < len(right):
        if left[at] == right[other]:
            pairs.append((at, other))
            at, other = at + 1, other + 1
        elif rows[at + 1][other] >= rows[at][other + 1]:
            at += 1
        else:
            other += 1
    return pairs


def _landmarks(left: Sequence[int], right: Sequence[int]) -> _Slow:
    """What stands once in each, as far as its order is the same in both."""
    counts: tuple[Counter[int], Counter[int]] = (Counter(), Counter())
    for count, items in zip(counts, (left, right), strict=True):
        for at in range(0, len(items), _ITEMS_AT_ONCE):
            if at:
                yield
            count.update(items[at : at + _ITEMS_AT_ONCE])
    places: dict[int, int] = {}
    for at, item in enumerate(left):
        if counts[0][item] == counts[1][item] == 1:
            places[item] = at
        if at % _ITEMS_AT_ONCE == _ITEMS_AT_ONCE - 1:
            yield
    return (yield from _rising(right, places))


def _rising(right: Sequence[int], places: dict[int, int]) -> _Slow:
    """The longest run of pairs, ascending in the second, that ascends in the first too."""
    pairs: list[Pair] = []
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for other, item in enumerate(right):
        if other % _ITEMS_AT_ONCE == _ITEMS_AT_ONCE - 1:
            yield
        if (at := places.get(item)) is None:
            continue
        place = bisect_left(ends, at)
        before.append(last[place - 1] if place else ALONE)
        ends[place : place + 1] = [at]
        last[place : place + 1] = [len(pairs)]
        pairs.append((at, other))
    run: list[Pair] = []
    number = last[-1] if last else ALONE
    while number != ALONE:
        run.append(pairs[number])
        number = before[number]
        if not len(run) % _ITEMS_AT_ONCE:
            yield
    run.reverse()
    return run


def resembling(
    left: Sequence[frozenset[int]], right: Sequence[frozenset[int]], effort: Effort
) -> _Slow:
    """Places of what resembles each other most, in the order of both.

    Args:
        left: for each item what is in it; empty for one that resembles nothing.
        right: the same of the other sequence.
        effort: nothing is found where it is used up.
    """
    if not effort.spend(len(left) * len(right) * _SETS):
        return []
    likeness: dict[Pair, float] = {}
    spent = 0
    for at, one in enumerate(left):
        for other, two in enumerate(right):
            share = len(one & two) / max(len(one), len(two)) if one and two else 0.0
            if share >= _LIKE:
                likeness[at, other] = share
        spent += len(right) * _SETS
        if spent >= _CELLS_AT_ONCE:
            spent = 0
            yield
    return _heaviest(likeness, len(left), len(right))


def _heaviest(likeness: dict[Pair, float], height: int, width: int) -> list[Pair]:
    """Pairs, ascending in both, that resemble each other most, all taken together."""
    rows = [[0.0] * (width + 1) for _ in range(height + 1)]
    for at in range(height - 1, -1, -1):
        under, row = rows[at + 1], rows[at]
        for other in range(width - 1, -1, -1):
            share = likeness.get((at, other))
            taken = share + under[other + 1] if share else 0.0
            row[other] = max(row[other + 1], under[other], taken)
    pairs: list[Pair] = []
    at = other = 0
    while at < height and other < width:
        best, share = rows[at][other], likeness.get((at, other))
        if share and best == share + rows[at + 1][other + 1]:
            pairs.append((at, other))
            at, other = at + 1, other + 1
        elif best == rows[at + 1][other]:
            at += 1
        else:
            other += 1
    return pairs
