"""A board whose main part is one table: finding in it, and stepping through what was found."""

from __future__ import annotations

from typing import TypeVar

from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.ui.board import Board
from vzaps_tui.ui.finding import step_to
from vzaps_tui.ui.widgets.virtual_table import VirtualTable

Result = TypeVar("Result")


class ListBoard(Board[Result]):
    """Subclasses say which rows hold a text, and how to tell how many."""

    def __init__(self) -> None:
        super().__init__()
        self._needle = ""

    def holding(self, needle: str) -> list[int]:
        """Indices of the rows that hold a text, ascending."""
        raise NotImplementedError

    def told(self, count: int) -> str:
        """How many rows were found, in words."""
        return f"{count:,} found"

    @property
    def table(self) -> VirtualTable:
        """The list."""
        return self.query_one("#rows", VirtualTable)

    @override
    def main_widget(self) -> Widget | None:
        return self.table

    @override
    def peel(self) -> bool:
        if not self._needle:
            return False
        self.seek("")
        return True

    @override
    def seek(self, needle: str) -> str:
        self._needle = needle
        self.table.highlight = needle
        found = self._matches()
        if found and self.table.cursor_index not in found:
            self.table.move_to(found[0])
        return self.told(len(found)) if needle else ""

    @override
    def seek_step(self, step: int) -> None:
        step_to(self.table, self._matches(), step)

    def _matches(self) -> list[int]:
        return self.holding(self._needle) if self._needle else []
