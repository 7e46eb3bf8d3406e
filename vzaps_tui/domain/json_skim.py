"""Read of a JSON text, of any size and depth, what a summary can need."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Final, cast

from vzaps_tui.domain.json_text import CLOSE, OPEN, PAUSE, NotJsonError, Piece, pieces

_DEEPEST: Final = 16  # levels that are kept: the wrappers and an event's own
_MOST_ITEMS: Final = 10_000  # kept of one object or list
_LONGEST_INTEGER: Final = 18  # digits; Python refuses thousands of them, and nobody counts so far
_LONGEST_NUMBER: Final = 400  # characters; what is longer is as good as infinite


def looks_like_json(text: str) -> bool:
    """Whether a text begins like an object or a list."""
    return text[:64].lstrip("\ufeff \t\r\n")[:1] in {"{", "["}


def skimmed(text: str) -> Generator[None, None, object]:
    """What a JSON text holds, without what lies deeper or further than anybody looks.

    Pauses (yields) every few milliseconds. Of a key that repeats the last counts; very large
    numbers are floats. None if the text is no JSON.
    """
    tree = _Tree(text)
    try:
        for piece in pieces(text):
            if piece[0] == PAUSE:
                yield
            else:
                tree.grow(piece)
    except NotJsonError:
        return None
    return tree.root


class _Tree:
    """Objects and lists as they are read, the one being read on top of the pile."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pile: list[dict[object, object] | list[object]] = []
        self._deeper = 0
        self.root: object = None

    def grow(self, piece: Piece) -> None:
        """Add the next piece of the text."""
        kind, start, value, end = piece
        if kind == CLOSE:
            if self._deeper:
                self._deeper -= 1
            else:
                self._pile.pop()
        elif self._deeper or len(self._pile) >= _DEEPEST:
            self._deeper += kind == OPEN
        else:
            self._add(self._text[start:value], self._scalar(value, end), opens=kind == OPEN)

    def _add(self, key: str, value: object, *, opens: bool) -> None:
        into = self._pile[-1] if self._pile else None
        if into is None:
            self.root = value
        elif len(into) < _MOST_ITEMS:
            if isinstance(into, list):
                into.append(value)
            else:
                into[words_of(key.rstrip(" \t\r\n:"))] = value
        if opens and isinstance(value, (dict, list)):
            self._pile.append(cast("dict[object, object] | list[object]", value))

    def _scalar(self, start: int, end: int) -> object:
        first = self._text[start]
        if first == '"':
            return words_of(self._text[start:end])
        empty: dict[str, object] = {"{": {}, "[": [], "t": True, "f": False, "n": None}
        return empty[first] if first in empty else _number(self._text[start:end])


def words_of(token: str) -> str:
    """The words of a string as JSON writes it; as written where an escape is none."""
    if "\\" not in token:
        return token[1:-1]
    try:
        return str(json.loads(token, strict=False))
    except ValueError:
        return token[1:-1]


def _number(token: str) -> float:
    if len(token) <= _LONGEST_INTEGER and token.removeprefix("-").isdecimal():
        return int(token)
    return float(token if len(token) <= _LONGEST_NUMBER else "inf")
