"""Where a bench stands: its folder, how many rounds it makes, how our program is started there."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.terminal import Program
from tests.bench.world import EmulatedWorld

PROJECT = Path(__file__).resolve().parents[2]
DATA = ("DELIVERED", "FAILED", "PENDING")
"""Words that only rows of deliveries show."""


@dataclass(frozen=True, slots=True)
class Ground:
    """One run of the bench.

    Attributes:
        folder: empty and ours: homes of the programs are made in it.
        quick: fewer rounds, rougher figures.
    """

    folder: Path
    quick: bool = False

    def rounds(self, usual: int, quick: int) -> int:
        """How many."""
        return quick if self.quick else usual

    def home(self, name: str, world: EmulatedWorld | None = None) -> dict[str, str]:
        """An environment with a home of its own, and the credentials of a world."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        env = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(home),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(PROJECT),
        }
        for kind in ("CONFIG", "CACHE", "STATE", "DATA"):
            env[f"XDG_{kind}_HOME"] = str(home / kind.lower())
        if world is not None:
            env["VZAPS_BASE_URL"] = world.base_url
            env["VZAPS_CLIENT_TOKEN"], env["VZAPS_CLIENT_SECRET"] = world.credentials
        return env

    def program(self, env: dict[str, str], *flags: str) -> Program:
        """Our program, as its users start it."""
        return Program([*OURS, *flags], env)

    def baseline(self, name: str, *values: str) -> Program:
        """One of the baselines."""
        command = [sys.executable, "-m", "tests.bench.baselines", name, *values]
        return Program(command, self.home("baseline"))


def _ours() -> list[str]:
    installed = Path(sys.executable).with_name("vzaps-tui")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "vzaps_tui"]


OURS = _ours()
