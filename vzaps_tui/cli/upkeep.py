"""Keeps the archive within its size and its age while the program runs, and tells its troubles."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from vzaps_tui.storage.archive import SqliteArchive

_EVERY: Final = 900.0
"""Seconds between two prunings."""

Say = Callable[[str], None]


class Upkeep:
    """Looks after the archive beside whatever else goes on; nothing waits for it."""

    def __init__(self, archive: SqliteArchive) -> None:
        self._archive = archive
        self._pruning: asyncio.Task[None] | None = None
        self._said: set[str] = set()
        self._over = False

    async def open(self) -> tuple[str, ...]:
        """Open the archive; words that a person should know."""
        notices = await self._archive.open()
        self._said.update(notices)
        return notices

    def listen(self, say: Say) -> None:
        """Have said, in the loop that calls this, what comes up later: a disk that is full."""
        loop = asyncio.get_running_loop()

        def tell() -> None:
            for notice in self._archive.notices:
                if notice not in self._said and not self._over:
                    self._said.add(notice)
                    say(notice)

        def pass_on() -> None:
            with suppress(RuntimeError):  # the loop has ended: nobody is there to be told
                loop.call_soon_threadsafe(tell)

        self._archive.watch(pass_on)

    def begin(self) -> None:
        """Prune from now on, every now and then."""
        if not self._over:  # a program may be left while it still warms up
            self._pruning = asyncio.create_task(self._prune(), name="prune")

    async def close(self) -> None:
        """Prune no more, and close the archive."""
        self._over = True
        if self._pruning is not None:
            self._pruning.cancel()
        await self._archive.close()

    async def _prune(self) -> None:
        while True:
            await self._archive.prune()
            await asyncio.sleep(_EVERY)
