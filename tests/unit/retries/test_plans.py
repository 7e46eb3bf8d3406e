"""Plans as values: frozen entries, what is said of them, reports and rows for a file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import INSTANCE, NOW, delivery
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.failures import failure_kind
from vzaps_tui.domain.plans import (
    Entry,
    Evidence,
    Plan,
    PlanId,
    PlanState,
    again,
    cause_of,
    freeze,
    summarize,
)
from vzaps_tui.domain.retries import Outcome, RetryPlan, has_news
from vzaps_tui.domain.retry_reports import export_lines, export_rows, report
from vzaps_tui.domain.triage import Cause, CauseKey

PLAN = Plan(PlanId("0314-k7qd"), "https://api.example.com", "acct", INSTANCE, NOW)


def entries(*outcomes: Outcome) -> tuple[Entry, ...]:
    rows = tuple(delivery(number) for number in range(1, len(outcomes) + 1))
    frozen = freeze(RetryPlan(INSTANCE, rows), NOW)
    return tuple(
        replace(entry, outcome=outcome) for entry, outcome in zip(frozen, outcomes, strict=True)
    )


def test_what_is_frozen() -> None:
    rows = (
        delivery(1, target="https://me:pw@hooks.example.com:8443/vz?secret=s"),
        delivery(2, id=LogId(""), key="digest"),
        delivery(1),
    )
    first, bare, double = freeze(RetryPlan(INSTANCE, rows), NOW)
    assert (first.place, first.log, first.outcome) == (0, "log_1", Outcome.QUEUED)
    assert first.host == "hooks.example.com:8443"
    assert first.before == Evidence("failed", 500, 3, rows[0].last_attempt_at, 120.0)
    assert "pw" not in repr(first)
    assert "secret" not in repr(first)
    assert (bare.outcome, bare.reason) == (Outcome.SKIPPED, "this row has no id")
    assert (double.outcome, double.reason) == (Outcome.SKIPPED, "already being retried")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"http_status": 502}, "502 Bad Gateway"),
        ({"http_status": None, "error": "i/o timeout"}, "timeout"),
        ({"http_status": None, "error": None}, "unknown reason"),
        ({"http_status": 799}, "HTTP 799"),
    ],
)
def test_causes_are_those_of_triage(changes: dict[str, object], name: str) -> None:
    row = delivery(1, **changes)
    (entry,) = freeze(RetryPlan(INSTANCE, (row,)), NOW)
    same = CauseKey(failure_kind(row), row.http_status, "hooks.example.com", row.event)
    cause = Cause(same, count=1, share=1.0, first=None, last=None, number=1)
    assert entry.cause == cause_of(row) == cause.key
    assert entry.cause_name == cause.name == name


def test_what_is_written_down_is_enough_to_tell_news() -> None:
    row = delivery(1)
    (entry,) = freeze(RetryPlan(INSTANCE, (row,)), NOW)
    before = entry.row(entry.before)
    assert not has_news(before, row)
    assert has_news(before, replace(row, attempts=4))
    assert has_news(before, replace(row, http_status=503))
    assert again([entry, replace(entry, log=LogId(""))]) == (before,)


@pytest.mark.parametrize(
    ("outcomes", "words", "unfinished"),
    [
        ([Outcome.QUEUED, Outcome.DELIVERED], "1 of 2 left", True),
        ([Outcome.SENDING, Outcome.UNKNOWN], "0 of 2 left, 2 unknown", True),
        ([Outcome.ACCEPTED], "0 of 1 left, 1 awaited", True),
        ([Outcome.UNKNOWN, Outcome.NO_NEWS], "0 of 2 left, 1 unknown", False),
        ([Outcome.QUEUED] * 1500, "1,500 of 1,500 left", True),
    ],
)
def test_what_is_said_of_a_plan(outcomes: list[Outcome], words: str, *, unfinished: bool) -> None:
    summary = summarize(PLAN, entries(*outcomes))
    assert summary.words == words
    assert summary.is_unfinished is unfinished
    for over in (PlanState.DONE, PlanState.DISCARDED):
        assert not summarize(replace(PLAN, state=over), entries(*outcomes)).is_unfinished


def test_the_report() -> None:
    found = list(entries(Outcome.DELIVERED, Outcome.FAILED_AGAIN, Outcome.UNKNOWN, Outcome.QUEUED))
    found[0] = replace(found[0], sent_at=NOW, settled_at=NOW + timedelta(seconds=9))
    found[1] = replace(
        found[1], sent_at=NOW + timedelta(seconds=1), settled_at=NOW + timedelta(seconds=5)
    )
    found[3] = replace(found[3], cause=cause_of(delivery(4, http_status=502)))
    told = report(PLAN, found)
    assert told.counts == Counter(entry.outcome for entry in found)
    assert told.took == timedelta(seconds=9)
    assert [cause.name for cause in told.causes] == ["500 Internal Server Error", "502 Bad Gateway"]
    assert told.causes[0].counts.total() == 3
    assert told.failed == (found[1], found[2])
    assert told.left == (found[3],)
    assert report(PLAN, ()).took is None
    back = replace(found[0], settled_at=NOW - timedelta(days=1))
    assert report(PLAN, [back]).took == timedelta()


def test_rows_for_a_file() -> None:
    (entry,) = entries(Outcome.DELIVERED)
    entry = replace(
        entry,
        sent_at=NOW,
        settled_at=NOW + timedelta(seconds=1),
        reason="200 in 42 ms",
        result=Evidence("delivered", 200, 4, NOW, 42.0),
        via=LogId("log_9"),
    )
    assert list(export_rows(PLAN, [entry])) == [
        {
            "plan": "0314-k7qd",
            "log": "log_1",
            "event": "Message",
            "host": "hooks.example.com",
            "outcome": "DELIVERED",
            "reason": "200 in 42 ms",
            "sent_at": "2026-03-14T12:00:00+00:00",
            "settled_at": "2026-03-14T12:00:01+00:00",
            "code": 200,
            "tries": 4,
            "via": "log_9",
        }
    ]


@given(
    text=st.text(st.characters(exclude_categories=()), max_size=40),
    outcome=st.sampled_from(list(Outcome)),
)
def test_whatever_a_server_wrote_a_row_is_one_line_of_ascii(text: str, outcome: Outcome) -> None:
    (entry,) = entries(outcome)
    entry = replace(entry, reason=text, event=text, log=LogId(text))
    (line,) = export_lines(PLAN, [entry])
    assert line.isascii()
    assert line.count("\n") == 1
    assert json.loads(line)["reason"] == text


def test_what_is_being_sent_is_unknown_only_where_nobody_carries_it_out() -> None:
    planned = entries(Outcome.SENDING, Outcome.QUEUED)
    assert summarize(PLAN, planned).unknown == 1
    held = summarize(PLAN, planned, "this program")
    assert (held.unknown, held.words) == (0, "1 of 2 left")


@pytest.mark.parametrize(
    ("state", "holder", "standing"),
    [
        (PlanState.RUNNING, "process 7", "running"),
        (PlanState.RUNNING, "", "cut short"),
        (PlanState.STOPPED, "", "stopped"),
        (PlanState.STOPPED, "this program", "running"),
        (PlanState.DONE, "", "done"),
    ],
)
def test_it_runs_only_while_somebody_carries_it_out(
    state: PlanState, holder: str, standing: str
) -> None:
    assert summarize(replace(PLAN, state=state), (), holder).standing == standing
