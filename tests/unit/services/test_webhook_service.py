"""Saving a webhook: which spellings are sent, how often, and what is reported afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.builders import INSTANCE, NOW
from tests.fakes import Call, FakeClock, FakeGateway, idle
from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.masking import MASK
from vzaps_tui.domain.problems import (
    ForbiddenError,
    RejectedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.webhooks import SaveReport, WebhookConfig
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.instances import InstanceService
from vzaps_tui.services.webhooks import WebhookService

ME = Identity("https://api.example.com", "acct")
OLD = WebhookConfig("https://example.com/old?key=secret", ("Message",))
NEW = WebhookConfig("https://example.com/new", ("Message", "ReadReceipt"))


class World:
    def __init__(self) -> None:
        self.gateway = FakeGateway()
        self.gateway.webhooks[INSTANCE] = OLD
        self.cache = EnvelopeCache(None, FakeClock())
        self.service = WebhookService(self.gateway, self.cache, ME)
        self.instances = InstanceService(self.gateway, self.cache, ME)

    async def save(self, config: WebhookConfig = NEW) -> SaveReport:
        return await self.service.save(INSTANCE, config)

    @property
    def written(self) -> list[tuple[Any, ...]]:
        """Spelling and list form of every write."""
        return [call.args[2:] for call in self.gateway.named("set_webhook")]


@pytest.fixture
def world() -> World:
    return World()


async def test_a_save_reads_writes_once_and_reads_back(world: World) -> None:
    report = await world.save()
    assert [call.name for call in world.gateway.calls] == ["webhook", "set_webhook", "webhook"]
    assert world.written == [("webhookURL", False)]
    assert report == SaveReport(NEW, NEW, "webhookURL")
    assert report.confirmed


async def test_the_other_spelling_is_sent_once_where_the_url_did_not_change(world: World) -> None:
    world.gateway.obeys_url_key = "webhook_url"
    report = await world.save()
    assert world.written == [("webhookURL", False), ("webhook_url", False)]
    assert report == SaveReport(NEW, NEW, "webhook_url")


async def test_a_url_that_no_spelling_changes_is_reported_not_sent_again(world: World) -> None:
    world.gateway.obeys_url_key = "url"
    report = await world.save()
    assert len(world.written) == 2
    assert report.stored == WebhookConfig(OLD.url, NEW.events)
    assert not report.confirmed


async def test_the_same_url_with_other_events_is_sent_once(world: World) -> None:
    world.gateway.obeys_url_key = "webhook_url"
    report = await world.save(WebhookConfig(OLD.url, ("All",)))
    assert len(world.written) == 1
    assert report.confirmed


async def test_a_url_the_server_made_something_else_of_is_only_reported(world: World) -> None:
    def meddle(call: Call) -> None:
        if call.name == "webhook" and world.written:
            world.gateway.webhooks[INSTANCE] = WebhookConfig("https://other.example.com")

    world.gateway.hook = meddle
    report = await world.save()
    assert len(world.written) == 1
    assert report.stored == WebhookConfig("https://other.example.com")
    assert not report.confirmed


@pytest.mark.parametrize("status", [400, 422])
async def test_a_rejected_form_is_sent_once_as_a_list(world: World, status: int) -> None:
    world.gateway.fail("set_webhook", RejectedError("events must be a list", status=status))
    report = await world.save()
    assert world.written == [("webhookURL", False), ("webhookURL", True)]
    assert report.confirmed


async def test_the_list_form_stays_for_the_other_spelling(world: World) -> None:
    world.gateway.obeys_url_key = "webhook_url"
    world.gateway.fail("set_webhook", RejectedError("a list, please", status=400))
    report = await world.save()
    assert world.written == [("webhookURL", False), ("webhookURL", True), ("webhook_url", True)]
    assert report.confirmed


@pytest.mark.parametrize(
    ("problems", "writes"),
    [
        ([RejectedError("no", status=400), RejectedError("still no", status=400)], 2),
        ([RejectedError("taken", status=409)], 1),
        ([RejectedError("success: false", status=200)], 1),
        ([ForbiddenError("not yours", status=403)], 1),
        ([UnavailableError("refused connection", acted=False)], 1),
    ],
)
async def test_a_refusal_is_raised(world: World, problems: list[VzapsError], writes: int) -> None:
    world.gateway.fail("set_webhook", *problems)
    with pytest.raises(type(problems[-1])) as caught:
        await world.save()
    assert caught.value is problems[-1]
    assert len(world.written) == writes
    assert world.gateway.webhooks[INSTANCE] == OLD


async def test_nothing_is_sent_where_the_server_cannot_be_read(world: World) -> None:
    world.gateway.fail("webhook", UnavailableError("down"))
    with pytest.raises(UnavailableError):
        await world.save()
    assert world.written == []


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_answer_is_never_sent_again_and_what_is_stored_is_told(
    world: World, *, arrived: bool
) -> None:
    def arrive(call: Call) -> None:
        if call.name == "set_webhook" and arrived:
            world.gateway.webhooks[INSTANCE] = NEW

    world.gateway.hook = arrive
    world.gateway.fail("set_webhook", UnavailableError("timeout after 30 s"))
    report = await world.save()
    assert len(world.written) == 1
    assert report.stored == (NEW if arrived else OLD)
    assert "answer to the write was lost" in report.note
    assert report.confirmed is arrived


async def test_a_read_back_that_fails_is_told(world: World) -> None:
    world.gateway.fail("webhook", None, UnavailableError("down"))
    report = await world.save()
    assert report.stored is None
    assert "could not be read back" in report.note
    assert not report.confirmed
    assert len(world.written) == 1


async def test_a_refused_other_spelling_is_told_with_what_is_stored(world: World) -> None:
    world.gateway.obeys_url_key = "webhook_url"
    world.gateway.fail("set_webhook", None, RejectedError("unknown key", status=409))
    report = await world.save()
    assert report.stored == WebhookConfig(OLD.url, NEW.events)
    assert "unknown key" in report.note


async def test_a_list_that_is_rejected_is_not_sent_as_a_list_again(world: World) -> None:
    world.gateway.obeys_url_key = "webhook_url"
    rejected = RejectedError("no", status=400)
    world.gateway.fail("set_webhook", rejected, None, rejected)
    report = await world.save()
    assert world.written == [("webhookURL", False), ("webhookURL", True), ("webhook_url", True)]
    assert "other spelling was refused" in report.note


async def test_hidden_parts_of_the_url_are_put_back(world: World) -> None:
    report = await world.save(WebhookConfig(f"https://example.com/new?key={MASK}", ("All",)))
    assert report.sent.url == "https://example.com/new?key=secret"
    assert world.gateway.webhooks[INSTANCE].url == "https://example.com/new?key=secret"


async def test_a_hidden_part_that_is_not_known_is_never_sent(world: World) -> None:
    with pytest.raises(RejectedError, match="hidden part"):
        await world.save(WebhookConfig(f"https://example.com/new?other={MASK}", ("All",)))
    assert world.written == []


async def test_a_save_forgets_what_it_changed(world: World) -> None:
    async for _ in world.instances.load():
        pass
    async for _ in world.service.load(INSTANCE):
        pass
    await world.save()
    assert world.instances.peek() is None
    kept = world.service.peek(INSTANCE)
    assert kept
    assert (kept.data, kept.source, kept.fetched_at) == (NEW, Source.LIVE, NOW)


async def test_a_refused_save_forgets_too(world: World) -> None:
    async for _ in world.service.load(INSTANCE):
        pass
    world.gateway.fail("set_webhook", RejectedError("no", status=409))
    with pytest.raises(RejectedError):
        await world.save()
    assert world.service.peek(INSTANCE) is None


async def test_a_read_under_way_during_a_save_does_not_bring_back_the_old(world: World) -> None:
    before = world.gateway.gate("webhook")
    saving = asyncio.create_task(world.save())
    loading = asyncio.create_task(anext(world.service.load(INSTANCE, force=True)))
    await idle()
    # One request serves both; the one after the write is another.
    assert world.gateway.count("webhook") == 1
    before.set()
    await saving
    await loading
    kept = world.service.peek(INSTANCE)
    assert kept
    assert kept.data == NEW


async def test_revisiting_within_a_minute_makes_no_request(world: World) -> None:
    for _ in range(3):
        async for envelope in world.service.load(INSTANCE):
            assert envelope.data == OLD
    assert world.gateway.count("webhook") == 1
    await world.service.read(INSTANCE)
    assert world.gateway.count("webhook") == 2
