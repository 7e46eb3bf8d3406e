"""How much of a server's delivery log is held here, in numbers."""

from __future__ import annotations

from datetime import datetime

from vzaps_tui.domain.paging import End
from vzaps_tui.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class LogState:
    """What is known of the log of an instance, for one of the server's filters.

    Attributes:
        held: rows held here that the server's filter lets through, in one piece or not.
        total: how many the server counted when it was asked last; None = it did not say.
        end: COMPLETE if all down to the oldest one is held without a gap below the newest; REPEATS
            if the server gives the same page again, so that older ones cannot be read; else MORE.
        unreadable: rows that could not be read at all.
        gap: where older rows are held too, but not all in between: the time of the last row above
            the first part that was not read; None if there is no such part, or no time is known.
        has_gap: whether there is such a part.
    """

    held: int = 0
    total: int | None = None
    end: End = End.MORE
    unreadable: int = 0
    gap: datetime | None = None
    has_gap: bool = False
