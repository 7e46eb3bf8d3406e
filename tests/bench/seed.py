"""A file of archived deliveries, made as a long sync would have made it.

`python -m tests.bench.seed FILE ROWS EPOCH`: prints a JSON object that tells what it took.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.ground import PROJECT
from tests.bench.rows import SCOPE, Numbered
from vzaps_tui.domain.selection import Reading
from vzaps_tui.storage.archive import SqliteArchive

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Seeded:
    """A file.

    Attributes:
        path: the database.
        rows: how many deliveries it holds.
        epoch: when it was begun, seconds since the epoch.
        seconds: how long its rows took to be put in, without the time to make them up.
        size: bytes on the disk, once all is written back.
    """

    path: Path
    rows: int
    epoch: float
    seconds: float
    size: int


def seed(path: Path, rows: int) -> Seeded:
    """Make the file in a process of its own."""
    epoch = time.time()
    command = [sys.executable, "-m", "tests.bench.seed", str(path), str(rows), repr(epoch)]
    done = subprocess.run(command, check=True, capture_output=True, cwd=PROJECT)  # noqa: S603 - this very module
    said = json.loads(done.stdout)
    return Seeded(path, rows, epoch, said["seconds"], path.stat().st_size)


async def _put(path: Path, count: int, epoch: float) -> float:
    numbered, archive, took = Numbered.ending(count, epoch), SqliteArchive(path), 0.0
    await archive.open()
    try:
        for newest in range(count, 0, -_AT_ONCE):
            oldest = max(1, newest - _AT_ONCE + 1)
            rows = numbered.rows(newest, oldest)
            above = None if newest == count else f"log_{newest + 1}"
            reading = Reading(
                None,
                datetime.fromtimestamp(epoch, UTC),
                top=above is None,
                end=oldest == 1,
                follows=above,
            )
            began = time.perf_counter()
            await archive.put(SCOPE, rows, reading)
            took += time.perf_counter() - began
    finally:
        await archive.close()
    return took


def main() -> None:
    """Make it."""
    path, count, epoch = sys.argv[1:]
    took = asyncio.run(_put(Path(path), int(count), float(epoch)))
    sys.stdout.write(json.dumps({"seconds": took}))


if __name__ == "__main__":
    main()
