"""The pure rules of merging pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, delivered, delivery, failed_again
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.services.merging import fresher, meeting, overlay, splice, updated_by

ROW = delivery(1)
LATER = NOW + timedelta(seconds=5)


@pytest.mark.parametrize(
    ("held", "read", "winner"),
    [
        (ROW, delivered(ROW), "read"),
        (delivered(ROW), ROW, "held"),
        (ROW, replace(ROW, status="pending"), "read"),
        (replace(ROW, updated_at=LATER), replace(ROW, last_attempt_at=NOW), "held"),
        (
            replace(ROW, updated_at=None, last_attempt_at=None, attempts=4),
            replace(ROW, updated_at=None, last_attempt_at=None, attempts=3),
            "held",
        ),
        (replace(ROW, attempts=None), replace(ROW, attempts=None, status="sent"), "read"),
        (replace(ROW, attempts=5), replace(ROW, updated_at=None, last_attempt_at=None), "held"),
    ],
)
def test_the_fresher_row_wins(held: Delivery, read: Delivery, winner: str) -> None:
    assert fresher(held, read) == (read if winner == "read" else held)


def test_lasting_facts_are_not_lost_and_the_key_stays() -> None:
    bare = replace(delivered(ROW), created_at=None, target=None, event="", key="other")
    assert fresher(ROW, bare) == delivered(ROW)


def keys(rows: tuple[Delivery, ...]) -> list[str]:
    return [row.key.removeprefix("log_") for row in rows]


def rows_of(text: str) -> tuple[Delivery, ...]:
    return tuple(delivery(int(number)) for number in text.split())


@pytest.mark.parametrize(
    ("held", "page", "expected", "last_known", "grew", "reaches_end"),
    [
        ("", "9 8", "9 8", None, True, True),
        ("9 8", "7 6", "9 8 7 6", None, True, True),
        ("9 8 7", "8 7 6", "9 8 7 6", 2, True, True),
        ("9 8 7", "8 7", "9 8 7", 2, False, True),
        ("9 8 7", "9 8", "9 8 7", 1, False, False),
        ("9 8", "11 10 9", "11 10 9 8", 0, False, False),
        ("9 8 5", "8 7 6 5 4", "9 8 7 6 5 4", 2, True, True),
        ("9 8", "", "9 8", None, False, False),
        ("9 8", "7 7 6 7", "9 8 7 6", None, True, True),
        ("9 8 7", "9 6", "9 8 7 6", 0, True, True),
    ],
)
def test_a_page_is_worked_in_where_it_belongs(
    held: str, page: str, expected: str, last_known: int | None, *, grew: bool, reaches_end: bool
) -> None:
    step = splice(rows_of(held), rows_of(page))
    assert keys(step.rows) == expected.split()
    assert (step.last_known, step.grew, step.reaches_end) == (last_known, grew, reaches_end)


@given(
    st.lists(st.integers(0, 30), unique=True, max_size=12),
    st.lists(st.integers(0, 30), max_size=12),
)
def test_no_page_makes_doubles_or_loses_a_row(held: list[int], page: list[int]) -> None:
    rows = tuple(delivery(number) for number in held)
    step = splice(rows, [delivery(number) for number in page])
    result = keys(step.rows)
    assert len(set(result)) == len(result)
    assert set(result) == {str(number) for number in (*held, *page)}
    assert [key for key in result if int(key) in held] == [str(number) for number in held]


@pytest.mark.parametrize(
    ("fresh", "held", "expected"),
    [
        ("9 8", "7 6", None),
        ("9 8", "8 7", 0),
        ("10 9 8", "9 8 7", 1),
        ("10 9", "9 8 7", 0),
    ],
)
def test_where_fresh_rows_meet_the_held(fresh: str, held: str, expected: int | None) -> None:
    assert meeting(rows_of(fresh), rows_of(held)) == expected


def test_a_changed_row_proves_no_meeting() -> None:
    held = rows_of("5 4 3 2 1")
    fresh = (delivery(7), failed_again(held[4]))
    assert meeting(fresh, held) is None
    assert meeting((held[0], *fresh), held) == 0


def test_rows_gone_from_the_top_are_gone_and_the_rest_stays() -> None:
    held = rows_of("5 4 3 2 1")
    fresh = rows_of("7 5 3")
    assert keys(overlay(fresh, held, meeting(fresh, held))) == ["7", "5", "3", "2", "1"]
    assert keys(overlay(fresh, held, None)) == ["7", "5", "3"]


def test_what_others_know_fresher_is_taken_over() -> None:
    row, other = rows_of("2 1")
    assert updated_by((row, other), (delivered(row),)) == (delivered(row), other)
