"""Times and ages in words."""

from __future__ import annotations

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_FINE, _COARSE = 5, 20
"""Below a minute an age grows in steps of 5 s, from 20 s on in steps of 20 s."""
_MS = 1000


def age(seconds: float) -> str:
    """`just now`, `20 s ago`, `3 min ago`, `2 h ago`, `5 d ago`; in steps: it seldom changes.

    Less than nothing, as after a clock was set back, is `just now`.
    """
    if seconds < _FINE:
        return "just now"
    if seconds < _MINUTE:
        step = _FINE if seconds < _COARSE else _COARSE
        return f"{int(seconds // step * step)} s ago"
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    return f"{int(seconds // _DAY)} d ago"


def next_change(seconds: float) -> float:
    """Seconds until `age(seconds)` will read differently; more than 0."""
    if seconds < _FINE:
        return _FINE - seconds
    if seconds < _COARSE:
        step = _FINE
    elif seconds < _MINUTE:
        step = _COARSE
    elif seconds < _HOUR:
        step = _MINUTE
    elif seconds < _DAY:
        step = _HOUR
    else:
        step = _DAY
    return step - seconds % step


def clock_time(moment: datetime | None, now: datetime, *, fine: bool = False) -> str:
    """Local time of day, `14:02:11`; with the date where it is not today's, `-` for None.

    Both are aware; `now` is in the zone to show. Times at the edge of the calendar (Go's zero time
    is the year 1) have no local form in every zone and are shown as their own date.

    Args:
        moment: the time to tell.
        now: the present.
        fine: other days of this year with seconds, `11-21 14:33:10`, 14 cells instead of 11.
    """
    if moment is None:
        return "-"
    local = _local(moment, now)
    if local is None:
        return moment.date().isoformat()
    if local.date() == now.date():
        return local.strftime("%H:%M:%S")
    if local.year != now.year:
        return local.date().isoformat()
    return local.strftime("%m-%d %H:%M:%S" if fine else "%m-%d %H:%M")


def both_ends(first: datetime, last: datetime, now: datetime) -> str:
    """A stretch, both ends in one form: `14:02:11 to 14:05:00`, `11-21 23:00:00 to 11-22 01:00:00`.

    All are aware; `now` is in the zone to show.
    """
    begins, ends = _local(first, now), _local(last, now)
    if begins is None or ends is None:
        return f"{first.date().isoformat()} to {last.date().isoformat()}"
    form = "%H:%M:%S"
    if not begins.date() == ends.date() == now.date():
        form = f"%m-%d {form}"
    if not begins.year == ends.year == now.year:
        form = f"%Y-{form}"
    return f"{begins:{form}} to {ends:{form}}"


def _local(moment: datetime, now: datetime) -> datetime | None:
    """The moment in the zone to show; None at the edge of the calendar."""
    try:
        return moment.astimezone(now.tzinfo)
    except OverflowError:
        return None


def took(milliseconds: float | None) -> str:
    """`42 ms`, `1.2 s`, `-`."""
    if milliseconds is None:
        return "-"
    if round(milliseconds) < _MS:
        return f"{milliseconds:.0f} ms"
    return f"{milliseconds / _MS:.1f} s"


def lasting(seconds: float) -> str:
    """How long something takes, in one or two units: `40 s`, `7 min`, `1 h 20 min`, `3 d 11 h`."""
    whole = max(0, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    minutes, hours = round(whole / _MINUTE), round(whole / _HOUR)
    if minutes < _HOUR // _MINUTE:
        return f"{minutes} min"
    if minutes < _DAY // _MINUTE:
        return _two(minutes, _HOUR // _MINUTE, "h", "min")
    return _two(hours, _DAY // _HOUR, "d", "h")


def _two(count: int, each: int, large: str, small: str) -> str:
    more, rest = divmod(count, each)
    return f"{more} {large} {rest} {small}" if rest else f"{more} {large}"
