"""Clearing removes what nobody uses and empties what somebody does; who uses it goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import NOW, delivery
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import Reading, Scope
from vzaps_tui.storage import clearing
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.storage.clearing import Cleared, clear

SCOPE = Scope("https://api.example.com", "acct", "VZ01")
EMPTY = DeliveryQuery()
ROWS = [delivery(number) for number in range(2000, 0, -1)]
TOP = Reading(None, NOW, top=True, end=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "deliveries.db"


def _no_database(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database" * 1000)


def archive_at(path: Path) -> SqliteArchive:
    return SqliteArchive(path, now=NOW.timestamp)


async def test_what_nobody_uses_is_removed_with_what_was_moved_aside(path: Path) -> None:
    _no_database(path)
    archive = archive_at(path)
    await archive.put(SCOPE, ROWS)
    await archive.close()
    stays = path.parent / "archive.db"
    stays.write_text("mine")
    there = sum(file.stat().st_size for file in path.parent.iterdir() if file != stays)
    assert clear(path) == Cleared(there)
    assert there > 11_000
    assert list(path.parent.iterdir()) == [stays]
    assert clear(path) == Cleared(0)


async def test_under_a_program_that_uses_it_it_is_emptied_and_the_program_goes_on(
    path: Path,
) -> None:
    _no_database(path)
    archive = archive_at(path)
    await archive.put(SCOPE, ROWS, TOP)
    old = (await archive.select(SCOPE, EMPTY)).rowids
    freed, emptied = clear(path)
    assert emptied
    assert freed > 200_000
    assert not list(path.parent.glob("*.bad-*"))
    assert (await archive.select(SCOPE, EMPTY)).held == 0
    assert archive.page(old[:9]) == [None] * 9
    assert archive.place(SCOPE, "log_1") is None
    assert await archive.coverage(SCOPE, None) == ()
    assert (await archive.put(SCOPE, ROWS[:5], TOP)).new == 5
    new = (await archive.select(SCOPE, EMPTY)).rowids
    assert archive.page(new) == ROWS[:5]
    assert not set(new) & set(old)
    assert archive.notices[1:] == ()
    await archive.close()
    archive = archive_at(path)
    assert await archive.open() == ()
    assert await archive.count(SCOPE, EMPTY) == 5
    await archive.close()


def _nothing_at_all(path: Path) -> None:
    path.touch()


def _only_a_header(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 4000)


def _of_another_time(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 4000")
        db.execute("CREATE TABLE other (x)")
    db.close()


@pytest.mark.parametrize("spoil", [_nothing_at_all, _only_a_header, _of_another_time])
def test_whatever_the_file_is_it_goes(path: Path, spoil: Callable[[Path], None]) -> None:
    path.parent.mkdir()
    spoil(path)
    size = path.stat().st_size
    assert clear(path) == Cleared(size)
    assert list(path.parent.iterdir()) == []


async def test_a_program_that_does_not_let_go_is_said(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "_PATIENCE", 0.01)
    archive = archive_at(path)
    await archive.put(SCOPE, ROWS)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OSError, match="another copy of the program uses it"):
        clear(path)
    other.close()
    assert await archive.count(SCOPE, EMPTY) == 2000
    await archive.close()


def test_a_folder_in_its_place_stays(path: Path) -> None:
    path.mkdir(parents=True)
    assert clear(path) == Cleared(0)
    assert path.is_dir()
