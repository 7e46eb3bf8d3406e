"""The archive as a file: restarts, other programs, bad disks, a killed program; nothing raises."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.builders import NOW, delivered, delivery
from tests.unit.archive.archive_world import EMPTY, OTHER, SCOPE
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.domain.selection import Put, Reading
from vzaps_tui.services.ports import DeliveryArchive
from vzaps_tui.storage import archive_pruning, archive_schema
from vzaps_tui.storage.archive import MAX_AGE, SqliteArchive
from vzaps_tui.storage.archive_home import memory_name
from vzaps_tui.storage.archive_schema import schema

ROWS = [delivery(number) for number in range(5, 0, -1)]
TOP = Reading(None, NOW, top=True, end=True)
FAILED = DeliveryQuery(statuses=FAILED_ONLY)


def archive_at(path: Path | None, **options: Any) -> SqliteArchive:
    now: Callable[[], float] = options.pop("now", NOW.timestamp)
    return SqliteArchive(path, now=now, **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "deliveries.db"


@pytest.fixture(params=["file", "memory"])
async def archive(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SqliteArchive]:
    archive = archive_at(path if request.param == "file" else None)
    yield archive
    await archive.close()


async def all_rows(archive: SqliteArchive) -> list[Delivery | None]:
    return archive.page((await archive.select(SCOPE, EMPTY)).rowids)


def size_of(path: Path) -> int:
    return path.stat().st_size


async def test_it_does_what_the_port_says(archive: SqliteArchive) -> None:
    port: DeliveryArchive = archive
    put = await port.put(SCOPE, ROWS, TOP)
    assert (put.new, put.met) == (5, False)
    selection = await port.select(SCOPE, EMPTY)
    assert (selection.matched, selection.held) == (5, 5)
    assert port.page(selection.rowids) == ROWS
    assert port.page(selection.rowids[1:3]) == ROWS[1:3]
    assert list(await port.first(SCOPE, FAILED, 2)) == list(selection.rowids[:2])
    assert await port.count(SCOPE, FAILED) == 5
    assert await port.events(SCOPE) == ("Message",)
    (group,) = await port.groups(SCOPE, FAILED)
    assert (group.count, group.code, group.host) == (5, 500, "hooks.example.com")
    assert port.page([group.sample]) == ROWS[:1]
    span = (NOW - timedelta(days=1), NOW)
    assert sum((await port.histogram(SCOPE, EMPTY, span, 4)).failed) == 5
    (stretch,) = await port.coverage(SCOPE, None)
    assert stretch == put.stretch
    assert port.place(SCOPE, "log_3") == selection.rowids[2]
    assert port.place(OTHER, "log_3") is None
    assert await port.vanished(SCOPE, ["log_3"], NOW) == 1
    assert port.gone(selection.rowids) == {selection.rowids[2]}
    assert archive.notices == ()


async def test_what_goes_in_is_there_after_a_restart(path: Path) -> None:
    archive = archive_at(path)
    put = await archive.put(SCOPE, ROWS, TOP)
    numbers = (await archive.select(SCOPE, EMPTY)).rowids
    await archive.close()
    archive = archive_at(path)
    assert await archive.open() == ()
    assert archive.page(numbers) == ROWS
    assert await archive.coverage(SCOPE, None) == (put.stretch,)
    await archive.close()


async def test_before_it_is_opened_and_after_it_is_closed_it_is_empty(path: Path) -> None:
    archive = archive_at(path)
    assert archive.page([1]) == [None]
    await archive.put(SCOPE, ROWS)
    await archive.close()
    await archive.close()
    assert await archive.put(SCOPE, ROWS, TOP) == Put()
    assert (await archive.select(SCOPE, EMPTY)).held == 0
    assert await archive.coverage(SCOPE, None) == ()
    assert await archive.prune() == 0
    assert archive.page([1]) == [None]
    assert archive.place(SCOPE, "log_1") is None


async def test_no_secret_reaches_the_file(path: Path) -> None:
    archive = archive_at(path, mask=Masker((Secret("inst_token_1"),)))
    row = delivery(
        target="https://user:hunter2@h.example.com/inst_token_1?key=s3cretquery#frag5ecret",
        error="POST https://h.example.com/?sig=errs3cret said Authorization: Bearer tok3nvalue"
        " inst_token_1 eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.sig",
    )
    await archive.put(SCOPE, [row], TOP)
    await archive.put(SCOPE, [delivered(row)], TOP)
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    await archive.close()
    content += b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"h.example.com" in content
    for secret in (
        "hunter2",
        "s3cretquery",
        "frag5ecret",
        "errs3cret",
        "tok3nvalue",
        "inst_token_1",
    ):
        assert secret.encode() not in content, secret
    assert b"eyJ" not in content


async def test_files_are_for_their_owner_alone(path: Path) -> None:
    before = os.umask(0)
    try:
        archive = archive_at(path)
        await archive.put(SCOPE, ROWS)
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    await archive.close()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}


async def test_several_programs_use_it_at_once(path: Path) -> None:
    archives = [archive_at(path) for _ in range(3)]
    assert await asyncio.gather(*(one.open() for one in archives)) == [()] * 3

    async def write(number: int) -> None:
        for start in range(10):
            rows = [delivery(start * 10 + one, error=f"error {one}") for one in range(10, 0, -1)]
            await archives[number].put(SCOPE, rows, Reading(None, NOW))

    await asyncio.gather(*map(write, range(3)))
    for one in archives:
        assert (await one.select(SCOPE, EMPTY)).matched == 100
        assert await one.count(SCOPE, FAILED) == 100
        assert sum(stretch.rows for stretch in await one.coverage(SCOPE, None)) == 100
        await one.close()


async def test_what_another_program_drops_is_not_counted_on(path: Path) -> None:
    one, other = archive_at(path), archive_at(path, max_bytes=0)
    await one.put(SCOPE, ROWS)
    assert await other.prune() == 5
    assert await one.count(SCOPE, EMPTY) == 0
    assert (await one.put(SCOPE, ROWS)).new == 5
    assert await all_rows(one) == ROWS
    await one.close()
    await other.close()


async def test_old_rows_are_dropped_and_then_those_that_are_too_much(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_pruning, "AT_ONCE", 100)
    old = [
        delivery(number, created_at=NOW - timedelta(seconds=MAX_AGE + 1 + number))
        for number in range(250)
    ]
    new = [delivery(number) for number in range(3000, 1000, -1)]
    archive = archive_at(path)
    await archive.put(SCOPE, [*new, *old])
    await archive.put(OTHER, old)
    assert await archive.prune() == 500
    assert (await archive.select(SCOPE, EMPTY)).held == 2000
    assert await archive.count(OTHER, EMPTY) == 0
    await archive.close()
    size = size_of(path)
    archive = archive_at(path, max_bytes=size // 2)
    dropped = await archive.prune()
    assert 500 < dropped < 1900
    assert await all_rows(archive) == new[: 2000 - dropped]
    await archive.close()
    assert size_of(path) < size * 3 // 4


async def test_rows_of_a_list_without_times_do_not_age(path: Path) -> None:
    times: dict[str, Any] = {"created_at": None, "last_attempt_at": None, "updated_at": None}
    archive = archive_at(path, now=lambda: NOW.timestamp() - 2 * MAX_AGE)
    await archive.put(SCOPE, [delivery(number, **times) for number in (2, 1)])
    await archive.close()
    archive = archive_at(path)
    assert await archive.prune() == 0
    assert await archive.count(SCOPE, EMPTY) == 2
    await archive.close()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _no_database(path: Path) -> None:
    _write(path, b"this is no database, not at all" * 100)


def _only_a_header(path: Path) -> None:
    _write(path, b"SQLite format 3\0" + b"\xff" * 4000)


def _newer(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {schema() + 1}")
        db.execute("CREATE TABLE other (x)")
    db.close()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_no_database, "was damaged"),
        (_only_a_header, "was damaged"),
        (_newer, "newer version"),
    ],
)
async def test_an_unusable_file_is_moved_aside_with_a_word(
    path: Path, spoil: Callable[[Path], None], words: str
) -> None:
    spoil(path)
    original = await asyncio.to_thread(path.read_bytes)
    archive = archive_at(path)
    (notice,) = await archive.open()
    assert words in notice
    aside = path.parent / notice.rpartition(" ")[2]
    assert aside.read_bytes() == original
    await archive.put(SCOPE, ROWS, TOP)
    assert await all_rows(archive) == ROWS
    await archive.close()


async def test_a_file_damaged_while_in_use_is_moved_aside_and_old_numbers_are_void(
    path: Path,
) -> None:
    many = [delivery(number, error=f"error {number}") for number in range(3000, 0, -1)]
    archive = archive_at(path)
    await archive.put(SCOPE, many)
    await archive.close()
    content = path.read_bytes()  # noqa: ASYNC240 - the test is all that runs
    _write(path, content[:4096] + b"\xa5" * (len(content) - 4096))
    archive = archive_at(path)
    await archive.open()
    answers = await asyncio.gather(
        archive.select(SCOPE, EMPTY),
        archive.first(SCOPE, FAILED, 5),
        archive.count(SCOPE, EMPTY),
        archive.coverage(SCOPE, None),
    )
    assert answers[0].matched == 0
    assert len([notice for notice in archive.notices if "was damaged" in notice]) == 1
    assert (await archive.put(SCOPE, ROWS, TOP)).new == 5
    assert await all_rows(archive) == ROWS
    assert archive.page(range(1, 3000)) == [None] * 2999
    await archive.close()
    assert len(list(path.parent.glob("deliveries.db.bad-*"))) >= 1


async def test_writing_into_a_damaged_file_mends_it_too(path: Path) -> None:
    archive = archive_at(path)
    await archive.put(SCOPE, [delivery(number) for number in range(3000, 0, -1)])
    await archive.close()
    content = path.read_bytes()  # noqa: ASYNC240 - the test is all that runs
    _write(path, content[:4096] + b"\xa5" * (len(content) - 4096))
    archive = archive_at(path)
    assert (await archive.put(SCOPE, ROWS, TOP)).new == 5
    assert await all_rows(archive) == ROWS
    assert "was damaged" in archive.notices[0]
    await archive.close()


def _directory(path: Path) -> None:
    path.mkdir(parents=True)


def _file_for_folder(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")


@pytest.mark.parametrize("spoil", [_directory, _file_for_folder])
async def test_where_there_is_no_place_memory_is(path: Path, spoil: Callable[[Path], None]) -> None:
    spoil(path)
    archive = archive_at(path)
    (notice,) = await archive.open()
    assert "cannot be used" in notice
    await archive.put(SCOPE, ROWS, TOP)
    assert await all_rows(archive) == ROWS
    assert archive.notices == (notice,)
    await archive.close()


async def test_what_can_only_be_read_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archive_at(path)
    await archive.put(SCOPE, ROWS, TOP)
    await archive.close()

    def refuse(_: Path) -> None:
        raise PermissionError("read-only folder")

    monkeypatch.setattr("vzaps_tui.storage.opening.make_private", refuse)
    archive = archive_at(path)
    (notice,) = await archive.open()
    assert "read-only folder" in notice
    assert await all_rows(archive) == ROWS
    assert (await archive.put(SCOPE, [delivery(9), *ROWS], TOP)).met
    assert archive.page([archive.place(SCOPE, "log_9") or 0]) == [delivery(9)]
    await archive.close()


class Refusing(sqlite3.Connection):
    """A connection to a disk that, from some time on, takes nothing."""

    words = ""

    @override
    def executemany(self, sql: str, *rest: Any) -> sqlite3.Cursor:
        if self.words and self.place().endswith("deliveries.db"):
            problem = sqlite3.OperationalError(self.words)
            problem.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise problem
        return super().executemany(sql, *rest)

    def place(self) -> str:
        return str(self.execute("PRAGMA database_list").fetchone()[2])


async def test_a_full_disk_leads_into_memory_and_nothing_is_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def refusing(*place: Any, **more: Any) -> sqlite3.Connection:
        return connect(*place, factory=Refusing, **more)

    monkeypatch.setattr(sqlite3, "connect", refusing)
    archive = archive_at(path)
    await archive.put(SCOPE, ROWS, TOP)
    numbers = (await archive.select(SCOPE, EMPTY)).rowids
    monkeypatch.setattr(Refusing, "words", "database or disk is full")
    told: list[tuple[str, ...]] = []
    archive.watch(lambda: told.append(archive.notices))
    put = await archive.put(SCOPE, [delivery(6), *ROWS], TOP)
    assert (put.new, put.met) == (1, True)
    (notice,) = archive.notices
    assert "disk is full" in notice
    assert told == [(notice,)]
    assert archive.page(numbers) == ROWS
    assert (await archive.select(SCOPE, EMPTY)).rowids[1:] == numbers
    await archive.close()
    monkeypatch.undo()
    archive = archive_at(path)
    assert await all_rows(archive) == ROWS
    await archive.close()


LIMITED = """
import asyncio, resource, sys
from pathlib import Path
from tests.builders import NOW, delivery
from tests.unit.archive.archive_world import EMPTY, SCOPE
from vzaps_tui.storage.archive import SqliteArchive

async def fill():
    archive = SqliteArchive(Path(sys.argv[1]), now=NOW.timestamp)
    await archive.put(SCOPE, [delivery(1)])
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    for number in range(40):
        rows = [delivery(number * 100 + one, error=f"error {one}") for one in range(2, 102)]
        await archive.put(SCOPE, rows)
    held = await archive.select(SCOPE, EMPTY)
    assert None not in archive.page(held.rowids)
    print(held.matched, len(archive.notices), archive.notices)
    await archive.close()

asyncio.run(fill())
"""


async def test_a_disk_that_takes_no_more_is_left_for_memory(path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(path)]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("4001 1 "), done.stdout + done.stderr
    assert "cannot be written" in done.stdout
    archive = archive_at(path)
    assert await archive.open() == ()
    assert await archive.count(SCOPE, EMPTY) < 4001
    await archive.close()


async def test_a_program_that_holds_the_file_is_waited_for(path: Path) -> None:
    archive = archive_at(path)
    await archive.open()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    putting = asyncio.create_task(archive.put(SCOPE, ROWS))
    assert await archive.count(SCOPE, EMPTY) == 0
    assert not putting.done()
    other.execute("ROLLBACK")
    other.close()
    assert (await putting).new == 5
    await archive.close()


async def test_an_older_file_is_brought_to_this_version(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_at(path)
    await archive.put(SCOPE, ROWS, TOP)
    await archive.close()
    step = ("ALTER TABLE deliveries ADD COLUMN extra TEXT", "CREATE TABLE more (x)")
    monkeypatch.setattr(archive_schema, "MIGRATIONS", [*archive_schema.MIGRATIONS, step])
    archives = [archive_at(path) for _ in range(2)]
    assert await asyncio.gather(*(one.open() for one in archives)) == [(), ()]
    for one in archives:
        assert await all_rows(one) == ROWS
        await one.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (schema(),)
        assert db.execute("SELECT count(extra) FROM deliveries").fetchone() == (0,)
    db.close()


SYNC = """
import asyncio, sys
from pathlib import Path
from tests.builders import NOW, delivery
from tests.unit.archive.archive_world import SCOPE
from vzaps_tui.domain.selection import Reading
from vzaps_tui.storage.archive import SqliteArchive

async def sync():
    archive = SqliteArchive(Path(sys.argv[1]), now=NOW.timestamp)
    last = None
    for page in range(100_000):
        rows = [delivery(10_000_000 - page * 50 - number) for number in range(50)]
        await archive.put(SCOPE, rows, Reading(None, NOW, top=last is None, follows=last))
        last = rows[-1].key
        if page == 20:
            print("reading", flush=True)

asyncio.run(sync())
"""


async def test_a_program_killed_while_it_reads_leaves_a_true_archive(path: Path) -> None:
    path.parent.mkdir()
    command = [sys.executable, "-c", SYNC, str(path)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220, S603 - our own
    assert running.stdout is not None
    assert running.stdout.readline() == "reading\n"
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    archive = archive_at(path)
    assert await archive.open() == ()
    rows = await all_rows(archive)
    (stretch,) = await archive.coverage(SCOPE, None)
    assert len(rows) == stretch.rows >= 1050
    assert len(rows) % 50 == 0
    keys = [row.key for row in rows if row]
    assert keys == [f"log_{10_000_000 - number}" for number in range(len(rows))]
    assert (stretch.newest, stretch.oldest) == (keys[0], keys[-1])
    await archive.close()


async def test_a_question_nobody_waits_for_gives_way(archive: SqliteArchive) -> None:
    rows = [delivery(number, id=f"log_{number}_{'x' * 50}") for number in range(20_000, 0, -1)]
    await archive.put(SCOPE, rows)
    text = DeliveryQuery(text="no such thing", also=frozenset({"y%", "z_"}))
    for _ in range(5):
        asking = [asyncio.create_task(archive.select(SCOPE, text)) for _ in range(10)]
        await archive.count(OTHER, EMPTY)
        for one in asking:
            one.cancel()
        assert (await archive.select(SCOPE, EMPTY)).matched == 20_000
        done = await asyncio.gather(*asking, return_exceptions=True)
        assert all(
            isinstance(one, asyncio.CancelledError) or not isinstance(one, BaseException)
            for one in done
        )


async def test_what_has_begun_to_be_written_is_written(archive: SqliteArchive) -> None:
    await archive.open()
    putting = asyncio.create_task(archive.put(SCOPE, ROWS, TOP))
    await asyncio.sleep(0)
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    await archive.prune()
    assert await archive.count(SCOPE, EMPTY) == 5


async def test_closing_does_not_wait_for_questions(path: Path) -> None:
    archive = archive_at(path)
    await archive.put(SCOPE, [delivery(number) for number in range(20_000, 0, -1)])
    asking = [asyncio.create_task(archive.select(SCOPE, EMPTY)) for _ in range(5)]
    await asyncio.sleep(0)
    await archive.close()
    for answer in await asyncio.gather(*asking):
        assert answer.matched in (0, 20_000)


async def test_a_filter_nobody_knows_of_is_refused_at_once(archive: SqliteArchive) -> None:
    with pytest.raises(ValueError, match="odd"):
        await archive.put(SCOPE, ROWS, Reading("odd", NOW))


async def test_two_archives_in_memory_are_two() -> None:
    one, other = archive_at(None), archive_at(None)
    await one.put(SCOPE, ROWS)
    assert await other.count(SCOPE, EMPTY) == 0
    await one.close()
    await other.close()


async def test_with_an_old_sqlite_memory_is_shared_in_the_old_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "cache=shared" in memory_name((3, 34, 1))
    monkeypatch.setattr(
        "vzaps_tui.storage.archive_home.memory_name", lambda: memory_name((3, 34, 1))
    )
    archive = archive_at(None)
    await asyncio.gather(*(archive.put(SCOPE, [row]) for row in ROWS))
    assert await all_rows(archive) == ROWS
    await archive.close()


def test_the_archive_imports_nothing_heavy() -> None:
    code = (
        "import sys, vzaps_tui.storage.archive;"
        "print([m for m in ('pydantic', 'httpx', 'textual', 'rich', 'starlette')"
        " if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert done.stdout.strip() == "[]"
