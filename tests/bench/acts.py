"""What a person does in a list of deliveries, and how one sees that it is done."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.bench.ground import DATA
from tests.bench.loaded import NEW
from tests.bench.rows import RARE
from tests.bench.screen import Screen, Shown

_ENOUGH = 10
"""Rows that make a list."""


class Done(NamedTuple):
    """One thing that was done, and how long it took."""

    act: str
    took: Shown


class Lister:
    """A person at our program's list of so many deliveries, started at the list of instances."""

    def __init__(self, screen: Screen, count: int) -> None:
        self._screen = screen
        self.count = count

    def open(self) -> Shown:
        """Go into the list."""
        return self._screen.press("enter", _is_list)

    def leave(self) -> None:
        """Back to the instances."""
        self._screen.press("escape", lambda text: not _is_list(text))

    def top(self) -> None:
        """To the first row."""
        self._screen.program.press("home")
        self._screen.settle()

    def down(self) -> Shown:
        """One row."""
        return self._press("down", lambda text: text)

    def page_down(self) -> Shown:
        """One page."""
        return self._press("pagedown", _rows)

    def end(self) -> Shown:
        """To the last row."""
        return self._press("end", _rows)

    def toggle(self) -> Iterator[Shown]:
        """Failures only, then all again."""
        yield self._screen.press("f", lambda text: _all_have(text, "FAILED"))
        yield self._screen.press("f", lambda text: not _all_have(text, "FAILED"))

    def type_letter(self) -> Shown:
        """A letter that only a few rows have, typed into the line of the query; taken back."""
        screen = self._screen
        screen.program.press(":")
        screen.settle()
        took = screen.press(RARE[0], lambda text: _all_have(text, RARE))
        screen.press("escape", lambda text: not _all_have(text, RARE))
        return took

    def refresh(self) -> Shown:
        """Ask again, when more deliveries have happened."""
        self.count += NEW
        words = f" {self.count:,} of "
        pid = self._screen.program.pid
        return self._screen.press(
            "refresh", lambda text: words in text, lambda: os.kill(pid, signal.SIGUSR1)
        )

    def do(self, times: dict[str, int]) -> Iterator[Done]:
        """Everything, each as often as said; the list is open before and after."""
        for _ in range(times["open"]):
            self.leave()
            yield Done("open", self.open())
        self.top()
        yield from (Done("down", self.down()) for _ in range(times["down"]))
        self.top()
        yield from (Done("pagedown", self.page_down()) for _ in range(times["pagedown"]))
        for _ in range(times["end"]):
            self.top()
            yield Done("end", self.end())
        self.top()
        for _ in range(times["f"]):
            yield from (Done("f", took) for took in self.toggle())
        yield from (Done("letter", self.type_letter()) for _ in range(times["letter"]))
        self.top()
        yield from (Done("refresh", self.refresh()) for _ in range(times["refresh"]))

    def _press(self, key: str, part: Callable[[str], str]) -> Shown:
        before = part(self._screen.settle(0.0))
        return self._screen.press(key, lambda text: part(text) != before)


def _is_list(text: str) -> bool:
    return len(_lines(text)) >= _ENOUGH


def _lines(text: str) -> list[str]:
    """The rows on the screen; the first lines are not of the list."""
    return [line for line in text.splitlines()[5:] if any(word in line for word in DATA)]


def _rows(text: str) -> str:
    return "\n".join(_lines(text))


def _all_have(text: str, word: str) -> bool:
    lines = _lines(text)
    return len(lines) >= _ENOUGH and all(word in line for line in lines)
