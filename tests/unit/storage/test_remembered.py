"""Filters in state.db: what was kept comes back as it was, to those whose it is, and no secret."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.remembered import KeptView, SavedView
from vzaps_tui.storage.remembered import SqliteViews
from vzaps_tui.storage.state import StateFile

WHOSE = ("https://api.example.com", "acct")
ONE, TWO = InstanceId("VZ1"), InstanceId("VZ2")
_ANY = st.text(st.characters())  # surrogates too
LOOK = KeptView("status:failed last:2h", oldest_first=True, preview=False)


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[StateFile]:
    file = StateFile(tmp_path / "state.db")
    yield file
    await file.close()


async def test_the_last_look_outlives_the_program(tmp_path: Path) -> None:
    for number, look in enumerate((LOOK, KeptView("timeout"))):
        state = StateFile(tmp_path / "state.db")
        views = SqliteViews(state)
        assert await views.last(*WHOSE, ONE) == (LOOK if number else None)
        await views.note(*WHOSE, ONE, look)
        await views.note(*WHOSE, TWO, KeptView())
        assert await views.last(*WHOSE, ONE) == look
        assert await views.last(*WHOSE, TWO) == KeptView()
        await state.close()


@pytest.mark.parametrize("other", [("https://other", "acct"), (WHOSE[0], "other")])
async def test_nobody_sees_what_is_not_theirs(state: StateFile, other: tuple[str, str]) -> None:
    views = SqliteViews(state)
    await views.note(*WHOSE, ONE, LOOK)
    await views.save(*WHOSE, SavedView("outage", "code:5xx"))
    assert await views.last(*other, ONE) is None
    assert await views.saved(*other) == ()
    await views.drop(*other, "outage")
    assert await views.saved(*WHOSE) == (SavedView("outage", "code:5xx"),)


async def test_views_are_told_by_name_and_replaced_by_name(state: StateFile) -> None:
    views = SqliteViews(state)
    for name, query in (("b", "1"), ("C", "2"), ("a", "3"), ("b", "4")):
        await views.save(*WHOSE, SavedView(name, query))
    kept = (SavedView("a", "3"), SavedView("b", "4"), SavedView("C", "2"))
    assert await views.saved(*WHOSE) == kept
    await views.drop(*WHOSE, "b")
    await views.drop(*WHOSE, "no such view")
    assert await views.saved(*WHOSE) == (kept[0], kept[2])


@pytest.mark.parametrize("text", ["s3cret-token", "https://h/x?token=abc", "eyJhbGciOi.eyJzdWI.x1"])
async def test_no_secret_is_written_down(tmp_path: Path, text: str) -> None:
    state = StateFile(tmp_path / "state.db")
    views = SqliteViews(state, mask=Masker((Secret("s3cret-token"),)))
    await views.note(*WHOSE, ONE, KeptView(text, oldest_first=True))
    assert await views.last(*WHOSE, ONE) == KeptView("", oldest_first=True)
    for view in (SavedView("fine", text), SavedView(text, "fine")):
        with pytest.raises(StorageError, match="looks like a secret"):
            await views.save(*WHOSE, view)
    assert await views.saved(*WHOSE) == ()
    await state.close()
    assert text.encode() not in (tmp_path / "state.db").read_bytes()


@settings(max_examples=60, deadline=None)
@given(name=_ANY.filter(bool), query=_ANY, ends=st.booleans())
async def test_any_text_comes_back_as_it_was(name: str, query: str, ends: bool) -> None:  # noqa: FBT001 - hypothesis
    state = StateFile(None)
    views = SqliteViews(state, mask=lambda text: text)
    look = KeptView(query, oldest_first=ends, preview=not ends)
    await views.note(*WHOSE, InstanceId(name), look)
    await views.save(*WHOSE, SavedView(name, query))
    assert await views.last(*WHOSE, InstanceId(name)) == look
    assert await views.saved(*WHOSE) == (SavedView(name, query),)
    await state.close()


async def test_a_file_of_before_gets_the_tables(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    state = StateFile(path)
    await state.open()
    await state.close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE looked")
        db.execute("DROP TABLE views")
        db.execute("PRAGMA user_version = 1")
    db.close()
    state = StateFile(path)
    views = SqliteViews(state)
    await views.note(*WHOSE, ONE, LOOK)
    assert await views.last(*WHOSE, ONE) == LOOK
    assert state.notices == ()
    await state.close()


async def test_a_disk_that_says_no_is_told_in_words_of_views(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    state = StateFile(tmp_path / "file" / "state.db")
    views = SqliteViews(state)
    with pytest.raises(StorageError, match="filters and views cannot be kept: "):
        await views.save(*WHOSE, SavedView("a", "b"))
    await state.close()
    with pytest.raises(StorageError, match="it is closed"):
        await views.last(*WHOSE, ONE)
