"""A list is found as it was left; filters have names; nobody is surprised by either."""

from __future__ import annotations

import asyncio

import pytest
from textual.pilot import Pilot

from tests.builders import INSTANCE, instance
from tests.fakes import FakeGateway, MemoryViews
from tests.ui.harness import (
    IDENTITY,
    choose,
    dialog,
    front,
    launch,
    press,
    screen_text,
    settle,
    shown,
    toasts,
    typed,
    until,
)
from tests.ui.test_deliveries_list import falling
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.remembered import KeptView, SavedView
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.launch import Launch
from vzaps_tui.ui.query_bar import QueryBar
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.view_picker import NameForm, ViewPicker

WHOSE = (IDENTITY.base_url, IDENTITY.account)


def kept(view: KeptView, of: InstanceId = INSTANCE) -> MemoryViews:
    views = MemoryViews()
    views.looked[(*WHOSE, of)] = view
    return views


def named(**queries: str) -> MemoryViews:
    views = MemoryViews()
    for name, query in queries.items():
        views.named[(*WHOSE, name)] = SavedView(name, query)
    return views


def on_list(views: MemoryViews, gateway: FakeGateway | None = None) -> Launch:
    return launch(gateway or FakeGateway(falling(30)), views=views, instance=INSTANCE)


async def written(app: VzapsApp) -> None:
    """What the end of the program does about views."""
    assert app.launch.services is not None
    await app.launch.services.views.settle()


async def opened(pilot: Pilot[str], key: str, kind: type[ViewPicker | NameForm]) -> str:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await settle(pilot)
    return screen_text(pilot)


# -- by itself -------------------------------------------------------------------------------------


async def test_the_list_is_found_as_it_was_left() -> None:
    views = MemoryViews()
    async with shown(on_list(views)) as (app, pilot):
        await press(pilot, "f", "S", "p")
        await written(app)
    assert views.looked[(*WHOSE, INSTANCE)] == KeptView(
        "status:failed", oldest_first=True, preview=False
    )
    async with shown(on_list(views)) as (app, pilot):
        text = await press(pilot)
        assert "status: FAILED" in text
        assert "Filter of last time: status:failed (esc takes it away)" in toasts(app)
        board = front(pilot, DeliveriesScreen)
        assert board.view.oldest_first
        assert not board.has_class("-preview")
        text = await press(pilot, "escape")
        assert "status: FAILED" not in text
        await written(app)
    assert views.looked[(*WHOSE, INSTANCE)].query == ""


async def test_every_instance_has_its_own() -> None:
    gateway = FakeGateway(falling(30), [instance(1), instance(2)])
    first, second = (row.id for row in gateway.listed)
    views = kept(KeptView("status:failed"), first)
    async with shown(launch(gateway, views=views)) as (app, pilot):
        assert "status: FAILED" in await press(pilot, "enter")
        text = await press(pilot, "escape", "escape", "j", "enter")
        assert front(pilot, DeliveriesScreen).query_asked.is_empty
        assert "status: FAILED" not in text
        await press(pilot, "f")
        await written(app)
    assert views.looked[(*WHOSE, first)] == KeptView("")
    assert views.looked[(*WHOSE, second)] == KeptView("status:failed")


async def test_the_first_frame_does_not_wait_for_it() -> None:
    views = kept(KeptView("status:failed"))
    views.reading = asyncio.Event()
    async with VzapsApp(on_list(views)).run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "30 of 30 loaded" in screen_text(pilot))
        views.reading.set()
        await until(pilot, lambda: "status: FAILED" in screen_text(pilot))


@pytest.mark.parametrize("key", ["f", "S", "p", "space"])
async def test_who_was_quicker_than_the_disk_is_not_overruled(key: str) -> None:
    views = kept(KeptView("code:404"))
    views.reading = asyncio.Event()
    app = VzapsApp(on_list(views))
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "30 of 30 loaded" in screen_text(pilot))
        await pilot.press(key)
        views.reading.set()
        await settle(pilot)
        assert "404" not in screen_text(pilot).splitlines()[1]
        assert "last time" not in toasts(app)


async def test_a_filter_that_cannot_be_read_any_more_is_dropped_with_a_word() -> None:
    views = kept(KeptView("nonsense:\x1b[31m", oldest_first=True))
    async with shown(on_list(views)) as (app, pilot):
        await settle(pilot)
        assert "cannot be read any more: nonsense:" in toasts(app)
        assert "\x1b" not in toasts(app)
        board = front(pilot, DeliveriesScreen)
        assert board.query_asked.is_empty
        assert board.view.oldest_first


async def test_a_broken_disk_says_nothing_and_shows_everything() -> None:
    views = kept(KeptView("status:failed"))
    views.broken = True
    async with shown(on_list(views)) as (app, pilot):
        assert "30 of 30 loaded" in await press(pilot)
        await press(pilot, "f")
        await written(app)
        assert toasts(app) == ""


# -- by name ---------------------------------------------------------------------------------------


async def test_a_filter_gets_a_name_and_is_found_by_it() -> None:
    views = MemoryViews()
    async with shown(on_list(views)) as (app, pilot):
        await press(pilot, "f")
        assert "status:failed" in await opened(pilot, "V", NameForm)
        await typed(pilot, " my failures ")
        await press(pilot, "enter")
        assert "Kept as my failures" in toasts(app)
        await press(pilot, "escape")
        text = await opened(pilot, "v", ViewPicker)
        assert "my failures" in text
        assert "status:failed" in text
        assert "status: FAILED" in await press(pilot, "enter")
    assert list(views.named.values()) == [SavedView("my failures", "status:failed")]


async def test_a_name_is_taken_over_only_after_a_question() -> None:
    views = named(mine="code:404")
    async with shown(on_list(views)) as (_, pilot):
        await press(pilot, "f")
        for answer, kept_query in (("cancel", "code:404"), ("yes", "status:failed")):
            await opened(pilot, "V", NameForm)
            await pilot.press(*"mine", "enter")
            text = await dialog(pilot)
            assert "code:404" in text
            assert "status:failed" in text
            await choose(pilot, answer)
            assert views.named[(*WHOSE, "mine")].query == kept_query
        text = await opened(pilot, "V", NameForm)
        assert "mine" in text  # the filter has a name already: it is proposed
        await press(pilot, "enter")
        front(pilot, DeliveriesScreen)


async def test_no_filter_and_no_name_keep_nothing() -> None:
    views = MemoryViews()
    async with shown(on_list(views)) as (app, pilot):
        await press(pilot, "V")
        assert "There is no filter to keep" in toasts(app)
        await press(pilot, "f")
        await opened(pilot, "V", NameForm)
        await press(pilot, "enter", "space", "enter", "escape")
        front(pilot, DeliveriesScreen)
    assert not views.named


async def test_names_are_narrowed_by_typing_and_forgotten_after_a_question() -> None:
    views = named(Outage="code:5xx", gone="code:404", slow="timeout")
    async with shown(on_list(views)) as (_, pilot):
        await opened(pilot, "v", ViewPicker)
        text = await press(pilot, "slash", "o", "u", "t")
        assert "Outage" in text
        assert "gone" not in text
        await press(pilot, "escape", "d")
        assert "Outage" in await dialog(pilot)
        await choose(pilot, "cancel")
        assert len(views.named) == 3
        await press(pilot, "d")
        await choose(pilot, "forget")
        assert "No name holds that." in screen_text(pilot)
        assert [view.name for view in views.named.values()] == ["gone", "slow"]
        await press(pilot, "d", "enter", "escape")
        assert front(pilot, DeliveriesScreen).query_asked.is_empty


async def test_the_first_hit_is_applied_from_the_name() -> None:
    async with shown(on_list(named(Outage="code:5xx", gone="code:404"))) as (_, pilot):
        await opened(pilot, "v", ViewPicker)
        assert "404" in (await press(pilot, "slash", "g", "o", "enter")).splitlines()[1]


async def test_hostile_names_and_filters_are_shown_as_text() -> None:
    views = named(**{"[red]x\x1b[31m": "text:[bold]", "broken": "no:such"})
    async with shown(on_list(views)) as (app, pilot):
        text = await opened(pilot, "v", ViewPicker)
        assert "[red]x" in text
        assert "[bold]" in text
        assert "\x1b" not in text
        await press(pilot, "j", "enter")
        assert "cannot be read any more" in toasts(app)
        front(pilot, ViewPicker)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)])
async def test_the_picker_without_views_says_how_to_get_one(size: tuple[int, int]) -> None:
    async with shown(on_list(MemoryViews()), size) as (_, pilot):
        text = await opened(pilot, "v", ViewPicker)
        assert "No filter has a name yet" in text
        assert "esc leaves" in text
        await press(pilot, "d", "enter", "escape")
        front(pilot, DeliveriesScreen)


@pytest.mark.parametrize("keys", [("v",), ("f", "V")])
async def test_a_broken_disk_is_told_where_views_are_wanted(keys: tuple[str, ...]) -> None:
    views = MemoryViews()
    views.broken = True
    async with shown(on_list(views)) as (app, pilot):
        await press(pilot, *keys)
        assert "no space left" in toasts(app)
        front(pilot, DeliveriesScreen)


@pytest.mark.parametrize(
    "line", ["since:yesterday", "since:yesterday until:14:00", "until:2h", "last:2h"]
)
async def test_what_depends_on_now_is_kept_as_it_was_typed(line: str) -> None:
    views = MemoryViews()
    async with shown(on_list(views)) as (app, pilot):
        await press(pilot, "colon")
        front(pilot, DeliveriesScreen).query_one(QueryBar).field.value = line
        await press(pilot, "enter")
        await opened(pilot, "V", NameForm)
        await press(pilot, *"odd", "enter")
        await written(app)
        assert app.launch.services is not None
        saved = await app.launch.services.views.saved()
    assert [view.query for view in saved] == [line]
    assert views.looked[(*WHOSE, INSTANCE)].query == line
