"""A program in a pseudo-terminal of its own, and a person in front of it.

What it draws goes to a terminal emulator (pyte) and is judged when a frame is complete; what it
asks of a terminal is answered as xterm does.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

import pyte

PATIENCE = 30.0
"""Seconds that anything may take: far more than it does, so that a busy machine fails nothing."""

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "whole escape": b"\x1b[27u",  # as newer terminals send it: no key after it changes its meaning
    "tab": b"\t",
    "space": b" ",
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "end": b"\x1b[F",
    "ctrl+s": b"\x13",
    "ctrl+r": b"\x12",
    "ctrl+q": b"\x11",
}

# The shell is the session's leader and has no terminal yet: opening one makes it the session's own,
# so that resizes and hang-ups reach the program, which then takes the shell's place.
_ADOPT = ': <"$0"; exec "$@"'

_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[()].|[^\[\]P()])"
)
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|P[^\x1b]*\x1b?|[()])?$")
# Sequences that pyte would print as text. None of them draws.
_PRIVATE = re.compile(
    rb"\x1b\[[<>=][0-?]*[ -/]*[@-~]|\x1b\[\?[0-?]*[ -/]+[@-~]|\x1b\[\?[0-?]*u"
    rb"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1bP[^\x1b]*\x1b\\"
)
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[([<>])[0-9;]*u")

_CURSOR_SHOWN, _WRAPS, _DRAWING = 25, 7, 2026
_DRAWN_WITH = (1049, 25, 1000, 2004)
"""Other screen, cursor, mouse, paste: what a full-screen program changes."""
_ON_BY_NATURE = frozenset({_CURSOR_SHOWN, _WRAPS})
_SETTINGS = ("iflag", "oflag", "cflag", "lflag")


class Size(NamedTuple):
    """Columns and lines of a terminal."""

    columns: int
    lines: int


WIDE = Size(120, 36)
USUAL = Size(80, 24)


class Streams(NamedTuple):
    """What to give a program in place of its terminal; None leaves it the terminal."""

    stdin: int | IO[Any] | None = None
    stdout: int | IO[Any] | None = None
    stderr: int | IO[Any] | None = None


ITS_OWN = Streams()
"""All three are the terminal."""


class NotSeenError(AssertionError):
    """What was waited for did not come; the text holds the screen."""


class Terminal:
    """A command with a terminal of its own. Use it as a context: leaving ends the program.

    Attributes:
        raw: every byte the program wrote to the terminal.
        size: the terminal's, now.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        environ: Mapping[str, str],
        size: Size = WIDE,
        streams: Streams = ITS_OWN,
    ) -> None:
        self.raw = bytearray()
        self.size = size
        self._held = b""
        self._drawing = False
        self._screen = pyte.Screen(size.columns, size.lines)
        self._stream = pyte.ByteStream(self._screen)
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        self._tell_size()
        self._before = termios.tcgetattr(self._slave)
        given = [self._slave if stream is None else stream for stream in streams]
        self._process = subprocess.Popen(  # noqa: S603 - commands of these tests only
            ["/bin/sh", "-c", _ADOPT, os.ttyname(self._slave), *map(str, command)],
            stdin=given[0],
            stdout=given[1],
            stderr=given[2],
            env=dict(environ),
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The program."""
        return self._process.pid

    # -- what is seen ----------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """The screen as it is now, a line a row."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def line(self, word: str) -> str:
        """The first line that shows a word."""
        return next(line for line in self.text.splitlines() if word in line)

    def cells(self, word: str) -> list[pyte.screens.Char]:
        """The cells of the first place where a word stands, with their colours."""
        for y, line in enumerate(self._screen.display):
            if (x := line.find(word)) >= 0:
                return [self._screen.buffer[y][x + step] for step in range(len(word))]
        raise NotSeenError(f"{word!r} is not on the screen\n{self._picture()}")

    @property
    def plain(self) -> str:
        """All that was ever written, without escape sequences: for what must never show."""
        return _SEQUENCE.sub(b"", bytes(self.raw)).decode(errors="replace")

    def modes(self) -> dict[int, bool]:
        """Private modes that the program touched, and whether each is on now."""
        found: dict[int, bool] = {}
        for numbers, letter in _MODE.findall(bytes(self.raw)):
            for number in numbers.split(b";"):
                found[int(number)] = letter == b"h"
        return found

    def left_over(self) -> list[str]:
        """What a program that drew and ended did not put back; empty when the terminal is clean."""
        modes = self.modes()
        found = [f"mode {one} was never used" for one in _DRAWN_WITH if one not in modes]
        found += [
            f"mode {number} is {'on' if on else 'off'}"
            for number, on in modes.items()
            if on != (number in _ON_BY_NATURE)
        ]
        keyboard = [b"<>".index(one) for one in _KEYBOARD.findall(bytes(self.raw))]
        if sum(keyboard) * 2 != len(keyboard):
            found.append("the keyboard protocol is not popped as often as pushed")
        after = termios.tcgetattr(self._slave)
        for name, old, new in zip(_SETTINGS, self._before, after, strict=False):
            if old != new:
                found.append(f"{name} was {old:#x}, is {new:#x}")
        return found

    # -- waiting ---------------------------------------------------------------------------------

    def wait(self, *words: str) -> str:
        """Wait for a frame that shows all these words; the screen's text."""
        return self.wait_until(lambda text: all(word in text for word in words), " + ".join(words))

    def wait_gone(self, word: str) -> str:
        """Wait for a frame that does not show a word; the screen's text."""
        return self.wait_until(lambda text: word not in text, f"no {word!r}")

    def wait_until(self, ready: Callable[[str], bool], what: str) -> str:
        """Wait for a frame whose text is `ready`; that text.

        Raises:
            NotSeenError: it did not come in time, or the program ended.
        """
        end = time.monotonic() + PATIENCE
        while self._drawing or not ready(self.text):
            if not self._read(end) and self._process.poll() is not None and not self._read(0):
                code = self._process.returncode
                raise NotSeenError(f"ended with {code} before: {what}\n{self._picture()}")
            if time.monotonic() > end:
                raise NotSeenError(f"not in {PATIENCE:.0f} s: {what}\n{self._picture()}")
        return self.text

    def wait_end(self) -> int:
        """Wait for the program's end; its exit code, negative for a signal.

        Raises:
            NotSeenError: it did not end in time.
        """
        end = time.monotonic() + PATIENCE
        while self._process.poll() is None:
            self._read(end)
            if time.monotonic() > end:
                raise NotSeenError(f"still running\n{self._picture()}")
        while self._read(0):
            pass
        return self._process.returncode

    def _read(self, end: float) -> bool:
        """Take what the program wrote, waiting a moment for it; whether there was anything."""
        wait = min(0.05, max(0.0, end - time.monotonic()))
        if self._master < 0 or not select.select([self._master], [], [], wait)[0]:
            return False
        data = os.read(self._master, 1 << 16)
        self.raw += data
        self._draw(self._held + data)
        return True

    def _draw(self, data: bytes) -> None:
        cut = _UNFINISHED.search(data)
        self._held = data[cut.start() :] if cut else b""
        whole = data[: len(data) - len(self._held)]
        self._answer(whole)
        for numbers, letter in _MODE.findall(whole):
            if int(numbers.split(b";")[0]) == _DRAWING:
                self._drawing = letter == b"h"
        self._stream.feed(_PRIVATE.sub(b"", whole))

    def _answer(self, data: bytes) -> None:
        column, line = self._screen.cursor.x + 1, self._screen.cursor.y + 1
        answers = {
            b"\x1b[?2026$p": b"\x1b[?2026;2$y",  # synchronized updates: offered
            b"\x1b[?2048$p": b"\x1b[?2048;0$y",  # resizes told in band: not known
            b"\x1b[6n": f"\x1b[{line};{column}R".encode(),
            b"\x1b[c": b"\x1b[?62;22c",
        }
        for question, answer in answers.items():
            if question in data:
                self.send(answer)

    def _picture(self) -> str:
        rule = "-" * self.size.columns
        return f"{rule}\n{self.text}\n{rule}"

    # -- acting ----------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Press named keys (`KEYS`) or characters. Wait for what a key does before the next one."""
        for key in keys:
            self.send(KEYS.get(key) or key.encode())

    def paste(self, text: str) -> None:
        """Paste text, as terminals do for programs that asked to be told."""
        self.send(f"\x1b[200~{text}\x1b[201~".encode())

    def resize(self, size: Size) -> None:
        """Change the terminal's size."""
        self.size = size
        self._screen.resize(size.lines, size.columns)
        self._tell_size()

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def hang_up(self) -> None:
        """Close the window: the terminal is gone, and the program is told so."""
        os.close(self._master)
        self._master = -1

    def send(self, data: bytes) -> None:
        """Send bytes, as if typed."""
        os.write(self._master, data)

    def _tell_size(self) -> None:
        packed = struct.pack("HHHH", self.size.lines, self.size.columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, packed)

    # -- ending ----------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                self._process.send_signal(number)
                end = time.monotonic() + 5.0
                while self._process.poll() is None and time.monotonic() < end:
                    self._read(end)
        self._process.wait()
        os.close(self._slave)
        if self._master >= 0:
            os.close(self._master)
