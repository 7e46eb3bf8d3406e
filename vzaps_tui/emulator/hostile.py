"""Text as a stranger may write it: everything that could act on a terminal, in one place."""

from __future__ import annotations

from typing import Any

HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred",  # a window title, a cleared screen, a colour
    "\x9b31mC1\x9d0;t\x9c\x85next",  # the same with 8-bit controls
    "[/red][bold]markup[/bold] [@click=app.quit]go[/] [link=file:///etc/passwd]x[/link]",
    "abc\u202efdp.exe\u202c \u2066isolated\u2069 \u200fmark",  # right-to-left overrides
    "nul\x00bell\x07back\x08\x08\x08del\x7f",
    "wide 漢字かな \uff26\uff35 👩‍👩‍👧‍👦 🇧🇷 👍🏽 e\u0301\u0323 \u200bz\u200dw",
    "line one\nline two\r\nline three\rover\ttab\u2028sep",
    "lone \ud800 surrogate, tag \U000e0041, private \ue000, noncharacter \ufffe",
)


def hostile(index: int) -> str:
    """One of the texts, in turn."""
    return HOSTILE[index % len(HOSTILE)]


def hostile_payload(index: int) -> dict[str, Any]:
    """A Message event whose every text, keys included, is hostile."""
    info = {"id": hostile(index), "sender": hostile(index + 1), "push_name": hostile(index + 2)}
    message = {"conversation": " ".join(HOSTILE), hostile(index + 3): hostile(index + 4)}
    return {"type": "Message", "event": {"info": info, "message": message}}
