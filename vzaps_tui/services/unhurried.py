"""Goes through many things and lets everybody else have a turn meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from typing import TypeVar

T = TypeVar("T")

_AT_ONCE = 200
"""Things that are done something simple with in a few milliseconds."""


async def unhurried(things: Iterable[T]) -> AsyncGenerator[T, None]:
    """The things in their order."""
    for number, thing in enumerate(things, 1):
        yield thing
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
