"""Where reading a log downwards has come to, and which page surely goes on from there."""

from __future__ import annotations

from dataclasses import dataclass

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.readings import is_unchanged

SURE = 15.0
"""Seconds for which the server's count tells that nothing moved above where reading goes on."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where on the server the stretch at the top ended when it was last read there.

    Attributes:
        page: number of the page whose last row is the stretch's last row.
        size: how many rows a page were asked for.
        total: how many rows the server counted then; None where it did not say.
        above: key of the last row so far that belongs to the list; None if there was none yet.
        last: the page's last row, whether it belongs to the list or not.
        oldest: the end of the stretch at the top then.
        moment: when, on the monotonic clock.
    """

    page: int
    size: int
    total: int | None
    above: str | None
    last: Delivery | None
    oldest: str | None
    moment: float

    def tells(self, now: float) -> bool:
        """Whether the server's count can tell what goes on from here; `now` is monotonic."""
        return self.total is not None and now - self.moment <= SURE

    def is_followed_by(self, page: Page[Delivery], size: int, now: float) -> bool:
        """Whether a page begins right after the edge, as far as the server's count tells.

        Rows that vanish above the edge move unread rows up, out of the next page: a gap; many that
        come on top move the whole list down, below it. The server's count tells: it is the same.
        Without a count, the page after the edge is read only right after the edge itself.
        """
        if self.size != size or page.number != self.page + 1 or now - self.moment > SURE:
            return False
        return page.total == self.total

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
