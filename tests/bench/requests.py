"""How many requests a step of the main job costs, counted where they arrive."""

from __future__ import annotations

from tests.bench.figures import Figure
from tests.bench.ground import Ground
from tests.bench.terminal import Program
from tests.bench.world import EmulatedWorld

_QUIET = 0.6

# What is done, the key that does it, the most requests it may cost; None = told only.
# A step back comes at once after a visit: all of it happens within the freshness of what is shown.
_STEPS: tuple[tuple[str, str, int | None], ...] = (
    ("open an instance's deliveries", "enter", 2),  # the second page is read ahead
    ("back to the instances", "escape", 0),
    ("the deliveries again", "enter", 0),
    ("a page down", "pagedown", 1),
    ("to the end of what is loaded", "end", 1),
    ("to the top", "home", 0),
    ("the line of the query", ":", 0),
    ("a letter of it", "v", 0),
    ("the line closed again", "escape", 0),
    ("refresh", "refresh", 1),
    ("failures only", "f", 5),
    ("all again", "f", 0),
    ("failures only again", "f", 0),
    ("open a delivery", "enter", 1),
    ("back to the deliveries", "escape", 0),
    ("the delivery again", "enter", 0),
    ("back once more", "escape", 0),
    ("open the webhook", "w", 1),
    ("back from the webhook", "escape", None),
    ("the webhook again", "w", 0),
)


def measure(ground: Ground) -> list[Figure]:
    """Requests of each step, in the order of the job."""
    with EmulatedWorld() as world:
        env = ground.home("requests", world)
        with ground.program(env) as program:
            program.wait_for(world.instances[0][1], since=0)
            program.wait_quiet(_QUIET)
            figures = [_figure("start: token, instances", world, 2)]
            for step, key, most in _STEPS:
                program.press(key)
                program.wait_quiet(_QUIET)
                figures.append(_figure(step, world, most))
            program.press("escape")
            program.wait_quiet(_QUIET)
            world.asked()
            figures.append(_retry(program, world, quick=ground.quick))
    return figures


def _retry(program: Program, world: EmulatedWorld, *, quick: bool) -> Figure:
    """The row under the cursor, a failed one, sent again and followed to its end."""
    program.press("home")
    program.wait_quiet(_QUIET)
    program.press("r")
    # Looked for after about 1, 3 and 8 seconds: silence of more than five is the end.
    program.wait_quiet(2.0 if quick else 6.0, 30.0)
    words = "its first two seconds" if quick else "followed to its outcome"
    return _figure(f"retry one, {words}", world, 8)


def _figure(step: str, world: EmulatedWorld, most: int | None) -> Figure:
    asked = [one for one in world.asked() if not one.endswith("/session/status")]
    return Figure(f"requests: {step}", len(asked), "requests", budget=most)
