"""What surrounds the program: its terminal, config file and archive, in bad shape."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.process import vzaps
from tests.stack.stack import Setup, moments_ago, small, working

_CREDENTIALS = {"VZAPS_CLIENT_TOKEN": "ct_hidden", "VZAPS_CLIENT_SECRET": "cs_hidden"}


# The terminal


async def test_a_terminal_of_20_by_5_says_so_and_loses_nothing() -> None:
    async with working() as person:
        await person.press("enter", "j", "space", "j")
        screen, marked = person.screen, person.marked
        cursor = person.deliveries.table.cursor_key
        await person.pilot.resize_terminal(20, 5)
        await person.settled()
        assert person.words == "Please enlarge to 60×20 q leaves"
        await person.pilot.resize_terminal(120, 36)
        await person.settled()
        assert person.screen == screen
        assert (person.marked, person.deliveries.table.cursor_key) == (marked, cursor)


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (59, 40), (200, 19)])
async def test_it_begins_in_a_terminal_too_small_and_grows(size: tuple[int, int]) -> None:
    async with working(setup=Setup(size=size)) as person:
        assert "Support BR" not in person.words
        await person.pilot.resize_terminal(60, 20)
        await person.settled()
        words = await person.press("enter")
        assert "Please enlarge" not in words
        assert "50 of 50 loaded of 60" in words


def test_no_terminal_is_said_on_stderr(tmp_path: Path) -> None:
    done = vzaps(tmp_path, extra=_CREDENTIALS)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "that is not a terminal" in done.stderr
    assert "Start it in a terminal" in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr


# The config file

CONFIGS = {
    "not TOML": ("profiles = [", "is not valid TOML"),
    "unknown key": ("colour = 'red'", "unknown key 'colour'"),
    "near miss": ("defalt_profile = 'prod'", "default_profile"),
    "unknown in a profile": ("[profiles.prod]\nclient_tokn = 'x'", "client_token"),
    "no such profile": ("default_profile = 'prod'", "'prod'"),
    "number for text": ("[profiles.a]\nbase_url = 3", "base_url"),
    "wrong address": ("[profiles.a]\nbase_url = 'ftp://x'", "base_url"),
    "not a rate": ("[profiles.a]\nretry_pace = 'fast'", "retry_pace"),
    "table for a value": ("[profiles.a.client_token]\nx = 1", "client_token"),
    "value for a table": ("profiles = 3", "profiles"),
    "escape sequences": ('"\\u001b[31mred" = 1', "unknown key"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_file_that_cannot_be_used_is_named_with_its_key(name: str, tmp_path: Path) -> None:
    text, said = CONFIGS[name]
    config = tmp_path / "config" / "vzaps-tui" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f'default_profile = "a"\n{text}' if "profiles.a" in text else text)
    done = vzaps(tmp_path, extra=_CREDENTIALS)
    words = " ".join(done.stderr.split())
    assert done.returncode == 2
    assert words.startswith("vzaps-tui: Settings cannot be used: ")
    assert said in words
    assert "Traceback" not in words
    assert "\x1b" not in done.stderr
    assert len(done.stderr.splitlines()) >= 2, "what to do next"


# The archive


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database " * 500)


def _cut(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute(
            "CREATE TABLE t AS SELECT randomblob(1000) FROM (VALUES (1),(2),(3),(4),(5),(6))"
        )
    db.close()
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) // 2))


def _newer(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()


def _folder(path: Path) -> None:
    path.mkdir()


ARCHIVES: dict[str, tuple[Callable[[Path], None], str]] = {
    "garbage": (_garbage, "archive.db was damaged and moved aside to archive.db.bad-"),
    "cut": (_cut, "archive.db was damaged and moved aside to archive.db.bad-"),
    "newer": (_newer, "archive.db was made by a newer version and moved aside to"),
    "folder": (_folder, "archive.db cannot be used"),
}


def moved_aside(folder: Path) -> bool:
    """Whether what was there before is still there, under another name."""
    return any("archive.db." in one.name for one in folder.iterdir())


def overwrite(folder: Path) -> None:
    """Spoil all files of a folder, as they are being used."""
    for one in folder.iterdir():
        one.write_bytes(b"\xff" * 8192)


@pytest.mark.parametrize("name", ARCHIVES)
async def test_an_archive_that_cannot_be_used_is_said_and_the_program_runs(
    name: str, tmp_path: Path
) -> None:
    spoil, said = ARCHIVES[name]
    archive = tmp_path / "archive.db"
    spoil(archive)
    async with working(small(now=None), Setup(archive)) as person:
        assert said in person.words
        assert "Support BR" in person.words
        assert moments_ago("live", person.words)
        assert "60 loaded of 60" in await person.press("enter")
    assert moved_aside(tmp_path) is (name != "folder"), "what was there is not thrown away"


async def test_an_archive_damaged_while_running_stops_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    async with working(small(now=None), Setup(archive)) as person:
        overwrite(tmp_path)
        words = await person.press("enter")
        assert "60 loaded of 60" in words
        words = await person.press("escape", "ctrl+r")
        assert "Support BR" in words
        assert moments_ago("live", words)
