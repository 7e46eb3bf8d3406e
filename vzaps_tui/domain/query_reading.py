"""Reading a query line: every word that can be read counts, of the others it is told why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import get_close_matches

from vzaps_tui.domain.deliveries import StatusClass, classify
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.periods import (
    DAY_WORDS,
    PeriodError,
    is_span,
    read_moment,
    read_span,
    relative_word,
    short,
)
from vzaps_tui.domain.query import MOST_ATTEMPTS, NO_ANSWER, CodeMatch, DeliveryQuery
from vzaps_tui.domain.query_fields import FIELDS, OTHER_NAMES, TEXT_NAMES
from vzaps_tui.domain.query_words import NEGATED, Term, Word, own_name, quote, split


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


Ripe = Callable[[str, Term], bool]
"""Whether a value of a field (of none: a text) is meant as it stands, and not half typed."""

KNOWN_EVENTS = {name.lower(): name for name in FIELDS["event"].values}
_STATUS = {kind.value.lower(): kind for kind in StatusClass}
_CODE_WORDS = {kind.value: CodeMatch.of_kind(kind) for kind in FailureKind} | {
    f"{hundreds}xx": CodeMatch.of_class(hundreds) for hundreds in range(1, 6)
}
_CODE_WORDS["none"] = NO_ANSWER
_NUMBER = re.compile(r"-?[0-9]{1,18}")
_CODE = re.compile(r"[1-9][0-9]{2}")
_TRIES = re.compile(r"(>=|>|≥|)([0-9]{1,7})\+?")
_PERIOD = ("since", "until", "last")


def is_code(word: str) -> bool:
    """Whether it is read as a code without quotes."""
    return word in _CODE_WORDS or _CODE.fullmatch(word) is not None


def _nearest(word: str, names: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(word.lower(), list(names), 1)), None)


class Reading:
    """One line.

    Args:
        text: the line.
        now: aware, in the zone meant.
        ripe: what it says no to is passed over without a word.

    Attributes:
        faults: what could not be read, in the order of the line, an impossible period at the end.
    """

    def __init__(self, text: str, now: datetime, ripe: Ripe | None = None) -> None:
        self.faults: list[QueryError] = []
        self._text = text
        self._now = now
        self._ripe = ripe
        self._statuses: set[StatusClass] = set()
        self._events: set[str] = set()
        self._codes: set[CodeMatch] = set()
        self._needles: list[str] = []
        self._last: timedelta | None = None
        self._moments: dict[str, tuple[datetime | None, str]] = {}
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

    def query(self, *, reversed_too: bool = False) -> DeliveryQuery:
        """Read all of it once; of a period that ends before it begins the last word is left out.

        `reversed_too`: not where that may change by itself as time goes by.
        """
        words = split(self._text)
        before: set[str] = set()
        for word in words:
            try:
                self._take(word, before)
            except QueryError as fault:
                self.faults.append(fault)
            before.add(word.name)
        since, since_word = self._moments.get("since", (None, ""))
        until, until_word = self._moments.get("until", (None, ""))
        query = DeliveryQuery(
            statuses=frozenset(self._statuses),
            events=frozenset(self._events),
            text=self._needles[0] if self._needles else "",
            also=frozenset(self._needles[1:]),
            codes=frozenset(self._codes),
            since=since,
            until=until,
            last=self._last,
            min_attempts=self._tries,
            since_word=since_word,
            until_word=until_word,
        )
        if not self._is_reversed(query) or (reversed_too and query.is_relative):
            return query
        return self._without_last_end(query, words)

    def _is_reversed(self, query: DeliveryQuery) -> bool:
        try:
            told = query.resolve(self._now)
        except PeriodError:  # the calendar ends between both
            return True
        return bool(told.since and told.until and told.since >= told.until)

    def _without_last_end(self, query: DeliveryQuery, words: list[Word]) -> DeliveryQuery:
        word = next(word for word in reversed(words) if word.name in _PERIOD)
        message, hint = "The period ends before it begins", "Swap since and until."
        self.faults.append(QueryError(self._text, word.start, word.end, message, hint))
        if word.name == "until":
            return replace(query, until=None, until_word="")
        return replace(query, since=None, since_word="", last=None)

    def _take(self, word: Word, before: set[str]) -> None:
        if word.name not in self._read:
            raise self._unknown(word)
        if not word.name and not word.terms[0].quoted:
            self._refuse_not(word)
        told = [term for term in word.terms if term.value or term.quoted]
        if word.name and not told:
            raise self._empty(word)
        if word.name and FIELDS[word.name].once and (word.name in before or len(told) > 1):
            message = f"{word.name} can be told only once"
            raise QueryError(self._text, word.start, word.end, message)
        for term in told:
            try:
                self._take_term(word.name, term)
            except QueryError as fault:
                self.faults.append(fault)

    def _take_term(self, name: str, term: Term) -> None:
        if term.fault:
            raise self._fault(term, f"The quote {term.fault}", r"Write \" for a quote itself.")
        if self._ripe is None or self._ripe(name, term):
            self._read[name](term)

    def _fault(self, term: Term, message: str, hint: str = "") -> QueryError:
        return QueryError(self._text, term.start, term.end, message, hint)

    def _empty(self, word: Word) -> QueryError:
        values = list(FIELDS[word.name].values)[:3] or ["any part"]
        hint = f"Such as {word.name}:{quote(values[0])}."
        return QueryError(self._text, word.start, word.end, f"{word.name} needs a value", hint)

    def _unknown(self, word: Word) -> QueryError:
        name = self._text[word.start : word.colon - 1]
        nearest = OTHER_NAMES.get(word.name) or _nearest(word.name, FIELDS)
        if word.name in TEXT_NAMES:
            hint = "Write only the text: it is found there."
        else:
            hint = f"Did you mean {nearest}?" if nearest else f"Fields: {', '.join(FIELDS)}."
            hint += " Put text with a colon in quotes."
        return QueryError(
            self._text, word.start, word.colon, f"There is no field {short(name)}", hint
        )

    def _refuse_not(self, word: Word) -> None:
        found = NEGATED.match(word.terms[0].value)
        name = own_name(found[1]) if found else ""
        if name not in FIELDS:
            return
        hint = "Name what is to be shown, or put it in quotes."
        if name == "status":
            hint = "Such as status:pending,delivered."
        raise self._fault(word.terms[0], "There is no NOT", hint)

    def _needle(self, term: Term) -> None:
        if term.value:
            self._needles.append(term.value)

    def _status(self, term: Term) -> None:
        word = term.value.lower()
        kind = _STATUS.get(word) or classify(word or "?")
        if kind is StatusClass.OTHER and word not in _STATUS:
            nearest = _nearest(word, _STATUS)
            hint = f"Did you mean {nearest}?" if nearest else f"One of {', '.join(_STATUS)}."
            raise self._fault(term, f"There is no status {short(term.value)}", hint)
        self._statuses.add(kind)

    def _event(self, term: Term) -> None:
        known = KNOWN_EVENTS.get(term.value.lower(), term.value)
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
            raise self._fault(term, f"There is no code {short(term.value)}", hint)

    def _read_last(self, term: Term) -> None:
        if self._last is not None:
            raise self._fault(term, "last can be told only once", "since:2h is last:2h.")
        try:
            self._last = read_span(term.value)
        except PeriodError as problem:
            day = term.value.lower().startswith(tuple(DAY_WORDS))
            hint = f"Write since:{short(term.value)}." if day else f"{problem.hint.capitalize()}."
            raise self._fault(term, problem.message, hint) from None

    def _read_since(self, term: Term) -> None:
        if is_span(term.value):
            self._read_last(term)
        else:
            self._moments["since"] = self._moment(term, end=False)

    def _read_until(self, term: Term) -> None:
        self._moments["until"] = self._moment(term, end=True)

    def _moment(self, term: Term, *, end: bool) -> tuple[datetime | None, str]:
        """A moment, or the word for it where it depends on now."""
        try:
            moment = read_moment(term.value, self._now, end=end)
        except PeriodError as problem:
            raise self._fault(term, problem.message, f"{problem.hint.capitalize()}.") from None
        word = relative_word(term.value)
        return (None, word) if word else (moment, "")

    def _read_tries(self, term: Term) -> None:
        found = _TRIES.fullmatch(term.value)
        count = int(found[2]) + (found[1] == ">") if found else -1
        if not 0 <= count <= MOST_ATTEMPTS:
            message = f"{short(term.value)} is no least number of tries"
            raise self._fault(term, message, "Such as tries:>=3.")
        self._tries = count
