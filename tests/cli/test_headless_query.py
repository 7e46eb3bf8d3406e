from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.cli.logs_query import BrokenQueryError, question
from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.query import CodeMatch, DeliveryQuery

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
FAILED = frozenset({StatusClass.FAILED})


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({}, DeliveryQuery()),
        ({"status": ("failed",)}, DeliveryQuery(statuses=FAILED)),
        (
            {"status": ("failed,pending",)},
            DeliveryQuery(statuses=FAILED | {StatusClass.PENDING}),
        ),
        (
            {"status": ("failed",), "query": "status:pending"},
            DeliveryQuery(statuses=FAILED | {StatusClass.PENDING}),
        ),
        (
            {"event": ("message", "Odd Name")},
            DeliveryQuery(events=frozenset({"Message", "Odd Name"})),
        ),
        (
            {"code": ("5xx", "404")},
            DeliveryQuery(codes=frozenset({CodeMatch.of_class(5), CodeMatch.exact(404)})),
        ),
        ({"since": "2h"}, DeliveryQuery(last=timedelta(hours=2))),
        (
            {"since": "2026-11-20 14:00", "until": "2026-11-21"},
            DeliveryQuery(
                since=datetime(2026, 11, 20, 14, tzinfo=UTC),
                until=datetime(2026, 11, 22, tzinfo=UTC),
            ),
        ),
        (
            {"text": ("connect timeout", 'a "quoted", status:x')},
            DeliveryQuery(text="connect timeout", also=frozenset({'a "quoted", status:x'})),
        ),
        ({"attempts": 3}, DeliveryQuery(min_attempts=3)),
        ({"tries": 3}, DeliveryQuery(min_attempts=3)),
        (
            {"from_": "yesterday", "to": "14:00"},
            DeliveryQuery(since_word="yesterday", until_word="14:00"),
        ),
        ({"last": "2h"}, DeliveryQuery(last=timedelta(hours=2))),
        ({"since": "yesterday"}, DeliveryQuery(since_word="yesterday")),
        ({"query": "code:timeout tries:>=2"}, None),
    ],
    # A set is spelt in another order by each process: only of the flags is the name made.
    ids=lambda value: None if isinstance(value, DeliveryQuery) else str(value),
)
def test_flags_and_the_line_are_one_question(
    filters: dict[str, Any], wanted: DeliveryQuery | None
) -> None:
    found = question(filters, NOW)
    assert wanted is None or found == wanted
    assert not (filters and found.is_empty)


@pytest.mark.parametrize(
    ("filters", "reason", "hint"),
    [
        ({"status": ("fialed",)}, "--status: There is no status fialed", "Did you mean failed?"),
        ({"status": ("",)}, "--status", ""),
        ({"code": ("abc",)}, "--code: There is no code abc", "Such as 404"),
        ({"since": "soon"}, "--since: soon is no moment", "Such as 2h"),
        (
            {"query": "status:failed stats:x"},
            "--query: There is no field stats",
            "status:failed stats:x\n              ^^^^^^\nDid you mean status?",
        ),
        (
            {"query": "日本 last:never"},
            "--query: never is no span",
            "日本 last:never\n          ^^^^^\n",
        ),
        ({"query": 'text:"open'}, "--query: The quote is not closed", 'text:"open\n     ^^^^^'),
        (
            {"since": "2h", "query": "last:1h"},
            "the flags together: last can be told only once",
            "last:1h",
        ),
        (
            {"since": "2026-11-21", "until": "2026-11-20"},
            "the flags together: The period ends before it begins",
            "Swap",
        ),
        (
            {"since": "1h", "until": "2h"},
            "the flags together: The period ends before it begins",
            "since:1h until:2h\n         ^^^^^^^^\nSwap",
        ),
        ({"query": "-status:failed"}, "--query: There is no NOT", "status:pending,delivered"),
        ({"last": "today"}, "--last: today is no span", "since:today"),
        ({"since": "2026-02-3"}, "--since: 2026-02-3 is no moment", "2026-11-20"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_pointed_at(filters: dict[str, Any], reason: str, hint: str) -> None:
    with pytest.raises(BrokenQueryError) as problem:
        question(filters, NOW)
    assert problem.value.reason.startswith(reason)
    assert hint in problem.value.hint


WORDS = st.text(max_size=30)


@given(st.lists(WORDS, max_size=2), st.none() | WORDS, st.none() | WORDS)
def test_any_words_are_a_question_or_a_named_problem(
    texts: list[str], query: str | None, since: str | None
) -> None:
    filters = {"text": tuple(texts), "event": tuple(texts), "query": query, "since": since}
    try:
        question(filters, NOW)
    except BrokenQueryError as problem:
        pointed = problem.hint.split("\n")[:-1]
    else:
        pointed = []
    assert all(line.isprintable() for line in pointed)
