"""How long the event loop is held up while pages come in."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.figures import Figure, percentile
from tests.bench.ground import DATA, PROJECT, Ground
from tests.bench.terminal import Program
from tests.bench.world import EmulatedWorld

MOST = 16.0
"""Milliseconds that nothing may hold the loop (DESIGN 8, law 9)."""
_HELD = 15_000


class Turn(NamedTuple):
    """A turn of the loop that took longer than a millisecond.

    Attributes:
        at: when it ended, seconds of `time.perf_counter`, which all processes share.
        took: milliseconds that went by.
        used: milliseconds of CPU that the loop's own thread used.
    """

    at: float
    took: float
    used: float


def measure(ground: Ground) -> list[Figure]:
    """Pages of 50 rows, over HTTP from the first on, and into a list that is long already."""
    pages = ground.rounds(40, 15)
    with EmulatedWorld(logs=5_000) as world:
        env = ground.home("stalls", world)
        env["VZAPS_INSTANCE_ID"] = world.instances[0][0]
        env["VZAPS_REQUESTS_PER_SECOND"] = "1000"
        figures = _page_on(env, ground.folder / "http", pages, "pages of 50 over HTTP")
    env = ground.home("stalls-long")
    held = ("--rows", "20000", "--held", str(_HELD))
    words = f"pages of 50 into {_HELD:,} rows"
    return figures + _page_on(env, ground.folder / "held", pages, words, *held)


def _page_on(env: dict[str, str], file: Path, pages: int, words: str, *flags: str) -> list[Figure]:
    command = [sys.executable, "-m", "tests.bench.loaded", "--stalls", str(file), *flags]
    with Program(command, env, folder=PROJECT) as program:
        program.wait_for(*DATA, since=0)
        program.wait_quiet(1.0)
        began = time.perf_counter()
        for _ in range(pages):
            program.press("end")
            program.wait_quiet(0.1)
        ended = time.perf_counter()
    return figures_of(words, [turn for turn in turns_of(file) if began <= turn.at <= ended])


def turns_of(file: Path) -> list[Turn]:
    """What a watch wrote down."""
    return [Turn(*map(float, line.split())) for line in file.read_text().splitlines()]


def figures_of(words: str, turns: Sequence[Turn]) -> list[Figure]:
    """The longest turns while something was done."""
    turns = turns or [Turn(0.0, 0.0, 0.0)]
    took, used = [turn.took for turn in turns], [turn.used for turn in turns]
    count = len(turns)
    return [
        Figure(f"longest stall, {words}", max(took), "ms", budget=MOST, count=count),
        Figure("... of CPU of the loop's own", max(used), "ms", budget=MOST, count=count),
        Figure("... p95 of turns over 1 ms", percentile(took, 0.95), "ms", count=count),
    ]
