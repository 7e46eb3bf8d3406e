"""Whether there is a terminal to draw on, asked before Textual is loaded: it would hang."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

_INSTEAD = (
    "Start it in a terminal: over ssh with `ssh -t`, in a container with `docker run -it`.",
    "Without a terminal there are `vzaps-tui logs`, `vzaps-tui emulator` and more: see `--help`.",
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
    if _in_background(stdin):
        return (
            "it was started in the background, where the terminal gives it no keys.",
            "Start it without `&`; under `timeout`, use `timeout --foreground`.",
        )
    return None


def _in_background(stdin: TextIO | None) -> bool:
    """Whether another group of processes has the terminal: drawing would stop or hang this one."""
    try:
        return stdin is not None and os.tcgetpgrp(stdin.fileno()) != os.getpgrp()
    except (OSError, ValueError):  # a terminal that controls nobody: keys come all the same
        return False


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
