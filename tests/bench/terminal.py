"""A program in a pseudo-terminal: what it writes is stamped as it comes, and judged later.

While a program is timed nothing here is dear: terminal queries are answered, bytes are kept.
"""

from __future__ import annotations

import fcntl
import math
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

COLUMNS, LINES = 120, 40

KEYS = {
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "pagedown": b"\x1b[6~",
    "pageup": b"\x1b[5~",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "enter": b"\r",
    "refresh": b"\x12",
    "first row": b"\x1b[1;5H",  # as Textual's own table has them
    "last row": b"\x1b[1;5F",
    "escape": b"\x1b",
    "quit": b"\x11",
}

FRAME_END = b"\x1b[?2026l"
"""Ends a synchronized update: what was written becomes the picture now."""

_SEQUENCE = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[()].|[=>78DEHM])"
)
_ANSWERS = (
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),  # synchronized updates: offered
    (b"\x1b[?2048$p", b"\x1b[?2048;0$y"),  # in-band resizes: unknown
    (b"\x1b[6n", b"\x1b[1;1R"),
    (b"\x1b[c", b"\x1b[?62;22c"),
)
_TAIL = 200_000
_MEBIBYTE = 1024 * 1024


class SilentError(Exception):
    """A program did not show in time what was waited for."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came; `at` in seconds of `time.perf_counter`."""

    at: float
    data: bytes


def plain(data: bytes) -> bytes:
    """Output without escape sequences: a rough text to look for words in."""
    return _SEQUENCE.sub(b"", data)


class Program:
    """A command with a terminal of its own.

    Attributes:
        started: when it was started, in seconds of `time.perf_counter`.
        chunks: what it wrote.
    """

    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], *, folder: Path | None = None
    ) -> None:
        self.chunks: list[Chunk] = []
        self._over = False
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._fd = master
        try:
            self.started = time.perf_counter()
            self._process = subprocess.Popen(  # noqa: S603 - commands of this package only
                command,
                stdin=slave,
                stdout=slave,
                stderr=slave,
                env=dict(env),
                cwd=folder,
                start_new_session=True,
            )
        finally:
            os.close(slave)
        os.set_blocking(master, False)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def is_over(self) -> bool:
        """Whether it has closed its terminal."""
        return self._over

    # -- reading ---------------------------------------------------------------------------------

    def read(self, seconds: float) -> bytes:
        """What comes next within `seconds`; empty if nothing did."""
        if self._over or not select.select([self._fd], [], [], max(0.0, seconds))[0]:
            return b""
        at = time.perf_counter()
        try:
            data = os.read(self._fd, 1 << 16)
        except BlockingIOError:
            return b""
        except OSError:  # how Linux says that the other side is closed
            data = b""
        if not data:
            self._over = True
            return b""
        self.chunks.append(Chunk(at, data))
        if b"\x1b[" in data:
            for question, answer in _ANSWERS:
                if question in data:
                    self.write(answer)
        return data

    def wait_for(self, *words: str, since: int | None = None, seconds: float = 60.0) -> float:
        """When a frame that shows one of these words was finished.

        Args:
            words: plain ASCII or not, without line breaks.
            since: number of the first chunk to look at; by default what is not read yet.
            seconds: how long to wait.

        Raises:
            SilentError: it did not come, or the program ended.
        """
        wanted = [word.encode() for word in words]
        at = len(self.chunks) if since is None else since
        end = time.perf_counter() + seconds
        tail, seen = b"", False
        while True:
            while at < len(self.chunks):
                chunk = self.chunks[at]
                at += 1
                tail = tail[-_TAIL:] + chunk.data
                if not seen and any(word in plain(tail) for word in wanted):
                    seen, tail = True, chunk.data
                if seen and FRAME_END in tail:
                    return chunk.at
            if self._over or time.perf_counter() > end:
                raise SilentError(f"{' / '.join(words)} did not appear; last: {self.last_words()}")
            self.read(min(0.5, max(0.0, end - time.perf_counter())))

    def wait_quiet(self, quiet: float, seconds: float = 20.0) -> None:
        """Read until nothing has come for `quiet` seconds, at most `seconds`."""
        end = time.perf_counter() + seconds
        while not self._over and time.perf_counter() < end and self.read(quiet):
            pass

    def wait_end(self, seconds: float = 60.0) -> float:
        """When a program that ends by itself had ended.

        Raises:
            SilentError: it had not by then.
        """
        end = time.perf_counter() + seconds
        while not self._over and time.perf_counter() < end:
            self.read(0.5)
        try:
            self._process.wait(max(0.1, end - time.perf_counter()))
        except subprocess.TimeoutExpired:
            raise SilentError(f"it did not end; last: {self.last_words()}") from None
        return time.perf_counter()

    def last_words(self) -> str:
        """The end of what was written, for a message."""
        data = b"".join(chunk.data for chunk in self.chunks[-20:])
        return plain(data).decode(errors="replace")[-300:]

    # -- writing ---------------------------------------------------------------------------------

    def press(self, *keys: str) -> float:
        """Send keys at once, named ones (`KEYS`) or characters; when they were sent."""
        sent = time.perf_counter()
        self.write(b"".join(KEYS.get(key) or key.encode() for key in keys))
        return sent

    def write(self, data: bytes) -> None:
        """Send bytes."""
        if not self._over:
            os.write(self._fd, data)

    # -- what it costs ---------------------------------------------------------------------------

    def cpu(self) -> float:
        """CPU seconds of all its threads so far; NaN where the system does not say."""
        try:
            # The clock of another process, as clock_getcpuclockid() makes its number on Linux.
            return time.clock_gettime((~self.pid << 3) | 2)
        except OSError:
            return math.nan

    def memory(self) -> float:
        """MiB of memory it holds now (resident set); NaN where the system does not say."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            return math.nan
        return pages * resource.getpagesize() / _MEBIBYTE

    def peak(self) -> float:
        """MiB of memory that it held at most; NaN where the system does not say."""
        try:
            text = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return math.nan
        found = re.search(r"VmHWM:\s+(\d+) kB", text)
        return int(found[1]) / 1024 if found else math.nan

    # -- ending ----------------------------------------------------------------------------------

    def close(self) -> None:
        """End it: by its quit key, then by signals, each given a moment."""
        for step in (None, signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is None:
                if step is None:
                    self.press("quit")
                else:
                    self._process.send_signal(step)
            end = time.perf_counter() + 3.0
            while self._process.poll() is None and time.perf_counter() < end:
                self._wait_a_moment()
        self._process.wait()
        os.close(self._fd)

    def _wait_a_moment(self) -> None:
        if self._over:  # the terminal is closed: the process itself is what is waited for
            try:
                self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                return
        else:
            self.read(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
