"""An emulated VZaps in a process of its own, that tells what was asked of it.

`python -m tests.bench.world LOGS [SIZE …]`: prints a JSON object like `vzaps-tui emulator --json`;
then every line that comes in is answered with the requests since the last one. It ends when its
standard input does, so it cannot outlive the bench. The newest rows of the first instance have
payloads of the sizes given, in bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from tests.bench.baselines import json_of


class EmulatedWorld:
    """The process, from the bench's side.

    Attributes:
        base_url: where it listens.
        credentials: client token and client secret.
        instances: id and name of each.
    """

    def __init__(self, *, logs: int = 250, payloads: tuple[int, ...] = ()) -> None:
        command = [sys.executable, "-m", "tests.bench.world", str(logs), *map(str, payloads)]
        self._process = subprocess.Popen(  # noqa: S603 - this very module
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said: dict[str, Any] = json.loads(self._answer())
        self.base_url: str = said["base_url"]
        self.credentials: tuple[str, str] = (said["client_token"], said["client_secret"])
        self.instances: list[tuple[str, str]] = [(i["id"], i["name"]) for i in said["instances"]]

    def asked(self) -> list[str]:
        """Requests since the last time this was called: method and path."""
        if self._process.stdin is None:
            raise RuntimeError("the world has no input")
        self._process.stdin.write("\n")
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
    from vzaps_tui.emulator.command import announcement  # noqa: PLC0415 - not for the bench's side
    from vzaps_tui.emulator.server import EmulatorServer  # noqa: PLC0415 - same
    from vzaps_tui.emulator.world import World  # noqa: PLC0415 - same

    logs, *sizes = map(int, sys.argv[1:])
    world = World(logs=logs)
    first = world.instances[0]
    rows, _ = world.search(first, 1, max(1, len(sizes)), None)
    for row, size in zip(rows, sizes, strict=False):
        row.payload = json_of(size)
    with EmulatorServer(world) as server:
        sys.stdout.write(announcement(world, server.base_url, as_json=True) + "\n")
        sys.stdout.flush()
        for _line in sys.stdin:
            asked = [f"{one.method} {one.path}" for one in world.requests]
            world.requests.clear()
            sys.stdout.write(json.dumps(asked) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
