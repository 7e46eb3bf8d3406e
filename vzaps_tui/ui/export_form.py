"""The export form: in which form, where to, and what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static
from typing_extensions import override

from vzaps_tui.domain.exporting import ExportFormat
from vzaps_tui.domain.record import dataclass
from vzaps_tui.ui.dialogs import SHORT
from vzaps_tui.ui.render import words
from vzaps_tui.ui.widgets.check_list import CheckList, Item
from vzaps_tui.ui.widgets.field import Field

_FORMS = {
    ExportFormat.JSONL: Item("JSON Lines", "for jq and programs"),
    ExportFormat.CSV: Item("CSV", "for spreadsheets"),
    ExportFormat.MARKDOWN: Item("Markdown", "a report, causes first"),
}
_FORM_OF = {item.value: form for form, item in _FORMS.items()}
_KEEP = Item("keep personal data", "phones, ids, names")
_HIDDEN = (
    "Unless ticked these are hidden, names as far as they can be told. Secrets and the query of "
    "URLs are hidden in any case."
)


@dataclass(frozen=True, slots=True)
class ExportChoice:
    """What a person chose: the form, the path as typed, and whether personal data stays."""

    form: ExportFormat
    path: str
    keep_personal: bool = False


class _OneOf(CheckList):
    """One line is ticked at any time."""

    @override
    def action_tick(self) -> None:
        if self.cursor_key is not None:
            self.choose([self.cursor_key])
            self.post_message(self.Ticked(self, self.cursor_key))


class ExportForm(ModalScreen[ExportChoice | None]):
    """Returns the choice, or None if it was left."""

    VERTICAL_BREAKPOINTS = SHORT
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
        self._named_for: ExportFormat = self._before.form
        self._proposed = self._before.path or name_for(self._before.form)

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled("Export deliveries", "bold"), classes="dialog-title")
            yield Static(words(f"Writes {self._covers}."), id="covers")
            yield _OneOf(_FORMS.values(), id="forms")
            yield Label("File", markup=False)
            box = Field(self._proposed, id="path", compact=True)
            box.cursor_blink = False
            box.select_on_focus = False
            yield box
            yield CheckList([_KEEP], id="keep")
            yield Static(_HIDDEN, id="hidden", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Write", id="write", variant="primary", compact=True)
            yield Label(
                "space ticks · tab next · ctrl+s writes · esc leaves",
                classes="dialog-foot",
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin with the form."""
        forms = self.query_one("#forms", _OneOf)
        forms.choose([_FORMS[self._before.form].value])
        forms.move_to(_FORMS[self._before.form].value)
        forms.focus()
        kept = [_KEEP.value] if self._before.keep_personal else []
        self.query_one("#keep", CheckList).choose(kept)

    @property
    def _form(self) -> ExportFormat:
        chosen = self.query_one("#forms", _OneOf).chosen
        return next((_FORM_OF[name] for name in chosen), self._before.form)

    @on(CheckList.Ticked, "#forms")
    def _follow(self) -> None:
        """The path follows the form when that changes, where its end is that of a form."""
        if self._form is self._named_for:
            return
        self._named_for = self._form
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
        if not self.is_mounted:
            return  # a hasty key: nothing was shown yet
        self._follow()  # of a tick right before this key nothing was heard yet
        kept = self.query_one("#keep", CheckList).chosen
        path = self.query_one("#path", Input).value
        self.dismiss(ExportChoice(self._form, path, keep_personal=bool(kept)))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss(None)
