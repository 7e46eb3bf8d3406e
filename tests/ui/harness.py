"""The app under test: a fake gateway or the emulator behind it, a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from textual.pilot import Pilot
from textual.screen import Screen
from textual.worker import Worker, WorkerCancelled, WorkerFailed
from typing_extensions import override

from tests.fakes import FakeClock, FakeGateway, MemoryViews
from vzaps_tui.domain.masking import Masker
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.instances import InstanceService
from vzaps_tui.services.ports import (
    Clock,
    DeliveryArchive,
    EnvelopeStore,
    Gateway,
    RetryJournal,
    ViewStore,
)
from vzaps_tui.services.related import RelatedService
from vzaps_tui.services.retrying import RetryService
from vzaps_tui.services.views import ViewService
from vzaps_tui.services.webhooks import WebhookService
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.dialogs import ConfirmScreen
from vzaps_tui.ui.launch import Launch, Services

Kind = TypeVar("Kind", bound=Screen[Any])

IDENTITY = Identity("http://127.0.0.1", "test")


class QuickClock(FakeClock):
    """The fake clock's time; sleeping passes it at once, so that nothing waits."""

    @override
    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.shift(seconds)
        await asyncio.sleep(0)


class HurriedClock:
    """The real time of day; sleeping is cut to a hundredth, for tests on real sockets."""

    utc = False

    def now(self) -> datetime:
        return datetime.now().astimezone()  # noqa: TID251 - made aware at once; the real clock is the point

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


def services(
    gateway: Gateway,
    clock: Clock | None = None,
    store: EnvelopeStore | None = None,
    identity: Identity = IDENTITY,
    archive: DeliveryArchive | None = None,
    views: ViewStore | None = None,
) -> Services:
    """The use cases over a gateway, wired as the composition root does it."""
    clock = clock or QuickClock()
    cache = EnvelopeCache(store, clock)
    kept = archive or SqliteArchive(None)
    deliveries = DeliveryService(gateway, cache, kept, identity, clock)
    return Services(
        instances=InstanceService(gateway, cache, identity),
        webhooks=WebhookService(gateway, cache, identity),
        deliveries=deliveries,
        related=RelatedService(deliveries, clock),
        retries=RetryService(gateway, deliveries, clock, pace=1.0, identity=identity),
        views=ViewService(views or MemoryViews(), identity, clock),
        clock=clock,
    )


def launch(gateway: Gateway | None = None, **changes: Any) -> Launch:
    """A launch over a gateway; `clock`, stores, `single` and fields of Launch can be given."""
    gateway = gateway or FakeGateway()
    archive: DeliveryArchive | None = changes.pop("archive", None)
    if archive is None:
        archive = own = SqliteArchive(None)
        changes.setdefault("close", own.close)
    wired = services(
        gateway,
        changes.pop("clock", None),
        changes.pop("store", None),
        archive=archive,
        views=changes.pop("views", None),
    )
    if changes.pop("single", False):
        cache = EnvelopeCache(None, wired.clock)
        one = InstanceService(gateway, cache, IDENTITY, names=False)
        wired = replace(wired, instances=one)
    journal: RetryJournal | None = changes.pop("journal", None)
    if journal is not None:
        retries = RetryService(
            gateway, wired.deliveries, wired.clock, journal=journal, identity=IDENTITY
        )
        wired = replace(wired, retries=retries)
    values: dict[str, Any] = {"services": wired, "label": "acme", "masker": Masker()}
    return Launch(**(values | changes))


@asynccontextmanager
async def shown(
    begin: Launch, size: tuple[int, int] = (120, 36)
) -> AsyncGenerator[tuple[VzapsApp, Pilot[str]]]:
    """The app, running and settled."""
    app = VzapsApp(begin)
    app.passing = 60.0  # long enough for a slow machine
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pilot


async def settle(pilot: Pilot[str]) -> None:
    """Wait until no worker runs that can end by itself, and everything is drawn."""
    for _ in range(100):
        await pilot.pause()
        busy = [w for w in pilot.app.workers if not w.is_finished and w.group != "confirm"]
        if not busy:
            return
        await asyncio.wait([asyncio.ensure_future(_ended(w)) for w in busy], timeout=0.1)


async def _ended(worker: Worker[Any]) -> None:
    with suppress(WorkerFailed, WorkerCancelled):
        await worker.wait()


async def until(pilot: Pilot[str], ready: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for a condition; AssertionError if it does not come true."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not ready():
        assert loop.time() < end, f"not in {seconds} s; the screen says:\n{screen_text(pilot)}"
        await pilot.pause()


def screen_text(pilot: Pilot[str]) -> str:
    """What a person reads on the screen now, line by line."""
    strips = pilot.app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage] - no public way
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def toasts(app: VzapsApp) -> str:
    """All that was said in toasts and is still shown."""
    return "\n".join(note.message for note in app._notifications)  # pyright: ignore[reportPrivateUsage] - no public way


async def press(pilot: Pilot[str], *keys: str) -> str:
    """Press keys one after another, each until all is settled; what the screen says then."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)
    return screen_text(pilot)


async def typed(pilot: Pilot[str], text: str) -> str:
    """Type a text in one go; what the screen says then."""
    await pilot.press(*text)
    await settle(pilot)
    return screen_text(pilot)


def front(pilot: Pilot[str], kind: type[Kind]) -> Kind:
    """The screen in front, which must be of a kind."""
    screen = pilot.app.screen
    assert isinstance(screen, kind), f"{type(screen).__name__} is in front"
    return screen


async def dialog(pilot: Pilot[str]) -> str:
    """Wait for a question; what the screen says then."""
    await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
    await pilot.pause()
    return screen_text(pilot)


async def choose(pilot: Pilot[str], choice: str) -> str:
    """Walk to a button of the question in front by keys and press it."""
    await dialog(pilot)
    for _ in range(5):
        focused = pilot.app.focused
        if focused is not None and focused.id == choice:
            return await press(pilot, "enter")
        await pilot.press("right")
    raise AssertionError(f"no choice {choice}; the screen says:\n{screen_text(pilot)}")


def row_with(text: str, words: str) -> str:
    """The one line of a screen that holds these words."""
    found = [line for line in text.splitlines() if words in line]
    assert len(found) == 1, f"{len(found)} lines hold {words!r} in:\n{text}"
    return found[0]
