"""Programs that are killed while they write: the file opens, and what it says is held is held."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from tests.builders import NOW
from tests.unit.archive.archive_world import EMPTY, SCOPE
from vzaps_tui.storage.archive import SqliteArchive

READER = """
import asyncio, sys
from datetime import timedelta
from pathlib import Path
from tests.builders import NOW, delivery, detail
from tests.unit.archive.archive_world import SCOPE
from vzaps_tui.domain.selection import Reading
from vzaps_tui.storage.archive import SqliteArchive

PAGE = 400

async def read(archive, top):
    # A server whose log has the rows from `top` down to 1; more come before each reading.
    while True:
        top += 7
        last = None
        for start in range(top, 0, -PAGE):
            # Each time every row was tried once more: all of them are written again.
            new = {"attempts": top, "updated_at": NOW + timedelta(seconds=top)}
            page = [delivery(number, **new) for number in range(start, max(0, start - PAGE), -1)]
            page = [row for row in page if row.key != last]
            end = start - PAGE <= 0
            await archive.put(SCOPE, page, Reading(None, NOW, last is None, end, follows=last))
            last = page[-1].key
            print(start, flush=True)
            if start % 3 == 0:
                await archive.keep_detail(SCOPE, detail(page[0]))
            if start % 5 == 0:
                await archive.vanished(SCOPE, [page[-1].key], NOW)
        await archive.prune()

async def main():
    archive = SqliteArchive(Path(sys.argv[1]), now=NOW.timestamp, payloads=True, max_bytes=900_000)
    await archive.open()
    await read(archive, int(sys.argv[2]))

asyncio.run(main())
"""


UNLIKE = """
    SELECT id, rows, (
        SELECT count(*) FROM deliveries WHERE whole IN (
            SELECT other.id FROM stretches AS other
            WHERE other.id = stretches.id OR other.joined = stretches.id
        )
    ) AS named
    FROM stretches WHERE joined IS NULL AND named <> rows
"""


@contextmanager
def reading(path: Path, top: int) -> Generator[subprocess.Popen[str], None, None]:
    """A program that reads a log into the file until it is killed."""
    command = [sys.executable, "-c", READER, str(path), str(top)]
    with subprocess.Popen(  # noqa: S603 - our own
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def watch(program: subprocess.Popen[str], pages: int, moment: float = 0) -> None:
    """Wait until it has read so many pages, and then a moment, in seconds: amid the next one."""
    assert program.stdout is not None
    for _ in range(pages):
        assert program.stdout.readline(), program.stderr and program.stderr.read()
    with suppress(subprocess.TimeoutExpired):
        program.wait(moment)


async def check(path: Path) -> int:
    """What the file says of itself is so; how many rows it holds."""
    archive = SqliteArchive(path, now=NOW.timestamp, payloads=True)
    assert await archive.open() == ()
    held = [
        row.key for row in await archive.fetch((await archive.select(SCOPE, EMPTY)).rowids) if row
    ]
    numbers = [int(key.removeprefix("log_")) for key in held]
    assert numbers == sorted(set(numbers), reverse=True)
    for stretch in await archive.coverage(SCOPE, None):
        assert stretch.newest is not None
        assert stretch.oldest is not None
        newest, oldest = (int(key.removeprefix("log_")) for key in (stretch.newest, stretch.oldest))
        within = [number for number in numbers if oldest <= number <= newest]
        assert within == list(range(newest, oldest - 1, -1))
        assert stretch.rows <= len(within)
        assert not stretch.reached_end or oldest == 1
    for key in held[::97]:
        kept = await archive.kept_detail(SCOPE, key)
        assert kept is None or kept[0].delivery.key == key
    await archive.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (counted,) = db.execute("SELECT coalesce(sum(rows), 0) FROM facts").fetchone()
        assert counted == len(held)
        # Each stretch has as many rows as name it, themselves or by way of one it joined.
        assert db.execute(UNLIKE).fetchall() == []
        lost = "SELECT count(*) FROM details WHERE delivery NOT IN (SELECT id FROM deliveries)"
        assert db.execute(lost).fetchone() == (0,)
    return len(held)


@pytest.mark.parametrize("seed", range(3))
async def test_a_file_whose_program_is_killed_again_and_again_tells_the_truth(
    tmp_path: Path, seed: int
) -> None:
    path = tmp_path / "deliveries.db"
    random = Random(seed)  # noqa: S311 - to kill by
    held = 0
    for turn in range(6):
        with reading(path, 4000 + turn * random.randrange(40)) as program:
            watch(program, random.randrange(1, 20), random.uniform(0, 0.05))
        held = await check(path)
    assert held > 0


async def test_two_programs_that_are_killed_leave_one_true_file(tmp_path: Path) -> None:
    path = tmp_path / "deliveries.db"
    random = Random(7)  # noqa: S311 - to kill by
    for _ in range(3):
        with reading(path, 4000) as one, reading(path, 3500) as other:
            watch(one, random.randrange(1, 20))
            watch(other, random.randrange(1, 20), random.uniform(0, 0.05))
            one.kill()
            watch(other, 3, random.uniform(0, 0.05))
        assert await check(path) > 0
