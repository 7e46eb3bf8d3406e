"""From a key to the picture it makes."""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from contextlib import ExitStack

from tests.bench.baselines import READY
from tests.bench.figures import Figure, of_shares, percentile
from tests.bench.ground import DATA, PROJECT, Ground
from tests.bench.terminal import FRAME_END, Program, SilentError, plain

FEW, MANY = 1_000, 20_000
_QUIET = 0.06
_SLOWEST = 5.0

Took = defaultdict[tuple[str, str], list[float]]
"""Milliseconds by key and program."""


def measure(ground: Ground) -> list[Figure]:
    """Keys in the list of deliveries over an app that updates one text a key."""
    took: Took = defaultdict(list)
    with ExitStack() as stack:
        floor = stack.enter_context(ground.baseline("floor"))
        few, many = (stack.enter_context(_list(ground, rows)) for rows in (FEW, MANY))
        floor.wait_for(READY, since=0)
        for one in (few, many):
            one.wait_for(*DATA, since=0)
        programs = {"floor": floor, "few": few, "many": many}
        for one in programs.values():
            one.wait_quiet(0.5)
        _press_in_turn(ground, programs, took)
    return _figures(took)


def _list(ground: Ground, rows: int) -> Program:
    command = [sys.executable, "-m", "tests.bench.loaded", "--rows", str(rows)]
    return Program(command, ground.home(f"rows-{rows}"), folder=PROJECT)


def _press_in_turn(ground: Ground, programs: dict[str, Program], took: Took) -> None:
    pauses = random.Random(7)
    for number in range(ground.rounds(9, 3)):
        for key, times in (("down", 24), ("pagedown", 14), ("f", 4)):
            for name, program in programs.items():
                program.press("home")
                program.wait_quiet(0.1)
                presses = [_press(program, key, pauses) for _ in range(times)]
                if number:  # the first round fills caches
                    took[key, name] += presses


def _press(program: Program, key: str, pauses: random.Random) -> float:
    """Milliseconds until a frame that draws something is complete."""
    program.wait_quiet(0.02 + 0.016 * pauses.random())  # not in step with a program's own timers
    first = len(program.chunks)
    sent = program.press(key)
    end = sent + _SLOWEST
    data = b""
    while time.perf_counter() < end:
        program.read(0.5)
        while first < len(program.chunks):
            chunk = program.chunks[first]
            first += 1
            data += chunk.data
            if FRAME_END in data and plain(data).strip():
                program.wait_quiet(_QUIET)
                return 1e3 * (chunk.at - sent)
    raise SilentError(f"nothing was drawn for {key}; last: {program.last_words()}")


def _figures(took: Took) -> list[Figure]:
    figures: list[Figure] = []
    for rows, name in ((FEW, "few"), (MANY, "many")):
        for key, share, budget in (
            ("down", 0.5, 1.2),
            ("down", 0.99, 4.0),
            ("pagedown", 0.5, 3.5),
            ("pagedown", 0.99, None),
        ):
            measure = f"{key} p{100 * share:g}, {rows:,} rows"
            floor = (f"one Static per key, p{100 * share:g}", took[key, "floor"])
            figures.append(of_shares(measure, "ms", took[key, name], floor, share, budget))
    for key in ("down", "pagedown"):
        few = (f"the same with {FEW:,} rows", took[key, "few"])
        figures.append(
            of_shares(f"{key} p99, {MANY:,} rows", "ms", took[key, "many"], few, 0.99, 1.3)
        )
    for rows, name in ((FEW, "few"), (MANY, "many")):
        row_key = ("down p50, same rows", [percentile(took["down", name], 0.5)])
        figures.append(
            of_shares(f"failures toggle p50, {rows:,} rows", "ms", took["f", name], row_key, 0.5, 2)
        )
    return figures
