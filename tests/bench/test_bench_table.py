"""The bench's arithmetic and its table, with made-up numbers."""

from __future__ import annotations

import math

import pytest

from tests.bench.figures import Figure, of_rounds, of_shares, percentile, quantity, render
from tests.bench.table import lay_out


def test_the_ratio_of_rounds_is_the_median_of_each_rounds_own() -> None:
    # The machine was ten times slower in the last round, for both: a ratio of medians says 2.0.
    figure = of_rounds("x", "ms", [30.0, 20.0, 300.0], ("base", [10.0, 20.0, 100.0]))
    assert (figure.ours, figure.base, figure.ratio, figure.count) == (30.0, 20.0, 3.0, 3)


def test_rounds_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        of_rounds("x", "ms", [1.0], ("base", [1.0, 2.0]))


def test_shares_compare_the_same_percentile() -> None:
    figure = of_shares("x", "ms", [1.0, 2.0, 9.0], ("base", [1.0, 2.0, 3.0]), 0.99)
    assert (figure.ours, figure.base, figure.ratio) == (9.0, 3.0, 3.0)


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1.0), (0.5, 2.0), (0.51, 3.0), (0.99, 4.0), (1.0, 4.0)]
)
def test_percentile_is_a_value_that_was_measured(share: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == expected


def test_percentile_of_nothing_is_no_number() -> None:
    assert math.isnan(percentile([], 0.5))


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (Figure("x", 9.0, "ms", "base", 3.0, 3.0, budget=3.0), "ok"),
        (Figure("x", 9.0, "ms", "base", 3.0, 3.0, budget=2.9), "over"),
        (Figure("x", 9.0, "ms", "base", 3.0, 3.0), ""),
        (Figure("x", 16.0, "ms", budget=16.0), "ok"),
        (Figure("x", 16.1, "ms", budget=16.0), "over"),
        (Figure("x", 1.0, "requests", budget=0), "over"),
        (Figure("x", math.nan, "ms", budget=16.0), "failed"),
        (Figure("x", 1.0, "ms", "base", math.nan, math.nan, budget=2.0), "failed"),
        (Figure("x", math.nan, "ms"), "failed"),
    ],
)
def test_verdicts(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.1234, "%", "0.12 %"),
        (12.345, "ms", "12.3 ms"),
        (1234.5, "ms", "1,234 ms"),
        (3.0, "requests", "3 requests"),
        (2.0, "", "2"),
        (math.nan, "ms", ""),
    ],
)
def test_quantities(value: float, unit: str, words: str) -> None:
    assert quantity(value, unit) == words


def test_the_table() -> None:
    figures = [
        Figure("first frame", 405.0, "ms", "minimal app", 350.0, 1.157, budget=1.15, count=9),
        Figure("requests", 0.0, "requests", budget=0),
    ]
    assert render(figures).splitlines() == [
        "measure      baseline           ours    base  ratio         budget        n",
        "-----------  -----------  ----------  ------  -----  -------------  ----  -",
        "first frame  minimal app      405 ms  350 ms  1.16x       <= 1.15x  over  9",
        "requests                  0 requests                 <= 0 requests  ok    1",
    ]


def test_a_small_ratio_is_told_to_the_third_place() -> None:
    assert Figure("x", 52.0, "ms", "base", 1000.0, 0.052, budget=0.05).cells()[4:7] == (
        "0.052x",
        "<= 0.05x",
        "over",
    )


def test_lines_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        lay_out(("a", "b"), [("1",)])
