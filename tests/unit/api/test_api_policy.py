"""How long to wait and whether to ask again: pure decisions."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.api.api_bench import NOW
from vzaps_tui.api.policy import backoff, parse_retry_after, pause
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("3600", 3600.0),
        ("9" * 5000, None),
        ("Thu, 17 Sep 2026 12:00:09 GMT", 9.0),
        ("Thu, 17 Sep 2026 12:00:09 -0000", 9.0),
        ("Thu, 17 Sep 2026 14:00:09 +0200", 9.0),
        ("Thu, 17 Sep 2026 11:00:00 GMT", 0.0),
        ("Thu, 17 Sep 99999 11:00:00 GMT", None),
        ("Thu, 45 Sep 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


@settings(deadline=None)
@given(st.text(max_size=60), st.datetimes(timezones=st.just(UTC)))
def test_any_retry_after_is_survived(value: str, now: datetime) -> None:
    seconds = parse_retry_after(value, now)
    assert seconds is None or (seconds >= 0 and math.isfinite(seconds))


@pytest.mark.parametrize(
    ("retry_after", "strikes", "seconds"),
    [
        (5.0, 1, 5.0),
        (30.0, 1, 30.0),
        (31.0, 1, 0.0),
        (None, 1, 2.0),
        (None, 2, 4.0),
        (None, 3, 8.0),
        (None, 99, 30.0),
    ],
)
def test_pause(retry_after: float | None, strikes: int, seconds: float) -> None:
    assert pause(retry_after, strikes) == seconds


@pytest.mark.parametrize(
    ("problem", "decision"),
    [
        (RateLimitedError(retry_after=4.0), 4.0),
        (RateLimitedError(retry_after=30.0), 30.0),
        (RateLimitedError(retry_after=30.5), False),
        (UnavailableError(), True),
        (AuthError(), False),
        (ForbiddenError(), False),
        (RejectedError(), False),
        (ProtocolError(), False),
        (ValueError(), False),
    ],
)
def test_backoff(problem: Exception, *, decision: bool | float) -> None:
    found = backoff(problem)
    assert found == decision
    assert isinstance(found, bool) == isinstance(decision, bool)


def test_a_429_without_a_time_is_asked_again_with_no_wait_of_its_own() -> None:
    found = backoff(RateLimitedError())
    assert found == 0.0
    assert not isinstance(found, bool)  # False would mean: not again
