"""What a table is told: its columns, and rows it asks for one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from vzaps_tui.domain.record import dataclass

if TYPE_CHECKING:
    from vzaps_tui.ui.widgets.cells import Align, Cell

GUTTER = 2  # the cursor's bar and the mark
LEAD = 1  # between the gutter and the first column
GAP = 2  # between columns
ROOMY = 100
"""Cells of a screen that has room for details."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        key: name of the column in code.
        title: word in the header.
        width: cells; the least, if the column is flexible.
        flex: share of the spare width; 0 for none.
        align: side the words stand on.
        min_width: width of the screen from which on the column is shown.
        roomy_width: `width` on screens of ROOMY cells and more; 0: the same as on others.
        crops: words that have no room are cut without a `…`: their end is a detail.
    """

    key: str
    title: str
    width: int
    flex: int = 0
    align: Align = "left"
    min_width: int = 0
    roomy_width: int = 0
    crops: bool = False


class Rows(Protocol):
    """What a table shows. Keys are unique; nothing here may block."""

    def __len__(self) -> int:
        """How many rows there are."""
        ...

    def key(self, index: int) -> str:
        """The key of the row at `index`."""
        ...

    def index(self, key: str) -> int | None:
        """Where the row with `key` is now; None if it is not there."""
        ...

    def cells(self, index: int) -> tuple[Cell, ...]:
        """One cell for each column, shown or hidden; raw text, made safe by the table."""
        ...


class NoRows(Rows):
    """The rows of a table before it was given any."""

    @override
    def __len__(self) -> int:
        return 0

    @override
    def key(self, index: int) -> str:
        raise IndexError(index)

    @override
    def index(self, key: str) -> int | None:
        del key
        return None

    @override
    def cells(self, index: int) -> tuple[Cell, ...]:
        raise IndexError(index)


def columns_for(columns: Sequence[Column], screen_width: int) -> tuple[Column, ...]:
    """The columns for which the screen is wide enough; the first one always is."""
    shown = tuple(c for c in columns if screen_width >= c.min_width) or tuple(columns[:1])
    if screen_width < ROOMY:
        return shown
    return tuple(replace(c, width=c.roomy_width) if c.roomy_width else c for c in shown)


def needed_width(columns: Sequence[Column]) -> int:
    """Cells that a line takes when no column gets more than its least width."""
    return GUTTER + LEAD + sum(c.width for c in columns) + GAP * (len(columns) - 1)


def share_out(columns: Sequence[Column], width: int) -> list[int]:
    """Width of each column when the line has `width` cells; what is spare goes to flexible ones."""
    spare = max(0, width - needed_width(columns))
    shares = sum(column.flex for column in columns)
    widths: list[int] = []
    for column in columns:
        extra = spare * column.flex // shares if column.flex else 0
        spare -= extra
        shares -= column.flex
        widths.append(column.width + extra)
    return widths
