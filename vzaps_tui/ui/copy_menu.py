"""The copy menu: `y`, then what to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from vzaps_tui.domain.text import visible
from vzaps_tui.ui.host import host_of

if TYPE_CHECKING:
    from vzaps_tui.ui.copy_item import CopyItem

_SAMPLE = 200


class CopyMenu(ModalScreen[None]):
    """One letter copies; so does enter on a line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,y", "cancel", "Cancel"),
        ("j", "down"),
        ("k", "up"),
    ]

    def __init__(self, items: tuple[CopyItem, ...]) -> None:
        super().__init__()
        self._items = items

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(Content.styled("Copy", "bold"), classes="dialog-title")
            yield OptionList(*(Option(self._line(item), id=item.key) for item in self._items))

    @staticmethod
    def _line(item: CopyItem) -> Content:
        sample = visible(" ".join(item.text[:_SAMPLE].split()))
        return Content.assemble((item.key, "bold"), f"  {item.label}  ", (sample, "$text-muted"))

    def on_key(self, event: events.Key) -> None:
        """A letter of the menu copies at once."""
        for item in self._items:
            if event.character == item.key:
                # The menu is gone after this: the letter must not reach what it was over.
                event.stop()
                event.prevent_default()
                self._take(item)
                return

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._take(self._items[event.option_index])

    def _take(self, item: CopyItem) -> None:
        host = host_of(self)
        self.dismiss()
        host.copy(item)

    def action_down(self) -> None:
        """Next line."""
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        """Previous line."""
        self.query_one(OptionList).action_cursor_up()

    def action_cancel(self) -> None:
        """Copy nothing."""
        self.dismiss()
