"""The JWT: kept, renewed early, one request at a time, one renewal and one resend after a 401."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from tests.unit.api.api_bench import ACCOUNT, SINGLE, VZ, Script, StillClock, client, ok
from vzaps_tui.api.auth import AccessToken, Credentials, JwtCache, read_token
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.problems import (
    AuthError,
    NotOfferedError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.webhooks import WebhookConfig

CONNECTED = ok({"connected": True})


@pytest.mark.parametrize(
    ("payload", "lifetime"),
    [
        ({"access_token": "j", "expires_in": 3600}, 3600.0),
        ({"accessToken": "j", "expiresIn": 3600}, 3600.0),  # row 8
        ({"access_token": "j", "expires_in": "3600"}, 3600.0),
        ({"access_token": "j"}, None),
        ({"access_token": "j", "expires_in": 0}, None),
        ({"access_token": "j", "expires_in": -5}, None),
        ({"access_token": "j", "expires_in": []}, None),
    ],
)
def test_token_answers(payload: object, lifetime: float | None) -> None:
    assert read_token(payload) == AccessToken(Secret("j"), lifetime)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({}, AuthError),
        ({"access_token": ""}, AuthError),
        ({"access_token": None}, AuthError),
        ([], ProtocolError),
        (None, ProtocolError),
    ],
)
def test_token_answers_that_cannot_be_used(payload: object, kind: type[VzapsError]) -> None:
    with pytest.raises(kind):
        read_token(payload)


async def test_the_token_request_and_what_it_is_used_for() -> None:
    script = Script(CONNECTED)
    api = client(script)
    await api.session(VZ)
    await api.session(VZ)
    await api.aclose()
    (token,) = script.tokens
    assert (token.method, token.url.path) == ("POST", "/token")
    assert json.loads(token.content) == {
        "client_token": "client-token-1",
        "client_secret": "client-secret-1",
    }
    assert not {"authorization", "x-client-token", "x-instance-token"} & set(token.headers)
    assert [call.headers["authorization"] for call in script.calls] == ["Bearer jwt-1"] * 2


@pytest.mark.parametrize(
    ("lifetime", "used_until"),
    [(3600, 3540.0), (120, 60.0), (61, 30.5), (30, 15.0), ("3600", 3540.0)],
)
async def test_it_is_renewed_early(lifetime: object, used_until: float) -> None:
    clock, script = StillClock(), Script(CONNECTED, lifetime=lifetime)
    api = client(script, clock=clock)
    await api.session(VZ)
    clock.elapsed = used_until - 0.1
    await api.session(VZ)
    assert len(script.tokens) == 1
    clock.elapsed = used_until
    await api.session(VZ)
    assert len(script.tokens) == 2
    await api.aclose()


async def test_without_a_lifetime_it_is_used_until_refused() -> None:
    clock, script = StillClock(), Script(CONNECTED, lifetime=None)
    api = client(script, clock=clock)
    await api.session(VZ)
    clock.elapsed = 1e9
    await api.session(VZ)
    await api.aclose()
    assert len(script.tokens) == 1


async def test_many_calls_at_once_ask_for_one_token() -> None:
    script = Script(CONNECTED)
    api = client(script)
    await asyncio.gather(*(api.session(VZ) for _ in range(20)))
    await api.aclose()
    assert (len(script.tokens), len(script.calls)) == (1, 20)


async def test_a_401_renews_once_for_all_and_resends_once() -> None:
    def guard(request: httpx.Request) -> httpx.Response:
        fresh = request.headers["authorization"] != "Bearer jwt-1"
        return CONNECTED if fresh else httpx.Response(401, json={"error": "expired"})

    script = Script(guard)
    api = client(script)
    await api.warm()  # all ten set out with the same token
    answers = await asyncio.gather(*(api.session(VZ) for _ in range(10)))
    await api.aclose()
    assert all(answer.data.connected for answer in answers)
    assert len(script.tokens) == 2
    assert len(script.calls) == 20


async def test_a_second_401_is_the_end() -> None:
    script = Script(httpx.Response(401, json={"error": "revoked"}, headers={"X-Request-Id": "r"}))
    api = client(script)
    with pytest.raises(AuthError) as caught:
        await api.session(VZ)
    await api.aclose()
    assert (len(script.tokens), len(script.calls)) == (2, 2)
    assert (caught.value.reason, caught.value.status) == ("revoked", 401)
    assert caught.value.request_id == "r"


@pytest.mark.parametrize("change", ["set", "retry"])
async def test_changes_are_resent_once_after_a_401(change: str) -> None:  # law 2
    script = Script(httpx.Response(401), httpx.Response(200))
    api = client(script)
    if change == "set":
        await api.set_webhook(VZ, WebhookConfig("https://h.example/", ("All",)))
    else:
        await api.retry(VZ, LogId("log_1"))
    await api.aclose()
    assert (len(script.tokens), len(script.calls)) == (2, 2)


@pytest.mark.parametrize("status", [400, 401, 403, 422])
async def test_wrong_credentials(status: int) -> None:
    script = Script(CONNECTED)
    script.token_steps = [httpx.Response(status, json={"message": "bad secret"})]
    api = client(script)
    with pytest.raises(AuthError, match="bad secret") as caught:
        await api.session(VZ)
    await api.aclose()
    assert caught.value.status == status
    assert script.calls == []


async def test_a_server_without_token_route() -> None:
    script = Script(CONNECTED)
    script.token_steps = [httpx.Response(404)]
    api = client(script)
    with pytest.raises(NotOfferedError, match="no /token"):
        await api.session(VZ)
    await api.aclose()


@pytest.mark.parametrize(
    "step",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(429, headers={"Retry-After": "900"}),
        httpx.ReadTimeout(""),
        httpx.ReadError(""),
    ],
    ids=["500", "html", "429", "timeout", "reset"],
)
async def test_a_retry_whose_token_failed_was_surely_not_carried_out(step: Exception) -> None:
    script = Script(CONNECTED)
    script.token_steps = [step] * 3
    api = client(script)
    with pytest.raises(VzapsError) as caught:
        await api.retry(VZ, LogId("log_1"))
    await api.aclose()
    assert caught.value.acted is False
    assert script.calls == []


async def test_the_token_request_is_a_read_and_tried_again() -> None:
    script = Script(CONNECTED)
    script.token_steps = [httpx.Response(500), httpx.ReadTimeout("")]
    api = client(script)
    assert (await api.session(VZ)).data.connected
    await api.aclose()
    assert len(script.tokens) == 3


async def test_a_failed_renewal_is_told_to_all_who_wait_and_asked_once() -> None:
    asked = 0
    gate = asyncio.Event()

    async def fetch() -> AccessToken:
        nonlocal asked
        asked += 1
        await gate.wait()
        raise UnavailableError("down")

    cache = JwtCache(fetch, lambda: 0.0)
    waiting = [asyncio.create_task(cache.current()) for _ in range(5)]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(result) for result in results] == [UnavailableError] * 5
    assert asked == 1


async def test_who_stops_waiting_does_not_take_the_token_from_the_others() -> None:
    gate = asyncio.Event()

    async def fetch() -> AccessToken:
        await gate.wait()
        return AccessToken(Secret("jwt"), None)

    cache = JwtCache(fetch, lambda: 0.0)
    first, second = (asyncio.create_task(cache.current()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert (await second).reveal() == "jwt"
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_closing_stops_a_renewal_under_way() -> None:
    async def fetch() -> AccessToken:
        return await asyncio.get_running_loop().create_future()

    cache = JwtCache(fetch, lambda: 0.0)
    waiting = asyncio.create_task(cache.current())
    await asyncio.sleep(0)
    await cache.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await cache.aclose()


async def test_a_429_of_the_token_route_is_told_as_such() -> None:
    script = Script(CONNECTED)
    script.token_steps = [httpx.Response(429, headers={"Retry-After": "31"})]
    api = client(script)
    with pytest.raises(RateLimitedError) as caught:
        await api.session(VZ)
    await api.aclose()
    assert caught.value.retry_after == 31.0
    assert len(script.tokens) == 1


# Modes (CONTRACT 1.4; 7, row 23)


async def test_single_instance_mode_needs_no_jwt() -> None:
    script = Script(CONNECTED)
    api = client(script, credentials=SINGLE)
    await api.session(VZ)
    await api.aclose()
    (call,) = script.calls
    assert script.tokens == []
    assert call.headers["x-client-token"] == "client-token-1"
    assert call.headers["x-instance-token"] == "inst_single_1"
    assert "authorization" not in call.headers


async def test_single_instance_mode_makes_its_list_of_what_it_may_ask() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/session/status"):
            return ok({"connected": True, "phone": "55"})
        return ok({"webhook": "https://h.example/", "subscribe": ["All"]})

    script = Script(serve)
    api = client(script, credentials=SINGLE)
    page = (await api.instances(1, 20)).data
    (row,) = page.items
    assert (row.id, row.name, row.link, row.phone) == ("VZ1", "VZ1", "connected", "55")
    assert (row.webhook, row.events) == ("https://h.example/", ("All",))
    assert page.is_last
    assert (await api.instances(2, 20)).data.items == ()
    assert (await api.instance(VZ)).data == row
    await api.aclose()
    assert {call.url.path for call in script.calls} == {
        "/instances/VZ1/session/status",
        "/instances/VZ1/webhook",
    }


async def test_single_instance_mode_does_not_renew_what_it_has_not() -> None:
    script = Script(httpx.Response(401))
    api = client(script, credentials=SINGLE)
    with pytest.raises(AuthError):
        await api.session(VZ)
    await api.aclose()
    assert (len(script.calls), script.tokens) == (1, [])


async def test_neither_mode() -> None:
    api = client(Script(CONNECTED), credentials=Credentials(Secret("client-token-1")))
    with pytest.raises(AuthError) as caught:
        await api.instances(1, 20)
    await api.aclose()
    assert "VZAPS_INSTANCE_ID" in caught.value.hint


async def test_tokens_of_a_list_are_sent_on_their_instances_routes_only() -> None:
    rows = [{"id": "VZ1", "token": "inst_one_1"}, {"id": "VZ2"}]
    script = Script(httpx.Response(200, json={"content": rows}), CONNECTED)
    masker = Masker()
    api = client(script, masker=masker)
    answer = await api.instances(1, 20)
    for instance in answer.data.items:
        await api.session(instance.id)
    await api.aclose()
    listing, first, second = script.calls
    assert "x-instance-token" not in listing.headers
    assert first.headers["x-instance-token"] == "inst_one_1"
    assert "x-instance-token" not in second.headers
    assert "inst_one_1" not in repr(answer)
    assert "inst_one_1" not in masker("a inst_one_1 b")
    assert "jwt-1" not in masker("a jwt-1 b")


@pytest.mark.parametrize("token", ["line\nbreak", "ümlaut", "\ud800"])
async def test_credentials_that_no_header_can_carry(token: str) -> None:
    credentials = Credentials(Secret(token), None, "VZ1", Secret("inst_single_1"))
    script = Script(CONNECTED)
    api = client(script, credentials=credentials)
    with pytest.raises(AuthError, match="X-Client-Token"):
        await api.session(VZ)
    await api.aclose()
    assert script.calls == []


def test_credentials_do_not_show() -> None:
    assert "client-" not in repr(ACCOUNT)
    assert "inst_" not in str(SINGLE)
    assert ACCOUNT.is_account
    assert not SINGLE.is_account


async def test_a_call_refused_after_the_others_uses_what_they_renewed() -> None:
    asked = 0

    async def fetch() -> AccessToken:
        nonlocal asked
        asked += 1
        return AccessToken(Secret(f"jwt-{asked}"), None)

    cache = JwtCache(fetch, lambda: 0.0)
    old = await cache.current()
    assert (await cache.instead_of(old)).reveal() == "jwt-2"
    assert (await cache.instead_of(old)).reveal() == "jwt-2"
    assert asked == 2
