"""What a disk said is told in words, never as a number."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from vzaps_tui.storage.trouble import in_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOTDIR, "a file stands where the folder should be"),
        (errno.EISDIR, "a folder stands where the file should be"),
        (errno.EACCES, "this user may not write it"),
        (errno.EROFS, "the disk is read-only"),
        (errno.ENOSPC, "the disk is full"),
        (errno.ELOOP, os.strerror(errno.ELOOP)),
    ],
)
def test_what_the_system_said(number: int, words: str) -> None:
    assert in_words(OSError(number, os.strerror(number), "/somewhere")) == words


def test_what_sqlite_said(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE one (x)")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        with pytest.raises(sqlite3.OperationalError) as refused:
            db.execute("INSERT INTO one VALUES (1)")
        assert in_words(refused.value) == "this user may not write it"
        with pytest.raises(sqlite3.OperationalError) as odd:
            db.execute("SELECT y FROM one")
        assert in_words(odd.value) == "no such column: y"


def test_what_has_no_number_is_told_as_it_is() -> None:
    assert in_words(OSError("odd")) == "odd"
    assert in_words(ValueError("of a newer version")) == "of a newer version"
