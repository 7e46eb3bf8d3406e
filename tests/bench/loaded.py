"""Our program with many deliveries read already, or with a watch on its event loop.

`python -m tests.bench.loaded --rows N [--held M]` is on a server in memory with N rows, of which M
(or all) were read already;
`python -m tests.bench.loaded --stalls FILE` is what the command makes of the environment, watched.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from typing_extensions import override

from tests.builders import INSTANCE, delivered, delivery, instance
from tests.fakes import FakeGateway, MemoryViews
from vzaps_tui.cli.clock import SystemClock
from vzaps_tui.cli.compose import Plan, compose
from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.envelope import Answer, Envelope
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.paging import End, Page
from vzaps_tui.domain.selection import Reading, Scope
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.instances import InstanceService
from vzaps_tui.services.related import RelatedService
from vzaps_tui.services.retrying import RetryService
from vzaps_tui.services.views import ViewService
from vzaps_tui.services.webhooks import WebhookService
from vzaps_tui.settings.config_file import Config
from vzaps_tui.settings.loading import load
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.launch import Launch, Services

NO_CONFIG = Path("none")
BEAT = 0.001
"""Seconds between two looks at the loop."""


class MemoryServer(FakeGateway):
    """A server that answers every search at once, however many rows it has."""

    def __init__(self, rows: tuple[Delivery, ...]) -> None:
        super().__init__(rows, [instance(1, id=INSTANCE)])
        self._failed = tuple(row for row in rows if row.status_class is StatusClass.FAILED)

    @override
    async def search(
        self, instance: InstanceId, page: int, size: int, status: str | None
    ) -> Answer[Page[Delivery]]:
        rows = self._failed if status else self.rows
        return Answer(Page(tuple(rows[(page - 1) * size : page * size]), page, size, len(rows)))


def many_rows(count: int) -> tuple[Delivery, ...]:
    """Deliveries, newest first, one a second; every third failed."""
    now = SystemClock().now()
    made: list[Delivery] = []
    for number in range(count, 0, -1):
        moment = now - timedelta(seconds=count - number)
        row = delivery(number, created_at=moment, last_attempt_at=moment, updated_at=moment)
        made.append(row if number % 3 == 0 else delivered(row, updated_at=moment))
    return tuple(made)


def holding(rows: tuple[Delivery, ...], held: int) -> Launch:
    """A launch on one instance with these deliveries, of which `held` were just read."""
    clock, server, whose = SystemClock(), MemoryServer(rows), Identity("http://127.0.0.1", "bench")
    cache, archive = EnvelopeCache(None, clock), SqliteArchive(None)
    end = End.COMPLETE if held >= len(rows) else End.MORE
    question = whose.ask("deliveries", INSTANCE)
    cache.replace(question, Envelope(LogState(held, len(rows), end), clock.now()))
    scope = Scope(whose.base_url, whose.account, INSTANCE)
    reading = Reading(None, clock.now(), top=True, end=end is End.COMPLETE)
    asyncio.run(_put(archive, scope, rows[:held], reading))
    deliveries = DeliveryService(server, cache, archive, whose, clock)
    services = Services(
        instances=InstanceService(server, cache, whose),
        webhooks=WebhookService(server, cache, whose),
        deliveries=deliveries,
        related=RelatedService(deliveries, clock),
        retries=RetryService(server, deliveries, clock, pace=1.0),
        views=ViewService(MemoryViews(), whose, clock),
        clock=clock,
    )
    return Launch(services=services, label="bench", masker=Masker(), instance=INSTANCE)


async def _put(
    archive: SqliteArchive, scope: Scope, rows: tuple[Delivery, ...], reading: Reading
) -> None:
    await archive.put(scope, rows, reading)


async def watch(path: Path) -> None:
    """Write down how much later than asked for the loop came round, a line a turn.

    A line holds when it was (seconds of `time.perf_counter`), the milliseconds that went by, and
    the milliseconds of CPU that the loop's own thread used meanwhile.
    """
    with path.open("w", buffering=1) as file:
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(BEAT)
            now = time.perf_counter()
            if (late := now - wall - BEAT) > BEAT:
                used = time.thread_time() - cpu
                file.write(f"{now:.6f} {1e3 * late:.3f} {1e3 * used:.3f}\n")


def watched(launch: Launch, path: Path) -> Launch:
    """The same launch; all that happens after the first frame is watched."""
    watches: list[asyncio.Task[None]] = []
    warm, close = launch.warm, launch.close

    async def watch_and_warm() -> tuple[str, ...]:
        watches.append(asyncio.create_task(watch(path)))
        return await warm() if warm else ()

    async def unwatch_and_close() -> None:
        for one in watches:
            one.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        if close:
            await close()

    return replace(launch, warm=watch_and_warm, close=unwatch_and_close)


def from_environment() -> Launch:
    """What `vzaps-tui` would begin with."""
    archive = Path(os.environ["XDG_CACHE_HOME"]) / "vzaps-tui" / "archive.db"
    settings = load({}, os.environ, Config(NO_CONFIG))
    return compose(Plan(settings, NO_CONFIG, archive), Masker())


def main() -> None:
    """Run it."""
    gc.disable()  # as the command does
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--held", type=int, default=0)
    parser.add_argument("--stalls", type=Path)
    asked = parser.parse_args()
    if asked.rows:
        launch = holding(many_rows(asked.rows), asked.held or asked.rows)
    else:
        launch = from_environment()
    if asked.stalls is not None:
        launch = watched(launch, asked.stalls)
    VzapsApp(launch).run()


if __name__ == "__main__":
    sys.exit(main())
