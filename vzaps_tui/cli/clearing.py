"""Clears what is kept on disk for speed, and says what became of each file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vzaps_tui.cli.places import APP, Places
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.text import visible
from vzaps_tui.storage.clearing import clear
from vzaps_tui.ui.clipboard import copies_in


def clear_all(where: Places) -> Iterator[str]:
    """Clear the API's answers, the deliveries, and texts that were copied to a file.

    Yields:
        A line for each, once it is done.

    Raises:
        StorageError: the disk said no.
    """
    for path in (where.archive, where.deliveries):
        yield _cleared(path)
    for path in copies_in(where.archive.parent):
        yield _removed(path)


def _cleared(path: Path) -> str:
    try:
        freed, emptied = clear(path)
    except OSError as problem:
        raise _refused(path, problem) from problem
    if emptied:
        return f"Emptied {path}, which another copy of {APP} uses: {freed:,} bytes."
    return f"Removed {path}: {freed:,} bytes." if freed else f"Nothing is kept at {path}."


def _removed(path: Path) -> str:
    try:
        freed = path.lstat().st_size
        path.unlink()
    except OSError as problem:
        raise _refused(path, problem) from problem
    return f"Removed {path}: {freed:,} bytes."


def _refused(path: Path, problem: OSError) -> StorageError:
    return StorageError(
        f"{visible(str(path))} cannot be removed: {problem.strerror or problem}",
        hint="Remove it by hand; nothing is lost but time.",
    )
