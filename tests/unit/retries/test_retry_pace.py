"""The most retries a second that a limit of requests leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.retry_pace import retries_a_second

RATES = st.floats(0.001, 1000)


@pytest.mark.parametrize(
    ("pace", "requests", "rate"),
    [
        (1.0, 4.0, 1.0),
        (5.0, 4.0, 1.5),
        (5.0, 0.0, 5.0),
        (1.0, 1.5, 0.5),
        (50.0, 10.0, 4.5),
        (50.0, 30.0, 14.5),
    ],
)
def test_what_a_limit_leaves(pace: float, requests: float, rate: float) -> None:
    assert retries_a_second(pace, requests) == rate


@given(RATES, RATES)
def test_it_is_never_more_than_either_allows(pace: float, requests: float) -> None:
    rate = retries_a_second(pace, requests)
    assert 0 < rate <= pace
    assert rate <= requests / 2
