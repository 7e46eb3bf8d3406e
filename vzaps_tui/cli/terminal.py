"""Whether there is a terminal to draw on, asked before Textual is loaded: it would hang."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

_INSTEAD = (
    "Start it in a terminal: over ssh with `ssh -t`, in a container with `docker run -it`.",
    "Without a terminal there are `vzaps-tui emulator`, `vzaps-tui paths` and `vzaps-tui --help`.",
)


def why_not(
    stdin: TextIO | None, stderr: TextIO | None, environ: Mapping[str, str]
) -> tuple[str, ...] | None:
    """Why the interface cannot be drawn and what to do instead, in lines; None where it can.

    Keys come from standard input, and Textual draws on standard error; standard output may be a
    file. Either is None where the shell closed it.
    """
    if environ.get("TERM", "").strip().lower() == "dumb":
        return (
            "this terminal says that it cannot draw (TERM=dumb).",
            "Use another terminal, or set TERM to what it is, for example xterm-256color.",
        )
    if not _is_terminal(stdin):
        return ("keys come from standard input, and that is not a terminal.", *_INSTEAD)
    if not _is_terminal(stderr):
        return ("the interface is drawn on standard error, and that is not a terminal.", *_INSTEAD)
    return None


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
