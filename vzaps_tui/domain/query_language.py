"""The one-line query language: the filter as one types it, and as it is written down."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, tzinfo

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.periods import moment_word, span_word
from vzaps_tui.domain.query import DeliveryQuery, code_order
from vzaps_tui.domain.query_fields import ALIASES, FIELDS
from vzaps_tui.domain.query_reading import KNOWN_EVENTS, QueryError, Reading, is_code
from vzaps_tui.domain.query_words import Term, Word, quote, split
from vzaps_tui.domain.record import dataclass

__all__ = ["Completion", "QueryError", "complete", "parse", "to_text"]


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand at the cursor: `text` in place of what is from `start` to `end`."""

    start: int
    end: int
    text: str
    help: str


_REST_OF_NAME = re.compile(r'[^\s,":]*:?')
_REST_OF_VALUE = re.compile(r'[^\s,"]*')
_REST_OF_QUOTED = re.compile(r"""[^\s,"']*["']?""")
_COUNT = re.compile(r"[0-9]{1,4}")


def parse(text: str, now: datetime, *, kept: bool = False) -> DeliveryQuery:
    """Read a line; texts beside each other must all occur, names and words are taken in any case.

    What is in quotes is meant to the letter. Moments without a zone are in that of `now`, which is
    aware. `since:2h` is `last:2h`; an until-day includes that day. What depends on now, such as
    `yesterday`, stays a word.

    Args:
        text: the line.
        now: aware, in the zone meant.
        kept: the line was good once: a period that is none right now, as of `since:today
            until:14:00` in the morning, is read all the same.

    Raises:
        QueryError: if it cannot be read.
        ValueError: if `now` has no zone.
    """
    if now.utcoffset() is None:
        raise ValueError("now needs its zone")
    reading = Reading(text, now)
    query = reading.query(reversed_too=kept)
    if reading.faults:
        raise reading.faults[0]
    return query


def to_text(query: DeliveryQuery, zone: tzinfo | None = None) -> str:
    """The query as one line, which reads as the same query.

    `zone`: moments are written in its time, so the line must be read with a `now` in that zone;
    without it they name their own. Parts of a second are not written, as nobody means them. A
    period that ends before it begins, which nothing can match, is written but not read.
    """
    codes = sorted(query.codes, key=code_order)
    words = [
        _listed("status", (kind.value.lower() for kind in StatusClass if kind in query.statuses)),
        _listed("event", map(_event_word, sorted(query.events))),
        _listed("code", (quote(code.word, plain=is_code(code.word)) for code in codes)),
        f"last:{span_word(query.last)}" if query.last else "",
        _listed("since", _moment_words(query.since, query.since_word, zone)),
        _listed("until", _moment_words(query.until, query.until_word, zone)),
        f"tries:>={query.min_attempts}" if query.min_attempts else "",
        *map(quote, query.needles),
    ]
    return " ".join(filter(None, words))


def complete(text: str, cursor: int, events: Iterable[str] = ()) -> list[Completion]:
    """What may stand at the cursor, best first; `events` are names seen beside the known ones.

    Never raises: a line that cannot be read has completions as well, or none.
    """
    offers = _completions(text, max(0, min(cursor, len(text))), events)
    return [offer for offer in offers if offer.text != text[offer.start : offer.end]]


def _completions(text: str, cursor: int, events: Iterable[str]) -> list[Completion]:
    words = split(text[:cursor])
    word = words[-1] if words and words[-1].end == cursor else None
    if word is None or not word.name:
        typed = word.terms[0] if word else Term(cursor, cursor, "")
        used = {other.name for other in split(text) if other.name}
        return [] if typed.quoted else _names(text, typed, used)
    if word.name not in FIELDS:
        return []
    offered = _offers(word, events)
    taken = {term.value.lower() for term in word.terms[:-1]}
    left = {name: told for name, told in offered.items() if name.lower() not in taken}
    return _values(text, word.terms[-1], left)


def _listed(name: str, values: Iterable[str]) -> str:
    told = ",".join(values)
    return f"{name}:{told}" if told else ""


def _moment_words(moment: datetime | None, word: str, zone: tzinfo | None) -> Iterator[str]:
    if word := word or (moment_word(moment, zone) if moment else ""):
        yield quote(word, listed=True)


def _event_word(event: str) -> str:
    return quote(event, listed=True, plain=KNOWN_EVENTS.get(event.lower(), event) == event)


def _names(text: str, typed: Term, used: set[str]) -> list[Completion]:
    """Fields that begin as the word does, and fields of which a value does."""
    end, part = _end(_REST_OF_NAME, text, typed), typed.value.lower()
    names = [
        Completion(typed.start, end, f"{name}:", field.help)
        for name, field in FIELDS.items()
        if _is_called(name, part) and not (field.once and name in used)
    ]
    return names + [
        Completion(typed.start, end, f"{name}:{value}", told)
        for name in ("status", "code", "event")
        for value, told in FIELDS[name].values.items()
        if part and value.lower().startswith(part)
    ]


def _is_called(name: str, part: str) -> bool:
    """Whether a field has a name that begins so."""
    others = (other for other, own in ALIASES.items() if own == name)
    return name.startswith(part) or any(part and other.startswith(part) for other in others)


def _offers(word: Word, events: Iterable[str]) -> dict[str, str]:
    offered = dict(FIELDS[word.name].values)
    if word.name == "event":
        offered |= {name: "seen here" for name in sorted(events) if name not in offered}
    count = word.terms[-1].value
    if word.name in ("last", "since") and _COUNT.fullmatch(count):
        units = {"m": "minutes", "h": "hours", "d": "days"}
        return {f"{count}{unit}": f"{count} {told}" for unit, told in units.items()}
    return offered


def _values(text: str, typed: Term, offered: dict[str, str]) -> list[Completion]:
    rest = _REST_OF_QUOTED if typed.quoted else _REST_OF_VALUE
    part, end = typed.value.lower(), _end(rest, text, typed)
    fitting = sorted(
        (name for name in offered if part in name.lower()),
        key=lambda name: not name.lower().startswith(part),
    )
    return [Completion(typed.start, end, _event_word(name), offered[name]) for name in fitting]


def _end(rest: re.Pattern[str], text: str, typed: Term) -> int:
    """The end of the name or value that the cursor is in, which may be behind the cursor."""
    found = rest.match(text, typed.end)
    return found.end() if found else typed.end
