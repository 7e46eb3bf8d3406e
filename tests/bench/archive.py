"""Keeping rows in the archive, and finding them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable
from dataclasses import asdict
from pathlib import Path

from tests.bench.figures import Figure, of_rounds
from tests.bench.ground import Ground
from tests.bench.loaded import many_rows
from vzaps_tui.cli.clock import SystemClock
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import Reading, Scope
from vzaps_tui.storage.archive import SqliteArchive

ROWS = 500
_ROWS_A_SECOND = 100_000


def measure(ground: Ground) -> list[Figure]:
    """Put and get of some pages of a list, over plain JSON in plain SQLite."""
    return asyncio.run(_measure(ground.folder, ground.rounds(40, 15)))


async def _measure(folder: Path, rounds: int) -> list[Figure]:
    rows = many_rows(ROWS)
    store, plain = SqliteArchive(folder / "deliveries.db"), sqlite3.connect(folder / "plain.db")
    plain.execute("CREATE TABLE kept (body TEXT)")
    put, get, plain_put, plain_get = _lists(4)
    try:
        for number in range(rounds):
            scope = Scope("http://127.0.0.1", "bench", str(number))
            reading = Reading(None, SystemClock().now(), top=True)
            put.append(await _timed(store.put(scope, rows, reading)))
            get.append(await _timed(_get(store, scope)))
            began = time.perf_counter()
            _put_plainly(plain, rows)
            between = time.perf_counter()
            json.loads(plain.execute("SELECT body FROM kept").fetchone()[0])
            plain_put.append(1e3 * (between - began))
            plain_get.append(1e3 * (time.perf_counter() - between))
    finally:
        await store.close()
        plain.close()
    most = 1e3 * ROWS / _ROWS_A_SECOND
    name = "json and a bare table"
    return [
        of_rounds(f"archive: put {ROWS} rows", "ms", put[1:], (name, plain_put[1:])),
        of_rounds(f"archive: get {ROWS} rows", "ms", get[1:], (name, plain_get[1:])),
        Figure(f"archive: put {ROWS} rows (100,000/s)", min(put), "ms", budget=most),
    ]


async def _get(store: SqliteArchive, scope: Scope) -> None:
    selection = await store.select(scope, DeliveryQuery())
    await store.fetch(selection.rowids)


def _lists(count: int) -> list[list[float]]:
    return [[] for _ in range(count)]


async def _timed(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return 1e3 * (time.perf_counter() - began)


def _put_plainly(plain: sqlite3.Connection, rows: tuple[Delivery, ...]) -> None:
    body = json.dumps([asdict(row) for row in rows], default=str)
    with plain:
        plain.execute("DELETE FROM kept")
        plain.execute("INSERT INTO kept VALUES (?)", (body,))
