"""A program that carries out retry plans, one after another, each in a child that may be killed.

It reads one order a line and answers with two: the child's process id, and how the child ended.
Every step that a child is told is one byte in the pipe it was given. Forking from a program that
has loaded everything already, and runs no thread, makes a fresh program in a millisecond. What is
loaded only when it is used, half of a child's time, is used once before.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sys
import time
import traceback
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import stamina

from tests.archives import InlineArchive
from vzaps_tui.api.auth import Credentials
from vzaps_tui.api.client import ApiClient
from vzaps_tui.domain.masking import Secret
from vzaps_tui.domain.plans import PlanBusyError, PlanId
from vzaps_tui.domain.problems import StorageError, VzapsError
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.retrying import RetryService
from vzaps_tui.storage.journal import SqliteJournal
from vzaps_tui.storage.state import StateFile

ACCOUNT = "campaign"
DONE, BUG, BUSY, DISK = 0, 1, 3, 4
HURRY = 100.0
"""How many times faster than real time everybody waits."""


class HurriedTime:
    """A clock that runs fast, and whose time of day may jump."""

    utc = True

    def __init__(self, jumps: random.Random | None = None) -> None:
        self._jumps = jumps

    def now(self) -> datetime:
        now = datetime.now().astimezone()  # noqa: TID251 - the real time of day is the point
        if self._jumps is not None and self._jumps.random() < 0.3:
            now += timedelta(hours=self._jumps.uniform(-48, 48))
        return now

    def monotonic(self) -> float:
        return time.monotonic() * HURRY

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / HURRY)


def dice(seed: object) -> random.Random:
    """Chance that is the same every time."""
    return random.Random(str(seed))  # noqa: S311 - it keeps no secret


def service(order: dict[str, Any], state: StateFile) -> tuple[RetryService, ApiClient]:
    """The services of a program, as they are composed, at a real socket."""
    clock = HurriedTime(dice(order["jumps"]) if "jumps" in order else None)
    secrets = Secret(order["token"]), Secret(order["secret"])
    client = ApiClient(
        base_url=order["base_url"],
        credentials=Credentials(client_token=secrets[0], client_secret=secrets[1]),
        clock=clock,
        requests_per_second=1000.0,
        timeout=order.get("timeout", 5.0),
    )
    identity = Identity(order["base_url"], ACCOUNT)
    cache = EnvelopeCache(None, clock)
    deliveries = DeliveryService(client, cache, InlineArchive(), identity, clock)
    retries = RetryService(
        client,
        deliveries,
        clock,
        pace=order.get("pace", 20.0),
        journal=SqliteJournal(state),
        identity=identity,
        breaker=order.get("breaker", 0),
        canary=order.get("canary", False),
    )
    return retries, client


async def carry_out(order: dict[str, Any], steps: int) -> int:
    """Take up a plan as a program does that has just been started; its exit code."""

    def tell(step: RetryStep) -> None:
        os.write(steps, step.outcome.value[:1].encode())

    state = StateFile(Path(order["state"]))
    if "bytes" in order:
        # No file may grow beyond: writing there fails as it does on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["bytes"], order["bytes"]))
    retries, client = service(order, state)
    try:
        await retries.resume(
            PlanId(order["plan"]), tell, past_canary=order.get("past_canary", False)
        )
    except PlanBusyError:
        return BUSY
    except StorageError:
        return DISK
    finally:
        await client.aclose()
        await state.close()
    return DONE


async def _warm_up(order: dict[str, Any]) -> None:
    """Read a page of the log and one delivery, so that all that this needs is loaded."""
    client = service(order, StateFile(None))[1]
    with suppress(VzapsError):
        instance = (await client.instances(1, 1)).data.items[0].id
        for row in (await client.search(instance, 1, 1, None)).data.items:
            await client.detail(instance, row.id)
    await client.aclose()


def _play(order: dict[str, Any], steps: int) -> int:
    try:
        return asyncio.run(carry_out(order, steps))
    except BaseException:  # noqa: BLE001 - a child of its own: whatever it is, it is told and over
        traceback.print_exc()
        return BUG


def main() -> None:
    """Take orders until there are no more."""
    stamina.set_testing(True, attempts=3)  # reads are tried again at once
    steps, is_warm = int(sys.argv[1]), False
    for line in sys.stdin:
        order = json.loads(line)
        if not is_warm:
            asyncio.run(_warm_up(order))
            is_warm = True
        child = os.fork()
        if child == 0:
            os._exit(_play(order, steps))
        os.write(1, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"{status}\n".encode())


if __name__ == "__main__":
    main()
