"""A question to the archive: whose rows, which of them, and when it was asked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vzaps_tui.domain.record import dataclass

if TYPE_CHECKING:
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.domain.selection import Scope


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about; `now` is what the query's `last` hours are counted back from."""

    scope: Scope
    query: DeliveryQuery
    now: datetime | None = None

    @property
    def resolved(self) -> DeliveryQuery:
        """The query with moments instead of hours and words."""
        return self.query if self.now is None else self.query.resolve(self.now)
