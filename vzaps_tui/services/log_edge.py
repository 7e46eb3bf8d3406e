"""Where in a log a page was read, and which page surely goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vzaps_tui.domain.readings import is_unchanged
from vzaps_tui.domain.record import dataclass

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.paging import Page

SURE = 15.0
"""Seconds for which the server's count tells that nothing moved above where reading goes on."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where on the server a page ended that is part of the stretch at the top.

    Attributes:
        page: its number.
        size: how many rows a page were asked for.
        total: how many rows the server counted then; None where it did not say.
        above: key of the last row down to it that belongs to the list; None if there is none.
        last: the page's last row, whether it belongs to the list or not.
        oldest: the end of the stretch at the top then.
        moment: when, on the monotonic clock.
        request: the how manieth request of its reader it was.
    """

    page: int
    size: int
    total: int | None
    above: str | None
    last: Delivery | None
    oldest: str | None
    moment: float
    request: int

    def tells(self, now: float) -> bool:
        """Whether the server's count can tell what goes on from here; `now` is monotonic."""
        return self.total is not None and now - self.moment <= SURE

    def is_followed_by(self, page: Page[Delivery], size: int, now: float, request: int) -> bool:
        """Whether a page begins right after the edge, as far as the server's count tells.

        Rows that vanish above the edge move unread rows up, out of the next page: a gap; many that
        come on top move the whole list down, below it. The server's count tells: it is the same.
        Without a count, only the page that was asked for right after the edge is taken for it.
        """
        if self.size != size or page.number != self.page + 1 or page.total != self.total:
            return False
        if self.total is None:
            return request == self.request + 1
        return now - self.moment <= SURE

    def is_in(self, page: Page[Delivery]) -> bool:
        """Whether the page holds the last row that was read, unchanged."""
        last = self.last
        if last is None:
            return False
        return any(row.key == last.key and is_unchanged(last, row) for row in page.items)

    def came(self, page: Page[Delivery]) -> int:
        """How many more rows the server counts than at the edge; 0 if not more."""
        if self.total is None or page.total is None or not page.items:
            return 0
        return max(0, page.total - self.total)
