"""Which rows a list shows: the newest of many at once, and the latest question alone counts."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable, Collection, Coroutine
from types import SimpleNamespace
from typing import Any, cast

from textual.dom import DOMNode

from tests.builders import INSTANCE
from tests.fakes import FakeClock
from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import Selection
from vzaps_tui.ui.choosing import Choosing, Chosen
from vzaps_tui.ui.launch import Services

LONG = 6000
FAILED = DeliveryQuery(statuses=frozenset({StatusClass.FAILED}))


class _Worker:
    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    @property
    def is_finished(self) -> bool:
        return self._task.done()


class _Board:
    """Runs workers as Textual does, one of a group."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def run_worker(
        self,
        work: Callable[[], Coroutine[Any, Any, None]],
        *,
        name: str = "",
        group: str = "",
        exclusive: bool = False,
    ) -> _Worker:
        del name, exclusive
        if group in self.tasks:
            self.tasks[group].cancel()
        task = self.tasks[group] = asyncio.create_task(work())
        return _Worker(task)


class _Archive:
    """Knows the newest at once; tells all only when it is let."""

    def __init__(self, count: int = LONG) -> None:
        self.held = array("q", range(count, 0, -1))
        self.gate = asyncio.Event()
        self.gate.set()

    async def first(self, _instance: str, _query: DeliveryQuery, limit: int) -> array[int]:
        return self.held[:limit]

    async def select(
        self, _instance: str, _query: DeliveryQuery, *, also: Collection[int] = ()
    ) -> Selection:
        del also
        found = self.held[:]
        await self.gate.wait()
        return Selection(found, len(self.held))

    async def count(self, _instance: str, _query: DeliveryQuery) -> int:
        return len(self.held)

    def happen(self, count: int) -> None:
        newest = self.held[0]
        self.held = array("q", range(newest + count, newest, -1)) + self.held


def _choosing(
    archive: _Archive, shown: Callable[[Chosen], None], clock: FakeClock | None = None
) -> Choosing:
    services = SimpleNamespace(deliveries=archive, clock=clock or FakeClock())
    return Choosing(cast("DOMNode", _Board()), cast("Services", services), INSTANCE, shown)


async def _settled(wait: Awaitable[None]) -> None:
    await asyncio.wait_for(wait, 5)


async def test_of_many_the_newest_are_shown_before_all_are_known() -> None:
    archive, answers = _Archive(), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    archive.gate.clear()
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.told())
    (newest,) = answers
    assert not newest.whole
    assert newest.numbers == archive.held[: len(newest.numbers)]
    assert newest.held == LONG, "what is not known yet is not made up"
    archive.gate.set()
    await _settled(choosing.settled())
    assert [one.whole for one in answers] == [False, True]
    assert answers[-1].numbers == archive.held


async def test_the_same_question_is_answered_once_all_are_known_again() -> None:
    archive, answers = _Archive(), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    archive.happen(50)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    assert [(len(one.numbers), one.whole) for one in answers[1:]] == [
        (LONG, True),
        (LONG + 50, True),
    ]


async def test_what_is_asked_meanwhile_is_asked_once_more() -> None:
    archive, answers, clock = _Archive(), list[Chosen](), FakeClock()
    choosing = _choosing(archive, answers.append, clock)
    archive.gate.clear()
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.told())
    archive.happen(3)
    for _ in range(5):
        choosing.ask(DeliveryQuery(), frozenset())
    archive.gate.set()
    await clock.run(asyncio.ensure_future(choosing.settled()))
    assert [len(one.numbers) for one in answers if one.whole] == [LONG, LONG + 3]


async def test_another_question_ends_the_one_before() -> None:
    archive, answers = _Archive(), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    told = len(answers)
    choosing.ask(DeliveryQuery(), frozenset())
    choosing.ask(FAILED, frozenset())
    await _settled(choosing.settled())
    assert {one.query for one in answers[told:]} == {FAILED}


async def test_few_are_asked_for_at_once() -> None:
    archive, answers = _Archive(5), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    assert [(len(one.numbers), one.whole) for one in answers] == [(5, True)]
