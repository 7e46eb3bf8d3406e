"""Answers at once from what is kept, then freshens it: one request a question, none while fresh."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from vzaps_tui.domain.envelope import Answer, Envelope, Question
from vzaps_tui.domain.problems import VzapsError

if TYPE_CHECKING:
    from vzaps_tui.services.ports import Clock, EnvelopeStore

T = TypeVar("T")
_Group = tuple[str, str, str, str]

LIMIT = 200
KIND_LIMITS = {"delivery": 32}
"""Most envelopes of a kind in memory where it differs: a delivery may hold megabytes."""

STORED_KINDS = frozenset({"instances", "webhook", "deliveries", "session"})
"""Kinds that the store is asked about and told; payloads are never among them."""


def words(problem: VzapsError) -> str:
    """A problem as an envelope tells it: what happened, why, what to do next, request id."""
    request = f" (request {problem.request_id})" if problem.request_id else ""
    return f"{problem.summary}{request}. {problem.hint}"


def _group(question: Question) -> _Group:
    return (question.base_url, question.account, question.instance, question.kind)


class _Flight:
    """A request under way and how many wait for it."""

    __slots__ = ("generation", "task", "waiting")

    def __init__(self, task: asyncio.Task[Envelope[Any]], generation: int) -> None:
        self.task = task
        self.generation = generation
        self.waiting = 0


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Mark a result as seen: the last waiter may have left in the very moment it failed."""
    if not task.cancelled():
        task.exception()


class EnvelopeCache:
    """Memory in front of an optional store, keyed by question.

    A fetch that began before a `forget` asks once more, so that its askers get a value from after
    the change; if yet another `forget` comes meanwhile, the value is handed over but not kept.
    """

    def __init__(self, store: EnvelopeStore | None, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._memory: dict[str, OrderedDict[Question, Envelope[Any]]] = {}
        self._flights: dict[Question, _Flight] = {}
        self._generations: dict[_Group, int] = {}
        self._writes: set[asyncio.Task[None]] = set()

    def peek(self, question: Question) -> Envelope[Any] | None:
        """What memory keeps; never waits."""
        kind = self._memory.get(question.kind)
        found = kind.get(question) if kind else None
        if kind is not None and found is not None:
            kind.move_to_end(question)
        return found

    def held(self, sample: Question) -> tuple[tuple[Question, Envelope[Any]], ...]:
        """All that memory keeps of the server, account, instance and kind of `sample`."""
        group = _group(sample)
        kind = self._memory.get(sample.kind)
        if kind is None:
            return ()
        return tuple((asked, kept) for asked, kept in kind.items() if _group(asked) == group)

    async def kept(self, question: Question) -> Envelope[Any] | None:
        """What memory keeps, else the store."""
        found = self.peek(question)
        if found is not None or self._store is None or question.kind not in STORED_KINDS:
            return found
        generation = self._generation(question)
        stored = await self._store.get(question)
        found = self.peek(question)
        if found is not None or stored is None or generation != self._generation(question):
            return found
        stored = stored.from_store()
        self.replace(question, stored)
        return stored

    async def ask(
        self,
        question: Question,
        fetch: Callable[[], Awaitable[Answer[T]]],
        *,
        fresh_for: float,
        force: bool = False,
    ) -> AsyncGenerator[Envelope[T], None]:
        """Yield what is kept, then what the API says, if that is asked for or needed.

        Args:
            question: what is asked.
            fetch: asks the API; called only where nobody is asking the same already.
            fresh_for: seconds for which a kept value needs no request.
            force: ask the API however fresh the kept value is.

        Yields:
            The kept value (source CACHE) if there is one; then, where it is older than `fresh_for`,
            the API's (LIVE), or the kept one with the problem that kept it from being fresher.

        Raises:
            VzapsError: the API could not be asked and nothing is kept, or what was kept is known
                to be outdated by a change made meanwhile.
        """
        kept = await self.kept(question)
        generation = self._generation(question)
        if kept is not None:
            yield kept.cached()
            if not force and self.is_fresh(kept, fresh_for):
                return
        try:
            live: Envelope[T] = await self.fetch(question, fetch)
        except VzapsError as problem:
            latest = self.peek(question) or kept
            if latest is None or generation != self._generation(question):
                raise
            yield latest.troubled(words(problem), problem)
            return
        yield live

    def is_fresh(self, envelope: Envelope[Any], fresh_for: float) -> bool:
        """Whether a kept value needs no request; one from the future (a clock set back) does."""
        age = (self._clock.now() - envelope.fetched_at).total_seconds()
        return 0 <= age < fresh_for

    def put(self, question: Question, envelope: Envelope[Any]) -> None:
        """Keep a value in memory now, and in the store soon after (see `settle`)."""
        self.replace(question, envelope)
        if self._store is None or question.kind not in STORED_KINDS:
            return
        writing = asyncio.create_task(
            self._write(question, envelope, self._store, self._generation(question))
        )
        self._writes.add(writing)
        writing.add_done_callback(self._writes.discard)

    def replace(self, question: Question, envelope: Envelope[Any]) -> None:
        """Keep a value in memory only."""
        kind = self._memory.setdefault(question.kind, OrderedDict())
        kind[question] = envelope
        kind.move_to_end(question)
        while len(kind) > KIND_LIMITS.get(question.kind, LIMIT):
            kind.popitem(last=False)

    def drop(self, question: Question) -> None:
        """Forget a value, in memory only."""
        kind = self._memory.get(question.kind)
        if kind is not None:
            kind.pop(question, None)

    async def forget(
        self, base_url: str, account: str, instance: str, kinds: frozenset[str]
    ) -> None:
        """Drop what is kept of these kinds; what is being fetched now will not be kept either."""
        for kind in kinds:
            group = (base_url, account, instance, kind)
            self._generations[group] = self._generations.get(group, 0) + 1
            sample = Question(base_url, account, instance, kind)
            for question, _ in self.held(sample):
                del self._memory[kind][question]
        if self._store is not None:
            await self._store.forget(base_url, account, instance, kinds)

    async def settle(self) -> None:
        """Wait until everything put so far has been handed to the store; before closing it."""
        while self._writes:
            await asyncio.gather(*self._writes)

    def _generation(self, question: Question) -> int:
        return self._generations.get(_group(question), 0)

    async def _write(
        self, question: Question, envelope: Envelope[Any], store: EnvelopeStore, generation: int
    ) -> None:
        # The task may start after a forget that came after the put.
        if generation == self._generation(question):
            await store.put(question, envelope)

    async def fetch(
        self, question: Question, fetch: Callable[[], Awaitable[Answer[T]]]
    ) -> Envelope[T]:
        """Ask the API, whatever is kept; together with whoever is asking the same already.

        Raises:
            VzapsError: the API could not be asked.
        """
        flight = self._flights.get(question)
        if flight is None or flight.generation != self._generation(question):
            task = asyncio.create_task(self._fetch(question, fetch))
            task.add_done_callback(_retrieve)
            flight = self._flights[question] = _Flight(task, self._generation(question))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            self._leave(question, flight)

    def _leave(self, question: Question, flight: _Flight) -> None:
        if flight.waiting and not flight.task.done():
            return
        flight.task.cancel()
        if self._flights.get(question) is flight:
            del self._flights[question]

    async def _fetch(
        self, question: Question, fetch: Callable[[], Awaitable[Answer[Any]]]
    ) -> Envelope[Any]:
        generation = self._generation(question)
        answer = await fetch()
        if generation != self._generation(question):
            generation = self._generation(question)
            answer = await fetch()
        envelope = Envelope[Any](
            answer.data, self._clock.now(), code=answer.code, success=answer.success
        )
        if generation == self._generation(question):
            self.put(question, envelope)
        return envelope
