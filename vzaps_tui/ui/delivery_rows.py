"""Deliveries as a list shows them: columns, rows, counts, and what can be copied of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.render import delivery_cells
from vzaps_tui.ui.widgets.cells import Cell
from vzaps_tui.ui.widgets.virtual_table import Column

_NEVER = 10_000


def columns(*, retries: bool) -> tuple[Column, ...]:
    """The list's columns; beside retries, narrow screens have no room for tries and time."""
    roomy = 140
    return (
        Column("time", "Time", 11),
        Column("status", "Status", 11),
        Column("retry", "Retry", 12, min_width=0 if retries else _NEVER),
        Column("event", "Event", 10, flex=1),
        Column("code", "Code", 4, align="right"),
        Column("tries", "Tries", 5, align="right", min_width=roomy if retries else 0),
        Column("took", "Took", 7, align="right", min_width=roomy if retries else 64),
        Column("error", "Error", 10, flex=3, min_width=76),
        Column("target", "Target", 20, flex=1, min_width=170),
    )


class DeliveryRows:
    """Rows for the table."""

    def __init__(
        self,
        rows: tuple[Delivery, ...],
        step: Callable[[Delivery], RetryStep | None],
        now: datetime,
    ) -> None:
        self._rows = rows
        self._step = step
        self._now = now
        self._place = {row.key: index for index, row in enumerate(rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, index: int) -> str:
        """Identity of a row."""
        return self._rows[index].key

    def index(self, key: str) -> int | None:
        """Where a row stands."""
        return self._place.get(key)

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a row."""
        row = self._rows[index]
        return delivery_cells(row, self._step(row), self._now)


def narrowed(
    listing: Listing[Delivery], query: DeliveryQuery, kept: frozenset[str], now: datetime
) -> tuple[Delivery, ...]:
    """The rows to show: those that match, and those `kept` whatever they became."""
    if query.is_empty:
        return listing.rows
    test = query.matcher(now)
    return tuple(row for row in listing.rows if test(row) or row.key in kept)


def is_being_tried(row: Delivery) -> bool:
    """Whether VZaps goes on trying after an error."""
    failing = bool(row.error) or failure_kind(row) is not FailureKind.OTHER
    return failing and row.status_class is StatusClass.PENDING


def why_empty(listing: Listing[Delivery], query: DeliveryQuery, trying: int = 0) -> str:
    """What stands where no row is shown; `trying`: pending ones whose last try failed."""
    if listing.rows:
        return "No loaded delivery matches the filter.\nesc takes the filter away, F changes it."
    if query.failed_only and trying:
        return (
            f"No delivery has failed for good.\n{trying} pending ones got an error and are being "
            "tried again: f shows them."
        )
    if query.failed_only:
        return "No failed delivery. f shows all."
    return (
        "No delivery yet.\n"
        "Events that VZaps sends to the webhook will be listed here; w shows the webhook."
    )


def counts_text(
    shown: tuple[Delivery, ...],
    listing: Listing[Delivery],
    query: DeliveryQuery,
    now: datetime,
    *,
    filtered: bool = True,
) -> str:
    """`93 of 250 loaded of 8,412`, and what limits it; `filtered`: the API keeps to its filter."""
    total = "?" if listing.total is None else f"{listing.total:,}"
    kind = " failed" if query.server_status and filtered else ""
    words = f"{len(shown):,} of {len(listing.rows):,} loaded of {total}{kind}"
    if query.server_status and not filtered:
        words += " · the API ignores the filter"
    if kept := len(shown) - len(narrowed(Listing(shown), query, frozenset(), now)):
        words += f" · {kept} just retried"
    if listing.end is End.REPEATS:
        words += " · the API repeats its page: older ones cannot be read"
    if listing.unreadable:
        words += f" · {listing.unreadable} rows unreadable"
    return words


def copies_of(row: Delivery) -> tuple[CopyItem, ...]:
    """What can be copied of a delivery the list knows."""
    items = [CopyItem("i", "log id", row.id)] if row.id else []
    items.append(CopyItem("n", "event name", row.event))
    if row.error:
        items.append(CopyItem("e", "error", row.error))
    if row.target:
        items.append(CopyItem("u", "target URL, query hidden", mask_url(row.target)))
    return tuple(items)
