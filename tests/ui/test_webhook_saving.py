"""Saving a webhook: reviewed as a diff, sent once, read back, and told as it is."""

from __future__ import annotations

import pytest

from tests.builders import INSTANCE
from tests.fakes import Call, FakeGateway
from tests.ui.harness import choose, dialog, front, press, screen_text, settle, toasts, until
from tests.ui.test_webhook_form import MASKED, STORED, URL, form, holding, put_url, tick
from vzaps_tui.domain.problems import (
    ForbiddenError,
    RejectedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.ui.screens.instances import InstancesScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen


def written(gateway: FakeGateway) -> list[WebhookConfig]:
    return [call.args[1] for call in gateway.named("set_webhook")]


async def test_events_are_reviewed_saved_and_read_back() -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await tick(pilot, "Connected", "Presence")
        await press(pilot, "ctrl+s")
        text = await dialog(pilot)
        assert "Save the webhook of Instance 1?" in text
        assert "- Presence" in text
        assert "+ Connected" in text
        assert app.focused is not None
        assert app.focused.id == "cancel"
        await choose(pilot, "save")
        await settle(pilot)
        assert written(gateway) == [WebhookConfig(URL, ("Message", "Connected"))]
        text = screen_text(pilot)
        assert "Saved and read back: the API holds what was sent." in text
        assert "Nothing yet." in text
        assert MASKED in text
        assert "Webhook saved; the API holds what was sent." in toasts(app)


async def test_enter_in_the_review_sends_nothing() -> None:
    gateway = holding()
    async with form(gateway) as (_, pilot):
        await tick(pilot, "Connected")
        await press(pilot, "ctrl+s")
        await dialog(pilot)
        await press(pilot, "enter")
        assert "Connected" in front(pilot, WebhookScreen).events_field.chosen
        assert not written(gateway)


@pytest.mark.parametrize(
    ("typed_in", "sent"),
    [
        ("https://new.example.com/vz?key=•••&lang=•••", "https://new.example.com/vz?key=s3cret&lang=pt"),
        ("https://hooks.example.com/vz?key=new&lang=•••", "https://hooks.example.com/vz?key=new&lang=pt"),
        ("https://hooks.example.com/vz?lang=•••", "https://hooks.example.com/vz?lang=pt"),
        ("https://hooks.example.com/vz", "https://hooks.example.com/vz"),
        (URL.replace("s3cret", "other"), URL.replace("s3cret", "other")),
    ],
)  # fmt: skip
async def test_hidden_parts_are_kept_and_what_is_typed_is_sent_as_typed(
    typed_in: str, sent: str
) -> None:
    gateway = holding()
    async with form(gateway) as (_, pilot):
        await put_url(pilot, typed_in)
        await press(pilot, "ctrl+s")
        text = await dialog(pilot)
        assert "s3cret" not in text
        await choose(pilot, "save")
        assert written(gateway) == [WebhookConfig(sent, STORED.events)]
        assert "s3cret" not in screen_text(pilot)


async def test_a_change_in_a_hidden_part_only_is_said() -> None:
    async with form(holding()) as (_, pilot):
        text = await put_url(pilot, URL.replace("s3cret", "other"))
        assert "(a hidden part of it differs)" in text
        assert "other" not in text.split("What would change")[1]


async def test_nothing_to_save_is_said_and_nothing_is_sent() -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await press(pilot, "ctrl+s")
        assert "Nothing to save: the API holds this already." in toasts(app)
        front(pilot, WebhookScreen)
        assert not written(gateway)


async def test_a_warning_is_repeated_in_the_review_and_may_be_overruled() -> None:
    gateway = holding()
    async with form(gateway) as (_, pilot):
        await put_url(pilot, "http://127.0.0.1:9000/hook")
        await press(pilot, "ctrl+s")
        text = " ".join((await dialog(pilot)).split())
        assert "Note: http:// is not encrypted" in text
        assert "is a private address" in text
        await choose(pilot, "save")
        assert written(gateway)[0].url == "http://127.0.0.1:9000/hook"


async def test_what_someone_else_changed_is_said_before_it_is_overwritten() -> None:
    gateway = holding()
    async with form(gateway) as (_, pilot):
        await tick(pilot, "Connected")
        gateway.webhooks[INSTANCE] = WebhookConfig(URL, ("Message", "ChatPresence"))
        await press(pilot, "ctrl+s")
        text = await dialog(pilot)
        assert "Changed by someone else since it was loaded here." in text
        assert "- ChatPresence" in text
        assert "+ Connected" in text


async def test_a_read_that_fails_before_sends_nothing() -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await tick(pilot, "Connected")
        gateway.fail("webhook", UnavailableError("timed out"))
        text = await press(pilot, "ctrl+s")
        assert "Not saved: what the API holds could not be read first." in toasts(app)
        assert "timed out" in text
        assert "Connected" in front(pilot, WebhookScreen).events_field.chosen
        assert not written(gateway)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ForbiddenError("not yours", request_id="r-9"), "Not saved. Not allowed: not yours."),
        (RejectedError("no such event", status=409), "Not saved. The server said no"),
    ],
)
async def test_a_refusal_keeps_the_form_and_says_why(problem: VzapsError, words: str) -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await tick(pilot, "Connected")
        gateway.fail("set_webhook", problem)
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        said = toasts(app)
        assert words in said
        assert problem.hint in said
        assert "Connected" in front(pilot, WebhookScreen).events_field.chosen
        assert front(pilot, WebhookScreen).unsaved()
        assert len(written(gateway)) == 1


async def test_a_server_that_stores_something_else_is_told() -> None:
    gateway = holding()
    other = WebhookConfig("https://hooks.example.com/vz?key=s3cret&lang=en", ("Message",))

    def twist(call: Call) -> None:
        if call.name == "webhook" and gateway.count("set_webhook"):
            gateway.webhooks[INSTANCE] = other

    async with form(gateway) as (app, pilot):
        gateway.hook = twist
        await put_url(pilot, "https://new.example.com/")
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        await settle(pilot)
        text = screen_text(pilot)
        assert "NOT AS SENT: the API holds something else." in text
        assert "Sent    https://new.example.com/  Message, Presence" in text
        assert "Stored  https://hooks.example.com/vz?key=•••&lang=•••  Message" in text
        assert "s3cret" not in text
        assert "NOT confirmed" in toasts(app)


async def test_the_other_spelling_is_tried_where_nothing_changed() -> None:
    gateway = holding()
    gateway.obeys_url_key = "webhook_url"
    async with form(gateway) as (_, pilot):
        await put_url(pilot, "https://new.example.com/")
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        await settle(pilot)
        assert [call.args[2] for call in gateway.named("set_webhook")] == [
            "webhookURL",
            "webhook_url",
        ]
        assert "Saved and read back" in screen_text(pilot)


@pytest.mark.parametrize("acted", [True, False])
async def test_a_lost_answer_is_never_sent_again_and_what_is_stored_is_told(
    acted: bool,  # noqa: FBT001 - a table
) -> None:
    gateway = holding()
    wanted = WebhookConfig(URL, ("Message", "Presence", "Connected"))
    async with form(gateway) as (_, pilot):
        await tick(pilot, "Connected")
        gateway.fail("set_webhook", UnavailableError("reset"))
        if acted:
            gateway.hook = lambda call: (
                gateway.webhooks.update({INSTANCE: wanted}) if call.name == "set_webhook" else None
            )
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        await settle(pilot)
        text = screen_text(pilot)
        assert len(written(gateway)) == 1
        assert ("Saved and read back" in text) is acted
        assert ("NOT AS SENT" in text) is not acted
        assert "The answer to the write was lost" in text


async def test_a_read_back_that_fails_is_not_called_saved() -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await tick(pilot, "Connected")
        gateway.fail("webhook", None, None, UnavailableError("timed out"))
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        await settle(pilot)
        text = screen_text(pilot)
        assert "Sent, not confirmed: it could not be read back." in text
        assert "Saved" not in text
        assert "NOT confirmed" in toasts(app)


async def test_ctrl_z_takes_the_last_save_back_after_review() -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await press(pilot, "ctrl+z")
        assert "Nothing was saved in this run" in toasts(app)
        await put_url(pilot, "https://new.example.com/")
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        await settle(pilot)
        await press(pilot, "ctrl+z")
        text = await dialog(pilot)
        assert "- https://new.example.com/" in text
        assert f"+ {MASKED}" in text
        await choose(pilot, "save")
        await settle(pilot)
        assert gateway.webhooks[INSTANCE] == STORED
        assert MASKED in screen_text(pilot)


async def test_a_save_goes_on_when_the_form_is_left() -> None:
    gateway = holding()
    async with form(gateway) as (app, pilot):
        await tick(pilot, "Connected")
        await press(pilot, "ctrl+s")
        await dialog(pilot)
        gate = gateway.gate("set_webhook")
        await pilot.press("right", "enter")
        await until(pilot, lambda: gateway.count("set_webhook") == 1)
        app.screen.dismiss()
        await until(pilot, lambda: isinstance(app.screen, InstancesScreen))
        gate.set()
        await settle(pilot)
        assert "Webhook saved; the API holds what was sent." in toasts(app)
        assert "Connected" in gateway.webhooks[INSTANCE].events


async def test_the_list_of_instances_tells_the_new_url_after_a_save() -> None:
    gateway = holding()
    async with form(gateway) as (_, pilot):
        await tick(pilot, "Connected")
        await press(pilot, "ctrl+s")
        await choose(pilot, "save")
        await settle(pilot)
        asked = gateway.count("instances")
        await press(pilot, "escape")
        front(pilot, InstancesScreen)
        assert gateway.count("instances") == asked + 1
