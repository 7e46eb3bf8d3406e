"""Walk through JSON text of any size and depth: no recursion, no copy, and never long at a time."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import Final, TypeAlias, TypeVar

OPEN, CLOSE, SCALAR, PAUSE = range(4)
Piece: TypeAlias = tuple[int, int, int, int]
"""What it is; where it begins (at its key, if it has one); where its value begins; where it ends.

OPEN begins an object or a list that holds something (what is empty is a SCALAR), CLOSE ends it.
PAUSE tells nothing of the text: a slice of work is done, of 1 to 5 ms.
"""

_SLICE = 64 * 1024  # characters looked at without a pause
_PIECE_COST = 48  # what a piece costs beyond its characters, in characters
_QUICK = 4 * 1024  # characters one pattern may look at
_CUT = 3  # of `1e-5` cut before its last digit a pattern takes the `1`

_WS = r"[ \t\r\n]*+"
_STRING = r'"(?:[^"\\\n]++|\\.)*+"'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?"
# Beyond the standard, what Python writes for floats that are no numbers.
_WORD = r"true|false|null|NaN|-?Infinity"
_VALUE = rf"(?:(?P<open>[\[{{])|{_STRING}|{_NUMBER}|{_WORD})"
_ELEMENT: Final = re.compile(rf"{_WS}(?P<value>{_VALUE})")
_MEMBER: Final = re.compile(rf"{_WS}(?P<key>{_STRING}){_WS}:{_WS}(?P<value>{_VALUE})")
_SPACE: Final = re.compile(_WS)
_STRING_PART: Final = re.compile(r'(?:[^"\\\n]++|\\.)*+')
_BARE: Final = re.compile(r"[-+.0-9A-Za-z]++")
_SCALAR: Final = re.compile(rf"{_NUMBER}|{_WORD}")
_CLOSER: Final = {"{": "}", "[": "]"}

_Span: TypeAlias = tuple[int, int, int]
_Slow: TypeAlias = Generator[Piece, None, _Span]
_PAUSE: Final[Piece] = (PAUSE, 0, 0, 0)


Result = TypeVar("Result")


def at_once(work: Generator[object, None, Result]) -> Result:
    """What work comes to that pauses by yielding; without a pause."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


class NotJsonError(ValueError):
    """The text is not JSON; `place` is the character where that showed."""

    def __init__(self, place: int) -> None:
        super().__init__(f"not JSON from character {place:,}")
        self.place = place


def pieces(text: str) -> Iterator[Piece]:
    """The pieces of a JSON text, in order; keys may repeat, numbers may be of any size.

    Raises:
        NotJsonError: when the walk comes to what is not JSON; what came before was.
    """
    closers: list[str] = []
    at = 1 if text.startswith("\ufeff") else 0
    spent = 0
    while True:
        start, value, end = yield from _item(text, at, keyed=closers[-1:] == ["}"])
        spent += end - at + _PIECE_COST
        first = text[value]
        at, opened = end, first in _CLOSER
        if opened:
            after = yield from _skip_space(text, end)
            if opened := text[after : after + 1] != _CLOSER[first]:
                closers.append(_CLOSER[first])
            else:
                at = after + 1
        yield (OPEN if opened else SCALAR), start, value, at
        if not opened:
            at = yield from _ends(text, at, closers)
            if not closers:
                return
        if spent >= _SLICE:
            spent = 0
            yield _PAUSE


def _ends(text: str, at: int, closers: list[str]) -> Generator[Piece, None, int]:
    """What ends after a value, up to the comma behind it; where the next item may begin."""
    closed = 0
    while closers:
        at = yield from _skip_space(text, at)
        char = text[at : at + 1]
        at += 1
        if char == ",":
            return at
        if char != closers[-1]:
            raise NotJsonError(at - 1)
        closers.pop()
        yield CLOSE, at - 1, at - 1, at
        closed += 1
        if not closed % (_SLICE // _PIECE_COST):
            yield _PAUSE
    at = yield from _skip_space(text, at)
    if at < len(text):
        raise NotJsonError(at)
    return at


def _item(text: str, at: int, *, keyed: bool) -> _Slow:
    """The next value, with its key in an object: where it begins, its value begins, and ends."""
    limit = at + _QUICK
    match = (_MEMBER if keyed else _ELEMENT).match(text, at, limit)
    if match is None or match.end() >= limit - _CUT:
        # Too long for one pattern, or perhaps a number that goes on, or not JSON.
        return (yield from _long_item(text, at, keyed=keyed))
    value = match.start("value")
    return (match.start("key") if keyed else value), value, match.end()


def _long_item(text: str, at: int, *, keyed: bool) -> _Slow:
    start = value = yield from _skip_space(text, at)
    if keyed:
        colon = yield from _skip_space(text, (yield from _string_end(text, start)))
        if text[colon : colon + 1] != ":":
            raise NotJsonError(colon)
        value = yield from _skip_space(text, colon + 1)
    first = text[value : value + 1]
    if first in {"{", "["}:
        end = value + 1
    elif first == '"':
        end = yield from _string_end(text, value)
    else:
        end = yield from _bare_end(text, value)
    return start, value, end


def _skip_space(text: str, at: int) -> Generator[Piece, None, int]:
    while True:
        match = _SPACE.match(text, at, at + _SLICE)
        end = match.end() if match else at
        if end < at + _SLICE:
            return end
        at = end
        yield _PAUSE


def _string_end(text: str, start: int) -> Generator[Piece, None, int]:
    if text[start : start + 1] != '"':
        raise NotJsonError(start)
    at = start + 1
    while True:
        match = _STRING_PART.match(text, at, at + _SLICE)
        at = match.end() if match else at
        char = text[at : at + 1]
        if char == '"':
            return at + 1
        if char == "\\" and text[at + 1 : at + 2] not in {"", "\n"}:
            at += 2  # an escape cut by the end of the slice
        elif char in {"", "\n", "\\"}:
            raise NotJsonError(at)
        yield _PAUSE


def _bare_end(text: str, start: int) -> Generator[Piece, None, int]:
    at = start
    while match := _BARE.match(text, at, at + _SLICE):
        at = match.end()
        yield _PAUSE
    if _SCALAR.fullmatch(text, start, at) is None:
        raise NotJsonError(start)
    return at
