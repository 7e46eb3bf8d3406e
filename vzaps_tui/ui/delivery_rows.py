"""Deliveries as a list shows them: columns, rows read as they are drawn, counts, what to copy."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.times import clock_time
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.render import delivery_cells
from vzaps_tui.ui.widgets.virtual_table import Column

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.log_state import LogState
    from vzaps_tui.domain.retries import RetryStep
    from vzaps_tui.services.deliveries import DeliveryService
    from vzaps_tui.ui.widgets.cells import Cell

_NEVER = 10_000
_PAGE = 64
_PAGES_KEPT = 16
_NEAR = 4096
"""How far from where a row was last it is looked for before all rows are looked through."""


def columns(*, retries: bool, utc: bool = False, oldest_first: bool = False) -> tuple[Column, ...]:
    """The list's columns; beside retries, narrow screens have no room for tries and time."""
    roomy = 140
    title = "Time UTC" if utc else "Time"
    return (
        Column(
            "time",
            f"{title} ▲" if oldest_first else title,
            11,
            roomy_width=14,  # another day's with its seconds
            crops=True,
        ),
        Column("status", "Status", 11),
        Column("retry", "Retry", 12, min_width=0 if retries else _NEVER),
        Column("event", "Event", 10, flex=1),
        Column("code", "Code", 4, align="right"),
        Column("tries", "Tries", 5, align="right", min_width=roomy if retries else 0),
        Column("took", "Took", 7, align="right", min_width=roomy if retries else 64),
        Column("error", "Error", 10, flex=3, min_width=76),
        Column("target", "Target", 20, flex=1, min_width=170),
    )


class RowSource(Protocol):
    """Where rows are read from, at once."""

    def rows(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """The rows of these numbers; None for one that is not held any more."""
        ...

    def place(self, key: str) -> int | None:
        """The number of a row."""
        ...

    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        """Which of these the API is known not to have any more."""
        ...


class _Nowhere(RowSource):
    """Holds nothing."""

    @override
    def rows(self, rowids: Sequence[int]) -> list[Delivery | None]:
        return [None] * len(rowids)

    @override
    def place(self, key: str) -> int | None:
        return None

    @override
    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        return frozenset()


class InstanceRows(RowSource):
    """The rows of one instance."""

    def __init__(self, deliveries: DeliveryService, instance: InstanceId) -> None:
        self._deliveries = deliveries
        self._instance = instance

    @override
    def rows(self, rowids: Sequence[int]) -> list[Delivery | None]:
        return self._deliveries.rows(rowids)

    @override
    def place(self, key: str) -> int | None:
        return self._deliveries.place(self._instance, key)

    @override
    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        return self._deliveries.gone(rowids)


class DeliveryRows:
    """The rows of a list by their numbers: only those that are looked at are read, page by page.

    What was read stays as it was: a list that is drawn anew is given a new one.
    """

    def __init__(
        self,
        numbers: array[int],
        source: RowSource,
        step: Callable[[Delivery], RetryStep | None],
        now: datetime,
        *,
        oldest_first: bool = False,
    ) -> None:
        self.numbers = numbers
        self._source = source
        self._step = step
        self._now = now
        self._oldest_first = oldest_first
        self._pages: OrderedDict[int, list[Delivery | None]] = OrderedDict()
        self._gone: frozenset[int] = frozenset()
        self._near = 0

    @classmethod
    def none(cls) -> DeliveryRows:
        """No rows."""
        return cls(array("q"), _Nowhere(), lambda _: None, datetime.min.replace(tzinfo=UTC))

    def __len__(self) -> int:
        return len(self.numbers)

    def is_of(self, now: datetime) -> bool:
        """Whether the rows are told as they would be now: an earlier day is told with its date."""
        return self._now.astimezone(now.tzinfo).date() == now.date()

    def forget(self) -> None:
        """Hold no rows any more: what is left of a screen may be collected late."""
        self.numbers = array("q")
        self._pages.clear()

    def at(self, index: int) -> Delivery | None:
        """The row at an index; None if it is not held any more, or there is no such index."""
        if not 0 <= index < len(self.numbers):
            return None
        number, offset = divmod(self._turned(index), _PAGE)
        page = self._pages.get(number)
        if page is None:
            start = number * _PAGE
            numbers = self.numbers[start : start + _PAGE]
            page = self._pages[number] = self._source.rows(numbers)
            self._gone |= self._source.gone(numbers)
            while len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        return page[offset]

    def key(self, index: int) -> str:
        """Identity of a row."""
        row = self.at(index)
        return f"\0{self.numbers[self._turned(index)]}" if row is None else row.key

    def index(self, key: str) -> int | None:
        """Where a row stands; None if it is not in the list."""
        number = int(key[1:]) if key.startswith("\0") else self._source.place(key)
        return None if number is None else self.index_of_number(number)

    def index_of(self, key: str) -> int | None:
        """The same, for those who walk the list."""
        return self.index(key)

    def index_of_number(self, number: int) -> int | None:
        """Where the row of a number stands; the neighbourhood comes first: rows seldom go far."""
        found = self._find(number, max(0, self._near - _NEAR), self._near + _NEAR)
        if found is None:
            found = self._find(number, 0, len(self.numbers))
        if found is None:
            return None
        self._near = found
        return self._turned(found)

    def places_of(self, numbers: Iterable[int]) -> list[int]:
        """Where the rows of some numbers stand, ascending; those not in the list are left out."""
        wanted = frozenset(numbers)
        ordered = reversed(self.numbers) if self._oldest_first else self.numbers
        return [place for place, number in enumerate(ordered) if number in wanted]

    def numbers_of(self, keys: Iterable[str]) -> array[int]:
        """The numbers of rows of the list, as they stand there; others are left out."""
        wanted = {self._source.place(key) for key in keys}
        return array("q", [number for number in self.numbers if number in wanted])

    def _find(self, number: int, start: int, stop: int) -> int | None:
        with suppress(ValueError):
            return self.numbers.index(number, start, stop)
        return None

    def _turned(self, index: int) -> int:
        return len(self.numbers) - 1 - index if self._oldest_first else index

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a row."""
        row = self.at(index)
        if row is None:
            return ("-", ("dropped", "dim"), "", ("not held any more", "dim"), *[""] * 5)
        step = self._step(row)
        if step is None and self.numbers[self._turned(index)] in self._gone:
            row = replace(row, error=f"gone from API · {row.error or 'kept here'}")
        return delivery_cells(row, step, self._now)


def why_empty(state: LogState, query: DeliveryQuery, trying: int = 0) -> str:
    """What stands where no row is shown; `trying`: pending ones whose last try failed."""
    if trying and query == DeliveryQuery().toggled_failed():
        return (
            f"No delivery has failed for good.\n{trying:,} pending ones got an error and are being "
            "tried again: f shows them."
        )
    if query.failed_only and not state.held:
        return "No failed delivery. f shows all."
    if state.held:
        return "No loaded delivery matches the filter.\nesc takes the filter away, F changes it."
    return (
        "No delivery yet.\n"
        "Events that VZaps sends to the webhook will be listed here.\nw shows the webhook."
    )


def counts_text(
    shown: int,
    state: LogState,
    query: DeliveryQuery,
    now: datetime,
    *,
    filtered: bool = True,
    more: bool = False,
) -> str:
    """`93 of 250 loaded of 8,412`, and what limits it.

    Args:
        shown: rows that match.
        state: what is held.
        query: which rows are looked at.
        now: aware.
        filtered: whether the API keeps to its own filter.
        more: whether more match than are counted yet.
    """
    total = "?" if state.total is None else f"{state.total:,}"
    kind = " failed" if query.server_status and filtered else ""
    those = f"{shown:,}{'+' if more else ''}"
    words = f"{those} of {state.held:,} loaded of {total}{kind}"
    if state.total is not None and state.held > state.total:
        words = f"{those} of {state.held:,}{kind} loaded, the API counts {total}"
    if query.server_status and not filtered:
        words += " · the API ignores the filter"
    if state.has_gap:
        where = f" below {clock_time(state.gap, now)}" if state.gap else ""
        words += f" · gap{where}: L reads it"
    if state.end is End.REPEATS:
        words += " · the API repeats its page: older ones cannot be read"
    if state.unreadable:
        words += f" · {state.unreadable} rows unreadable"
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
