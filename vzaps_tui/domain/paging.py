"""A page of a list as the server gave it, and a list as it has been read so far."""

from __future__ import annotations

from enum import StrEnum
from typing import Generic, TypeVar

from vzaps_tui.domain.record import dataclass

T = TypeVar("T")


# No slots on generic models: see `envelope`.
@dataclass(frozen=True)
class Page(Generic[T]):
    """One page. `total` and `total_pages` are None where the server did not say.

    `unreadable` counts rows that were no objects at all and are left out (it is said on screen).
    """

    items: tuple[T, ...]
    number: int
    size: int
    total: int | None = None
    total_pages: int | None = None
    unreadable: int = 0

    @property
    def is_last(self) -> bool:
        """Whether no page follows: by total_pages, else total, else by being short.

        CONTRACT 7, row 6. Counts that contradict the rows at hand are not believed; rows that
        could not be read are rows. A server that gives fewer rows than asked, and says the total,
        is asked for the next page rather than cut short.
        """
        rows = len(self.items) + self.unreadable
        if not rows:
            return True
        if self.total_pages:
            return self.number >= self.total_pages
        seen = (self.number - 1) * self.size + rows
        if self.total is not None and self.total >= seen:
            return self.total == seen
        return rows < self.size


class End(StrEnum):
    """Why a list stops where it stops."""

    MORE = "more"
    COMPLETE = "complete"
    REPEATS = "repeats"


@dataclass(frozen=True)
class Listing(Generic[T]):
    """What has been read of a list so far, newest first, no doubles.

    Attributes:
        rows: read so far.
        total: how many the server says there are; None = it did not say.
        pages: how many pages are in `rows`.
        end: MORE if a next page may exist, REPEATS if the server gives the same page again.
        unreadable: rows that could not be read at all.
    """

    rows: tuple[T, ...] = ()
    total: int | None = None
    pages: int = 0
    end: End = End.MORE
    unreadable: int = 0
