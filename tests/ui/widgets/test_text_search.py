from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.ui.widgets.text_search import Matches, search


def found(lines: list[str], needle: str) -> tuple[Matches, int]:
    """The matches, and how many times the search paused."""
    matches = Matches()
    pattern = re.compile(re.escape(needle), re.IGNORECASE)
    return matches, sum(1 for _ in search(lines, pattern, len(needle) - 1, matches))


def places(matches: Matches) -> list[tuple[int, int]]:
    ordered: list[tuple[int, int]] = []
    place = matches.after((-1, 0))
    while place is not None and (not ordered or place > ordered[-1]):
        ordered.append(place)
        place = matches.after(place)
    return ordered


@given(
    lines=st.lists(st.text("abA \n", max_size=20), max_size=20),
    needle=st.text("ab", min_size=1, max_size=3),
)
def test_every_line_that_has_the_words_is_found(lines: list[str], needle: str) -> None:
    matches, _pauses = found(lines, needle)
    expected = [number for number, line in enumerate(lines) if needle in line.lower()]
    assert sorted({line for line, _column in places(matches)}) == expected
    assert matches.line_count == len(expected)


def test_a_match_across_two_slices_is_found_once() -> None:
    line = "x" * (64 * 1024 - 3) + "timeout" + "x" * 100_000
    matches, pauses = found([line], "TIMEOUT")
    assert places(matches) == [(0, 64 * 1024 - 3)]
    assert pauses >= 2


@pytest.mark.parametrize(
    "lines",
    [["a" * 5_000_000], ["abc"] * 500_000, ["x" * 100_000] * 20],
    ids=["one line", "many lines", "mixed"],
)
def test_no_slice_is_long(lines: list[str]) -> None:
    matches = Matches()
    pauses = sum(1 for _ in search(lines, re.compile("zz"), 1, matches))
    size = sum(map(len, lines))
    assert pauses >= size // (128 * 1024)


def test_a_line_full_of_matches_is_not_remembered_in_full() -> None:
    matches, _pauses = found(["a" * 200_000, "a"], "a")
    assert len(matches) == 10_001
    assert matches.line_count == 2


def test_going_round_in_both_directions() -> None:
    matches = Matches()
    matches.add_line(2, [4, 9])
    matches.add_line(5, [])
    matches.add_line(7, [0])
    assert places(matches) == [(2, 4), (2, 9), (7, 0)]
    assert matches.after((2, math.inf)) == (7, 0)
    assert matches.after((7, 0)) == (2, 4)
    assert matches.before((2, 4)) == (7, 0)
    assert matches.before((7, -1.0)) == (2, 9)


def test_nothing_found_has_no_next() -> None:
    assert Matches().after((0, 0)) is None
    assert Matches().before((0, 0)) is None
