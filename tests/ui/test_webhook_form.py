"""The webhook form: what it shows, what it checks, and what it never loses."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.pilot import Pilot

from tests.builders import INSTANCE, instance
from tests.fakes import FakeGateway, MemoryStore
from tests.ui.harness import (
    QuickClock,
    choose,
    dialog,
    front,
    launch,
    press,
    screen_text,
    settle,
    shown,
    toasts,
    until,
)
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.webhooks import EVENTS, WebhookConfig
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.dialogs import ConfirmScreen
from vzaps_tui.ui.screens.instances import InstancesScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen

URL = "https://hooks.example.com/vz?key=s3cret&lang=pt"
MASKED = "https://hooks.example.com/vz?key=•••&lang=•••"
STORED = WebhookConfig(URL, ("Message", "Presence"))


def holding(config: WebhookConfig = STORED) -> FakeGateway:
    gateway = FakeGateway(instances=[instance(1), instance(2)])
    gateway.webhooks[INSTANCE] = config
    return gateway


@asynccontextmanager
async def form(
    gateway: FakeGateway, **changes: object
) -> AsyncGenerator[tuple[VzapsApp, Pilot[str]]]:
    """The webhook form of the first instance."""
    async with shown(launch(gateway, **changes)) as (app, pilot):
        await press(pilot, "w")
        front(pilot, WebhookScreen)
        yield app, pilot


async def put_url(pilot: Pilot[str], url: str) -> str:
    """Replace the URL by a pasted one; what the screen says then."""
    field = front(pilot, WebhookScreen).url_field
    field.focus()
    field.clear()
    field.post_message(events.Paste(url))
    await until(pilot, lambda: field.value == url.strip())
    await settle(pilot)
    return screen_text(pilot)


async def tick(pilot: Pilot[str], *names: str) -> str:
    """Tick or untick events by keys; what the screen says then."""
    field = front(pilot, WebhookScreen).events_field
    field.focus()
    for name in names:
        assert field.move_to(name)
        await press(pilot, "space")
    return screen_text(pilot)


async def test_it_shows_what_is_stored_with_the_hidden_part_masked() -> None:
    async with form(holding()) as (app, pilot):
        text = screen_text(pilot)
        assert MASKED in text
        assert "s3cret" not in text
        assert "Instance 1 › Webhook" in text
        assert "live just now" in text
        for name, meaning in EVENTS.items():
            assert name in text
            assert meaning in text
        assert text.count("[x]") == 2
        assert "[x]  Message" in text
        assert "[x]  Presence" in text
        assert app.focused is front(pilot, WebhookScreen).url_field


async def test_a_webhook_that_is_not_set_can_be_filled_in() -> None:
    async with form(holding(WebhookConfig())) as (_, pilot):
        assert "Error" not in screen_text(pilot)
        text = await put_url(pilot, "https://new.example.com/in")
        assert "Error: Choose at least one event." in text
        text = await tick(pilot, "Message")
        assert "Error" not in text
        for words in ("- not set", "+ https://new.example.com/in", "+ Message"):
            assert words in text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Error: A webhook needs a URL."),
        ("ftp://x.example/y", "Error: The URL must begin with https:// or http://."),
        ("https://", "Error: The URL has no host."),
        ("https://x.example:99999/", "Error: The URL cannot be read"),
        ("https://a b.example/", "Error: The URL holds spaces"),
        ("http://x.example/y", "Note: http:// is not encrypted"),
        ("https://localhost:8780/y", "is a private name"),
        ("https://192.168.1.9/y", "is a private address"),
        ("https://x.example/?other=•••", "Error: The URL still holds a hidden part"),
    ],
)
async def test_findings_are_said_while_one_types(url: str, words: str) -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        assert words in " ".join((await put_url(pilot, url)).split())
        if words.startswith("Error"):
            await press(pilot, "ctrl+s")
            assert "Not saved." in toasts(app)
            assert not gateway.count("set_webhook")


async def test_all_stands_alone() -> None:
    async with form(holding()) as (_, pilot):
        field = front(pilot, WebhookScreen).events_field
        await tick(pilot, "All")
        assert field.chosen == {"All"}
        await tick(pilot, "Connected")
        assert field.chosen == {"Connected"}
        text = await tick(pilot, "Connected")
        assert not field.chosen
        assert "Error: Choose at least one event." in text


async def test_names_that_are_not_documented_are_kept_and_said() -> None:
    config = WebhookConfig(URL, ("Message", "CallOffer"))
    async with form(holding(config)) as (_, pilot):
        text = screen_text(pilot)
        assert "[x]  CallOffer" in text
        assert "not among the documented names" in text
        assert "Note: Not among the ten documented names: CallOffer." in text
        assert "Nothing yet." in text


async def test_the_change_is_shown_as_one_makes_it_and_goes_when_taken_back() -> None:
    async with form(holding()) as (_, pilot):
        assert "Nothing yet." in screen_text(pilot)
        text = await tick(pilot, "Presence", "Connected")
        assert "- Presence" in text
        assert "+ Connected" in text
        assert "- https" not in text
        text = await tick(pilot, "Presence", "Connected")
        assert "Nothing yet." in text


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_leaving_with_changes_asks_and_cancel_keeps_them(key: str) -> None:
    async with form(holding()) as (app, pilot):
        await tick(pilot, "Connected")
        await press(pilot, key)
        text = await dialog(pilot)
        assert "Discard your changes?" in text or "changes that are not saved" in text
        assert app.focused is not None
        assert app.focused.id == "cancel"
        await press(pilot, "enter")
        assert "Connected" in front(pilot, WebhookScreen).events_field.chosen
        assert app.is_running


async def test_changes_can_be_discarded() -> None:
    gateway = holding()
    async with form(gateway) as (_, pilot):
        await tick(pilot, "Connected")
        await press(pilot, "escape")
        await choose(pilot, "discard")
        front(pilot, InstancesScreen)
        await press(pilot, "w")
        assert "Connected" not in front(pilot, WebhookScreen).events_field.chosen
        assert not gateway.count("set_webhook")


async def test_leaving_without_changes_asks_nothing() -> None:
    async with form(holding()) as (_, pilot):
        await press(pilot, "escape")
        front(pilot, InstancesScreen)


async def test_a_refresh_does_not_touch_what_one_typed() -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await tick(pilot, "Connected")
        gateway.webhooks[INSTANCE] = WebhookConfig(URL, ("ReadReceipt",))
        await press(pilot, "ctrl+r")
        assert "You have unsaved changes" in toasts(app)
        assert front(pilot, WebhookScreen).events_field.chosen == {
            "Message",
            "Presence",
            "Connected",
        }


async def test_a_refresh_without_changes_shows_what_is_new() -> None:
    gateway = holding()
    async with form(gateway) as (_, pilot):
        gateway.webhooks[INSTANCE] = WebhookConfig("https://other.example.com/", ("ReadReceipt",))
        text = await press(pilot, "ctrl+r")
        assert "https://other.example.com/" in text
        assert "[x]  ReadReceipt" in text


@pytest.mark.parametrize(("away", "requests"), [(59.0, 1), (61.0, 2)])
async def test_coming_back_asks_only_what_is_old(away: float, requests: int) -> None:
    gateway, clock = holding(), QuickClock()
    async with form(gateway, clock=clock) as (_, pilot):
        clock.shift(away)
        await press(pilot, "escape", "w")
        assert MASKED in screen_text(pilot)
        assert gateway.count("webhook") == requests


async def test_what_cannot_be_read_cannot_be_edited_or_saved() -> None:
    gateway = holding()
    gateway.fail("webhook", UnavailableError("timed out"))
    async with form(gateway) as (app, pilot):
        text = screen_text(pilot)
        assert "The API did not answer: timed out." in text
        assert front(pilot, WebhookScreen).url_field.disabled
        await press(pilot, "ctrl+s")
        assert "Nothing is loaded yet" in toasts(app)
        assert not gateway.count("set_webhook")
        assert MASKED in await press(pilot, "ctrl+r")


async def test_letters_in_the_url_are_text_and_no_commands() -> None:
    async with form(holding()) as (app, pilot):
        await pilot.press("end", *"qwrfy?")
        await settle(pilot)
        assert app.is_running
        assert front(pilot, WebhookScreen).url_field.value == MASKED + "qwrfy?"


async def test_read_only_shows_but_does_not_save() -> None:
    gateway = holding()
    async with form(gateway, read_only=True) as (app, pilot):
        assert "review and save" not in screen_text(pilot)
        await tick(pilot, "Connected")
        await press(pilot, "ctrl+s", "ctrl+z")
        assert not isinstance(app.screen, ConfirmScreen)
        assert not gateway.count("set_webhook")


async def test_a_form_from_the_disk_asks_for_what_the_disk_does_not_keep() -> None:
    store, gateway = MemoryStore(), holding(WebhookConfig(MASKED, STORED.events))
    async with form(gateway, store=store):
        pass
    gateway = holding()
    async with form(gateway, store=store) as (_, pilot):
        text = screen_text(pilot)
        assert gateway.count("webhook") == 1
        assert "Error" not in text
        assert "· live" in text


async def test_what_the_disk_kept_is_shown_masked_and_saved_whole() -> None:
    store, gateway = MemoryStore(), holding(WebhookConfig(MASKED, STORED.events))
    async with form(gateway, store=store):
        pass
    gateway = holding()
    gateway.fail("webhook", UnavailableError("no route"))
    clock = QuickClock()
    clock.shift(3600)
    async with form(gateway, store=store, clock=clock) as (_, pilot):
        assert "OLD, 1 h ago" in screen_text(pilot)
        await tick(pilot, "Connected")
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        await until(pilot, lambda: gateway.count("set_webhook") == 1)
        assert gateway.named("set_webhook")[0].args[1].url == URL
