"""Who carries out a plan: locks of the operating system, which a killed program cannot leave."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event

from vzaps_tui.domain.plans import PlanBusyError, PlanId

_FILE = 0o600
_TURNS, _TURN = 5, 0.02
"""Who only looks whether a plan is held has its lock for a moment."""


class PlanLocks:
    """One lock a plan, among all programs that use the same folder."""

    def __init__(self, state: Path | None) -> None:
        """Prepare.

        Args:
            state: the file that the locks stand beside; None = this program is alone.
        """
        self._state = state
        self._mine: set[PlanId] = set()

    def take(self, plan: PlanId) -> int:
        """Have a plan; what must be given back.

        Raises:
            PlanBusyError: somebody has it.
            OSError: the disk said no.
        """
        if plan in self._mine:
            raise PlanBusyError("here, in this program")
        handle = -1 if self._state is None else self._take_file(self._path(plan))
        self._mine.add(plan)
        return handle

    def give_back(self, plan: PlanId, handle: int) -> None:
        """Let others have a plan."""
        self._mine.discard(plan)
        if handle >= 0:
            # Removed while it is held: whoever opened it meanwhile sees that it is not the file.
            with suppress(OSError):
                self._path(plan).unlink()
            os.close(handle)

    def holder(self, plan: PlanId) -> str:
        """Who has a plan, in words; empty = nobody, or it cannot be told."""
        if plan in self._mine:
            return "this program"
        if self._state is None:
            return ""
        with suppress(OSError), self._opened(self._path(plan), os.O_RDONLY) as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _words(handle)
        return ""

    def _path(self, plan: PlanId) -> Path:
        assert self._state is not None  # noqa: S101 - asked of files only
        safe = "".join(letter for letter in plan if letter.isalnum() or letter == "-")
        return self._state.with_name(f"{self._state.name}-{safe}.lock")

    def _take_file(self, path: Path) -> int:
        words = "another program"
        for _ in range(_TURNS):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, _FILE)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(handle, path):
                    os.ftruncate(handle, 0)
                    os.write(handle, f"process {os.getpid()} on {socket.gethostname()}".encode())
                    return handle
            except BlockingIOError:
                words = _words(handle)
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
            Event().wait(_TURN)
        raise PlanBusyError(f"by {words}")

    @staticmethod
    @contextmanager
    def _opened(path: Path, flags: int) -> Generator[int]:
        handle = os.open(path, flags)
        try:
            yield handle
        finally:
            os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    """Whether the open file still is the one of that name."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    mine = os.fstat(handle)
    return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def _words(handle: int) -> str:
    with suppress(OSError):
        return os.pread(handle, 200, 0).decode("utf-8", "replace") or "another program"
    return "another program"
