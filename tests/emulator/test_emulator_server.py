"""The server's life: ports, start, stop, restart; and the command in the foreground."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from typing import Any

import httpx
import pytest

from tests.servers import eventually, running
from vzaps_tui.emulator.command import announcement
from vzaps_tui.emulator.scenarios import SCENARIOS
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World

_PROGRAM = """
import sys
from vzaps_tui.emulator.command import run
sys.exit(run(port=0, instances=2, logs=3, seed=5, rate=0, speed=1, scenarios=(), as_json=True,
             out=sys.stdout))
"""


def _reachable(base_url: str) -> bool:
    host, port = base_url.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except ConnectionRefusedError:
        return False
    return True


def test_it_listens_on_loopback_when_started() -> None:
    server = EmulatorServer(World())
    assert server.base_url == ""
    server.start()
    assert server.base_url.startswith("http://127.0.0.1:")
    assert _reachable(server.base_url)
    server.stop()
    assert not _reachable(server.base_url)
    server.stop()


def test_the_thread_ends() -> None:
    before = threading.active_count()
    with running():
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_a_world_can_be_served_again_on_the_same_port() -> None:
    world = World()
    with running(world) as server:
        port = int(server.base_url.rsplit(":", 1)[1])
    with EmulatorServer(world, port) as again:
        assert again.base_url == server.base_url
        assert _reachable(again.base_url)


async def test_answers_are_not_held_back() -> None:
    with running() as server:
        inner: Any = vars(server)["_server"]  # nothing public tells of connections
        async with httpx.AsyncClient(base_url=server.base_url) as client:
            await client.get("/")
            (connection,) = inner.server_state.connections
            there = connection.transport.get_extra_info("socket")
            assert there.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_does_not_exist(port: int) -> None:
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
        EmulatorServer(World(), port).start()


def test_a_port_that_is_taken() -> None:
    with running() as server:
        port = int(server.base_url.rsplit(":", 1)[1])
        words = f"127.0.0.1:{port}: Address already in use. Choose another port with --port"
        with pytest.raises(OSError, match=words):
            EmulatorServer(World(), port).start()


async def test_stop_does_not_wait_for_a_call_that_is_never_answered() -> None:
    with running() as server:
        server.world.faults.next("list", "no-answer")
        headers = {"Authorization": f"Bearer {server.world.issue_token()}"}
        async with httpx.AsyncClient(base_url=server.base_url, headers=headers) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/instances/list", timeout=0.05)
            server.world.faults.next("list", "latency", seconds=3600)
            with pytest.raises(httpx.ReadTimeout):
                await client.post("/instances/list", timeout=0.05)
            server.stop()
            assert "vzaps-emulator" not in {thread.name for thread in threading.enumerate()}


def test_an_idle_server_has_no_clock_ticking() -> None:
    with running() as server:
        assert _reachable(server.base_url)
        inner: Any = vars(server)["_server"]  # nothing public tells of timers
        loop = inner._loop
        eventually(lambda: not loop._scheduled and not loop._ready)


def test_the_line_is_for_people_or_programs() -> None:
    world = World(instances=2)
    told = json.loads(announcement(world, "http://127.0.0.1:1", as_json=True))
    assert told == {
        "base_url": "http://127.0.0.1:1",
        "client_token": world.client_token,
        "client_secret": world.client_secret,
        "instances": [{"id": i.id, "name": i.name, "token": i.token} for i in world.instances],
    }
    line = announcement(world, "http://127.0.0.1:1", as_json=False)
    assert line == (
        f"VZAPS_BASE_URL=http://127.0.0.1:1 VZAPS_CLIENT_TOKEN={world.client_token} "
        f"VZAPS_CLIENT_SECRET={world.client_secret}"
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    program = [sys.executable, "-c", _PROGRAM]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, stdout=pipe, stderr=pipe) as process:  # noqa: S603 - our own
        assert process.stdout
        assert process.stderr
        told: dict[str, Any] = json.loads(process.stdout.readline())
        assert told["client_secret"] == World(seed=5).client_secret
        assert len(told["instances"]) == 2
        body = {"client_token": told["client_token"], "client_secret": told["client_secret"]}
        answer = httpx.post(f"{told['base_url']}/token", json=body)
        assert answer.json()["expires_in"] == 3600
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""


def test_the_command_module_is_light() -> None:
    code = (
        "import sys, vzaps_tui.emulator.command as c; "
        "sys.exit(any(m in sys.modules for m in ('uvicorn', 'starlette', 'httpx')))"
    )
    program = [sys.executable, "-c", code]
    assert subprocess.run(program, check=False).returncode == 0  # noqa: S603 - our own


def test_every_scenario_can_be_switched_on_at_the_start() -> None:
    world = World(scenarios=tuple(SCENARIOS))
    assert world.scenarios == set(SCENARIOS)
    assert all(help_ and "\n" not in help_ for help_ in SCENARIOS.values())
    with running(world) as server:
        eventually(lambda: _reachable(server.base_url))
