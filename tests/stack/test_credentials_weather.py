"""Credentials that are wrong, run out, or lead to an instance that is not there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack.stack import (
    REQUEST_ID,
    Person,
    Setup,
    failed,
    moments_ago,
    small,
    to_failure,
    working,
)
from vzaps_tui.domain.masking import Secret
from vzaps_tui.emulator.world import World

MENDED = "cs_mended"


def single(world: World, **changes: Any) -> Setup:
    """Single-instance mode on the first instance."""
    first = world.instances[0]
    values: dict[str, Any] = {
        "client_secret": None,
        "instance_id": first.id,
        "instance_token": Secret(first.token),
    }
    return Setup(settings=values | changes)


WRONG = {
    "client_secret": "client token or secret is wrong",
    "client_token": "client token or secret is wrong",
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_secret_is_told_without_showing_it(name: str) -> None:
    setup = Setup(settings={name: Secret("wr0ng-s3cret-of-mine")})
    async with working(small(), setup) as person:
        words = person.words
        assert f"Credentials refused: {WRONG[name]}." in words
        assert "Check VZAPS_CLIENT_TOKEN and VZAPS_CLIENT_SECRET" in words
        assert REQUEST_ID.search(words)
        assert "Nothing could be read." in words
        assert "wr0ng" not in words
        assert (person.asked("token"), person.asked("list")) == (1, 0)
        assert person.app.exit_code == 3
        await person.press("ctrl+r")
        assert person.asked("token") == 2


async def test_a_secret_mended_on_the_server_heals_with_a_refresh() -> None:
    world = small()
    async with working(world, Setup(settings={"client_secret": Secret(MENDED)})) as person:
        assert "Credentials refused" in person.words
        world.client_secret = MENDED
        words = await person.press("ctrl+r")
        assert "Support BR" in words
        assert "Credentials refused" not in words
        assert person.app.exit_code == 0


async def test_a_token_revoked_while_running_goes_unnoticed() -> None:
    async with working() as person:
        await person.press("enter")
        await person.press("space", "space")
        before = {route: person.asked(route) for route in ("token", "search")}
        rows, marked = person.rows, person.marked
        person.world.revoke_tokens()
        words = await person.press("ctrl+r")
        assert "!" not in words.partition("Time")[0]
        assert moments_ago("live", words)
        assert (person.rows, person.marked) == (rows, marked)
        assert person.asked("token") == before["token"] + 1
        assert person.asked("search") == before["search"] + 2, "one 401, one resend"


async def test_a_retry_that_meets_a_revoked_token_is_carried_out_once() -> None:
    async with working() as person:
        log = await to_failure(person)
        person.world.faults.next("retry", "expired-token")
        await person.press("r")
        await person.until(lambda: f"{log.id}: DELIVERED" in person.words)
        assert person.outcomes() == ["QUEUED", "SENDING", "ACCEPTED", "DELIVERED"]
        assert (person.asked("token"), person.asked("retry"), log.retries) == (2, 2, 1)


async def test_a_revoked_token_is_renewed_once_for_several_retries() -> None:
    async with working() as person:
        log = await to_failure(person)
        person.world.revoke_tokens()
        await person.press("enter", "r")
        assert person.outcomes()[-1] == "DELIVERED"
        assert (person.asked("token"), person.asked("retry"), log.retries) == (2, 1, 1)


async def test_single_instance_mode_does_the_job_without_a_token() -> None:
    world = small()
    async with working(world, single(world)) as person:
        assert "60 loaded of 60" in person.words
        log = failed(world.instances[0])[0]
        await person.press("f")
        await person.press("r")
        await person.until(lambda: f"{log.id}: DELIVERED" in person.words)
        assert person.asked("token") == person.asked("list") == 0


NOT_THERE = {
    "no such instance": (
        {"instance_id": "VZNOSUCHINSTANCE"},
        "Not found: no instance VZNOSUCHINSTANCE is known.",
        "Check VZAPS_INSTANCE_ID.",
    ),
    "wrong instance token": (
        {"instance_token": Secret("inst_0ther")},
        "Credentials refused: instance token is invalid.",
        "Check VZAPS_CLIENT_TOKEN, VZAPS_INSTANCE_ID and VZAPS_INSTANCE_TOKEN",
    ),
    "wrong client token": (
        {"client_token": Secret("ct_0ther")},
        "Not allowed: instance and client token do not belong to the same owner.",
        "Check that the instance and the client token belong to the same owner.",
    ),
}


@pytest.mark.parametrize("name", NOT_THERE)
async def test_single_instance_mode_tells_what_is_wrong(name: str) -> None:
    changes, said, hint = NOT_THERE[name]
    world = small()
    async with working(world, single(world, **changes)) as person:
        words = person.words
        assert said in words
        assert hint in words
        assert "Nothing could be read." in words
        assert "nothing read" in words
        assert REQUEST_ID.search(words)
        assert "0ther" not in words
        assert person.asked("search") == 1
        await webhook_tells(person, said.partition(":")[0])


async def webhook_tells(person: Person, said: str) -> None:
    """The webhook form says the same, and cannot be saved."""
    words = await person.press("w")
    assert said in words
    words = await person.press("ctrl+s")
    assert "Nothing is loaded yet: there is nothing to save." in words
    assert person.asked("webhook-set") == 0


async def test_an_unknown_instance_leads_to_the_list_of_those_there_are() -> None:
    async with working(setup=Setup(settings={"instance_id": "VZ0NOSUCHINSTANCE"})) as person:
        words = person.words
        assert "Not found: no instance VZ0NOSUCHINSTANCE is known." in words
        assert "Press esc for the list of instances." in words
        assert REQUEST_ID.search(words)
        assert person.asked("list") == 0
        words = await person.press("escape")
        assert "4 of 4" in words
        assert "Not found" not in words
        await person.press("enter")
        assert person.rows
        assert person.app.exit_code == 0
        words = await person.press("escape", "escape")
        assert "4 of 4" in words


async def test_an_instance_deleted_while_open_keeps_what_was_known() -> None:
    async with working() as person:
        await person.press("enter")
        await person.press("space", "j", "space")
        rows, marked = person.rows, person.marked
        gone = person.world.instances.pop(0)
        words = await person.press("ctrl+r")
        assert "Not found: instance not found" in words
        assert "Go back with esc and refresh the list with ctrl+r." in words
        assert moments_ago("OLD,", words)
        assert person.rows == rows[: len(person.rows)] != []
        assert person.marked == marked
        words = await person.press("escape", "ctrl+r")
        assert gone.name not in words
        assert "3 of 3" in words
