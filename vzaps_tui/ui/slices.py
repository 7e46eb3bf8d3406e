"""Let long work take its turns with everything else on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import TypeVar

Result = TypeVar("Result")


async def in_slices(work: Generator[object, None, Result]) -> Result:
    """What work comes to that pauses by yielding; everybody else has a turn at each pause.

    A thread would not do: the longest slice is then the interpreter's to choose, not the work's.
    """
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        await asyncio.sleep(0)
