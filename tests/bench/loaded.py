"""Our program with many deliveries read already, or with a watch on its event loop.

`python -m tests.bench.loaded [--rows N] [--stalls FILE]`, settings from the environment. It is put
together as the command does it (`cli.compose`); rows are read over HTTP before the first frame.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vzaps_tui.cli.compose import Plan, compose
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.settings.config_file import Config
from vzaps_tui.settings.loading import load
from vzaps_tui.ui.app import VzapsApp

if TYPE_CHECKING:
    from vzaps_tui.ui.launch import Launch, Services

NO_CONFIG = Path("none")
BEAT = 0.001
"""Seconds between two looks at the loop."""


async def read_rows(services: Services, instance: InstanceId, rows: int) -> None:
    """Read a list's pages until `rows` are held or no more come."""
    everything = DeliveryQuery()
    while True:
        envelope = await services.deliveries.more(instance, everything)
        if len(envelope.data.rows) >= rows or envelope.data.end is not End.MORE:
            return


async def watch(path: Path) -> None:
    """Write down how long the loop took for each turn, beyond the wait: milliseconds, a line each.

    A line holds the time that went by and the CPU time of the loop's own thread.
    """
    with path.open("w", buffering=1) as file:
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(BEAT)
            late = time.perf_counter() - wall - BEAT
            if late > BEAT:
                file.write(f"{1e3 * late:.2f} {1e3 * (time.thread_time() - cpu):.2f}\n")


def watched(launch: Launch, path: Path) -> Launch:
    """The same launch; what it does after the first frame, and all that follows, is watched."""
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


async def run(rows: int, stalls: Path | None) -> None:
    """Read the rows, then show the interface until it is left."""
    settings = load({}, os.environ, Config(NO_CONFIG))
    archive = Path(os.environ["XDG_CACHE_HOME"]) / "vzaps-tui" / "archive.db"
    launch = compose(Plan(settings, NO_CONFIG, archive if stalls else None), Masker())
    if rows and launch.services and launch.instance:
        await read_rows(launch.services, launch.instance, rows)
    if stalls is not None:
        launch = watched(launch, stalls)
    await VzapsApp(launch).run_async()


def main() -> None:
    """Run it."""
    gc.disable()  # as the command does
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--stalls", type=Path)
    asked = parser.parse_args()
    asyncio.run(run(asked.rows, asked.stalls))


if __name__ == "__main__":
    sys.exit(main())
