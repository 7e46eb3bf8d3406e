"""An emulated VZaps in a process of its own, that tells what was asked of it.

`python -m tests.bench.world LOGS ALLOW [SIZE …]`: prints a JSON object like `vzaps-tui emulator
--json`; then every line that comes in is answered: `asked` with the requests since the last one,
`retried` with what became of all retries. It ends when its standard input does, so it cannot
outlive the bench. The newest rows of the first instance have payloads of the sizes given, in bytes.
ALLOW is 0, or how many retries a second are taken: all deliveries of that instance failed then.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from typing_extensions import override

from tests.bench.baselines import json_of

if TYPE_CHECKING:
    from vzaps_tui.emulator.world import World


class Retried(NamedTuple):
    """What became of the retries that came in.

    Attributes:
        taken: how many were carried out.
        refused: how many were answered with a 429.
        seconds: from the first one carried out to the last one.
    """

    taken: int
    refused: int
    seconds: float


class EmulatedWorld:
    """The process, from the bench's side.

    Attributes:
        base_url: where it listens.
        credentials: client token and client secret.
        instances: id and name of each.
    """

    def __init__(self, *, logs: int = 250, payloads: tuple[int, ...] = (), allow: int = 0) -> None:
        command = [sys.executable, "-m", "tests.bench.world", *map(str, (logs, allow, *payloads))]
        self._process = subprocess.Popen(  # noqa: S603 - this very module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said: dict[str, Any] = json.loads(self._answer())
        self.base_url: str = said["base_url"]
        self.credentials: tuple[str, str] = (said["client_token"], said["client_secret"])
        self.instances: list[tuple[str, str]] = [(i["id"], i["name"]) for i in said["instances"]]

    def asked(self) -> list[str]:
        """Requests since the last time this was called: method and path."""
        return self._ask("asked")

    def retried(self) -> Retried:
        """What became of all retries so far."""
        return Retried(*self._ask("retried"))

    def _ask(self, what: str) -> Any:
        if self._process.stdin is None:
            raise RuntimeError("the world has no input")
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()
        return json.loads(self._answer())

    def close(self) -> None:
        """Stop it."""
        self._process.communicate(timeout=30)

    def _answer(self) -> str:
        return self._process.stdout.readline() if self._process.stdout else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def main() -> None:
    """Serve until the input ends."""
    from vzaps_tui.emulator.allowance import Allowance  # noqa: PLC0415 - not for the bench's side
    from vzaps_tui.emulator.command import announcement  # noqa: PLC0415 - same
    from vzaps_tui.emulator.server import EmulatorServer  # noqa: PLC0415 - same
    from vzaps_tui.emulator.world import World  # noqa: PLC0415 - same

    calls: list[tuple[float, bool]] = []

    class Counted(Allowance):
        """Keeps when each retry came, and whether it was taken."""

        @override
        def take(self, route: str) -> bool:
            taken = super().take(route)
            if route == "retry":
                calls.append((time.perf_counter(), taken))
            return taken

    logs, allow, *sizes = map(int, sys.argv[1:])
    world = World(logs=logs)
    if allow:
        world.allowances = (Counted(allow, "retry"),)
        _let_fail(world)
    first = world.instances[0]
    rows, _ = world.search(first, 1, max(1, len(sizes)), None)
    for row, size in zip(rows, sizes, strict=False):
        row.payload = json_of(size)
    with EmulatorServer(world) as server:
        sys.stdout.write(announcement(world, server.base_url, as_json=True) + "\n")
        sys.stdout.flush()
        for line in sys.stdin:
            answer: object
            if line.strip() == "retried":
                answer = _retried(calls)
            else:
                answer = [f"{one.method} {one.path}" for one in world.requests]
                world.requests.clear()
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def _let_fail(world: World) -> None:
    from vzaps_tui.emulator.logs import Result  # noqa: PLC0415 - not for the bench's side

    first = world.instances[0]
    failed = Result(502, "bad gateway", "", 120.0)
    for log in first.logs:
        log.plan += 1  # what was planned of it lapses
        log.note(failed, log.updated_at)


def _retried(calls: list[tuple[float, bool]]) -> Retried:
    taken = [at for at, was_taken in calls if was_taken]
    seconds = taken[-1] - taken[0] if taken else 0.0
    return Retried(len(taken), len(calls) - len(taken), seconds)


if __name__ == "__main__":
    main()
