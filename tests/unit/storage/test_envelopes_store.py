"""The SQLite store: what goes in comes out, no secret with it, and no disk can make it raise."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.builders import NOW, delivery, detail, instance
from vzaps_tui.domain.envelope import Envelope, Question, Source
from vzaps_tui.domain.instances import SessionStatus
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.masking import MASK, Masker, Secret
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.storage import files
from vzaps_tui.storage.codec import encode
from vzaps_tui.storage.envelopes import MAX_AGE, SCHEMA, SqliteEnvelopes

LOG = Question("https://api.example.com", "acct", "VZ01", "deliveries")
LISTING = replace(LOG, kind="instances")
WEBHOOK = replace(LISTING, kind="webhook")
SECRETS = (
    *("hunter2", "s3cretquery", "frag5ecret", "errs3cret", "tok3nvalue", "inst5ecret"),
    *("hook5ecret", "pay1oadtext", "r4wtext", "5511999887766", "Maria"),
)


def kept(value: Any, **changes: Any) -> Envelope[Any]:
    return Envelope(value, NOW, **changes)


def store_at(path: Path, **options: Any) -> SqliteEnvelopes:
    return SqliteEnvelopes(path, now=NOW.timestamp, **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "archive.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteEnvelopes]:
    store = store_at(path)
    assert await store.open() == ()
    yield store
    await store.close()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("deliveries", LogState(2, 3, End.COMPLETE, 1)),
        ("deliveries", LogState(2, None, End.MORE, gap=NOW, has_gap=True)),
        ("instances", Listing((instance(1), instance(2, webhook=None)), 2, 1, End.COMPLETE)),
        ("webhook", WebhookConfig("https://example.com/a", ("All",))),
        ("webhook", WebhookConfig()),
        ("session", SessionStatus(connected=True)),
    ],
)
async def test_what_goes_in_comes_out_after_a_restart(path: Path, kind: str, value: Any) -> None:
    question = replace(LISTING, kind=kind)
    store = store_at(path)
    await store.put(question, kept(value, code=201))
    await store.close()
    store = store_at(path)
    assert await store.get(question) == Envelope(value, NOW, Source.CACHE, 201)
    await store.close()


async def test_identity_separates(store: SqliteEnvelopes) -> None:
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com/mine")))
    for other in (
        replace(WEBHOOK, base_url="https://other.example.com"),
        replace(WEBHOOK, account="other"),
        replace(WEBHOOK, instance="VZ02"),
        replace(WEBHOOK, detail="failed"),
        replace(WEBHOOK, kind="session"),
    ):
        assert await store.get(other) is None


async def test_no_secret_payload_or_personal_data_reaches_the_file(path: Path) -> None:
    store = store_at(path)
    row = delivery(
        1,
        target="https://user:hunter2@h.example.com/in?key=s3cretquery#frag5ecret",
        error="POST https://h.example.com/?sig=errs3cret said Authorization: Bearer tok3nvalue",
    )
    await store.put(LOG, kept(LogState(1)))
    await store.put(
        LISTING,
        kept(
            Listing(
                (instance(webhook="https://h.example.com/?k=inst5ecret", phone="5511999887766"),)
            )
        ),
    )
    await store.put(WEBHOOK, kept(WebhookConfig("https://h.example.com/?k=hook5ecret")))
    await store.put(
        replace(LISTING, kind="session"),
        kept(SessionStatus(connected=True, phone="5511999887766", push_name="Maria", jid="5511@s")),
    )
    await store.put(
        replace(LISTING, kind="delivery", detail="log_1"),
        kept(detail(row, payload="pay1oadtext", raw="r4wtext")),
    )
    assert (await store.get(WEBHOOK)) == Envelope(
        WebhookConfig(f"https://h.example.com/?k={MASK}"), NOW, Source.CACHE
    )
    assert await store.get(replace(LISTING, kind="delivery", detail="log_1")) is None
    content = b"".join(file.read_bytes() for file in path.parent.iterdir())
    await store.close()
    content += b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"h.example.com" in content
    for secret in SECRETS:
        assert secret.encode() not in content, secret


async def test_a_known_secret_is_masked_even_in_a_path(path: Path) -> None:
    store = store_at(path, mask=Masker((Secret("inst_abc"),)))
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com/inst_abc/x")))
    found = await store.get(WEBHOOK)
    assert found
    assert found.data.url == f"https://example.com/{MASK}/x"
    await store.close()


def _open_to_all(path: Path) -> None:
    path.parent.chmod(0o755)
    path.chmod(0o644)


async def test_files_are_for_their_owner_alone_whatever_the_umask(path: Path) -> None:
    _write(path, b"")
    _open_to_all(path)
    before = os.umask(0)
    try:
        store = store_at(path)
        await store.put(WEBHOOK, kept(WebhookConfig()))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == {"archive.db": 0o600, "archive.db-wal": 0o600, "archive.db-shm": 0o600}
    await store.close()


def test_a_new_file_is_born_private(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(path: Path, mode: int) -> None: ...

    monkeypatch.setattr(files, "_narrow", leave)
    before = os.umask(0)
    try:
        files.make_private(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_forget_drops_the_kinds_of_one_instance(store: SqliteEnvelopes) -> None:
    others = [replace(WEBHOOK, instance="VZ02"), replace(WEBHOOK, account="b"), LOG]
    for question in (WEBHOOK, *others):
        value = LogState() if question is LOG else WebhookConfig("https://example.com")
        await store.put(question, kept(value))
    await store.forget(WEBHOOK.base_url, "acct", "VZ01", frozenset({"webhook", "instances"}))
    assert await store.get(WEBHOOK) is None
    assert all([await store.get(question) for question in others])


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _no_database(path: Path) -> None:
    _write(path, b"this is no database, not at all" * 100)


def _only_a_header(path: Path) -> None:
    _write(path, b"SQLite format 3\0" + b"\xff" * 4000)


def _newer(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
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
    path: Path, spoil: Any, words: str
) -> None:
    spoil(path)
    original = _read(path)
    store = store_at(path)
    (notice,) = await store.open()
    assert words in notice
    aside = path.parent / notice.rpartition(" ")[2]
    assert _read(aside) == original
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com")))
    assert await store.get(WEBHOOK)
    await store.close()


async def test_a_file_damaged_while_in_use_is_moved_aside(path: Path) -> None:
    store = store_at(path)
    rows = tuple(instance(number) for number in range(300, 0, -1))
    for number in range(20):
        await store.put(replace(LISTING, detail=str(number)), kept(Listing(rows)))
    await store.close()
    content = _read(path)
    _write(path, content[:4096] + b"\xa5" * (len(content) - 4096))
    store = store_at(path)
    for number in range(20):
        assert await store.get(replace(LISTING, detail=str(number))) is None
    assert [notice for notice in store.notices if "was damaged" in notice]
    await store.put(LISTING, kept(Listing(rows)))
    assert await store.get(LISTING)
    await store.close()


async def test_a_damaged_body_is_forgotten_and_the_rest_stays(path: Path) -> None:
    store = store_at(path)
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com")))
    await store.put(LISTING, kept(Listing[Any]()))
    await store.close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE envelopes SET body = ? WHERE kind = 'webhook'", (b'{"url": 7}',))
    db.close()
    store = store_at(path)
    assert await store.get(WEBHOOK) is None
    assert await store.get(LISTING)
    await store.close()


def _directory(path: Path) -> None:
    path.mkdir(parents=True)


def _file_for_folder(path: Path) -> None:
    path.parent.write_text("a file where the folder should be")


@pytest.mark.parametrize("spoil", [_directory, _file_for_folder])
async def test_an_unusable_place_keeps_nothing_and_says_so(path: Path, spoil: Any) -> None:
    spoil(path)
    store = store_at(path)
    (notice,) = await store.open()
    assert "cannot be used" in notice
    await _nothing_raises(store)
    assert store.notices == (notice,)
    await store.close()


async def _nothing_raises(store: SqliteEnvelopes) -> None:
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com")))
    assert await store.get(WEBHOOK) is None
    await store.forget(WEBHOOK.base_url, "acct", "VZ01", frozenset({"webhook"}))


@pytest.mark.parametrize(
    "words", ["database or disk is full", "attempt to write a readonly database", "disk I/O error"]
)
async def test_a_disk_that_says_no_is_never_raised(
    path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    class Refusing(sqlite3.Connection):
        @override
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            if sql.lstrip().startswith(("INSERT", "DELETE")):
                raise sqlite3.OperationalError(words)
            return super().execute(sql, *rest)

        @override
        def executemany(self, *_: Any) -> sqlite3.Cursor:
            raise sqlite3.OperationalError(words)

    def connect(path: Path, timeout: float, isolation_level: None) -> sqlite3.Connection:
        return Refusing(path, timeout, isolation_level=isolation_level)

    monkeypatch.setattr(sqlite3, "connect", connect)
    store = store_at(path)
    assert await store.open() == ()
    await _nothing_raises(store)
    await store.close()


async def test_two_programs_use_it_at_once(path: Path) -> None:
    stores = [store_at(path) for _ in range(4)]
    assert await asyncio.gather(*(store.open() for store in stores)) == [()] * 4

    async def write(number: int) -> None:
        for detail_number in range(20):
            question = replace(WEBHOOK, instance=f"VZ{number}", detail=str(detail_number))
            await stores[number].put(question, kept(WebhookConfig("https://example.com")))

    await asyncio.gather(*(write(number) for number in range(4)))
    for number in range(4):
        for detail_number in range(20):
            question = replace(WEBHOOK, instance=f"VZ{number}", detail=str(detail_number))
            assert await stores[3 - number].get(question)
    await asyncio.gather(*(store.close() for store in stores))


async def test_a_lock_held_by_another_program_is_survived(path: Path) -> None:
    store = store_at(path)
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com/old")))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com/new")))
    found = await store.get(WEBHOOK)
    assert found
    assert found.data.url == "https://example.com/old"
    other.execute("ROLLBACK")
    other.close()
    await store.close()


async def test_old_envelopes_are_not_given_and_dropped_at_open(path: Path) -> None:
    now = NOW.timestamp()
    store = SqliteEnvelopes(path, now=lambda: now)
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com")))
    now += MAX_AGE - 1
    assert await store.get(WEBHOOK)
    now += 2
    assert await store.get(WEBHOOK) is None
    await store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM envelopes").fetchone() == (0,)
    db.close()


async def test_the_oldest_are_dropped_where_it_is_too_much(path: Path) -> None:
    body = Listing(tuple(instance(number) for number in range(4)))
    limit = len(encode("instances", body, str)) * 5 // 2
    store = store_at(path, max_bytes=limit)
    for number in range(4):
        envelope = replace(kept(body), fetched_at=NOW.replace(minute=number))
        await store.put(replace(LISTING, detail=str(number)), envelope)
    await store.close()
    store = store_at(path, max_bytes=limit)
    left = [bool(await store.get(replace(LISTING, detail=str(number)))) for number in range(4)]
    assert left == [False, False, True, True]
    await store.close()


async def test_text_that_is_no_unicode_is_not_kept_and_not_raised(store: SqliteEnvelopes) -> None:
    await store.put(LISTING, kept(Listing((instance(name="\ud800"),))))
    assert await store.get(LISTING) is None
    odd = replace(WEBHOOK, detail="\udfff")
    await store.put(odd, kept(WebhookConfig()))
    assert await store.get(odd) is None
    assert store.notices == ()


async def test_after_close_it_is_empty_and_silent(path: Path) -> None:
    store = store_at(path)
    await store.put(WEBHOOK, kept(WebhookConfig("https://example.com")))
    await store.close()
    await store.close()
    await _nothing_raises(store)


def test_storage_imports_nothing_heavy() -> None:
    code = (
        "import sys, vzaps_tui.storage.envelopes;"
        "print([m for m in ('pydantic', 'httpx', 'textual', 'rich', 'starlette')"
        " if m in sys.modules])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert done.stdout.strip() == "[]"
