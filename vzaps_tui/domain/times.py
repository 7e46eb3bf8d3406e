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


def clock_time(moment: datetime | None, now: datetime) -> str:
    """Local time of day, `14:02:11`; with the date where it is not today's, `-` for None.

    Both are aware; `now` is in the zone to show. Times at the edge of the calendar (Go's zero time
    is the year 1) have no local form in every zone and are shown as their own date.
    """
    if moment is None:
        return "-"
    try:
        local = moment.astimezone(now.tzinfo)
    except OverflowError:
        return moment.date().isoformat()
    if local.date() == now.date():
        return local.strftime("%H:%M:%S")
    return local.strftime("%m-%d %H:%M") if local.year == now.year else local.date().isoformat()


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
