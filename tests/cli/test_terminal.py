from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, TextIO

import pytest

from vzaps_tui.cli.terminal import why_not


@pytest.fixture
def streams() -> Iterator[dict[str, TextIO | None]]:
    """A real terminal, a real pipe, a closed stream, and none at all."""
    with ExitStack() as opened:
        ends = [*os.openpty(), *os.pipe()]
        files = [
            opened.enter_context(os.fdopen(number, mode))
            for number, mode in zip(ends, "rrrw", strict=True)
        ]
        closed = os.fdopen(os.dup(ends[1]), "r")
        closed.close()
        streams: dict[str, Any] = {"terminal": files[1], "pipe": files[2], "closed": closed}
        yield {**streams, "none": None}


@pytest.mark.parametrize(
    ("stdin", "stderr", "term", "said"),
    [
        ("terminal", "terminal", "xterm-256color", None),
        ("terminal", "terminal", "", None),
        ("terminal", "terminal", None, None),
        ("terminal", "terminal", "dumb", "TERM=dumb"),
        ("terminal", "terminal", " DUMB ", "TERM=dumb"),
        ("pipe", "terminal", "xterm", "standard input"),
        ("terminal", "pipe", "xterm", "standard error"),
        ("closed", "terminal", "xterm", "standard input"),
        ("none", "terminal", "xterm", "standard input"),
        ("terminal", "none", "xterm", "standard error"),
    ],
)
def test_where_the_interface_can_be_drawn(
    streams: dict[str, TextIO | None], stdin: str, stderr: str, term: str | None, said: str | None
) -> None:
    told = why_not(streams[stdin], streams[stderr], {} if term is None else {"TERM": term})
    if said is None:
        assert told is None
    else:
        assert told is not None
        assert said in told[0]
        assert len(told) > 1  # what to do instead
