"""What a person last looked at in a list, kept while the program runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vzaps_tui.domain.query import DeliveryQuery

if TYPE_CHECKING:
    from vzaps_tui.domain.retries import RetryPlan

_MOST_KEPT = 1000
"""Rows of a plan that stay in sight; a look at so many takes some milliseconds."""


@dataclass(slots=True)
class DeliveriesView:
    """An instance's filter, cursor and marks; they survive leaving the screen.

    Attributes:
        query: the filter.
        cursor: key of the row under the cursor.
        marked: keys of marked rows.
        kept: keys of rows retried under this filter: they stay in sight whatever they became.
        preview: whether the preview is wanted.
        oldest_first: whether the list begins with the oldest.
        sought: whether the view of the last run was looked for, or is not wanted any more.
        cause: the filter of the cause that was opened last in the triage of this list.
        wider: what the filter was before that; None once it was changed in another way.
    """

    query: DeliveryQuery = field(default_factory=DeliveryQuery)
    cursor: str | None = None
    marked: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    preview: bool = True
    oldest_first: bool = False
    sought: bool = False
    cause: DeliveryQuery | None = None
    wider: DeliveryQuery | None = None

    @property
    def one_step_back(self) -> DeliveryQuery:
        """The filter that the present one came from: that before triage, else none."""
        if self.wider is None or self.query != self.cause:
            return DeliveryQuery()
        return self.wider

    def narrow_to(self, cause: DeliveryQuery) -> None:
        """Remember where one is when a cause is opened, before the filter becomes that of it."""
        if cause != self.query:
            self.cause, self.wider = cause, self.query

    def settle_on(self, query: DeliveryQuery) -> None:
        """The filter is to be this one, and not just while it is typed."""
        if query != self.cause:
            self.wider = None

    @property
    def is_as_new(self) -> bool:
        """Whether nobody has narrowed, turned or marked anything yet."""
        return (
            self.query.is_empty
            and self.preview
            and not (self.marked or self.kept or self.oldest_first)
        )

    def keep_in_sight(self, plan: RetryPlan) -> None:
        """Rows of a plan stay in the list under its filter, and lose their marks.

        Those of a large plan do not stay: each would be looked up again whenever rows change.
        """
        keys = frozenset(row.key for row in plan.deliveries)
        if len(keys) <= _MOST_KEPT:
            self.kept |= keys
        self.marked -= keys
