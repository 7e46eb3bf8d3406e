"""What the program holds and uses while nobody touches it."""

from __future__ import annotations

import sys
from contextlib import ExitStack

from tests.bench.baselines import READY
from tests.bench.figures import Figure, of_rounds
from tests.bench.ground import DATA, PROJECT, Ground
from tests.bench.terminal import Program
from tests.bench.world import EmulatedWorld

MANY = 20_000


def measure(ground: Ground) -> list[Figure]:
    """Memory and idle CPU over the minimal Textual app's."""
    with EmulatedWorld() as world, ExitStack() as stack:
        env = ground.home("idle", world)
        name = world.instances[0][1]
        with ground.program(env) as before:  # so that the archive keeps the instances
            before.wait_for(name, since=0)
        minimal = stack.enter_context(ground.baseline("minimal"))
        demo = stack.enter_context(ground.program(ground.home("idle-demo"), "--demo"))
        many = stack.enter_context(_list(ground, MANY))
        minimal.wait_for(READY, since=0)
        main = stack.enter_context(ground.program(env))
        main.wait_for(name, since=0)
        at_first = main.memory()
        demo.wait_for(name, since=0)
        many.wait_for(*DATA, since=0)
        programs = (minimal, main, demo, many)
        for one in programs:
            one.wait_quiet(0.7)
        used = _idle(programs, ground.rounds(5, 2))
        held = [one.memory() for one in programs]
    base = ("minimal Textual app", held[:1])
    return [
        of_rounds("memory at the first frame", "MiB", [at_first], base, 1.6),
        of_rounds("memory once the API is in use", "MiB", held[1:2], base),
        Figure("idle CPU, minimal Textual app", used[0], "%"),
        Figure("idle CPU, main screen", used[1], "%", budget=0.5),
        Figure("idle CPU, main screen of the demo", used[2], "%", budget=0.5),
        Figure(f"idle CPU, list of {MANY:,} rows", used[3], "%", budget=0.5),
    ]


def _list(ground: Ground, rows: int) -> Program:
    command = [sys.executable, "-m", "tests.bench.loaded", "--rows", str(rows)]
    return Program(command, ground.home(f"idle-{rows}"), folder=PROJECT)


def _idle(programs: tuple[Program, ...], seconds: float) -> list[float]:
    """Per cent of one CPU that each used over the same seconds."""
    before = [one.cpu() for one in programs]
    first, *rest = programs
    first.wait_quiet(seconds, seconds)
    for one in rest:
        one.read(0)
    return [100 * (one.cpu() - was) / seconds for one, was in zip(programs, before, strict=True)]
