"""Filters that were given a name in the interface serve commands too."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cli.headless import Shell
from tests.servers import running
from vzaps_tui.cli.compose import Plan, compose
from vzaps_tui.cli.places import places
from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.emulator.logs import Status
from vzaps_tui.emulator.world import World
from vzaps_tui.services.views import LastView
from vzaps_tui.settings.config_file import Config
from vzaps_tui.settings.loading import load
from vzaps_tui.ui.launch import Launch

pytestmark = pytest.mark.usefixtures("home", "own_logging")
FAILED = DeliveryQuery(statuses=frozenset({StatusClass.FAILED}))


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    with running(World(seed=3, instances=1, logs=60)) as server:
        yield Shell(server, monkeypatch, capsys)


def launch(shell: Shell) -> Launch:
    """What the interface begins with, on the same account and the same disk."""
    environ = {
        "VZAPS_CLIENT_TOKEN": shell.world.client_token,
        "VZAPS_CLIENT_SECRET": shell.world.client_secret,
        "VZAPS_BASE_URL": shell.server.base_url,
    }
    settings = load({}, environ, Config(path=places().config))
    plan = Plan(settings=settings, config=places().config, archive=None)
    return compose(replace(plan, state=places().state), Masker())


async def keep(begin: Launch, name: str) -> None:
    assert begin.services is not None
    assert begin.close is not None
    await begin.services.views.save(name, FAILED)
    begin.services.views.note(InstanceId("VZ1"), FAILED, oldest_first=True, preview=True)
    await begin.close()


async def found(begin: Launch) -> LastView | None:
    assert begin.services is not None
    assert begin.close is not None
    try:
        return await begin.services.views.last(InstanceId("VZ1"))
    finally:
        await begin.close()


def test_a_view_narrows_the_logs_together_with_other_filters(shell: Shell) -> None:
    asyncio.run(keep(launch(shell), "my failures"))
    instance = shell.world.instances[0]
    failed = [log.id for log in reversed(instance.logs) if log.status == Status.FAILED]
    asked = ("logs", "--instance", instance.id, "--view", "my failures", "--all", "--json")
    assert [row["id"] for row in shell(*asked).objects] == failed
    assert [row["id"] for row in shell(*asked, "--query", failed[0]).objects] == failed[:1]


def test_a_name_that_no_view_has_is_told_with_those_there_are(shell: Shell) -> None:
    instance = shell.world.instances[0].id
    done = shell("logs", "--instance", instance, "--view", "no\x1b[31m")
    assert (done.code, done.out) == (2, "")
    assert "there is no view 'no" in done.err
    assert "\x1b" not in done.err
    assert "none; V keeps one" in done.err
    asyncio.run(keep(launch(shell), "mine"))
    assert "Views: mine." in shell("logs", "--instance", instance, "--view", "x").err


def test_what_was_noted_is_on_the_disk_when_the_program_ends(shell: Shell) -> None:
    asyncio.run(keep(launch(shell), "mine"))
    assert asyncio.run(found(launch(shell))) == LastView(FAILED, oldest_first=True)
