"""What a review tells of many deliveries, and what it would send without a further word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import INSTANCE, NOW, delivery
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.plans import Earlier, PlanId
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.domain.times import lasting
from vzaps_tui.ui.retry_survey import (
    MAY_BE_THERE,
    Manner,
    last_word,
    question,
    survey,
    target_words,
)

MANNER = Manner(pace=1.0, breaker=10, canary=True)
LOG = LogId("log_1")


def past(*outcomes: Outcome, log: LogId = LOG) -> dict[LogId, tuple[Earlier, ...]]:
    """Earlier retries, newest first, an hour apart."""
    found = tuple(
        Earlier(PlanId("p"), log, NOW - timedelta(hours=hours), outcome)
        for hours, outcome in enumerate(outcomes, 1)
    )
    return {log: found}


def said(
    *rows: Delivery,
    steps: Mapping[LogId, RetryStep] | None = None,
    earlier: Mapping[LogId, tuple[Earlier, ...]] | None = None,
    manner: Manner = MANNER,
) -> str:
    return question(survey(rows, steps or {}, earlier or {}), manner, NOW)


def step(outcome: Outcome) -> RetryStep:
    return RetryStep(INSTANCE, LOG, outcome, NOW)


@pytest.mark.parametrize(
    ("outcomes", "now", "word"),
    [
        ((), None, None),
        ((Outcome.FAILED_AGAIN,), None, Outcome.FAILED_AGAIN),
        ((Outcome.FAILED_AGAIN, Outcome.UNKNOWN), None, Outcome.FAILED_AGAIN),
        ((Outcome.FAILED_AGAIN, Outcome.DELIVERED), None, Outcome.DELIVERED),
        ((Outcome.UNKNOWN, Outcome.FAILED_AGAIN), None, Outcome.UNKNOWN),
        ((Outcome.FAILED_AGAIN,), Outcome.SENDING, Outcome.SENDING),
        ((), Outcome.QUEUED, Outcome.QUEUED),
        ((), Outcome.REFUSED, None),
        ((Outcome.UNKNOWN,), Outcome.SKIPPED, Outcome.UNKNOWN),
    ],
)
def test_the_last_word(
    outcomes: tuple[Outcome, ...], now: Outcome | None, word: Outcome | None
) -> None:
    found = last_word(LOG, None if now is None else step(now), past(*outcomes))
    assert (None if found is None else found.outcome) is word


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_may_be_there_is_not_sent_without_a_word(outcome: Outcome) -> None:
    found = survey([delivery(1), delivery(2)], {}, past(outcome))
    assert {row.id for row in found.due} == (
        {"log_2"} if outcome in MAY_BE_THERE else {"log_1", "log_2"}
    )


@given(st.permutations(range(1, 9)), st.sets(st.integers(1, 8)))
def test_the_oldest_goes_first_and_nothing_is_lost(order: list[int], failed: set[int]) -> None:
    rows = [
        delivery(number, status="failed" if number in failed else "delivered", http_status=None)
        for number in order
    ]
    found = survey(rows, {}, {})
    assert [row.id for row in found.rows] == [f"log_{number}" for number in range(1, 9)]
    assert [row.id for row in found.due] == [f"log_{number}" for number in sorted(failed)]
    assert found.rest.total() == 8 - len(failed)
    assert found.events.total() == found.hosts.total() == len(found.going) == (len(failed) or 8)


def test_of_the_same_moment_the_last_of_the_list_is_the_oldest() -> None:
    rows = [delivery(number, created_at=NOW, last_attempt_at=None) for number in (3, 2, 1)]
    assert [row.id for row in survey(rows, {}, {}).rows] == ["log_1", "log_2", "log_3"]


def test_rows_without_time_or_id_are_kept() -> None:
    bare = replace(
        delivery(1), id=LogId(""), created_at=None, last_attempt_at=None, updated_at=None
    )
    found = survey([delivery(2), bare], {}, past(Outcome.DELIVERED, log=LogId("")))
    assert len(found.due) == 2


def test_what_is_said() -> None:
    rows = [delivery(number) for number in range(30, 3, -1)]
    rows += [delivery(3, status="delivered", event="ReadReceipt", target=None)]
    rows += [delivery(2, target="https://user:pw@b.example/x?secret=1"), delivery(1)]
    text = said(*rows, earlier=past(Outcome.NO_NEWS) | past(Outcome.REFUSED, log=LogId("log_2")))
    canary = "One of each cause goes first, the rest of it when that was delivered."
    breaker = "Stops by itself after 10 failures in a row."
    twice = "The receiver may get those a second time."
    assert text.splitlines() == [
        "28 FAILED of 30 chosen",
        "Events: Message 28",
        "Last sent to: hooks.example.com 27, b.example 1",
        "1 sent from here already: 1 NO NEWS, last at 11:00:00.",
        "1 retried from here before, in vain: 1 REFUSED, last at 11:00:00.",
        f"The oldest first, one a second: about 28 s to send 28. {canary} {breaker}",
        f"Not sent, unless you send all 30: 1 FAILED but sent already, 1 DELIVERED. {twice}",
    ]
    assert "secret" not in text
    assert "pw" not in text


def test_many_events_and_hosts_are_counted_not_listed() -> None:
    rows = [delivery(n, event=f"E{n}", target=f"https://h{n}.example") for n in range(1, 8)]
    text = said(*rows)
    assert "E1 1, E2 1, E3 1, E4 1 and 3 more" in text
    assert "h1.example 1" in text
    assert "and 3 more" in text.splitlines()[2]


OLD, NEW, NONE = "https://old.example/a", "https://new.example/b", None
READ = "; the webhook is new.example now"


@pytest.mark.parametrize(
    ("targets", "webhook", "words"),
    [
        ((OLD, OLD), "", "Last sent to: old.example"),
        ((OLD, OLD), "OLD.example", "Last sent to: old.example"),
        ((OLD, OLD), "new.example", f"Last sent to: old.example{READ}"),
        ((NEW, OLD), "new.example", f"Last sent to: new.example 1, old.example 1{READ}"),
        ((NONE, NEW), "new.example", "Last sent to: new.example 1, the configured webhook 1"),
        ((NONE, NONE), "new.example", "Target: the configured webhook (new.example)"),
        ((NONE, NONE), "", "Target: the configured webhook"),
    ],
)
def test_where_they_went_and_where_the_webhook_is(
    targets: tuple[str | None, ...], webhook: str, words: str
) -> None:
    rows = [delivery(number, target=url) for number, url in enumerate(targets, 1)]
    assert target_words(rows, webhook) == words
    text = question(survey(rows, {}, {}), replace(MANNER, webhook=webhook), NOW)
    assert words in text.splitlines()


@pytest.mark.parametrize(
    ("manner", "words", "without"),
    [
        (Manner(0.5, 10, canary=True), "0.5 a second: about 1 min to send 30.", "one a second"),
        (Manner(4.0, 0, canary=False), "4 a second: about 8 s", "by itself"),
        (Manner(1.0, 5, canary=False), "after 5 failures in a row", "each cause"),
        (Manner(1.0, 0, canary=False, requests=4.0), "one a second: about 30 s", "requests"),
        (
            Manner(5.0, 0, canary=False, requests=4.0),
            "about 1.5 a second, as 4 requests a second allow: about 20 s to send 30.",
            "5 a second: about 6 s",
        ),
    ],
)
def test_the_manner_is_said(manner: Manner, words: str, without: str) -> None:
    text = said(*(delivery(number) for number in range(30, 0, -1)), manner=manner)
    assert words in text
    assert without not in text


def test_few_have_no_canary_and_no_breaker() -> None:
    text = said(delivery(2), delivery(1))
    assert "each cause" not in text
    assert "by itself" not in text


def test_all_statuses_are_named() -> None:
    kinds = ("failed", "pending", "delivered", "odd")
    rows = [delivery(n, status=kind, http_status=None) for n, kind in enumerate(kinds, 1)]
    text = said(*rows)
    for kind in StatusClass:
        assert f"1 {kind}" in text


def test_where_nothing_is_due_all_of_them_are_told() -> None:
    rows = [delivery(n, status="delivered", http_status=None) for n in (3, 2, 1)]
    text = said(*rows)
    assert text.startswith("Events: Message 3\n")
    assert "to send 3." in text
    assert "None of them is due: 3 DELIVERED. The receiver may get those" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (100, "2 min"),
        (3599, "1 h"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (86_399, "1 d"),
        (86_400, "1 d"),
        (300_000, "3 d 11 h"),
    ],
)
def test_how_long_something_takes(seconds: float, words: str) -> None:
    assert lasting(seconds) == words
