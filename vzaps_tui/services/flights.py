"""One reading for all who ask for the same at the same time, told to each of them as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Generic, TypeVar

from vzaps_tui.domain.envelope import Envelope, Question

T = TypeVar("T")
Publish = Callable[[Envelope[T]], None]
Read = Callable[[Publish[T]], Coroutine[Any, Any, None]]


class _Flight(Generic[T]):
    """A reading under way, what it told last, and how many listen."""

    def __init__(self) -> None:
        self.told = 0
        self.last: Envelope[T] | None = None
        self.news = asyncio.Event()
        self.listening = 0
        self.task: asyncio.Task[None] | None = None

    def publish(self, envelope: Envelope[T]) -> None:
        """Tell all who listen; one that is slow hears only the last."""
        self.told += 1
        self.last = envelope
        self._wake()

    def land(self, task: asyncio.Task[None]) -> None:
        """Wake all for the end of it."""
        if not task.cancelled():
            task.exception()  # seen, also where the last listener left in the very moment it failed
        self._wake()

    def _wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


class Flights(Generic[T]):
    """Readings under way, by what they answer. One that nobody listens to any more is cancelled."""

    def __init__(self) -> None:
        self._flights: dict[Question, _Flight[T]] = {}

    async def join(self, question: Question, read: Read[T]) -> AsyncGenerator[Envelope[T], None]:
        """Yield what is told from now on, and the last word of before.

        Args:
            question: what is asked.
            read: reads and publishes; called only where nobody is reading the same already.

        Raises:
            VzapsError: the reading failed.
        """
        flight = self._flights.get(question)
        if flight is None:
            flight = self._flights[question] = _Flight()
            flight.task = asyncio.create_task(read(flight.publish))
            flight.task.add_done_callback(flight.land)
        flight.listening += 1
        heard, task = 0, flight.task
        try:
            while task is not None:
                if flight.told > heard and flight.last is not None:
                    heard = flight.told
                    yield flight.last
                elif task.done():
                    task.result()
                    return
                else:
                    await flight.news.wait()
        finally:
            flight.listening -= 1
            self._leave(question, flight)

    def _leave(self, question: Question, flight: _Flight[T]) -> None:
        task = flight.task
        if task is None or (flight.listening and not task.done()):
            return
        task.cancel()
        if self._flights.get(question) is flight:
            del self._flights[question]
