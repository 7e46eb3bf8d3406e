"""Stepping through what was found in a list."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vzaps_tui.ui.widgets.virtual_table import VirtualTable


def step_to(table: VirtualTable, found: list[int], step: int, *, wrap: bool = True) -> bool:
    """Move the cursor to the next (1) or previous (-1) of the ascending indices `found`.

    Returns whether there was one; with `wrap` the first follows the last.
    """
    if not found:
        return False
    at = table.cursor_index
    place = bisect_right(found, at) if step > 0 else bisect_left(found, at) - 1
    if wrap:
        place %= len(found)
    return 0 <= place < len(found) and table.move_to(found[place])
