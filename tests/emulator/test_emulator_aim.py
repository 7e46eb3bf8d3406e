"""Scenarios aimed at a route or a number of calls; time sped up; what no webhook means."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.process import environment
from tests.servers import Receiver, running
from vzaps_tui.emulator.instances import BACKOFF
from vzaps_tui.emulator.scenarios import (
    MAX_TIMES,
    REPLIES,
    ROUTES,
    SCENARIOS,
    SHAPES,
    Scenario,
    parse_scenario,
)
from vzaps_tui.emulator.world import World

NOON = datetime(2026, 9, 17, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("latency", Scenario("latency")),
        ("odd-rows", Scenario("odd-rows")),
        ("reset-after:retry", Scenario("reset-after", "retry")),
        ("error-500:search:2", Scenario("error-500", "search", 2)),
        ("error-503:3", Scenario("error-503", None, 3)),
        (f"null:log:{MAX_TIMES}", Scenario("null", "log", MAX_TIMES)),
    ],
)
def test_what_a_scenario_means(text: str, meant: Scenario) -> None:
    assert parse_scenario(text) == meant
    assert meant.aimed == (":" in text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no scenario is called ''; there are latency, "),
        ("Reset", "no scenario is called 'Reset'"),
        (" reset", "no scenario is called ' reset'"),
        (":search", "no scenario is called ''"),
        ("reset:", "no route is called ''; there are token, list, "),
        ("reset:Search", "no route is called 'Search'"),
        ("reset:-1", "no route is called '-1'"),
        ("reset::2", "no route is called ''"),
        ("reset:2:search", "no route is called '2'"),
        ("reset:0", "'0' is no number of times; give one from 1 to 1000"),
        ("reset:1001", "'1001' is no number of times"),
        ("reset:2x", "'2x' is no number of times"),
        ("reset:search:", "'' is no number of times"),
        ("reset:search:two", "'two' is no number of times"),
        ("reset:search:1.5", "'1.5' is no number of times"),
        ("reset:search:²", "'²' is no number of times"),
        ("reset:search:٢", "'٢' is no number of times"),
        ("reset:search:" + "9" * 5000, "is no number of times"),
        ("reset:search:2:2", "has too many parts; write NAME[:ROUTE][:TIMES]"),
        ("camel-case:search", "'camel-case' holds for every call and cannot be aimed; these can: "),
        ("retry-fails:2", "cannot be aimed"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r"called|times|aimed|parts") as refused:
        parse_scenario(text)
    assert said in str(refused.value)
    with pytest.raises(ValueError, match=r"called|times|aimed|parts"):
        World(scenarios=("latency", text))


_PARTS = st.sampled_from([*SCENARIOS, *ROUTES, "", "0", "2", "1000", "1001"]) | st.text(max_size=5)


@given(st.lists(_PARTS, min_size=1, max_size=4).map(":".join))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        found = parse_scenario(text)
    except ValueError:
        return
    assert found.name in (REPLIES if found.aimed else SCENARIOS)
    assert found.route is None or found.route in ROUTES
    assert found.times is None or 1 <= found.times <= MAX_TIMES


def test_every_fault_can_be_aimed_and_no_shape() -> None:
    for name in REPLIES:
        assert parse_scenario(f"{name}:list").route == "list"
    for name in SHAPES:
        with pytest.raises(ValueError, match="cannot be aimed"):
            parse_scenario(f"{name}:list")


async def _statuses(world: World, calls: str) -> str:
    """What comes of calls to `list`, `get`, `token`: statuses, `-` where none came."""
    found: list[str] = []
    with running(world) as server:
        async with httpx.AsyncClient(base_url=server.base_url, timeout=20) as client:
            for call in calls.split():
                bodies: dict[str, tuple[str, Any]] = {
                    "list": ("/instances/list", {}),
                    "get": ("/instances/get", {"id": world.instances[0].id}),
                    "token": ("/token", {}),
                }
                path, body = bodies[call]
                headers = {"Authorization": f"Bearer {world.issue_token()}"}
                try:
                    answer = await client.post(path, json=body, headers=headers)
                except httpx.ReadError:
                    found.append("-")
                else:
                    found.append(str(answer.status_code))
    return " ".join(found)


@pytest.mark.parametrize(
    ("scenarios", "calls", "statuses"),
    [
        ("error-500:list", "list get list list", "500 200 500 500"),
        ("error-500:list:2", "list get list list", "500 200 500 200"),
        ("reset-after:list:1", "list list", "- 200"),
        ("error-503:2", "token get list list", "400 503 503 200"),
        ("forbidden:token:1", "token token", "403 400"),
        # in the order given; what is aimed at the route first, then what is aimed at any
        ("error-500:list:1 forbidden:list:1", "list list list", "500 403 200"),
        ("forbidden:1 error-500:list:1", "list list list", "500 403 200"),
        # a number first, then what stands; of what stands the later one; aimed before plain
        ("error-500:list forbidden:list:1", "list list", "403 500"),
        ("error-500:list forbidden:list", "list list", "403 403"),
        ("error-500:list error-503", "list get token", "500 503 400"),
        # revoked once, or nobody would ever get in
        ("expired-token:list", "list list", "401 200"),
        ("expired-token:list:2", "list list list", "401 401 200"),
    ],
)
async def test_an_aimed_scenario_hits_what_it_is_aimed_at(
    scenarios: str, calls: str, statuses: str
) -> None:
    world = World(logs=1, scenarios=tuple(scenarios.split()))
    assert await _statuses(world, calls) == statuses


def test_standing_faults_of_several_kinds_add_up() -> None:
    faults = World(scenarios=("latency:search", "error-500:search", "latency:search")).faults
    assert {fault.kind for fault in faults.take("search")} == {"latency", "error-500"}
    assert faults.take("list") == []


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_speed_divides_the_backoff_of_what_is_new(speed: float) -> None:
    clock = [NOON]
    world = World(logs=40, now=lambda: clock[0])
    before = World(logs=40, now=lambda: NOON)
    world.speed = speed
    new = [world.emit(world.instances[1]) for _ in range(400)]
    clock[0] += timedelta(seconds=sum(BACKOFF) + 1)
    world.search(world.instances[1], 1, 1, None)
    waits = {
        (later.at - earlier.at) / timedelta(seconds=BACKOFF[earlier.number - 1])
        for log in new
        for earlier, later in pairwise(log.attempts)
    }
    assert {round(wait * speed, 3) for wait in waits} == {1.0}
    # what was before the world began is the same at any speed
    past = [[a.at for a in log.attempts] for log in world.instances[0].logs]
    assert past == [[a.at for a in log.attempts] for log in before.instances[0].logs]


async def test_no_webhook_no_events_wherever_it_is_told() -> None:
    with running(World(logs=1)) as server:
        world = server.world
        headers = {"Authorization": f"Bearer {world.issue_token()}"}
        async with httpx.AsyncClient(base_url=server.base_url, headers=headers) as client:

            async def told(index: int) -> list[str]:
                instance = world.instances[index]
                listed = (await client.post("/instances/list", json={})).json()["content"][index]
                got = (await client.post("/instances/get", json={"id": instance.id})).json()
                read = (await client.get(f"/instances/{instance.id}/webhook")).json()["data"]
                events = [listed["events_subscribe"], got["events_subscribe"]]
                return [*events, ",".join(read["subscribe"])]

            async def save(index: int, url: str) -> str:
                path = f"/instances/{world.instances[index].id}/webhook"
                answer = await client.post(path, json={"webhookURL": url})
                return str(answer.json()["data"]["events"])

            assert await told(3) == ["", "", ""]
            assert await save(3, "https://new.example.com/") == "All"
            assert await told(3) == ["All"] * 3
            # taken away, and set again: what was chosen is not forgotten
            assert await save(0, "") == ""
            assert await told(0) == ["", "", ""]
            assert await save(0, "https://new.example.com/") == "Message,ReadReceipt"
            assert await told(0) == ["Message,ReadReceipt"] * 3


def test_the_command_speeds_up_and_aims(tmp_path: Path) -> None:
    options = "--port 0 --logs 0 --json --speed 10000 --scenario error-500:list:1"
    command = [sys.executable, "-m", "vzaps_tui", "emulator", *options.split()]
    started = subprocess.Popen(  # noqa: S603 - our own
        command, env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    with started as process, ExitStack() as at_last, Receiver() as receiver:
        at_last.callback(process.terminate)  # or a failure would wait for it for ever
        assert process.stdout
        told: dict[str, Any] = json.loads(process.stdout.readline())
        account = {"client_token": told["client_token"], "client_secret": told["client_secret"]}

        def post(path: str, body: dict[str, str], token: str = "") -> httpx.Response:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            return httpx.post(told["base_url"] + path, json=body, headers=headers, timeout=20)

        token = post("/token", account).json()["access_token"]
        assert post("/instances/list", {}, token).status_code == 500
        assert post("/instances/list", {}, token).status_code == 200
        receiver.status = 500
        path = f"/instances/{told['instances'][0]['id']}"
        post(f"{path}/webhook", {"webhookURL": receiver.url}, token)
        post(f"{path}/chat/send/text", {"phone": "5511", "message": "hi"}, token)
        receiver.wait(lambda posts: len(posts) == len(BACKOFF) + 1)  # 755 s at speed 1
    assert started.returncode == 0
