"""Failures fold into causes that lose no row, invent none, and advise what their code means."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, delivered, delivery
from tests.work import lines_run
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.folding import Fold
from vzaps_tui.domain.healing import Cure, cure, name_of, remedy
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.query import FAILED_ONLY, CodeMatch, DeliveryQuery
from vzaps_tui.domain.selection import Group
from vzaps_tui.domain.triage import (
    BUCKETS,
    FRESH,
    Cause,
    CauseKey,
    Findings,
    Verdict,
    credible_only,
    examine,
    has_odd_times,
    target_host,
    with_times_of,
)

HOST = "hooks.example.com"


def failed(number: int = 1, ago: float = 3600, **changes: Any) -> Delivery:
    """A failure whose only try was `ago` seconds before NOW."""
    at = NOW - timedelta(seconds=ago)
    return delivery(number, **({"created_at": at, "last_attempt_at": at} | changes))


def went_well(number: int, ago: float, **changes: Any) -> Delivery:
    at = NOW - timedelta(seconds=ago)
    return delivered(failed(number, **({"ago": ago} | changes)), last_attempt_at=at)


def fold(rows: Iterable[Delivery]) -> Findings:
    folding = Fold(NOW)
    folding.add(rows)
    return folding.findings()


def one(*rows: Delivery) -> Cause:
    (cause,) = fold(rows).causes
    return cause


def group(**changes: Any) -> Group:
    values: dict[str, Any] = {
        "status": StatusClass.FAILED,
        "code": 503,
        "kind": FailureKind.HTTP_5XX,
        "host": HOST,
        "event": "Message",
        "count": 3,
        "first": NOW - timedelta(hours=3),
        "last": NOW - timedelta(hours=1),
        "sample": 7,
    }
    return Group(**(values | changes))


# -- folding ---------------------------------------------------------------------------------------


def test_nothing_folds_into_nothing() -> None:
    assert fold(()) == examine((), (), NOW) == Findings((), None)
    assert fold(()).failures == 0


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
    found = fold([failed(1, http_status=500), failed(2, **({"http_status": 500} | changes))])
    assert [cause.count for cause in found.causes] == [1, 1]


def test_path_query_error_and_spelling_of_status_do_not() -> None:
    rows = (
        failed(1),
        failed(2, target=f"https://user:word@{HOST.upper()}/else?secret=1#x"),
        failed(3, error="another wording"),
        failed(4, status="ERROR"),
    )
    cause = one(*rows)
    assert cause.count == 4
    assert all(map(cause.holds, rows))
    assert cause.same == CauseKey(FailureKind.HTTP_5XX, 500, HOST, "Message")


def test_only_failures_are_counted() -> None:
    rows = [failed(1), went_well(2, 5000), failed(3, status="pending"), failed(4, status="odd")]
    found = fold(rows)
    assert found.failures == 1
    assert found.causes[0].share == 1.0


def test_what_a_cause_tells() -> None:
    rows = [failed(3, 7200), failed(4, 600, error="newest"), failed(2, 9000)]
    cause = one(*rows)
    assert cause.count == 3
    assert cause.first == NOW - timedelta(seconds=9000)
    assert cause.last == NOW - timedelta(seconds=600)
    assert cause.sample == rows[1]
    assert cause.sample_error == "newest"


def test_a_failure_that_tells_nothing_is_a_cause_too() -> None:
    cause = one(Delivery(LogId(""), "digest", "failed", ""))
    assert cause.same == CauseKey(FailureKind.OTHER, None, "", "")
    assert (cause.first, cause.last) == (None, None)
    assert cause.sample_error == "unknown reason"
    assert cause.verdict is Verdict.UNCLEAR
    assert cause.holds(Delivery(LogId("other"), "other", "failed", ""))


def test_the_most_frequent_come_first_then_the_last_seen() -> None:
    rows = [
        failed(1, 50, event="once, now"),
        failed(2, 900, event="once, long ago"),
        failed(3, 5000, event="twice"),
        failed(4, 6000, event="twice"),
    ]
    assert [cause.same.event for cause in fold(rows).causes] == [
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


def test_the_axis_reaches_from_the_first_failure_to_the_last_delivery_in_round_parts() -> None:
    rows = [failed(1, 6000), failed(2, 5000), went_well(3, 60), went_well(4, 90_000)]
    axis = fold(rows).axis
    assert axis is not None
    assert axis.start == NOW - timedelta(minutes=100)
    assert axis.end == NOW
    assert axis.columns == BUCKETS


def test_a_clock_that_is_ahead_does_not_press_the_rest_together() -> None:
    found = fold([failed(1, 3000), failed(2, -50_000)])
    assert found.axis is not None
    assert found.axis.end <= NOW + timedelta(minutes=10)
    assert found.causes[0].is_fresh


def test_a_log_that_is_all_from_the_future_is_spread_as_any_other() -> None:
    axis = fold([failed(1, -1000), failed(2, -2000)]).axis
    assert axis is not None
    assert axis.end - axis.start < timedelta(hours=1)


def test_a_placeholder_is_no_time() -> None:
    zero = datetime(1, 1, 1, tzinfo=UTC)
    cause = one(failed(1, 100), failed(2, 50, created_at=zero, last_attempt_at=zero))
    assert cause.count == 2
    assert cause.first == cause.last == NOW - timedelta(seconds=100)


ODD_TIMES = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize("odd", ODD_TIMES)
def test_times_that_cannot_be_meant_are_noticed_and_replaced(odd: datetime) -> None:
    good, bad = group(), group(event="Presence", first=odd, last=odd)
    half = group(event="Receipt", first=min(odd, NOW), last=max(odd, NOW))
    assert not has_odd_times([good, group(first=None, last=None)], NOW)
    for groups in ([good, bad], [half]):
        assert has_odd_times(groups, NOW)
    mended = with_times_of([good, bad, half], [good, group(event="Receipt", count=1)])
    assert [one.count for one in mended] == [3, 3, 3]
    assert [(one.first, one.last) for one in mended] == [
        (good.first, good.last),
        (None, None),
        (good.first, good.last),
    ]
    assert not has_odd_times(mended, NOW)


def test_what_asks_for_credible_times_only_keeps_the_querys_own_period() -> None:
    query = credible_only(DeliveryQuery(last=timedelta(hours=2), text="x"), NOW)
    assert (query.since, query.last, query.text) == (NOW - timedelta(hours=2), None, "x")
    assert query.until is not None
    row = failed(1, ago=60)
    assert query.matches(replace(row, error="x"))
    for odd in ODD_TIMES:
        assert not credible_only(DeliveryQuery(), NOW).matches(replace(row, created_at=odd))


# -- healing ---------------------------------------------------------------------------------------

QUIET = FRESH.total_seconds() + 60

Case = tuple[int | None, str | None, FailureKind, Verdict, str]
CASES: list[Case] = [
    (401, None, FailureKind.HTTP_4XX, Verdict.MEND_FIRST, "credentials"),
    (403, None, FailureKind.HTTP_4XX, Verdict.MEND_FIRST, "forbids"),
    (404, None, FailureKind.HTTP_4XX, Verdict.MEND_FIRST, "webhook URL"),
    (410, None, FailureKind.HTTP_4XX, Verdict.MEND_FIRST, "gone for good"),
    (413, None, FailureKind.HTTP_4XX, Verdict.MEND_FIRST, "too large"),
    (422, None, FailureKind.HTTP_4XX, Verdict.MEND_FIRST, "mend its handler"),
    (301, None, FailureKind.OTHER, Verdict.MEND_FIRST, "redirects"),
    (None, "x509: certificate has expired", FailureKind.TLS, Verdict.MEND_FIRST, "TLS"),
    (408, None, FailureKind.HTTP_4XX, Verdict.MAY_HELP, "may help once"),
    (429, None, FailureKind.HTTP_4XX, Verdict.MAY_HELP, "give it time"),
    (500, None, FailureKind.HTTP_5XX, Verdict.MAY_HELP, "the handler is mended"),
    (502, None, FailureKind.HTTP_5XX, Verdict.MAY_HELP, "service behind it"),
    (503, None, FailureKind.HTTP_5XX, Verdict.MAY_HELP, "overloaded"),
    (504, None, FailureKind.HTTP_5XX, Verdict.MAY_HELP, "waited in vain"),
    (599, None, FailureKind.HTTP_5XX, Verdict.MAY_HELP, "in trouble"),
    (None, "timeout: no answer", FailureKind.TIMEOUT, Verdict.MAY_HELP, "too late"),
    (None, "connection refused", FailureKind.REFUSED, Verdict.MAY_HELP, "listens"),
    (None, "DNS: no such host", FailureKind.DNS, Verdict.MAY_HELP, "spelling"),
    (None, "connection reset by peer", FailureKind.RESET, Verdict.MAY_HELP, "broke"),
    (None, "it is what it is", FailureKind.OTHER, Verdict.UNCLEAR, "Retry one"),
    (200, "no body", FailureKind.OTHER, Verdict.UNCLEAR, "Retry one"),
]


@pytest.mark.parametrize(("code", "error", "kind", "verdict", "words"), CASES)
def test_what_a_code_means_for_a_retry(
    code: int | None,
    error: str | None,
    kind: FailureKind,
    verdict: Verdict,
    words: str,
) -> None:
    cause = one(failed(1, QUIET, http_status=code, error=error))
    assert cause.same.kind is kind
    assert cause.verdict is verdict
    assert words in cause.advice
    assert "Still failing" not in cause.advice
    assert ("will not heal" in cause.advice) is (verdict is Verdict.MEND_FIRST)


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
    assert cause.is_over
    assert not cause.is_fresh
    assert cause.verdict is verdict
    assert "Others like it went through since" in cause.advice
    assert "2 like it went through since" in replace(cause, taken_since=2).advice
    assert words in cause.advice


@pytest.mark.parametrize(
    ("changes", "code", "is_over"),
    [
        ({"ago": 30}, 503, True),
        ({"ago": 90}, 503, False),
        ({"ago": 60}, 503, False),
        ({"ago": 30, "target": "https://other.example.com/vz"}, 503, False),
        ({"ago": 30, "event": "Presence"}, 503, False),
        ({"ago": 30, "event": "Presence"}, None, True),
        ({"ago": 30, "target": f"https://{HOST}/elsewhere"}, None, True),
    ],
)
def test_only_what_came_later_from_the_same_host_counts(
    changes: dict[str, Any],
    code: int | None,
    is_over: bool,  # noqa: FBT001 - a table
) -> None:
    rows = [failed(1, 60, http_status=code, error="timeout"), went_well(2, **changes)]
    cause = one(*rows)
    assert cause.is_over is is_over
    asked = cause.went_through()
    assert (asked is not None) is is_over
    if asked is not None:
        assert asked.matches(rows[1])
        assert not asked.matches(rows[0])


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
    found = fold(rows)
    for row in rows:
        holding = [cause for cause in found.causes if cause.holds(row)]
        assert len(holding) == (row.status_class is StatusClass.FAILED)
    for cause in found.causes:
        assert cause.count == sum(map(cause.holds, rows))
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
        since = (cause.is_over, cause.is_fresh, cause.verdict, cause.advice)
        return cause.key, cause.count, cause.first, cause.last, since

    assert list(map(told, fold(rows).causes)) == list(map(told, fold(mixed).causes))


@given(st.lists(ROWS, max_size=15))
def test_what_a_cause_tells_holds_for_its_rows(rows: list[Delivery]) -> None:
    # Targets as an archive keeps them.
    rows = [replace(row, target=row.target and mask_url(row.target)) for row in rows]
    for cause in fold(rows).causes:
        assert cause.sample is not None
        assert cause.holds(cause.sample)
        assert 0 < cause.share <= 1
        assert cause.advice.endswith(".")
        assert "@" not in cause.same.host
        mine = list(filter(cause.holds, rows))
        for narrowed in (cause.narrowed(DeliveryQuery()), cause.alike(DeliveryQuery())):
            assert all(map(narrowed.matcher(), mine)), "the filter shows all of the group"


@given(st.lists(ROWS, max_size=60))
def test_folding_part_by_part_is_folding(rows: list[Delivery]) -> None:
    parts, whole = Fold(NOW), Fold(NOW)
    whole.add(rows)
    for start in range(0, len(rows), 7):
        parts.add(rows[start : start + 7])
        parts.findings()
    assert parts.findings() == whole.findings()
    assert (parts.words, parts.first, parts.last) == (whole.words, whole.first, whole.last)
    assert sum(whole.words.values()) == len(rows)


def test_errors_that_are_all_different_are_not_kept() -> None:
    folding = Fold(NOW)
    for start in range(0, 50_000, 5000):
        folding.add(failed(n, n, error=f"error {n}") for n in range(start, start + 5000))
    assert len(folding._raw) <= 25_000  # pyright: ignore[reportPrivateUsage] - what memory holds
    assert folding.findings().causes[0].count == 50_000


# -- speed -----------------------------------------------------------------------------------------


def many(count: int) -> list[Delivery]:
    """All failed, by twenty events, five hosts and three errors: three hundred causes."""
    errors = ((502, "bad gateway"), (None, "timeout"), (None, "connection refused"))
    rows: list[Delivery] = []
    for number in range(count):
        code, error = errors[number % 3]
        where = {"target": f"https://h{number % 5}.example/x", "event": f"event {number % 20}"}
        rows.append(failed(number, number, http_status=code, error=error, **where))
    return rows


def cost(rows: list[Delivery]) -> int:
    return lines_run(lambda: fold(rows), file="vzaps_tui")


def test_ten_times_the_rows_are_no_more_than_ten_times_the_work() -> None:
    assert cost(many(3_900)) < 10.5 * cost(many(390))
