"""The filter of a command line: flags and the one-line query language, read as one question."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from vzaps_tui.cli.output import cells
from vzaps_tui.cli.usage import UsageError
from vzaps_tui.domain.query_fields import FIELDS
from vzaps_tui.domain.query_language import QueryError, parse
from vzaps_tui.domain.query_words import quote
from vzaps_tui.domain.text import visible

if TYPE_CHECKING:
    from datetime import datetime

    from vzaps_tui.domain.query import DeliveryQuery

_LISTS = ("status", "event", "code")
_POSSIBLE: Final = {
    "--status": f"Possible: {', '.join(FIELDS['status'].values)}.",
    "--code": "Possible: 100 to 599, a class such as 4xx or 5xx, "
    f"{', '.join(word for word in FIELDS['code'].values if word.isalpha())}.",
}
"""What the values of a flag may be, for a hint."""
_ODD: Final = re.compile("[6-9][0-9][0-9]")
"""Codes that HTTP does not have, but answers may."""
_MOMENTS = ("last", "since", "until", "from_", "to")


class BrokenQueryError(UsageError):
    """The filter cannot be read; its hint points at the word."""

    title = "The filter cannot be read"


def question(filters: Mapping[str, Any], now: datetime) -> DeliveryQuery:
    """The query that the flags ask for; those of one kind are alternatives, kinds must all hold.

    Args:
        filters: by flag: `status`, `event`, `code` and `text` as tuples, `last`, `since`, `until`,
            `query` as texts, `tries` as a number, or `from_`, `to`, `attempts` for these; what was
            not given is empty or None.
        now: aware, in the zone in which moments are meant.

    Raises:
        BrokenQueryError: something of it cannot be read, or is told twice.
    """
    told = tuple(_told(filters))
    for flag, words in told:
        _read(words, now, flag)
    line: str = filters.get("query") or ""
    if line:
        _read(line, now, "--query", points=True)
    whole = " ".join(filter(None, (*(words for _, words in told), line)))
    return _read(whole, now, "the flags together", points=True)


def _told(filters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each flag and its value in words of the language."""
    for name in _LISTS:
        for value in _values(name, filters.get(name) or ()):
            yield f"--{name}", f"{name}:{quote(value, listed=True)}"
    for name in _MOMENTS:
        if (value := filters.get(name)) is not None:
            field = name.rstrip("_")
            yield f"--{field}", f"{field}:{quote(value.strip(), listed=True)}"
    for value in filters.get("text") or ():
        yield "--text", f"text:{quote(value, listed=True)}"
    for name in ("tries", "attempts"):
        if filters.get(name):
            yield f"--{name}", f"tries:>={filters[name]}"


def _values(name: str, told: Iterable[str]) -> Iterator[str]:
    """What stands between the commas.

    Raises:
        BrokenQueryError: nothing does, or a code that no HTTP answer has.
    """
    for words in told:
        for value in map(str.strip, words.split(",")):
            if not value:
                reason = f"--{name}: a value is missing in '{visible(words)}'"
                raise BrokenQueryError(reason, hint=_POSSIBLE.get(f"--{name}"))
            if name == "code" and _ODD.fullmatch(value):
                own = f"Where a receiver made it up, --query code:{value} finds it."
                hint = f"{_POSSIBLE['--code']} {own}"
                raise BrokenQueryError(f"--code: There is no code {value} in HTTP", hint=hint)
            yield value


def _read(line: str, now: datetime, flag: str, *, points: bool = False) -> DeliveryQuery:
    try:
        return parse(line, now)
    except QueryError as problem:
        hint = problem.hint or _POSSIBLE.get(flag) or "See --help."
        if flag == "--code":
            near = hint if hint.startswith("Did you mean") else ""
            hint = f"{near} {_POSSIBLE[flag]}".strip()
        if points:
            hint = f"{_pointer(problem)}\n{hint}"
        raise BrokenQueryError(f"{flag}: {problem.message}", hint=hint) from None


def _pointer(problem: QueryError) -> str:
    """The line, and below it marks under the word in question."""
    text = problem.text
    before = visible(text[: problem.start])
    word = visible(text[problem.start : problem.end])
    marks = " " * cells(before) + "^" * max(1, cells(word))
    return f"{before}{word}{visible(text[problem.end :])}\n{marks}"
