"""Reading a log into an archive on disk: by two programs at once, and stopped at any moment."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from tests.builders import INSTANCE, delivery
from tests.fakes import FakeClock, FakeGateway, idle
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.storage.archive import SqliteArchive

ALL = DeliveryQuery()
COUNT = 400


def server() -> FakeGateway:
    """So many rows, in pages of twenty at most."""
    gateway = FakeGateway([delivery(number) for number in range(COUNT, 0, -1)])
    gateway.page_cap = 20
    return gateway


@asynccontextmanager
async def program(gateway: FakeGateway, path: Path) -> AsyncGenerator[DeliveryService]:
    """A program of its own on the file."""
    clock, archive = FakeClock(), SqliteArchive(path)
    assert await archive.open() == ()
    identity = Identity("https://api.example.com", "acct")
    try:
        yield DeliveryService(gateway, EnvelopeCache(None, clock), archive, identity, clock)
    finally:
        assert archive.notices == ()
        await archive.close()


async def read_all(service: DeliveryService) -> list[LogState]:
    return [found.data async for found in service.sync(INSTANCE, ALL)]


async def held(service: DeliveryService) -> list[str]:
    selection = await service.select(INSTANCE, ALL)
    rows = await service.fetch(selection.rowids)
    return [row.key for row in rows if row is not None]


async def test_two_programs_on_one_file_hold_every_row_once(tmp_path: Path) -> None:
    path, gateway = tmp_path / "deliveries.db", server()
    async with program(gateway, path) as one, program(gateway, path) as other:
        for states in await asyncio.gather(read_all(one), read_all(other)):
            assert states[-1] == LogState(COUNT, COUNT, End.COMPLETE)
        names = [row.key for row in gateway.rows]
        assert await held(one) == names
        assert await held(other) == names


async def test_what_one_program_read_another_need_not(tmp_path: Path) -> None:
    path, gateway = tmp_path / "deliveries.db", server()
    async with program(gateway, path) as one, program(gateway, path) as other:
        await read_all(one)
        asked = gateway.count("search")
        kept = await anext(other.load(INSTANCE, ALL))
        assert kept.data == LogState(COUNT, None, End.COMPLETE)
        assert await read_all(other) == [LogState(COUNT, COUNT, End.COMPLETE)]
        assert gateway.count("search") == asked + 1


@pytest.mark.parametrize("turns", [3, 11, 40, 90, 170])
async def test_stopped_at_any_moment_the_file_is_whole_and_tells_the_truth(
    tmp_path: Path, turns: int
) -> None:
    path, gateway = tmp_path / "deliveries.db", server()
    async with program(gateway, path) as service:
        syncing = asyncio.create_task(read_all(service))
        while gateway.count("search") < turns // 10:
            await idle(1)
        await idle(turns % 10)
        syncing.cancel()
        with suppress(asyncio.CancelledError):
            await syncing
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()
    async with program(gateway, path) as service:
        names = [row.key for row in gateway.rows]
        found = await held(service)
        assert found == names[: len(found)]
        state = (await read_all(service))[-1]
        assert state == LogState(COUNT, COUNT, End.COMPLETE)
        assert await held(service) == names
