"""An input line that shows what it holds safely: a stranger's URL, a pasted word."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Input
from typing_extensions import override

from vzaps_tui.domain.text import visible

_C0_PICTURES = 0x2400
_DELETE, _DELETE_PICTURE = "\x7f", "\u2421"
_OTHER = "\ufffd"


def pictured(text: str) -> str:
    """Text of the same length in which nothing acts: the cursor counts characters.

    `visible` names marks at length; here each is one character, U+FFFD where it has no picture.
    """
    return text if text.isprintable() else "".join(map(_picture, text))


def _picture(char: str) -> str:
    if char < " ":
        return chr(_C0_PICTURES + ord(char))
    if char == _DELETE:
        return _DELETE_PICTURE
    return char if visible(char) == char else _OTHER


class Field(Input):
    """Holds its value as it is; only the drawing differs."""

    @property
    @override
    def _value(self) -> Text:
        return Text(pictured(self.value), no_wrap=True, overflow="ignore", end="")
