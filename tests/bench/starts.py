"""From the command to its first picture, and to the end of commands that draw nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.bench.baselines import READY
from tests.bench.figures import Figure, of_rounds
from tests.bench.ground import DATA, Ground
from tests.bench.terminal import Program
from tests.bench.world import EmulatedWorld

_Start = Callable[[], float]


def measure(ground: Ground) -> list[Figure]:
    """First frames over the minimal Textual app's; `--help` and `--version` over a bare click."""
    with EmulatedWorld() as world:
        env = ground.home("starts", world)
        instance, name = world.instances[0]
        # Once with the API there: the archive keeps what was seen.
        with ground.program(env) as program:
            program.wait_for(name)
            program.press("enter")
            program.wait_for(*DATA)
            program.wait_quiet(0.5)
    other = ground.home("demo")
    python = [sys.executable, "-c"]
    cases: dict[str, _Start] = {
        "minimal": lambda: _frame(ground.baseline("minimal"), READY),
        "instances": lambda: _frame(ground.program(env), name),
        "deliveries": lambda: _frame(ground.program(env, "--instance", instance), *DATA),
        "demo": lambda: _frame(ground.program(other, "--demo"), "Instances"),
        "demo data": lambda: _frame(ground.program(other, "--demo"), name),
        "click": lambda: _end(Program([*python, "import click"], env)),
        "help": lambda: _end(ground.program(env, "--help")),
        "version": lambda: _end(ground.program(env, "--version")),
    }
    took = _in_turn(cases, ground.rounds(9, 2))
    minimal = ("minimal Textual app", took["minimal"])
    click = ("python -c 'import click'", took["click"])
    return [
        of_rounds("first frame, kept instances", "ms", took["instances"], minimal, 1.15),
        of_rounds("first frame, kept deliveries", "ms", took["deliveries"], minimal, 1.15),
        of_rounds("first frame, --demo", "ms", took["demo"], minimal, 1.15),
        of_rounds("first rows, --demo (emulator started)", "ms", took["demo data"], minimal),
        of_rounds("--help", "ms", took["help"], click, 1.5),
        of_rounds("--version", "ms", took["version"], click, 1.5),
    ]


def _in_turn(cases: dict[str, _Start], rounds: int) -> dict[str, list[float]]:
    """Each case once a round, milliseconds; a first round warms the disk and does not count."""
    took: dict[str, list[float]] = {case: [] for case in cases}
    for number in range(rounds + 1):
        for case, start in cases.items():
            value = start()
            if number:
                took[case].append(value)
    return took


def _frame(program: Program, *words: str) -> float:
    with program:
        return 1e3 * (program.wait_for(*words, since=0) - program.started)


def _end(program: Program) -> float:
    with program:
        return 1e3 * (program.wait_end() - program.started)
