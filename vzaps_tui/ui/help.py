"""The keys of the screen one came from, derived from the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Label, Static
from typing_extensions import override

from vzaps_tui.ui.commands import MOVING, Place, show_keys

_WORDS = (
    ("DELIVERED", "green", "the receiver answered with success"),
    ("FAILED", "red", "the last try failed"),
    ("PENDING", "yellow", "VZaps is still trying"),
    ("ACCEPTED", "yellow", "VZaps took the retry; what it led to is being read"),
    ("FAILED AGAIN", "red", "the retry was sent and failed"),
    ("NO NEWS", "yellow", "accepted, but the log showed nothing new in 8 s"),
    ("REFUSED", "red", "VZaps did not take the retry: nothing was sent"),
    (
        "UNKNOWN",
        "red",
        "the answer was lost: it may have been sent; it is not sent again by itself",
    ),
    ("SKIPPED", "dim", "not sent, and the reason is said"),
)


class HelpScreen(ModalScreen[None]):
    """Scrolls; esc, ? and q close it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,question_mark,q,f1", "close", "Close"),
        ("j", "scroll(1)", "Down"),
        ("k", "scroll(-1)", "Up"),
    ]

    def __init__(self, places: tuple[Place, ...], keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._places = (*reversed(places), MOVING)
        self._keymap = keymap

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Text("Keys", "bold"), classes="dialog-title")
            with VerticalScroll(classes="help-body"):
                yield Static(self._table())
                yield Static(self._vocabulary())
            yield Label(
                "esc closes · ctrl+p finds any command by name", classes="dialog-foot", markup=False
            )

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one(VerticalScroll).focus()

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column()
        for place in self._places:
            table.add_row(Text(place.title, "bold underline"), "")
            for command in place.commands:
                keys = show_keys(self._keymap.get(command.id, command.keys)) or "enter"
                table.add_row(Text(keys, "bold"), Text(command.help))
            table.add_row("", "")
        return table

    def _vocabulary(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_row(Text("Words", "bold underline"), "")
        for word, style, meaning in _WORDS:
            table.add_row(Text(word, style), Text(meaning))
        return table

    def action_scroll(self, step: int) -> None:
        """One line up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()
