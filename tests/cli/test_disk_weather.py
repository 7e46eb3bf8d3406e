"""The program on bad disks: full, read-only, with files of others; it says so and goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders import INSTANCE, delivery
from tests.cli.process import python
from tests.cli.test_compose import ACCOUNT, closed, held, of_days_ago, plan, services_of, warmed
from vzaps_tui.cli.compose import compose
from vzaps_tui.domain.masking import Masker

FILES = ("archive.db", "deliveries.db")


def _a_file_for_the_folder(folder: Path) -> None:
    folder.write_text("a file where the folder should be")


def _of_a_newer_version(folder: Path) -> None:
    folder.mkdir()
    for name in FILES:
        with closing(sqlite3.connect(folder / name)) as db:
            db.execute("PRAGMA user_version = 4000")
            db.execute("CREATE TABLE other (x)")


def _damaged_in_the_middle(folder: Path) -> None:
    folder.mkdir()
    for name in FILES:
        with closing(sqlite3.connect(folder / name)) as db:
            db.execute("CREATE TABLE other (x)")
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:100] + b"\xa5" * (len(content) - 100))


@pytest.mark.parametrize(
    ("spoil", "words", "kept"),
    [
        (_a_file_for_the_folder, "cannot be used", False),
        (_of_a_newer_version, "was made by a newer version and moved aside to", True),
        (_damaged_in_the_middle, "was damaged and moved aside to", True),
    ],
)
async def test_each_bad_file_is_said_once_and_the_program_goes_on(
    tmp_path: Path,
    spoil: Callable[[Path], None],
    words: str,
    kept: bool,  # noqa: FBT001 - a column of the table
) -> None:
    folder = tmp_path / "cache"
    spoil(folder)
    wanted = plan(ACCOUNT, archive=folder / "archive.db")
    row = of_days_ago(1)
    launch = compose(wanted, Masker())
    notices = await warmed(launch)
    for name in FILES:
        assert len([one for one in notices if name in one and words in one]) == 1
    await services_of(launch).deliveries.note(INSTANCE, row)
    assert await held(launch, INSTANCE) == [row]
    await closed(launch)
    launch = compose(wanted, Masker())
    assert (await held(launch, INSTANCE) == [row]) is kept
    await closed(launch)


async def test_what_comes_up_later_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = compose(plan(ACCOUNT, archive=tmp_path / "archive.db"), Masker())
    said: list[str] = []
    assert launch.listen is not None
    launch.listen(said.append)
    assert await warmed(launch) == ()
    deliveries = services_of(launch).deliveries

    def refuse(*_: object) -> None:
        problem = sqlite3.OperationalError("database or disk is full")
        problem.sqlite_errorcode = sqlite3.SQLITE_FULL
        monkeypatch.undo()
        raise problem

    monkeypatch.setattr("vzaps_tui.storage.archive_writing.Writer.put", refuse)
    row = of_days_ago(1)
    await deliveries.note(INSTANCE, row)
    await deliveries.note(INSTANCE, delivery(2))
    assert row in await held(launch, INSTANCE)
    (notice,) = said
    assert notice.startswith("deliveries.db cannot be written (the disk is full)")
    await closed(launch)
    assert len(said) == 1


FULL = """
import asyncio, json, resource, sys
from pathlib import Path
from tests.cli.test_compose import EVERYTHING, account_of, last, plan, services_of
from tests.servers import running
from vzaps_tui.cli.compose import compose
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import Masker
from vzaps_tui.emulator.world import World

async def main(archive, limit):
    world = World(instances=1, logs=3000)
    instance = InstanceId(world.instances[0].id)
    with running(world) as server:
        launch = compose(plan(account_of(server), archive=archive), Masker())
        said = []
        launch.listen(said.append)
        said += await launch.warm()
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        deliveries = services_of(launch).deliveries
        state = (await last(deliveries.sync(instance, EVERYTHING))).data
        found = await deliveries.select(instance, EVERYTHING)
        rows = await deliveries.fetch(found.rowids)
        detail = (await last(deliveries.detail(instance, rows[0].id))).data
        print(json.dumps([len(rows), rows.count(None), len(said), said, bool(detail.payload)]))
        await launch.close()

asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
"""


def test_on_a_full_disk_all_that_is_read_is_shown(tmp_path: Path) -> None:
    archive = tmp_path / "cache" / "archive.db"
    done = python(tmp_path, "-c", FULL, str(archive), "400000")
    assert done.returncode == 0, done.stderr
    rows, lost, count, said, opened = json.loads(done.stdout)
    assert (rows, lost, count, opened) == (3000, 0, 1, True), said
    assert said[0].startswith("deliveries.db cannot be written")
    # When there is room again, the file is whole, with what was kept before (of another server).
    again = python(tmp_path, "-c", FULL, str(archive), "0")
    assert json.loads(again.stdout) == [3000, 0, 0, [], True], again.stderr
    with closing(sqlite3.connect(archive.with_name("deliveries.db"))) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (count,) = db.execute("SELECT count(*) FROM deliveries").fetchone()
        assert 3000 < count < 6000
