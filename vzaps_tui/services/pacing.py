"""When the next delivery may be sent: one pace for all plans, slowed by what the server says."""

from __future__ import annotations

import asyncio

from vzaps_tui.domain.problems import (
    ProtocolError,
    RateLimitedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.services.ports import Clock

LONGEST_WAIT = 900.0
"""Most seconds that a server may ask everybody to wait."""
_FIRST_WAIT, _LONGEST_GUESS = 2.0, 60.0
"""Seconds that are waited where it does not say, at first and at most."""
PATIENCE = 60.0
"""Seconds without a usable answer after which a plan stops by itself."""
_LESS, _LEAST, _HALF = 0.7, 1 / 32, 0.5
_SURE = 0.98
"""As much of what was taken is sent from then on."""
_BURST, _LONG = 1.0, 30.0
"""Of how many seconds a server is thought to take as many at once; longer ago says nothing."""
_PLAINLY = 0.9
_CALM, _LONGEST_CALM = 20.0, 300.0
"""Seconds for which no more is tried then, at first and at most."""
_QUICKLY, _SLOWLY = 1 / 20, 1 / 100
"""Share that a success gives back far below what was taken once; share a second near to it."""
_LATE = 0.1
"""Seconds that a turn may come late and the next one in time all the same."""
_LATELY = 1.0
"""Seconds late from which on something was away: a machine that slept, a plan that rested."""


class Pace:
    """Turns to send, evenly spaced: what was not used of the past is never made up for.

    A turn that comes a moment late, as a busy program was at something else, does not put off the
    next one: at most `_LATE` seconds are gained back so, by turns that are half as far apart.

    After a 429 everybody waits for as long as it says and goes on with less of the pace that was
    wished for: with as many a second as were taken since the one before, as the server had no more
    to give at both moments. More is tried, little by little, after a calm time only, a longer one
    with each 429 that comes of trying: where a server allows less than is wished for, finding that
    out should cost it one 429, and not one every few seconds.
    """

    def __init__(self, clock: Clock, per_second: float) -> None:
        """Begin at the full pace.

        Args:
            clock: of which only what cannot jump is used.
            per_second: what plans wish for that do not say otherwise.
        """
        self.limit = per_second
        self._clock = clock
        self._queue = asyncio.Lock()
        self._next = 0.0
        self._held_until = 0.0
        self._troubles = 0
        self._away = ""
        self._share = 1.0
        self._proven = 1.0
        self._wish = per_second
        self._since: float | None = None
        self._slowed = False
        self._taken = 0
        self._calm = 0.0

    def rate(self, wish: float | None = None) -> float:
        """Turns a second as things are."""
        return (wish or self.limit) * self._share

    @property
    def held_for(self) -> float:
        """Seconds for which the server will not be asked."""
        return max(0.0, self._held_until - self._clock.monotonic())

    @property
    def away(self) -> str:
        """Why it is not asked, where it did not ask for that: it does not answer; else empty."""
        return self._away if self.held_for else ""

    async def turn(self, wish: float | None = None, last: float | None = None) -> float:
        """Wait for a turn of one's own; who asks first is first.

        Args:
            wish: turns a second that the plan wants; None = as all others.
            last: when the plan had its last one: what a slow plan waits, others need not.

        Returns:
            When the turn was due, on the monotonic clock, seconds.
        """
        own = 0.0
        while last is not None:
            own = last + 1 / self.rate(wish)
            wait = own - self._clock.monotonic()
            if wait <= 0:
                break
            await self._clock.sleep(wait)
        async with self._queue:
            while True:
                # Looked at again after every sleep: a 429 may have come meanwhile.
                now = self._clock.monotonic()
                due = max(self._next, self._held_until, own)
                if due <= now:
                    self._wish = max(self.limit, wish or 0.0)
                    if self._since is None:
                        self._since = now
                    apart = 1 / self.rate(self._wish)
                    due = now if now - due > _LATELY else max(due, now - _LATE)
                    self._next = max(due + apart, now + apart * _HALF)
                    return due
                await self._clock.sleep(due - now)

    def heed(self, problem: VzapsError | None) -> None:
        """Learn from an answer to something that was sent, or read before sending; None = well."""
        match problem:
            case None:
                self._troubles = 0
                self._taken += 1
                self._speed_up()
            case RateLimitedError():
                self._slow_down()
                self._away = ""
                self._hold(problem.retry_after)
            case UnavailableError() | ProtocolError():
                if not self.held_for:
                    self._away = _unanswered(problem)
                self._hold(None)
            case _:
                self._troubles = 0

    def _speed_up(self) -> None:
        now = self._clock.monotonic()
        if self._share < self._proven * _HALF:
            self._share += _QUICKLY
        elif self._since is not None and now - self._since >= self._calm:
            self._share += min(_QUICKLY, _SLOWLY / self.rate(self._wish))
        if self._share >= 1.0:
            self._share = self._proven = 1.0
            if self._slowed:
                self._slowed, self._since, self._taken, self._calm = False, now, 0, 0.0

    def _slow_down(self) -> None:
        # What was under way when the first one came is no further news.
        if self.held_for:
            return
        now = self._clock.monotonic()
        if self._since is None or not self._taken:
            share, calm = self._share * _LESS, _CALM
        else:
            seconds = now - self._since + (0.0 if self._slowed else _BURST)
            share = self._told(self._taken / seconds / self._wish, seconds)
            calm = 2 * self._calm if self._is_trying else _CALM
            self._proven = share
        self._share = max(_LEAST, share)
        self._calm = min(calm, _LONGEST_CALM)
        self._slowed, self._since, self._taken = True, now, 0

    def _told(self, taken: float, seconds: float) -> float:
        """The share to go on with, where that share was taken in so many seconds up to now."""
        share = self._share
        if self._is_trying:
            goal = max(self._proven, taken * _SURE)
        elif taken < share * _PLAINLY or not (self._slowed or seconds > _LONG):
            goal = taken * _SURE
        else:  # it took as much for a while: now it takes less, and nobody knows how much
            goal = share * _HALF
        # Plans may have rested meanwhile: by one 429 no more than half is lost.
        return max(share * _HALF, min(goal, share * _SURE))

    @property
    def _is_trying(self) -> bool:
        """Whether it was tried to send more than what was taken last."""
        return self._slowed and self._share > self._proven

    def _hold(self, seconds: float | None) -> None:
        if seconds is None:
            if self.held_for:
                return
            seconds = min(_FIRST_WAIT * 2.0**self._troubles, _LONGEST_GUESS)
            self._troubles = min(self._troubles + 1, 10)
        until = self._clock.monotonic() + min(max(seconds, 0.0), LONGEST_WAIT)
        self._held_until = max(self._held_until, until)


class Outage:
    """For how long a plan has got no usable answer."""

    def __init__(self, clock: Clock) -> None:
        """Begin with an API that answers.

        Args:
            clock: of which only what cannot jump is used.
        """
        self._clock = clock
        self._since: float | None = None

    def note(self, problem: VzapsError | None) -> str:
        """Learn what the API answered to the plan's last try; None = well.

        Returns:
            Why nothing more should be sent; empty where it should.
        """
        if not isinstance(problem, UnavailableError):
            self._since = None
            return ""
        now = self._clock.monotonic()
        if self._since is None:
            self._since = now
        return _unanswered(problem) if now - self._since >= PATIENCE else ""


def _unanswered(problem: VzapsError) -> str:
    return f"the API does not answer: {problem.reason or problem.title}"
