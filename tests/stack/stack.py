"""The whole program at work: app, services, archive and API client against a real server."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from textual.pilot import Pilot
from typing_extensions import override

from tests.servers import running
from tests.ui.harness import (
    HurriedClock,
    front,
    press,
    screen_text,
    settle,
    shown,
    toasts,
    until,
)
from vzaps_tui.api.client import ApiClient
from vzaps_tui.cli import compose as composition
from vzaps_tui.cli.compose import Plan, compose
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.emulator.instances import Instance
from vzaps_tui.emulator.logs import Log, Status
from vzaps_tui.emulator.world import Received, World
from vzaps_tui.settings import Settings
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen

AFTERNOON = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
REQUEST_ID = re.compile(r"request (?:id )?req_[0-9a-f]{6}", re.IGNORECASE)
_ROW = re.compile(r"(\d\d:\d\d:\d\d)\s+(DELIVERED|FAILED|PENDING)")
_ENDINGS = {"/token": "token", "/instances/list": "list", "/instances/get": "get"}


class Times:
    """One afternoon, always the same, on which time passes `speed` times as fast as it does.

    With it a world has the same history and the same outcomes whenever a test runs.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._begun: float | None = None

    def __call__(self) -> datetime:
        now = monotonic()
        if self._begun is None:
            self._begun = now
        return AFTERNOON + timedelta(seconds=(now - self._begun) * self._speed)


class WorldClock(HurriedClock):
    """The hurried clock, by the world's time of day."""

    def __init__(self, world: World, ahead: timedelta) -> None:
        self._world = world
        self._ahead = ahead

    @override
    def now(self) -> datetime:
        return self._world.utc() + self._ahead


@dataclass
class Setup:
    """How the program is started; the defaults are those of an account, without a disk.

    Attributes:
        ahead: how far the program's clock is ahead of the world's.
        timeout: of the API client, in seconds; None = the program's own.
        settings: fields of the settings in place of what the world gives.
    """

    archive: Path | None = None
    ahead: timedelta = timedelta()
    timeout: float | None = None
    size: tuple[int, int] = (120, 36)
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def plan(self, base_url: str, world: World) -> Plan:
        """The plan for the real composition."""
        values: dict[str, Any] = {
            "client_token": Secret(world.client_token),
            "client_secret": Secret(world.client_secret),
            "base_url": base_url,
            "requests_per_second": 1000.0,
            "retry_pace": 1000.0,
        }
        settings = Settings(**(values | dict(self.settings)))
        return Plan(settings=settings, config=Path("config.toml"), archive=self.archive)


def patience(fault: str) -> float | None:
    """The client's timeout: short only where it is what a test waits for."""
    return 0.3 if fault == "no-answer" else None


class Person:
    """Somebody at the keyboard: what is read and pressed, and what the server was asked."""

    def __init__(self, app: VzapsApp, pilot: Pilot[str], world: World) -> None:
        self.app = app
        self.pilot = pilot
        self.world = world
        self.steps: list[RetryStep] = []
        app.jobs.changed.subscribe(app, self.steps.append, immediate=True)

    @property
    def screen(self) -> str:
        """The screen, line by line."""
        return screen_text(self.pilot)

    @property
    def words(self) -> str:
        """The screen's words, whatever line they are on, and those of the toasts."""
        return " ".join(f"{self.screen}\n{toasts(self.app)}".split())

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """Time and status of the deliveries in sight."""
        return [found.groups() for found in _ROW.finditer(self.screen)]

    @property
    def marked(self) -> frozenset[str]:
        """Keys of the marked deliveries, wherever they are marked."""
        return frozenset(key for view in self.app.views.values() for key in view.marked)

    @property
    def keys(self) -> list[str]:
        """Keys of all rows of the list of deliveries, in sight or not."""
        rows = self.deliveries.table.rows
        return [rows.key(place) for place in range(len(rows))]

    @property
    def deliveries(self) -> DeliveriesScreen:
        """The list of deliveries, which must be in front."""
        return front(self.pilot, DeliveriesScreen)

    async def press(self, *keys: str) -> str:
        """Press keys, each until all is settled; the words then."""
        await press(self.pilot, *keys)
        return self.words

    async def until(self, ready: Callable[[], bool]) -> None:
        """Wait for a condition."""
        await until(self.pilot, ready)

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        await settle(self.pilot)

    def asked(self, route: str) -> int:
        """How often a route was called."""
        return sum(name_of(one) == route for one in list(self.world.requests))

    def outcomes(self) -> list[str]:
        """Every word on the retries so far, in order; the same one after another counts once."""
        return [word for word, _ in groupby(step.outcome.value for step in self.steps)]


def moments_ago(state: str, words: str) -> bool:
    """Whether a screen says of its data that it is so, and moments old: a busy machine is slow."""
    return re.search(rf"{state} (just now|[1-5]?\d s ago)", words) is not None


def name_of(one: Received) -> str:
    """The name of the route that a request goes to, as faults are aimed at it."""
    if one.path in _ENDINGS:
        return _ENDINGS[one.path]
    if one.path.endswith("/webhook"):
        return "webhook-get" if one.method == "GET" else "webhook-set"
    if "/webhook/logs/" not in one.path:
        return one.path.rpartition("/")[2]
    last = one.path.rpartition("/")[2]
    return last if last in ("search", "retry") and one.method == "POST" else "log"


@contextmanager
def _hurried(setup: Setup, world: World) -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composition, "SystemClock", lambda: WorldClock(world, setup.ahead))
        if setup.timeout is not None:
            quick = partial(ApiClient, timeout=setup.timeout)
            patch.setattr("vzaps_tui.api.client.ApiClient", quick)
        yield


@asynccontextmanager
async def at(base_url: str, world: World, setup: Setup | None = None) -> AsyncGenerator[Person]:
    """The program, composed as it is for everybody, asking the server at this address."""
    setup = setup or Setup()
    with _hurried(setup, world):
        begin = compose(setup.plan(base_url, world), Masker())
        async with shown(begin, setup.size) as (app, pilot):
            yield Person(app, pilot, world)


@asynccontextmanager
async def working(world: World | None = None, setup: Setup | None = None) -> AsyncGenerator[Person]:
    """The program on the emulator."""
    world = world or small()
    with running(world) as server:
        async with at(server.base_url, world, setup) as person:
            yield person


def small(*scenarios: str, **changes: Any) -> World:
    """A world with few deliveries, on the one afternoon unless `now` says otherwise."""
    values: dict[str, Any] = {"seed": 3, "instances": 4, "logs": 60, "now": Times()}
    return World(**(values | changes), scenarios=scenarios)


def failed(instance: Instance) -> list[Log]:
    """The failed deliveries of an instance, newest first."""
    return [log for log in reversed(instance.logs) if log.status == Status.FAILED]


async def to_failure(person: Person) -> Log:
    """Open the first instance's failures; the one under the cursor."""
    await person.press("enter", "f")
    found = failed(person.world.instances[0])[0]
    assert person.deliveries.table.cursor_key == found.id
    return found
