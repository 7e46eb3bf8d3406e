"""Our program with many deliveries read already, or with a watch on its event loop.

`python -m tests.bench.loaded --rows N [--held M]` is on a server in memory with N rows, of which M
(or all) were read already;
`python -m tests.bench.loaded --rows N --archive FILE EPOCH` opens a file that was seeded; SIGUSR1
lets some more deliveries happen;
`python -m tests.bench.loaded --stalls FILE` is what the command makes of the environment, watched.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from typing_extensions import override

from tests.bench.rows import EVERY_FAILED, SCOPE, WHOSE, Numbered
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
from vzaps_tui.domain.selection import Reading
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
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
NEW = 50
"""Deliveries that happen at a signal."""


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


class NumberedServer(FakeGateway):
    """A server that makes its rows up by their numbers, at once, and can have more of them."""

    def __init__(self, numbered: Numbered, newest: int) -> None:
        super().__init__((), [instance(1, id=INSTANCE)])
        self._numbered = numbered
        self._newest = newest

    def happen(self, count: int) -> None:
        """Let so many more be sent."""
        self._newest += count

    @override
    async def search(
        self, instance: InstanceId, page: int, size: int, status: str | None
    ) -> Answer[Page[Delivery]]:
        step = EVERY_FAILED if status else 1
        total = self._newest // step
        first = total - (page - 1) * size
        numbers = range(first * step, max(0, first - size) * step, -step)
        rows = tuple(map(self._numbered.row, numbers))
        return Answer(Page(rows, page, size, total))


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
    clock, server = SystemClock(), MemoryServer(rows)
    cache, archive = EnvelopeCache(None, clock), SqliteArchive(None)
    end = End.COMPLETE if held >= len(rows) else End.MORE
    question = WHOSE.ask("deliveries", INSTANCE)
    cache.replace(question, Envelope(LogState(held, len(rows), end), clock.now()))
    reading = Reading(None, clock.now(), top=True, end=end is End.COMPLETE)
    asyncio.run(_put(archive, rows[:held], reading))
    deliveries = DeliveryService(server, cache, archive, WHOSE, clock)
    return _launch(server, cache, deliveries)


def opening(path: Path, count: int, epoch: float) -> Launch:
    """A launch on one instance with `count` deliveries, which were all read into a file.

    SIGUSR1 lets `NEW` more happen.
    """
    clock = SystemClock()
    server = NumberedServer(Numbered.ending(count, epoch), count)
    cache, archive = EnvelopeCache(None, clock), SqliteArchive(path)
    signal.signal(signal.SIGUSR1, lambda _number, _frame: server.happen(NEW))
    made = _launch(server, cache, DeliveryService(server, cache, archive, WHOSE, clock))

    async def warm() -> tuple[str, ...]:
        await archive.open()
        return ()

    return replace(made, instance=None, warm=warm, close=archive.close)


def _launch(server: FakeGateway, cache: EnvelopeCache, deliveries: DeliveryService) -> Launch:
    """The program over them; it refreshes nothing by itself."""
    clock = SystemClock()
    services = Services(
        instances=InstanceService(server, cache, WHOSE),
        webhooks=WebhookService(server, cache, WHOSE),
        deliveries=deliveries,
        related=RelatedService(deliveries, clock),
        retries=RetryService(server, deliveries, clock, pace=1.0),
        views=ViewService(MemoryViews(), WHOSE, clock),
        clock=clock,
    )
    return Launch(
        services=services, label="bench", masker=Masker(), instance=INSTANCE, refresh_every=0
    )


async def _put(archive: SqliteArchive, rows: tuple[Delivery, ...], reading: Reading) -> None:
    await archive.put(SCOPE, rows, reading)


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
    parser.add_argument("--archive", nargs=2, metavar=("FILE", "EPOCH"))
    parser.add_argument("--stalls", type=Path)
    asked = parser.parse_args()
    if asked.archive:
        launch = opening(Path(asked.archive[0]), asked.rows, float(asked.archive[1]))
    elif asked.rows:
        launch = holding(many_rows(asked.rows), asked.held or asked.rows)
    else:
        launch = from_environment()
    if asked.stalls is not None:
        launch = watched(launch, asked.stalls)
    VzapsApp(launch).run()


if __name__ == "__main__":
    sys.exit(main())
