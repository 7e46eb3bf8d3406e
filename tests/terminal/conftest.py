from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.terminal.installation import Installation, environment, install
from tests.terminal.terminal import ITS_OWN, WIDE, Size, Streams, Terminal


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel, built and installed once."""
    return install(tmp_path_factory)


class Opener(Protocol):
    """Starts `vzaps-tui ARGUMENTS` in a terminal; leaving its context ends it."""

    def __call__(
        self,
        *arguments: str,
        size: Size = WIDE,
        extra: Mapping[str, str] | None = None,
        streams: Streams = ITS_OWN,
    ) -> Terminal: ...


@pytest.fixture
def vzaps(installed: Installation, tmp_path: Path) -> Opener:
    """Starts the installed program; every start of a test has the same home, `tmp_path`."""

    def start(
        *arguments: str,
        size: Size = WIDE,
        extra: Mapping[str, str] | None = None,
        streams: Streams = ITS_OWN,
    ) -> Terminal:
        command = [installed.program, *arguments]
        return Terminal(command, environment(tmp_path, extra), size, streams)

    return start


@dataclass(frozen=True, slots=True)
class Emulated:
    """`vzaps-tui emulator` in a process of its own."""

    process: subprocess.Popen[str]
    told: dict[str, Any]

    @property
    def account(self) -> dict[str, str]:
        """The environment of account mode."""
        return {
            "VZAPS_BASE_URL": self.told["base_url"],
            "VZAPS_CLIENT_TOKEN": self.told["client_token"],
            "VZAPS_CLIENT_SECRET": self.told["client_secret"],
        }

    def single(self, index: int) -> dict[str, str]:
        """The environment of single-instance mode."""
        instance = self.told["instances"][index]
        return {
            "VZAPS_BASE_URL": self.told["base_url"],
            "VZAPS_CLIENT_TOKEN": self.told["client_token"],
            "VZAPS_INSTANCE_ID": instance["id"],
            "VZAPS_INSTANCE_TOKEN": instance["token"],
        }

    def stop(self) -> int:
        """End it its exit code."""
        self.process.terminate()
        return self.process.wait(30)


@pytest.fixture
def emulator(installed: Installation, tmp_path: Path) -> Iterator[Emulated]:
    """The emulator of the wheel, on a free port."""
    home = tmp_path / "emulator"
    home.mkdir()
    command = [str(installed.program), "emulator", "--json", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - the program under test
        command, stdout=subprocess.PIPE, text=True, env=environment(home)
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield Emulated(process, json.loads(line))
        finally:
            if process.poll() is None:
                process.terminate()
