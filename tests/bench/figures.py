"""What a measure came to: medians, ratios, verdicts, and the table that shows them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.table import lay_out

_HEADS = ("measure", "baseline", "ours", "base", "ratio", "budget", "", "n")
_SMALL = 0.2
"""A ratio below it is told to the third place: budgets are as small as 0.05."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        measure: what was measured.
        ours: the program's value, in `unit`; NaN where it could not be measured.
        unit: `ms`, `MiB`, `%`, `requests`, empty.
        baseline: what the value is held against; empty where the budget is on the value itself.
        base: the baseline's value, in `unit`.
        ratio: ours over the baseline's; NaN without one.
        budget: the most that the ratio, or without a baseline the value, may be; None = it is told
            for information only.
        count: how many samples `ours` stands for.
    """

    measure: str
    ours: float
    unit: str
    baseline: str = ""
    base: float = math.nan
    ratio: float = math.nan
    budget: float | None = None
    count: int = 1

    @property
    def verdict(self) -> str:
        """`ok`, `over`, `failed` where there is no value, or empty where there is no budget."""
        judged = self.ratio if self.baseline else self.ours
        if math.isnan(judged):
            return "failed"
        if self.budget is None:
            return ""
        return "ok" if judged <= self.budget else "over"

    def cells(self) -> tuple[str, ...]:
        """The line's texts, in the order of the heads."""
        digits = 3 if self.ratio < _SMALL else 2
        ratio = "" if math.isnan(self.ratio) else f"{self.ratio:.{digits}f}x"
        budget = ""
        if self.budget is not None:
            budget = f"{self.budget:g}x" if self.baseline else quantity(self.budget, self.unit)
        return (
            self.measure,
            self.baseline,
            quantity(self.ours, self.unit),
            quantity(self.base, self.unit),
            ratio,
            f"<= {budget}" if budget else "",
            self.verdict,
            str(self.count),
        )


def quantity(value: float, unit: str) -> str:
    """A value with its unit, in three figures or so; empty for NaN."""
    if math.isnan(value):
        return ""
    digits = 0 if value >= 100 or float(value).is_integer() else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all do not exceed; NaN of none."""
    ordered = sorted(values)
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def middle(values: Sequence[float]) -> float:
    """The median; NaN of none."""
    return median(values) if values else math.nan


def of_rounds(
    measure: str,
    unit: str,
    ours: Sequence[float],
    baseline: tuple[str, Sequence[float]],
    budget: float | None = None,
) -> Figure:
    """A figure of samples taken in turn: its ratio is the median of the rounds' own ratios.

    Each round's two samples saw the same weather, which a ratio of two medians does not say.
    ValueError where the rounds of the two differ in number.
    """
    name, base = baseline
    ratios = [one / other for one, other in zip(ours, base, strict=True)]
    return Figure(
        measure, middle(ours), unit, name, middle(base), middle(ratios), budget, len(ours)
    )


def of_shares(
    measure: str,
    unit: str,
    ours: Sequence[float],
    baseline: tuple[str, Sequence[float]],
    share: float,
    budget: float | None = None,
) -> Figure:
    """A figure of a percentile over the same percentile of the baseline."""
    name, base = baseline
    mine, other = percentile(ours, share), percentile(base, share)
    ratio = mine / other if other else math.nan
    return Figure(measure, mine, unit, name, other, ratio, budget, len(ours))


def render(figures: Sequence[Figure]) -> str:
    """The table of all figures."""
    return lay_out(_HEADS, [figure.cells() for figure in figures], right=frozenset({2, 3, 4, 5, 7}))
