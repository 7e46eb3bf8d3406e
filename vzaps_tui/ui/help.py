"""The keys of the screen one came from, derived from the registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Label
from typing_extensions import override

from vzaps_tui.ui.command import Place, show_keys
from vzaps_tui.ui.commands import MOVING, OPENING, keys_of
from vzaps_tui.ui.render import STYLE
from vzaps_tui.ui.widgets.cells import Tone, wrap

_WORDS: tuple[tuple[str, Tone, str], ...] = (
    ("DELIVERED", "good", "the receiver answered with success"),
    ("FAILED", "bad", "the last try failed"),
    ("PENDING", "wait", "VZaps is still trying"),
    ("ACCEPTED", "wait", "VZaps took the retry; what it led to is being read"),
    ("FAILED AGAIN", "bad", "the retry was sent and failed"),
    ("NO NEWS", "wait", "accepted, but the log showed nothing new in 8 s"),
    ("REFUSED", "bad", "VZaps did not take the retry: nothing was sent"),
    ("UNKNOWN", "bad", "the answer was lost: it may have been sent; never sent again by itself"),
    ("SKIPPED", "dim", "not sent, and the reason is said"),
)
_WIDTH = 14
_LEAST = 20


class Glossary(Widget):
    """Keys or words with their meaning beside them, which is wrapped within its own column."""

    DEFAULT_CSS = """
    Glossary { height: auto; }
    """

    def __init__(self, lines: list[tuple[str, str, str]]) -> None:
        """Prepare; a line is a word, its style and its meaning, or a title without one."""
        super().__init__()
        self._lines = lines

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._laid_out(width))

    @override
    def render(self) -> Content:
        return Content("\n").join(self._laid_out(self.content_size.width))

    def _laid_out(self, width: int) -> list[Content]:
        made: list[Content] = []
        for word, style, meaning in self._lines:
            if not meaning:
                made.append(Content.styled(word, style))
                continue
            first, *more = wrap(meaning, max(_LEAST, width - _WIDTH))
            made.append(Content.assemble((f"{word:<{_WIDTH}}", style), first))
            made += [Content(" " * _WIDTH + line) for line in more]
        return made


class HelpScreen(ModalScreen[None]):
    """Scrolls; esc, ? and q close it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,question_mark,q,f1", "close", "Close"),
        ("j", "scroll(1)", "Down"),
        ("k", "scroll(-1)", "Up"),
    ]

    def __init__(self, places: tuple[Place, ...], keymap: Mapping[str, str]) -> None:
        super().__init__()
        self._places = (*reversed(places), OPENING, MOVING)
        self._keymap = keymap

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled("Keys", "bold"), classes="dialog-title")
            with VerticalScroll(classes="help-body"):
                yield Glossary(self._keys())
            yield Label(
                "esc closes · ctrl+p finds any command by name", classes="dialog-foot", markup=False
            )

    def on_mount(self) -> None:
        """Let the keys scroll."""
        self.query_one(VerticalScroll).focus()

    def _keys(self) -> list[tuple[str, str, str]]:
        lines: list[tuple[str, str, str]] = []
        for place in self._places:
            lines.append((place.title, "bold underline", ""))
            lines += [
                (show_keys(keys_of(command, self._keymap)), "bold", command.help)
                for command in place.commands
            ]
            lines.append(("", "", ""))
        lines.append(("Words", "bold underline", ""))
        lines += [(word, STYLE[tone], meaning) for word, tone, meaning in _WORDS]
        return lines

    def action_scroll(self, step: int) -> None:
        """One line up or down."""
        self.query_one(VerticalScroll).scroll_relative(y=step, animate=False)

    def action_close(self) -> None:
        """Back to where one was."""
        self.dismiss()
