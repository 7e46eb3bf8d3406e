"""What a retry led to is told by evidence alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.retries import Outcome, has_news, judge, splits, tell

T1 = datetime(2026, 9, 18, 14, 0, tzinfo=UTC)
T2 = T1 + timedelta(minutes=5)
FULL = Delivery(
    LogId("log_1"),
    "log_1",
    "failed",
    "Message",
    attempts=3,
    http_status=500,
    error="boom",
    duration_ms=40,
    last_attempt_at=T1,
    updated_at=T1,
)
SPARSE = Delivery(LogId("log_1"), "log_1", "failed", "Message")
UNTOLD = Delivery(LogId("log_1"), "log_1", "", "Message")


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        pytest.param(FULL, FULL, None, id="the old failure"),
        pytest.param(FULL, SPARSE, None, id="less is known now"),
        pytest.param(SPARSE, FULL, None, id="the detail knows more of the old failure"),
        pytest.param(UNTOLD, FULL, None, id="the status was not told before"),
        pytest.param(replace(FULL, attempts=None), FULL, None, id="tries were not told before"),
        pytest.param(replace(FULL, last_attempt_at=None), FULL, None, id="time was not told"),
        pytest.param(FULL, replace(FULL, updated_at=T2), None, id="touched, not tried"),
        pytest.param(FULL, replace(FULL, error="boom, at length"), None, id="error told anew"),
        pytest.param(FULL, replace(FULL, attempts=2, last_attempt_at=T1 - timedelta(1)), None,
                     id="an older view"),
        pytest.param(FULL, replace(FULL, id=LogId("")), None, id="the detail has no id"),
        pytest.param(FULL, replace(FULL, attempts=4), Outcome.FAILED_AGAIN, id="more tries"),
        pytest.param(FULL, replace(FULL, last_attempt_at=T2), Outcome.FAILED_AGAIN, id="later try"),
        pytest.param(FULL, replace(FULL, http_status=502), Outcome.FAILED_AGAIN, id="other code"),
        pytest.param(FULL, replace(FULL, status="pending", attempts=4), None, id="pending"),
        pytest.param(FULL, replace(FULL, status="retrying"), None, id="retrying"),
        pytest.param(FULL, replace(FULL, status="delivered"), Outcome.DELIVERED, id="delivered"),
        pytest.param(SPARSE, replace(SPARSE, status="sent"), Outcome.DELIVERED, id="little told"),
        pytest.param(replace(SPARSE, status="pending"), SPARSE, Outcome.FAILED_AGAIN,
                     id="pending failed"),
        pytest.param(replace(FULL, status="delivered"), replace(FULL, status="delivered"), None,
                     id="delivered long ago"),
        pytest.param(replace(FULL, status="delivered"),
                     replace(FULL, status="delivered", attempts=4), Outcome.DELIVERED,
                     id="delivered once more"),
        pytest.param(FULL, replace(FULL, status="expired", attempts=4), None, id="unknown status"),
        pytest.param(FULL, replace(FULL, id=LogId("1")), None, id="the id is spelt another way"),
    ],
)  # fmt: skip
def test_judge(before: Delivery, after: Delivery, outcome: Outcome | None) -> None:
    assert judge(before, after) is outcome


optional_times = st.sampled_from([None, T1, T2])
rows = st.builds(
    Delivery,
    id=st.just(LogId("log_1")),
    key=st.just("log_1"),
    status=st.sampled_from(["", "failed", "dead", "pending", "sent", "ok", "odd"]),
    event=st.just("Message"),
    attempts=st.sampled_from([None, 0, 1, 2]),
    http_status=st.sampled_from([None, 0, 200, 500]),
    error=st.sampled_from([None, "boom"]),
    duration_ms=st.sampled_from([None, 1.0]),
    last_attempt_at=optional_times,
    updated_at=optional_times,
)
OPTIONAL = ("attempts", "http_status", "error", "duration_ms", "last_attempt_at", "updated_at")


@given(rows, st.sets(st.sampled_from(OPTIONAL)))
def test_knowing_less_or_more_of_one_try_is_no_news(row: Delivery, untold: set[str]) -> None:
    poorer = replace(row, **dict.fromkeys(untold))
    if row.status:  # a class drawn from the HTTP status is lost with it
        assert not has_news(row, poorer)
        assert not has_news(poorer, row)
    assert judge(row, row) is None


@given(rows, rows)
def test_an_outcome_agrees_with_the_status_read(before: Delivery, after: Delivery) -> None:
    expected = {Outcome.DELIVERED: StatusClass.DELIVERED, Outcome.FAILED_AGAIN: StatusClass.FAILED}
    outcome = judge(before, after)
    assert outcome is None or (has_news(before, after) and after.status_class is expected[outcome])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (replace(SPARSE, http_status=200, duration_ms=42), "200 in 42 ms"),
        (replace(SPARSE, http_status=500, duration_ms=1240), "500 in 1.2 s"),
        (replace(SPARSE, http_status=500), "500"),
        (replace(SPARSE, error="connection refused"), "connection refused"),
        (replace(SPARSE, error="timeout", http_status=0, duration_ms=999.7), "timeout in 1.0 s"),
        (SPARSE, "FAILED"),
    ],
)
def test_tell(row: Delivery, words: str) -> None:
    assert tell(row) == words


def test_which_outcomes_are_final() -> None:
    waiting = {outcome for outcome in Outcome if not outcome.is_final}
    assert waiting == {Outcome.QUEUED, Outcome.SENDING, Outcome.ACCEPTED}


def test_splits_keep_every_row_in_order() -> None:
    sent, odd = replace(SPARSE, status="sent"), replace(SPARSE, status="odd")
    found = splits((sent, SPARSE, odd, FULL))
    assert found == {
        StatusClass.FAILED: (SPARSE, FULL),
        StatusClass.DELIVERED: (sent,),
        StatusClass.OTHER: (odd,),
    }
    assert splits(()) == {}
