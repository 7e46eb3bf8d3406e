"""Moments and spans of time as a person writes them, in the zone that person lives in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

LONGEST = timedelta(days=36_500)
"""No span is longer: enough for any log, and always on the calendar from today."""
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60

DAY_WORDS = {"today": 0, "yesterday": 1}
"""Days by name, and how many days ago they were."""
_SPAN = (
    r"(?:(?P<weeks>[0-9]{1,5})w)?(?:(?P<days>[0-9]{1,6})d)?(?:(?P<hours>[0-9]{1,7})h)?"
    r"(?:(?P<minutes>[0-9]{1,9})m(?:in)?)?"
    r"(?:(?P<seconds>[0-9]{1,10})(?:\.(?P<microseconds>[0-9]{1,6}))?s)?"
)
_MOMENT = (
    r"(?:(?P<name>[a-z]+)|(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2}))?"
    r"(?:(?:^|[t ])(?P<clock>(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,6})?)?)"
    r"(?: ?(?P<zone>z|[+-][0-9]{2}:?[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{6})?)?))?)?"
)
_LONGEST_WORD = 20
_EXAMPLES = 'such as 2h, yesterday, 14:00, 2026-11-20 or "2026-11-20 14:00"'


class PeriodError(ValueError):
    """A word that names no moment or span, and in words why, and what would."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def short(word: str) -> str:
    """A word in a message: it stands there to be known again, and marks show it whole."""
    return word if len(word) <= _LONGEST_WORD else f"{word[: _LONGEST_WORD - 1]}…"


def read_span(word: str) -> timedelta:
    """A span from `30m`, `2h`, `7d`, `2w`, `1h30m`, `90s`; more than 0, at most `LONGEST`.

    Raises:
        PeriodError: if it is none.
    """
    span = _span(word)
    if span is None:
        raise PeriodError(f"{short(word)} is no span of time", "such as 30m, 2h, 24h or 7d")
    return span


def _span(word: str) -> timedelta | None:
    found = re.fullmatch(_SPAN, word.lower())
    if not found or not word:
        return None
    parts = {unit: int(count) for unit, count in found.groupdict().items() if count}
    if fraction := found["microseconds"]:
        parts["microseconds"] = int(fraction.ljust(6, "0"))
    span = timedelta(**parts)
    if not timedelta(0) < span <= LONGEST:
        raise PeriodError(f"{short(word)} is too long or nothing at all", "up to 36500d")
    return span


def is_span(word: str) -> bool:
    """Whether it is written as a span, whatever its length."""
    return bool(word and re.fullmatch(_SPAN, word.lower()))


def read_moment(
    word: str, now: datetime, *, end: bool = False, before: datetime | None = None
) -> datetime:
    """A moment from `2h` (ago), `today`, `yesterday 9:00`, `14:00`, a date, date and time, ISO.

    What names no zone is in that of `now`, which is aware. A clock time without a day is the last
    one up to `now`, or up to `before` if that is earlier: only a day leads into the future. A time
    that the clock shows twice is the first one, one that it skips is read as if the clock had not
    been moved; parts of a second are dropped. Where the moment is the `end` of a period, a day is
    the first moment of the next, and of two times it is the second.

    Raises:
        PeriodError: if it is none, or not on the calendar.
    """
    typed = " ".join(word.split())
    word = typed.lower()
    found = re.fullmatch(_MOMENT, word)
    try:
        if (span := _span(word)) is not None:
            return (fixed(now) - span).astimezone(now.tzinfo)
        if word and found and found["clock"] and not (found["name"] or found["year"]):
            return fixed(_last_time(found, min(now, before or now), now, end=end))
        if word and found and (found["name"] or "today") in DAY_WORDS:
            return fixed(_on_calendar(found, now, end=end))
    except PeriodError:
        raise
    except (ValueError, OverflowError):
        raise PeriodError(
            f"{short(typed)} is not on the calendar or the clock", _EXAMPLES
        ) from None
    raise PeriodError(f"{short(typed) or 'nothing'} is no moment", _EXAMPLES)


def relative_word(word: str) -> str:
    """One spelling of a word whose moment depends on now; empty for a date, and for no moment.

    `Yesterday  9:30` is `yesterday 09:30`, `120min` is `2h`.
    """
    word = " ".join(word.split()).lower()
    if is_span(word):
        return span_word(read_span(word))
    found = re.fullmatch(_MOMENT, word)
    if not word or not found or found["year"] or (found["name"] or "today") not in DAY_WORDS:
        return ""
    clock = ""
    if found["clock"]:
        parts = [found[name] for name in ("hour", "minute", "second") if found[name]]
        clock = ":".join(part.zfill(2) for part in parts) + (found["zone"] or "")
    return " ".join(filter(None, (found["name"], clock)))


def _zone(found: re.Match[str]) -> tzinfo | None:
    return datetime.strptime(found["zone"].upper(), "%z").tzinfo if found["zone"] else None


def _on_calendar(found: re.Match[str], now: datetime, *, end: bool) -> datetime:
    zone = _zone(found)
    if found["year"]:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    else:
        today = (now if zone is None else now.astimezone(zone)).date()
        day = today - timedelta(days=DAY_WORDS[found["name"]])
    if not found["clock"]:
        day += timedelta(days=1 if end else 0)
        return datetime(day.year, day.month, day.day, tzinfo=now.tzinfo)
    told = _at(found, day, zone or now.tzinfo)
    return _second_time(told) if end else told


def _last_time(found: re.Match[str], limit: datetime, now: datetime, *, end: bool) -> datetime:
    """The last time a clock showed this, up to a moment."""
    zone = _zone(found) or now.tzinfo
    today = limit.astimezone(zone).date()
    told = _at(found, today, zone)
    for moment in (_second_time(told), told) if end else (told,):
        if fixed(moment) <= limit:
            return moment
    told = _at(found, today - timedelta(days=1), zone)
    return _second_time(told) if end else told


def _at(found: re.Match[str], day: date, zone: tzinfo | None) -> datetime:
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone)


def _second_time(told: datetime) -> datetime:
    """The later of two instants that a clock tells alike."""
    again = told.replace(fold=1)
    return again if fixed(again) > fixed(told) else told


def fixed(moment: datetime) -> datetime:
    """The same instant and wall clock with a plain offset for a zone; `moment` is aware.

    In the hour that a zone repeats, Python holds times of two zones for unequal, whatever instant
    they are: as parts of a key they would be lost.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a moment needs its zone")
    return moment.replace(tzinfo=timezone(offset) if offset else UTC, fold=0)


def back(now: datetime, span: timedelta) -> datetime:
    """The moment `span` before `now`, or the first there is.

    Of a moment in a zone Python takes a span off the clock on the wall, which may have been moved.
    """
    try:
        return fixed(now) - span
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def span_word(span: timedelta) -> str:
    """`30m`, `24h`, `7d`, `1h30m`; days only from two days on, as people speak."""
    days, rest = divmod(span.days * _DAY + span.seconds, _DAY)
    if days == 1:
        days, rest = 0, rest + _DAY
    hours, rest = divmod(rest, _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    fraction = f".{span.microseconds:06}".rstrip("0") if span.microseconds else ""
    parts = ((days, "d"), (hours, "h"), (minutes, "m"))
    word = "".join(f"{count}{unit}" for count, unit in parts if count)
    return f"{word}{seconds}{fraction}s" if seconds or fraction or not word else word


def span_text(span: timedelta) -> str:
    """For people: `30 min`, `24 h`, `7 d`, `1 h 30 min`."""
    spaced = re.sub(r"([0-9.]+)([a-z])", r"\1 \2 ", span_word(span)).strip()
    return re.sub(r"\bm\b", "min", spaced)


def moment_word(moment: datetime, zone: tzinfo | None = None) -> str:
    """`2026-11-20 14:00` in `zone`; without one in its own, which is then named: `14:00-03:00`.

    Seconds only where there are any, and no parts of them. Where the zone's own clock does not
    tell the instant (a repeated hour, the edge of the calendar) the offset is named as well.
    """
    local = _local(moment, zone)
    if local is None:
        local = fixed(moment)
    elif _told_by_clock(local):
        local = local.replace(tzinfo=None)
    word = local.isoformat(" ", timespec=_precision(local))
    return word.removesuffix("+00:00") + "Z" if word.endswith("+00:00") else word


def _local(moment: datetime, zone: tzinfo | None) -> datetime | None:
    try:
        return None if zone is None else moment.astimezone(zone)
    except OverflowError:
        return None


def _told_by_clock(local: datetime) -> bool:
    """Whether the wall clock alone names the instant."""
    return local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset()


def _precision(moment: datetime) -> str:
    return "seconds" if moment.second else "minutes"
