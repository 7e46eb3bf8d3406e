"""Every route in its documented shape, who may call it, and what a refusal looks like."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzaps_tui.domain.webhooks import EVENTS
from vzaps_tui.emulator.app import MAX_BODY, build
from vzaps_tui.emulator.world import World

NOON = datetime(2026, 9, 17, 12, tzinfo=UTC)


class Api:
    """The routes of one world, called in process as its owner."""

    def __init__(self, **options: Any) -> None:
        self.now = NOON
        self.world = World(now=lambda: self.now, **options)
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(build(self.world)), base_url="http://emulator"
        )
        self.first = self.world.instances[0]
        self.path = f"/instances/{self.first.id}"
        self.owner = {"Authorization": f"Bearer {self.world.issue_token()}"}
        self.tokens = {
            "X-Instance-Token": self.first.token,
            "X-Client-Token": self.world.client_token,
        }

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path, headers=self.owner)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        return await self.client.post(path, headers=self.owner, json=body)

    async def data(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.client.request(method, self.path + path, headers=self.owner, json=body)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found.keys() == {"code", "success", "data"}
        assert [found["code"], found["success"]] == [200, True]
        return found["data"]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    made = Api(logs=60)
    async with made.client:
        yield made


def _assert_refused(answer: httpx.Response, status: int, text: str) -> None:
    assert answer.status_code == status
    assert answer.json() == {"code": status, "error": text, "success": False}
    assert answer.headers["X-Request-Id"].startswith("req_")


# Credentials


async def test_token_is_bare_and_opens_the_account(api: Api) -> None:
    body = {"client_token": api.world.client_token, "client_secret": api.world.client_secret}
    answer = await api.client.post("/token", json=body)
    assert answer.json().keys() == {"access_token", "expires_in"}
    assert answer.json()["expires_in"] == 3600
    token = answer.json()["access_token"]
    assert token.count(".") == 2
    listed = await api.client.post("/instances/list", headers={"Authorization": f"Bearer {token}"})
    assert listed.status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"client_token": "x", "client_secret": "y"}, 401, "client token or secret is wrong"),
        ({"client_token": "x"}, 400, "client_token and client_secret are required"),
        (
            {"client_token": 1, "client_secret": []},
            400,
            "client_token and client_secret are required",
        ),
        ([], 422, "the body must be an object"),
    ],
)
async def test_token_refuses(api: Api, body: Any, status: int, text: str) -> None:
    _assert_refused(await api.client.post("/token", json=body), status, text)


async def test_a_token_expires(api: Api) -> None:
    api.now += timedelta(seconds=3599)
    assert (await api.post("/instances/list")).status_code == 200
    api.now += timedelta(seconds=1)
    _assert_refused(await api.post("/instances/list"), 401, "token is invalid or expired")


async def test_tokens_can_be_revoked(api: Api) -> None:
    api.world.revoke_tokens()
    _assert_refused(await api.post("/instances/list"), 401, "token is invalid or expired")


ACCOUNT_ROUTES = [("POST", "/instances/list"), ("POST", "/instances/get")]
INSTANCE_ROUTES = [
    ("GET", "{path}/webhook"),
    ("POST", "{path}/webhook"),
    ("POST", "{path}/webhook/logs/search"),
    ("GET", "{path}/webhook/logs/log_1"),
    ("POST", "{path}/webhook/logs/log_1/retry"),
    ("GET", "{path}/session/status"),
    ("POST", "{path}/chat/send/text"),
]
WRONG_OWNER = "instance and client token do not belong to the same owner"


@pytest.mark.parametrize(("method", "path"), ACCOUNT_ROUTES)
async def test_account_routes_want_a_jwt(api: Api, method: str, path: str) -> None:
    refused = await api.client.request(method, path, headers=api.tokens)
    _assert_refused(refused, 401, "missing bearer token")


@pytest.mark.parametrize(("method", "path"), INSTANCE_ROUTES)
async def test_instance_routes_take_either_credentials(api: Api, method: str, path: str) -> None:
    where = path.format(path=api.path)
    for headers in (api.owner, api.tokens, {**api.owner, **api.tokens}):
        answer = await api.client.request(method, where, headers=headers)
        assert answer.status_code not in (401, 403)


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({}, 401, "missing credentials"),
        ({"Authorization": "Bearer nonsense"}, 401, "token is invalid or expired"),
        ({"Authorization": "Basic dTpw"}, 401, "missing bearer token"),
        ({"X-Instance-Token": "{token}"}, 401, "missing X-Client-Token"),
        (
            {"X-Instance-Token": "inst_no", "X-Client-Token": "{client}"},
            401,
            "instance token is invalid",
        ),
        ({"X-Instance-Token": "{token}", "X-Client-Token": "ct_other"}, 403, WRONG_OWNER),
    ],
)
@pytest.mark.parametrize(("method", "path"), INSTANCE_ROUTES)
async def test_instance_routes_refuse(
    api: Api, method: str, path: str, headers: dict[str, str], status: int, text: str
) -> None:
    known = {"token": api.first.token, "client": api.world.client_token}
    made = {name: value.format(**known) for name, value in headers.items()}
    refused = await api.client.request(method, path.format(path=api.path), headers=made)
    _assert_refused(refused, status, text)


@pytest.mark.parametrize(("method", "path"), INSTANCE_ROUTES)
async def test_no_such_instance(api: Api, method: str, path: str) -> None:
    where = path.format(path="/instances/VZNOTHERE")
    _assert_refused(
        await api.client.request(method, where, headers=api.owner), 404, "instance not found"
    )


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nothing", 404, "page not found"),
        ("GET", "/token", 405, "method not allowed"),
        ("DELETE", "/instances/list", 405, "method not allowed"),
        ("PUT", "/instances/VZ1/webhook", 405, "method not allowed"),
        ("DELETE", "/instances/VZ1/webhook/logs/search", 405, "method not allowed"),
    ],
)
async def test_what_is_not_offered(
    api: Api, method: str, path: str, status: int, text: str
) -> None:
    _assert_refused(await api.client.request(method, path, headers=api.owner), status, text)
    assert api.world.requests[-1].path == path


async def test_bodies_that_cannot_be_read(api: Api) -> None:
    for content, status, text in (
        (b"{", 400, "the body is not valid JSON"),
        (b"\xff\xfe", 400, "the body is not valid JSON"),
        (b"[" * 200_000, 400, "the body is not valid JSON"),
        (b"9" * 9_000, 400, "the body is not valid JSON"),
        (b"null", 422, "the body must be an object"),
        (b" " * (MAX_BODY + 1), 413, "the body is too large"),
    ):
        answer = await api.client.post("/instances/list", content=content, headers=api.owner)
        _assert_refused(answer, status, text)


async def test_every_answer_has_an_id_of_its_own(api: Api) -> None:
    answers = [await api.post("/instances/list"), await api.get("/nothing"), await api.get("/")]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 3


async def test_requests_are_remembered(api: Api) -> None:
    await api.post("/instances/get", {"id": "VZ1"})
    last = api.world.requests[-1]
    assert [last.method, last.path, last.body] == ["POST", "/instances/get", b'{"id":"VZ1"}']
    assert last.headers["authorization"].startswith("Bearer ")


# Instances


async def test_list_is_a_bare_page(api: Api) -> None:
    page = (await api.post("/instances/list", {"page": 2, "size": 3})).json()
    assert {k: v for k, v in page.items() if k != "content"} == {
        "page": 2,
        "size": 3,
        "total": 4,
        "total_pages": 2,
        "summary": {"connected": 2},
    }
    assert [row["name"] for row in page["content"]] == ["Sandbox"]
    assert page["content"][0]["webhook"] == ""


async def test_list_filters_and_sorts(api: Api) -> None:
    async def names(**body: Any) -> list[str]:
        content = (await api.post("/instances/list", body)).json()["content"]
        return [row["name"].split()[0] for row in content]

    assert await names() == ["Support", "Vendas", "Cobrança", "Sandbox"]
    assert await names(filter={"query": " SÃO "}) == ["Vendas"]
    assert await names(filter={"query": api.first.id.lower()}) == ["Support"]
    assert await names(sort="name") == ["Cobrança", "Sandbox", "Support", "Vendas"]
    assert await names(sort="createdAt") == ["Sandbox", "Cobrança", "Vendas", "Support"]
    for flag in ("sort_desc", "sortDesc"):
        assert (await names(sort="name", **{flag: True}))[0] == "Vendas"


async def test_get_is_a_bare_summary(api: Api) -> None:
    found = (await api.post("/instances/get", {"id": api.first.id})).json()
    assert found["token"] == api.first.token
    assert found["events_subscribe"] == "Message,ReadReceipt"
    assert found["connected"] is True
    assert found["created_at"].endswith("Z")
    _assert_refused(await api.post("/instances/get", {"id": "VZ1"}), 404, "instance not found")
    _assert_refused(await api.post("/instances/get", {}), 422, "id is required")


async def test_session_says_only_so_much_when_the_link_is_down(api: Api) -> None:
    assert (await api.data("GET", "/session/status"))["push_name"] == "Support BR"
    answer = await api.get(f"/instances/{api.world.instances[3].id}/session/status")
    assert answer.json()["data"] == {"connected": False}


# Webhook


async def test_webhook_get(api: Api) -> None:
    assert await api.data("GET", "/webhook") == {
        "webhook": api.first.webhook,
        "subscribe": ["Message", "ReadReceipt"],
    }
    answer = await api.get(f"/instances/{api.world.instances[3].id}/webhook")
    assert answer.json()["data"] == {"webhook": "", "subscribe": [""]}


@pytest.mark.parametrize(
    ("events", "stored"),
    [
        ("Message", ("Message",)),
        ("Message,Presence,Message", ("Message", "Presence")),
        (["Connected", "Presence"], ("Connected", "Presence")),
        (",".join(EVENTS), tuple(EVENTS)),
        ("message,Receipt", ("All",)),
        (["Message", 7, None], ("Message",)),
        ("", ("All",)),
        (None, ("Message", "ReadReceipt")),
    ],
)
async def test_webhook_set_stores_what_it_knows(
    api: Api, events: Any, stored: tuple[str, ...]
) -> None:
    body = {"webhookURL": "https://new.example.com/", "events": events}
    written = await api.data("POST", "/webhook", body)
    assert written == {"webhook": "https://new.example.com/", "events": ",".join(stored)}
    assert await api.data("GET", "/webhook") == {
        "webhook": "https://new.example.com/",
        "subscribe": list(stored),
    }


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "webhookURL is required"),
        ({"url": "https://x.example.com"}, "webhookURL is required"),
        ({"webhookURL": 5}, "webhookURL must be a text"),
        ({"webhookURL": "https://x.example.com", "events": 5}, "events must be a text or a list"),
    ],
)
async def test_webhook_set_refuses(api: Api, body: Any, text: str) -> None:
    before = api.first.webhook, api.first.events
    _assert_refused(await api.post(f"{api.path}/webhook", body), 422, text)
    assert (api.first.webhook, api.first.events) == before


# Logs


async def test_search_pages_newest_first(api: Api) -> None:
    first = await api.data("POST", "/webhook/logs/search", {"page": 1, "size": 25})
    third = await api.data("POST", "/webhook/logs/search", {"page": 3, "size": 25})
    assert {k: first[k] for k in ("page", "size", "total", "total_pages")} == {
        "page": 1,
        "size": 25,
        "total": 60,
        "total_pages": 3,
    }
    assert [row["id"] for row in first["content"]] == [log.id for log in api.first.logs[:-26:-1]]
    assert len(third["content"]) == 10
    row = first["content"][0]
    assert {"payload", "response_body"}.isdisjoint(row)
    assert isinstance(row["attempts"], int)


async def test_search_without_a_body_and_with_too_large_a_page(api: Api) -> None:
    assert (await api.data("POST", "/webhook/logs/search"))["size"] == 20
    assert (await api.data("POST", "/webhook/logs/search", {"size": 5000}))["size"] == 100


@pytest.mark.parametrize("body", [{"status": "failed"}, {"filter": {"status": "FAILED"}}])
async def test_search_by_status(api: Api, body: Any) -> None:
    found = await api.data("POST", "/webhook/logs/search", body)
    failed = [log.id for log in api.first.logs[::-1] if log.status == "failed"]
    assert failed
    assert [row["id"] for row in found["content"]] == failed[:20]
    assert found["total"] == len(failed)


@pytest.mark.parametrize("value", [0, -1, "1", 1.5, True, []])
@pytest.mark.parametrize("name", ["page", "size"])
async def test_search_refuses_odd_paging(api: Api, name: str, value: Any) -> None:
    answer = await api.post(f"{api.path}/webhook/logs/search", {name: value})
    _assert_refused(answer, 422, f"{name} must be a whole number from 1")


async def test_log_is_whole(api: Api) -> None:
    log = next(log for log in api.first.logs if log.status == "failed")
    found = await api.data("GET", f"/webhook/logs/{log.id}")
    assert found["id"] == log.id
    assert found["event_type"] == log.event
    assert found["url"] == api.first.webhook
    assert found["payload"] == api.world.payload(api.first, log)
    assert len(found["attempts"]) == len(log.attempts)
    last = found["attempts"][-1]
    assert last["status_code"] == found["status_code"]
    assert [last["attempt"], last["error"]] == [len(log.attempts), found["error"]]
    assert found["response_body"] == last["response_body"]
    assert found["last_attempt_at"] == last["sent_at"]
    for path in ("log_nothere", "a%2Fb", f"{log.id}%2F"):
        refused = await api.get(f"{api.path}/webhook/logs/{path}")
        _assert_refused(refused, 404, "webhook log not found")


async def test_retry_is_accepted_and_counted(api: Api) -> None:
    log = next(log for log in api.first.logs[::-1] if log.status == "failed")
    before = await api.data("GET", f"/webhook/logs/{log.id}")
    receipt = await api.data("POST", f"/webhook/logs/{log.id}/retry")
    assert receipt["id"] == log.id
    assert "new_log_id" not in receipt
    after = await api.data("GET", f"/webhook/logs/{log.id}")
    assert [after["status"], log.retries] == ["delivered", 1]
    assert after["attempts"][:-1] == before["attempts"]
    refused = await api.post(f"{api.path}/webhook/logs/log_nothere/retry")
    _assert_refused(refused, 404, "webhook log not found")


async def test_retry_needs_a_webhook(api: Api) -> None:
    api.first.webhook = None
    answer = await api.post(f"{api.path}/webhook/logs/{api.first.logs[0].id}/retry")
    _assert_refused(answer, 409, "no webhook is configured")
    assert api.first.logs[0].retries == 0


async def test_a_sent_text_comes_back_as_an_event(api: Api) -> None:
    body = {"phone": "5511988887777", "message": "olá"}
    sent = await api.data("POST", "/chat/send/text", body)
    log = api.first.logs[-1]
    found = await api.data("GET", f"/webhook/logs/{log.id}")
    assert found["created_at"] == "2026-09-17T12:00:00.000Z"
    assert found["payload"]["event"]["info"]["id"] == sent["message_id"]
    assert found["payload"]["event"]["message"] == {"conversation": "olá"}
    answer = await api.post(f"{api.path}/chat/send/text", {"phone": "", "message": "x"})
    _assert_refused(answer, 422, "phone and message are required")


async def test_a_sent_text_makes_no_event_where_none_is_wanted(api: Api) -> None:
    api.first.events = ("Connected",)
    await api.data("POST", "/chat/send/text", {"phone": "1", "message": "x"})
    assert len(api.first.logs) == 60


# Anything at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    ["page", "size", "status", "filter", "sort", "sort_desc", "id", "webhookURL", "webhook_url",
     "events", "client_token", "client_secret", "phone", "message"]
)  # fmt: skip
PATHS = st.sampled_from(
    ["/token", "/instances/list", "/instances/get", "{path}/webhook", "{path}/webhook/logs/search",
     "{path}/chat/send/text", "{path}/webhook/logs/x/retry"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(path=PATHS, body=st.binary(max_size=40) | st.dictionaries(KEYS, JSON, max_size=4))
async def test_no_body_breaks_it(path: str, body: Any) -> None:
    api = Api(logs=3)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with api.client:
        where = path.format(path=api.path)
        answer = await api.client.post(where, headers=api.owner, content=content)
    assert answer.status_code < 500
    assert answer.headers["X-Request-Id"]
    if answer.status_code >= 400:
        assert answer.json()["success"] is False
