"""Failures fold into causes that lose no row, invent none, and advise what their code means."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, delivered, delivery
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.healing import Cure, cure, name_of, remedy
from vzaps_tui.domain.query import FAILED_ONLY, CodeMatch, DeliveryQuery
from vzaps_tui.domain.triage import (
    BUCKETS,
    FRESH,
    Cause,
    CauseKey,
    Verdict,
    examine,
    fold,
    target_host,
)

HOST = "hooks.example.com"


def failed(number: int = 1, ago: float = 3600, **changes: Any) -> Delivery:
    """A failure whose only try was `ago` seconds before NOW."""
    at = NOW - timedelta(seconds=ago)
    return delivery(number, **({"created_at": at, "last_attempt_at": at} | changes))


def went_well(number: int, ago: float, **changes: Any) -> Delivery:
    at = NOW - timedelta(seconds=ago)
    return delivered(failed(number, **({"ago": ago} | changes)), last_attempt_at=at)


def one(*rows: Delivery) -> Cause:
    (cause,) = fold(rows, NOW)
    return cause


# -- folding ---------------------------------------------------------------------------------------


def test_nothing_folds_into_nothing() -> None:
    found = examine((), NOW)
    assert (found.causes, found.failures, found.looked_at) == ((), 0, 0)
    assert found.begins is None
    assert found.ends is None


@pytest.mark.parametrize(
    "changes",
    [
        {"http_status": 503},
        {"http_status": None, "error": "timeout"},
        {"event": "Presence"},
        {"target": "https://other.example.com/vz"},
        {"target": f"https://{HOST}:8443/vz"},
    ],
)
def test_kind_code_host_and_event_tell_causes_apart(changes: dict[str, Any]) -> None:
    causes = fold([failed(1, http_status=500), failed(2, **({"http_status": 500} | changes))], NOW)
    assert [cause.count for cause in causes] == [1, 1]


def test_path_query_error_and_spelling_of_status_do_not() -> None:
    rows = (
        failed(1),
        failed(2, target=f"https://user:word@{HOST.upper()}/else?secret=1#x"),
        failed(3, error="another wording"),
        failed(4, status="ERROR"),
    )
    cause = one(*rows)
    assert cause.rows == rows
    assert cause.wordings == 2
    assert cause.same == CauseKey(FailureKind.HTTP_5XX, 500, HOST, "Message")


def test_only_failures_are_counted() -> None:
    rows = [failed(1), went_well(2, 5000), failed(3, status="pending"), failed(4, status="odd")]
    found = examine(rows, NOW)
    assert found.failures == 1
    assert found.looked_at == 4
    assert found.causes[0].share == 1.0


def test_what_a_cause_tells() -> None:
    rows = [
        failed(4, 600, attempts=1, error="newest by creation"),
        failed(
            3,
            7200,
            attempts=5,
            error="tried last",
            last_attempt_at=NOW - timedelta(seconds=400),
        ),
        failed(2, 9000, attempts=None),
    ]
    cause = one(*rows)
    assert cause.count == 3
    assert cause.first == NOW - timedelta(seconds=9000)
    assert cause.last == NOW - timedelta(seconds=400)
    assert cause.tries == (1, 5)
    assert cause.sample.id == "log_3"
    assert cause.sample_error == "tried last"


def test_a_failure_that_tells_nothing_is_a_cause_too() -> None:
    cause = one(Delivery(LogId(""), "digest", "failed", ""))
    assert cause.same == CauseKey(FailureKind.OTHER, None, "", "")
    assert (cause.first, cause.last, cause.tries) == (None, None, None)
    assert cause.sample_error == "unknown reason"
    assert cause.verdict is Verdict.UNCLEAR
    assert sum(cause.spark) == 0


def test_the_most_frequent_come_first_then_the_last_seen() -> None:
    rows = [
        failed(1, 50, event="once, now"),
        failed(2, 900, event="once, long ago"),
        failed(3, 5000, event="twice"),
        failed(4, 6000, event="twice"),
    ]
    assert [cause.same.event for cause in fold(rows, NOW)] == [
        "twice",
        "once, now",
        "once, long ago",
    ]


def test_the_key_of_a_cause_stays_while_its_rows_change() -> None:
    before, after = one(failed(1)), one(failed(1), failed(2, 5, error="else"))
    assert before.key == after.key
    assert before.key != one(failed(1, http_status=501)).key


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://Hooks.Example.com/vz?secret=1", "hooks.example.com"),
        ("http://127.0.0.1:3000/hook", "127.0.0.1:3000"),
        ("https://user:pa/ss?w@rd@h.example/x", "h.example"),
        ("https://[::1]:8080/x", "[::1]:8080"),
        ("hooks.example.com/vz", "hooks.example.com"),
        ("hooks.example.com//vz", "hooks.example.com"),
        ("//h.example/x", "h.example"),
        ("https://h.example#f", "h.example"),
        ("https://h.example", "h.example"),
        ("", ""),
        (None, ""),
        ("https://", ""),
        ("https://[bad", "[bad"),
    ],
)
def test_the_host_of_a_target(target: str | None, host: str) -> None:
    assert target_host(target) == host


# -- times -----------------------------------------------------------------------------------------


def test_the_spark_counts_in_equal_parts_of_all_that_was_looked_at() -> None:
    # 0 to 100 minutes ago: ten minutes a column, also where only one of two causes was seen.
    rows = [went_well(0, 6000), went_well(1, 0)]
    rows += [failed(number + 2, 60 * minutes) for number, minutes in enumerate((95, 94, 31, 1))]
    found = examine(rows, NOW)
    assert found.causes[0].spark == (2, 0, 0, 0, 0, 0, 1, 0, 0, 1)
    assert (found.begins, found.ends) == (NOW - timedelta(seconds=6000), NOW)


def test_one_moment_is_one_full_column() -> None:
    assert one(failed(1, 60), failed(2, 60)).spark == (0,) * (BUCKETS - 1) + (2,)


def test_rows_from_the_future_are_drawn_at_the_end() -> None:
    rows = [failed(1, 1000), failed(2, 0), failed(3, -500_000)]
    found = examine(rows, NOW)
    assert found.ends == NOW
    assert found.causes[0].spark == (1,) + (0,) * (BUCKETS - 2) + (2,)
    assert found.causes[0].is_fresh


def test_a_log_that_is_all_from_the_future_is_spread_as_any_other() -> None:
    rows = [failed(1, -1000), failed(2, -2000)]
    assert one(*rows).spark == (1,) + (0,) * (BUCKETS - 2) + (1,)


def test_a_placeholder_is_no_time() -> None:
    zero = datetime(1, 1, 1, tzinfo=UTC)
    rows = [failed(1, 100), failed(2, 50, created_at=zero, last_attempt_at=zero)]
    found = examine(rows, NOW)
    assert found.begins == NOW - timedelta(seconds=100)
    assert found.causes[0].count == 2
    assert found.causes[0].first == found.causes[0].last == found.begins
    assert sum(found.causes[0].spark) == 1


# -- healing ---------------------------------------------------------------------------------------

QUIET = FRESH.total_seconds() + 60

Case = tuple[int | None, str | None, FailureKind, bool | None, Verdict, str]
CASES: list[Case] = [
    (401, None, FailureKind.HTTP_4XX, False, Verdict.MEND_FIRST, "credentials"),
    (403, None, FailureKind.HTTP_4XX, False, Verdict.MEND_FIRST, "forbids"),
    (404, None, FailureKind.HTTP_4XX, False, Verdict.MEND_FIRST, "webhook URL"),
    (410, None, FailureKind.HTTP_4XX, False, Verdict.MEND_FIRST, "gone for good"),
    (413, None, FailureKind.HTTP_4XX, False, Verdict.MEND_FIRST, "too large"),
    (422, None, FailureKind.HTTP_4XX, False, Verdict.MEND_FIRST, "mend its handler"),
    (301, None, FailureKind.OTHER, False, Verdict.MEND_FIRST, "redirects"),
    (None, "x509: certificate has expired", FailureKind.TLS, False, Verdict.MEND_FIRST, "TLS"),
    (408, None, FailureKind.HTTP_4XX, True, Verdict.MAY_HELP, "may help once"),
    (429, None, FailureKind.HTTP_4XX, True, Verdict.MAY_HELP, "give it time"),
    (500, None, FailureKind.HTTP_5XX, True, Verdict.MAY_HELP, "the handler is mended"),
    (502, None, FailureKind.HTTP_5XX, True, Verdict.MAY_HELP, "service behind it"),
    (503, None, FailureKind.HTTP_5XX, True, Verdict.MAY_HELP, "overloaded"),
    (504, None, FailureKind.HTTP_5XX, True, Verdict.MAY_HELP, "waited in vain"),
    (599, None, FailureKind.HTTP_5XX, True, Verdict.MAY_HELP, "in trouble"),
    (None, "timeout: no answer", FailureKind.TIMEOUT, True, Verdict.MAY_HELP, "too late"),
    (None, "connection refused", FailureKind.REFUSED, True, Verdict.MAY_HELP, "listens"),
    (None, "DNS: no such host", FailureKind.DNS, True, Verdict.MAY_HELP, "spelling"),
    (None, "connection reset by peer", FailureKind.RESET, True, Verdict.MAY_HELP, "broke"),
    (None, "it is what it is", FailureKind.OTHER, None, Verdict.UNCLEAR, "Retry one"),
    (200, "no body", FailureKind.OTHER, None, Verdict.UNCLEAR, "Retry one"),
]


@pytest.mark.parametrize(("code", "error", "kind", "heals", "verdict", "words"), CASES)
def test_what_a_code_means_for_a_retry(
    code: int | None,
    error: str | None,
    kind: FailureKind,
    heals: bool | None,  # noqa: FBT001 - a table
    verdict: Verdict,
    words: str,
) -> None:
    cause = one(failed(1, QUIET, http_status=code, error=error))
    assert cause.same.kind is kind
    assert cause.can_heal is heals
    assert cause.verdict is verdict
    assert words in cause.advice
    assert "Still failing" not in cause.advice
    assert ("will not heal" in cause.advice) is (heals is False)


@pytest.mark.parametrize(
    ("ago", "fresh"), [(0, True), (FRESH.total_seconds(), True), (FRESH.total_seconds() + 1, False)]
)
def test_what_failed_in_the_last_minutes_is_to_be_mended_first(
    ago: float,
    fresh: bool,  # noqa: FBT001 - a table
) -> None:
    cause = one(failed(1, ago, http_status=503))
    assert cause.is_fresh is fresh
    assert (cause.verdict is Verdict.STILL_FAILING) is fresh
    assert cause.advice.startswith("Still failing now, mend it first.") is fresh
    gone = one(failed(1, ago, http_status=404))
    assert gone.verdict is Verdict.MEND_FIRST
    assert gone.advice.startswith("Still failing now.") is fresh


@pytest.mark.parametrize(
    ("code", "error", "verdict", "words"),
    [
        (503, None, Verdict.LIKELY, "a retry can help now"),
        (None, "timeout", Verdict.LIKELY, "a retry can help now"),
        (404, None, Verdict.LIKELY, "a retry can help now"),
        (500, None, Verdict.MAY_HELP, "fails for what it carries"),
        (413, None, Verdict.MEND_FIRST, "it is what these carry"),
        (None, "odd", Verdict.LIKELY, "a retry can help now"),
    ],
)
def test_what_the_host_took_since_is_told(
    code: int | None, error: str | None, verdict: Verdict, words: str
) -> None:
    rows = [failed(1, 60, http_status=code, error=error), went_well(2, 30), went_well(3, 20)]
    cause = one(*rows)
    assert cause.taken_since == 2
    assert not cause.is_fresh
    assert cause.verdict is verdict
    assert "2 like it went through since" in cause.advice
    assert words in cause.advice


@pytest.mark.parametrize(
    ("changes", "code", "since"),
    [
        ({"ago": 30}, 503, 1),
        ({"ago": 90}, 503, 0),
        ({"ago": 60}, 503, 0),
        ({"ago": 30, "target": "https://other.example.com/vz"}, 503, 0),
        ({"ago": 30, "event": "Presence"}, 503, 0),
        ({"ago": 30, "event": "Presence"}, None, 1),
        ({"ago": 30, "target": f"https://{HOST}/elsewhere"}, None, 1),
    ],
)
def test_only_what_came_later_from_the_same_host_counts(
    changes: dict[str, Any], code: int | None, since: int
) -> None:
    rows = [failed(1, 60, http_status=code, error="timeout"), went_well(2, **changes)]
    assert one(*rows).taken_since == since


def test_what_the_host_took_may_come_in_any_order() -> None:
    rows = [went_well(1, 10), failed(2, 60), went_well(3, 90), went_well(4, 30)]
    assert one(*rows).taken_since == 2


@pytest.mark.parametrize(
    ("kind", "code", "name"),
    [
        (FailureKind.HTTP_5XX, 502, "502 Bad Gateway"),
        (FailureKind.HTTP_4XX, 404, "404 Not Found"),
        (FailureKind.HTTP_5XX, 599, "HTTP 599"),
        (FailureKind.OTHER, 302, "302 Found"),
        (FailureKind.OTHER, None, "unknown reason"),
        (FailureKind.DNS, None, "DNS: no such host"),
        (FailureKind.TIMEOUT, None, "timeout"),
        (FailureKind.TIMEOUT, 200, "timeout (HTTP 200)"),
    ],
)
def test_names(kind: FailureKind, code: int | None, name: str) -> None:
    assert name_of(kind, code) == name


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("code", [None, -1, 0, 99, 200, 302, 404, 499, 500, 999])
def test_every_kind_and_code_has_words(kind: FailureKind, code: int | None) -> None:
    assert isinstance(cure(kind, code), Cure)
    assert remedy(kind, code).endswith(".")
    assert name_of(kind, code)


# -- narrowing -------------------------------------------------------------------------------------


def test_a_cause_narrows_the_query_it_was_found_under() -> None:
    query = DeliveryQuery(text="log", last=timedelta(hours=2))
    narrowed = one(failed(1, http_status=404)).narrowed(query)
    assert narrowed == DeliveryQuery(
        FAILED_ONLY,
        frozenset({"Message"}),
        "log",
        also=frozenset({HOST}),
        codes=frozenset({CodeMatch.exact(404)}),
        last=timedelta(hours=2),
    )


def test_without_an_http_answer_it_narrows_by_kind() -> None:
    row = failed(1, http_status=None, error="connection refused", target=None)
    narrowed = one(row).narrowed(DeliveryQuery())
    assert narrowed.codes == {CodeMatch.of_kind(FailureKind.REFUSED)}
    assert narrowed.needles == ()


# -- anything at all -------------------------------------------------------------------------------

MOMENTS = st.one_of(
    st.none(),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))])),
    st.integers(-90_000, 90_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
)
TARGETS = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(
        [
            f"https://{HOST}/a?b=c",
            f"https://u:p@{HOST}/x",
            f"https://u:p?q@{HOST}/x",
            "https://STRASSE.example/",
            "https://straße.example/İ",
        ]
    ),
)
ERRORS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["timeout", "connection refused", "no such host", "EOF", "x509"]),
)
ROWS = st.builds(
    Delivery,
    id=st.text(max_size=3).map(LogId),
    key=st.uuids().map(str),
    status=st.sampled_from(["failed", "FAILED", "error", "delivered", "pending", "", "odd"]),
    event=st.sampled_from(["Message", "Presence", "", "\n|"]),
    target=TARGETS,
    attempts=st.one_of(st.none(), st.integers(0, 9)),
    http_status=st.one_of(st.none(), st.sampled_from([0, 200, 302, 404, 500, 502, 599, -1, 1000])),
    error=ERRORS,
    created_at=MOMENTS,
    last_attempt_at=MOMENTS,
)


@given(st.lists(ROWS, max_size=25))
def test_every_failure_is_in_one_cause_and_nothing_else_is(rows: list[Delivery]) -> None:
    found = examine(rows, NOW)
    folded = [row.key for cause in found.causes for row in cause.rows]
    assert sorted(folded) == sorted(
        row.key for row in rows if row.status_class is StatusClass.FAILED
    )
    assert len({cause.key for cause in found.causes}) == len(found.causes)
    counts = [cause.count for cause in found.causes]
    assert counts == sorted(counts, reverse=True)
    if found.causes:
        assert abs(sum(cause.share for cause in found.causes) - 1) < 1e-9


@given(st.lists(ROWS, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Delivery], dice: random.Random) -> None:
    mixed = list(rows)
    dice.shuffle(mixed)

    def told(cause: Cause) -> tuple[object, ...]:
        since = (cause.taken_since, cause.is_fresh, cause.verdict, cause.advice)
        return cause.key, cause.count, cause.first, cause.last, cause.spark, cause.tries, since

    assert list(map(told, fold(rows, NOW))) == list(map(told, fold(mixed, NOW)))


@given(st.lists(ROWS, max_size=15))
def test_what_a_cause_tells_holds_for_its_rows(rows: list[Delivery]) -> None:
    for cause in fold(rows, NOW):
        assert cause.sample in cause.rows
        assert len(cause.spark) == BUCKETS
        assert sum(cause.spark) <= cause.count
        assert 0 < cause.share <= 1
        assert cause.advice.endswith(".")
        assert "@" not in cause.same.host
        narrowed = cause.narrowed(DeliveryQuery())
        assert all(map(narrowed.matcher(), cause.rows)), "the filter shows all of the group"


# -- speed -----------------------------------------------------------------------------------------


def many(count: int) -> list[Delivery]:
    """All failed, by twenty events, five hosts and three errors: three hundred causes."""
    errors = ((502, "bad gateway"), (None, "timeout"), (None, "connection refused"))
    rows: list[Delivery] = []
    for number in range(count):
        code, error = errors[number % 3]
        where = {"target": f"https://h{number % 5}.example/x", "event": f"event {number % 20}"}
        rows.append(failed(number, number, http_status=code, error=error, **where))
        if number % 2:
            rows.append(went_well(-number, number, **where))
    return rows


def cost(rows: list[Delivery]) -> float:
    """Seconds of the processor, the least of five."""
    spent: list[float] = []
    for _ in range(5):
        begin = time.thread_time()
        fold(rows, NOW)
        spent.append(time.thread_time() - begin)
    return min(spent)


def test_ten_times_the_rows_cost_about_ten_times_the_time() -> None:
    assert cost(many(13_000)) < 25 * cost(many(1_300))
