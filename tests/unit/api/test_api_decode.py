"""HTTP answers to payloads or problems; each oddity of CONTRACT 2 and 7 (row 13, 14) a row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.api.api_bench import NOW, reply
from vzaps_tui.api import decode
from vzaps_tui.api.call import Reply
from vzaps_tui.domain.masking import MASK, Masker, Secret
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    TroubledError,
    UnavailableError,
    VzapsError,
)


def unwrap(status: int, body: bytes | str = b"", **headers: str) -> decode.Unwrapped:
    return decode.unwrap(reply(status, body, **headers), now=NOW)


@pytest.mark.parametrize(
    ("body", "payload", "code"),
    [
        ({"code": 200, "success": True, "data": {"a": 1}}, {"a": 1}, 200),
        ({"code": 202, "success": True, "data": [1]}, [1], 202),
        ({"Code": 201, "Success": True, "Data": {"a": 1}}, {"a": 1}, 201),
        ({"code": 200, "data": {"a": 1}}, {"a": 1}, 200),
        ({"success": True, "data": {"a": 1}}, {"a": 1}, 200),
        ({"success": True, "data": None}, None, 200),
        ({"code": "200", "success": "true", "data": {"a": 1}}, {"a": 1}, 200),
        ({"code": "ok", "success": True, "data": {"a": 1}}, {"a": 1}, 200),
        # bare bodies (CONTRACT 2.2)
        ({"access_token": "x"}, {"access_token": "x"}, 200),
        ({"data": [1, 2], "page": 1}, {"data": [1, 2], "page": 1}, 200),
        ({"status": "ok"}, {"status": "ok"}, 200),
        ({"success": True}, {"success": True}, 200),
        ([1, 2], [1, 2], 200),
    ],
)
def test_envelope(body: Any, payload: Any, code: int) -> None:
    found = unwrap(200, json.dumps(body))
    assert (found.payload, found.code, found.whole) == (payload, code, body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"code": 400, "success": False, "error": "bad id"}, "bad id"),
        ({"success": False}, "success is false, and no reason is given"),
        ({"success": "false", "message": "no"}, "no"),
        ({"success": 0, "detail": "no"}, "no"),
        ({"success": False, "data": {"error": "inner"}}, "inner"),
        ({"code": 500, "error": "boom"}, "boom"),
    ],
)
def test_a_200_that_says_no(body: Any, reason: str) -> None:
    with pytest.raises(RejectedError) as caught:
        unwrap(200, json.dumps(body), x_request_id="r-1")
    assert (caught.value.reason, caught.value.status) == (reason, 200)
    assert caught.value.request_id == "r-1"
    assert not caught.value.acted


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "acted"),
    [
        (400, RejectedError, False, False),
        (401, AuthError, False, False),
        (403, ForbiddenError, False, False),
        (404, NotFoundError, False, False),
        (405, NotOfferedError, False, False),
        (408, UnavailableError, True, True),
        (409, RejectedError, False, False),
        (418, RejectedError, False, False),
        (422, RejectedError, False, False),
        (429, RateLimitedError, True, False),
        (500, TroubledError, True, True),
        (502, TroubledError, True, True),
        (503, TroubledError, True, True),
        (599, TroubledError, True, True),
    ],
)
def test_status_codes(status: int, kind: type[VzapsError], *, retryable: bool, acted: bool) -> None:
    with pytest.raises(kind) as caught:
        unwrap(status, '{"error": "words"}', x_request_id="r-9")
    problem = caught.value
    assert type(problem) is kind
    assert (problem.status, problem.request_id) == (status, "r-9")
    assert (problem.retryable, problem.acted) == (retryable, acted)
    assert "words" in problem.reason


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"errors": [{"message": "1"}], "error": "2", "message": "3"}, "1"),
        ({"errors": ["1"], "error": "2"}, "1"),
        ({"errors": [], "error": "2", "message": "3"}, "2"),
        ({"error": "2", "message": "3", "detail": "4"}, "2"),
        ({"error": {"message": "2"}, "message": "3"}, "2"),
        ({"error": "", "message": "3", "detail": "4"}, "3"),
        ({"error": None, "detail": "4", "data": {"error": "5"}}, "4"),
        ({"data": {"error": "5"}}, "5"),
        ({"Message": "3"}, "3"),
        ({"code": "rate_limited", "message": "slow down"}, "slow down"),
        ({"other": 1}, ""),
        ([1], ""),
        (None, ""),
    ],
)
def test_the_servers_words(body: Any, words: str) -> None:
    assert decode.message_of(body) == words


@pytest.mark.parametrize(
    ("status", "body", "headers", "reason"),
    [
        (502, "<html><h1>Bad</h1></html>", {}, "502 Bad Gateway (HTML page)"),
        (502, "x", {"content_type": "text/html; charset=utf-8"}, "502 Bad Gateway (HTML page)"),
        (500, "", {}, "500 Internal Server Error"),
        (500, "oh no", {}, "500 Internal Server Error: oh no"),
        (503, '{"message":"down"}', {}, "503 Service Unavailable: down"),
        (404, "", {}, "404 Not Found"),
        (404, '{"error":"no such log"}', {}, "no such log"),
        (422, '"just text"', {}, "just text"),
        (599, "null", {}, "599"),
        (400, b"\xff\xfe\x00bad", {}, "\ufffd\ufffd\x00bad"),
        (400, "a\n  b\tc", {}, "a b c"),
    ],
)
def test_reasons(status: int, body: bytes | str, headers: dict[str, str], reason: str) -> None:
    with pytest.raises(VzapsError) as caught:
        unwrap(status, body, **headers)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("Thu, 17 Sep 2026 12:00:09 GMT", 9.0), ("x", None), (None, None)],
)
def test_429_tells_its_wait(header: str | None, seconds: float | None) -> None:
    headers = {} if header is None else {"retry_after": header}
    with pytest.raises(RateLimitedError) as caught:
        unwrap(429, "", **headers)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        ("", {}, "an empty answer"),
        (" \r\n ", {}, "an empty answer"),
        ("null", {}, "null"),
        ("<!doctype html><p>Log in to the hotel Wi-Fi", {}, "HTML page instead of JSON"),
        ("{}", {"content_type": "Text/HTML"}, "HTML page instead of JSON"),
        ("  <html>", {}, "HTML page instead of JSON"),
        ('{"data": [1, 2', {}, "cut short"),
        ("plain words", {}, "not JSON"),
        (b"\xff\xff\xff\xff", {}, "not readable"),
        ("[" * 200_000, {}, "nested too deep"),
        ("9" * 10_000, {}, "not readable"),
    ],
)
def test_answers_that_make_no_sense(body: bytes | str, headers: dict[str, str], words: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        unwrap(200, body, x_request_id="r-2", **headers)
    assert words in caught.value.reason
    assert caught.value.request_id == "r-2"
    assert caught.value.acted


@pytest.mark.parametrize("status", [200, 202, 204])
@pytest.mark.parametrize("body", ["", "null", " "])
def test_an_empty_yes_where_that_is_enough(status: int, body: str) -> None:
    found = decode.unwrap(reply(status, body), now=NOW, empty_ok=True)
    assert (found.payload, found.code) == (None, status)


def test_html_is_no_yes_even_where_an_empty_one_is_enough() -> None:
    with pytest.raises(ProtocolError):
        decode.unwrap(reply(200, "<html>"), now=NOW, empty_ok=True)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("https://login.example/?token=hush", "302 Found to login.example"),
        ("/relative?token=hush", "302 Found"),
        ("http://[broken", "302 Found"),
        ("", "302 Found"),
    ],
)
def test_a_redirect_is_told_and_not_followed(location: str, reason: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        unwrap(302, "", location=location)
    assert caught.value.reason == reason
    assert "VZAPS_BASE_URL" in caught.value.hint


def test_reasons_are_masked_before_they_are_cut() -> None:
    masker = Masker((Secret("s3cr3t-value"),))
    body = json.dumps({"error": "x" * 295 + " s3cr3t-value and more"})
    with pytest.raises(RejectedError) as caught:
        decode.unwrap(reply(400, body), now=NOW, hide=masker)
    assert len(caught.value.reason) <= decode.REASON_LENGTH
    assert "s3cr" not in caught.value.reason
    assert MASK in caught.value.reason


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["code", "success", "data", "error", "errors", "message"])
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.integers(100, 999), st.binary(max_size=60) | json_values.map(json.dumps))
def test_any_answer_is_a_payload_or_a_problem(status: int, body: bytes | str) -> None:
    raw = body.encode() if isinstance(body, str) else body
    try:
        found = decode.unwrap(Reply(status, {}, raw), now=NOW)
    except VzapsError as problem:
        assert len(problem.reason) <= decode.REASON_LENGTH  # noqa: PT017 - either way is right
    else:
        assert 200 <= status < 300
        assert isinstance(found.code, int)
