"""A thread that answers questions one after another, and stops when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TypeVar

T = TypeVar("T")


class GivenUpError(Exception):
    """Nobody waits for the answer any more, or nobody will give it."""


class Ticket:
    """One question; `stopped` says that nobody waits for its answer."""

    __slots__ = ("stopped",)

    def __init__(self) -> None:
        self.stopped = False

    def check(self) -> None:
        """Go on only if somebody waits.

        Raises:
            GivenUpError: nobody does.
        """
        if self.stopped:
            raise GivenUpError


class Lane:
    """One thread. A question that is cancelled is interrupted, and so gives way to the next."""

    def __init__(self, name: str, interrupt: Callable[[], None]) -> None:
        """Prepare; the thread begins with the first question.

        Args:
            name: of the thread.
            interrupt: stops what the thread is asking the database; called from any thread.
        """
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._interrupt = interrupt
        self._lock = Lock()
        self._running: Ticket | None = None
        self._over = False

    async def ask(self, work: Callable[[Ticket], T]) -> T:
        """Do something in the thread and wait for it.

        If the waiting is cancelled, what runs is interrupted; what has not begun never will.

        Raises:
            GivenUpError: it takes no more questions.
        """
        if self._over:
            raise GivenUpError
        ticket = Ticket()
        future = self._pool.submit(self._run, ticket, work)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            self._stop(ticket)
            raise

    def shutdown(self) -> None:
        """Take no more questions."""
        self._over = True
        self._pool.shutdown(wait=False)

    def _run(self, ticket: Ticket, work: Callable[[Ticket], T]) -> T:
        with self._lock:
            self._running = ticket
        try:
            return work(ticket)
        finally:
            with self._lock:
                self._running = None

    def _stop(self, ticket: Ticket) -> None:
        # Under the lock: another question must not be hit.
        with self._lock:
            ticket.stopped = True
            if self._running is ticket:
                self._interrupt()
