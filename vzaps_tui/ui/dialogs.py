"""A question with buttons; Cancel has the focus."""

from __future__ import annotations

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Label, Static
from typing_extensions import override

from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible
from vzaps_tui.ui.render import words

SHORT: Final = [(0, "-short"), (23, "-tall")]
"""Classes of a dialog by the rows of the terminal: where there are few, nothing of it is cut."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A button besides Cancel: `id` is what the dialog returns."""

    id: str
    label: str
    danger: bool = True


class ConfirmScreen(ModalScreen[str]):
    """Returns the id of the choice, or the empty string for Cancel and esc."""

    VERTICAL_BREAKPOINTS = SHORT
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "cancel", "Cancel"),
        ("left,up", "app.focus_previous", "Previous"),
        ("right,down", "app.focus_next", "Next"),
        ("pageup,ctrl+u", "scroll_body(-1)", "Up"),
        ("pagedown,ctrl+d", "scroll_body(1)", "Down"),
    ]

    def __init__(self, title: str, body: str | Content, choices: tuple[Choice, ...]) -> None:
        super().__init__()
        self._title = title
        self._body = words(body) if isinstance(body, str) else body
        self._choices = choices

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(Content.styled(visible(self._title), "bold"), classes="dialog-title")
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield Static(self._body)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                for choice in self._choices:
                    kind = "warning" if choice.danger else "primary"
                    yield Button(Content(choice.label), id=choice.id, variant=kind, compact=True)

    def on_mount(self) -> None:
        """Nothing happens by a hasty enter."""
        self.query_one("#cancel", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        chosen = event.button.id or ""
        self.decide("" if chosen == "cancel" else chosen)

    def decide(self, choice: str) -> None:
        """Take a choice as the answer; the empty string is Cancel."""
        self.dismiss(choice)

    def action_scroll_body(self, step: int) -> None:
        """Show more of what must be known before, where it has no room."""
        body = self.query_one(".dialog-body", VerticalScroll)
        body.scroll_relative(y=step * max(1, body.size.height - 1), animate=False)

    def action_cancel(self) -> None:
        """Take it back."""
        self.dismiss("")
