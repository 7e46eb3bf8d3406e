"""When to ask again and how long to wait: pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Final

from vzaps_tui.domain.problems import RateLimitedError, UnavailableError

TRIES: Final = 3
PATIENCE: Final = 30.0
"""Longest wait, in seconds, that a server may ask of a read (law 1)."""
GIVE_UP: Final = 60.0
"""Seconds after which no further try is begun."""
_FIRST_PAUSE: Final = 2.0
_MOST_DIGITS: Final = 20


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds to wait, from a `Retry-After` of seconds or an HTTP date; None if it tells nothing.

    A date in the past is 0; a negative or unreadable number tells nothing.
    """
    text = (value or "").strip()
    if not text:
        return None
    if len(text) <= _MOST_DIGITS and text.isascii():
        try:
            seconds = float(text)
        except ValueError:
            pass
        else:
            return seconds if isfinite(seconds) and seconds >= 0 else None
    try:
        moment = parsedate_to_datetime(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def pause(retry_after: float | None, strikes: int) -> float:
    """Seconds the whole client rests after a 429: as told, else 2, 4, 8, ... (CONTRACT 2.4).

    A wait longer than `PATIENCE` is not waited for: 0, and the call fails at once.

    Args:
        retry_after: what the server asked for, in seconds.
        strikes: how many refusals of this kind came in a row, this one included.
    """
    if retry_after is None:
        return min(_FIRST_PAUSE * 2 ** min(strikes - 1, 10), PATIENCE)
    return retry_after if retry_after <= PATIENCE else 0.0


def backoff(problem: Exception) -> bool | float:
    """Whether a read is asked again: False, True (growing waits, jitter), or a wait in seconds.

    Only asked for idempotent calls. A 429 without a time waits in the pause of the whole client,
    which is `pause()`; nothing is added to it here.
    """
    match problem:
        case RateLimitedError(retry_after=None):
            return 0.0
        case RateLimitedError(retry_after=float(wait)):
            return wait if wait <= PATIENCE else False
        case UnavailableError():
            return True
        case _:
            return False
