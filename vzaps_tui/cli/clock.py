"""The one real clock; everything else is given it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's time, in its own zone, or in UTC if that is wanted."""

    def __init__(self) -> None:
        self.utc = False

    def now(self) -> datetime:
        """Now, aware, in the zone to show."""
        return datetime.now(UTC).astimezone(UTC if self.utc else None)  # noqa: TID251 - this is the injected clock

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
