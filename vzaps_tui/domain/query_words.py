"""The words of a query line: cutting a line into them, and quoting what must stay whole."""

from __future__ import annotations

import re

from vzaps_tui.domain.query_fields import ALIASES
from vzaps_tui.domain.record import dataclass

_FIELD = re.compile(r"([A-Za-z_]+):(?!//)")  # the beginning of a URL is text
_QUOTED = re.compile(
    r"""(?P<mark>["'])(?P<text>(?:(?!(?P=mark))[^\\]|\\.)*+)(?P<end>(?P=mark)?)""", re.DOTALL
)
_MARKS = ('"', "'")
_SPACE = re.compile(r"\s*")
_BARE_TEXT = re.compile(r"\S*")
_BARE_VALUE = re.compile(r"[^\s,]*")
_ESCAPED = re.compile(r"""\\(?:(["'\\])|u\{([0-9a-fA-F]{1,6})\})""")
_LAST_CHARACTER = 0x10FFFF
NEGATED = re.compile(r"[-!]+([A-Za-z_]+):(?!//)")
"""What others write for "not", before a field; this language has no such thing."""


@dataclass(frozen=True, slots=True)
class Term:
    """One value, or one text to seek.

    Attributes:
        start: where it begins in the line, quotes included.
        end: where it ends, likewise.
        value: what it says, without quotes.
        quoted: whether it was quoted, and so is meant to the letter.
        fault: what is wrong with the quotes; empty if nothing is.
    """

    start: int
    end: int
    value: str
    quoted: bool = False
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """`name:value,value`, or one text.

    Attributes:
        start: where it begins in the line.
        colon: the end of the name, colon included; `start` for a text.
        name: the field in lower case, by its own name; empty for a text.
        terms: at least one, in order; a value that is missing is an empty term.
    """

    start: int
    colon: int
    name: str
    terms: tuple[Term, ...]

    @property
    def end(self) -> int:
        """Where it ends in the line."""
        return self.terms[-1].end


def split(line: str) -> list[Word]:
    """The words of a line; any line has some or none, faults are told in the terms."""
    words: list[Word] = []
    at = _end(_SPACE, line, 0)
    while at < len(line):
        words.append(_word(line, at))
        at = _end(_SPACE, line, words[-1].end)
    return words


def quote(value: str, *, listed: bool = False, plain: bool = True) -> str:
    """As it must be written to be read as itself: bare if it may be, else in quotes, on one line.

    `listed` is a value of a field, where a comma parts; what is not `plain` is quoted in any case.
    """
    bare = _BARE_VALUE if listed else _BARE_TEXT
    whole = value.isprintable() and bare.fullmatch(value) and not value.startswith(_MARKS)
    mistaken = value.startswith("//") if listed else _FIELD.match(value) or NEGATED.match(value)
    if plain and value and whole and not mistaken:
        return value
    return f'"{"".join(map(_escape, value))}"'


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    found = pattern.match(line, at)
    return found.end() if found else at


def _word(line: str, at: int) -> Word:
    named = _FIELD.match(line, at)
    if named is None:
        return Word(at, at, "", (_term(line, at, _BARE_TEXT),))
    terms = [_term(line, named.end(), _BARE_VALUE)]
    while line.startswith(",", terms[-1].end):
        terms.append(_term(line, terms[-1].end + 1, _BARE_VALUE))
    return Word(at, named.end(), own_name(named[1]), tuple(terms))


def own_name(name: str) -> str:
    """The name of a field that people may call otherwise, in lower case."""
    name = name.lower()
    return ALIASES.get(name, name)


def _term(line: str, at: int, bare: re.Pattern[str]) -> Term:
    found = _QUOTED.match(line, at)
    if found is None:
        end = _end(bare, line, at)
        return Term(at, end, line[at:end])
    if not found["end"]:
        return Term(at, len(line), _unescape(line[at + 1 :]), quoted=True, fault="is not closed")
    after = line[found.end() : found.end() + 1]
    parted = not after or after.isspace() or (after == "," and bare is _BARE_VALUE)
    fault = "" if parted else "must be followed by a space"
    return Term(at, found.end(), _unescape(found["text"]), quoted=True, fault=fault)


def _escape(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    return char if char.isprintable() else f"\\u{{{ord(char):x}}}"


def _unescape(quoted: str) -> str:
    return _ESCAPED.sub(_character, quoted)


def _character(escape: re.Match[str]) -> str:
    if escape[1]:
        return escape[1]
    code = int(escape[2], 16)
    return chr(code) if code <= _LAST_CHARACTER else escape[0]
