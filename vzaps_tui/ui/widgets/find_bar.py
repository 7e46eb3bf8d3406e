"""The line one types a search into: `/`, text, enter; esc closes it."""

from __future__ import annotations

from textual import on
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from vzaps_tui.ui.widgets.field import Field


class FindBar(Horizontal):
    """Hidden until opened; says what is sought on every letter, and how many there are."""

    DEFAULT_CSS = """
    FindBar { height: 1; display: none; background: $boost; }
    FindBar.-open { display: block; }
    FindBar Label { width: auto; padding: 0 1; }
    FindBar Input { width: 1fr; border: none; height: 1; padding: 0; background: $boost; }
    FindBar #found { color: $text-muted; }
    """

    class Sought(Message):
        """The text to find, on every letter; `done` when enter was pressed."""

        def __init__(self, text: str, *, done: bool = False) -> None:
            super().__init__()
            self.text = text
            self.done = done

    def fill(self) -> None:
        """Make what one types into, unless it is there: the first frame does without."""
        if not self.children:
            box = Field(id="needle", compact=True)
            box.cursor_blink = False
            self.mount(Label("/"), box, Label("", id="found", markup=False))

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    @property
    def is_typed_in(self) -> bool:
        """Whether keys go into it: it may stay open beside what was found."""
        return self.query_one("#needle", Input).has_focus

    @property
    def text(self) -> str:
        """What is sought."""
        return self.query_one("#needle", Input).value if self.children else ""

    def open(self) -> None:
        """Show it and take the keys."""
        self.fill()
        self.add_class("-open")
        self.query_one("#needle", Input).focus()

    def close(self) -> None:
        """Hide it and forget the text."""
        self.remove_class("-open")
        if self.children:
            self.query_one("#needle", Input).value = ""
            self.say("")

    def say(self, words: str) -> None:
        """Tell how many were found."""
        self.fill()
        self.query_one("#found", Label).update(words)

    @on(Input.Changed, "#needle")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Sought(event.value))

    @on(Input.Submitted, "#needle")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Sought(event.value, done=True))
