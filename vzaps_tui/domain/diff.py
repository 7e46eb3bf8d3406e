"""What differs between two texts: as trees where both are JSON, else line by line."""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterator
from enum import IntEnum
from itertools import islice
from typing import Final

from vzaps_tui.domain.diff_align import ALONE, Effort, Gap, Partners, join_common, resembling
from vzaps_tui.domain.diff_tree import ROOT, Tree, as_lines, grown

MOST: Final = 24_000_000
"""Characters of both texts together; comparing more takes too long and too much memory."""

_NONE: Final = -1
_END: Final = (-1, -1)
_NODES_AT_ONCE: Final = 2_000
_INSIDE_COST: Final = 25  # what looking inside costs beyond a node, in nodes
_PARTS_AT_ONCE: Final = 50
_MOST_LOOKED_AT: Final = 64  # items of a part, to tell what it resembles


class TooLargeError(ValueError):
    """The texts are too large to be compared; `size` is what they have together, in characters."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size:,} characters are too many to be compared")
        self.size = size


class Edit(IntEnum):
    """What became of a part of the first text."""

    SAME = 0
    INSIDE = 1  # something in it differs; its own edits follow, up to its END
    END = 2
    CHANGED = 3
    REMOVED = 4
    ADDED = 5


class Diff:
    """Edits that lead from one tree to another, in the order they are read.

    Attributes:
        left: the tree of the first text.
        right: that of the second.
        removed: how many parts are in the first only.
        added: how many are in the second only.
        changed: how many values are others.
        quiet: how many values are others as they always are: times, ids, hashes; not in `changed`.
    """

    def __init__(self, left: Tree, right: Tree) -> None:
        self.left = left
        self.right = right
        self.kind = array("b")
        self.of_left = array("i")
        """The node in the first tree; -1 where there is none."""
        self.of_right = array("i")
        self.is_quiet = array("b")
        """Whether only times, ids and hashes differ."""
        self.last = array("i")
        """For INSIDE the number of its END; else the edit itself."""
        self.removed = self.added = self.changed = self.quiet = 0
        self._open: list[int] = []

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def is_same(self) -> bool:
        """Whether nothing differs at all."""
        return not (self.removed or self.added or self.changed or self.quiet)

    @property
    def told(self) -> int:
        """How many differences there are, but for those that always are."""
        return self.removed + self.added + self.changed

    def note(self, kind: Edit, left: int, right: int, *, quiet: bool = False) -> None:
        """Add an edit."""
        place = len(self.kind)
        if kind is Edit.INSIDE:
            self._open.append(place)
        elif kind is Edit.END:
            self.last[self._open.pop()] = place
        self.kind.append(kind)
        self.of_left.append(left)
        self.of_right.append(right)
        self.is_quiet.append(quiet)
        self.last.append(place)
        self._count(kind, quiet=quiet)

    def _count(self, kind: Edit, *, quiet: bool) -> None:
        if kind is Edit.CHANGED:
            self.quiet += quiet
            self.changed += not quiet
        self.removed += kind is Edit.REMOVED
        self.added += kind is Edit.ADDED


def compared(before: str, after: str, most: int = MOST) -> Generator[None, None, Diff]:
    """What differs between two texts; pauses every few milliseconds.

    Raises:
        TooLargeError: they have more than `most` characters together.
    """
    size = len(before) + len(after)
    if size > most:
        raise TooLargeError(size)
    left = yield from grown(before)
    right = yield from grown(after)
    if left.is_json and not right.is_json:
        left = yield from as_lines(before)
    elif right.is_json and not left.is_json:
        right = yield from as_lines(after)
    return (yield from _Comparing(left, right).run())


class _Pairs:
    """Nodes that belong together, -1 where one is alone; two arrays, as there may be very many."""

    def __init__(self) -> None:
        self.left = array("i")
        self.right = array("i")

    def add(self, left: int, right: int) -> None:
        """Add a pair at the end."""
        self.left.append(left)
        self.right.append(right)

    def add_new(self, nodes: array[int]) -> None:
        """Add nodes that only the second tree has."""
        self.left += array("i", [_NONE]) * len(nodes)
        self.right += nodes

    def add_reversed(self, others: _Pairs) -> None:
        """Add pairs so that the first of them will be taken first."""
        self.left += others.left[::-1]
        self.right += others.right[::-1]

    def take(self) -> tuple[int, int]:
        """Take the last pair away."""
        return self.left.pop(), self.right.pop()


class _Comparing:
    """Two trees while they are compared; no recursion, as they may be of any depth."""

    def __init__(self, left: Tree, right: Tree) -> None:
        self._left = left
        self._right = right
        self._diff = Diff(left, right)
        self._effort = Effort()

    def run(self) -> Generator[None, None, Diff]:
        diff = self._diff
        work = _Pairs()
        work.add(ROOT, ROOT)
        spent = 0
        while work.left:
            left, right = pair = work.take()
            if pair == _END:
                diff.note(Edit.END, *_END)
            elif right == _NONE:
                diff.note(Edit.REMOVED, left, right)
            elif left == _NONE:
                diff.note(Edit.ADDED, left, right)
            elif self._goes_inside(left, right):
                work.add(*_END)
                work.add_reversed((yield from self._pairs_below(left, right)))
                spent += _INSIDE_COST
            spent += 1
            if spent >= _NODES_AT_ONCE:
                spent = 0
                yield
        return diff

    def _goes_inside(self, left: int, right: int) -> bool:
        """Note what became of a part that both have; whether what is in it is to be looked at."""
        diff, one, two = self._diff, self._left, self._right
        if one.exact[left] == two.exact[right]:
            diff.note(Edit.SAME, left, right)
            return False
        quiet = one.loose[left] == two.loose[right]
        opening = one.opening(left)
        if opening and opening == two.opening(right):
            diff.note(Edit.INSIDE, left, right, quiet=quiet)
            return True
        if one.is_json and not opening and not two.opening(right):
            diff.note(Edit.CHANGED, left, right, quiet=quiet)
        else:
            diff.note(Edit.REMOVED, left, _NONE)
            diff.note(Edit.ADDED, _NONE, right)
        return False

    def _pairs_below(self, left: int, right: int) -> Generator[None, None, _Pairs]:
        if self._left.opening(left) == "{":
            return (yield from self._by_key(left, right))
        return (yield from self._by_place(left, right))

    # -- objects -----------------------------------------------------------------------------------

    def _by_key(self, left: int, right: int) -> Generator[None, None, _Pairs]:
        """Items of two objects, by key; those of the second only stand behind their neighbour."""
        places = yield from self._keys(self._left, left)
        names = yield from self._keys(self._right, right)
        behind: dict[int, array[int]] = {}
        partner: dict[int, int] = {}
        at = _NONE
        for number, (name, node) in enumerate(names.items(), 1):
            mate = places.get(name, _NONE)
            if mate == _NONE:
                behind.setdefault(at, array("i")).append(node)
            else:
                partner[mate] = node
                at = mate
            if not number % _NODES_AT_ONCE:
                yield
        pairs, none = _Pairs(), array("i")
        pairs.add_new(behind.get(_NONE, none))
        for number, node in enumerate(places.values(), 1):
            pairs.add(node, partner.get(node, _NONE))
            pairs.add_new(behind.get(node, none))
            if not number % _NODES_AT_ONCE:
                yield
        return pairs

    def _keys(self, tree: Tree, node: int) -> Generator[None, None, dict[tuple[str, int], int]]:
        """Items of an object by key, and by how often that stood there before."""
        found: dict[tuple[str, int], int] = {}
        times: dict[str, int] = {}
        for number, child in enumerate(tree.below(node), 1):
            key = tree.key(child)
            time = times[key] = times.get(key, -1) + 1
            found[key, time] = child
            if not number % _NODES_AT_ONCE:
                yield
        return found

    # -- lists -------------------------------------------------------------------------------------

    def _by_place(self, left: int, right: int) -> Generator[None, None, _Pairs]:
        """Items of two lists, beside each other."""
        ones = yield from _listed(self._left.below(left))
        twos = yield from _listed(self._right.below(right))
        partners = Partners(len(ones), len(twos))
        if self._left.loose[left] == self._right.loose[right] and len(ones) == len(twos):
            # Only what always differs: then an id that moved is no news either.
            yield from join_common(ones, ones, self._effort, partners)
        else:
            yield from self._join(ones, twos, partners)
        return (yield from _merged(ones, twos, partners))

    def _join(
        self, ones: array[int], twos: array[int], partners: Partners
    ) -> Generator[None, None, None]:
        left, right = self._left, self._right
        some, others = (yield from _of(left.exact, ones)), (yield from _of(right.exact, twos))
        yield from join_common(some, others, self._effort, partners)
        if not left.is_json:
            return
        some, others = (yield from _of(left.loose, ones)), (yield from _of(right.loose, twos))
        for start, end, begin, stop in (yield from partners.gaps()):
            inner = Partners(end - start, stop - begin)
            yield from join_common(some[start:end], others[begin:stop], self._effort, inner)
            yield from _adopt(inner, partners, start, begin)
        for gap in (yield from partners.gaps()):
            yield from self._join_alike(ones, twos, gap, partners)
        for gap in (yield from partners.gaps()):
            yield from self._join_rest(ones, twos, gap, partners)

    def _join_alike(
        self, ones: array[int], twos: array[int], gap: Gap, partners: Partners
    ) -> Generator[None, None, None]:
        """Join objects and lists of a gap that have much in common."""
        start, end, begin, stop = gap
        if not self._effort.can_liken(end - start, stop - begin):
            return
        sets: list[frozenset[int]] = []
        for tree, nodes in ((self._left, ones[start:end]), (self._right, twos[begin:stop])):
            for node in nodes:
                sets.append(_contents(tree, node))
                if not len(sets) % _PARTS_AT_ONCE:
                    yield
        few, more = sets[: end - start], sets[end - start :]
        for at, other in (yield from resembling(few, more, self._effort)):
            partners.join(start + at, begin + other)

    def _join_rest(
        self, ones: array[int], twos: array[int], gap: Gap, partners: Partners
    ) -> Generator[None, None, None]:
        """Join what is left of a gap one by one, as far as it is of a kind."""
        start, end, begin, stop = gap
        for at, other in zip(range(start, end), range(begin, stop), strict=False):
            if self._left.opening(ones[at]) == self._right.opening(twos[other]):
                partners.join(at, other)
            if at % _NODES_AT_ONCE == _NODES_AT_ONCE - 1:
                yield


def _listed(nodes: Iterator[int]) -> Generator[None, None, array[int]]:
    found = array("i")
    while some := array("i", islice(nodes, _NODES_AT_ONCE)):
        found += some
        if len(some) == _NODES_AT_ONCE:
            yield
    return found


def _of(digests: array[int], nodes: array[int]) -> Generator[None, None, array[int]]:
    """The digests of some nodes."""
    found = array("q")
    for at in range(0, len(nodes), _NODES_AT_ONCE):
        if at:
            yield
        found.extend(digests[node] for node in nodes[at : at + _NODES_AT_ONCE])
    return found


def _adopt(
    inner: Partners, partners: Partners, start: int, begin: int
) -> Generator[None, None, None]:
    for at, other in enumerate(inner.of_left):
        if other != ALONE:
            partners.join(start + at, begin + other)
        if at % _NODES_AT_ONCE == _NODES_AT_ONCE - 1:
            yield


def _contents(tree: Tree, node: int) -> frozenset[int]:
    """What is in a part, to be compared with another's; nothing of a lone value."""
    if not tree.holds(node):
        return frozenset()
    below = islice(tree.below(node), _MOST_LOOKED_AT)
    return frozenset(hash((tree.key(child), tree.loose[child])) for child in below)


def _merged(
    ones: array[int], twos: array[int], partners: Partners
) -> Generator[None, None, _Pairs]:
    """Pairs in order; where some are on one side only, those of the first come first."""
    pairs = _Pairs()
    other = 0
    for at, node in enumerate(ones, 1):
        if not at % _NODES_AT_ONCE:
            yield
        mate = partners.of_left[at - 1]
        if mate == ALONE:
            pairs.add(node, _NONE)
            continue
        pairs.add_new(twos[other:mate])
        pairs.add(node, twos[mate])
        other = mate + 1
    pairs.add_new(twos[other:])
    return pairs
