"""Writes an export to a file: off the loop, told as it goes, whole or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vzaps_tui.domain.exporting import Export, ExportError, ExportExistsError, Piece, pieces

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
    export: Export, path: str, tell: Tell | None = None, *, replace: bool = False
) -> Written:
    """Write an export to a path as a person types it; the file is for its owner alone (0600).

    The text goes to a hidden file beside it and takes the name when it is whole. Cancelled, it
    leaves nothing behind.

    Args:
        export: what to write.
        path: where to; `~` is the home folder, what is relative begins at the current folder.
        tell: hears how far it is.
        replace: whether a file of that name may be replaced.

    Raises:
        ExportExistsError: there is such a file, and `replace` was not said.
        ExportError: it cannot be written; says why, and what next.
    """
    target = _target(path)
    stop = threading.Event()
    loop = asyncio.get_running_loop()

    def told(rows: int) -> None:
        # A real pause: without one the loop would wait its turn behind this thread.
        if stop.wait(_PAUSE):
            raise _StoppedError
        if tell is not None:
            loop.call_soon_threadsafe(tell, rows)

    job = loop.run_in_executor(None, _write, pieces(export), target, told, replace)
    try:
        return await asyncio.shield(job)
    except asyncio.CancelledError:
        stop.set()
        with contextlib.suppress(_StoppedError, ExportError):
            await job
        raise


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


def _write(parts: Iterable[Piece], path: Path, told: Tell, replace: bool) -> Written:  # noqa: FBT001 - run_in_executor takes no keywords
    try:
        _refuse(path, replace=replace)
        spare = path.with_name(f".vzaps-{secrets.token_hex(6)}.part")
        try:
            written = _fill(spare, parts, told)
            size = spare.stat().st_size
            _publish(spare, path, replace=replace)
        finally:
            with contextlib.suppress(OSError):
                spare.unlink(missing_ok=True)
    except OSError as problem:
        raise _explained(problem, path) from problem
    return Written(path, written, size)


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


def _fill(spare: Path, parts: Iterable[Piece], told: Tell) -> int:
    rows = 0
    # Born private: others never get to open it.
    number = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        for piece in parts:
            file.write(piece.text)
            rows = piece.rows
            told(rows)
        told(rows)  # also what holds no row can be called off
        file.flush()
        os.fsync(file.fileno())
    return rows


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
