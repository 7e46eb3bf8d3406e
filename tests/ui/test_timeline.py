"""What happened to a delivery, in order, and nothing that nobody told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, delivery, detail
from vzaps_tui.domain.deliveries import Attempt, LogId
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.ui.attempt_rows import AttemptRows, Moment, SentFromHere, bar, span, timeline
from vzaps_tui.ui.widgets.cells import parts, width_of

CREATED = NOW.replace(hour=9)


def at(minutes: float) -> datetime:
    return CREATED + timedelta(minutes=minutes)


ROW = delivery(2, created_at=CREATED, last_attempt_at=at(30), attempts=3)
LISTED = (
    Attempt(1, at(0), 500, 100.0, None, "oops"),
    Attempt(2, at(5), 502, 800.0, "bad gateway"),
    Attempt(3, at(30), None, 400.0, "read timed out"),
)
SENT = SentFromHere(at(20), Outcome.FAILED_AGAIN, "500 again", LogId("log_9"))


def lines(moments: tuple[Moment, ...]) -> list[tuple[str, ...]]:
    rows = AttemptRows(moments, NOW)
    assert [rows.index(rows.key(place)) for place in range(len(rows))] == list(range(len(rows)))
    return [tuple(parts(cell)[0] for cell in rows.cells(place)) for place in range(len(rows))]


def test_attempts_and_retries_stand_in_their_order() -> None:
    told = lines(timeline(detail(ROW, attempts=LISTED), [SENT]))
    retried = "retry from here: FAILED AGAIN · 500 again · as log_9"
    assert told == [
        ("", "09:00:00", "", "", "", "", "created"),
        ("1", "09:00:00", "+0 s", "500", "100 ms", "█", "oops"),
        ("2", "09:05:00", "+5 min", "502", "800 ms", "████████", "bad gateway"),
        ("", "09:20:00", "+15 min", "", "", "", retried),
        ("3", "09:30:00", "+10 min", "timeout", "400 ms", "████", "read timed out"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "numbers", "notes"),
    [
        ({"attempts": 7}, ["", "", "7"], "only their number: 7."),
        ({"attempts": 0, "last_attempt_at": None}, ["", ""], "only their number: 0."),
        ({"attempts": None}, ["", "", ""], "nothing of its attempts"),
        ({"attempts": None, "last_attempt_at": None, "created_at": None}, [""], "nothing of its"),
    ],
)
def test_attempts_that_are_not_listed_are_not_made_up(
    changes: dict[str, object], numbers: list[str], notes: str
) -> None:
    told = lines(timeline(detail(replace(ROW, **changes)), []))
    assert [line[0] for line in told] == numbers
    assert sum(notes in line[-1] for line in told) == 1
    times = {"09:00:00", "09:30:00", "", "-"}
    assert {line[1] for line in told} <= times


def test_a_list_that_is_cut_short_says_so() -> None:
    told = lines(timeline(detail(replace(ROW, attempts=9), attempts=LISTED), []))
    assert told[1][-1] == "The API told only 3 of 9 attempts."
    assert len(told) == 5


@pytest.mark.parametrize(("status", "planned"), [("pending", True), ("failed", False)])
def test_the_next_try_is_told_of_what_is_pending(status: str, *, planned: bool) -> None:
    row = replace(ROW, status=status, next_retry_at=at(60))
    told = lines(timeline(detail(row, attempts=LISTED), []))
    assert ("next try" in told[-1][-1]) is planned
    if planned:
        assert told[-1][1:3] == ("10:00:00", "+30 min")


def test_tries_of_another_day_have_seconds() -> None:
    yesterday = NOW - timedelta(days=1)
    tries = tuple(
        Attempt(number, yesterday + timedelta(seconds=number), 500, 1.0, "", None)
        for number in (1, 2)
    )
    times = [
        line[1] for line in lines(timeline(detail(delivery(1, attempts=2), attempts=tries), []))
    ]
    assert times[-2:] == ["03-13 12:00:01", "03-13 12:00:02"]


def test_times_that_are_missing_or_run_backwards_have_no_wait() -> None:
    tries = (Attempt(1, None, 500), Attempt(2, at(5), 500), Attempt(3, at(1), 500))
    told = lines(timeline(detail(replace(ROW, created_at=None), attempts=tries), []))
    assert [line[1:3] for line in told] == [("-", ""), ("09:05:00", ""), ("09:01:00", "")]
    assert [line[4] for line in told] == ["-", "-", "-"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.4, "0.4 s"), (59, "59 s"), (90, "1.5 min"), (7200, "2 h"), (1_728_000, "20 d")],
)
def test_spans(seconds: float, words: str) -> None:
    assert span(seconds) == words


MOMENTS = st.none() | st.integers(-500, 500).map(at)
TRIES = st.builds(
    Attempt,
    st.integers(0, 99),
    MOMENTS,
    st.none() | st.integers(100, 599),
    st.none() | st.floats(0, 1e9),
    st.none() | st.text(max_size=5),
)
RETRIES = st.builds(SentFromHere, st.integers(-500, 500).map(at), st.sampled_from(Outcome))


@given(st.lists(TRIES, max_size=6), st.lists(RETRIES, max_size=3), MOMENTS, st.none() | st.just(3))
def test_nothing_is_lost_and_nothing_has_a_time_nobody_told(
    tries: list[Attempt], sent: list[SentFromHere], created: datetime | None, count: int | None
) -> None:
    row = replace(ROW, created_at=created, last_attempt_at=None, attempts=count)
    moments = timeline(detail(row, attempts=tuple(tries)), sent)
    told = {created, *(one.at for one in tries), *(one.at for one in sent)}
    assert {moment.at for moment in moments} <= told | {None}
    assert sum(moment.said.startswith("retry from here") for moment in moments) == len(sent)
    numbers = [moment.number for moment in moments if moment.number]
    assert numbers == [str(one.number) for one in tries if one.number]
    for cells in lines(moments):
        assert width_of(cells[5]) <= 8


@given(st.none() | st.floats(0, 1e12), st.floats(0, 1e12))
def test_a_bar_is_never_longer_than_its_column(took: float | None, longest: float) -> None:
    assert len(bar(took, max(longest, took or 0))) <= 8
