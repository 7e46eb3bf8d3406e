"""A text as a tree that can be compared: digests of every part, in flat arrays, of any depth."""

from __future__ import annotations

import re
from array import array
from collections.abc import Generator, Iterator
from functools import lru_cache
from typing import Final

from vzaps_tui.domain.json_skim import looks_like_json, words_of
from vzaps_tui.domain.json_text import CLOSE, OPEN, PAUSE, NotJsonError, Piece, pieces

ROOT: Final = 0
_NO_PARENT: Final = -1
_MASK: Final = 2**63 - 1
_LINES_AT_ONCE: Final = 2_000
_NODES_AT_ONCE: Final = 400
_NOTHING: Final = frozenset({"null", "true", "false", '""', "{}", "[]"})
_SHORTEST_TOLD: Final = 18  # characters of a time to the minute, quotes included
_LONGEST_TOLD: Final = 256  # characters; what always differs is shorter
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# -- what always differs between two deliveries ----------------------------------------------------

_TIME_VALUE: Final = re.compile(
    r'"?\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"?'
)
_EPOCH_VALUE: Final = re.compile(r'"?[12]\d{9}(?:\d{3}){0,3}(?:\.\d+)?"?')
_UUID: Final = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_ID_VALUE: Final = re.compile(rf'"{_UUID}"')
_HASH_VALUE: Final = re.compile(r'"(?:[0-9A-Fa-f]{32,}|[A-Za-z0-9+/_-]{42,}={0,2})"')
_TIME_KEY: Final = re.compile(r"(?:^|.)(?:time(?:stamp)?|date)$|.at$|^(?:at|ts)$", re.IGNORECASE)
_ID_KEY: Final = re.compile(r"^(?:id|ids|uuid|guid|nonce)$|.(?:_ids?|I[dD]s?|_i_ds|uuid)$")
_HASH_KEY: Final = re.compile(r"(?:hash|sha\d*|md5|etag|digest|signature|checksum)$", re.IGNORECASE)


def volatile_kind(key: str, token: str) -> str:
    """`time`, `id` or `hash` for a value that hardly ever is the same twice; else empty.

    Args:
        key: the nearest key round the value, decoded.
        token: the value as JSON writes it. Never an object or a list.
    """
    if token in _NOTHING or len(token) > _LONGEST_TOLD:
        return ""
    return _kind_by_key(key[:_LONGEST_TOLD], token) or _kind_by_value(token)


def _kind_by_key(key: str, token: str) -> str:
    kind = _kind_of_key(key)
    if kind == "time":
        told = _EPOCH_VALUE.fullmatch(token) or _TIME_VALUE.fullmatch(token)
    else:
        # What has a server's name behind it is a person or a chat: no id of this one event.
        told = kind and "@" not in token
    return kind if told else ""


@lru_cache(maxsize=1024)
def _kind_of_key(key: str) -> str:
    """What a key promises its values to be."""
    kinds = {"id": _ID_KEY, "hash": _HASH_KEY, "time": _TIME_KEY}
    return next((kind for kind, pattern in kinds.items() if pattern.search(key)), "")


def _kind_by_value(token: str) -> str:
    if token[0] != '"' or len(token) < _SHORTEST_TOLD:
        return ""
    kinds = {"time": _TIME_VALUE, "id": _ID_VALUE, "hash": _HASH_VALUE}
    return next((kind for kind, pattern in kinds.items() if pattern.fullmatch(token)), "")


# -- the tree --------------------------------------------------------------------------------------


class Tree:
    """Nodes in the order of the text; node 0 is the whole.

    What it costs is about 50 bytes a node beside the text. Two parts are the same if their digests
    are: the order of keys plays no part, numbers count as they are written, a key that repeats
    counts as often as it stands there.
    """

    def __init__(self, text: str, *, is_json: bool) -> None:
        self.text = text
        self.is_json = is_json
        """Else the whole is a list of lines."""
        self.start = array("i")
        """Where a node begins: at its key, if it has one."""
        self.value = array("i")
        """Where its value begins."""
        self.end = array("i")
        """Where its value ends; of what holds something, where its bracket ends."""
        self.after = array("i")
        """The first node that is not in it."""
        self.parent = array("i")
        self.number = array("i")
        """Its place among its siblings."""
        self.items = array("i")
        """How many nodes are right below it."""
        self.exact = array("q")
        """The digest of its value."""
        self.loose = array("q")
        """The same, but any time, id or hash is as good as another."""

    def __len__(self) -> int:
        return len(self.start)

    def append(self, start: int, value: int, end: int, parent: int) -> int:
        """Add a node below another; its number."""
        node = len(self.start)
        self.start.append(start)
        self.value.append(value)
        self.end.append(end)
        self.after.append(node + 1)
        self.parent.append(parent)
        self.number.append(0)
        self.items.append(0)
        self.exact.append(0)
        self.loose.append(0)
        if parent != _NO_PARENT:
            self.number[node] = self.items[parent]
            self.items[parent] += 1
        return node

    def opening(self, node: int) -> str:
        """`{` or `[` for an object or a list, empty or not; else empty."""
        char = self.text[self.value[node] : self.value[node] + 1] if self.is_json else ""
        if node == ROOT and not self.is_json:
            return "["
        return char if char in {"{", "["} else ""

    def holds(self, node: int) -> bool:
        """Whether a node has others below it."""
        return self.items[node] > 0

    def below(self, node: int) -> Iterator[int]:
        """The nodes right below a node, in order."""
        child, end = node + 1, self.after[node]
        while child < end:
            yield child
            child = self.after[child]

    def key_token(self, node: int) -> str:
        """The key as it is written, quotes included; empty where there is none."""
        start, value = self.start[node], self.value[node]
        return self.text[start:value].rstrip(" \t\r\n:") if start < value else ""

    def key(self, node: int) -> str:
        """The key, decoded; empty where there is none."""
        token = self.key_token(node)
        return words_of(token) if token else ""

    def near_key(self, node: int) -> str:
        """The key of a node, or of the list it is an item of."""
        at = node
        while at != _NO_PARENT and self.start[at] == self.value[at]:
            at = self.parent[at]
        return "" if at == _NO_PARENT else self.key(at)

    def token(self, node: int) -> str:
        """A value as it is written; of what holds something its bracket only."""
        return self.text[self.value[node] : self.end[node]]

    def path(self, node: int, most: int) -> str:
        """The path of a node as jq takes it; of one longer than about `most` characters the end."""
        steps: list[str] = []
        room = most
        at = node
        while (above := self.parent[at]) != _NO_PARENT:
            step = self._step(at)
            room -= len(step)
            if room < 0 and steps:
                return "…" + "".join(reversed(steps))
            steps.append(step)
            at = above
        path = "".join(reversed(steps))
        return path if path.startswith(".") else f".{path}"

    def _step(self, node: int) -> str:
        if self.start[node] == self.value[node]:
            return f"[{self.number[node]}]"
        token = self.key_token(node)
        plain = _PLAIN_KEY.fullmatch(token, 1, len(token) - 1)
        return f".{token[1:-1]}" if plain else f"[{token}]"


def grown(text: str) -> Generator[None, None, Tree]:
    """The tree of a text, or its lines where it is no JSON; pauses every few milliseconds."""
    if looks_like_json(text):
        try:
            return (yield from _grow_json(text))
        except NotJsonError:
            pass
    return (yield from _grow_lines(text))


def _grow_json(text: str) -> Generator[None, None, Tree]:
    growing = _Growing(text)
    for piece in pieces(text):
        if piece[0] == PAUSE:
            yield
            continue
        growing.add(piece)
        if not len(growing.tree) % _NODES_AT_ONCE:
            yield
    return growing.tree


def as_lines(text: str) -> Generator[None, None, Tree]:
    """The tree of a text's lines, whatever it is; pauses every few milliseconds."""
    return (yield from _grow_lines(text))


def _grow_lines(text: str) -> Generator[None, None, Tree]:
    tree = Tree(text, is_json=False)
    root = tree.append(0, 0, 0, _NO_PARENT)
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        stop = end - 1 if text[at:end].endswith("\r") else end
        node = tree.append(at, at, stop, root)
        tree.exact[node] = tree.loose[node] = hash(("line", text[at:stop]))
        at = end + 1
        if not node % _LINES_AT_ONCE:
            yield
    tree.after[root] = len(tree)
    tree.exact[root] = tree.loose[root] = hash(("lines", tuple(tree.exact[1:])))
    return tree


class _Open:
    """An object or a list that is being read."""

    __slots__ = ("exact", "is_object", "key", "loose", "node", "seen")

    def __init__(self, node: int, key: str, *, is_object: bool) -> None:
        self.node = node
        self.key = key  # the nearest one round what is in it
        self.is_object = is_object
        self.exact = self.loose = hash("object" if is_object else "list")
        self.seen: dict[str, int] = {}

    def take(self, key: str, exact: int, loose: int) -> None:
        """Count an item that has been read."""
        if self.is_object:
            # A sum, as the order of keys plays no part.
            times = self.seen[key] = self.seen.get(key, -1) + 1
            self.exact = (self.exact + hash((key, times, exact))) & _MASK
            self.loose = (self.loose + hash((key, times, loose))) & _MASK
        else:
            self.exact = hash((self.exact, exact))
            self.loose = hash((self.loose, loose))


class _Growing:
    """A tree while its text is read."""

    def __init__(self, text: str) -> None:
        self.tree = Tree(text, is_json=True)
        self._open: list[_Open] = []

    def add(self, piece: Piece) -> None:
        """Take the next piece of the text."""
        kind, start, value, end = piece
        if kind == CLOSE:
            self._close()
            return
        above = self._open[-1] if self._open else None
        node = self.tree.append(start, value, end, above.node if above else _NO_PARENT)
        key = self.tree.key(node) if start < value else ""
        near = key if start < value or above is None else above.key
        if kind == OPEN:
            self._open.append(_Open(node, near, is_object=self.tree.text[value] == "{"))
            return
        token = self.tree.text[value:end]
        volatile = volatile_kind(near, token)
        exact = _scalar_digest(token)
        self._finish(node, exact, hash((volatile, "any")) if volatile else exact)

    def _close(self) -> None:
        done = self._open.pop()
        self.tree.after[done.node] = len(self.tree)
        self._finish(done.node, done.exact, done.loose)

    def _finish(self, node: int, exact: int, loose: int) -> None:
        self.tree.exact[node], self.tree.loose[node] = exact, loose
        if self._open:
            self._open[-1].take(self.tree.key(node), exact, loose)


def _scalar_digest(token: str) -> int:
    """A digest of a value: words by what they say, numbers by how they are written."""
    if token[0] == '"':
        return hash(("words", words_of(token)))
    return hash(("token", "".join(token.split()) if token[0] in "{[" else token))
