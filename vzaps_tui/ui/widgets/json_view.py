"""Read pretty-printed JSON of any size, coloured where it is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from typing_extensions import override

from vzaps_tui.ui.widgets.text_view import TextView

# A string may lack its end where a long line is cut: it then reaches to the end of the piece,
# which also keeps the pattern linear in hostile text.
_TOKEN = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*(?:"|\\?$))(?P<key>\s*:)?'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<literal>true|false|null)\b"
)
_KEY, _STRING, _NUMBER, _LITERAL = 1, 2, 3, 4


class JsonView(TextView):
    """A text view that colours keys, strings, numbers and literals line by line.

    Text that is not JSON is shown all the same.
    """

    PAINTS: ClassVar[tuple[str, ...]] = (
        "json-view--key",
        "json-view--string",
        "json-view--number",
        "json-view--literal",
    )
    COMPONENT_CLASSES: ClassVar[set[str]] = set(PAINTS)

    DEFAULT_CSS = """
    JsonView {
        & > .json-view--key { color: $text-primary; text-style: bold; }
        & > .json-view--string { color: $text-success; }
        & > .json-view--number { color: $text-warning; }
        & > .json-view--literal { color: $text-accent; text-style: italic; }
    }
    """

    @override
    def colours(self, line: str, *, inside: bool) -> Iterable[tuple[int, int, int]]:
        if inside:
            # The middle of a long line is nearly always the middle of a long string.
            yield 0, len(line), _STRING
            return
        for token in _TOKEN.finditer(line):
            start, end = token.span()
            match token.lastgroup:
                case "key":
                    yield start, token.end("string"), _KEY
                case "string":
                    yield start, end, _STRING
                case "number":
                    yield start, end, _NUMBER
                case _:
                    yield start, end, _LITERAL
