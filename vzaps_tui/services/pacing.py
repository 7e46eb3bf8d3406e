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
_LESS, _LEAST = 0.7, 1 / 32
_QUICKLY, _SLOWLY = 1 / 20, 1 / 200
_NEAR = 0.9


class Pace:
    """Turns to send, evenly spaced: what was not used of the past is never made up for.

    After a 429 everybody waits for as long as it says and goes on with less of the pace that was
    wished for; each success gives some of it back, little once it comes near to where the server
    had said no.
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
        self._ceiling = 1.0

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
            When the turn was, on the monotonic clock, seconds.
        """
        while last is not None:
            wait = last + 1 / self.rate(wish) - self._clock.monotonic()
            if wait <= 0:
                break
            await self._clock.sleep(wait)
        async with self._queue:
            while True:
                # Looked at again after every sleep: a 429 may have come meanwhile.
                now = self._clock.monotonic()
                wait = max(self._next, self._held_until) - now
                if wait <= 0:
                    self._next = now + 1 / max(self.rate(), self.rate(wish))
                    return now
                await self._clock.sleep(wait)

    def heed(self, problem: VzapsError | None) -> None:
        """Learn from an answer to something that was sent, or read before sending; None = well."""
        match problem:
            case None:
                self._troubles = 0
                near = self._share >= self._ceiling * _NEAR
                self._share = min(1.0, self._share + (_SLOWLY if near else _QUICKLY))
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

    def _slow_down(self) -> None:
        # What was under way when the first one came is no further news.
        if self.held_for == 0:
            self._ceiling = self._share
            self._share = max(_LEAST, self._share * _LESS)

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
