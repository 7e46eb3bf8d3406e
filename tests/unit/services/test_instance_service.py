"""Listing instances: all pages, however the server cuts them, and no request while fresh."""

from __future__ import annotations

import pytest

from tests.builders import instance
from tests.fakes import FakeClock, FakeGateway
from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.instances import Instance, InstanceId
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.problems import NotFoundError, UnavailableError
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.instances import MAX_PAGES, PAGE, InstanceService


def service_of(gateway: FakeGateway, clock: FakeClock) -> InstanceService:
    cache = EnvelopeCache(None, clock)
    return InstanceService(gateway, cache, Identity("https://api.example.com", "acct"))


async def test_one_is_found_in_the_kept_list_else_asked_for_where_that_has_a_use() -> None:
    gateway, clock = FakeGateway(instances=[instance(1), instance(2)]), FakeClock()
    one, two = gateway.listed
    cache, whose = EnvelopeCache(None, clock), Identity("https://api.example.com", "acct")
    assert await InstanceService(gateway, cache, whose, names=False).find(one.id) is None
    assert gateway.calls == []
    assert await InstanceService(gateway, cache, whose).find(two.id) == two
    assert [call.name for call in gateway.calls] == ["instance"]
    await load(InstanceService(gateway, cache, whose))
    gateway.calls.clear()
    assert await InstanceService(gateway, cache, whose, names=False).find(one.id) == one
    assert gateway.calls == []
    with pytest.raises(NotFoundError):
        await InstanceService(gateway, cache, whose).find(InstanceId("VZ99"))


async def load(service: InstanceService) -> tuple[Listing[Instance], Source]:
    envelopes = [envelope async for envelope in service.load()]
    return envelopes[-1].data, envelopes[-1].source


@pytest.mark.parametrize(
    ("count", "totals", "requests", "end"),
    [
        (0, True, 1, End.COMPLETE),
        (7, False, 1, End.COMPLETE),
        (PAGE, True, 1, End.COMPLETE),
        (PAGE, False, 2, End.COMPLETE),
        (PAGE * 2 + 1, True, 3, End.COMPLETE),
        (PAGE * MAX_PAGES + 5, True, MAX_PAGES, End.MORE),
    ],
)
async def test_all_pages_are_read(count: int, requests: int, end: End, *, totals: bool) -> None:
    gateway = FakeGateway(instances=[instance(number) for number in range(count)])
    gateway.tells_totals = totals
    listing, source = await load(service_of(gateway, FakeClock()))
    assert listing.rows == tuple(gateway.listed[: PAGE * MAX_PAGES])
    assert (listing.end, source, gateway.count("instances")) == (end, Source.LIVE, requests)


@pytest.mark.parametrize("totals", [True, False])
async def test_a_server_that_ignores_paging_is_noticed(*, totals: bool) -> None:
    gateway = FakeGateway(instances=[instance(number) for number in range(PAGE * 3)])
    gateway.ignores_paging = True
    gateway.tells_totals = totals
    listing, _ = await load(service_of(gateway, FakeClock()))
    assert listing.rows == tuple(gateway.listed[:PAGE])
    assert (listing.end, gateway.count("instances")) == (End.REPEATS, 2)


async def test_doubles_are_one() -> None:
    gateway = FakeGateway(instances=[instance(1), instance(2), instance(1)])
    listing, _ = await load(service_of(gateway, FakeClock()))
    assert [row.id for row in listing.rows] == ["VZ01", "VZ02"]


async def test_no_request_while_fresh_and_the_old_list_when_it_fails() -> None:
    gateway, clock = FakeGateway(instances=[instance(1)]), FakeClock()
    service = service_of(gateway, clock)
    assert service.peek() is None
    await load(service)
    clock.shift(29)
    await load(service)
    assert gateway.count("instances") == 1
    clock.shift(2)
    gateway.fail("instances", UnavailableError("down"))
    kept, troubled = [envelope async for envelope in service.load()]
    assert kept.data == troubled.data == Listing((instance(1),), 1, 1, End.COMPLETE)
    assert "down" in (troubled.problem or "")
