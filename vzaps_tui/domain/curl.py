"""A delivery as a command line that sends its payload again: for a shell, whatever is in it."""

from __future__ import annotations

import base64
import shlex
from itertools import count
from urllib.parse import quote

from vzaps_tui.domain.masking import mask_url

LONGEST = 100_000
"""Characters of a payload that a command is made for: more is nothing to paste into a shell."""
_SCHEMES = ("http://", "https://")
_LINE = 76


def curl_command(target: str, payload: str, *, is_json: bool) -> str | None:
    """A POST of the payload to the target, its secrets hidden.

    None where the target is no HTTP address, or the payload is longer than `LONGEST`.

    The receiver will refuse it until the hidden parts are put back. A payload with control, bidi or
    other invisible characters travels in base64: pasted into a terminal they would act. To the body
    a line feed is added at its end where it has none.
    """
    url = mask_url(target)
    if len(payload) > LONGEST or not url.lower().startswith(_SCHEMES):
        return None
    url = "".join(char if char.isprintable() else quote(char, errors="replace") for char in url)
    kind = "application/json" if is_json else "text/plain; charset=utf-8"
    # Brackets and braces would be patterns to curl.
    glob = " --globoff" if any(char in "[]{}" for char in url) else ""
    curl = (
        f"curl -X POST{glob} {shlex.quote(url)} -H {shlex.quote(f'Content-Type: {kind}')}"
        " --data-binary @-"
    )
    if _acts(payload):
        text = base64.b64encode(payload.encode(errors="backslashreplace")).decode()
        lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
        body = "\n".join(["base64 -d <<'EOF' | " + curl, *lines, "EOF"])
    else:
        end = _ending(payload)
        body = f"{curl} <<'{end}'\n{payload.removesuffix(chr(10))}\n{end}"
    return f"{body}\n"


def _acts(payload: str) -> bool:
    """Whether a character would do something in a terminal, or be lost on the way."""
    return not payload.translate({0x0A: None, 0x20: None}).replace("\u00a0", "").isprintable()


def _ending(payload: str) -> str:
    """A word that is no line of the payload."""
    lines = frozenset(payload.split("\n"))
    return next(word for n in count() if (word := "EOF" if not n else f"EOF_{n}") not in lines)
