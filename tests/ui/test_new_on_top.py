"""New rows on top of a long list: shown before all that match are known."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import Awaitable, Callable, Collection, Coroutine
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.dom import DOMNode

from tests.builders import INSTANCE
from tests.fakes import FakeClock, idle
from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import Selection
from vzaps_tui.ui.choosing import Choosing, Chosen, with_new
from vzaps_tui.ui.launch import Services

LONG = 6000
FAILED = DeliveryQuery(statuses=frozenset({StatusClass.FAILED}))


def numbers(*found: int) -> array[int]:
    return array("q", found)


@pytest.mark.parametrize(
    ("top", "shown", "expected"),
    [
        (numbers(5, 4, 3), numbers(4, 3, 2, 1), numbers(5, 4, 3, 2, 1)),
        (numbers(4, 3), numbers(4, 3, 2, 1), None),  # nothing new
        (numbers(9, 8), numbers(4, 3), None),  # it does not reach down to what is shown
        (numbers(5, 4, 2), numbers(4, 3, 2), None),  # one went from the middle
        (numbers(5, 4, 3), numbers(4), None),  # more below than is shown
        (numbers(), numbers(4), None),
        (numbers(4), numbers(), None),
    ],
)
def test_what_is_put_on_top(
    top: array[int], shown: array[int], expected: array[int] | None
) -> None:
    assert with_new(top, shown) == expected


@given(
    old=st.lists(st.integers(0, 50), unique=True, max_size=30),
    new=st.lists(st.integers(0, 50), unique=True, max_size=30),
    look=st.integers(1, 12),
)
def test_it_begins_as_the_archive_says_and_goes_on_as_it_did(
    old: list[int], new: list[int], look: int
) -> None:
    found = with_new(numbers(*new[:look]), numbers(*old))
    if found is not None:
        assert list(found[:look]) == new[:look]
        assert list(found[len(found) - len(old) :]) == old
    grown = [100, 101, *old]
    if old and look > 2:
        assert with_new(numbers(*grown[:look]), numbers(*old)) == numbers(*grown)


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

    def __init__(self) -> None:
        self.held = array("q", range(LONG, 0, -1))
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


def _choosing(archive: _Archive, shown: Callable[[Chosen], None]) -> Choosing:
    services = SimpleNamespace(deliveries=archive, clock=FakeClock())
    return Choosing(cast("DOMNode", _Board()), cast("Services", services), INSTANCE, shown)


async def _settled(wait: Awaitable[None]) -> None:
    await asyncio.wait_for(wait, 5)


async def test_new_rows_are_shown_while_all_that_match_are_asked_for() -> None:
    archive, answers = _Archive(), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    everything = partial(choosing.ask, DeliveryQuery(), frozenset())
    everything()
    await _settled(choosing.settled())
    archive.gate.clear()
    archive.happen(50)
    everything()
    await idle()
    assert [(len(one.numbers), one.held, one.whole) for one in answers] == [
        (LONG, LONG, True),
        (LONG + 50, LONG + 50, False),
    ]
    archive.gate.set()
    await _settled(choosing.settled())
    assert answers[-1].whole
    assert answers[-1].numbers == archive.held


async def test_an_answer_that_began_before_does_not_take_them_away_again() -> None:
    archive, answers = _Archive(), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    archive.gate.clear()
    choosing.ask(DeliveryQuery(), frozenset())
    await idle()
    archive.happen(3)
    choosing.ask(DeliveryQuery(), frozenset())
    await idle()
    archive.gate.set()
    await idle()
    assert [len(one.numbers) for one in answers[1:]] == [LONG + 3] * len(answers[1:])
    assert len(answers) > 2


async def test_another_question_is_not_answered_with_them() -> None:
    archive, answers = _Archive(), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    archive.happen(2)
    choosing.ask(DeliveryQuery(), frozenset())
    choosing.ask(FAILED, frozenset())
    await _settled(choosing.settled())
    assert [one.query for one in answers[1:]] == [FAILED] * len(answers[1:])


async def test_what_was_forgotten_is_not_put_below_what_is_new() -> None:
    archive, answers = _Archive(), list[Chosen]()
    choosing = _choosing(archive, answers.append)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    choosing.forget()
    archive.happen(1)
    choosing.ask(DeliveryQuery(), frozenset())
    await _settled(choosing.settled())
    assert [one.whole for one in answers] == [True, True]
