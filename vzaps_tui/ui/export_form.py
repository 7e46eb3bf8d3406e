"""The export form: in which form, where to, and what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Checkbox, Input, Label, RadioButton, RadioSet
from typing_extensions import override

from vzaps_tui.domain.exporting import ExportFormat
from vzaps_tui.ui.render import words
from vzaps_tui.ui.widgets.field import Field

_FORMS = {
    ExportFormat.JSONL: "JSON Lines: a row a line, for jq and programs",
    ExportFormat.CSV: "CSV: for spreadsheets",
    ExportFormat.MARKDOWN: "Markdown: an incident report, causes first",
}


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What a person chose: the form, the path as typed, and whether personal data stays."""

    form: ExportFormat
    path: str
    keep_personal: bool = False


class ExportForm(ModalScreen[ExportChoice | None]):
    """Returns the choice, or None if it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "cancel", "Cancel"),
        ("ctrl+s", "write", "Write"),
    ]

    def __init__(
        self, covers: str, name_for: Callable[[ExportFormat], str], before: ExportChoice | None
    ) -> None:
        """Covers: what will be written, in words. Name_for: the path to propose for a form.

        Before: what was chosen last; its path only where that export came to nothing.
        """
        super().__init__()
        self._covers = covers
        self._name_for = name_for
        self._before = before or ExportChoice(ExportFormat.JSONL, "")
        self._proposed = self._before.path or name_for(self._before.form)

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled("Export deliveries", "bold"), classes="dialog-title")
            yield Label(words(f"Writes {self._covers}."), id="covers")
            with RadioSet(id="forms", compact=True):
                for form, text in _FORMS.items():
                    yield RadioButton(
                        Content(text), form is self._before.form, name=form.value, compact=True
                    )
            yield Label("File", markup=False)
            box = Field(self._proposed, id="path", compact=True)
            box.cursor_blink = False
            box.select_on_focus = False
            yield box
            yield Checkbox(
                Content("keep personal data: phones, WhatsApp ids, e-mail addresses, names"),
                self._before.keep_personal,
                id="keep",
                compact=True,
            )
            yield Label(
                "Unticked they are hidden, names as far as they can be told. Secrets and the query "
                "of URLs are hidden in any case.",
                classes="dialog-foot",
                markup=False,
            )
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Write", id="write", variant="primary", compact=True)
            yield Label(
                "space chooses · tab goes on · ctrl+s writes · esc leaves",
                classes="dialog-foot",
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin with the form."""
        self.query_one(RadioSet).focus()

    @property
    def _form(self) -> ExportFormat:
        pressed = self.query_one(RadioSet).pressed_button
        return ExportFormat(pressed.name) if pressed and pressed.name else self._before.form

    @on(RadioSet.Changed)
    def _propose(self) -> None:
        """Let the path follow the form: its end, where it is that of a form."""
        box = self.query_one("#path", Input)
        if box.value == self._proposed and not self._before.path:
            box.value = self._proposed = self._name_for(self._form)
            return
        stem, dot, end = box.value.rpartition(".")
        if dot and end in [form.value for form in ExportFormat]:
            box.value = f"{stem}.{self._form.value}"

    @on(Input.Submitted, "#path")
    @on(Button.Pressed, "#write")
    def action_write(self) -> None:
        """Write the file."""
        path = self.query_one("#path", Input).value
        self.dismiss(ExportChoice(self._form, path, self.query_one("#keep", Checkbox).value))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss(None)
