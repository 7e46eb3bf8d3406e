"""How much work something is, counted and not timed: a busy machine changes nothing."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_HOURS: Final = 60.0
"""Seconds of the processor; what is guarded takes a hundredth of them, or hours."""


def lines_run(call: Callable[[], object], *, file: str) -> int:
    """How many lines of Python a call runs in the modules whose path holds `file`."""
    count = 0

    def line(_frame: FrameType, event: str, _value: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def enter(frame: FrameType, _event: str, _value: Any) -> Any:
        return line if file in frame.f_code.co_filename else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


@contextmanager
def no_hours() -> Generator[None]:
    """End what would take hours: work that grows as the square of a size no test waits for."""

    def end(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {_HOURS:.0f} s of the processor")

    before = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, _HOURS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
