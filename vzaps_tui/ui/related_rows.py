"""Deliveries that belong together as a table shows them, and how far the search for them is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from vzaps_tui.domain.times import clock_time
from vzaps_tui.services.related import Kin, Progress, Relative
from vzaps_tui.ui.render import status_cell
from vzaps_tui.ui.widgets.virtual_table import Column

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.meaning import Meaning
    from vzaps_tui.ui.widgets.cells import Cell

COLUMNS = (
    Column("time", "Time", 11, roomy_width=14, crops=True),
    Column("status", "Status", 11),
    Column("event", "Event", 10, flex=1, min_width=96),
    Column("code", "Code", 4, align="right", min_width=76),
    Column("kin", "Same", 9),
    Column("says", "Says", 16, flex=4),
)
_THIS = "this one"


class RelatedRows:
    """Rows for the table, newest first; the one that was searched from is among them."""

    def __init__(
        self, around: Delivery, says: str, found: tuple[Relative, ...], now: datetime
    ) -> None:
        rows: list[tuple[Delivery, str, str]] = [(around, _THIS, says)]
        rows += ((one.row, one.kin.value, one.says) for one in found)
        rows.sort(key=lambda row: _seconds(row[0]), reverse=True)
        self._rows = rows
        self._now = now
        self._places = {row.key: place for place, (row, _, _) in enumerate(rows)}

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The deliveries, as they stand."""
        return tuple(row for row, _, _ in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def key(self, index: int) -> str:
        """Identity of a row."""
        return self._rows[index][0].key

    def index(self, key: str) -> int | None:
        """Where a row stands."""
        return self._places.get(key)

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a row."""
        row, kin, says = self._rows[index]
        return (
            clock_time(row.time, self._now, fine=True),
            status_cell(row),
            row.event,
            "-" if row.http_status is None else str(row.http_status),
            (kin, "strong" if kin == Kin.MESSAGE else "dim"),
            says,
        )

    def holding(self, needle: str) -> list[int]:
        """Places of the rows that hold a text, in any case."""
        wanted = needle.casefold()
        return [
            place
            for place, (row, kin, says) in enumerate(self._rows)
            if wanted in f"{row.id}\n{row.event}\n{row.status_word}\n{kin}\n{says}".casefold()
        ]


def _seconds(row: Delivery) -> timedelta:
    """For sorting: rows without a time come last."""
    return timedelta.min if row.time is None else row.time - _EPOCH


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def sought(meaning: Meaning) -> tuple[str, ...]:
    """What is looked for, as chips."""
    chips = [f"chat {' = '.join(meaning.chats)}"] if meaning.chats else []
    for first in meaning.message_ids[:1]:
        others = len(meaning.message_ids) - 1
        chips.append(f"message {first}{f' +{others:,}' if others else ''}")
    return tuple(chips)


def counts_text(told: Progress, target: int) -> str:
    """`3 found · read 40 of 200 nearest · 1,250 held`."""
    goal = min(target, told.held)
    words = f"{len(told.found):,} found · looked at {told.looked:,} of {goal:,} nearest"
    words += f" · {told.held:,} held"
    if told.unreadable:
        words += f" · {told.unreadable:,} unreadable"
    return words


def covers(told: Progress, target: int, now: datetime, *, running: bool) -> str:
    """What the search covers so far, and what can be done about it."""
    if told.waiting is not None:
        return f"The API asks to wait {told.waiting:.0f} s; then it goes on. s stops it."
    if told.newest is None or told.oldest is None:
        span = "Nothing looked at yet."
    else:
        begins, ends = clock_time(told.oldest, now), clock_time(told.newest, now)
        span = f"Looked at what is held from {begins} to {ends}."
    if running:
        left = "" if told.left is None else f", about {told.left:,.0f} s left"
        return f"{span} Reading on{left}; s stops it."
    if told.complete:
        return f"{span} That is all that is held; what is not loaded is not covered."
    if told.looked >= target:
        return f"{span} m looks at further ones."
    return f"{span} Stopped; s goes on."
