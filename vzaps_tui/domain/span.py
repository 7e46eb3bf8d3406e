"""Which stretch of time a picture of deliveries shows, in which parts, and how that is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import chain, count, pairwise

from vzaps_tui.domain.periods import span_text
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.record import dataclass

CREDIBLE = datetime(2000, 1, 1, tzinfo=UTC)
"""An earlier time is a placeholder (Go's zero time is the year 1), not a time."""
AHEAD = timedelta(days=1)
"""A server's clock or zone may be so far ahead of ours; what is later is no time of a delivery."""
LEAST = timedelta(hours=1)
"""A picture shows no less, so that few rows do not look like a lasting trouble."""

TimeOf = Callable[[int], "datetime | None"]
"""The time of the row at a place of a list; None where it tells none."""

_MICRO = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(minutes * _MINUTE for minutes in (1, 2, 5, 10, 15, 20, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 4, 6, 8, 12)),
    *(days * _DAY for days in (1, 2, 3, 4, 5, 7)),
)
"""Seconds of a part: those that a clock or a calendar is divided by."""
_WEEK = 7 * _DAY
_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_FEWEST = 8
_LONG = timedelta(days=10)
"""From here on the hour of the ends says nothing."""
_PATIENCE = 64
"""Rows without a time that are passed over in search of one that has a time."""
_MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)


@dataclass(frozen=True, slots=True)
class Ends:
    """The credible times of a list's rows.

    Attributes:
        oldest: the first of them.
        newest: the last of them. Both None where no row has one.
        outside: rows whose times cannot be meant; None where their number is not sure.
    """

    oldest: datetime | None = None
    newest: datetime | None = None
    outside: int | None = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """What a picture shows: equal parts of a stretch of time, with round edges.

    Attributes:
        start: where the first part begins, aware.
        end: where the last one ends.
        buckets: how many parts; at least one.
        words: the stretch for people: `last 24 h`, `19 Nov 14:00 - 20 Nov 02:00`.
        outside: rows that lie beyond it as their times cannot be meant; 0 where that is not sure.
    """

    start: datetime
    end: datetime
    buckets: int
    words: str
    outside: int = 0

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Both ends, as a histogram is asked for."""
        return self.start, self.end


def unread(
    start: datetime, end: datetime, buckets: int, whole: tuple[datetime | None, datetime] | None
) -> tuple[bool, ...]:
    """Which equal parts of a stretch lie where not all deliveries were read.

    Args:
        start: where the first part begins.
        end: where the last one ends.
        buckets: how many parts.
        whole: from when (None: ever) until when all were read; None: never.
    """
    if whole is None:
        return (True,) * buckets
    since, until = whole
    each = (end - start) / buckets
    edges = [start + number * each for number in range(buckets + 1)]
    return tuple(
        (since is not None and high <= since) or low > until for low, high in pairwise(edges)
    )


def frame(
    query: DeliveryQuery, rows: int, time_of: TimeOf, most: int, now: datetime
) -> Frame | None:
    """The stretch to show for the rows that match a query: its period, else all they cover.

    Some dozens of rows are looked at, however many there are.

    Args:
        query: the filter.
        rows: how many match.
        time_of: their times by place, the newest at 0.
        most: how many parts there is room for; 8 are made if need be.
        now: aware, in the zone to show.

    Returns:
        None where there is neither a period nor a time.
    """
    ends = ends_of(rows, time_of, now)
    since, until = _period(query, now)
    newest = ends.newest or now
    end = until - _MICRO if until else max(newest, now) if since else newest
    start = since or (ends.oldest and min(ends.oldest, end - LEAST))
    if start is None or start > end:
        return None
    first, last, buckets = parts(start, end, most, now.tzinfo)
    if query.last and since and not (query.since or query.since_word or until):
        words = f"last {span_text(query.last)}"
    else:
        words = between(since or first, until or last, now)
    return Frame(first, last, buckets, words, ends.outside or 0)


def _period(query: DeliveryQuery, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Since when and until when, as far as deliveries can be of that time."""
    asked = query.resolve(now)
    since = asked.since if asked.since and asked.since >= CREDIBLE else None
    until = asked.until if asked.until and CREDIBLE < asked.until <= now + AHEAD else None
    return since, until


def ends_of(rows: int, time_of: TimeOf, now: datetime) -> Ends:
    """The credible times of rows that stand newest first; impossible ones stand at both ends."""
    search = _Search(rows, time_of)
    limit = now + AHEAD
    begin = search.first(lambda moment: moment <= limit)
    stop = search.first(lambda moment: moment < CREDIBLE)
    newest, oldest = search.time_at(begin, 1), search.time_at(stop - 1, -1)
    outside = begin + rows - stop if search.sure else None
    if newest is None or oldest is None or begin >= stop:
        return Ends(outside=outside)
    return Ends(oldest, newest, outside)


class _Search:
    """Finds places in a list by time, reading few of its rows.

    Attributes:
        sure: whether every row that was looked for told a time, or one near it.
    """

    def __init__(self, rows: int, time_of: TimeOf) -> None:
        self._rows = rows
        self._time_of = time_of
        self.sure = True

    def time_at(self, place: int, step: int) -> datetime | None:
        """The time of the row at a place, or of the nearest in a direction that tells one."""
        for _ in range(_PATIENCE):
            if not 0 <= place < self._rows:
                return None
            if (moment := self._time_of(place)) is not None:
                return moment
            place += step
        self.sure = False
        return None

    def first(self, holds: Callable[[datetime], bool]) -> int:
        """The first place from where on it holds; the number of rows if it never does."""
        low, high = 0, self._rows
        while low < high:
            middle = (low + high) // 2
            # What tells no time stands with its neighbours.
            moment = self.time_at(middle, -1) or self.time_at(middle, 1)
            if moment is None or holds(moment):
                high = middle
            else:
                low = middle + 1
        return low


def parts(
    start: datetime, end: datetime, most: int, zone: tzinfo | None
) -> tuple[datetime, datetime, int]:
    """The finest division with round edges around a stretch: first edge, last edge, how many parts.

    Edges fall on what the clock of the zone is divided by: full minutes, hours, days, Mondays.

    Args:
        start: the first moment of the stretch, aware, after 1970.
        end: the last one; it lies before the last edge.
        most: parts there is room for; 8 are made if need be.
        zone: whose clock, as it is set at the start.
    """
    offset = start.astimezone(zone).utcoffset() or timedelta(0)
    origin = _MONDAY - offset
    begins, ends = (start - origin) // _SECOND, (end - origin) // _SECOND
    step = next(step for step in _steps() if ends // step - begins // step < max(_FEWEST, most))
    first, last = begins // step, ends // step + 1
    return origin + first * step * _SECOND, origin + last * step * _SECOND, last - first


def _steps() -> Iterator[int]:
    """Every size a part may have, in seconds, ascending."""
    return chain(_STEPS, (_WEEK << number for number in count(1)))


def between(start: datetime, end: datetime, now: datetime) -> str:
    """A stretch of time for people: `14:00 - 18:00`, `19 Nov 14:00 - 20 Nov 02:00`, `3 Oct - now`.

    All are aware; `now` is in the zone to show. The date is told where it is not today's, the year
    where it is not this one, seconds where there are any, no hour where it says nothing.
    """
    is_long = end - start >= _LONG
    if is_long:
        end = max(start, end - _MICRO)  # a day, not the midnight after it
    begins, ends = _local(start, now), _local(end, now)
    fine = not is_long and bool(begins.second or (ends.second and end < now))
    day = _day(begins) if is_long or _date(begins) != _date(now) else ""
    from_words = _words(begins, now, day, "" if is_long else _clock(begins, fine=fine))
    if end >= now:
        return f"{from_words} - now"
    day = _day(ends) if is_long or _date(ends) != _date(begins) else ""
    return f"{from_words} - {_words(ends, now, day, '' if is_long else _clock(ends, fine=fine))}"


def _words(moment: datetime, now: datetime, day: str, clock: str) -> str:
    year = str(moment.year) if day and moment.year != now.year else ""
    return " ".join(part for part in (day, year, clock) if part)


def _local(moment: datetime, now: datetime) -> datetime:
    try:
        return moment.astimezone(now.tzinfo)
    except OverflowError:  # the edge of the calendar
        return moment


def _date(moment: datetime) -> tuple[int, int, int]:
    return moment.year, moment.month, moment.day


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]}"


def _clock(moment: datetime, *, fine: bool) -> str:
    return f"{moment:%H:%M:%S}" if fine else f"{moment:%H:%M}"


def roughly(span: timedelta) -> str:
    """How long in at most two figures or whole units: `45 s`, `12 min`, `1.5 h`, `20 d`."""
    seconds = span.total_seconds()
    units = (("d", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", 1))
    unit, size = next((pair for pair in units if seconds >= pair[1]), units[-1])
    number = seconds / size
    digits = 0 if number >= 10 or unit == "s" else 1  # noqa: PLR2004 - two figures are enough
    return f"{number:.{digits}f}".removesuffix(".0") + f" {unit}"


def bucket_of(moment: datetime, start: datetime, end: datetime, buckets: int) -> int | None:
    """In which of so many equal parts a moment falls; None where it is in none. All are aware."""
    whole, passed = (end - start) // _MICRO, (moment - start) // _MICRO
    if not 0 <= passed < whole:
        return None
    # Edges are cut to whole microseconds, as they are where rows are counted.
    return -(-(passed + 1) * buckets // whole) - 1
