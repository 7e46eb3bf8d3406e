"""The one-line query language: the filter as one types it, and as it is written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from difflib import get_close_matches

from vzaps_tui.domain.deliveries import StatusClass, classify
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.periods import (
    DAY_WORDS,
    PeriodError,
    is_span,
    moment_word,
    read_moment,
    read_span,
    span_word,
)
from vzaps_tui.domain.query import (
    MOST_ATTEMPTS,
    NO_ANSWER,
    CodeMatch,
    DeliveryQuery,
    code_order,
)
from vzaps_tui.domain.query_fields import FIELDS, OTHER_NAMES
from vzaps_tui.domain.query_words import Term, Word, quote, split


class QueryError(ValueError):
    """A line that cannot be read as a query.

    Attributes:
        text: the line; it may hold unsafe text, and so may message and hint.
        start: where the word in question begins, in characters.
        end: where it ends; `start` only in an empty place.
        message: what is wrong.
        hint: what would be right; may be empty.
    """

    def __init__(self, text: str, start: int, end: int, message: str, hint: str = "") -> None:
        super().__init__(f"{message}. {hint}" if hint else message)
        self.text = text
        self.start = start
        self.end = end
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand at the cursor: `text` in place of what is from `start` to `end`."""

    start: int
    end: int
    text: str
    help: str


_KNOWN_EVENTS = {name.lower(): name for name in FIELDS["event"].values}
_STATUS = {kind.value.lower(): kind for kind in StatusClass}
_CODE_WORDS = {kind.value: CodeMatch.of_kind(kind) for kind in FailureKind} | {
    f"{hundreds}xx": CodeMatch.of_class(hundreds) for hundreds in range(1, 6)
}
_CODE_WORDS["none"] = NO_ANSWER
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_CODE = re.compile(r"[1-9][0-9]{2}")
_REST_OF_NAME = re.compile(r'[^\s,":]*:?')
_REST_OF_VALUE = re.compile(r'[^\s,"]*')
_REST_OF_QUOTED = re.compile(r'[^\s,"]*"?')
_COUNT = re.compile(r"[0-9]{1,4}")
_TRIES = re.compile(r"(>=|>|≥|)([0-9]{1,7})\+?")


def parse(text: str, now: datetime) -> DeliveryQuery:
    """Read a line; texts beside each other must all occur, names and words are taken in any case.

    What is in quotes is meant to the letter. Moments without a zone are in that of `now`, which is
    aware. `since:2h` is `last:2h`; an until-day includes that day.

    Raises:
        QueryError: if it cannot be read.
        ValueError: if `now` has no zone.
    """
    if now.utcoffset() is None:
        raise ValueError("now needs its zone")
    return _Reading(text, now).query()


def to_text(query: DeliveryQuery, zone: tzinfo | None = None) -> str:
    """The query as one line, which reads as the same query.

    `zone`: moments are written in its time, so the line must be read with a `now` in that zone;
    without it they name their own. A period that ends before it begins, which nothing can match, is
    written but not read.
    """
    codes = sorted(query.codes, key=code_order)
    words = [
        _listed("status", (kind.value.lower() for kind in StatusClass if kind in query.statuses)),
        _listed("event", map(_event_word, sorted(query.events))),
        _listed("code", (quote(code.word, plain=_is_code(code.word)) for code in codes)),
        f"last:{span_word(query.last)}" if query.last else "",
        f"since:{quote(moment_word(query.since, zone), listed=True)}" if query.since else "",
        f"until:{quote(moment_word(query.until, zone), listed=True)}" if query.until else "",
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


def _event_word(event: str) -> str:
    return quote(event, listed=True, plain=_KNOWN_EVENTS.get(event.lower(), event) == event)


def _is_code(word: str) -> bool:
    return word in _CODE_WORDS or _CODE.fullmatch(word) is not None


def _nearest(word: str, names: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(word.lower(), list(names), 1)), None)


def _names(text: str, typed: Term, used: set[str]) -> list[Completion]:
    """Fields that begin as the word does, and fields of which a value does."""
    end, part = _end(_REST_OF_NAME, text, typed), typed.value.lower()
    names = [
        Completion(typed.start, end, f"{name}:", field.help)
        for name, field in FIELDS.items()
        if name.startswith(part) and not (field.once and name in used)
    ]
    return names + [
        Completion(typed.start, end, f"{name}:{value}", told)
        for name in ("status", "code", "event")
        for value, told in FIELDS[name].values.items()
        if part and value.lower().startswith(part)
    ]


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


class _Reading:
    """One line on its way to a query."""

    def __init__(self, text: str, now: datetime) -> None:
        self._text = text
        self._now = now
        self._statuses: set[StatusClass] = set()
        self._events: set[str] = set()
        self._codes: set[CodeMatch] = set()
        self._needles: list[str] = []
        self._last: timedelta | None = None
        self._since: datetime | None = None
        self._until: datetime | None = None
        self._tries = 0
        self._read: dict[str, Callable[[Term], None]] = {
            "status": self._status,
            "event": self._event,
            "code": self._code,
            "last": self._read_last,
            "since": self._read_since,
            "until": self._read_until,
            "tries": self._read_tries,
            "text": self._needle,
            "": self._needle,
        }

    def query(self) -> DeliveryQuery:
        """Read all of it."""
        words = split(self._text)
        before: set[str] = set()
        for word in words:
            self._take(word, before)
            before.add(word.name)
        if self._since and self._until and self._since >= self._until:
            last = next(word for word in reversed(words) if word.name in ("since", "until"))
            message = "The period ends before it begins"
            raise QueryError(self._text, last.start, last.end, message, "Swap since and until.")
        return DeliveryQuery(
            statuses=frozenset(self._statuses),
            events=frozenset(self._events),
            text=self._needles[0] if self._needles else "",
            also=frozenset(self._needles[1:]),
            codes=frozenset(self._codes),
            since=self._since,
            until=self._until,
            last=self._last,
            min_attempts=self._tries,
        )

    def _take(self, word: Word, before: set[str]) -> None:
        if word.name not in self._read:
            raise self._unknown(word)
        for term in word.terms:
            if term.fault:
                raise self._fault(term, f"The quote {term.fault}", r"Write \" for a quote itself.")
        told = [term for term in word.terms if term.value or term.quoted]
        if word.name and not told:
            values = list(FIELDS[word.name].values)[:3] or ["any part"]
            hint = f"Such as {word.name}:{quote(values[0])}."
            raise QueryError(self._text, word.start, word.end, f"{word.name} needs a value", hint)
        if word.name and FIELDS[word.name].once and (word.name in before or len(told) > 1):
            message = f"{word.name} can be told only once"
            raise QueryError(self._text, word.start, word.end, message)
        for term in told:
            self._read[word.name](term)

    def _fault(self, term: Term, message: str, hint: str = "") -> QueryError:
        return QueryError(self._text, term.start, term.end, message, hint)

    def _unknown(self, word: Word) -> QueryError:
        nearest = OTHER_NAMES.get(word.name) or _nearest(word.name, FIELDS)
        hint = f"Did you mean {nearest}?" if nearest else f"Fields: {', '.join(FIELDS)}."
        hint += " Put text with a colon in quotes."
        name = self._text[word.start : word.colon - 1]
        return QueryError(self._text, word.start, word.colon, f"There is no field {name:.40}", hint)

    def _needle(self, term: Term) -> None:
        if term.value:
            self._needles.append(term.value)

    def _status(self, term: Term) -> None:
        word = term.value.lower()
        kind = _STATUS.get(word) or classify(word or "?")
        if kind is StatusClass.OTHER and word not in _STATUS:
            nearest = _nearest(word, _STATUS)
            hint = f"Did you mean {nearest}?" if nearest else f"One of {', '.join(_STATUS)}."
            raise self._fault(term, f"There is no status {term.value:.40}", hint)
        self._statuses.add(kind)

    def _event(self, term: Term) -> None:
        known = _KNOWN_EVENTS.get(term.value.lower(), term.value)
        self._events.add(term.value if term.quoted else known)

    def _code(self, term: Term) -> None:
        word = term.value.lower()
        if word in _CODE_WORDS:
            self._codes.add(_CODE_WORDS[word])
        elif _CODE.fullmatch(word) or (term.quoted and _NUMBER.fullmatch(word)):
            self._codes.add(CodeMatch.exact(int(word)))
        else:
            nearest = _nearest(word, (name for name in _CODE_WORDS if name.isalpha()))
            hint = f"Did you mean {nearest}?" if nearest else "Such as 404, 5xx, timeout or none."
            raise self._fault(term, f"There is no code {term.value:.40}", hint)

    def _read_last(self, term: Term) -> None:
        if self._last is not None:
            raise self._fault(term, "last can be told only once", "since:2h is last:2h.")
        try:
            self._last = read_span(term.value)
        except PeriodError as problem:
            day = term.value.lower().startswith(tuple(DAY_WORDS))
            hint = f"Write since:{term.value:.40}." if day else f"{problem.hint.capitalize()}."
            raise self._fault(term, problem.message, hint) from None

    def _read_since(self, term: Term) -> None:
        if is_span(term.value):
            self._read_last(term)
        else:
            self._since = self._moment(term, end=False)

    def _read_until(self, term: Term) -> None:
        self._until = self._moment(term, end=True)

    def _moment(self, term: Term, *, end: bool) -> datetime:
        try:
            return read_moment(term.value, self._now, end=end)
        except PeriodError as problem:
            raise self._fault(term, problem.message, f"{problem.hint.capitalize()}.") from None

    def _read_tries(self, term: Term) -> None:
        found = _TRIES.fullmatch(term.value)
        count = int(found[2]) + (found[1] == ">") if found else -1
        if not 0 <= count <= MOST_ATTEMPTS:
            message = f"{term.value:.40} is no least number of tries"
            raise self._fault(term, message, "Such as tries:>=3.")
        self._tries = count
