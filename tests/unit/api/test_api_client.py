"""One method an endpoint: what is sent, what is sent again and what never (laws 1 and 2)."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from typing_extensions import override

from tests.unit.api.api_bench import ACCOUNT, NOW, VZ, Script, StillClock, client, ok, reply
from vzaps_tui import __version__
from vzaps_tui.api import decode
from vzaps_tui.api.call import Call, Reply, Scope, segment
from vzaps_tui.api.client import OFF_LOOP, ApiClient
from vzaps_tui.api.transport import Link
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.envelope import Answer
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.problems import (
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.services.ports import Gateway

Ask = Callable[[ApiClient], Awaitable[Answer[Any]]]
HOOK = WebhookConfig("https://h.example/", ("Message", "Presence"))
LOG = LogId("log_1")
ROW = {"id": "log_1", "status": "failed"}
PAGE = httpx.Response(200, json={"content": []})

READS: dict[str, tuple[Ask, httpx.Response]] = {
    "instances": (lambda api: api.instances(1, 20), PAGE),
    "instance": (lambda api: api.instance(VZ), httpx.Response(200, json={"id": "VZ1"})),
    "session": (lambda api: api.session(VZ), ok({"connected": True})),
    "webhook": (lambda api: api.webhook(VZ), ok({"webhook": "u"})),
    "search": (lambda api: api.search(VZ, 1, 50, "failed"), PAGE),
    "detail": (lambda api: api.detail(VZ, LOG), ok(ROW)),
}
CHANGES: dict[str, Ask] = {
    "set_webhook": lambda api: api.set_webhook(VZ, HOOK),
    "retry": lambda api: api.retry(VZ, LOG),
}
SEARCH_ALL: Ask = lambda api: api.search(VZ, 3, 20, None)  # noqa: E731 - as its siblings above
SET_OTHERWISE: Ask = lambda api: api.set_webhook(  # noqa: E731 - as its siblings above
    VZ, HOOK, url_key="webhook_url", events_as_list=True
)
read = pytest.mark.parametrize("name", READS)
change = pytest.mark.parametrize("name", CHANGES)


def test_it_is_a_gateway() -> None:
    gateway: Gateway = client(Script(PAGE))
    assert gateway


@pytest.mark.parametrize(
    ("ask", "answer", "method", "path", "body"),
    [
        (
            READS["instances"][0],
            PAGE,
            "POST",
            "/instances/list",
            {"page": 1, "size": 20, "filter": {}},
        ),
        (*READS["instance"], "POST", "/instances/get", {"id": "VZ1"}),
        (*READS["session"], "GET", "/instances/VZ1/session/status", None),
        (*READS["webhook"], "GET", "/instances/VZ1/webhook", None),
        (
            *READS["search"],
            "POST",
            "/instances/VZ1/webhook/logs/search",
            {"page": 1, "size": 50, "status": "failed"},
        ),
        (
            SEARCH_ALL,
            PAGE,
            "POST",
            "/instances/VZ1/webhook/logs/search",
            {"page": 3, "size": 20},
        ),
        (*READS["detail"], "GET", "/instances/VZ1/webhook/logs/log_1", None),
        (CHANGES["retry"], ok({}), "POST", "/instances/VZ1/webhook/logs/log_1/retry", None),
        (
            CHANGES["set_webhook"],
            ok({}),
            "POST",
            "/instances/VZ1/webhook",
            {"webhookURL": "https://h.example/", "events": "Message,Presence"},
        ),
        (
            SET_OTHERWISE,
            ok({}),
            "POST",
            "/instances/VZ1/webhook",
            {"webhook_url": "https://h.example/", "events": ["Message", "Presence"]},
        ),
    ],
)
async def test_requests(
    ask: Ask, answer: httpx.Response, method: str, path: str, body: Any
) -> None:
    script = Script(answer)
    api = client(script)
    await ask(api)
    await api.aclose()
    (call,) = script.calls
    assert (call.method, call.url.raw_path.decode()) == (method, path)
    assert (json.loads(call.content) if call.content else None) == body
    assert call.headers.get("content-type") == ("application/json" if body else None)
    assert call.headers["accept"] == "application/json"
    assert call.headers["user-agent"] == f"vzaps-tui/{__version__}"
    assert call.headers["x-client-token"] == "client-token-1"
    assert call.headers["authorization"] == "Bearer jwt-1"


@pytest.mark.parametrize(
    ("log", "encoded"),
    [
        ("a/b?c#d", "a%2Fb%3Fc%23d"),
        ("a b+é", "a%20b%2B%C3%A9"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("%41", "%2541"),
        ("\ud800", "%ED%A0%80"),
    ],
)
async def test_ids_stay_in_their_place_of_the_path(log: str, encoded: str) -> None:
    script = Script(ok({}))
    api = client(script)
    await api.retry(VZ, LogId(log))
    await api.aclose()
    path = script.calls[0].url.raw_path.decode()
    assert path == f"/instances/VZ1/webhook/logs/{encoded}/retry"
    assert segment(log) == encoded


@pytest.mark.parametrize("ask", [ApiClient.detail, ApiClient.retry])
async def test_a_row_without_id_cannot_be_asked_for(
    ask: Callable[[ApiClient, InstanceId, LogId], Awaitable[object]],
) -> None:
    script = Script(PAGE)
    api = client(script)
    with pytest.raises(NotFoundError):
        await ask(api, VZ, LogId(""))
    await api.aclose()
    assert script.calls == []


async def test_lone_surrogates_are_sent_as_json_escapes() -> None:
    script = Script(ok({}))
    api = client(script)
    await api.set_webhook(VZ, WebhookConfig("https://h.example/\ud800", ("All",)))
    await api.aclose()
    assert b"\\ud800" in script.calls[0].content


async def test_the_envelope_is_carried_on() -> None:
    body = {"code": 202, "success": True, "data": {"connected": True}}
    script = Script(httpx.Response(200, json=body, headers={"X-Request-Id": "r-1"}))
    api = client(script)
    answer = await api.session(VZ)
    await api.aclose()
    assert (answer.code, answer.success, answer.request_id) == (202, True, "r-1")


# Law 1

WEATHER: list[httpx.Response | Exception] = [
    httpx.Response(500),
    httpx.Response(502, text="<html>"),
    httpx.Response(408),
    httpx.Response(429, headers={"Retry-After": "3"}),
    httpx.Response(429),
    httpx.ReadTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.ConnectError("down"),
    httpx.RemoteProtocolError("gone"),
]
WEATHER_NAMES = ["500", "502", "408", "429-3", "429", "timeout", "reset", "connect", "gone"]
weather = pytest.mark.parametrize("step", WEATHER, ids=WEATHER_NAMES)


@read
@weather
async def test_reads_are_tried_three_times(name: str, step: httpx.Response | Exception) -> None:
    ask, answer = READS[name]
    script = Script(step, step, answer)
    api = client(script)
    await ask(api)
    await api.aclose()
    assert len(script.calls) == 3


@read
@weather
async def test_reads_are_not_tried_a_fourth_time(
    name: str, step: httpx.Response | Exception
) -> None:
    ask, _ = READS[name]
    script = Script(step)
    api = client(script)
    with pytest.raises((UnavailableError, RateLimitedError)):
        await ask(api)
    await api.aclose()
    assert len(script.calls) == 3


@change
@weather
async def test_changes_are_sent_once(name: str, step: httpx.Response | Exception) -> None:
    script = Script(step)
    api = client(script)
    with pytest.raises((UnavailableError, RateLimitedError)):
        await CHANGES[name](api)
    await api.aclose()
    assert len(script.calls) == 1


@read
@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 422])
async def test_reads_that_were_refused_are_not_tried_again(name: str, status: int) -> None:
    script = Script(httpx.Response(status))
    api = client(script)
    with pytest.raises(VzapsError) as caught:
        await READS[name][0](api)
    await api.aclose()
    assert len(script.calls) == 1
    assert not caught.value.retryable


@change
@pytest.mark.parametrize("body", [b"", b"null", b'{"code":200,"success":true}', b"{}"])
async def test_a_short_yes_to_a_change(name: str, body: bytes) -> None:
    script = Script(httpx.Response(200, content=body))
    api = client(script)
    await CHANGES[name](api)
    await api.aclose()


@change
async def test_a_change_refused_with_a_200(name: str) -> None:
    script = Script(httpx.Response(200, json={"success": False, "error": "not today"}))
    api = client(script)
    with pytest.raises(RejectedError, match="not today") as caught:
        await CHANGES[name](api)
    await api.aclose()
    assert caught.value.acted is False


@change
async def test_a_captive_portal_is_no_yes(name: str) -> None:
    script = Script(httpx.Response(200, html="<html>Log in</html>"))
    api = client(script)
    with pytest.raises(ProtocolError):
        await CHANGES[name](api)
    await api.aclose()


@pytest.mark.parametrize(
    "answer",
    [ok([]), ok(None), ok("x"), httpx.Response(200), httpx.Response(200, json=None)],
    ids=["list", "null-data", "text", "empty", "null"],
)
@pytest.mark.parametrize("name", ["instance", "session", "webhook", "detail"])
async def test_an_object_was_expected(name: str, answer: httpx.Response) -> None:
    script = Script(answer)
    api = client(script)
    with pytest.raises(ProtocolError) as caught:
        await READS[name][0](api)
    await api.aclose()
    assert caught.value.status == 200


# Resting after a 429


@pytest.mark.parametrize(
    ("header", "rests"),
    [
        ("7", [7.0, 7.0]),
        (format_datetime(NOW.replace(second=9), usegmt=True), [9.0]),
        (None, [2.0, 4.0]),
        ("-4", [2.0, 4.0]),
    ],
)
async def test_a_429_lets_all_calls_rest(header: str | None, rests: list[float]) -> None:
    headers = {} if header is None else {"Retry-After": header}
    refusal = httpx.Response(429, headers=headers)
    script, clock = Script(refusal, refusal, PAGE), StillClock()
    api = client(script, clock=clock)
    await api.search(VZ, 1, 50, None)
    await api.aclose()
    assert clock.slept == rests


async def test_the_rest_is_for_the_whole_client_and_ends() -> None:
    script, clock = Script(httpx.Response(429, headers={"Retry-After": "12"}), ok({})), StillClock()
    api = client(script, clock=clock)
    with pytest.raises(RateLimitedError):
        await api.retry(VZ, LOG)
    clock.elapsed += 5
    await api.retry(VZ, LOG)
    assert clock.slept == [7.0]
    await api.retry(VZ, LOG)
    assert clock.slept == [7.0]
    await api.aclose()


async def test_who_waits_for_a_turn_while_a_429_comes_rests_too() -> None:
    refusal = httpx.Response(429, headers={"Retry-After": "12"})
    script, clock, gate = Script(ok({})), StillClock(), asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/late/retry"):
            await gate.wait()
            return refusal
        return script(request)

    api = ApiClient(
        base_url="http://api.test/",
        credentials=ACCOUNT,
        clock=clock,
        requests_per_second=20.0,
        http_transport=httpx.MockTransport(answer),
    )
    late = asyncio.create_task(api.retry(VZ, LogId("late")))
    for _ in range(19):  # as many as may go at once
        await api.retry(VZ, LOG)
    waiting = asyncio.create_task(api.retry(VZ, LOG))
    await asyncio.sleep(0)
    sent = len(script.calls)
    gate.set()
    with pytest.raises(RateLimitedError):
        await late
    assert len(script.calls) == sent
    await waiting
    await api.aclose()
    assert clock.slept == [12.0]


async def test_too_long_a_wait_is_told_at_once() -> None:
    script, clock = Script(httpx.Response(429, headers={"Retry-After": "31"}), PAGE), StillClock()
    api = client(script, clock=clock)
    with pytest.raises(RateLimitedError) as caught:
        await api.search(VZ, 1, 50, None)
    await api.search(VZ, 1, 50, None)
    await api.aclose()
    assert caught.value.retry_after == 31.0
    assert clock.slept == []
    assert len(script.calls) == 2


async def test_a_503_with_a_time_lets_rest_too() -> None:
    steps = (httpx.Response(503, headers={"Retry-After": "6"}), httpx.Response(503), PAGE)
    script, clock = Script(*steps), StillClock()
    api = client(script, clock=clock)
    await api.search(VZ, 1, 50, None)
    await api.aclose()
    assert clock.slept == [6.0]


# What the transport may meet


@pytest.mark.parametrize(
    ("error", "acted", "words"),
    [
        (httpx.ConnectTimeout("x"), False, "no connection in time"),
        (httpx.PoolTimeout("x"), False, "no free connection"),
        (httpx.UnsupportedProtocol("x"), False, "must begin with https"),
        (httpx.LocalProtocolError("Illegal header b'hush'"), False, "could not be built"),
        (httpx.ProxyError("x"), False, "proxy"),
        (httpx.InvalidURL("x"), False, "cannot be read"),
        (UnicodeError("x"), False, "host name cannot be used"),
        (httpx.ReadTimeout("x"), True, "no answer in time"),
        (httpx.WriteTimeout("x"), True, "could not be sent in time"),
        (httpx.ReadError("x"), True, "reset"),
        (httpx.WriteError("x"), True, "reset while sending"),
        (httpx.RemoteProtocolError("x"), True, "without an answer"),
        (httpx.CloseError("x"), True, "CloseError"),
        (TimeoutError(), True, "took too long"),
        (OSError("x"), True, "the connection failed (OSError)"),
    ],
)
async def test_transport_errors(error: Exception, *, acted: bool, words: str) -> None:
    script = Script(error)
    api = client(script)
    with pytest.raises(UnavailableError) as caught:
        await api.retry(VZ, LOG)
    await api.aclose()
    problem = caught.value
    assert words in problem.reason
    assert "hush" not in problem.reason
    assert problem.acted is acted
    assert problem.retryable
    assert problem.__cause__ is None
    assert problem.__context__ is None


async def test_an_answer_that_is_too_large_is_not_read_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vzaps_tui.api.transport.BODY_CAP", 1024 * 1024)
    script = Script(httpx.Response(200, content=b" " * 1024 * 1025))
    api = client(script)
    with pytest.raises(ProtocolError, match="more than 1 MiB"):
        await api.webhook(VZ)
    await api.aclose()


async def test_broken_compression() -> None:
    script = Script(
        lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, stream=_Junk())
    )
    api = client(script)
    with pytest.raises(ProtocolError, match="compression"):
        await api.webhook(VZ)
    await api.aclose()


class _Junk(httpx.AsyncByteStream):
    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"junk"


async def test_a_large_answer_is_read_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[str] = []
    unwrap = decode.unwrap

    def spy(answer: Reply, **options: Any) -> decode.Unwrapped:
        threads.append(threading.current_thread().name)
        return unwrap(answer, **options)

    monkeypatch.setattr(decode, "unwrap", spy)
    large = {**ROW, "payload": {"text": "x" * OFF_LOOP}}
    script = Script(ok(ROW), ok(large))
    api = client(script)
    await api.detail(VZ, LOG)
    answer = await api.detail(VZ, LOG)
    await api.aclose()
    assert threads[-2:-1] == ["MainThread"]
    assert threads[-1] != "MainThread"
    assert answer.data.payload == json.dumps({"text": "x" * OFF_LOOP}, indent=2)


async def test_after_closing_calls_fail_as_problems() -> None:
    api = client(Script(PAGE))
    await api.search(VZ, 1, 50, None)
    await api.aclose()
    await api.aclose()
    with pytest.raises(UnavailableError) as caught:
        await api.search(VZ, 1, 50, None)
    assert caught.value.acted is False


async def test_words_of_the_server_are_masked() -> None:
    text = "jwt-1 of client-token-1 at https://h.example/?k=hush"
    script = Script(httpx.Response(403, json={"error": text}))
    masker = Masker()
    api = client(script, masker=masker)
    with pytest.raises(VzapsError) as caught:
        await api.webhook(VZ)
    await api.aclose()
    for hidden in ("client-token-1", "hush"):
        assert hidden not in str(caught.value)
        assert hidden not in caught.value.summary


def test_values_do_not_show_what_they_carry() -> None:
    call = Call(
        name="token",
        method="POST",
        path="/token",
        idempotent=True,
        scope=Scope.NONE,
        body={"client_secret": "hush"},
    )
    assert "hush" not in repr(call)
    assert "hush" not in repr(reply(200, "hush", authorization="hush"))


@pytest.mark.parametrize(
    ("url", "secure", "local"),
    [
        ("https://api.vzaps.com", True, False),
        ("http://127.0.0.1:8780", False, True),
        ("http://localhost:8780/", False, True),
        ("http://[::1]:8780", False, True),
        ("https://10.0.0.1", True, False),
        ("http://[broken", False, False),
        ("nonsense", True, False),
    ],
)
def test_links(url: str, *, secure: bool, local: bool) -> None:
    link = Link(url)
    assert (link.is_secure, link.is_local) == (secure, local)


async def test_the_real_client_trusts_certificates_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[dict[str, Any]] = []

    class Spy(httpx.AsyncClient):
        def __init__(self, **options: Any) -> None:
            made.append(options)
            super().__init__(**options)

    monkeypatch.setattr(httpx, "AsyncClient", Spy)
    api = ApiClient(
        base_url="https://127.0.0.1:1",
        credentials=ACCOUNT,
        clock=StillClock(),
        requests_per_second=0.5,
    )
    assert made == []  # lazily
    await api.warm()
    await api.warm()
    await api.aclose()
    (options,) = made
    assert options["follow_redirects"] is False
    assert options["timeout"] == httpx.Timeout(30.0, connect=10.0)
    assert options["limits"].max_connections == 6
    assert options["trust_env"] is False
    context = options["verify"]
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 0


async def test_it_may_be_made_in_a_thread_and_used_on_the_loop() -> None:
    api = await asyncio.to_thread(client, Script(PAGE))
    await asyncio.gather(*(api.search(VZ, 1, 50, None) for _ in range(20)))
    await api.aclose()
