"""An instance asked for by its id: known or not, the list of all is one step away."""

from __future__ import annotations

import pytest

from tests.builders import INSTANCE, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import front, launch, press, row_with, screen_text, shown
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import NotFoundError, UnavailableError
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.instances import InstancesScreen

NOBODY = InstanceId("VZ99")
NO = NotFoundError("instance not found", status=404, request_id="req_1")


def world(no: int = 9) -> FakeGateway:
    """One that says so often that it knows no such instance."""
    names = enumerate(("Support BR", "Sales", "Nights"), 1)
    gateway = FakeGateway(
        [delivery(2), delivery(1)], instances=[instance(n, name=name) for n, name in names]
    )
    gateway.fail("search", *[NO] * no)
    gateway.fail("instance", *[NO] * no)
    return gateway


async def test_an_unknown_id_is_said_and_escape_leads_to_those_there_are() -> None:
    async with shown(launch(world(), instance=NOBODY)) as (app, pilot):
        text = screen_text(pilot)
        assert "Not found: no instance VZ99 is known. Press esc for the list of instances." in text
        assert "Request id req_1." in text
        text = await press(pilot, "escape")
        front(pilot, InstancesScreen)
        assert "Support BR" in text
        assert "3 of 3" in text
        assert "Not found" not in text
        text = await press(pilot, "escape", "escape")
        front(pilot, InstancesScreen)
        assert app.is_running


async def test_from_the_list_another_one_is_opened_and_left_again() -> None:
    async with shown(launch(world(1), instance=NOBODY)) as (_, pilot):
        await press(pilot, "escape")
        text = await press(pilot, "j", "enter")
        front(pilot, DeliveriesScreen)
        assert text.lstrip().startswith("Sales › Deliveries")
        await press(pilot, "escape")
        assert row_with(screen_text(pilot), "▌").split()[1] == "Sales"


async def test_a_known_one_is_under_the_cursor_of_the_list() -> None:
    third = InstanceId("VZ03")
    async with shown(launch(world(0), instance=third)) as (_, pilot):
        assert "Nights › Deliveries" in screen_text(pilot)
        await press(pilot, "f", "escape")
        front(pilot, DeliveriesScreen)  # that took the filter away
        text = await press(pilot, "escape")
        front(pilot, InstancesScreen)
        assert row_with(text, "▌").split()[1] == "Nights"
        await press(pilot, "k")
        text = await press(pilot, "ctrl+r")
        assert row_with(text, "▌").split()[1] == "Sales"


@pytest.mark.parametrize("key", ["ctrl+b", "B"])
async def test_the_key_that_is_named_is_the_one_that_leads_there(key: str) -> None:
    begin = launch(world(), instance=NOBODY, keymap={"app.back": key})
    async with shown(begin) as (_, pilot):
        assert f"Press {key} for the list of instances." in screen_text(pilot)
        await press(pilot, key)
        front(pilot, InstancesScreen)


async def test_where_only_one_instance_can_be_asked_escape_leads_nowhere() -> None:
    async with shown(launch(world(), instance=NOBODY, single=True)) as (_, pilot):
        assert "no instance VZ99 is known. Check VZAPS_INSTANCE_ID." in screen_text(pilot)
        await press(pilot, "escape")
        front(pilot, DeliveriesScreen)


async def test_one_that_is_gone_since_the_list_was_read_is_left_as_always() -> None:
    async with shown(launch(world())) as (_, pilot):
        text = await press(pilot, "enter")
        assert f"no instance {INSTANCE} is known. It may have been removed." in text
        await press(pilot, "escape")
        front(pilot, InstancesScreen)


async def test_the_list_that_cannot_be_read_says_so_too() -> None:
    gateway = world()
    gateway.fail("instances", *[UnavailableError("connection refused")] * 3)
    async with shown(launch(gateway, instance=NOBODY)) as (_, pilot):
        text = await press(pilot, "escape")
        front(pilot, InstancesScreen)
        assert "The API did not answer: connection refused" in text
