"""Writing an export: whole or not at all, for its owner alone, off the loop."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import tracemalloc
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NOW, delivery
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.exporting import (
    Export,
    ExportError,
    ExportExistsError,
    ExportFormat,
    Scope,
    sheet,
)
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.services.exporting import Tell, Written, write_export


async def source(count: int, at_once: int = 120) -> AsyncGenerator[list[Delivery], None]:
    for start in range(0, count, at_once):
        yield list(map(delivery, range(start, min(count, start + at_once))))


def export(form: ExportFormat = ExportFormat.JSONL) -> Export:
    return Export(Scope("VZ01", "", (), 500), form, NOW)


async def write(
    path: str, count: int = 3, tell: Tell | None = None, *, replace: bool = False
) -> Written:
    return await write_export(export(), source(count), path, tell, replace=replace)


def held(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def raising(number: int) -> Any:
    def fail(*args: object, **names: object) -> None:
        del args, names
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("form", ExportFormat)
async def test_the_file_holds_the_export_and_is_its_owners(
    tmp_path: Path, form: ExportFormat
) -> None:
    told: list[int] = []
    path = str(tmp_path / "out")
    written = await write_export(export(form), source(450), path, told.append)
    assert written.path == tmp_path / "out"
    made = sheet(export(form))
    behind = made.begin() + made.rows(list(map(delivery, range(450))))
    assert written.path.read_bytes().decode() == made.front() + behind
    assert (written.rows, written.size) == (450, written.path.stat().st_size)
    assert written.path.stat().st_mode & 0o777 == 0o600
    assert told[-1] == 450
    assert told == sorted(told)
    assert held(tmp_path) == [written.path]


async def test_what_is_relative_begins_here_and_a_tilde_is_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert (await write(" out.jsonl ")).path == tmp_path / "out.jsonl"
    assert (await write("~/out")).path == tmp_path / "home" / "out"


async def test_nothing_is_replaced_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("mine")
    with pytest.raises(ExportExistsError) as caught:
        await write(str(path))
    assert str(path) in caught.value.reason
    assert path.read_text() == "mine"
    assert held(tmp_path) == [path]
    await write(str(path), replace=True)
    assert len(path.read_text().splitlines()) == 3
    assert path.stat().st_mode & 0o777 == 0o600


async def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "out"
    other.write_text("mine")
    path.symlink_to(other)
    with pytest.raises(ExportExistsError):
        await write(str(path))
    await write(str(path), replace=True)
    assert other.read_text() == "mine"
    assert not path.is_symlink()


async def test_a_file_that_came_in_between_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    sync = os.fsync

    def meanwhile(number: int) -> None:
        sync(number)
        path.write_text("theirs")

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(ExportExistsError):
        await write(str(path))
    assert path.read_text() == "theirs"
    assert held(tmp_path) == [path]


async def test_a_disk_without_links_takes_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "hardlink_to", raising(errno.EPERM))
    written = await write(str(tmp_path / "out"))
    assert json.loads(written.path.read_text().splitlines()[0])["id"] == "log_0"
    assert held(tmp_path) == [written.path]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "no path was given"),
        ("  ", "no path was given"),
        ("x/", "names no file"),
        (".", "is a folder"),
        ("a\0b", "names no file"),
        ("\ud800", "no path here"),
        ("~no-such-user-here/x", "no path here"),
        ("missing/x", "there is no folder"),
        ("file/x", "is not a folder"),
        ("fifo", "is not a file"),
        ("n" * 300, "name is too long"),
    ],
)
async def test_bad_paths_are_told_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ExportError) as caught:
        await write(path, replace=True)
    assert words in caught.value.reason
    assert caught.value.hint
    assert {one.name for one in held(tmp_path)} == {"file", "fifo"}


@pytest.mark.parametrize("call", ["open", "fsync"])
@pytest.mark.parametrize(
    ("number", "words", "next_step"),
    [
        (errno.ENOSPC, "the disk is full", "Make room"),
        (errno.EDQUOT, "share of the disk", "Make room"),
        (errno.EACCES, "you may not write in", "folder of yours"),
        (errno.EROFS, "read-only", "another disk"),
        (errno.EIO, os.strerror(errno.EIO), "another path"),
    ],
)
async def test_a_disk_that_says_no_leaves_no_half_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    words: str,
    next_step: str,
) -> None:
    kept = tmp_path / "out"
    kept.write_text("before")
    monkeypatch.setattr(os, call, raising(number))
    with pytest.raises(ExportError) as caught:
        await write(str(kept), 500, replace=True)
    monkeypatch.undo()
    assert words in caught.value.reason
    assert next_step in caught.value.hint
    assert held(tmp_path) == [kept]
    assert kept.read_text() == "before"


@pytest.mark.parametrize("count", [0, 5000])
async def test_called_off_it_leaves_nothing(tmp_path: Path, count: int) -> None:
    begun = asyncio.Event()

    def tell(rows: int) -> None:
        del rows
        begun.set()
        task.cancel()

    task = asyncio.ensure_future(write(str(tmp_path / "out"), count, tell))
    if count:
        await begun.wait()
    else:
        await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    left = [one.name for one in held(tmp_path)]
    assert left in ([], ["out"]) if not count else left == []


async def test_the_loop_goes_on_meanwhile(tmp_path: Path) -> None:
    turns = 0
    task = asyncio.ensure_future(write(str(tmp_path / "out"), 5000))
    while not task.done():
        turns += 1
        await asyncio.sleep(0)
    assert (await task).rows == 5000
    assert turns > 20


@pytest.mark.parametrize("form", ExportFormat)
@pytest.mark.parametrize("call", [0, 1, 2, 3])
async def test_called_off_at_any_moment_it_leaves_nothing(
    tmp_path: Path, form: ExportFormat, call: int
) -> None:
    """While a source is waited for, in the middle, and at the end of it."""
    reached = asyncio.Event()

    async def halting() -> AsyncGenerator[list[Delivery], None]:
        for number in range(4):
            if number == call:
                reached.set()
                if number < 3:
                    await asyncio.Event().wait()
            yield [delivery(number)]

    task = asyncio.ensure_future(write_export(export(form), halting(), str(tmp_path / "out")))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert held(tmp_path) == []


async def test_a_source_that_breaks_leaves_nothing(tmp_path: Path) -> None:
    async def breaking() -> AsyncGenerator[list[Delivery], None]:
        yield [delivery(1)]
        raise UnavailableError("gone")

    with pytest.raises(UnavailableError):
        await write_export(export(), breaking(), str(tmp_path / "out"))
    assert held(tmp_path) == []


@pytest.mark.parametrize("form", ExportFormat)
async def test_few_rows_are_in_memory_at_a_time(tmp_path: Path, form: ExportFormat) -> None:
    async def peak(count: int) -> int:
        tracemalloc.start()
        rows = source(count, 500)
        await write_export(export(form), rows, str(tmp_path / "out"), replace=True)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    await peak(500)
    assert await peak(6_000) < 1.5 * await peak(2_000)
