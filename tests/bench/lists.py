"""Lists of archived deliveries, however many: keys, memory, stalls, and what the archive costs."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from tests.bench.acts import Lister
from tests.bench.baselines import READY
from tests.bench.figures import Figure, of_rounds, of_shares
from tests.bench.ground import PROJECT, Ground
from tests.bench.screen import Screen, Shown
from tests.bench.seed import Seeded, seed
from tests.bench.stalls import figures_of, turns_of
from tests.bench.terminal import Program

FEW, SIZES = 1_000, (1_000, 100_000, 1_000_000)
_QUICK_SIZES = SIZES[:2]
_TIMES = {"open": 2, "down": 16, "pagedown": 12, "end": 3, "f": 2, "letter": 2, "refresh": 2}
_QUICK_TIMES = {"open": 1, "down": 8, "pagedown": 6, "end": 2, "f": 1, "letter": 1, "refresh": 1}
_ONCE = {"open": 2, "down": 6, "pagedown": 6, "end": 2, "f": 2, "letter": 2, "refresh": 3}
_MOST = 100_000
"""Rows a second that the archive must take in."""
_NAMES = {
    "open": "open the screen",
    "down": "one row down",
    "pagedown": "page down",
    "end": "jump to the end",
    "f": "failures toggle",
    "letter": "a letter of the filter",
    "refresh": f"refresh with {50} new rows",
}
_OVER_FLOOR = {"down": 1.2, "pagedown": 3.5, "f": None}
_MOST_GROWTH = {"down": 1.25, "pagedown": 1.25, "end": 1.25}
_LISTED = "DataTable, 1,000 rows"
_FLOOR = "one Static a key"

Took = defaultdict[tuple[str, str | int], list[Shown]]
"""Presses by what was done and by size, or name of the baseline."""


def measure(ground: Ground) -> list[Figure]:
    """The same keys at every size, over the smallest size, Textual's own list, and its floor."""
    sizes = _QUICK_SIZES if ground.quick else SIZES
    files = [seed(ground.folder / f"{size}.db", size) for size in sizes]
    took, memory = _press_in_turn(ground, files)
    figures = [figure for size in sizes for figure in _of_size(size, took)]
    figures += _of_memory(memory)
    for file in files:
        figures += _of_archive(file)
    for file in files[1:]:
        figures += _stalls(ground, file)
    return figures


def _press_in_turn(
    ground: Ground, files: list[Seeded]
) -> tuple[Took, dict[int, tuple[float, float]]]:
    """All keys in all programs; and the memory of each, once its list was open and at the end."""
    took: Took = defaultdict(list)
    with ExitStack() as stack:
        programs = {file.rows: stack.enter_context(_program(ground, file)) for file in files}
        listers = {file.rows: _at_list(programs[file.rows], file) for file in files}
        opened = {size: program.peak() for size, program in programs.items()}
        floor = stack.enter_context(ground.baseline("floor"))
        table = stack.enter_context(ground.baseline("minimal", str(FEW)))
        baselines = {"floor": Screen(floor), "table": Screen(table)}
        for one in baselines.values():
            one.wait_for(lambda text: READY in text, READY)
        times = _QUICK_TIMES if ground.quick else _TIMES
        for number in range(ground.rounds(7, 3)):
            # The first round fills caches.
            _press_all(listers, baselines, times, took if number else defaultdict(list))
        return took, {size: (opened[size], one.peak()) for size, one in programs.items()}


def _press_all(
    listers: dict[int, Lister], baselines: dict[str, Screen], times: dict[str, int], took: Took
) -> None:
    for size, lister in listers.items():
        for act, shown in lister.do(times):
            took[act, size].append(shown)
    for name, screen in baselines.items():
        _press_baseline(screen, name, times, took)


def _program(ground: Ground, file: Seeded, *flags: str) -> Program:
    command = [sys.executable, "-m", "tests.bench.loaded", "--rows", str(file.rows), *flags]
    command += ["--archive", str(file.path), repr(file.epoch)]
    return Program(command, ground.home(f"rows-{file.rows}"), folder=PROJECT)


def _at_list(program: Program, file: Seeded) -> Lister:
    screen = Screen(program)
    screen.wait_for(lambda text: "Instance 1" in text, "the instance")
    lister = Lister(screen, file.rows)
    lister.open()
    words = f" {file.rows:,} of "
    screen.wait_for(lambda text: words in text, words)
    return lister


def _press_baseline(screen: Screen, name: str, times: dict[str, int], took: Took) -> None:
    for act in ("down", "pagedown", "end") if name == "table" else ("down", "pagedown"):
        screen.program.press("first row")
        for _ in range(times[act]):
            if act == "end":
                screen.program.press("first row")
            # Textual's list shows its cursor by colour alone: any frame will do.
            shown = screen.press("last row" if act == "end" else act, lambda _text: True)
            took[act, name].append(shown._replace(shown=shown.frame))


def _of_size(size: int, took: Took) -> list[Figure]:
    figures: list[Figure] = []
    for act, name in _NAMES.items():
        mine = _shown(took[act, size])
        for base, words, share, most in _baselines(act, size):
            others = _shown(took["down" if act == "f" and base == "floor" else act, base])
            measure = f"{name} p{100 * share:g}, {size:,} rows"
            figures.append(of_shares(measure, "ms", mine, (words, others), share, most))
    letter = [one.frame for one in took["letter", size]]
    one_row = (_FLOOR, _shown(took["down", "floor"]))
    figures.append(
        of_shares(f"... the letter itself, {size:,} rows", "ms", letter, one_row, 0.5, 3.0)
    )
    return figures


def _baselines(act: str, size: int) -> list[tuple[str | int, str, float, float | None]]:
    """What an act is held against: number or name, words, percentile, budget."""
    found: list[tuple[str | int, str, float, float | None]] = []
    if act in _OVER_FLOOR:
        found.append(("floor", _FLOOR, 0.5, _OVER_FLOOR[act]))
    if act in ("down", "pagedown", "end"):
        found.append(("table", _LISTED, 0.5, None))
    if size == FEW:
        return found
    same = f"the same, {FEW:,} rows"
    return [*found, (FEW, same, 0.5, _MOST_GROWTH.get(act)), (FEW, same, 0.99, 1.3)]


def _shown(presses: list[Shown]) -> list[float]:
    return [one.shown for one in presses]


def _of_memory(memory: dict[int, tuple[float, float]]) -> list[Figure]:
    figures: list[Figure] = []
    few = memory[FEW]
    for size, held in memory.items():
        words = ("once the list is open", "after all keys")
        for at, when in enumerate(words):
            base = (f"the same with {FEW:,} rows", [few[at]])
            measure = f"peak memory {when}, {size:,} rows"
            if size == FEW:
                figures.append(Figure(measure, held[at], "MiB"))
            else:
                figures.append(of_rounds(measure, "MiB", [held[at]], base, 1.5))
    return figures


def _of_archive(file: Seeded) -> list[Figure]:
    rate = file.rows / file.seconds
    words = f"{file.rows:,} rows"
    return [
        Figure(f"archive: milliseconds for 1,000 of {words}", 1e6 / rate, "ms", budget=1e6 / _MOST),
        Figure(f"archive: bytes a row of {words}", file.size / file.rows, "bytes"),
    ]


def _stalls(ground: Ground, file: Seeded) -> list[Figure]:
    """Everything once more, with a watch on the loop."""
    path = ground.folder / f"stalls-{file.rows}"
    spans: list[tuple[str, float, float]] = []
    # A file of its own size again: the first pass has let deliveries happen.
    fresh = seed(Path(f"{file.path}.stalls"), file.rows)
    with _program(ground, fresh, "--stalls", str(path)) as program:
        began = time.perf_counter()
        lister = _at_list(program, fresh)
        spans.append(("open it the first time", began, time.perf_counter()))
        began = time.perf_counter()
        for act, _ in lister.do(_ONCE):
            ended = time.perf_counter()
            spans.append((_NAMES[act], began, ended))
            began = ended
    turns = turns_of(path)
    figures: list[Figure] = []
    for name in dict.fromkeys(name for name, _, _ in spans):
        mine = [
            turn
            for turn in turns
            if any(name == one and start <= turn.at <= end for one, start, end in spans)
        ]
        figures += figures_of(f"{name}, {file.rows:,} rows", mine)
    return figures
