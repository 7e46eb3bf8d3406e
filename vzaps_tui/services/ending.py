"""How tasks end: together, with their bugs told, or by a wish that is not obeyed at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """End tasks and wait until they have."""
    ending = tuple(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


def raise_bug(task: asyncio.Task[None]) -> None:
    """Raise what a task that is done has raised; being cancelled is no bug."""
    if not task.cancelled():
        task.result()


def absorb() -> None:
    """Take a cancellation as a wish to stop: the task goes on to finish what it must."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
