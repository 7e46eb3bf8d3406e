"""Asks for the path of a file to write."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static
from typing_extensions import override

from vzaps_tui.ui.render import words
from vzaps_tui.ui.widgets.field import Field


class PathForm(ModalScreen[str]):
    """Returns the path as it was typed; the empty string if it was left."""

    DEFAULT_CSS = """
    PathForm #path { background: $boost; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]

    def __init__(self, title: str, covers: str, path: str) -> None:
        """Prepare.

        Args:
            title: what is written.
            covers: what of it, in words; unsafe text.
            path: the one to propose.
        """
        super().__init__()
        self._title = title
        self._covers = covers
        self._path = path

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled(self._title, "bold"), classes="dialog-title")
            yield Static(words(self._covers))
            box = Field(self._path, id="path", compact=True)
            box.cursor_blink = False
            box.select_on_focus = False
            yield box
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Write", id="write", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Begin with the path."""
        self.query_one("#path", Input).focus()

    @on(Input.Submitted, "#path")
    @on(Button.Pressed, "#write")
    def action_write(self) -> None:
        """Write the file."""
        self.dismiss(self.query_one("#path", Input).value)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss("")
