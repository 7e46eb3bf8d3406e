"""A list of things to tick: `[x]` and `[ ]`, so that it reads without colour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from typing_extensions import override

from vzaps_tui.domain.record import dataclass
from vzaps_tui.ui.widgets.virtual_table import Column, VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.ui.widgets.cells import Cell


@dataclass(frozen=True, slots=True)
class Item:
    """One line: what it stands for, and words about it; both unsafe text."""

    value: str
    note: str = ""


class _Ticks:
    """Rows for the table."""

    def __init__(self, items: Sequence[Item], chosen: frozenset[str]) -> None:
        self._items = items
        self._chosen = chosen

    def __len__(self) -> int:
        return len(self._items)

    def key(self, index: int) -> str:
        return self._items[index].value

    def index(self, key: str) -> int | None:
        return next((at for at, item in enumerate(self._items) if item.value == key), None)

    def cells(self, index: int) -> tuple[Cell, ...]:
        item = self._items[index]
        chosen = item.value in self._chosen
        return ("[x]", "accent") if chosen else "[ ]", item.value, (item.note, "dim")


class CheckList(VirtualTable):
    """Space or enter ticks the line under the cursor.

    Of several in a form only the one that has the keys shows its cursor: without colour one could
    not tell them apart.
    """

    HEADER_LINES = 0

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", "Tick", show=False)]

    class Ticked(Message):
        """A line was ticked or unticked by a person."""

        def __init__(self, check_list: CheckList, value: str) -> None:
            super().__init__()
            self.check_list = check_list
            self.value = value

        @property
        @override
        def control(self) -> CheckList:
            return self.check_list

    def __init__(self, items: Iterable[Item] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        columns = (Column("tick", "", 3), Column("value", "", 23), Column("note", "", 0, flex=1))
        super().__init__(columns, id=id)
        self._items = tuple(items)
        self._chosen: frozenset[str] = frozenset()

    @property
    def chosen(self) -> frozenset[str]:
        """Values that are ticked."""
        return self._chosen

    def put(self, items: Iterable[Item], chosen: Iterable[str]) -> None:
        """Show these lines, these of them ticked."""
        self._items = tuple(items)
        self.choose(chosen)

    def choose(self, chosen: Iterable[str]) -> None:
        """Tick these and no others."""
        self._chosen = frozenset(chosen)
        self.show(_Ticks(self._items, self._chosen))

    @override
    def draw_line(self, index: int, *, cursor: bool) -> Strip:
        return super().draw_line(index, cursor=cursor and self.has_focus)

    @override
    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        self.forget_strips()

    def action_tick(self) -> None:
        """Tick or untick the line under the cursor."""
        if self.cursor_key is not None:
            self.choose(self._chosen ^ {self.cursor_key})
            self.post_message(self.Ticked(self, self.cursor_key))

    @override
    def action_open(self) -> None:
        self.action_tick()

    @override
    def line_clicked(self, index: int, chain: int) -> None:
        del chain
        self.move_cursor(index)
        self.action_tick()
