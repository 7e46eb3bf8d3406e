"""The official SDK, sync and async, does the whole job against the emulator over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from vzaps import AsyncVZapsClient, VZapsClient
from vzaps.errors import VZapsAPIError, VZapsAuthenticationError

from tests.servers import Receiver, eventually, running
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World


@pytest.fixture
def emulator() -> Iterator[EmulatorServer]:
    with running(World(logs=120)) as server:
        yield server


def _credentials(server: EmulatorServer) -> dict[str, Any]:
    world = server.world
    return {
        "client_token": world.client_token,
        "client_secret": world.client_secret,
        "base_url": server.base_url,
    }


def test_sync_sdk_does_the_whole_job(emulator: EmulatorServer) -> None:
    with VZapsClient(**_credentials(emulator)) as client:
        page = client.instances.list(page=1, page_size=3)
        assert [len(page["content"]), page["total"], page["total_pages"]] == [3, 4, 2]
        instance = page["content"][0]
        who = {"instance_id": instance["id"], "instance_token": instance["token"]}
        assert client.instances.get(instance["id"]) == instance
        assert client.sessions.status(instance["id"]).data.connected is True

        before = client.webhooks.get(instance["id"], instance_token=instance["token"])
        assert before["data"]["webhook"] == instance["webhook"]
        done = client.webhooks.set(
            **who, webhookURL="https://new.example.com/hook", events="Message,ReadReceipt"
        )
        assert done == {
            "code": 200,
            "success": True,
            "data": {"webhook": "https://new.example.com/hook", "events": "Message,ReadReceipt"},
        }
        after = client.webhooks.get(instance["id"])["data"]
        assert after["webhook"] == "https://new.example.com/hook"
        assert after["subscribe"] == ["Message", "ReadReceipt"]

        failed = client.webhooks.search_logs(**who, status="failed", size=5)["data"]
        assert {row["status"] for row in failed["content"]} == {"failed"}
        log = {**who, "log_id": failed["content"][0]["id"]}
        detail = client.webhooks.get_log(**log)["data"]
        assert detail["status"] == "failed"
        assert detail["payload"]
        accepted = client.webhooks.retry_log(**log)
        assert accepted["success"] is True
        again = client.webhooks.get_log(**log)["data"]
        assert again["status"] == "delivered"
        assert len(again["attempts"]) == len(detail["attempts"]) + 1


async def test_async_sdk_does_the_whole_job(emulator: EmulatorServer) -> None:
    async with AsyncVZapsClient(**_credentials(emulator)) as client:
        page = await client.instances.list(search="vendas")
        assert [row["name"] for row in page["content"]] == ["Vendas São Paulo 🛵"]
        instance = page["content"][0]
        who = {"instance_id": instance["id"], "instance_token": instance["token"]}
        assert await client.instances.get(instance["id"]) == instance
        assert (await client.webhooks.get(instance["id"]))["data"]["subscribe"] == ["All"]
        await client.webhooks.set(
            **who, webhook_url="https://new.example.com/hook", events=["Connected", "Nonsense"]
        )
        after = (await client.webhooks.get(instance["id"]))["data"]
        assert after == {"webhook": "https://new.example.com/hook", "subscribe": ["Connected"]}

        everything = (await client.webhooks.search_logs(**who))["data"]
        assert [everything["page"], everything["size"], everything["total"]] == [1, 20, 120]
        failed = (await client.webhooks.search_logs(**who, status="failed"))["data"]
        log = {**who, "log_id": failed["content"][0]["id"]}
        assert (await client.webhooks.get_log(**log))["data"]["status"] == "failed"
        assert (await client.webhooks.retry_log(**log))["success"] is True
        assert (await client.webhooks.get_log(**log))["data"]["status"] == "delivered"


def test_sdk_meets_the_errors_it_knows(emulator: EmulatorServer) -> None:
    wrong = _credentials(emulator)
    wrong["client_secret"] += "x"
    with VZapsClient(**wrong) as client, pytest.raises(VZapsAuthenticationError) as refused:
        client.instances.list()
    assert refused.value.status_code == 401
    with VZapsClient(**_credentials(emulator)) as client, pytest.raises(VZapsAPIError) as missing:
        client.instances.get("VZNOTHERE")
    assert missing.value.status_code == 404
    assert missing.value.message == "instance not found"


def test_a_mended_receiver_gets_the_retry_once(emulator: EmulatorServer) -> None:
    world = emulator.world
    world.speed, world.max_attempts = 1000.0, 3
    instance = world.instances[0]
    who = {"instance_id": instance.id, "instance_token": instance.token}
    with (
        Receiver(500, b'{"error":"database is locked"}') as receiver,
        VZapsClient(**_credentials(emulator)) as client,
    ):
        client.webhooks.set(**who, webhookURL=receiver.url, events="Message")
        client.request(
            "POST",
            f"/instances/{instance.id}/chat/send/text",
            body={"phone": "5511988887777", "message": "ping"},
            instance_token=instance.token,
        )

        def newest() -> dict[str, Any]:
            return client.webhooks.search_logs(**who, size=1)["data"]["content"][0]

        eventually(lambda: newest()["status"] == "failed")
        log = {**who, "log_id": newest()["id"]}
        detail = client.webhooks.get_log(**log)["data"]
        assert [try_["status_code"] for try_ in detail["attempts"]] == [500, 500, 500]
        assert detail["response_body"] == '{"error":"database is locked"}'
        assert detail["error"] == "HTTP 500"
        assert detail["url"] == receiver.url
        assert len(receiver.posts) == 3

        receiver.status, receiver.body = 200, b"thanks"
        client.webhooks.retry_log(**log)
        eventually(lambda: newest()["status"] == "delivered")
        detail = client.webhooks.get_log(**log)["data"]
        assert [try_["status_code"] for try_ in detail["attempts"]] == [500, 500, 500, 200]
        assert detail["response_body"] == "thanks"
        assert detail["duration_ms"] > 0
        assert len(receiver.posts) == 4
        assert receiver.posts[3].body == receiver.posts[0].body
        assert receiver.posts[3].headers["x-instance-id"] == instance.id
        assert b'"conversation": "ping"' in receiver.posts[3].body
