"""`vzaps-tui emulator`: serves a world in the foreground until it is told to stop."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, TextIO

from vzaps_tui.emulator.scenarios import SCENARIOS

if TYPE_CHECKING:
    from types import FrameType

    from vzaps_tui.emulator.world import World

__all__ = ["SCENARIOS", "run"]


def run(  # noqa: PLR0913 - one parameter a flag of the command
    *,
    port: int,
    instances: int,
    logs: int,
    seed: int,
    rate: float,
    speed: float,
    scenarios: tuple[str, ...],
    allow: tuple[str, ...] = (),
    as_json: bool,
    out: TextIO,
) -> int:
    """Print one line with base URL and credentials, then serve until SIGINT or SIGTERM.

    Must be called from the main thread.

    Returns:
        0.

    Raises:
        OSError: the port cannot be used, in words for a person.
        ValueError: a scenario that does not exist, or is aimed at nothing that does; a rate that
            is none.
    """
    from vzaps_tui.emulator.allowance import parse_allowance  # noqa: PLC0415 - same
    from vzaps_tui.emulator.server import EmulatorServer  # noqa: PLC0415 - `--help` needs no server
    from vzaps_tui.emulator.world import World  # noqa: PLC0415

    told = threading.Event()

    def tell(_number: int, _frame: FrameType | None) -> None:
        told.set()

    world = World(seed=seed, instances=instances, logs=logs, rate=rate, scenarios=scenarios)
    world.speed = speed
    world.allowances = tuple(map(parse_allowance, allow))
    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with EmulatorServer(world, port) as server:
            print(announcement(world, server.base_url, as_json=as_json), file=out, flush=True)
            told.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def announcement(world: World, base_url: str, *, as_json: bool) -> str:
    """The one line that tells a client how to connect."""
    if not as_json:
        return (
            f"VZAPS_BASE_URL={base_url} VZAPS_CLIENT_TOKEN={world.client_token} "
            f"VZAPS_CLIENT_SECRET={world.client_secret}"
        )
    rows = [{"id": i.id, "name": i.name, "token": i.token} for i in world.instances]
    return json.dumps(
        {
            "base_url": base_url,
            "client_token": world.client_token,
            "client_secret": world.client_secret,
            "instances": rows,
        },
        ensure_ascii=False,
    )
