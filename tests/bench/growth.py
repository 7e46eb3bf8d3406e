"""How work on hostile texts grows with their size, and how long a large one holds others up."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from tests.bench.figures import Figure, of_rounds
from tests.bench.ground import Ground
from vzaps_tui.domain.json_text import PAUSE, pieces
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.text import visible

_TIMES = 8
_SMALL = 250_000
_HOSTILE = {"words": "a-", "names": "token:", "URLs": "http://", "bearers": "bearer "}
_MOST_MS = 16.0


def measure(ground: Ground) -> list[Figure]:
    """Eight times the text over the text itself: linear is 8, quadratic 64."""
    rounds = ground.rounds(5, 3)
    masker = Masker((Secret("never there"),))
    figures = [
        _growth(f"masking many {name}", masker, text, rounds) for name, text in _HOSTILE.items()
    ]
    figures.append(_growth("making marks visible", visible, "\u202e", rounds))
    return [*figures, _longest_slice(rounds)]


def _growth(what: str, work: Callable[[str], str], piece: str, rounds: int) -> Figure:
    small = piece * (_SMALL // len(piece))
    large = small * _TIMES
    took = [(_cost(work, large), _cost(work, small)) for _ in range(rounds)]
    base = (f"{_SMALL:,} characters", [less for _, less in took])
    return of_rounds(f"{what}, {_TIMES} times the text", "ms", [more for more, _ in took], base, 16)


def _cost(work: Callable[[str], str], text: str) -> float:
    began = time.thread_time()
    work(text)
    return 1e3 * (time.thread_time() - began)


def _longest_slice(rounds: int) -> Figure:
    item = {"id": "5511988887777@s.whatsapp.net", "name": "Ana", "last": "2026-03-14T11:43:00Z"}
    text = json.dumps([item] * 60_000)
    longest = min(_slowest(text) for _ in range(rounds))
    words = f"longest slice of reading {len(text) / 1e6:.1f} MB of JSON"
    return Figure(words, longest, "ms", budget=_MOST_MS, count=rounds)


def _slowest(text: str) -> float:
    longest, last = 0.0, time.thread_time()
    for kind, *_ in pieces(text):
        if kind == PAUSE:
            now = time.thread_time()
            longest, last = max(longest, now - last), now
    return 1e3 * longest
