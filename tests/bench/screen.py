"""What a program shows: its output, drawn after it was timed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import NamedTuple

import pyte

from tests.bench.terminal import COLUMNS, FRAME_END, LINES, Program, SilentError, plain

# Sequences that pyte would print as text. None of them draws.
_PRIVATE = re.compile(
    rb"\x1b\[[<>=][0-?]*[ -/]*[@-~]|\x1b\[\?[0-?]*[ -/]+[@-~]|\x1b\[\?[0-?]*u"
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|P[^\x1b]*\x1b?|[()])?$")
_QUIET = 0.08
_MOMENT = 0.02
_SLOWEST = 20.0

Sees = Callable[[str], bool]
"""Whether a screen's text shows what is waited for."""


class Shown(NamedTuple):
    """How long a key took, in milliseconds.

    Attributes:
        frame: until the first frame that drew something.
        shown: until the frame that showed what was waited for.
        rest: until the last frame before nothing more came.
        cpu: of CPU, all threads, until then.
    """

    frame: float
    shown: float
    rest: float
    cpu: float


class Screen:
    """The screen of one program.

    Attributes:
        patience: seconds after which it is looked at though it has not come to rest.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.patience = 10.0
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._drawn = 0
        self._presses = 0
        self._held = b""

    @property
    def text(self) -> str:
        """What it shows, a line a row, as far as it was drawn."""
        return "\n".join(self._screen.display)

    def settle(self, quiet: float = _QUIET) -> str:
        """Let it come to rest, nothing new for `quiet` seconds, and look at it."""
        self.program.wait_quiet(quiet, self.patience)
        self._draw(len(self.program.chunks))
        return self.text

    def wait_for(self, sees: Sees, what: str) -> None:
        """Wait until it shows something.

        Raises:
            SilentError: it did not.
        """
        end = time.perf_counter() + _SLOWEST
        while not sees(self.settle()):
            if time.perf_counter() > end or self.program.is_over:
                raise SilentError(f"{what} did not appear on\n{self.text}")

    def press(self, key: str, sees: Sees, before: Callable[[], object] | None = None) -> Shown:
        """Press a key and wait until what it does is shown and all is at rest.

        Args:
            key: its name.
            sees: whether it is shown.
            before: is called right before the key is sent.

        Raises:
            SilentError: it was never shown.
        """
        # In step with no timer of the program's own.
        self._presses += 1
        self.settle(_MOMENT + 0.001 * (self._presses * 7 % 16))
        program = self.program
        first, used = len(program.chunks), program.cpu()
        if before is not None:
            before()
        sent = program.press(key)
        end = sent + _SLOWEST
        frame = shown = 0.0
        last = b""
        while not shown:
            program.wait_quiet(_QUIET, self.patience)
            for at in range(self._drawn, len(program.chunks)):
                chunk = program.chunks[at]
                self._draw(at + 1)
                ends = FRAME_END in last + chunk.data  # it may be cut in two
                last = chunk.data[1 - len(FRAME_END) :]
                if ends and not frame and plain(chunk.data).strip():
                    frame = chunk.at
                if ends and not shown and sees(self.text):
                    shown = chunk.at
            if not shown and (time.perf_counter() > end or program.is_over):
                raise SilentError(f"{key} did not do what it should on\n{self.text}")
        rest = program.chunks[max(first, len(program.chunks) - 1)].at
        times = (1e3 * (moment - sent) for moment in (frame or shown, shown, rest))
        return Shown(*times, cpu=1e3 * (program.cpu() - used))

    def _draw(self, stop: int) -> None:
        """Draw chunks up to one."""
        for chunk in self.program.chunks[self._drawn : stop]:
            data = self._held + chunk.data
            cut = _UNFINISHED.search(data)
            self._held = data[cut.start() :] if cut else b""
            self._stream.feed(_PRIVATE.sub(b"", data[: len(data) - len(self._held)]))
        self._drawn = max(self._drawn, stop)
