"""What a person asked to see of the deliveries: a frozen value that can explain itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from functools import cached_property, lru_cache

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass, classify
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.periods import (
    LONGEST,
    back,
    fixed,
    is_span,
    moment_word,
    read_moment,
    read_span,
    relative_word,
    span_text,
)
from vzaps_tui.domain.record import dataclass

FAILED_ONLY = frozenset({StatusClass.FAILED})
MOST_ATTEMPTS = 999_999
_REMEMBERED = 1024
"""Different words of strangers that a question remembers its answers for."""

_CLASSES = range(100, 600, 100)
_CODED = {FailureKind.HTTP_4XX: 4, FailureKind.HTTP_5XX: 5}

Test = Callable[[Delivery], bool]


@dataclass(frozen=True, slots=True, order=True)
class CodeMatch:
    """One way a try may have been answered: a range of HTTP codes, or else a kind of failure.

    Attributes:
        low: first HTTP code that matches.
        high: last one. `low` and `high` 0 stand for no answer: code 0, or none told.
        kind: what kept the answer away; where it is set, codes are not asked for. OTHER matches
            failed rows only.

    Raises:
        ValueError: if the range is neither one code nor one class.
    """

    low: int = 0
    high: int = 0
    kind: FailureKind | None = None

    def __post_init__(self) -> None:
        """Only what has a word."""
        single, hundred = self.low == self.high, self.low % 100 == 0 and self.high == self.low + 99
        if not (single or (hundred and self.low in _CLASSES)) or self.kind in _CODED:
            raise ValueError("ask for one HTTP code, or for a class of them")

    @classmethod
    def exact(cls, code: int) -> CodeMatch:
        """One HTTP code."""
        return cls(code, code)

    @classmethod
    def of_class(cls, hundreds: int) -> CodeMatch:
        """All codes of a class, 1 to 5: 4 for 400 to 499."""
        return cls(hundreds * 100, hundreds * 100 + 99)

    @classmethod
    def of_kind(cls, kind: FailureKind) -> CodeMatch:
        """A kind of failure; HTTP_4XX and HTTP_5XX are classes of codes."""
        return cls.of_class(_CODED[kind]) if kind in _CODED else cls(kind=kind)

    @property
    def is_good(self) -> bool:
        """Whether what was delivered may have been answered so."""
        return 0 < self.low < 400  # noqa: PLR2004 - HTTP's first class of errors

    @property
    def word(self) -> str:
        """As it is written: `404`, `5xx`, `none`, `timeout`."""
        if self.kind is not None:
            return self.kind.value
        if self.low == self.high:
            return str(self.low) if self.low else "none"
        return f"{self.low // 100}xx"


NO_ANSWER = CodeMatch()


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition in words (which may hold unsafe text), and the query without it."""

    text: str
    without: DeliveryQuery


@dataclass(frozen=True)  # no slots: how to test a row is worked out once and kept
class DeliveryQuery:
    """A filter on deliveries; empty sets and text mean "any", all conditions must hold.

    A period is judged by `Delivery.time`. A row without one is in no period; a row from the future,
    as where two clocks differ, is in the `last` hours.

    Attributes:
        statuses: classes to show.
        events: exact event names to show.
        text: substring, any case, of id, event, error, status, code or target host and path.
        also: more substrings that must occur, too; empty where `text` is.
        codes: how the last try was answered: any of these.
        since: first moment to show, aware.
        until: first moment after those to show, aware.
        last: a span that ends now, whenever that is; more than 0, at most `LONGEST`.
        since_word: instead of `since`, a word whose moment depends on now: `yesterday`, `14:00`.
        until_word: instead of `until`, such a word, or a span that ended: `2h` ago.
        min_attempts: fewest tries; 0 is any, also a number not told.

    Raises:
        ValueError: if a moment has no zone or is told twice, a word does not depend on now, or a
            number is outside its limits.
    """

    statuses: frozenset[StatusClass] = frozenset()
    events: frozenset[str] = frozenset()
    text: str = ""
    also: frozenset[str] = frozenset()
    codes: frozenset[CodeMatch] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    last: timedelta | None = None
    min_attempts: int = 0
    since_word: str = ""
    until_word: str = ""

    def __post_init__(self) -> None:
        """One form for one meaning: the query is a key."""
        if self.last is not None and not timedelta(0) < self.last <= LONGEST:
            raise ValueError("a span of time must be more than 0 and less than a century")
        if not 0 <= self.min_attempts <= MOST_ATTEMPTS:
            raise ValueError(f"tries must be 0 to {MOST_ATTEMPTS}")
        also = self.also - {"", self.text}
        if also and not self.text:
            self._settle("text", min(also))
            also -= {self.text}
        self._settle("also", also)
        self._settle("since", self.since and fixed(self.since))
        self._settle("until", self.until and fixed(self.until))
        self._settle("since_word", _one_form(self.since_word, self.since))
        self._settle("until_word", _one_form(self.until_word, self.until))
        if is_span(self.since_word):
            raise ValueError("a span since when is `last`")

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def is_empty(self) -> bool:
        """Whether everything is shown."""
        return self == DeliveryQuery()

    @property
    def failed_only(self) -> bool:
        """Whether it asks for failures and nothing else by status."""
        return self.statuses == FAILED_ONLY

    @property
    def server_status(self) -> str | None:
        """The only filter the API documents: `failed` (CONTRACT 3.5); else None."""
        return "failed" if self.failed_only else None

    @property
    def needles(self) -> tuple[str, ...]:
        """Every text that must occur: `text`, then `also` in order."""
        return (self.text, *sorted(self.also)) if self.text else ()

    def toggled_failed(self) -> DeliveryQuery:
        """Failures only, or any status if that was on."""
        return replace(self, statuses=frozenset() if self.failed_only else FAILED_ONLY)

    @property
    def is_relative(self) -> bool:
        """Whether what it means depends on now."""
        return self.last is not None or bool(self.since_word or self.until_word)

    def resolve(self, now: datetime) -> DeliveryQuery:
        """The same with moments instead of `last` and words; `now` is aware, in the zone meant."""
        if not self.is_relative:
            return self
        until, since = self.until, self.since
        if self.until_word:
            until = read_moment(self.until_word, now, end=True)
        if self.since_word:
            since = read_moment(self.since_word, now, before=until)
        if self.last is not None:
            oldest = back(now, self.last)
            since = max(oldest, since or oldest)
        return replace(self, last=None, since_word="", until_word="", since=since, until=until)

    def matches(self, row: Delivery, now: datetime | None = None) -> bool:
        """Whether a row belongs on the screen; for every row, whatever the server filtered.

        Raises:
            ValueError: if the query is relative and `now` (aware) is not given.
        """
        return self.matcher(now)(row)

    def matcher(self, now: datetime | None = None) -> Test:
        """`matches` for many rows: what can be worked out beforehand is.

        Raises:
            ValueError: as `matches`.
        """
        if not self.is_relative:
            return self._test
        if now is None:
            raise ValueError("what is meant depends on now")
        return _resolved(self, now).matcher()

    @cached_property
    def _test(self) -> Test:
        return _every(list(_tests(self)))

    def chips(self, zone: tzinfo | None = None) -> tuple[Chip, ...]:
        """One chip per condition; moments in `zone`, or in their own with its offset named."""
        return tuple(Chip(text, without) for text, without in _conditions(self, zone))

    def describe(self, zone: tzinfo | None = None) -> tuple[str, ...]:
        """One short text per condition, for chips."""
        return tuple(chip.text for chip in self.chips(zone))


def contains(row: Delivery, needle: str) -> bool:
    """Whether `needle` occurs, any case, in what the list knows of a row.

    Of the target host and path count: never its user info, query or fragment.
    """
    return _seeks(needle)(row)


def _conditions(query: DeliveryQuery, zone: tzinfo | None) -> Iterator[tuple[str, DeliveryQuery]]:
    if query.statuses:
        yield "status: " + " or ".join(sorted(query.statuses)), replace(query, statuses=frozenset())
    if query.events:
        yield "event: " + " or ".join(sorted(query.events)), replace(query, events=frozenset())
    if query.codes:
        words = " or ".join(code.word for code in sorted(query.codes, key=code_order))
        yield f"code: {words}", replace(query, codes=frozenset())
    yield from _period(query, zone)
    if query.min_attempts:
        yield f"tries: {query.min_attempts} or more", replace(query, min_attempts=0)
    for needle in query.needles:
        left = query.also - {needle}
        text = "" if needle == query.text else query.text
        yield f'text: "{needle}"', replace(query, text=text, also=left)


def _period(query: DeliveryQuery, zone: tzinfo | None) -> Iterator[tuple[str, DeliveryQuery]]:
    if query.last:
        yield f"last {span_text(query.last)}", replace(query, last=None)
    if query.since or query.since_word:
        word = query.since_word or (query.since and moment_word(query.since, zone))
        yield f"since {word}", replace(query, since=None, since_word="")
    if query.until or query.until_word:
        word = query.until_word or (query.until and moment_word(query.until, zone))
        if is_span(query.until_word):
            word = f"{span_text(read_span(query.until_word))} ago"
        yield f"until {word}", replace(query, until=None, until_word="")


def _one_form(word: str, moment: datetime | None) -> str:
    found = relative_word(word)
    if word and not found:
        raise ValueError("a word must depend on now; a date is a moment")
    if found and moment is not None:
        raise ValueError("a moment is told twice")
    return found


def code_order(code: CodeMatch) -> tuple[int, int, str]:
    """Sort key: codes by number, then what is no code."""
    return (code.low or MOST_ATTEMPTS, code.high, code.word)


@lru_cache(maxsize=8)
def _resolved(query: DeliveryQuery, now: datetime) -> DeliveryQuery:
    """Asked of every row with the same now."""
    return query.resolve(now)


def _every(tests: list[Test]) -> Test:
    if not tests:
        return lambda _row: True
    if len(tests) == 1:
        return tests[0]

    def holds(row: Delivery) -> bool:
        for test in tests:  # noqa: SIM110 - all() with a generator takes twice as long
            if not test(row):
                return False
        return True

    return holds


def _tests(query: DeliveryQuery) -> Iterator[Test]:
    """A test per condition, cheap ones first: the text is sought where all else holds."""
    if query.statuses:
        yield _has_status(query.statuses)
    if query.events:
        yield lambda row: row.event in query.events
    if query.codes:
        yield _was_answered(query.codes)
    if query.min_attempts:
        yield lambda row: (row.attempts or 0) >= query.min_attempts
    if query.since or query.until:
        yield _is_within(query.since, query.until)
    yield from map(_seeks, query.needles)


def _has_status(statuses: frozenset[StatusClass]) -> Test:
    @lru_cache(maxsize=_REMEMBERED)
    def wanted(status: str, code: int | None) -> bool:
        return classify(status, code) in statuses

    return lambda row: wanted(row.status, row.http_status)


def _was_answered(codes: frozenset[CodeMatch]) -> Test:
    numbers = frozenset[int | None](
        number for code in codes if code.kind is None for number in range(code.low, code.high + 1)
    )
    if 0 in numbers:
        numbers |= {None}
    kinds = frozenset(code.kind for code in codes if code.kind is not None)
    if not kinds:
        return lambda row: row.http_status in numbers
    return lambda row: row.http_status in numbers or _failed_as(row, kinds)


def _failed_as(row: Delivery, kinds: frozenset[FailureKind]) -> bool:
    kind = failure_kind(row)
    return kind in kinds and (
        kind is not FailureKind.OTHER or row.status_class is StatusClass.FAILED
    )


def _is_within(since: datetime | None, until: datetime | None) -> Test:
    def holds(row: Delivery) -> bool:
        moment = row.time
        if moment is None:
            return False
        return (since is None or moment >= since) and (until is None or moment < until)

    return holds


@lru_cache(maxsize=16)
def _seeks(needle: str) -> Test:
    sought = needle.casefold()

    @lru_cache(maxsize=_REMEMBERED)
    def in_status(status: str, code: int | None) -> bool:
        row = Delivery(LogId(""), "", status, "", http_status=code)
        shown = (status, row.status_word, "" if code is None else str(code))
        return any(sought in part.casefold() for part in shown)

    @lru_cache(maxsize=_REMEMBERED)
    def in_target(target: str) -> bool:
        place = target.partition("?")[0].partition("#")[0]
        return sought in (mask_url(place) if "@" in place else place).casefold()

    def found(row: Delivery) -> bool:
        return (
            sought in row.id.casefold()
            or sought in row.event.casefold()
            or in_status(row.status, row.http_status)
            or (row.error is not None and sought in row.error.casefold())
            or (row.target is not None and in_target(row.target))
        )

    return found
