"""Makes screenshots/*.svg: the program on the emulator, over real HTTP, at a frozen time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from textual.pilot import Pilot
from typing_extensions import override

from tests.servers import running
from tests.ui.harness import QuickClock, launch, settle, shown, until
from vzaps_tui.api.auth import Credentials
from vzaps_tui.api.client import ApiClient
from vzaps_tui.domain.masking import Secret
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.emulator.world import World
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.dialogs import ConfirmScreen

FOLDER = Path(__file__).parents[2] / "screenshots"
MOMENT = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
SIZE = (120, 32)
SEEN = 5


class StudioClock(QuickClock):
    """Time that can be held while a picture is taken."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    @override
    async def sleep(self, seconds: float) -> None:
        await self.goes_on.wait()
        await super().sleep(seconds)


def client_for(world: World, base_url: str, clock: QuickClock) -> ApiClient:
    """The real client, in a hurry."""
    return ApiClient(
        base_url=base_url,
        credentials=Credentials(
            client_token=Secret(world.client_token),
            client_secret=Secret(world.client_secret),
            instance_id=None,
            instance_token=None,
        ),
        clock=clock,
        requests_per_second=1000,
    )


def take(app: VzapsApp, name: str) -> None:
    """Write one picture."""
    app.clear_notifications()
    picture = app.export_screenshot(title="vzaps-tui", simplify=True)
    (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")


async def retrying(app: VzapsApp, pilot: Pilot[str], clock: StudioClock) -> None:
    """A plan of retries, a picture when some of it is settled."""

    def hold(_: RetryStep) -> None:
        if app.jobs.tally.settled > SEEN:
            clock.goes_on.clear()

    app.jobs.changed.subscribe(app, hold, immediate=True)
    await pilot.press("R")
    await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
    await pilot.press("tab", "enter")
    await until(pilot, lambda: not clock.goes_on.is_set())
    await pilot.pause()
    take(app, "retrying")
    app.jobs.changed.unsubscribe(app)
    clock.goes_on.set()
    await settle(pilot)


async def tour(app: VzapsApp, pilot: Pilot[str], clock: StudioClock) -> None:
    """The main path, a picture at each stop."""
    take(app, "instances")
    await pilot.press("enter")
    await settle(pilot)
    take(app, "deliveries")
    await pilot.press("t")
    await settle(pilot)
    take(app, "triage")
    await pilot.press("escape")
    await settle(pilot)
    await pilot.press("f", "space", "space", "space", "r")
    await pilot.pause()
    take(app, "retry-review")
    await pilot.press("tab", "enter")
    await settle(pilot)
    take(app, "retried")
    await pilot.press("j", "enter")
    await settle(pilot)
    take(app, "delivery")
    await pilot.press("2")
    await settle(pilot)
    take(app, "payload")
    await pilot.press("escape")
    await settle(pilot)
    await retrying(app, pilot, clock)
    await pilot.press("H")
    await settle(pilot)
    take(app, "past-retries")
    await pilot.press("escape", "w")
    await settle(pilot)
    await pilot.press("tab", "j", "j", "j", "space", "ctrl+s")
    await until(pilot, lambda: len(app.screen_stack) > 4)
    take(app, "webhook-review")
    await pilot.press("escape", "question_mark")
    await settle(pilot)
    take(app, "help")


async def main() -> None:
    """Make all pictures."""
    FOLDER.mkdir(exist_ok=True)
    clock = StudioClock(MOMENT)
    world = World(seed=7, now=lambda: MOMENT)
    with running(world) as server:
        client = client_for(world, server.base_url, clock)
        async with shown(launch(client, clock=clock, label="acme-prod"), SIZE) as (app, pilot):
            await tour(app, pilot, clock)
        await client.aclose()


if __name__ == "__main__":
    asyncio.run(main())
