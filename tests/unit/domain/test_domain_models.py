"""Deliveries, pages, envelopes and problems: the small rules they carry."""

from __future__ import annotations

import inspect
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain import problems
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass, classify
from vzaps_tui.domain.envelope import Answer, Envelope, Question, Source
from vzaps_tui.domain.paging import End, Listing, Page
from vzaps_tui.domain.problems import RateLimitedError, VzapsError

T1 = datetime(2026, 9, 18, tzinfo=UTC)
T2 = T1 + timedelta(hours=1)
ROW = Delivery(LogId("a"), "a", "failed", "Message")


@pytest.mark.parametrize(
    ("word", "http_status", "kind"),
    [
        *((word, None, StatusClass.FAILED) for word in ("failed", "ERROR", " Dead ")),
        *((w, 200, StatusClass.PENDING) for w in ("pending", "queued", "retrying", "processing")),
        *(
            (word, 500, StatusClass.DELIVERED)
            for word in ("success", "succeeded", "delivered", "sent", "ok", "completed")
        ),
        ("skipped", 200, StatusClass.OTHER),
        ("", None, StatusClass.OTHER),
        ("", 204, StatusClass.DELIVERED),
        (" ", 299, StatusClass.DELIVERED),
        ("", 199, StatusClass.FAILED),
        ("", 300, StatusClass.FAILED),
        ("", 0, StatusClass.FAILED),
    ],
)
def test_classify(word: str, http_status: int | None, kind: StatusClass) -> None:
    assert classify(word, http_status) is kind


@pytest.mark.parametrize(
    ("status", "http_status", "word"),
    [
        ("success", None, "DELIVERED"),
        ("skipped", None, "SKIPPED"),
        ("", 500, "FAILED"),
        ("", None, "UNKNOWN"),
        ("  ", None, "UNKNOWN"),
    ],
)
def test_status_word(status: str, http_status: int | None, word: str) -> None:
    assert replace(ROW, status=status, http_status=http_status).status_word == word


@given(st.text(), st.one_of(st.none(), st.integers()))
def test_every_status_has_a_word(status: str, http_status: int | None) -> None:
    assert replace(ROW, status=status, http_status=http_status).status_word.strip()


def test_time_is_the_nearest_known() -> None:
    assert ROW.time is None
    assert replace(ROW, updated_at=T2).time == T2
    assert replace(ROW, last_attempt_at=T1, updated_at=T2).time == T1
    assert replace(ROW, created_at=T2, last_attempt_at=T1).time == T2


def test_models_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        ROW.status = "delivered"  # pyright: ignore[reportAttributeAccessIssue] - the point of the test


def page(rows: int, number: int = 1, **told: int) -> Page[int]:
    return Page(tuple(range(rows)), number, 50, **told)


@pytest.mark.parametrize(
    ("one", "last"),
    [
        pytest.param(page(0), True, id="no rows"),
        pytest.param(page(0, total=500), True, id="no rows, whatever the total"),
        pytest.param(page(50), False, id="full"),
        pytest.param(page(49), True, id="short"),
        pytest.param(page(49, unreadable=1), False, id="full of rows, one unreadable"),
        pytest.param(page(0, unreadable=50), False, id="full of unreadable rows"),
        pytest.param(page(50, total=50), True, id="total reached"),
        pytest.param(page(50, total=51), False, id="total not reached"),
        pytest.param(page(1, 2, total=51), True, id="total reached on the second"),
        pytest.param(page(20, total=45), False, id="the server gives less than asked"),
        pytest.param(page(50, total=0), False, id="a total that cannot be"),
        pytest.param(page(50, total_pages=1, total=99), True, id="pages before total"),
        pytest.param(page(20, total_pages=2), False, id="pages before shortness"),
        pytest.param(page(50, total_pages=0), False, id="pages that cannot be"),
    ],
)
def test_the_last_page(one: Page[int], last: bool) -> None:  # noqa: FBT001 - a table
    assert one.is_last is last


@given(st.integers(0, 300), st.integers(1, 60), st.booleans(), st.booleans())
def test_an_honest_server_is_read_to_the_end(
    total: int,
    size: int,
    tells_total: bool,  # noqa: FBT001 - drawn
    tells_pages: bool,  # noqa: FBT001 - drawn
) -> None:
    log, read, number = list(range(total)), list[int](), 0
    while True:
        number += 1
        got = Page(
            tuple(log[(number - 1) * size : number * size]),
            number,
            size,
            total if tells_total else None,
            -(-total // size) if tells_pages else None,
        )
        read += got.items
        if got.is_last:
            break
    assert read == log


def test_a_listing_begins_open() -> None:
    assert Listing().end is End.MORE


def test_generic_models_can_be_made_with_their_type() -> None:
    assert Listing[int]() == Listing()
    assert Page[int]((1,), 1, 50) == Page((1,), 1, 50)
    assert Answer[int](1) == Answer(1)
    assert Envelope[int](1, T1) == Envelope(1, T1)


def test_an_envelope_tells_its_source_and_its_trouble() -> None:
    live = Envelope([1], T1)
    assert live.source is Source.LIVE
    assert live.cached() == replace(live, source=Source.CACHE)
    troubled = live.troubled("no route")
    assert (troubled.data, troubled.fetched_at) == ([1], T1)
    assert (troubled.source, troubled.problem) == (Source.CACHE, "no route")
    assert live.is_of_this_run
    assert live.cached().cached().is_of_this_run
    assert troubled.is_of_this_run
    assert not live.from_store().cached().is_of_this_run
    assert Answer(1) == Answer(1, 200, success=True, request_id=None)


def test_no_two_accounts_ask_the_same_question() -> None:
    one = Question("https://a", "x", "VZ1", "deliveries", "failed")
    others = {replace(one, **{name: "other"}) for name in one.__dataclass_fields__}
    assert len(others | {one}) == 6


TREE = [
    kind
    for _, kind in inspect.getmembers(problems, inspect.isclass)
    if issubclass(kind, VzapsError)
]


@pytest.mark.parametrize("kind", TREE)
def test_every_problem_says_what_and_what_next(kind: type[VzapsError]) -> None:
    problem = kind("the reason", request_id="req-1")
    assert problem.title
    assert problem.hint
    assert problem.summary == f"{kind.title}: the reason"
    assert kind().summary == kind.title
    assert problem.request_id == "req-1"
    assert str(problem) == "the reason"


def test_problems_have_titles_of_their_own() -> None:
    assert len({kind.title for kind in TREE}) == len(TREE) > 10


def test_what_is_known_of_one_problem_stays_with_it() -> None:
    problem = VzapsError("x", hint="do this", acted=True, status=500)
    assert (problem.hint, problem.acted, problem.status) == ("do this", True, 500)
    assert VzapsError("x").acted is False
    assert VzapsError("x").hint != "do this"
    assert RateLimitedError(retry_after=3).retry_after == 3
    assert RateLimitedError().status == 429


def test_only_what_surely_did_not_act_says_so() -> None:
    unsure = {kind.__name__ for kind in TREE if kind().acted}
    assert unsure == {"UnavailableError", "TroubledError", "ProtocolError"}
