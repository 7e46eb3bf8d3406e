from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.builders import delivery
from tests.cli.process import PATIENCE
from tests.servers import running
from vzaps_tui.cli.clock import SystemClock
from vzaps_tui.cli.compose import Plan, compose, identity, merged
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.envelope import Envelope, Source
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import MASK, Masker
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World
from vzaps_tui.settings.config_file import Config
from vzaps_tui.settings.loading import load
from vzaps_tui.ui.launch import Launch, Services

T = TypeVar("T")
FILE = Path("/etc/somewhere/config.toml")
INSTANCE = InstanceId("VZ1")
EVERYTHING = DeliveryQuery()
ACCOUNT = {"VZAPS_CLIENT_TOKEN": "ct-1", "VZAPS_CLIENT_SECRET": "cs-1"}


def plan(
    environ: dict[str, str] | None = None,
    *,
    flags: dict[str, object] | None = None,
    config: Config | None = None,
    **more: Any,
) -> Plan:
    settings = load(flags or {}, environ or {}, config or Config(path=FILE))
    return replace(Plan(settings=settings, config=FILE, archive=None), **more)


async def last(answers: AsyncIterator[Envelope[T]]) -> Envelope[T]:
    return [one async for one in answers][-1]


def services_of(launch: Launch) -> Services:
    assert launch.services is not None
    return launch.services


async def warmed(launch: Launch) -> tuple[str, ...]:
    assert launch.warm is not None
    return await launch.warm()


async def closed(launch: Launch) -> None:
    assert launch.close is not None
    await launch.close()


def test_without_credentials_there_is_a_first_run_and_nothing_to_close() -> None:
    launch = compose(plan({"VZAPS_CLIENT_TOKEN": "ct"}, notices=("a word",)), Masker())
    assert launch.services is None
    assert launch.missing is not None
    assert launch.missing.names == ("VZAPS_CLIENT_SECRET",)
    assert launch.missing.config_file == str(FILE)
    assert launch.notices == ("a word",)
    assert (launch.warm, launch.close) == (None, None)


@pytest.mark.parametrize(
    ("environ", "flags", "demo", "instance"),
    [
        (ACCOUNT, {}, False, None),
        (ACCOUNT, {"instance_id": "VZ1"}, False, "VZ1"),
        ({**ACCOUNT, "VZAPS_INSTANCE_ID": "VZ2"}, {}, False, "VZ2"),
        (
            {
                "VZAPS_CLIENT_TOKEN": "ct",
                "VZAPS_INSTANCE_ID": "VZ3",
                "VZAPS_INSTANCE_TOKEN": "it",
            },
            {},
            False,
            "VZ3",
        ),
        ({**ACCOUNT, "VZAPS_INSTANCE_ID": "VZ2"}, {}, True, None),
        ({}, {"instance_id": "VZ4"}, True, "VZ4"),
    ],
)
def test_the_instance_to_open_at_once(
    environ: dict[str, str],
    flags: dict[str, object],
    demo: bool,  # noqa: FBT001 - a column of the table
    instance: str | None,
) -> None:
    launch = compose(plan(environ, flags=flags, demo=demo), Masker())
    assert (launch.instance, launch.named) == (instance, "")


@pytest.mark.parametrize(
    ("environ", "demo", "most"),
    [
        (ACCOUNT, False, 4.0),
        (ACCOUNT | {"VZAPS_REQUESTS_PER_SECOND": "2"}, False, 2.0),
        ({}, True, 50.0),
    ],
)
def test_the_interface_knows_how_much_may_be_asked(
    environ: dict[str, str],
    demo: bool,  # noqa: FBT001 - a column of the table
    most: float,
) -> None:
    assert compose(plan(environ, demo=demo), Masker()).requests_per_second == most


SINGLE = {"VZAPS_CLIENT_TOKEN": "ct", "VZAPS_INSTANCE_TOKEN": "it", "VZAPS_INSTANCE_ID": "odd"}


@pytest.mark.parametrize(
    ("environ", "more", "instance", "named"),
    [
        (ACCOUNT, {"named": "Support BR"}, None, "Support BR"),
        ({**ACCOUNT, "VZAPS_INSTANCE_ID": "VZ2"}, {"named": "Support BR"}, None, "Support BR"),
        ({**ACCOUNT, "VZAPS_INSTANCE_ID": "Sales"}, {}, None, "Sales"),
        ({**ACCOUNT, "VZAPS_INSTANCE_ID": "Sales"}, {"demo": True}, None, ""),
        (ACCOUNT, {"named": "Support BR", "demo": True}, None, "Support BR"),
        (SINGLE, {}, "odd", ""),
    ],
)
def test_a_name_is_looked_up_where_that_can_be(
    environ: dict[str, str], more: dict[str, Any], instance: str | None, named: str
) -> None:
    launch = compose(plan(environ, **more), Masker())
    assert (launch.instance, launch.named) == (instance, named)


def test_the_label_names_what_is_asked() -> None:
    profile = Config(path=FILE, profiles={"acme": {}}, default_profile="acme")
    assert compose(plan(ACCOUNT), Masker()).label == "api.vzaps.com"
    assert compose(plan(ACCOUNT, config=profile), Masker()).label == "api.vzaps.com"
    assert compose(plan(ACCOUNT, demo=True), Masker()).label == "demo"
    own = plan(ACCOUNT, config=profile)
    own = replace(own, settings=replace(own.settings, sources={"client_token": "profile"}))
    assert compose(own, Masker()).label == "acme"
    local = plan(ACCOUNT, flags={"base_url": "http://127.0.0.1:8780/x"})
    assert compose(local, Masker()).label == "127.0.0.1:8780"


def test_a_command_line_for_the_same_account() -> None:
    profile = Config(path=FILE, profiles={"acme": {"read_only": True}}, default_profile="acme")
    url = "http://127.0.0.1:8780"
    for made, arguments in (
        (plan(ACCOUNT), ()),
        (plan(ACCOUNT, config=profile), ("--profile", "acme")),
        (plan(ACCOUNT, flags={"base_url": url}), ("--base-url", url)),
        (plan({**ACCOUNT, "VZAPS_BASE_URL": url}), ()),
        (plan(ACCOUNT, config=profile, demo=True), ("--demo",)),
    ):
        assert compose(made, Masker()).arguments == arguments


def test_an_identity_is_of_server_and_account_and_holds_no_token() -> None:
    one = identity(plan(ACCOUNT))
    assert one == identity(plan({**ACCOUNT, "VZAPS_CLIENT_SECRET": "renewed"}))
    assert one != identity(plan({**ACCOUNT, "VZAPS_CLIENT_TOKEN": "ct-2"}))
    elsewhere = identity(plan(ACCOUNT, flags={"base_url": "http://localhost:1"}))
    assert elsewhere.account != one.account
    assert (one.base_url, len(one.account)) == ("https://api.vzaps.com", 16)
    assert "ct-1" not in repr(one)
    assert identity(plan(ACCOUNT, demo=True)).account == "demo"


def test_read_only_keys_and_notices_are_passed_on() -> None:
    config = Config(path=FILE, keys={"quit": "Q"}, exposed=True)
    launch = compose(plan(ACCOUNT, flags={"read_only": True}, config=config), Masker())
    assert launch.read_only
    assert launch.keymap == {"quit": "Q"}
    assert "holds secrets" in launch.notices[0]


async def test_what_was_seen_is_there_when_the_api_is_down(tmp_path: Path) -> None:
    archive = tmp_path / "vzaps-tui" / "archive.db"
    masker = Masker()
    with running(World(instances=2, logs=3)) as server:
        environ = account_of(server)
        launch = compose(plan(environ, archive=archive), masker)
        assert not archive.exists()
        assert await warmed(launch) == ()
        found = await last(services_of(launch).instances.load())
        assert found.source is Source.LIVE
        assert len(found.data.rows) == 2
        await closed(launch)
        tokens = [one.token for one in server.world.instances]
    launch = compose(plan(environ, archive=archive), Masker())
    found = await last(services_of(launch).instances.load(force=True))
    assert found.source is Source.CACHE
    assert len(found.data.rows) == 2
    assert found.problem is not None
    await closed(launch)
    for hidden in (server.world.client_token, server.world.client_secret, *tokens):
        assert hidden.encode() not in archive.read_bytes()
        assert masker(f"x {hidden} x") == f"x {MASK} x"


def account_of(server: EmulatorServer) -> dict[str, str]:
    return {
        "VZAPS_CLIENT_TOKEN": server.world.client_token,
        "VZAPS_CLIENT_SECRET": server.world.client_secret,
        "VZAPS_BASE_URL": server.base_url,
        "VZAPS_REQUESTS_PER_SECOND": "1000",
    }


def of_days_ago(number: int) -> Delivery:
    return delivery(number, created_at=SystemClock().now() - timedelta(days=number))


async def held(launch: Launch, instance: InstanceId) -> list[Delivery | None]:
    deliveries = services_of(launch).deliveries
    return deliveries.rows((await deliveries.select(instance, EVERYTHING)).rowids)


async def test_deliveries_that_were_read_are_there_when_the_api_is_down(tmp_path: Path) -> None:
    archive = tmp_path / "vzaps-tui" / "archive.db"
    world = World(instances=1, logs=120)
    instance = InstanceId(world.instances[0].id)
    with running(world) as server:
        environ = account_of(server)
        launch = compose(plan(environ, archive=archive), Masker())
        assert not archive.parent.exists()
        assert await warmed(launch) == ()
        state = await last(services_of(launch).deliveries.sync(instance, EVERYTHING))
        assert state.source is Source.LIVE
        rows = await held(launch, instance)
        assert len(rows) == 120
        await closed(launch)
        assert await held(launch, instance) == []
    launch = compose(plan(environ, archive=archive), Masker())
    assert await held(launch, instance) == rows
    found = await last(services_of(launch).deliveries.load(instance, EVERYTHING, force=True))
    assert (found.source, found.problem is None) == (Source.CACHE, False)
    await closed(launch)
    other = compose(plan({**environ, "VZAPS_CLIENT_TOKEN": "other"}, archive=archive), Masker())
    assert await held(other, instance) == []
    await closed(other)


@pytest.mark.parametrize("wanted", [True, False])
async def test_payloads_reach_the_disk_only_if_they_are_wanted(
    tmp_path: Path,
    wanted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    archive = tmp_path / "vzaps-tui" / "archive.db"
    world = World(instances=1, logs=5)
    instance = InstanceId(world.instances[0].id)
    with running(world) as server:
        environ = {**account_of(server), "VZAPS_ARCHIVE_PAYLOADS": str(wanted)}
        launch = compose(plan(environ, archive=archive), Masker())
        deliveries = services_of(launch).deliveries
        await last(deliveries.load(instance, EVERYTHING))
        (row, *_) = (found for found in await held(launch, instance) if found)
        live = (await last(deliveries.detail(instance, row.id))).data
        await closed(launch)
    assert live.payload
    with closing(sqlite3.connect(archive.with_name("deliveries.db"))) as db:
        bodies = db.execute("SELECT body FROM details").fetchall()
    assert len(bodies) == wanted
    line = max((one.strip() for one in live.payload.splitlines()), key=len).encode()
    for file in archive.parent.iterdir():
        assert line not in file.read_bytes()
    launch = compose(plan(environ, archive=archive), Masker())
    asking = services_of(launch).deliveries.detail(instance, row.id, force=True)
    if wanted:
        found = await last(asking)
        assert (found.source, found.problem is None) == (Source.CACHE, False)
        assert json.loads(found.data.payload or "")
    else:
        with pytest.raises(UnavailableError):
            await last(asking)
    await closed(launch)


async def test_what_is_too_old_goes_after_the_start(tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    environ = {**ACCOUNT, "VZAPS_ARCHIVE_MAX_DAYS": "2", "VZAPS_BASE_URL": "http://127.0.0.1:1"}
    wanted = plan(environ, archive=archive)
    rows = [of_days_ago(number) for number in range(1, 9)]
    launch = compose(wanted, Masker())
    deliveries = services_of(launch).deliveries
    for row in rows:
        await deliveries.note(INSTANCE, row)
    assert await warmed(launch) == ()
    async with asyncio.timeout(PATIENCE):
        while await deliveries.count(INSTANCE, EVERYTHING) > 1:
            pass
    await closed(launch)
    launch = compose(wanted, Masker())
    assert await held(launch, INSTANCE) == rows[:1]
    await closed(launch)


async def test_a_program_left_while_it_warms_up_ends(tmp_path: Path) -> None:
    launch = compose(plan(ACCOUNT, archive=tmp_path / "archive.db"), Masker())
    warming = asyncio.create_task(warmed(launch))
    await asyncio.sleep(0)
    await closed(launch)
    assert await warming == ()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "prune"]


FILES = ("archive.db", "deliveries.db")


@pytest.mark.parametrize("name", FILES)
async def test_a_damaged_file_is_a_word_at_the_warm_up(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no database " * 1000)
    launch = compose(plan(ACCOUNT, archive=tmp_path / "archive.db"), Masker())
    (notice,) = await warmed(launch)
    assert notice.startswith(f"{name} was damaged and moved aside")
    await closed(launch)


async def test_a_folder_that_cannot_be_used_is_said_once_and_in_words(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    launch = compose(plan(ACCOUNT, archive=tmp_path / "cache" / "archive.db"), Masker())
    (notice,) = await warmed(launch)
    assert notice == (
        "archive.db and deliveries.db cannot be used (a file stands where the folder should be): "
        "nothing is kept between runs; vzaps-tui paths says where"
    )
    await closed(launch)


def test_what_differs_is_said_of_each() -> None:
    assert merged(["a.db is x", "b.db is y", "c.db is x"]) == ("a.db and c.db is x", "b.db is y")
    assert merged([]) == ()


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_cannot_be_opened_is_a_word_and_the_program_goes_on(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    launch = compose(plan(ACCOUNT, archive=tmp_path / "archive.db"), Masker())
    (notice,) = await warmed(launch)
    assert notice.startswith(f"{name} cannot be used (a folder stands where the file should be)")
    assert services_of(launch).instances.peek() is None
    row = of_days_ago(1)
    await services_of(launch).deliveries.note(INSTANCE, row)
    assert await held(launch, INSTANCE) == [row]
    await closed(launch)


async def test_without_a_disk_deliveries_are_kept_in_memory() -> None:
    launch = compose(plan(ACCOUNT, archive=None), Masker())
    assert await warmed(launch) == ()
    row = of_days_ago(1)
    await services_of(launch).deliveries.note(INSTANCE, row)
    assert await held(launch, INSTANCE) == [row]
    await closed(launch)


async def test_the_demo_starts_its_own_server_and_stops_it_and_leaves_the_disk_alone(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "made" / "archive.db"
    masker = Masker()
    launch = compose(plan(ACCOUNT, archive=archive, demo=True), masker)
    assert await warmed(launch) == ()
    found = await last(services_of(launch).instances.load())
    assert found.source is Source.LIVE
    assert len(found.data.rows) == len(World().instances)
    assert masker(World().client_secret) == MASK
    await closed(launch)
    with pytest.raises(UnavailableError):
        await services_of(launch).webhooks.read(found.data.rows[0].id)
    assert not archive.parent.exists()
