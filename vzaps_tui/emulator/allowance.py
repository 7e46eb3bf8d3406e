"""How many calls a second are taken: what is more is answered with a 429."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from vzaps_tui.emulator.scenarios import ROUTES


class Allowance:
    """So many calls a second of one route, or of all but that of the token.

    After a silence as many as a second allows may come at once. A call that is turned away counts
    for nothing, so who waits for a second is heard again.

    Attributes:
        per_second: calls.
        route: one of `ROUTES`; None = all but that of the token.
    """

    def __init__(
        self,
        per_second: float,
        route: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.per_second = per_second
        self.route = route
        self._clock = clock
        self._lock = threading.Lock()
        self._most = max(1.0, per_second)
        self._left = self._most
        self._seen = clock()

    def take(self, route: str) -> bool:
        """Whether a call that has just come in is taken; of another route it always is."""
        if route != self.route and (self.route is not None or route == "token"):
            return True
        with self._lock:
            now = self._clock()
            self._left = min(self._most, self._left + (now - self._seen) * self.per_second)
            self._seen = now
            taken = self._left >= 1.0
            if taken:
                self._left -= 1.0
            return taken


def parse_allowance(text: str) -> Allowance:
    """`R[:ROUTE]` as it is written on the command line.

    Raises:
        ValueError: no number above 0, or a route that there is not.
    """
    number, _, route = text.partition(":")
    try:
        per_second = float(number)
    except ValueError:
        per_second = math.nan
    if not 0 < per_second < math.inf:
        raise ValueError(f"{number!r} is no number of calls a second above 0; write R[:ROUTE]")
    if ":" in text and route not in ROUTES:
        raise ValueError(f"no route is called {route!r}; there are {', '.join(ROUTES)}")
    return Allowance(per_second, route or None)
