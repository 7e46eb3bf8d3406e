"""From enter to the first lines of a large payload."""

from __future__ import annotations

from tests.bench.baselines import READY
from tests.bench.figures import Figure, of_rounds
from tests.bench.ground import DATA, Ground
from tests.bench.terminal import Program
from tests.bench.world import EmulatedWorld

SIZES = {"1 MB": 1_000_000, "5 MB": 5_000_000}
_FIRST = "FIRSTLINE"
_PARTS = "2 Payload"


def measure(ground: Ground) -> list[Figure]:
    """Opening a delivery and turning to its payload, over a TextArea given 1 MB."""
    took: dict[str, list[float]] = {}
    with EmulatedWorld(payloads=tuple(SIZES.values())) as world:
        env = ground.home("payloads", world)
        for _ in range(ground.rounds(4, 1)):
            took.setdefault("area", []).append(_area(ground))
            # A home of its own each time: the archive plays no part in this.
            with ground.program(env, "--no-disk", "--instance", world.instances[0][0]) as program:
                program.wait_for(*DATA, since=0)
                program.wait_quiet(0.5)
                for at, size in enumerate(SIZES):
                    _go_to(program, at)
                    for source in ("from the API", "known"):
                        whole, turn = _open(program)
                        took.setdefault(f"{size} {source}", []).append(whole)
                        took.setdefault(f"{size} {source}, turn", []).append(turn)
                        program.press("escape")
                        program.wait_quiet(0.3)
    area = ("TextArea without wrap, 1 MB", took["area"])
    budgets = {"1 MB": 0.05, "5 MB": 0.1}
    figures: list[Figure] = []
    for size, most in budgets.items():
        for source in ("known", "from the API"):
            whole, turn = took[f"{size} {source}"], took[f"{size} {source}, turn"]
            figures += [
                of_rounds(f"enter, 2: {size} payload, {source}", "ms", whole, area, most),
                of_rounds("... of it after 2", "ms", turn, area),
            ]
    return figures


def _area(ground: Ground) -> float:
    with ground.baseline("area", str(SIZES["1 MB"])) as program:
        program.wait_for(READY, since=0)
        program.wait_quiet(0.3)
        sent = program.press("enter")
        return 1e3 * (program.wait_for(_FIRST) - sent)


def _go_to(program: Program, line: int) -> None:
    program.press("home", *["down"] * line)
    program.wait_quiet(0.3)


def _open(program: Program) -> tuple[float, float]:
    """Milliseconds from enter, and from the payload's key, sent once the delivery is in front."""
    sent = program.press("enter")
    program.wait_for(_PARTS)
    turned = program.press("2")
    shown = program.wait_for(_FIRST)
    return 1e3 * (shown - sent), 1e3 * (shown - turned)
