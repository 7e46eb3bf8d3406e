"""Database files that only their owner can read, and what becomes of unusable ones."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

COMPANIONS = ("-wal", "-shm", "-journal")
_FOLDER, _FILE = 0o700, 0o600


def make_private(path: Path) -> None:
    """Make the file and its folder, if they are not there, for their owner alone.

    Raises:
        OSError: the disk said no.
    """
    folder = path.parent
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    _narrow(folder, _FOLDER)
    # Born private: between being made and being narrowed nobody can open it.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, _FILE))
    _narrow(path, _FILE)
    for companion in companions(path):
        with suppress(FileNotFoundError):  # they come and go with other programs' use
            _narrow(companion, _FILE)


def _narrow(path: Path, mode: int) -> None:
    if path.stat().st_mode & 0o777 != mode:
        path.chmod(mode)


def companions(path: Path) -> tuple[Path, ...]:
    """The files that SQLite keeps beside a database."""
    return tuple(path.with_name(path.name + suffix) for suffix in COMPANIONS)


def move_aside(path: Path, why: str) -> Path:
    """Rename an unusable database to `<name>.<why>-<time>`, its companions with it.

    Returns:
        The new path.

    Raises:
        OSError: the disk said no.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside, count = path.with_name(f"{path.name}.{why}-{stamp}"), 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.{why}-{stamp}-{count}")
    path.rename(aside)
    for companion, suffix in zip(companions(path), COMPANIONS, strict=True):
        with suppress(FileNotFoundError):
            companion.rename(aside.with_name(aside.name + suffix))
    return aside


def moved_aside(path: Path) -> tuple[Path, ...]:
    """What became of unusable databases that were there."""
    return (*path.parent.glob(f"{path.name}.bad-*"), *path.parent.glob(f"{path.name}.newer-*"))


def remove(files: tuple[Path, ...]) -> None:
    """Remove those of the files that are there.

    Raises:
        OSError: the disk said no.
    """
    for file in files:
        if file.is_file():
            file.unlink()
