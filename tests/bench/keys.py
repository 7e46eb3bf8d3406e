"""From a key to the picture it makes."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from typing import NamedTuple

from tests.bench.baselines import READY
from tests.bench.figures import Figure, of_shares
from tests.bench.ground import DATA, PROJECT, Ground
from tests.bench.terminal import FRAME_END, Program, SilentError, plain

FEW, MANY = 1_000, 20_000
_QUIET = 0.06
_SLOWEST = 5.0
_FLOOR = "one Static a key"

_KEYS = {"down": 24, "pagedown": 14, "f": 4}
"""Presses of each a round; more pages would reach the end of the short list."""


class Press(NamedTuple):
    """Milliseconds until a frame was drawn, and of CPU until all had come to rest."""

    frame: float
    cpu: float


Took = defaultdict[tuple[str, str], list[Press]]
"""Presses by key and program."""


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
    for number in range(ground.rounds(6, 2)):
        for key, times in _KEYS.items():
            for name, program in programs.items():
                program.press("home")
                program.wait_quiet(0.1)
                count = ground.rounds(times, times // 2)
                presses = [_press(program, key, at) for at in range(count)]
                if number:  # the first round fills caches
                    took[key, name] += presses


def _press(program: Program, key: str, at: int) -> Press:
    """Send a key and wait for a frame that draws something."""
    program.wait_quiet(0.02 + 0.001 * (at * 7 % 16))  # in step with no timer of the program's own
    first, used = len(program.chunks), program.cpu()
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
                return Press(1e3 * (chunk.at - sent), 1e3 * (program.cpu() - used))
    raise SilentError(f"nothing was drawn for {key}; last: {program.last_words()}")


def _figures(took: Took) -> list[Figure]:
    frames = {case: [press.frame for press in presses] for case, presses in took.items()}
    used = {case: [press.cpu for press in presses] for case, presses in took.items()}
    figures: list[Figure] = []
    for rows, name in ((FEW, "few"), (MANY, "many")):
        for key, share, budget in (
            ("down", 0.5, 1.2),
            ("down", 0.99, 4.0),
            ("pagedown", 0.5, 3.5),
            ("pagedown", 0.99, None),
        ):
            measure = f"{key} p{100 * share:g}, {rows:,} rows"
            floor = (f"{_FLOOR}, p{100 * share:g}", frames[key, "floor"])
            figures.append(of_shares(measure, "ms", frames[key, name], floor, share, budget))
        for key in ("down", "pagedown"):
            floor = (f"{_FLOOR}, CPU", used[key, "floor"])
            measure = f"{key} CPU till all is at rest, {rows:,} rows"
            figures.append(of_shares(measure, "ms", used[key, name], floor, 0.5))
        one_row = ("down p50, same rows", frames["down", name])
        measure = f"failures toggle p50, {rows:,} rows"
        figures.append(of_shares(measure, "ms", frames["f", name], one_row, 0.5, 2.0))
    for key in ("down", "pagedown"):
        few = (f"the same with {FEW:,} rows", frames[key, "few"])
        measure = f"{key} p99, {MANY:,} rows"
        figures.append(of_shares(measure, "ms", frames[key, "many"], few, 0.99, 1.3))
    return figures
