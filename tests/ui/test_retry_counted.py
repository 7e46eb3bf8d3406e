"""Many deliveries are sent again only when their number was typed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.widgets import Button, Input

from tests.builders import INSTANCE, delivered, delivery
from tests.fakes import FakeGateway
from tests.ui.harness import choose, dialog, launch, press, shown, typed
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.ui import retry_review
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.retry_review import TYPED_ABOVE, CountedScreen
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen

MANY = 11


@pytest.fixture(autouse=True)
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eleven are many here: a hundred would be sent to see no more."""
    monkeypatch.setattr(retry_review, "TYPED_ABOVE", MANY - 1)


def rows(failed: int, taken: int = 0) -> list[Delivery]:
    """So many that failed, and above them so many that were delivered."""
    made = [delivery(number) for number in range(failed + taken, 0, -1)]
    return [replace(row, status="delivered") for row in made[:taken]] + made[taken:]


def server(failed: int, taken: int = 0) -> FakeGateway:
    gateway = FakeGateway(rows(failed, taken))
    gateway.page_cap = 500
    gateway.on_retry = lambda log: gateway.put(delivered(gateway.row(log)))
    return gateway


async def planned(app: VzapsApp) -> int:
    """How many deliveries the only plan that was ever made has."""
    services = app.launch.services
    assert services is not None
    (past,) = await services.retries.history(2)
    return past.total


async def test_the_time_it_takes_heeds_the_limit_of_requests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(retry_review, "TYPED_ABOVE", TYPED_ABOVE)
    begin = launch(server(90), instance=INSTANCE, requests_per_second=1.5)
    async with shown(begin) as (_, pilot):
        await press(pilot, "G", "R")
        text = await dialog(pilot)
        assert "The oldest first, about 0.5 a second, as 1.5 requests a second" in text
        assert "allow: about 3 min to send 90." in text


@pytest.mark.parametrize(("count", "typed"), [(TYPED_ABOVE, False), (TYPED_ABOVE + 1, True)])
async def test_up_to_the_limit_a_key_is_enough(
    monkeypatch: pytest.MonkeyPatch, count: int, *, typed: bool
) -> None:
    monkeypatch.setattr(retry_review, "TYPED_ABOVE", TYPED_ABOVE)
    gateway = server(count)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        text = await dialog(pilot)
        assert f"Send {count} deliveries again?" in text
        assert isinstance(app.screen, CountedScreen) is typed
        assert (f"Type {count} to retry {count}" in text) is typed


@pytest.mark.parametrize(
    ("word", "sent", "said"),
    [
        ("", None, "Type 11 to retry 11"),
        ("10", None, "10 is not the number."),
        ("1", None, "1 is not the number."),
        ("11", 11, ""),
        ("13", 13, ""),
    ],
)
async def test_enter_on_another_number_says_so_and_sends_nothing(
    word: str, sent: int | None, said: str
) -> None:
    gateway = server(MANY, 2)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        text = await dialog(pilot)
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        assert "Type 11 to retry 11, or 13 to send all 13:" in text
        app.screen.query_one("#count", Input).focus()
        await typed(pilot, word)
        text = await press(pilot, "enter")
        if sent is None:
            assert said in text
            assert isinstance(app.screen, CountedScreen)
            assert not app.jobs.is_busy
            assert not gateway.count("retry")
        else:
            assert await planned(app) == sent


@pytest.mark.parametrize("choice", ["failed", "all"])
async def test_a_button_alone_sends_nothing(choice: str) -> None:
    gateway = server(MANY, 2)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        await dialog(pilot)
        app.screen.query_one(f"#{choice}", Button).focus()
        await press(pilot, "enter")
        assert isinstance(app.screen, CountedScreen)
        assert isinstance(app.focused, Input)
        assert not app.jobs.is_busy


async def test_the_number_of_one_choice_does_not_press_the_button_of_the_other() -> None:
    gateway = server(MANY, 2)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        await dialog(pilot)
        app.screen.query_one("#count", Input).value = str(MANY)
        app.screen.query_one("#all", Button).focus()
        await press(pilot, "enter")
        assert isinstance(app.screen, CountedScreen)
        app.screen.query_one("#failed", Button).focus()
        await press(pilot, "enter")
        assert await planned(app) == MANY


@pytest.mark.parametrize("key", ["enter", "escape"])
async def test_cancel_is_one_key(key: str) -> None:
    gateway = server(MANY)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        await dialog(pilot)
        await press(pilot, key)
        assert isinstance(app.screen, DeliveriesScreen)
        assert not app.jobs.is_busy
        await press(pilot, "R")
        await choose(pilot, "cancel")
        assert not gateway.count("retry")


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
async def test_digits_go_to_the_field_wherever_the_focus_is(size: tuple[int, int]) -> None:
    gateway = server(MANY, 2)
    async with shown(launch(gateway, instance=INSTANCE), size=size) as (app, pilot):
        await press(pilot, "L", "R")
        await dialog(pilot)
        box = app.screen.query_one("#count", Input)
        assert box.placeholder == str(MANY)
        assert box.region.width >= len(str(MANY)) + 1
        assert app.screen.region.contains_region(box.region)
        assert box.background_colors[0] != box.background_colors[1]
        assert app.focused is not box
        await press(pilot, *str(MANY))
        assert box.value == str(MANY)
        assert app.focused is box
        await press(pilot, "enter")
        assert await planned(app) == MANY


async def test_enter_on_cancel_cancels_though_the_number_was_typed() -> None:
    gateway = server(MANY)
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "G", "R")
        await dialog(pilot)
        await press(pilot, *str(MANY))
        app.screen.query_one("#cancel", Button).focus()
        await press(pilot, "enter")
        assert isinstance(app.screen, DeliveriesScreen)
        assert not app.jobs.is_busy
