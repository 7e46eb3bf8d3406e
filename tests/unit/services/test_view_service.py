"""Views of an account: noted without waiting, written soon and once, read again as they were."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import FakeClock, MemoryViews, idle
from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.query import CodeMatch, DeliveryQuery
from vzaps_tui.domain.remembered import KeptView, SavedView
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.views import LastView, ViewService

ONE, TWO = InstanceId("VZ1"), InstanceId("VZ2")
IDENTITY = Identity("https://api.example.com", "acct")
QUERIES = [
    DeliveryQuery(),
    DeliveryQuery(statuses=frozenset({StatusClass.FAILED}), last=timedelta(hours=2)),
    DeliveryQuery(codes=frozenset({CodeMatch.of_class(5)}), text='say "no"', min_attempts=3),
    DeliveryQuery(since_word="yesterday", until_word="14:00"),
    DeliveryQuery(last=timedelta(hours=1), until_word="2h"),
    DeliveryQuery(since=datetime(2026, 3, 1, 12, 30, tzinfo=UTC), events=frozenset({"A b"})),
]


def service(store: MemoryViews) -> ViewService:
    return ViewService(store, IDENTITY, FakeClock())


def note(views: ViewService, query: DeliveryQuery, instance: InstanceId = ONE) -> None:
    views.note(instance, query, oldest_first=True, preview=False)


@pytest.mark.parametrize("query", QUERIES)
async def test_the_next_run_finds_what_was_noted(query: DeliveryQuery) -> None:
    store = MemoryViews()
    views = service(store)
    assert await views.last(ONE) is None
    note(views, query)
    await views.settle()
    assert await service(store).last(ONE) == LastView(query, oldest_first=True, preview=False)
    assert await service(store).last(TWO) is None


async def test_many_changes_are_one_write() -> None:
    store = MemoryViews()
    views = service(store)
    for text in ("t", "ti", "time"):
        note(views, DeliveryQuery(text=text))
    note(views, DeliveryQuery(text="other"), TWO)
    await idle()
    assert store.notes == 0
    assert await views.last(ONE) == LastView(DeliveryQuery(text="time"), True, False)  # noqa: FBT003 - as declared
    await views.settle()
    assert store.notes == 2
    note(views, DeliveryQuery(text="time"))
    await views.settle()
    assert store.notes == 2


async def test_what_is_noted_while_it_is_written_is_written_after_it() -> None:
    store = MemoryViews()
    views = service(store)
    store.gate = asyncio.Event()
    note(views, DeliveryQuery(text="first"))
    settling = asyncio.create_task(views.settle())
    await idle()
    note(views, DeliveryQuery(text="second"))
    again = asyncio.create_task(views.settle())
    store.gate.set()
    await asyncio.gather(settling, again)
    assert [view.query for view in store.looked.values()] == ["second"]


async def test_it_is_written_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vzaps_tui.services.views.PAUSE", 0.0)
    store = MemoryViews()
    note(service(store), DeliveryQuery(text="x"))
    await asyncio.wait_for(store.noted.wait(), 5)
    assert store.notes == 1


@given(st.text(st.characters()))
async def test_a_line_that_cannot_be_read_any_more_is_told(text: str) -> None:
    store = MemoryViews()
    store.looked[IDENTITY.base_url, IDENTITY.account, ONE] = KeptView(text, oldest_first=True)
    found = await service(store).last(ONE)
    assert found is not None
    assert found.oldest_first
    if found.dropped:
        assert found.dropped == text
        assert found.query.is_empty
    else:
        assert service(store).read(text) == found.query


async def test_a_broken_disk_takes_the_memory_of_it_only() -> None:
    store = MemoryViews()
    store.broken = True
    views = service(store)
    assert await views.last(ONE) is None
    note(views, DeliveryQuery(text="x"))
    await views.settle()
    assert await views.last(ONE) == LastView(DeliveryQuery(text="x"), True, False)  # noqa: FBT003 - as declared
    for asked in (views.saved(), views.save("a", DeliveryQuery()), views.drop("a")):
        with pytest.raises(StorageError):
            await asked


async def test_views_by_name() -> None:
    views = service(MemoryViews())
    await views.save("outage", QUERIES[1])
    await views.save("outage", QUERIES[2])
    await views.save("all", DeliveryQuery())
    found = await views.saved()
    assert [view.name for view in found] == ["all", "outage"]
    assert [views.read(view.query) for view in found] == [QUERIES[0], QUERIES[2]]
    await views.drop("all")
    assert [view.name for view in await views.saved()] == ["outage"]
    assert views.read("no:such") is None
    assert SavedView("a", "z") < SavedView("b", "a")
