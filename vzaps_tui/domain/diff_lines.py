"""The lines that show a diff: `-` and `+` before what differs, the rest folded."""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from typing import Final, TypeAlias, overload

from typing_extensions import override

from vzaps_tui.domain.diff import Diff, Edit
from vzaps_tui.domain.diff_tree import ROOT, Tree
from vzaps_tui.domain.record import dataclass

_INDENT: Final = 2
_DEEPEST_INDENT: Final = 40  # levels
_ROWS_AT_ONCE: Final = 2_000
_LEFT, _RIGHT = 0, 1
_WHOLE, _OPENS, _CLOSES, _RUN, _HIDDEN = range(5)
_SIGNS: Final = " -+"
_SAME, _MINUS, _PLUS = range(3)
Spot: TypeAlias = tuple[int, int, bool]
_CLOSER: Final = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Look:
    """What of a diff is shown.

    Attributes:
        same: also what is the same, unfolded.
        quiet: also times, ids and hashes that differ.
    """

    same: bool = False
    quiet: bool = False


class DiffLines(Sequence[str]):
    """Lines of a diff; each is put together when it is asked for, at 19 bytes a line."""

    def __init__(self, left: Tree, right: Tree) -> None:
        self._trees = (left, right)
        self._sign = array("b")
        self._side = array("b")
        self._form = array("b")
        self._node = array("i")
        self._depth = array("i")
        self._count = array("i")
        self._hidden = array("i")

    @override
    def __len__(self) -> int:
        return len(self._sign)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    @override
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self._line(line) for line in range(*index.indices(len(self)))]
        return self._line(index)

    @override
    def __iter__(self) -> Iterator[str]:
        return map(self._line, range(len(self)))

    def sign(self, line: int) -> str:
        """`-`, `+`, or a space for what is the same."""
        return _SIGNS[self._sign[line]]

    def path(self, line: int, most: int) -> str:
        """The path of what a line shows, as jq takes it; of a long one the end."""
        tree = self._trees[self._side[line]]
        if not tree.is_json:
            return f"line {self._node[line]:,}"
        return tree.path(self._node[line], most)

    def spot(self, line: int) -> Spot:
        """What a line shows: the same in every look at a diff."""
        return self._side[line], self._node[line], self._form[line] == _CLOSES

    def line_of(self, spot: Spot) -> int | None:
        """The line that shows something; None where it is folded away."""
        side, node, closes = spot
        line = -1
        with suppress(ValueError):
            while True:
                line = self._node.index(node, line + 1)
                if self._side[line] == side and (self._form[line] == _CLOSES) is closes:
                    return line
        return None

    def value(self, line: int) -> str:
        """What a line shows, without its sign and indent."""
        return self._words(line)

    def next_difference(self, line: int, step: int) -> int | None:
        """The next (1) or previous (-1) place where something that differs begins."""
        at = line + step
        while 0 <= at < len(self):
            if self._sign[at] != _SAME and (at == 0 or self._sign[at - 1] == _SAME):
                return at
            at += step
        return None

    def _line(self, line: int) -> str:
        indent = " " * (_INDENT * min(self._depth[line], _DEEPEST_INDENT))
        return f"{_SIGNS[self._sign[line]]} {indent}{self._words(line)}"

    def _words(self, line: int) -> str:
        tree, node, form = self._trees[self._side[line]], self._node[line], self._form[line]
        if form == _RUN:
            return _run_words(self._count[line], self._hidden[line], is_json=tree.is_json)
        if form == _HIDDEN:
            return f"{key}: …" if (key := tree.key_token(node)) else "…"
        opening = tree.opening(node)
        if form == _CLOSES:
            return _CLOSER[opening]
        key = tree.key_token(node)
        if form == _OPENS:  # even where the other one is what holds something
            value = opening
        else:
            value = _folded(tree, node) if tree.holds(node) else tree.token(node)
        return f"{key}: {value}" if key else value

    def append(self, sign: int, form: int, node: int, depth: int) -> None:
        """Add a line."""
        self._sign.append(sign)
        self._side.append(_LEFT if sign == _MINUS else _RIGHT)
        self._form.append(form)
        self._node.append(node)
        self._depth.append(depth)
        self._count.append(0)
        self._hidden.append(0)

    def append_run(self, node: int, depth: int, same: int, hidden: int) -> None:
        """Add a line for parts that are not shown, the first of which is `node`."""
        self.append(_SAME, _RUN, node, depth)
        self._count[-1], self._hidden[-1] = same, hidden


def _run_words(same: int, hidden: int, *, is_json: bool) -> str:
    what = "" if is_json else " line" if same == 1 else " lines"
    told = (f"{same:,}{what} the same" if same else "", f"{hidden:,} hidden" if hidden else "")
    return f"… {', '.join(filter(None, told))}"


def _folded(tree: Tree, node: int) -> str:
    count = tree.items[node]
    if tree.opening(node) == "{":
        return f"{{ … {count:,} {'key' if count == 1 else 'keys'} }}"
    return f"[ … {count:,} {'item' if count == 1 else 'items'} ]"


def lines_of(diff: Diff, look: Look) -> Generator[None, None, DiffLines]:
    """Lay a diff out in lines; pauses every few milliseconds."""
    laying = _Laying(diff, look)
    at = 0
    while at < len(diff):
        at = yield from laying.lay(at)
        if not at % _ROWS_AT_ONCE:
            yield
    laying.end_run()
    return laying.lines


class _Laying:
    """Lines while they are laid out."""

    def __init__(self, diff: Diff, look: Look) -> None:
        self.lines = DiffLines(diff.left, diff.right)
        self._diff = diff
        self._look = look
        self._depth = 0
        self._opened: list[int] = []
        self._run = 0  # parts that have not been told yet
        self._hidden = 0  # those of them that differ as they always do
        self._run_at = 0

    def lay(self, at: int) -> Generator[None, None, int]:
        """Lay out an edit; the number of the next one."""
        diff = self._diff
        kind, left, right = Edit(diff.kind[at]), diff.of_left[at], diff.of_right[at]
        hides = bool(diff.is_quiet[at]) and not self._look.quiet
        if kind is Edit.SAME or (hides and not self._look.same):
            yield from self._same(right, hides=hides)
            return diff.last[at] + 1
        self.end_run()
        if hides and kind is Edit.CHANGED:
            self.lines.append(_SAME, _HIDDEN, right, self._depth)
            return at + 1
        if kind is Edit.INSIDE:
            self._open(right)
        elif kind is Edit.END:
            self._close()
        else:
            if left >= 0:
                yield from self._whole(diff.left, _MINUS, left)
            if right >= 0:
                yield from self._whole(diff.right, _PLUS, right)
        return at + 1

    # A list of lines has no brackets of its own: its edits stand at the left edge.

    def _open(self, node: int) -> None:
        self._opened.append(node)
        if self._diff.right.is_json:
            self.lines.append(_SAME, _OPENS, node, self._depth)
            self._depth += 1

    def _close(self) -> None:
        node = self._opened.pop()
        if self._diff.right.is_json:
            self._depth -= 1
            self.lines.append(_SAME, _CLOSES, node, self._depth)

    def _same(self, node: int, *, hides: bool) -> Generator[None, None, None]:
        if self._look.same:
            yield from self._whole(self._diff.right, _SAME, node)
            return
        if not self._run:
            self._run_at = node
        self._run += 1
        self._hidden += hides

    def end_run(self) -> None:
        """Tell what was the same or is hidden since the last difference that is shown."""
        is_json, node, same = self._diff.right.is_json, self._run_at, self._run - self._hidden
        if self._run == 1 and same and (node != ROOT or is_json):
            self.lines.append(_SAME, _WHOLE, node, self._depth)
        elif self._run:
            if node == ROOT and not is_json:
                same = self._diff.right.items[ROOT]
            self.lines.append_run(node, self._depth, same, self._hidden)
        self._run = self._hidden = 0

    def _whole(self, tree: Tree, sign: int, node: int) -> Generator[None, None, None]:
        """Every line of a part."""
        opened: list[int] = []
        # The list of lines has none of its own.
        first = node if tree.is_json or node != ROOT else node + 1
        for at in range(first, tree.after[node]):
            while opened and tree.after[opened[-1]] == at:
                self._closed(sign, opened)
            form = _OPENS if tree.holds(at) else _WHOLE
            self.lines.append(sign, form, at, self._depth + len(opened))
            if form == _OPENS:
                opened.append(at)
            if not at % _ROWS_AT_ONCE:
                yield
        while opened:
            self._closed(sign, opened)

    def _closed(self, sign: int, opened: list[int]) -> None:
        node = opened.pop()
        self.lines.append(sign, _CLOSES, node, self._depth + len(opened))
