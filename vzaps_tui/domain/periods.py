"""Moments and spans of time as a person writes them, in the zone that person lives in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo

LONGEST = timedelta(days=36_500)
"""No span is longer: enough for any log, and always on the calendar from today."""
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


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
    """The moment `span` before `now`, or the first there is."""
    try:
        return now - span
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


def moment_word(moment: datetime, zone: tzinfo | None = None) -> str:
    """`2026-11-20 14:00` in `zone`; without one in its own, which is then named: `14:00-03:00`.

    Seconds only where there are any. Where the zone's own clock does not tell the instant (a
    repeated hour, the edge of the calendar) the offset is named as well.
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
    if moment.microsecond:
        return "microseconds"
    return "seconds" if moment.second else "minutes"
