"""Our requests beside those of the official SDK, field by field; the emulator writes both down."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from vzaps import AsyncVZapsClient
from vzaps.__about__ import __version__ as sdk_version

from tests.servers import running
from tests.stack.stack import failed, name_of, small
from tests.ui.harness import HurriedClock
from vzaps_tui import __version__
from vzaps_tui.api.auth import Credentials
from vzaps_tui.api.client import ApiClient
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import Secret
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import Received, World

ABSENT = "(absent)"
_URL = "https://hooks.example.com/new?key=1"
_DERIVED = ("host", "content-length")
"""Headers that say nothing of their own: the address, and the length of the body compared."""


class Whose(NamedTuple):
    """What the calls are about."""

    instance: str
    token: str
    log: str

    @property
    def sdk(self) -> dict[str, str]:
        """As the SDK takes it."""
        return {"instance_id": self.instance, "instance_token": self.token}


@dataclass(frozen=True)
class Pair:
    """The same call by both, and the route it goes to."""

    route: str
    ours: Callable[[ApiClient, Whose], Awaitable[Any]]
    theirs: Callable[[AsyncVZapsClient, Whose], Awaitable[Any]]


PAIRS: dict[str, Pair] = {
    "list": Pair(
        "list", lambda c, _: c.instances(1, 50), lambda c, _: c.instances.list(page=1, page_size=50)
    ),
    "get": Pair(
        "get",
        lambda c, w: c.instance(InstanceId(w.instance)),
        lambda c, w: c.instances.get(w.instance),
    ),
    "webhooks.get": Pair(
        "webhook-get",
        lambda c, w: c.webhook(InstanceId(w.instance)),
        lambda c, w: c.webhooks.get(w.instance, instance_token=w.token),
    ),
    "webhooks.set": Pair(
        "webhook-set",
        lambda c, w: c.set_webhook(
            InstanceId(w.instance), WebhookConfig(_URL, ("Message", "ReadReceipt"))
        ),
        lambda c, w: c.webhooks.set(**w.sdk, webhook_url=_URL, events=["Message", "ReadReceipt"]),
    ),
    "search_logs": Pair(
        "search",
        lambda c, w: c.search(InstanceId(w.instance), 1, 50, None),
        lambda c, w: c.webhooks.search_logs(**w.sdk),
    ),
    "search_logs, failed": Pair(
        "search",
        lambda c, w: c.search(InstanceId(w.instance), 1, 50, "failed"),
        lambda c, w: c.webhooks.search_logs(**w.sdk, status="failed"),
    ),
    "get_log": Pair(
        "log",
        lambda c, w: c.detail(InstanceId(w.instance), LogId(w.log)),
        lambda c, w: c.webhooks.get_log(**w.sdk, log_id=w.log),
    ),
    "retry_log": Pair(
        "retry",
        lambda c, w: c.retry(InstanceId(w.instance), LogId(w.log)),
        lambda c, w: c.webhooks.retry_log(**w.sdk, log_id=w.log),
    ),
    "token": Pair("token", lambda c, _: c.instances(1, 50), lambda c, _: c.auth.get_access_token()),
}

JSON_BODY = ("application/json", ABSENT)
DIFFERENCES: dict[tuple[str, str], tuple[object, object, str]] = {
    ("get", "header x-instance-token"): ("TOKEN", ABSENT, "row 23: all available headers"),
    ("webhooks.set", "body webhookURL"): (_URL, ABSENT, "row 1: the API reference's spelling"),
    ("webhooks.set", "body webhook_url"): (ABSENT, _URL, "row 1: sent only as the second try"),
    ("webhooks.set", "body events"): (
        "Message,ReadReceipt",
        ["Message", "ReadReceipt"],
        "row 2: a comma string without spaces",
    ),
    ("search_logs", "body page"): (1, ABSENT, "row 15: a JSON object, with paging (3.5)"),
    ("search_logs", "body size"): (50, ABSENT, "rows 5 and 15: the wire's name for it"),
    ("search_logs", "header content-type"): (*JSON_BODY, "row 15: there is a body"),
    ("search_logs, failed", "body page"): (1, ABSENT, "row 15: with paging (3.5)"),
    ("search_logs, failed", "body size"): (50, ABSENT, "rows 5 and 15: the wire's name for it"),
}
"""All that may differ: call and field to ours, the SDK's, and the row of CONTRACT section 7."""

USER_AGENTS = (f"vzaps-tui/{__version__}", f"vzaps-python/{sdk_version}")
"""Differs in every call: each names its own product and version (CONTRACT 1.6)."""


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with running(small()) as server:
        yield server


def fields(received: Received, whose: Whose) -> dict[str, object]:
    """A request as named fields; what is drawn anew each time by a word for it."""
    headers = dict(received.headers)
    if headers.get("authorization", "").startswith("Bearer ey"):
        headers["authorization"] = "Bearer JWT"
    if headers.get("x-instance-token") == whose.token:
        headers["x-instance-token"] = "TOKEN"
    body: object = json.loads(received.body) if received.body else {}
    assert isinstance(body, dict), body
    return {
        "method": received.method,
        "path": received.path,
        **{f"body {key}": value for key, value in body.items()},  # pyright: ignore[reportUnknownVariableType] - JSON
        **{f"header {name}": text for name, text in headers.items() if name not in _DERIVED},
    }


def the_one(world: World, route: str, whose: Whose) -> dict[str, object]:
    """The one request to a route; forgets all."""
    found = [one for one in world.requests if name_of(one) == route]
    world.requests.clear()
    assert len(found) == 1, found
    return fields(found[0], whose)


async def both(server: EmulatorServer, name: str) -> tuple[dict[str, object], dict[str, object]]:
    """Our request and the SDK's for one call; each asks with the token of its own."""
    pair, world = PAIRS[name], server.world
    instance = world.instances[0]
    whose = Whose(instance.id, instance.token, failed(instance)[0].id)
    credentials = Credentials(
        client_token=Secret(world.client_token), client_secret=Secret(world.client_secret)
    )
    client = ApiClient(
        base_url=server.base_url,
        credentials=credentials,
        clock=HurriedClock(),
        requests_per_second=1000.0,
    )
    if name != "token":  # as the program does: the list tells the token of each instance
        await client.instances(1, 50)
        world.requests.clear()
    await pair.ours(client, whose)
    await client.aclose()
    ours = the_one(world, pair.route, whose)
    async with AsyncVZapsClient(
        client_token=world.client_token,
        client_secret=world.client_secret,
        base_url=server.base_url,
    ) as sdk:
        await pair.theirs(sdk, whose)
    return ours, the_one(world, pair.route, whose)


@pytest.mark.parametrize("name", PAIRS)
async def test_they_differ_only_where_the_contract_asks_for_it(
    server: EmulatorServer, name: str
) -> None:
    ours, theirs = await both(server, name)
    agents = ours.pop("header user-agent"), theirs.pop("header user-agent")
    assert agents == USER_AGENTS
    found = {
        field: (ours.get(field, ABSENT), theirs.get(field, ABSENT))
        for field in ours | theirs
        if ours.get(field, ABSENT) != theirs.get(field, ABSENT)
    }
    allowed = {field: pair[:2] for (call, field), pair in DIFFERENCES.items() if call == name}
    assert found == allowed


def test_every_allowed_difference_has_its_row() -> None:
    assert {call for call, _ in DIFFERENCES} <= set(PAIRS)
    assert all(why.startswith("row") for *_, why in DIFFERENCES.values())


async def test_the_fields_compared_are_those_that_count(server: EmulatorServer) -> None:
    ours, _ = await both(server, "retry_log")
    assert ours["method"] == "POST"
    assert str(ours["path"]).endswith("/retry")
    assert ours["header authorization"] == "Bearer JWT"
    assert ours["header x-client-token"] == server.world.client_token
    assert ours["header x-instance-token"] == "TOKEN"
    assert ours["header accept"] == "application/json"
