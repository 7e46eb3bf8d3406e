"""Saving a webhook in bad weather: what was sent, what is stored, and no write sent twice."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from textual import events

from tests.servers import Receiver, eventually
from tests.stack.stack import Person, Setup, name_of, patience, small, working
from tests.ui.harness import choose, front, row_with
from vzaps_tui.emulator import shapes
from vzaps_tui.emulator.instances import Instance
from vzaps_tui.emulator.logs import Status
from vzaps_tui.ui.screens.webhook import WebhookScreen

NEW = "https://hooks.example.com/new?key=s3cret"
_SAVED = "Saved and read back: the API holds what was sent."
_DIFFERS = "NOT AS SENT: the API holds something else."
_LOST = "The answer to the write was lost, it was not sent again"


@dataclass(frozen=True)
class Case:
    """A save's weather and what becomes of it.

    Attributes:
        said: what the form says.
        stored: whether the server holds what was sent.
        spellings: the URL's key in every write that was sent.
    """

    said: tuple[str, ...]
    stored: bool = True
    scenario: str = ""
    fault: str = ""
    spellings: tuple[str, ...] = ("webhookURL",)


CASES = {
    "fair": Case((_SAVED,)),
    "only webhookURL": Case((_SAVED,), scenario="only-webhookURL"),
    "only webhook_url": Case(
        (_SAVED,), scenario="only-webhook_url", spellings=("webhookURL", "webhook_url")
    ),
    "events as a list": Case(
        (_SAVED,), scenario="events-list-only", spellings=("webhookURL", "webhookURL")
    ),
    "empty body": Case((_SAVED,), fault="empty-body"),
    "null": Case((_SAVED,), fault="null"),
    "reset after": Case((_SAVED, _LOST), fault="reset-after"),
    "timeout": Case((_SAVED, _LOST), fault="no-answer"),
    "cut body": Case((_SAVED, _LOST), fault="cut-body"),
    "reset before": Case((_DIFFERS, _LOST), stored=False, fault="reset"),
    "captive portal": Case((_DIFFERS, _LOST), stored=False, fault="portal"),
    "500": Case((_DIFFERS, _LOST), stored=False, fault="error-500"),
    "502 HTML": Case((_DIFFERS, _LOST), stored=False, fault="html-error"),
    "403": Case(("Not saved. Not allowed: ",), stored=False, fault="forbidden"),
    "404": Case(("Not saved. Not found: ",), stored=False, fault="not-found"),
    "429": Case(("Not saved. Too many requests: ",), stored=False, fault="rate-limit"),
    "success:false": Case(
        ("Not saved. The server said no: the operation failed",),
        stored=False,
        fault="success-false",
    ),
    "422 twice": Case(
        ("Not saved. The server said no: the request cannot be processed",),
        stored=False,
        fault="unprocessable",
        spellings=("webhookURL", "webhookURL"),
    ),
}


async def save(person: Person, url: str) -> None:
    """Put a URL into the first instance's form, review and save."""
    await person.press("w")
    form = front(person.pilot, WebhookScreen)
    await person.press("end", "ctrl+u")
    form.url_field.post_message(events.Paste(url))
    await person.until(lambda: form.url_field.value == url)
    await person.pilot.press("ctrl+s")
    await choose(person.pilot, "save")


def writes(person: Person) -> list[dict[str, Any]]:
    """The bodies of all writes that came."""
    found = [one.body for one in person.world.requests if name_of(one) == "webhook-set"]
    return [json.loads(body) for body in found]


@pytest.mark.parametrize("name", CASES)
async def test_a_save_tells_what_became_of_it(name: str) -> None:
    case = CASES[name]
    world = small(*case.scenario.split())
    before = world.instances[0].webhook
    if case.fault:
        world.faults.always("webhook-set", case.fault)
    async with working(world, Setup(timeout=patience(case.fault), size=(120, 50))) as person:
        await save(person, NEW)
        words = person.words
        for said in case.said:
            assert said in words
        assert "s3cret" not in words.partition("What would change")[2]
        assert world.instances[0].webhook == (NEW if case.stored else before)
        sent = writes(person)
        assert [next(key for key in body if key != "events") for body in sent] == [*case.spellings]
        assert all(NEW in body.values() for body in sent)
        kept = case.stored or "Not saved" not in case.said[0]
        assert front(person.pilot, WebhookScreen).unsaved() is not kept, "typed text is not lost"


async def test_what_the_server_stores_otherwise_is_shown_beside_what_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    honest = shapes.webhook_read

    def slashed(instance: Instance) -> dict[str, Any]:
        return {**honest(instance), "webhook": f"{instance.webhook}/", "subscribe": ["All"]}

    monkeypatch.setattr(shapes, "webhook_read", slashed)
    async with working(setup=Setup(size=(120, 50))) as person:
        await save(person, "https://hooks.example.com/new")
        words = person.words
        assert _DIFFERS in words
        assert "Sent https://hooks.example.com/new All" in words
        assert "Stored https://hooks.example.com/new/ All" in words
        assert "Webhook sent, but NOT confirmed: see the form." in words
        assert len(writes(person)) == 1


async def test_a_save_that_cannot_be_read_back_says_so() -> None:
    async with working(setup=Setup(size=(120, 50))) as person:
        faults = person.world.faults
        await person.press("w")
        faults.next("webhook-get", "latency", times=2, seconds=0.0)  # the review and the save read
        faults.next("webhook-get", "forbidden")
        await person.press("escape")
        await save(person, NEW)
        words = person.words
        assert "Sent, not confirmed: it could not be read back." in words
        assert "Not allowed: instance and client token do not belong" in words
        assert "NOT confirmed" in words
        assert len(writes(person)) == 1


async def test_a_mended_receiver_gets_the_retry_once() -> None:
    world = small()
    world.max_attempts = 1
    broken = b'{"error":"database is locked"}'
    with Receiver(500, broken) as receiver:
        async with working(world, Setup(size=(98, 30))) as person:
            await save(person, receiver.url)
            await person.press("escape", "enter")
            instance = world.instances[0]
            log = world.emit(instance, "Message", {"type": "Message", "event": {"n": 1}})
            eventually(lambda: log.status == Status.FAILED)
            await person.press("ctrl+r", "g")
            assert person.deliveries.table.cursor_key == log.id
            line = row_with(person.screen, f"{log.created_at:%H:%M:%S}")
            assert "FAILED" in line
            assert " 500 " in line
            await person.press("enter")
            assert "HTTP 500" in person.words
            assert '"error": "database is locked"' in await person.press("3")
            await person.press("escape")

            receiver.status, receiver.body = 200, b"thanks"
            await person.press("r")
            await person.until(lambda: person.outcomes()[-1:] == ["DELIVERED"])
            await person.settled()
            assert f"{log.id}: DELIVERED" in person.words
            line = row_with(person.screen, f"{log.created_at:%H:%M:%S}")
            assert line.count("DELIVERED") == 2, "the row's own word, and the retry's"
            assert len(receiver.posts) == 2, "the delivery that failed, and the retry"
            first, second = receiver.posts
            assert first.body == second.body
            assert json.loads(second.body) == {"type": "Message", "event": {"n": 1}}
            assert log.retries == 1
