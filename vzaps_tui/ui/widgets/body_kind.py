"""What a text that is no JSON is, in a few words: an HTML page and its title, or text."""

from __future__ import annotations

import html
import re
from typing import Final

_LOOKED_AT = 64 * 1024  # characters in which a title is looked for
_BEGINNING = 1024
_MOST = 200
_HTML: Final = re.compile(
    r"<(?:!doctype\s+html|html|head|body|title|h1|center|table|div|p)\b", re.IGNORECASE
)
_TITLES: Final = (
    re.compile(r"<title\b[^<>]{0,200}>([^<]{1,1000})", re.IGNORECASE),
    re.compile(r"<h1\b[^<>]{0,200}>([^<]{1,1000})", re.IGNORECASE),
)


def kind_of(text: str, place: int) -> str:
    """`HTML · 502 Bad Gateway`, `HTML`, `text`, or where JSON broke. Unsafe text.

    Args:
        text: what is no JSON; nothing is said of an empty one.
        place: the character from which it is none.
    """
    if not text:
        return ""
    if place:
        line = text.count("\n", 0, place) + 1
        column = place - text.rfind("\n", 0, place)
        return f"text · JSON only up to line {line:,}, column {column:,}"
    if not text[:_BEGINNING].lstrip("\ufeff \t\r\n").startswith("<"):
        return "text"
    if not _HTML.search(text, 0, _BEGINNING):
        return "text"
    title = html_title(text)
    return f"HTML · {title}" if title else "HTML"


def html_title(text: str) -> str:
    """The title of a page, else its first heading; empty where it has neither."""
    for pattern in _TITLES:
        match = pattern.search(text, 0, _LOOKED_AT)
        if match and (title := " ".join(html.unescape(match[1]).split())):
            return title[:_MOST]
    return ""
