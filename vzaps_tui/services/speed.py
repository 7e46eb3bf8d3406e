"""How many retries a second go out, as smooth as a person can use it."""

from __future__ import annotations

from math import exp, expm1

from vzaps_tui.services.ports import Clock

_WINDOW = 10.0
"""Seconds after which what was sent counts for a third; longer where little is sent."""
_SENDS = 10.0
"""So many sends that window holds at least."""
_SOON, _FEW = 3.0, 3
"""Seconds, and sends, before which nothing can be told."""


class Speed:
    """Sends a second, of late; time in which nothing could be sent does not count.

    Sends are forgotten little by little: one that comes early or late changes little.
    """

    def __init__(self, clock: Clock, pace: float) -> None:
        """Begin when the first one goes out.

        Args:
            clock: of which only what cannot jump is used.
            pace: how many a second there will be at most.
        """
        self._clock = clock
        self._window = max(_WINDOW, _SENDS / pace)
        self._begun: float | None = None
        self._resting: float | None = None
        self._rested = 0.0
        self._last = 0.0
        self._sum = 0.0
        self._count = 0
        self._seen: int | None = None

    def see(self, sent: int, *, resting: bool) -> None:
        """Look how many went out so far, and whether more may; where none may, call it a rest."""
        if self._seen is not None:
            for _ in range(sent - self._seen):
                self.note()
        self._seen = sent
        if resting:
            self.rest()

    def note(self) -> None:
        """One went out."""
        if self._resting is not None:
            self._rested += self._clock.monotonic() - self._resting
            self._resting = None
        now = self._now
        if self._begun is None:
            self._begun = self._last = now
            return
        self._sum = self._sum * exp((self._last - now) / self._window) + 1.0
        self._last = now
        self._count += 1

    def rest(self) -> None:
        """Nothing can be sent until the next one is."""
        if self._resting is None:
            self._resting = self._clock.monotonic()

    @property
    def rate(self) -> float | None:
        """Sends a second; None = too few to tell."""
        if self._begun is None or self._count < _FEW:
            return None
        now = self._now
        seconds = now - self._begun
        if seconds < _SOON:
            return None
        kept = self._sum * exp((self._last - now) / self._window)
        return kept / (self._window * -expm1(-seconds / self._window))

    @property
    def _now(self) -> float:
        """Seconds in which something could be sent."""
        moment = self._clock.monotonic() if self._resting is None else self._resting
        return moment - self._rested
