"""`python -m tests.bench`: takes the measures and prints the table."""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import archive, growth, idle, lists, payloads, requests, retries, stalls, starts
from tests.bench.figures import Figure, render
from tests.bench.ground import Ground
from tests.bench.terminal import SilentError

MEASURES: dict[str, Callable[[Ground], list[Figure]]] = {
    "starts": starts.measure,
    "lists": lists.measure,
    "requests": requests.measure,
    "idle": idle.measure,
    "payloads": payloads.measure,
    "archive": archive.measure,
    "stalls": stalls.measure,
    "retries": retries.measure,
    "growth": growth.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Take the measures asked for; 1 if a budget is missed and `--strict` was given, else 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, under 90 s")
    parser.add_argument("--strict", action="store_true", help="end with 1 if a budget is missed")
    parser.add_argument("only", nargs="*", metavar="MEASURE", help=f"of: {', '.join(MEASURES)}")
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.only if name not in MEASURES]
    if unknown:
        parser.error(f"no such measure: {', '.join(unknown)}")
    figures: list[Figure] = []
    began = time.perf_counter()
    for name in asked.only or MEASURES:
        with tempfile.TemporaryDirectory(prefix="vzaps-bench-") as folder:
            figures += _take(name, Ground(Path(folder), quick=asked.quick))
    sys.stdout.write(f"{render(figures)}\n\n")
    missed = [figure for figure in figures if figure.verdict in ("over", "failed")]
    sys.stdout.write(
        f"{len(figures)} figures in {time.perf_counter() - began:.0f} s, "
        f"{len(missed)} not within budget. Ratios count; milliseconds drift with the machine.\n"
    )
    return 1 if missed and asked.strict else 0


def _take(name: str, ground: Ground) -> list[Figure]:
    began = time.perf_counter()
    try:
        figures = MEASURES[name](ground)
    except SilentError as problem:
        sys.stderr.write(f"{name}: {problem}\n")
        return [Figure(f"{name}: could not be measured", math.nan, "")]
    sys.stderr.write(f"{name}: {time.perf_counter() - began:.0f} s\n")
    return figures


if __name__ == "__main__":
    sys.exit(main())
