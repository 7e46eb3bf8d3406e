"""Hundreds of retries, where so many a second are allowed: time, refusals, keys meanwhile."""

from __future__ import annotations

import time
from typing import NamedTuple

from tests.bench.figures import Figure, of_shares
from tests.bench.ground import DATA, Ground
from tests.bench.screen import Screen
from tests.bench.terminal import SilentError
from tests.bench.world import EmulatedWorld

_ALLOWED = 20
"""Retries a second that the server takes."""
_MANY, _QUICK = 500, 120
_LONGEST = 120.0
_TIMES = {"down": (1, 20), "pagedown": (6, 2)}
"""How often it is begun at the top, and presses each time."""
_MOST = 1.1


class _Run(NamedTuple):
    """What came of one plan.

    Attributes:
        seconds: from the first retry to the last one, as the server saw them.
        taken: how many were carried out.
        refused: how many got a 429.
        idle: milliseconds of keys before.
        busy: the same while it ran.
    """

    seconds: float
    taken: int
    refused: int
    idle: dict[str, list[float]]
    busy: dict[str, list[float]]


def measure(ground: Ground) -> list[Figure]:
    """At the pace that is allowed, and at twice that, which the program has to find out."""
    many = ground.rounds(_MANY, _QUICK)
    figures: list[Figure] = []
    for pace in (_ALLOWED, 2 * _ALLOWED):
        run = _run(ground, many, pace)
        words = f"{many} retries, {_ALLOWED} a second allowed, {pace} wished"
        least = 1e3 * (run.taken - 1) / _ALLOWED
        took = 1e3 * run.seconds
        base = f"{run.taken} / {_ALLOWED} s"
        ratio = took / least
        figures += [
            Figure(words, took, "ms", base, least, ratio, _MOST, run.taken),
            Figure("... answered with a 429", run.refused, "calls", budget=int(pace > _ALLOWED)),
            Figure("... not carried out", many - run.taken, "retries", budget=0),
        ]
        for key, presses in run.busy.items():
            idle = ("the same keys before", run.idle[key])
            figures.append(of_shares(f"... {key} p50 meanwhile", "ms", presses, idle, 0.5, 1.5))
    return figures


def _run(ground: Ground, many: int, pace: int) -> _Run:
    with EmulatedWorld(logs=many, allow=_ALLOWED) as world:
        env = ground.home(f"retries-{pace}", world)
        env |= {
            "VZAPS_INSTANCE_ID": world.instances[0][0],
            "VZAPS_REQUESTS_PER_SECOND": "1000",
            "VZAPS_RETRY_PACE": str(pace),
            "VZAPS_RETRY_CANARY": "false",
        }
        with ground.program(env) as program:
            screen = Screen(program)
            screen.wait_for(lambda text: any(word in text for word in DATA), "deliveries")
            program.press("L")
            screen.wait_for(lambda text: f"{many} of {many} loaded" in text, "all deliveries")
            screen.settle(0.5)
            idle = _keys(screen)
            program.press("home", "R")
            screen.wait_for(lambda text: "Type " in text, "the question")
            program.press("up")  # from Cancel to the box
            screen.settle()
            program.write(str(many).encode())
            screen.settle()
            program.press("enter")
            end = time.perf_counter() + _LONGEST
            while not world.retried().taken and time.perf_counter() < end - _LONGEST / 2:
                program.wait_quiet(0.2, 0.2)
            if not world.retried().taken:
                raise SilentError(f"nothing was retried; last: {screen.settle()}")
            busy = _keys(screen)
            while world.retried().taken < many and time.perf_counter() < end:
                program.wait_quiet(1.0, 1.0)
            done = world.retried()
    return _Run(done.seconds, done.taken, done.refused, idle, busy)


def _keys(screen: Screen) -> dict[str, list[float]]:
    """Milliseconds of each press, until the cursor is in another place or before another page."""
    screen.patience = 0.4  # while it runs the screen never comes to rest
    took: dict[str, list[float]] = {key: [] for key in _TIMES}
    for key, (times, presses) in _TIMES.items():
        for number in range(times * presses):
            if number % presses == 0:
                screen.program.press("home")
                screen.settle()
            before = _place(screen.settle(0.0))
            moved = screen.press(key, lambda text, was=before: _place(text) != was)
            took[key].append(moved.shown)
    return took


def _place(text: str) -> tuple[int, str]:
    """The line with the cursor, and the time and event on it, which no retry changes."""
    lines = text.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith("▌")), 0)
    return at, lines[at][3:14] + lines[at][29:41]
