"""Payloads: none on disk unless wanted; those wanted are masked, whole, capped; rows take them."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, delivery, detail
from tests.unit.archive.archive_world import EMPTY, OTHER, SCOPE, deliveries, maybe_moment
from vzaps_tui.domain.deliveries import Attempt, DeliveryDetail
from vzaps_tui.domain.masking import MASK, Masker, Secret
from vzaps_tui.storage import archive_details
from vzaps_tui.storage.archive import MAX_AGE, SqliteArchive
from vzaps_tui.storage.archive_details import pack, unpack

SECRET = "ct-93f1a7d0c2"  # noqa: S105 - of nothing
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
PRIVATE = "Olá, segunda às 9h"
FULL = detail(
    delivery(1, target=f"https://hooks.example.com/vz?key={SECRET}", error=f"bad token: {SECRET}"),
    attempts=(Attempt(1, NOW, 500, 12.5, f"Bearer {JWT}", f"sent with {SECRET}"), Attempt(2)),
    payload=json.dumps(
        {"type": "Message", "text": PRIVATE, "auth": f"Bearer {JWT}", "link": "https://h/?a=b"},
        indent=2,
        ensure_ascii=False,
    ),
    response=f"<p>no such token={SECRET}</p>",
    raw=json.dumps({"data": {"text": PRIVATE, "token": SECRET}}),
)


def archive_at(path: Path | None, **options: Any) -> SqliteArchive:
    values: dict[str, Any] = {"mask": Masker((Secret(SECRET),)), "now": NOW.timestamp}
    values["payloads"] = True
    return SqliteArchive(path, **(values | options))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "deliveries.db"


@pytest.fixture(params=["file", "memory"])
async def archive(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[SqliteArchive]:
    archive = archive_at(path if request.param == "file" else None)
    yield archive
    await archive.close()


def all_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


def count(path: Path) -> int:
    db = sqlite3.connect(path)
    (number,) = db.execute("SELECT count(*) FROM details").fetchone()
    db.close()
    return int(number)


async def test_a_detail_is_given_back_masked_and_with_when_it_was_read(
    archive: SqliteArchive,
) -> None:
    await archive.keep_detail(SCOPE, FULL)
    found = await archive.kept_detail(SCOPE, "log_1")
    assert found is not None
    kept, at = found
    assert at == NOW
    assert kept.delivery == replace(
        FULL.delivery, target=f"https://hooks.example.com/vz?key={MASK}", error=f"bad token: {MASK}"
    )
    assert kept.attempts == (
        Attempt(1, NOW, 500, 12.5, f"Bearer {MASK}", f"sent with {MASK}"),
        Attempt(2),
    )
    assert kept.payload is not None
    assert json.loads(kept.payload) == {
        "type": "Message",
        "text": PRIVATE,
        "auth": f"Bearer {MASK}",
        "link": f"https://h/?a={MASK}",
    }
    assert kept.payload_is_json
    assert kept.response == f"<p>no such token={MASK}</p>"
    assert json.loads(kept.raw) == {"data": {"text": PRIVATE, "token": MASK}}
    # The row came with it; nobody else's has it.
    assert await archive.count(SCOPE, EMPTY) == 1
    assert await archive.kept_detail(OTHER, "log_1") is None
    assert await archive.kept_detail(SCOPE, "log_2") is None


async def test_the_later_reading_takes_the_place_of_the_earlier(archive: SqliteArchive) -> None:
    await archive.keep_detail(SCOPE, FULL)
    await archive.keep_detail(SCOPE, replace(FULL, response="later"))
    found = await archive.kept_detail(SCOPE, "log_1")
    assert found is not None
    assert found[0].response == "later"


async def test_nothing_of_a_payload_reaches_the_disk_unless_it_is_wanted(path: Path) -> None:
    archive = archive_at(path, payloads=False)
    await archive.keep_detail(SCOPE, FULL)
    await archive.put(SCOPE, [FULL.delivery])
    assert await archive.kept_detail(SCOPE, "log_1") is None
    # Not compressed either: there is no row to hold it.
    assert count(path) == 0
    assert PRIVATE.encode() not in all_of(path.parent)
    await archive.close()
    assert PRIVATE.encode() not in all_of(path.parent)


async def test_what_was_wanted_once_goes_when_it_is_not_any_more(path: Path) -> None:
    archive = archive_at(path)
    for number in range(100):
        await archive.keep_detail(SCOPE, replace(FULL, delivery=delivery(number)))
    await archive.close()
    archive = archive_at(path, payloads=False)
    assert await archive.kept_detail(SCOPE, "log_1") is None
    assert await archive.prune() == 100
    assert await archive.count(SCOPE, EMPTY) == 100
    await archive.close()
    assert count(path) == 0


async def test_no_secret_reaches_the_disk(path: Path) -> None:
    archive = archive_at(path)
    await archive.keep_detail(SCOPE, FULL)
    await archive.close()
    db = sqlite3.connect(path)
    (body,) = db.execute("SELECT body FROM details").fetchone()
    db.close()
    for content in (all_of(path.parent), zlib.decompress(body)):
        assert SECRET.encode() not in content
        assert JWT.encode() not in content
    assert PRIVATE.encode() in zlib.decompress(body)


async def test_details_go_with_their_rows_and_before_them(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_details, "AT_ONCE", 2)
    moment = [NOW.timestamp()]
    archive = archive_at(path, now=lambda: moment[0], max_bytes=900_000)
    old = delivery(1, created_at=NOW - timedelta(seconds=MAX_AGE + 1))
    await archive.keep_detail(SCOPE, detail(old))
    rows = [delivery(number) for number in range(20, 2, -1)]
    await archive.put(SCOPE, rows)
    assert await archive.prune() == 1
    assert count(path) == 0
    for row in rows:
        moment[0] += 1
        noise = Random(row.id).randbytes(90_000).hex()  # noqa: S311 - noise
        await archive.keep_detail(SCOPE, detail(row, payload=f"{row.id} {noise}"))
    assert count(path) == 18
    dropped = await archive.prune()
    assert 0 < dropped < 18
    assert await archive.count(SCOPE, EMPTY) == 18
    kept = [await archive.kept_detail(SCOPE, row.key) is not None for row in rows]
    assert kept == [False] * dropped + [True] * (18 - dropped)
    await archive.close()


async def test_one_that_is_too_large_is_not_kept(
    archive: SqliteArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_details, "MOST", 100)
    await archive.keep_detail(SCOPE, FULL)
    assert await archive.kept_detail(SCOPE, "log_1") is None


async def test_one_that_cannot_be_read_any_more_is_read_anew(path: Path) -> None:
    archive = archive_at(path)
    await archive.keep_detail(SCOPE, FULL)
    other = sqlite3.connect(path)
    for body in (b"", b"nothing", zlib.compress(b"[]"), zlib.compress(b'{"raw": 5}')):
        with other:
            other.execute("UPDATE details SET body = ?", (body,))
        assert await archive.kept_detail(SCOPE, "log_1") is None
    other.close()
    await archive.keep_detail(SCOPE, FULL)
    assert await archive.kept_detail(SCOPE, "log_1") is not None
    await archive.close()


async def test_a_file_of_the_first_version_takes_details(path: Path) -> None:
    archive = archive_at(path)
    await archive.put(SCOPE, [delivery(2)])
    await archive.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("DROP TABLE details")
        db.execute("DROP TABLE changes")
        db.execute("PRAGMA user_version = 1")
    archive = archive_at(path)
    assert await archive.open() == ()
    assert await archive.count(SCOPE, EMPTY) == 1
    await archive.keep_detail(SCOPE, FULL)
    assert await archive.kept_detail(SCOPE, "log_1") is not None
    assert await archive.count(SCOPE, EMPTY) == 2
    await archive.close()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('{"a": "b\\u00e9\\n"}', '{"a": "b\\u00e9\\n"}'),
        (f'{{"{SECRET}": 1}}', f'{{"{MASK}": 1}}'),
        ('{"token": 123456}', f'{{"token": "{MASK}"}}'),
        ('{"token": null, "a": 2}', '{"token": null, "a": 2}'),
        ('{"api_key": ["a", 2], "n": 3}', f'{{"api_key": ["{MASK}", "{MASK}"], "n": 3}}'),
        ('[{"token": "x"}, "y", 5]', f'[{{"token": "{MASK}"}}, "y", 5]'),
        ('{"a": {"secret" : "x"}, "b": "c"}', f'{{"a": {{"secret" : "{MASK}"}}, "b": "c"}}'),
        ('{"a": 1e999, "a": 12345678901234567890}', '{"a": 1e999, "a": 12345678901234567890}'),
        ('{"\\ud800": 1, "token": 0}', f'{{"\\ud800": 1, "token": "{MASK}"}}'),
        (f'{{"u": "\\"{JWT}\\""}}', f'{{"u": "\\"{MASK}\\""}}'),
        (f"plain token={SECRET}", f"plain token={MASK}"),
        ('{"no": json, "token": "x"', f'{{"no": json, "token": "{MASK}"'),
        ("[" * 20_000 + "]" * 20_000, "[" * 20_000 + "]" * 20_000),
        (f"token={SECRET}\n" * 9000, f"token={MASK}\n" * 9000),
        ("\ud800", "\\ud800"),
        ("", ""),
    ],
)
async def test_texts_are_masked_and_json_stays_json(text: str, masked: str) -> None:
    archive = archive_at(None)
    await archive.keep_detail(SCOPE, detail(payload=text, response=text, raw=text))
    found = await archive.kept_detail(SCOPE, "log_1")
    assert found is not None
    assert [found[0].payload, found[0].response, found[0].raw] == [masked] * 3
    await archive.close()


_text = st.text(st.characters() | st.characters(categories=["Cs"]), max_size=20)
_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _text | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_text | st.sampled_from(["token", SECRET]), inner, max_size=3)
    ),
    max_leaves=12,
)
_json = _value.map(json.dumps) | _value.map(lambda value: json.dumps(value, ensure_ascii=False))
_body = st.none() | _text | _json
_attempts = st.builds(
    Attempt,
    st.integers(),
    maybe_moment,
    st.none() | st.integers(),
    st.none() | st.floats(),
    _body,
    _body,
)


@given(
    st.builds(
        DeliveryDetail,
        deliveries(),
        st.lists(_attempts, max_size=2).map(tuple),
        _body,
        st.booleans(),
        _body,
        _body.map(lambda text: text or ""),
    )
)
@settings(max_examples=300)
def test_any_detail_is_packed_without_secrets_or_not_at_all(one: DeliveryDetail) -> None:
    body = pack(one, Masker((Secret(SECRET),)))
    if body is None:
        return
    assert SECRET.encode() not in zlib.decompress(body)
    found = unpack(body)
    assert found.delivery.key == one.delivery.key or not one.delivery.key.isascii()
    for before, after in ((one.payload, found.payload), (one.raw, found.raw)):
        assert (before is None) == (after is None)
        if _is_strict_json(before):
            assert _is_strict_json(after)


def _is_strict_json(text: str | None) -> bool:
    """An object or a list, without the numbers that only Python takes for JSON."""

    def refuse(number: str) -> None:
        raise ValueError(number)

    try:
        value = json.loads(text or "", parse_constant=refuse)
    except ValueError:
        return False
    return isinstance(value, dict | list)
