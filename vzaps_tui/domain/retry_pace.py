"""How many retries a second a pace and a limit of requests come to."""

from __future__ import annotations

_CALLS = 2.0
"""Each is read right before it is sent."""
_LOOKS = 1.0
"""A look at what came of it; of several at once, one a second tells of all."""


def retries_a_second(pace: float, requests: float) -> float:
    """The most that can go out.

    Args:
        pace: retries a second that are wished for.
        requests: requests a second that are allowed, of all kinds; 0 = no limit.
    """
    if not requests:
        return pace
    one_by_one = requests / (_CALLS + _LOOKS)
    # Looks are shared from about one retry a second on.
    together = (requests - _LOOKS) / _CALLS
    return min(pace, max(one_by_one, together))
