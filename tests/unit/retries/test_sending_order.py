"""The order of a plan: frozen, canaries first; and the breaker that stops it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import INSTANCE, NOW, delivery
from vzaps_tui.domain.plans import Entry, freeze
from vzaps_tui.domain.retries import Outcome, RetryPlan
from vzaps_tui.services.sending_order import Breaker, SendingOrder


def entries(*codes: int) -> tuple[Entry, ...]:
    """Failed deliveries, one a code; the code is the cause."""
    rows = tuple(delivery(number, http_status=code) for number, code in enumerate(codes, start=1))
    return freeze(RetryPlan(INSTANCE, rows), NOW)


def drain(order: SendingOrder) -> list[int]:
    """All that can be sent now."""
    taken: list[int] = []
    while order.is_ready:
        taken.append(order.next())
    return taken


def test_without_canaries_the_frozen_order() -> None:
    order = SendingOrder(entries(500, 502, 500, 502), canary=False)
    assert drain(order) == [0, 1, 2, 3]
    assert (order.held, order.held_words) == (0, "")


def test_one_of_each_cause_first_and_the_rest_when_it_was_delivered() -> None:
    order = SendingOrder(entries(500, 500, 502, 500, 502), canary=True)
    assert drain(order) == [0, 2]
    order.settle(0, Outcome.ACCEPTED, "")
    assert drain(order) == []
    order.settle(0, Outcome.DELIVERED, "200 in 42 ms")
    assert drain(order) == [1, 3]
    order.settle(2, Outcome.FAILED_AGAIN, "502 in 1.2 s")
    assert drain(order) == []
    assert order.held == 1
    words = "1 held back, the first of 502 Bad Gateway of hooks.example.com failed again: 502 in"
    assert order.held_words.startswith(words)
    order.release()
    assert drain(order) == [4]
    assert order.held == 0


@pytest.mark.parametrize(
    "outcome", [Outcome.FAILED_AGAIN, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NO_NEWS]
)
def test_what_holds_back(outcome: Outcome) -> None:
    order = SendingOrder(entries(500, 500), canary=True)
    order.next()
    order.settle(0, outcome, "")
    assert order.held == 1
    assert outcome.value.lower() in order.held_words
    # The log of one whose answer was lost may tell a better word later.
    order.settle(0, Outcome.DELIVERED, "")
    assert drain(order) == [1]


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.REFUSED])
def test_where_the_canary_tells_nothing_the_next_one_is_it(outcome: Outcome) -> None:
    order = SendingOrder(entries(500, 500, 500), canary=True)
    order.next()
    order.settle(0, outcome, "the log is gone", told=False)
    assert drain(order) == [1]


def test_what_is_put_back_comes_after_all_that_wait_for_their_first_turn() -> None:
    order = SendingOrder(entries(500, 500, 500), canary=False)
    assert order.next() == 0
    assert order.put_back(0) == 1
    assert order.next() == 1
    assert order.put_back(1, weight=4) == 4
    assert drain(order) == [2, 0, 1]
    assert order.put_back(0) == 2
    order.drop(0)
    assert not order.is_ready


@pytest.mark.parametrize(
    ("outcome", "ready"),
    [
        (Outcome.DELIVERED, [1, 2]),
        (Outcome.ACCEPTED, []),
        (Outcome.SENDING, []),
        # What an earlier run has found out may be mended by now: another one goes first.
        (Outcome.FAILED_AGAIN, [1]),
        (Outcome.UNKNOWN, [1]),
        (Outcome.NO_NEWS, [1]),
    ],
)
def test_a_plan_that_is_taken_up_again_sends_a_fresh_canary(
    outcome: Outcome, ready: list[int]
) -> None:
    first, *others = entries(500, 500, 500)
    sent = replace(first, outcome=outcome, sent_at=NOW, reason="so")
    order = SendingOrder([sent, *others], canary=True)
    assert drain(order) == ready
    assert order.held == 0
    order.settle(0, Outcome.DELIVERED, "")
    assert drain(order) == [place for place in (1, 2) if place not in ready]


@pytest.mark.parametrize("outcome", [Outcome.FAILED_AGAIN, Outcome.NO_NEWS, Outcome.UNKNOWN])
def test_the_old_canary_holds_nothing_back_whenever_its_word_comes(outcome: Outcome) -> None:
    first, *others = entries(500, 500, 500)
    sent = replace(first, outcome=Outcome.ACCEPTED, sent_at=NOW)
    order = SendingOrder([sent, *others], canary=True)
    order.settle(0, outcome, "")
    assert drain(order) == [1]
    order.settle(1, Outcome.FAILED_AGAIN, "500")
    assert (drain(order), order.held) == ([], 1)


def test_what_an_old_canary_held_back_is_sent_by_a_persons_word() -> None:
    first, *others = entries(500, 500, 500, 502, 502)
    sent = replace(first, outcome=Outcome.FAILED_AGAIN, sent_at=NOW)
    order = SendingOrder([sent, *others], canary=True, past_canary=True)
    assert drain(order) == [1, 2, 3]


@settings(max_examples=150, deadline=None)
@given(
    codes=st.lists(st.integers(500, 504), max_size=25),
    outcomes=st.lists(
        st.sampled_from(
            [Outcome.DELIVERED, Outcome.FAILED_AGAIN, Outcome.SKIPPED, Outcome.REFUSED, None]
        ),
        min_size=1,
        max_size=25,
    ),
    canary=st.booleans(),
)
def test_each_is_given_once_and_none_before_its_canary_was_delivered(
    codes: list[int], outcomes: list[Outcome | None], *, canary: bool
) -> None:
    planned = entries(*codes)
    order = SendingOrder(planned, canary=canary)
    given_: dict[int, Outcome] = {}
    good: set[str] = set()
    turns = 0
    while order.is_ready:
        place = order.next()
        cause = planned[place].cause
        before = {word for one, word in given_.items() if planned[one].cause == cause}
        outcome = outcomes[turns % len(outcomes)]
        turns += 1
        if outcome is None and turns < 200:
            order.put_back(place)
            continue
        outcome = outcome or Outcome.DELIVERED
        assert place not in given_
        assert not canary or cause in good or before <= {Outcome.SKIPPED}
        given_[place] = outcome
        if outcome is Outcome.DELIVERED:
            good.add(cause)
        order.settle(place, outcome, "", told=outcome is not Outcome.SKIPPED)
    assert len(given_) + order.held == len(planned)


def test_the_breaker_counts_failures_in_a_row() -> None:
    breaker = Breaker(3)
    assert breaker.note(0, Outcome.FAILED_AGAIN, "500") == ""
    assert breaker.note(1, Outcome.REFUSED, "409") == ""
    assert breaker.note(2, Outcome.DELIVERED, "") == ""
    assert breaker.note(3, Outcome.UNKNOWN, "lost") == ""
    # The same one, known better by now.
    assert breaker.note(3, Outcome.FAILED_AGAIN, "500") == ""
    assert breaker.note(4, Outcome.SKIPPED, "already delivered") == ""
    assert breaker.note(5, Outcome.NO_NEWS, "") == ""
    assert breaker.note(6, Outcome.FAILED_AGAIN, "500") == ""
    words = breaker.note(7, Outcome.FAILED_AGAIN, "503 in 2 s")
    assert words == "3 failures in a row, the last: 503 in 2 s"
    breaker.reset()
    assert breaker.note(8, Outcome.FAILED_AGAIN, "500") == ""


def test_without_a_limit_it_never_stops_anything() -> None:
    breaker = Breaker(0)
    assert {breaker.note(place, Outcome.REFUSED, "no") for place in range(1000)} == {""}
