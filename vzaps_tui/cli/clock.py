"""The one real clock; everything else is given it."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime


class SystemClock:
    """The machine's time, in its own zone."""

    def now(self) -> datetime:
        """Now, aware, in the zone to show."""
        return datetime.now().astimezone()  # noqa: TID251 - this is the injected clock

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
