from __future__ import annotations

import asyncio
import inspect
import threading

import pytest

from tests.builders import delivery, instance
from tests.fakes import FakeGateway, idle
from vzaps_tui.cli.gateway import Connection, DeferredGateway
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import AuthError, UnavailableError
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.services.ports import Gateway

VZ = InstanceId("VZ1")


class Maker:
    """Makes connections when told; remembers in which threads."""

    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway or FakeGateway([delivery()])
        self.threads: list[threading.Thread] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fail: Exception | None = None
        self.stopped: list[threading.Thread] = []

    def __call__(self) -> Connection:
        self.threads.append(threading.current_thread())
        assert self.gate.wait(30)
        if self.fail is not None:
            raise self.fail
        return Connection(self.gateway, lambda: self.stopped.append(threading.current_thread()))


async def test_it_is_made_at_the_first_use_in_another_thread_and_once() -> None:
    maker = Maker()
    door: Gateway = DeferredGateway(maker)
    assert maker.threads == []
    maker.gate.clear()
    asked = [asyncio.create_task(door.instances(1, 50)) for _ in range(5)]
    await idle()
    maker.gate.set()
    await asyncio.gather(*asked)
    await door.instances(1, 50)
    assert len(maker.threads) == 1
    assert maker.threads[0] is not threading.main_thread()


async def test_every_method_reaches_the_real_gateway_with_its_arguments() -> None:
    fake = FakeGateway([delivery()], [instance(1)])
    door = DeferredGateway(Maker(fake))
    log, one = LogId(delivery().key), instance(1).id
    config = WebhookConfig(url="https://h", events=("Message",))
    await door.instances(2, 10)
    await door.instance(one)
    await door.session(VZ)
    await door.webhook(VZ)
    await door.set_webhook(VZ, config, url_key="webhook_url", events_as_list=True)
    await door.search(VZ, 1, 20, "failed")
    await door.detail(VZ, log)
    await door.retry(VZ, log)
    names = [one.name for one in fake.calls]
    methods = {name for name, _ in inspect.getmembers(Gateway, inspect.isfunction)}
    assert set(names) == {name for name in methods if not name.startswith("_")} - {"aclose"}
    told = {one.name: one.args for one in fake.calls}
    assert told["instances"] == (2, 10)
    assert told["set_webhook"] == (VZ, config, "webhook_url", True)
    assert told["search"] == (VZ, 1, 20, "failed")
    assert told["retry"] == (VZ, log)


@pytest.mark.parametrize("problem", [OSError("no port"), ImportError("no module named x")])
async def test_what_cannot_be_made_is_told_and_tried_again(problem: Exception) -> None:
    maker = Maker()
    maker.fail = problem
    door = DeferredGateway(maker)
    for _ in range(2):
        with pytest.raises(UnavailableError) as caught:
            await door.instances(1, 50)
        assert str(problem) in caught.value.reason
        assert caught.value.acted is False
    maker.fail = None
    await door.instances(1, 50)
    assert len(maker.threads) == 3


async def test_a_problem_of_ours_is_told_as_it_is() -> None:
    maker = Maker()
    maker.fail = AuthError("no")
    with pytest.raises(AuthError):
        await DeferredGateway(maker).instance(VZ)


async def test_an_asker_that_leaves_does_not_stop_the_opening() -> None:
    maker = Maker()
    maker.gate.clear()
    door = DeferredGateway(maker)
    leaver, stayer = (asyncio.create_task(door.instances(1, 50)) for _ in range(2))
    await idle()
    leaver.cancel()
    await idle()
    maker.gate.set()
    await stayer
    assert leaver.cancelled()
    assert len(maker.threads) == 1


async def test_closing_closes_then_stops_off_the_loop_and_only_once() -> None:
    maker = Maker()
    door = DeferredGateway(maker)
    await door.open()
    await door.aclose()
    await door.aclose()
    assert isinstance(maker.gateway, FakeGateway)
    assert maker.gateway.count("aclose") == 1
    assert len(maker.stopped) == 1
    assert maker.stopped[0] is not threading.main_thread()


async def test_closing_what_was_never_opened_opens_nothing() -> None:
    maker = Maker()
    await DeferredGateway(maker).aclose()
    assert maker.threads == []


async def test_closing_while_opening_closes_what_comes_of_it() -> None:
    maker = Maker()
    maker.gate.clear()
    door = DeferredGateway(maker)
    asked = asyncio.create_task(door.instances(1, 50))
    await idle()
    closing = asyncio.create_task(door.aclose())
    await idle()
    maker.gate.set()
    await closing
    with pytest.raises(UnavailableError):
        await asked
    assert isinstance(maker.gateway, FakeGateway)
    assert [one.name for one in maker.gateway.calls] == ["aclose"]
    assert len(maker.stopped) == 1


async def test_closing_after_a_failure_is_quiet() -> None:
    maker = Maker()
    maker.fail = OSError("no")
    door = DeferredGateway(maker)
    with pytest.raises(UnavailableError):
        await door.open()
    await door.aclose()
    assert maker.stopped == []


async def test_after_closing_nothing_is_asked() -> None:
    maker = Maker()
    door = DeferredGateway(maker)
    await door.aclose()
    with pytest.raises(UnavailableError) as caught:
        await door.retry(VZ, LogId("log"))
    assert caught.value.acted is False
    assert maker.threads == []
