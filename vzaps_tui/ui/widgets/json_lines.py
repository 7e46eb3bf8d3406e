"""The lines of a JSON text as it is read, and where in the tree each of them stands."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Generator, Iterator, Sequence
from typing import Final, overload

from typing_extensions import override

from vzaps_tui.domain.json_text import CLOSE, OPEN, PAUSE, NotJsonError, pieces

_INDENT = 2
_DEEPEST_INDENT = 40  # levels; what is deeper stays at the same column, or nobody could find it
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BEGINNING: Final = re.compile(r"\ufeff?[ \t\r\n]*+[{\[]")
_NO_PARENT = -1


class JsonLines(Sequence[str]):
    """A JSON text in lines, two spaces a level; a line is put together when it is asked for.

    What it costs is 28 bytes a line beside the text, however deep or wide that is.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = array("i")
        self._value = array("i")
        self._end = array("i")
        self._depth = array("i")
        self._parent = array("i")
        self._close = array("i")
        # Place among its siblings; for a line that closes, how many items there were.
        self._number = array("i")
        self.openers = array("i")
        """The lines that can be folded, in order."""
        self.skips = array("i")
        """For each of `openers`, the place in it of the first that comes after its end."""
        self.first_level = array("i")
        """Those of `openers` that are items of the whole."""

    # Lines

    @override
    def __len__(self) -> int:
        return len(self._start)

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

    def _line(self, line: int) -> str:
        value, end = self._value[line], self._end[line]
        text = self._text[value:end]
        if text[0] in "{[":
            text = text[0] if self.opens(line) else text[0] + text[-1]
        return self._dressed(line, text)

    def folded(self, line: int) -> str:
        """The line of something folded: `"info": { … 12 keys },`."""
        count = self.items(line)
        if self._text[self._value[line]] == "{":
            return self._dressed(line, f"{{ … {count:,} {'key' if count == 1 else 'keys'} }}")
        return self._dressed(line, f"[ … {count:,} {'item' if count == 1 else 'items'} ]")

    def _dressed(self, line: int, text: str) -> str:
        indent = " " * (_INDENT * min(self._depth[line], _DEEPEST_INDENT))
        key = self._key(line)
        comma = "," if self._has_comma(line) else ""
        # An object's line that only opens it has its comma where it ends.
        if text in {"{", "["}:
            comma = ""
        return f"{indent}{key}: {text}{comma}" if key else f"{indent}{text}{comma}"

    def _has_comma(self, line: int) -> bool:
        node = self.node(line)
        parent = self._parent[node]
        return parent != _NO_PARENT and self._number[node] + 1 < self.items(parent)

    def _key(self, line: int) -> str:
        """The key as it is written, quotes included; empty where there is none."""
        start, value = self._start[line], self._value[line]
        return self._text[start:value].rstrip(" \t\r\n:") if start < value else ""

    # The tree

    def opens(self, line: int) -> bool:
        """Whether the line begins an object or a list that holds something."""
        return self._close[line] > line

    def closes(self, line: int) -> bool:
        """Whether the line only ends what another began."""
        return self._text[self._value[line]] in "]}"

    def node(self, line: int) -> int:
        """The line where that begins which this line ends; else the line itself."""
        return self._parent[line] if self.closes(line) else line

    def close(self, line: int) -> int:
        """The line that ends what this one begins; itself if it begins nothing."""
        return self._close[line]

    def depth(self, line: int) -> int:
        """How many objects and lists are round the line's value; 0 for the whole."""
        return self._depth[line]

    def parent(self, line: int) -> int | None:
        """The line that begins what the line's value is an item of; None for the whole."""
        above = self._parent[self.node(line)]
        return None if above == _NO_PARENT else above

    def sibling(self, line: int) -> int | None:
        """The line of the next item of the same object or list; None for the last."""
        node = self.node(line)
        return self._close[node] + 1 if self._has_comma(node) else None

    def items(self, line: int) -> int:
        """How many items begin below this line, without theirs; 0 for what is no container."""
        return self._number[self._close[line]] if self.opens(line) else 0

    def steps(self, line: int) -> Iterator[str]:
        """The path of a line's value in the words of jq, innermost step first."""
        node = self.node(line)
        while (above := self._parent[node]) != _NO_PARENT:
            yield self._step(node)
            node = above

    def _step(self, node: int) -> str:
        key = self._key(node)
        if not key:
            return f"[{self._number[node]}]"
        return f".{key[1:-1]}" if _PLAIN_KEY.fullmatch(key, 1, len(key) - 1) else f"[{key}]"

    def path(self, line: int, most: int | None = None) -> str:
        """The path of a line's value as jq takes it: `.event.info["x-y"][0]`.

        Args:
            line: any line; one that closes has the path of what it closes.
            most: characters wanted, about; of a longer path the end is kept, after an ellipsis.
        """
        steps: list[str] = []
        room = len(self._text) * 8 if most is None else most
        for step in self.steps(line):
            room -= len(step)
            if room < 0 and steps:
                return "…" + "".join(reversed(steps))
            steps.append(step)
        path = "".join(reversed(steps))
        return path if path.startswith(".") else f".{path}"

    # Values

    def kind(self, line: int) -> str:
        """What the value is: `object, 12 keys`, `string`, `number` …."""
        node = self.node(line)
        char = self._text[self._value[node]]
        if char in "{[":
            count = self.items(node)
            name, items = ("object", "key") if char == "{" else ("array", "item")
            return f"{name}, {count:,} {items}{'' if count == 1 else 's'}"
        if char == '"':
            return "string"
        if char in "tf":
            return "boolean"
        return "null" if char == "n" else "number"

    def value(self, line: int) -> str:
        """The value as one copies it: the words of a string, else JSON as it was written."""
        node = self.node(line)
        text = self._text[self._value[node] : self._end[self._close[node]]]
        if text[0] == '"':
            return _words(text)
        # Line feeds are between items only: in strings they are written as an escape.
        return text.replace("\n" + " " * (_INDENT * self._depth[node]), "\n")

    # Building

    def append(self, piece: tuple[int, int, int], depth: int, parent: int, number: int) -> None:
        """Add a line: its piece of the text, how deep it is, below which line, which item."""
        start, value, end = piece
        self._close.append(len(self._start))
        self._start.append(start)
        self._value.append(value)
        self._end.append(end)
        self._depth.append(depth)
        self._parent.append(parent)
        self._number.append(number)

    def opened(self) -> int:
        """Note that the last line can be folded; its place in `openers`."""
        self.openers.append(len(self._start) - 1)
        self.skips.append(0)
        return len(self.openers) - 1

    def ended(self, place: int) -> None:
        """Note that the last line ends what the opener at a place of `openers` began."""
        opener = self.openers[place]
        self._close[opener] = len(self._start) - 1
        self.skips[place] = len(self.openers)
        if self._depth[opener] == 1:
            self.first_level.append(opener)


def _words(text: str) -> str:
    try:
        words: object = json.loads(text, strict=False)
    except ValueError:
        return text
    return words if isinstance(words, str) else text


def lay_out(text: str) -> Generator[None, None, JsonLines | NotJsonError]:
    """Find the lines of a text, pausing (yielding) every few milliseconds.

    A lone word or number counts as text: it is refused at its beginning.
    """
    if not _BEGINNING.match(text):
        return NotJsonError(0)
    lines = JsonLines(text)
    places: list[int] = []  # in the list of openers, of those that are open
    numbers = [0]
    try:
        for kind, start, value, end in pieces(text):
            if kind == PAUSE:
                yield
                continue
            number = numbers.pop()
            if kind == CLOSE:
                place = places.pop()
                lines.append((start, value, end), len(places), lines.openers[place], number)
                lines.ended(place)
                continue
            parent = lines.openers[places[-1]] if places else _NO_PARENT
            lines.append((start, value, end), len(places), parent, number)
            numbers.append(number + 1)
            if kind == OPEN:
                places.append(lines.opened())
                numbers.append(0)
    except NotJsonError as refused:
        return refused
    return lines
