"""Writes an export to a file: off the loop, told as it goes, whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import secrets
import threading
from collections.abc import AsyncIterable, Callable, Sequence
from pathlib import Path
from typing import IO, Any, Final, Generic, TypeVar

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.exporting import Export, ExportError, ExportExistsError, Sheet, sheet
from vzaps_tui.domain.record import dataclass

T = TypeVar("T")
Row = TypeVar("Row")

_ROWS_A_PIECE: Final = 50
_CHARACTERS: Final = 64 * 1024  # copied in one go
_PAUSE: Final = 0.0005  # seconds after each piece
_PRIVATE: Final = 0o600
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

Tell = Callable[[int], None]
"""Hears how many rows are written so far; called on the loop."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: where, how many rows it holds, and its size in bytes."""

    path: Path
    rows: int
    size: int


class _StoppedError(Exception):
    """The writing was called off."""


async def write_export(
    export: Export,
    rows: AsyncIterable[Sequence[Delivery]],
    path: str,
    tell: Tell | None = None,
    *,
    replace: bool = False,
) -> Written:
    """Write an export to a path as a person types it; the file is for its owner alone (0600).

    The text goes to a hidden file beside it and takes the name when it is whole. Cancelled, it
    leaves nothing behind. Some rows are in memory at a time.

    Args:
        export: what to write.
        rows: its rows, in the order to write, some at a time.
        path: where to; `~` is the home folder, what is relative begins at the current folder.
        tell: hears how far it is.
        replace: whether a file of that name may be replaced.

    Raises:
        ExportExistsError: there is such a file, and `replace` was not said.
        ExportError: it cannot be written; says why, and what next.
    """
    return await write_sheet(sheet(export), rows, path, tell, replace=replace)


async def write_sheet(
    text: Sheet[Row],
    rows: AsyncIterable[Sequence[Row]],
    path: str,
    tell: Tell | None = None,
    *,
    replace: bool = False,
) -> Written:
    """The same for anything that has rows and a text for them.

    Raises:
        ExportExistsError: there is such a file, and `replace` was not said.
        ExportError: it cannot be written; says why, and what next.
    """
    loop = asyncio.get_running_loop()

    def told(count: int) -> None:
        if tell is not None:
            loop.call_soon_threadsafe(tell, count)

    draft = _Draft(_target(path), text, told, replace=replace)
    try:
        await _aside(draft, draft.open)
        async for some in rows:
            await _aside(draft, lambda some=some: draft.add(some))
        return await _aside(draft, draft.publish)
    finally:
        await asyncio.shield(loop.run_in_executor(None, draft.close))


async def _aside(draft: _Draft[Any], work: Callable[[], T]) -> T:
    """Do a part of the writing in a thread; cancelled, it ends before this returns."""
    job = asyncio.get_running_loop().run_in_executor(None, draft.explained, work)
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        draft.stop.set()
        with contextlib.suppress(_StoppedError, ExportError):
            await job
        raise


class _Draft(Generic[Row]):
    """A file being written under another name. One thread at a time has it.

    Attributes:
        stop: set to call it off.
    """

    def __init__(self, path: Path, text: Sheet[Row], told: Tell, *, replace: bool) -> None:
        self.stop = threading.Event()
        self._path = path
        self._text = text
        self._told = told
        self._replace = replace
        self._rows = 0
        self._files: list[IO[str]] = []
        self._spares: list[Path] = []

    @property
    def _file(self) -> IO[str]:
        """The one that is written."""
        return self._files[-1]

    def explained(self, work: Callable[[], T]) -> T:
        """Do something with the disk.

        Raises:
            ExportError: the disk said no.
        """
        try:
            return work()
        except OSError as problem:
            raise _explained(problem, self._path) from problem

    def open(self) -> None:
        """Begin the file, if its name may be taken."""
        _refuse(self._path, replace=self._replace)
        self._open_spare()
        self._file.write(self._text.begin())

    def add(self, rows: Sequence[Row]) -> None:
        """Write rows, with a pause after some: without one the loop would wait its turn."""
        for start in range(0, len(rows), _ROWS_A_PIECE):
            some = rows[start : start + _ROWS_A_PIECE]
            self._file.write(self._text.rows(some))
            self._rows += len(some)
            self._told(self._rows)
            self._go_on()

    def publish(self) -> Written:
        """End the file and give it its name."""
        self._go_on()  # also what holds no row can be called off
        if front := self._text.front():
            self._put_behind(front)
        self._file.flush()
        os.fsync(self._file.fileno())
        spare = self._spares[-1]
        size = spare.stat().st_size
        _publish(spare, self._path, replace=self._replace)
        self._told(self._rows)
        return Written(self._path, self._rows, size)

    def close(self) -> None:
        """Leave nothing behind but what was published."""
        for file in self._files:
            with contextlib.suppress(OSError):
                file.close()
        for spare in self._spares:
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)

    def _put_behind(self, front: str) -> None:
        """Put what was written so far behind a text, in another file."""
        self._file.close()
        self._open_spare()
        self._file.write(front)
        with self._spares[0].open(encoding="utf-8", newline="") as rest:
            while part := rest.read(_CHARACTERS):
                self._file.write(part)
                self._go_on()

    def _go_on(self) -> None:
        if self.stop.wait(_PAUSE):
            raise _StoppedError

    def _open_spare(self) -> None:
        spare = self._path.with_name(f".vzaps-{secrets.token_hex(6)}.part")
        # Born private: others never get to open it.
        number = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        self._spares.append(spare)
        self._files.append(
            os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace", newline="")
        )


def _target(path: str) -> Path:
    """The path as the system knows it.

    Raises:
        ExportError: it is none.
    """
    text = path.strip()
    if not text:
        raise ExportError("no path was given")
    try:
        os.fsencode(text)
        target = Path.cwd() / Path(text).expanduser()
    except (ValueError, RuntimeError, OSError) as problem:
        raise ExportError("this is no path here") from problem
    if "\0" in text or not target.name or text.endswith("/"):
        raise ExportError("this path names no file", hint="Add a file name to it.")
    return target


def _refuse(path: Path, *, replace: bool) -> None:
    """Say early what would be found out late."""
    if path.is_dir():
        raise ExportError(f"{path} is a folder", hint="Add a file name to it.")
    if not os.path.lexists(path):
        return
    if path.exists() and not path.is_file():
        raise ExportError(f"{path} is not a file")
    if not replace:
        raise ExportExistsError(f"{path} is there already")


def _publish(spare: Path, path: Path, *, replace: bool) -> None:
    """Give the file its name; without `replace` never that of a file that came in between."""
    if replace:
        spare.replace(path)
        return
    try:
        path.hardlink_to(spare)
    except FileExistsError as problem:
        raise ExportExistsError(f"{path} is there already") from problem
    except OSError as problem:
        if problem.errno not in _NO_LINKS:
            raise
        _refuse(path, replace=False)  # a disk without links, as on a memory stick
        spare.rename(path)


_REASONS: Final[dict[int, tuple[str, str]]] = {
    errno.ENOENT: ("there is no folder {folder}", "Make it, or choose another path."),
    errno.ENOTDIR: ("{folder} is not a folder", "Choose another path."),
    errno.EACCES: ("you may not write in {folder}", "Choose a folder of yours."),
    errno.EPERM: ("you may not write in {folder}", "Choose a folder of yours."),
    errno.EROFS: ("the disk of {folder} is read-only", "Choose a path on another disk."),
    errno.ENOSPC: ("the disk is full", "Make room, or choose a path on another disk."),
    errno.EDQUOT: ("your share of the disk is used up", "Make room, or choose another disk."),
    errno.EFBIG: ("the file would be too large for this disk", "Narrow the filter."),
    errno.ENAMETOOLONG: ("the name is too long for this disk", "Choose a shorter name."),
    errno.ELOOP: ("the links in this path lead in a circle", "Choose another path."),
}


def _explained(problem: OSError, path: Path) -> ExportError:
    known = _REASONS.get(problem.errno or 0)
    if known is None:
        return ExportError(problem.strerror or "the disk said no")
    reason, hint = known
    return ExportError(reason.replace("{folder}", str(path.parent)), hint=hint)
