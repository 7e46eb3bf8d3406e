"""Codes, periods, tries and several texts; chips that can be removed; the kinds of failure."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.builders import NOW, delivery
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.periods import LONGEST
from vzaps_tui.domain.query import (
    FAILED_ONLY,
    MOST_ATTEMPTS,
    NO_ANSWER,
    CodeMatch,
    DeliveryQuery,
    contains,
)

EMPTY = DeliveryQuery()
HOUR = timedelta(hours=1)
TIMED_OUT = delivery(http_status=None, error="timeout: no answer within 10 s")
REFUSED = delivery(http_status=None, error="connection refused")
ODD = delivery(http_status=None, error="the cable is cut")
PENDING = delivery(status="pending", http_status=None, error=None)
GOOD = delivery(status="delivered", http_status=200, error=None)
LATER_GOOD = replace(GOOD, error="timeout at the first try")
TELEGRAPH = delivery(http_status=None, error=None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("DNS: no such host", FailureKind.DNS),
        ("dial tcp: lookup hooks.acme.com on 10.0.0.2:53: i/o timeout", FailureKind.DNS),
        ("getaddrinfo ENOTFOUND hooks.acme.com", FailureKind.DNS),
        ("[Errno -3] Temporary failure in name resolution", FailureKind.DNS),
        ("cURL error 6: Could not resolve host: hooks.acme.com", FailureKind.DNS),
        ("dial tcp 10.0.0.1:443: connect: connection refused", FailureKind.REFUSED),
        ("connect ECONNREFUSED 127.0.0.1:80", FailureKind.REFUSED),
        ("x509: certificate has expired or is not yet valid", FailureKind.TLS),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", FailureKind.TLS),
        ("remote error: tls: handshake failure", FailureKind.TLS),
        ("self-signed certificate in chain", FailureKind.TLS),
        ("net/http: TLS handshake timeout", FailureKind.TIMEOUT),
        ("context deadline exceeded", FailureKind.TIMEOUT),
        ("Operation timed out after 10001 milliseconds", FailureKind.TIMEOUT),
        ("connect ETIMEDOUT 10.0.0.1:443", FailureKind.TIMEOUT),
        ("read tcp: connection reset by peer", FailureKind.RESET),
        ("socket hang up", FailureKind.RESET),
        ("unexpected EOF", FailureKind.RESET),
        ("write EPIPE", FailureKind.RESET),
        ("Server disconnected without sending a response.", FailureKind.RESET),
        ("the cable is cut", FailureKind.OTHER),
        ("thereof a blessing", FailureKind.OTHER),
        ("user asked for a password reset", FailureKind.OTHER),
        ("", FailureKind.OTHER),
        (None, FailureKind.OTHER),
        ("x" * 5000 + " timeout", FailureKind.OTHER),
    ],
)
def test_the_error_tells_the_kind_where_nobody_answered(
    error: str | None, kind: FailureKind
) -> None:
    assert failure_kind(delivery(http_status=None, error=error)) is kind
    assert failure_kind(delivery(http_status=0, error=error)) is kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (302, FailureKind.TIMEOUT),
        (200, FailureKind.TIMEOUT),
        (400, FailureKind.HTTP_4XX),
        (408, FailureKind.HTTP_4XX),
        (499, FailureKind.HTTP_4XX),
        (500, FailureKind.HTTP_5XX),
        (599, FailureKind.HTTP_5XX),
        (600, FailureKind.TIMEOUT),
    ],
)
def test_an_answer_counts_before_the_error(code: int, kind: FailureKind) -> None:
    assert failure_kind(delivery(http_status=code, error="timeout")) is kind


def test_what_was_delivered_has_no_kind_of_failure() -> None:
    assert failure_kind(LATER_GOOD) is FailureKind.OTHER


def kind(told: FailureKind) -> CodeMatch:
    return CodeMatch.of_kind(told)


@pytest.mark.parametrize(
    ("codes", "rows"),
    [
        ({CodeMatch.exact(500)}, [delivery()]),
        ({CodeMatch.of_class(5)}, [delivery(), delivery(http_status=599)]),
        ({CodeMatch.of_class(2)}, [GOOD, LATER_GOOD]),
        ({NO_ANSWER}, [TIMED_OUT, REFUSED, ODD, PENDING, TELEGRAPH, delivery(http_status=0)]),
        ({kind(FailureKind.TIMEOUT)}, [TIMED_OUT]),
        ({kind(FailureKind.REFUSED), CodeMatch.exact(200)}, [REFUSED, GOOD, LATER_GOOD]),
        # failed for an unknown reason: neither delivered nor not tried yet
        ({kind(FailureKind.OTHER)}, [ODD, TELEGRAPH]),
        ({kind(FailureKind.HTTP_5XX)}, [delivery(), delivery(http_status=599)]),
    ],
)
def test_codes_match_the_answer_or_what_kept_it_away(
    codes: set[CodeMatch], rows: list[Delivery]
) -> None:
    query = DeliveryQuery(codes=frozenset(codes))
    everything = [
        delivery(), delivery(http_status=599), GOOD, LATER_GOOD, TIMED_OUT, REFUSED, ODD,
        PENDING, TELEGRAPH, delivery(http_status=404),
    ]  # fmt: skip
    assert all(query.matches(row) for row in rows)
    assert not any(query.matches(row) for row in everything if row not in rows)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"since_word": "2026-11-20"}, "depend on now"),
        ({"until_word": "soon"}, "depend on now"),
        ({"since_word": "2h"}, "is `last`"),
        ({"since_word": "today", "since": NOW}, "told twice"),
    ],
)
def test_a_word_instead_of_a_moment_depends_on_now(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DeliveryQuery(**told)


def test_words_are_told_from_the_now_they_are_asked_with() -> None:
    row = delivery(created_at=NOW)
    query = DeliveryQuery(since_word="Today")
    assert query == DeliveryQuery(since_word="today")
    assert query.matches(row, NOW)
    assert not query.matches(row, NOW + timedelta(days=1))
    with pytest.raises(ValueError, match="depends on now"):
        query.matches(row)
    assert [chip.text for chip in query.chips()] == ["since today"]
    assert query.chips()[0].without == EMPTY


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: CodeMatch(404, 599), None),
        (lambda: CodeMatch(450, 549), None),
        (lambda: CodeMatch(0, 99), None),
        (lambda: CodeMatch(0, 10**9), None),
        (lambda: CodeMatch.of_class(6), None),
        (lambda: CodeMatch(kind=FailureKind.HTTP_4XX), None),
        (lambda: CodeMatch.exact(404), "404"),
        (lambda: CodeMatch.of_class(4), "4xx"),
        (lambda: CodeMatch.of_kind(FailureKind.HTTP_4XX), "4xx"),
        (lambda: CodeMatch.of_kind(FailureKind.TLS), "tls"),
        (lambda: CodeMatch.exact(0), "none"),
    ],
)
def test_only_codes_with_a_word_can_be_asked_for(
    make: Callable[[], CodeMatch], word: str | None
) -> None:
    if word is None:
        with pytest.raises(ValueError, match="HTTP code"):
            make()
    else:
        assert make().word == word


@pytest.mark.parametrize(
    ("created", "found"),
    [
        (NOW - 2 * HOUR - timedelta(microseconds=1), False),
        (NOW - 2 * HOUR, True),
        (NOW - HOUR - timedelta(microseconds=1), True),
        (NOW - HOUR, False),
        (NOW, False),
    ],
)
def test_a_period_begins_with_since_and_ends_before_until(
    created: datetime,
    found: bool,  # noqa: FBT001 - a table
) -> None:
    row = delivery(created_at=created)
    query = DeliveryQuery(since=NOW - 2 * HOUR, until=NOW - HOUR)
    assert query.matches(row) is found
    assert replace(query, since=None).matches(row) is (created < NOW - HOUR)
    assert replace(query, until=None).matches(row) is (created >= NOW - 2 * HOUR)


@pytest.mark.parametrize(
    ("created", "found"),
    [
        (NOW - 2 * HOUR - timedelta(seconds=1), False),
        (NOW - 2 * HOUR, True),
        (NOW, True),
        (NOW + 24 * HOUR, True),  # the server's clock is ahead of ours
    ],
)
def test_the_last_hours_end_now_or_with_the_newest(
    created: datetime,
    found: bool,  # noqa: FBT001 - a table
) -> None:
    row, query = delivery(created_at=created), DeliveryQuery(last=2 * HOUR)
    assert query.matches(row, NOW) is found
    assert query.matcher(NOW)(row) is found
    assert query.resolve(NOW).matches(row) is found
    assert replace(query, statuses=frozenset({StatusClass.PENDING})).matches(row, NOW) is False


def test_the_time_of_a_row_is_the_nearest_thing_to_its_creation() -> None:
    row = delivery(created_at=None, last_attempt_at=None, updated_at=NOW)
    assert DeliveryQuery(since=NOW).matches(row)
    assert DeliveryQuery(last=HOUR).matches(row, NOW)


@pytest.mark.parametrize(
    "query",
    [DeliveryQuery(last=LONGEST), DeliveryQuery(since=NOW), DeliveryQuery(until=NOW)],
)
def test_a_row_without_a_time_is_in_no_period(query: DeliveryQuery) -> None:
    row = delivery(created_at=None, last_attempt_at=None, updated_at=None)
    assert not query.matches(row, NOW)
    assert not query.matcher(NOW)(row)


@pytest.mark.parametrize("created", [None, NOW])
def test_what_the_last_hours_are_depends_on_now(created: datetime | None) -> None:
    row = delivery(created_at=created, last_attempt_at=None, updated_at=None)
    query = DeliveryQuery(last=HOUR)
    for ask in (query.matcher, lambda: query.matches(row)):
        with pytest.raises(ValueError, match="now"):
            ask()


def test_a_span_and_a_beginning_must_both_hold() -> None:
    query = DeliveryQuery(last=2 * HOUR, since=NOW - HOUR)
    assert query.resolve(NOW) == DeliveryQuery(since=NOW - HOUR)
    assert query.resolve(NOW + 3 * HOUR) == DeliveryQuery(since=NOW + HOUR)
    assert replace(query, last=None).resolve(NOW) == replace(query, last=None)
    assert not query.matches(delivery(created_at=NOW - 90 * timedelta(minutes=1)), NOW)


def test_the_last_hours_are_hours_also_where_the_clock_was_moved() -> None:
    after = datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/London"))  # 01:30 UTC
    since = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert DeliveryQuery(last=2 * HOUR).resolve(after).since == since


def test_the_edge_of_the_calendar_is_no_edge_of_the_program() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    row = delivery(created_at=first)
    assert DeliveryQuery(last=LONGEST).matches(row, first)
    assert not DeliveryQuery(since=NOW).matches(row)
    assert DeliveryQuery(until=datetime.max.replace(tzinfo=ZoneInfo("Asia/Tokyo"))).matches(row)


@pytest.mark.parametrize(("tries", "found"), [(None, False), (0, False), (2, False), (3, True)])
def test_tries_that_are_not_told_are_too_few(
    tries: int | None,
    found: bool,  # noqa: FBT001 - a table
) -> None:
    assert DeliveryQuery(min_attempts=3).matches(delivery(attempts=tries)) is found
    assert DeliveryQuery(min_attempts=0).matches(delivery(attempts=tries))


def test_every_text_must_occur() -> None:
    row = delivery(error="Timeout", target="https://hooks.acme.com/vz?secret=x")
    assert DeliveryQuery(text="timeout", also=frozenset({"ACME"})).matches(row)
    assert not DeliveryQuery(text="timeout", also=frozenset({"secret"})).matches(row)


def test_one_meaning_has_one_form() -> None:
    zone = ZoneInfo("America/Havana")
    twice = datetime(2026, 11, 1, 0, 30, tzinfo=zone)
    same = [
        (DeliveryQuery(also=frozenset({"b", "a"})), DeliveryQuery(text="a", also=frozenset("b"))),
        (DeliveryQuery(text="a", also=frozenset({"a", ""})), DeliveryQuery(text="a")),
        (DeliveryQuery(since=twice), DeliveryQuery(since=twice.astimezone(UTC))),
    ]
    for one, other in same:
        assert one == other
        assert hash(one) == hash(other)
    assert DeliveryQuery(since=twice) != DeliveryQuery(since=twice.replace(fold=1))
    assert DeliveryQuery(text="a", also=frozenset({"c", "b"})).needles == ("a", "b", "c")
    assert EMPTY.needles == ()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DeliveryQuery(last=timedelta(0)), "span"),
        (lambda: DeliveryQuery(last=LONGEST + timedelta(1)), "span"),
        (lambda: DeliveryQuery(min_attempts=-1), "tries"),
        (lambda: DeliveryQuery(min_attempts=MOST_ATTEMPTS + 1), "tries"),
        (lambda: DeliveryQuery(since=NOW.replace(tzinfo=None)), "zone"),
        (lambda: DeliveryQuery(until=NOW.replace(tzinfo=None)), "zone"),
    ],
)
def test_what_has_no_meaning_cannot_be_made(
    make: Callable[[], DeliveryQuery], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        make()


EVERYTHING = DeliveryQuery(
    statuses=FAILED_ONLY,
    events=frozenset({"Message", "Presence"}),
    text="acme",
    also=frozenset({"vz", "timeout"}),
    codes=frozenset({CodeMatch.of_class(5), CodeMatch.exact(404), kind(FailureKind.DNS)}),
    since=datetime(2026, 3, 14, tzinfo=UTC),
    until=datetime(2026, 3, 14, 9, 30, 5, tzinfo=UTC),
    last=timedelta(hours=24),
    min_attempts=3,
)


def test_each_chip_holds_the_query_without_it() -> None:
    assert [chip.text for chip in EVERYTHING.chips()] == [
        "status: FAILED",
        "event: Message or Presence",
        "code: 404 or 5xx or dns",
        "last 24 h",
        "since 2026-03-14 00:00Z",
        "until 2026-03-14 09:30:05Z",
        "tries: 3 or more",
        'text: "acme"',
        'text: "timeout"',
        'text: "vz"',
    ]
    for chip in EVERYTHING.chips():
        left = [text for text in EVERYTHING.describe() if text != chip.text]
        assert list(chip.without.describe()) == left
    assert EVERYTHING.chips(ZoneInfo("America/Sao_Paulo"))[4].text == "since 2026-03-13 21:00"
    assert EMPTY.chips() == ()


def test_removing_every_chip_shows_everything() -> None:
    query = EVERYTHING
    while chips := query.chips():
        query = chips[-1].without
    assert query.is_empty


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(minutes=30), "last 30 min"),
        (timedelta(hours=36), "last 36 h"),
        (timedelta(days=2), "last 2 d"),
        (timedelta(days=7, minutes=1), "last 7 d 1 min"),
        (timedelta(seconds=90), "last 1 min 30 s"),
    ],
)
def test_spans_are_told_as_people_speak(span: timedelta, text: str) -> None:
    assert DeliveryQuery(last=span).describe() == (text,)


def test_a_query_that_was_used_is_still_a_value() -> None:
    fresh = copy.deepcopy(EVERYTHING)
    assert not EVERYTHING.matches(GOOD, NOW)
    assert fresh == EVERYTHING
    assert hash(fresh) == hash(EVERYTHING)
    assert replace(EVERYTHING, last=None) == EVERYTHING.chips()[3].without
    assert "object" not in repr(EVERYTHING)


WORDS = st.sampled_from(["failed", "FAILED ", "ok", "pending", "", "odd", "502", "time", "out"])
ROWS = st.builds(
    Delivery,
    id=WORDS.map(LogId),
    key=st.just("k"),
    status=WORDS,
    event=WORDS,
    target=st.none() | st.sampled_from(["https://u:p@out.x/ok?time=1#odd", "time", "a?out"]),
    attempts=st.none() | st.integers(0, 4),
    http_status=st.none() | st.sampled_from([0, 200, 404, 499, 502]),
    error=st.none() | WORDS | st.just("timeout"),
    created_at=st.none() | st.timedeltas(-3 * HOUR, 3 * HOUR).map(lambda off: NOW + off),
)
QUERIES = st.builds(
    DeliveryQuery,
    statuses=st.frozensets(st.sampled_from(StatusClass)),
    events=st.frozensets(WORDS, max_size=2),
    text=WORDS | st.just("time") | st.just("o"),
    also=st.frozensets(WORDS, max_size=1),
    codes=st.frozensets(
        st.sampled_from([NO_ANSWER, CodeMatch.of_class(4), CodeMatch.exact(502)])
        | st.sampled_from(FailureKind).map(kind),
        max_size=2,
    ),
    since=st.none() | st.just(NOW - 2 * HOUR),
    until=st.none() | st.just(NOW + HOUR),
    last=st.none() | st.just(HOUR),
    min_attempts=st.integers(0, 3),
)


@given(QUERIES, st.lists(ROWS, max_size=20))
def test_a_row_matches_where_it_matches_each_condition_alone(
    query: DeliveryQuery, rows: list[Delivery]
) -> None:
    alone = [
        DeliveryQuery(statuses=query.statuses),
        DeliveryQuery(events=query.events),
        DeliveryQuery(codes=query.codes),
        DeliveryQuery(since=query.since),
        DeliveryQuery(until=query.until),
        DeliveryQuery(last=query.last),
        DeliveryQuery(min_attempts=query.min_attempts),
    ]
    for row in rows:
        found = all(part.matches(row, NOW) for part in alone)
        found = found and all(contains(row, needle) for needle in query.needles)
        assert query.matches(row, NOW) is found
        assert query.resolve(NOW).matches(row) is found
        assert (not query.statuses or row.status_class in query.statuses) or not found


def plainly(row: Delivery, needle: str) -> bool:
    """What `contains` means, without any haste."""
    place = (row.target or "").split("#")[0].split("?")[0].replace("u:p@", "")
    code = "" if row.http_status is None else str(row.http_status)
    parts = (row.id, row.status, row.status_word, row.event, code, row.error or "", place)
    return any(needle.lower() in part.lower() for part in parts)


@given(ROWS, st.sampled_from(["time", "o", "u:", "PENDING", "Unknown", "40", "x/", "zz", ""]))
def test_text_is_found_in_any_part_that_is_shown(row: Delivery, needle: str) -> None:
    assert contains(row, needle) is plainly(row, needle)


class Unread(str):  # noqa: SLOT000 - it must be a str, and only here
    """Text that must not be searched."""

    @override
    def casefold(self) -> str:
        raise AssertionError("the text was searched in vain")


@pytest.mark.parametrize(
    "query",
    [
        DeliveryQuery(frozenset({StatusClass.PENDING}), text="x"),
        DeliveryQuery(events=frozenset({"Presence"}), text="x"),
        DeliveryQuery(codes=frozenset({NO_ANSWER}), text="x"),
        DeliveryQuery(min_attempts=9, text="x"),
        DeliveryQuery(since=NOW, text="x"),
        DeliveryQuery(last=HOUR, text="x"),
    ],
)
def test_text_is_sought_last(query: DeliveryQuery) -> None:
    row = delivery(id=LogId(Unread("log")), key="k")
    assert not query.matches(row, NOW)
    with pytest.raises(AssertionError):
        DeliveryQuery(text="x").matches(row)
