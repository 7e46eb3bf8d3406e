"""Failures folded into causes: what broke, since when, and whether sending again can help."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from vzaps_tui.domain.deliveries import Delivery, StatusClass, classify
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.healing import Cure, cure, name_of, remedy
from vzaps_tui.domain.masking import MASK, mask_url
from vzaps_tui.domain.query import FAILED_ONLY, CodeMatch, DeliveryQuery, contains

BUCKETS = 10
FRESH = timedelta(minutes=5)
"""A cause seen within this time is still failing."""

_CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""An earlier time is a placeholder (Go's zero time is the year 1), not a time."""


class Verdict(StrEnum):
    """Whether to send again now; the values are the words on screen."""

    STILL_FAILING = "still failing"
    MEND_FIRST = "mend first"
    LIKELY = "likely"
    MAY_HELP = "may help"
    UNCLEAR = "unclear"


class CauseKey(NamedTuple):
    """What failures of one cause have in common.

    `code` is None where there was no HTTP answer; `host` has its port, never user info, path or
    query, and is empty where no target is told.
    """

    kind: FailureKind
    code: int | None
    host: str
    event: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures with one cause. Event, host and errors are unsafe text.

    Attributes:
        same: what they have in common.
        rows: they themselves, in the order they were given; at least one.
        share: their part of all failures, more than 0, at most 1.
        first: when the first of them was created.
        last: when the last try of any of them failed. Both None where no time is told.
        tries: fewest and most tries; None where not told.
        spark: how many were created in each of `BUCKETS` equal parts of the time looked at.
        sample: the one that failed last.
        wordings: how many different errors they told.
        taken_since: how many deliveries the same host took after `last`, of the rows looked at; of
            the same event where the host answers with HTTP codes, as handlers differ by event.
        is_fresh: whether it was seen in the last minutes, and the host took nothing since.
    """

    same: CauseKey
    rows: tuple[Delivery, ...]
    share: float
    first: datetime | None
    last: datetime | None
    tries: tuple[int, int] | None
    spark: tuple[int, ...]
    sample: Delivery
    wordings: int
    taken_since: int = 0
    is_fresh: bool = False

    @property
    def key(self) -> str:
        """Its identity as text, the same from one reading to the next."""
        return "\n".join((self.same.kind, str(self.same.code), self.same.host, self.same.event))

    @property
    def count(self) -> int:
        """How many failures."""
        return len(self.rows)

    @property
    def name(self) -> str:
        """What it is in a few words: `502 Bad Gateway`, `timeout`."""
        return name_of(self.same.kind, self.same.code)

    @property
    def sample_error(self) -> str:
        """The sample's own error, one line of any length; the cause's name where it told none."""
        return (self.sample.error or "").strip() or self.name

    @property
    def cure(self) -> Cure:
        """What it needs before a retry helps."""
        return cure(self.same.kind, self.same.code)

    @property
    def can_heal(self) -> bool | None:
        """Whether retrying alone may heal it, once the receiver is back; None = unclear."""
        return self.cure.heals_by_retrying

    @property
    def verdict(self) -> Verdict:
        """Whether to send again now."""
        needs = self.cure
        if needs is Cure.CONTENT or (needs is Cure.MEND and not self.taken_since):
            return Verdict.MEND_FIRST
        if self.is_fresh:
            return Verdict.STILL_FAILING
        if self.taken_since:
            return Verdict.MAY_HELP if needs is Cure.HANDLER else Verdict.LIKELY
        return Verdict.UNCLEAR if needs is Cure.UNCLEAR else Verdict.MAY_HELP

    @property
    def advice(self) -> str:
        """Whether sending again can help, and what to do first, in a sentence or three."""
        fix = remedy(self.same.kind, self.same.code)
        now = "Still failing now. " if self.is_fresh else ""
        since = f"{self.taken_since:,} like it went through since"
        match self.verdict:
            case Verdict.MEND_FIRST:
                others = f" {since}: it is what these carry." if self.taken_since else ""
                return f"{now}Retrying will not heal this. {fix}{others}"
            case Verdict.STILL_FAILING:
                return f"Still failing now, mend it first. {fix}"
            case Verdict.LIKELY:
                return f"{since}: the receiver seems well again, a retry can help now."
            case Verdict.MAY_HELP if self.taken_since:
                return f"{since}: a retry may help. What fails again fails for what it carries."
            case Verdict.MAY_HELP:
                when = "the handler is mended" if self.cure is Cure.HANDLER else "that is over"
                return f"{fix} A retry may help once {when}."
            case Verdict.UNCLEAR:
                return f"{fix} Retry one and see what it leads to."

    def narrowed(self, query: DeliveryQuery) -> DeliveryQuery:
        """`query`, which these failures match, narrowed to them as far as a query can tell them."""
        kind, code, host, event = self.same
        match = CodeMatch.of_kind(kind) if code is None else CodeMatch.exact(code)
        # Text is sought in less than what the host was read from, where user info is odd.
        odd = {row.target: row for row in self.rows if "@" in (row.target or "")}.values()
        found = MASK not in host and all(contains(row, host) for row in (self.sample, *odd))
        told = {host} if host and found else set[str]()
        return replace(
            query,
            statuses=FAILED_ONLY,
            events=frozenset({event}),
            codes=frozenset({match}),
            also=query.also | told,
        )


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look at some rows found.

    Attributes:
        causes: the most frequent first, of those as frequent the one seen last.
        looked_at: how many rows, failed or not.
        begins: the time of the oldest row.
        ends: that of the newest, but not later than now where any is earlier. Sparks are drawn
            between both; both None where no row told a time.
    """

    causes: tuple[Cause, ...]
    looked_at: int
    begins: datetime | None
    ends: datetime | None

    @property
    def failures(self) -> int:
        """How many failures there are."""
        return sum(cause.count for cause in self.causes)


def fold(rows: Iterable[Delivery], now: datetime) -> tuple[Cause, ...]:
    """The causes of the failures among rows, as in `Findings`; `now` is aware."""
    return examine(rows, now).causes


def examine(rows: Iterable[Delivery], now: datetime) -> Findings:
    """Fold the failures among rows, which may be in any order, into causes.

    The rows that were delivered tell what a host took since. Times before the year 2000 count as
    not told; rows from the future, as where clocks differ, are drawn at the end of the spark.
    """
    rows = tuple(rows)
    failed, taken = _sorted_out(rows)
    axis = _axis(rows, now)
    total = sum(map(len, failed.values())) or 1
    causes = [_cause(same, found, total, axis) for same, found in failed.items()]
    causes = [_judged(cause, taken, now) for cause in causes]
    causes.sort(key=lambda cause: (-cause.count, -_stamp(cause.last), cause.key))
    return Findings(tuple(causes), len(rows), axis.begins, axis.ends)


def target_host(target: str | None) -> str:
    """Host and port of a URL in lower case; nothing else of it; empty where there is none."""
    masked = mask_url(target or "")
    head, slashes, after = masked.partition("//")
    rest = after if slashes and (not head or head.endswith(":")) else masked
    for end in "/?#\\":
        rest = rest.partition(end)[0]
    return rest.rpartition("@")[2].lower()


_Raw = tuple[int | None, str | None, str | None, str]
_Taken = dict[str, dict[str, list[float]]]


def _sorted_out(rows: Sequence[Delivery]) -> tuple[dict[CauseKey, list[Delivery]], _Taken]:
    """Failures by cause; and by host and event the times of what went well, in order."""
    failed: dict[CauseKey, list[Delivery]] = {}
    taken: _Taken = {}
    # What strangers wrote is read once: the same few errors and targets come thousands of times.
    host = cache(target_host)
    status_class = cache(classify)
    raw_failed: dict[_Raw, list[Delivery]] = {}
    for row in rows:
        kind = status_class(row.status, row.http_status)
        if kind is StatusClass.FAILED:
            raw = (row.http_status, row.error, row.target, row.event)
            place = raw_failed.get(raw)
            if place is None:
                code = row.http_status or None
                same = CauseKey(failure_kind(row), code, host(row.target), row.event)
                place = raw_failed[raw] = failed.setdefault(same, [])
            place.append(row)
        elif kind is StatusClass.DELIVERED:
            times = taken.setdefault(host(row.target), {}).setdefault(row.event, [])
            times.append(_stamp(row.last_attempt_at or row.time))
    for by_event in taken.values():
        for times in by_event.values():
            times.sort()
    return failed, taken


class _Axis(NamedTuple):
    """The time that sparks are drawn over."""

    begins: datetime | None
    ends: datetime | None
    start: float
    seconds: float

    def bucket(self, stamp: float) -> int:
        """In which part a time falls."""
        if self.seconds <= 0:
            return BUCKETS - 1
        return max(0, min(BUCKETS - 1, int((stamp - self.start) / self.seconds * BUCKETS)))


def _axis(rows: Sequence[Delivery], now: datetime) -> _Axis:
    told = [moment for row in rows if (moment := row.time) and moment >= _CREDIBLE]
    if not told:
        return _Axis(None, None, 0.0, 0.0)
    begins = min(told)
    ends = max(told)
    if ends > now >= begins:
        ends = max(moment for moment in told if moment <= now)
    start = begins.timestamp()
    return _Axis(begins, ends, start, ends.timestamp() - start)


def _stamp(moment: datetime | None) -> float:
    return 0.0 if moment is None else moment.timestamp()


def _cause(same: CauseKey, rows: list[Delivery], total: int, axis: _Axis) -> Cause:
    spark = [0] * BUCKETS
    first: datetime | None = None
    last: datetime | None = None
    sample = rows[0]
    for row in rows:
        begun = row.time
        if begun is not None and begun >= _CREDIBLE:
            spark[axis.bucket(begun.timestamp())] += 1
            if first is None or begun < first:
                first = begun
        tried = row.last_attempt_at or begun
        if tried is not None and tried >= _CREDIBLE and (last is None or tried > last):
            last, sample = tried, row
    told = [row.attempts for row in rows if row.attempts is not None]
    return Cause(
        same=same,
        rows=tuple(rows),
        share=len(rows) / total,
        first=first,
        last=last,
        tries=(min(told), max(told)) if told else None,
        spark=tuple(spark),
        sample=sample,
        wordings=len({row.error for row in rows}),
    )


def _judged(cause: Cause, taken: _Taken, now: datetime) -> Cause:
    """The cause with what happened since it was last seen."""
    last = cause.last
    if last is None:
        return cause
    kind, _, host, event = cause.same
    by_event = taken.get(host, {})
    if kind in (FailureKind.HTTP_4XX, FailureKind.HTTP_5XX):
        by_event = {event: by_event.get(event, [])}
    stamp = _stamp(last)
    since = sum(len(times) - bisect_right(times, stamp) for times in by_event.values())
    return replace(cause, taken_since=since, is_fresh=not since and now - last <= FRESH)
