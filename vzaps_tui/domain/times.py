"""Times and ages in words."""

from __future__ import annotations

from datetime import datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_NOW = 5


def age(seconds: float) -> str:
    """`just now`, `20 s ago`, `3 min ago`, `2 h ago`, `5 d ago`; in steps, so that it seldom changes."""
    if seconds < _NOW:
        return "just now"
    if seconds < _MINUTE:
        return f"{int(seconds // 5 * 5) if seconds < 20 else int(seconds // 20 * 20)} s ago"  # noqa: PLR2004 - steps of 5 s, then 20 s
    if seconds < _HOUR:
        return f"{int(seconds // _MINUTE)} min ago"
    if seconds < _DAY:
        return f"{int(seconds // _HOUR)} h ago"
    return f"{int(seconds // _DAY)} d ago"


def next_change(seconds: float) -> float:
    """Seconds until `age(seconds)` will read differently."""
    if seconds < 20:  # noqa: PLR2004 - see age()
        step = 5.0
    elif seconds < _MINUTE:
        step = 20.0
    elif seconds < _HOUR:
        step = _MINUTE
    elif seconds < _DAY:
        step = _HOUR
    else:
        step = _DAY
    return step - seconds % step


def clock_time(moment: datetime | None, now: datetime) -> str:
    """Local time of day; with the date where it is not today's. `now` is aware, in the zone to show."""
    if moment is None:
        return "-"
    local = moment.astimezone(now.tzinfo)
    if local.date() == now.date():
        return local.strftime("%H:%M:%S")
    return local.strftime("%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d")


def took(milliseconds: float | None) -> str:
    """`42 ms`, `1.2 s`, `-`."""
    if milliseconds is None:
        return "-"
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"  # noqa: PLR2004 - ms in a second
