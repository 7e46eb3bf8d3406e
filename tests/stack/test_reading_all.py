"""A whole log over HTTP into an archive on disk, in bad weather: every row once, nothing untold."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from tests.servers import running
from tests.stack.stack import Setup, small
from vzaps_tui.cli.compose import compose
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.emulator.logs import Status
from vzaps_tui.emulator.world import World
from vzaps_tui.services.deliveries import DeliveryService

ALL = DeliveryQuery()
FAILED = DeliveryQuery(FAILED_ONLY)
LOGS = 1234


@asynccontextmanager
async def program(world: World, base_url: str, archive: Path) -> AsyncGenerator[DeliveryService]:
    """The use cases of the program, composed as they are for everybody."""
    begin = compose(Setup(archive=archive).plan(base_url, world), Masker())
    assert begin.services is not None
    assert begin.close is not None
    try:
        yield begin.services.deliveries
    finally:
        await begin.close()


async def read_all(service: DeliveryService, world: World, query: DeliveryQuery = ALL) -> LogState:
    states = [found.data async for found in service.sync(first(world), query)]
    return states[-1]


def first(world: World) -> InstanceId:
    return InstanceId(world.instances[0].id)


async def keys(service: DeliveryService, world: World, query: DeliveryQuery = ALL) -> list[str]:
    selection = await service.select(first(world), query)
    rows = await service.fetch(selection.rowids)
    return [row.key for row in rows if row is not None]


def searches(world: World) -> int:
    return sum(one.path.endswith("/search") for one in list(world.requests))


@pytest.mark.parametrize("faults", [(), ("reset",), ("error-500", "error-503"), ("rate-limit",)])
async def test_every_row_is_read_once(tmp_path: Path, faults: tuple[str, ...]) -> None:
    world = small(logs=LOGS)
    with running(world) as server:
        async with program(world, server.base_url, tmp_path / "archive.db") as service:
            for fault in faults:
                world.faults.next("search", fault)
            state = await read_all(service, world)
            logs = [log.id for log in reversed(world.instances[0].logs)]
            assert state == LogState(len(logs), len(logs), End.COMPLETE)
            assert await keys(service, world) == logs


async def test_a_server_that_ends_half_way_leaves_what_was_read_and_the_next_program_goes_on(
    tmp_path: Path,
) -> None:
    world = small(logs=LOGS)
    with running(world) as server:
        async with program(world, server.base_url, tmp_path / "archive.db") as service:
            pages = 5
            async with aclosing(service.sync(first(world), ALL)) as syncing:
                for _ in range(pages):
                    await anext(syncing)
                world.faults.always("search", "error-500")
                with pytest.raises(VzapsError):
                    await anext(syncing)
            read = await service.count(first(world), ALL)
            assert 0 < read < LOGS
        world.faults.clear()
        asked = searches(world)
        async with program(world, server.base_url, tmp_path / "archive.db") as service:
            kept = await anext(service.load(first(world), ALL))
            assert (kept.data.held, kept.data.end) == (read, End.MORE)
            state = await read_all(service, world)
            logs = [log.id for log in reversed(world.instances[0].logs)]
            assert state == LogState(len(logs), len(logs), End.COMPLETE)
            assert await keys(service, world) == logs
        size = read // pages
        # The top, one page that overlaps, and what was not read yet.
        assert searches(world) - asked <= 3 + -(-(len(logs) - read) // size)


async def test_failures_are_read_beside_the_whole_log(tmp_path: Path) -> None:
    world = small(logs=LOGS)
    with running(world) as server:
        async with program(world, server.base_url, tmp_path / "archive.db") as service:
            failed = [
                log.id for log in reversed(world.instances[0].logs) if log.status == Status.FAILED
            ]
            state = await read_all(service, world, FAILED)
            assert state == LogState(len(failed), len(failed), End.COMPLETE)
            assert await keys(service, world, FAILED) == failed
            assert service.filters(first(world))
            assert (await read_all(service, world)).end is End.COMPLETE
            assert await keys(service, world, FAILED) == failed
