"""Every switch: what a client sees of it, and whether the call was carried out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from tests.servers import running
from vzaps_tui.emulator.app import build
from vzaps_tui.emulator.hostile import HOSTILE
from vzaps_tui.emulator.scenarios import REPLIES, ROUTES, SCENARIOS
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World

NOON = datetime(2026, 9, 17, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with running(World(logs=60, now=lambda: NOON)) as made:
        yield made


@pytest.fixture
async def client(server: EmulatorServer) -> AsyncIterator[httpx.AsyncClient]:
    server.world.scenarios.clear()
    server.world.faults.clear()
    headers = {"Authorization": f"Bearer {server.world.issue_token()}"}
    async with httpx.AsyncClient(base_url=server.base_url, headers=headers, timeout=20) as made:
        yield made


def _retry_path(world: World) -> tuple[str, Any]:
    first = world.instances[0]
    log = next(log for log in first.logs[::-1] if not log.retries)
    return f"/instances/{first.id}/webhook/logs/{log.id}/retry", log


# Faults of answers: (kind, status, start of the body, whether the retry was carried out)
ANSWERS = [
    ("rate-limit", 429, '{"code":429', False),
    ("rate-limit-date", 429, '{"code":429', False),
    ("rate-limit-bare", 429, '{"code":429', False),
    ("error-500", 500, '{"code":500', False),
    ("error-503", 503, '{"code":503', False),
    ("html-error", 502, "<html>", False),
    ("portal", 200, "<!doctype html>", False),
    ("success-false", 200, '{"code":200,"error":"the operation failed","success":false}', False),
    ("unauthorized", 401, '{"code":401', False),
    ("forbidden", 403, '{"code":403', False),
    ("not-found", 404, '{"code":404', False),
    ("not-allowed", 405, '{"code":405', False),
    ("unprocessable", 422, '{"code":422', False),
    ("expired-token", 401, '{"code":401', False),
    ("empty-body", 200, "", True),
    ("null", 200, "null", True),
    ("list", 200, "[]", True),
]
BROKEN = ["reset", "reset-after", "cut-body", "no-answer"]


def test_every_fault_is_in_a_table() -> None:
    assert {kind for kind, *_ in ANSWERS} | set(BROKEN) | {"latency"} == REPLIES.keys()
    assert SCENARIOS.keys() > REPLIES.keys()


@pytest.mark.parametrize(("kind", "status", "start", "acted"), ANSWERS)
async def test_a_fault_hits_the_next_call_of_its_route_once(
    server: EmulatorServer,
    client: httpx.AsyncClient,
    kind: str,
    status: int,
    start: str,
    *,
    acted: bool,
) -> None:
    server.world.faults.next("retry", kind)
    path, log = _retry_path(server.world)
    assert (await client.post("/instances/list")).status_code == 200  # another route is spared
    answer = await client.post(path)
    assert answer.status_code == status
    assert answer.text.startswith(start)
    assert answer.text or not start
    assert answer.headers["X-Request-Id"]
    assert log.retries == int(acted)
    fresh = {"Authorization": f"Bearer {server.world.issue_token()}"}
    assert (await client.post(path, headers=fresh)).json()["success"] is True
    assert log.retries == int(acted) + 1


@pytest.mark.parametrize(
    ("kind", "problem", "acted"),
    [
        ("reset", httpx.ReadError, 0),
        ("reset-after", httpx.ReadError, 1),
        ("cut-body", httpx.RemoteProtocolError, 1),
        ("no-answer", httpx.ReadTimeout, 1),
    ],
)
async def test_a_broken_connection_is_broken_for_real(
    server: EmulatorServer,
    client: httpx.AsyncClient,
    kind: str,
    problem: type[httpx.TransportError],
    acted: int,
) -> None:
    server.world.faults.next("retry", kind)
    path, log = _retry_path(server.world)
    with pytest.raises(problem):
        await client.post(path, timeout=0.2 if kind == "no-answer" else 20)
    assert log.retries == acted
    assert (await client.post(path)).status_code == 200


async def test_a_cut_body_promised_more(server: EmulatorServer, client: httpx.AsyncClient) -> None:
    server.world.faults.next("search", "cut-body")
    path = f"/instances/{server.world.instances[0].id}/webhook/logs/search"
    got = bytearray()

    async def read_to_the_end() -> None:
        async with client.stream("POST", path) as answer:
            promised.append(int(answer.headers["Content-Length"]))
            async for chunk in answer.aiter_bytes():
                got.extend(chunk)

    promised: list[int] = []
    with pytest.raises(httpx.RemoteProtocolError):
        await read_to_the_end()
    assert 0 < len(got) < promised[0]


async def test_faults_queue_in_order_then_the_standing_one_rules(
    server: EmulatorServer, client: httpx.AsyncClient
) -> None:
    faults = server.world.faults
    faults.always("list", "error-503")
    faults.next("list", "forbidden", times=2)
    faults.next("list", "error-500")
    seen = [(await client.post("/instances/list")).status_code for _ in range(5)]
    assert seen == [403, 403, 500, 503, 503]
    faults.clear("list")
    assert (await client.post("/instances/list")).status_code == 200


async def test_the_token_route_can_be_aimed_at(
    server: EmulatorServer, client: httpx.AsyncClient
) -> None:
    server.world.faults.next("token", "error-500")
    assert (await client.post("/token", json={})).status_code == 500
    server.world.scenarios.add("error-500")  # a scenario spares it
    assert (await client.post("/token", json={})).status_code == 400


@pytest.mark.parametrize(
    ("kind", "told"), [("rate-limit", "7"), ("rate-limit-date", 7), ("rate-limit-bare", None)]
)
async def test_rate_limits_tell_when(
    server: EmulatorServer, client: httpx.AsyncClient, kind: str, told: Any
) -> None:
    server.world.faults.next("list", kind, seconds=7)
    header = (await client.post("/instances/list")).headers.get("Retry-After")
    if isinstance(told, int):
        assert parsedate_to_datetime(str(header)) == NOON + timedelta(seconds=told)
    else:
        assert header == told


async def test_latency_makes_an_answer_late(
    server: EmulatorServer, client: httpx.AsyncClient
) -> None:
    server.world.faults.next("list", "latency", seconds=5)
    with pytest.raises(httpx.ReadTimeout):
        await client.post("/instances/list", timeout=0.1)
    server.world.faults.next("list", "latency", seconds=0.05)
    assert (await client.post("/instances/list")).elapsed >= timedelta(seconds=0.05)


@pytest.mark.parametrize("kind", ["html-error", "rate-limit", "empty-body"])
async def test_a_scenario_holds_until_it_is_switched_off(
    server: EmulatorServer, client: httpx.AsyncClient, kind: str
) -> None:
    server.world.scenarios.add(kind)
    path = f"/instances/{server.world.instances[0].id}/webhook"
    usual = {"html-error": 502, "rate-limit": 429, "empty-body": 200}[kind]
    for where in (path, path):
        answer = await client.get(where)
        assert answer.status_code == usual
        assert not answer.text.startswith('{"code":200')
    server.world.scenarios.discard(kind)
    assert (await client.get(path)).json()["success"] is True


@pytest.mark.parametrize(
    ("route", "kind"), [("nowhere", "reset"), ("list", "nothing"), ("list", "bare")]
)
def test_unknown_faults_are_refused(route: str, kind: str) -> None:
    with pytest.raises(ValueError, match="is called"):
        World().faults.next(route, kind)
    with pytest.raises(ValueError, match="is called"):
        World().faults.always(route, kind)


def test_unknown_scenarios_are_refused() -> None:
    with pytest.raises(ValueError, match="no scenario is called 'nonsense'"):
        World(scenarios=("latency", "nonsense"))


def test_every_route_has_a_name() -> None:
    assert {getattr(route, "name", "") for route in build(World()).routes} == set(ROUTES)


# Shapes, in process


class Shaped:
    """A world bent by scenarios, called as its owner."""

    def __init__(self, *scenarios: str) -> None:
        self.at = NOON
        self.world = World(logs=60, scenarios=scenarios, now=lambda: self.at)
        self.first = self.world.instances[0]
        self.failed = next(log for log in self.first.logs[::-1] if log.status == "failed")

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        transport = httpx.ASGITransport(build(self.world))
        headers = {"Authorization": f"Bearer {self.world.issue_token()}"}
        path = path.replace("{i}", f"/instances/{self.first.id}")
        path = path.replace("{log}", f"/instances/{self.first.id}/webhook/logs/{self.failed.id}")
        async with httpx.AsyncClient(transport=transport, base_url="http://e") as client:
            answer = await client.request(method, path, headers=headers, json=body)
        return answer.json()


async def test_camel_case() -> None:
    shaped = Shaped("camel-case")
    secrets = {
        "client_token": shaped.world.client_token,
        "client_secret": shaped.world.client_secret,
    }
    assert (await shaped.call("POST", "/token", secrets)).keys() == {"accessToken", "expiresIn"}
    page = await shaped.call("POST", "/instances/list")
    assert "totalPages" in page
    assert "eventsSubscribe" in page["content"][0]
    found = (await shaped.call("GET", "{log}"))["data"]
    assert {"eventType", "statusCode", "createdAt", "responseBody"} < found.keys()
    assert found["attempts"][0].keys() >= {"sentAt", "statusCode"}
    assert found["payload"] == shaped.world.payload(shaped.first, shaped.failed)


BOTH = [
    ("POST", "/instances/list"),
    ("GET", "{i}/webhook"),
    ("GET", "{log}"),
    ("POST", "{log}/retry"),
]


@pytest.mark.parametrize(("method", "path"), BOTH)
async def test_wrappers(method: str, path: str) -> None:
    assert "success" not in await Shaped("bare").call(method, path)
    wrapped = await Shaped("envelope").call(method, path)
    assert wrapped.keys() == {"code", "success", "data"}


@pytest.mark.parametrize(("scenario", "kind"), [("attempts-number", int), ("attempts-list", list)])
async def test_attempts(scenario: str, kind: type) -> None:
    shaped = Shaped(scenario)
    row = (await shaped.call("POST", "{i}/webhook/logs/search"))["data"]["content"][0]
    found = (await shaped.call("GET", "{log}"))["data"]
    assert isinstance(row["attempts"], kind)
    assert isinstance(found["attempts"], kind)


async def test_ignored_filters_and_paging() -> None:
    plain, bent = Shaped(), Shaped("ignore-filters", "ignore-paging")
    asked = {"page": 3, "size": 10, "status": "failed"}
    unasked = await plain.call("POST", "{i}/webhook/logs/search", {"page": 1, "size": 10})
    assert await bent.call("POST", "{i}/webhook/logs/search", asked) == unasked


async def test_odd_rows() -> None:
    plain = await Shaped().call("POST", "{i}/webhook/logs/search", {"size": 11})
    found = await Shaped("odd-rows").call("POST", "{i}/webhook/logs/search", {"size": 11})
    usual, odd = plain["data"]["content"], found["data"]["content"]
    assert odd[0] == usual[0]
    assert odd[1]["status"] == "quarantined"
    assert odd[2]["event_type"] == "PollVote"
    assert "id" not in odd[3]
    assert odd[4]["id"] == usual[3]["id"]
    moments = [datetime.fromisoformat(row["created_at"]) for row in usual]
    assert datetime.fromisoformat(odd[5]["created_at"] + "Z") == moments[5].replace(microsecond=0)
    assert odd[6]["created_at"] == int(moments[6].timestamp())
    assert odd[7]["created_at"] == int(moments[7].timestamp() * 1000)
    assert odd[8]["created_at"].endswith("-03:00")
    assert datetime.fromisoformat(odd[8]["created_at"]) == moments[8]
    assert odd[9] == "not a row"
    assert odd[10] == {"id": usual[10]["id"]}


async def test_hostile_text() -> None:
    shaped = Shaped("hostile-text")
    page = await shaped.call("POST", "/instances/list")
    assert [
        row["name"].endswith(text) for row, text in zip(page["content"], HOSTILE, strict=False)
    ] == [True] * 4
    found = (await shaped.call("GET", "{log}"))["data"]
    assert any(text in found["error"] for text in HOSTILE)
    assert any(text in found["response_body"] for text in HOSTILE)
    assert all(text in found["payload"]["event"]["message"]["conversation"] for text in HOSTILE)


def test_hostile_texts_hold_what_can_act() -> None:
    every = "".join(HOSTILE)
    for code in (
        0x1B,
        0x9B,
        0x9D,
        0x00,
        0x07,
        0x08,
        0x0A,
        0x0D,
        0x7F,
        0x202E,
        0x2066,
        0x200D,
        0xD800,
    ):
        assert chr(code) in every
    assert "[/red]" in every


async def test_payloads_that_are_large_or_no_json() -> None:
    large = (await Shaped("big-payload").call("GET", "{log}"))["data"]["payload"]
    assert len(json.dumps(large)) > 5_000_000
    text = (await Shaped("text-payload").call("GET", "{log}"))["data"]["payload"]
    assert isinstance(text, str)
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(text)


async def test_a_slow_retry_is_pending_for_a_while() -> None:
    shaped = Shaped("retry-slow")
    await shaped.call("POST", "{log}/retry")
    assert (await shaped.call("GET", "{log}"))["data"]["status"] == "pending"
    shaped.at += timedelta(seconds=4.9)
    assert (await shaped.call("GET", "{log}"))["data"]["status"] == "pending"
    shaped.at += timedelta(seconds=0.2)
    found = (await shaped.call("GET", "{log}"))["data"]
    assert [found["status"], found["next_retry_at"]] == ["delivered", None]


async def test_two_slow_retries_are_two_tries() -> None:
    shaped = Shaped("retry-slow")
    tries = len(shaped.failed.attempts)
    await shaped.call("POST", "{log}/retry")
    await shaped.call("POST", "{log}/retry")
    shaped.at += timedelta(seconds=6)
    await shaped.call("GET", "{log}")
    assert [len(shaped.failed.attempts), shaped.failed.retries] == [tries + 2, 2]


async def test_a_retry_that_fails_again() -> None:
    shaped = Shaped("retry-fails")
    tries = len(shaped.failed.attempts)
    await shaped.call("POST", "{log}/retry")
    found = (await shaped.call("GET", "{log}"))["data"]
    assert [found["status"], len(found["attempts"])] == ["failed", tries + 1]
    assert found["last_attempt_at"] == "2026-09-17T12:00:00.000Z"


@pytest.mark.parametrize("scenario", ["retry-new-log", "retry-new-log-silent"])
async def test_a_retry_may_make_a_new_log(scenario: str) -> None:
    shaped = Shaped(scenario)
    before = (await shaped.call("GET", "{log}"))["data"]
    receipt = (await shaped.call("POST", "{log}/retry"))["data"]
    newest = (await shaped.call("POST", "{i}/webhook/logs/search"))["data"]["content"][0]
    assert (await shaped.call("GET", "{log}"))["data"] == before
    assert newest["id"] != before["id"]
    assert [newest["event_type"], newest["status"]] == [before["event_type"], "delivered"]
    if scenario == "retry-new-log":
        assert receipt["new_log_id"] == newest["id"]
    else:
        assert newest["id"] not in json.dumps(receipt)
    path = f"{{i}}/webhook/logs/{newest['id']}"
    assert (await shaped.call("GET", path))["data"]["payload"] == before["payload"]
    assert shaped.failed.retries == 1


@pytest.mark.parametrize("known", ["webhookURL", "webhook_url"])
@pytest.mark.parametrize("sent", ["webhookURL", "webhook_url"])
async def test_one_spelling_of_the_url(known: str, sent: str) -> None:
    shaped = Shaped(f"only-{known}")
    before = shaped.first.webhook, shaped.first.events
    answer = await shaped.call(
        "POST", "{i}/webhook", {sent: "https://n.example.com/", "events": "Presence"}
    )
    assert answer["success"] is True
    after = shaped.first.webhook, shaped.first.events
    assert after == (("https://n.example.com/", ("Presence",)) if known == sent else before)


async def test_events_as_a_list_only() -> None:
    shaped = Shaped("events-list-only")
    body: dict[str, Any] = {"webhookURL": "https://n.example.com/", "events": "Message"}
    assert (await shaped.call("POST", "{i}/webhook", body))["code"] == 422
    assert shaped.first.webhook != "https://n.example.com/"
    body["events"] = ["Presence"]
    assert (await shaped.call("POST", "{i}/webhook", body))["data"]["events"] == "Presence"


async def test_a_token_expires_once_while_running() -> None:
    shaped = Shaped("expired-token")
    assert (await shaped.call("POST", "/instances/list"))["code"] == 401
    assert (await shaped.call("POST", "/instances/list"))["total"] == 4
