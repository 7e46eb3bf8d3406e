"""The instances: what one reads of them, picking one, finding, and bad weather."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.pilot import Pilot

from tests.builders import NOW, instance
from tests.fakes import FakeGateway, MemoryStore
from tests.ui.harness import (
    IDENTITY,
    QuickClock,
    front,
    launch,
    press,
    row_with,
    screen_text,
    settle,
    shown,
    toasts,
    typed,
    until,
)
from vzaps_tui.domain.envelope import Envelope
from vzaps_tui.domain.instances import Instance, LinkState
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.copy_menu import CopyMenu
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.instances import InstancesScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen

NAMES = ("Support BR", "Sales", "Support US", "Nights")


def some() -> FakeGateway:
    return FakeGateway(instances=[instance(n, name=name) for n, name in enumerate(NAMES, 1)])


@pytest.mark.parametrize("name", ["Support US", "support us", "VZ03"])
async def test_an_instance_asked_for_by_name_is_opened_over_the_list(name: str) -> None:
    async with shown(launch(some(), named=name)) as (app, pilot):
        assert screen_text(pilot).lstrip().startswith("Support US › Deliveries")
        front(pilot, DeliveriesScreen)
        text = await press(pilot, "escape")
        front(pilot, InstancesScreen)
        assert row_with(text, "▌").split()[1:3] == ["Support", "US"]
        await press(pilot, "ctrl+r")
        front(pilot, InstancesScreen)
        assert not toasts(app)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (NAMES, "There is no instance 'Suport': pick one of these."),
        (("Sales", "Suport", "Suport"), "2 instances are named 'Suport': pick one."),
    ],
)
async def test_a_name_that_names_none_or_several_is_said_over_the_list(
    names: tuple[str, ...], words: str
) -> None:
    rows = [instance(n, name=name) for n, name in enumerate(names, 1)]
    async with shown(launch(FakeGateway(instances=rows), named="Suport")) as (app, pilot):
        front(pilot, InstancesScreen)
        assert toasts(app) == words
        assert row_with(screen_text(pilot), "▌").split()[1] == ("Support", "Suport")[len(names) < 4]


def kept(clock: QuickClock, *rows: Instance) -> MemoryStore:
    """What a run 20 s ago left on the disk."""
    store, asked = MemoryStore(), IDENTITY.ask("instances")
    listing = Listing(rows, len(rows), 1, End.COMPLETE)
    store.kept[asked] = Envelope(listing, clock.now() - timedelta(seconds=20))
    return store


async def test_what_is_kept_is_shown_and_asked_about_once_at_the_start() -> None:
    gateway, clock = some(), QuickClock()
    gate = gateway.gate("instances")
    begin = launch(gateway, clock=clock, store=kept(clock, instance(1, name="Support BR")))
    app = VzapsApp(begin)
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: gateway.count("instances") == 1)
        await until(pilot, lambda: "cached 20 s ago · asking" in screen_text(pilot))
        assert "Support BR" in screen_text(pilot)
        gate.set()
        await settle(pilot)
        assert "live just now" in screen_text(pilot)
        await press(pilot, "enter", "escape")
        assert gateway.count("instances") == 1


async def test_trouble_is_told_at_the_start_however_fresh_what_is_kept() -> None:
    gateway, clock = some(), QuickClock()
    gateway.fail("instances", UnavailableError("connection refused"))
    store = kept(clock, instance(1, name="Support BR"))
    async with shown(launch(gateway, clock=clock, store=store)) as (_, pilot):
        text = screen_text(pilot)
        assert "Support BR" in text
        assert "OLD, 20 s ago" in text
        assert "connection refused" in text


async def test_an_instance_newer_than_what_is_kept_is_opened_by_its_name() -> None:
    gateway, clock = some(), QuickClock()
    store = kept(clock, instance(1, name="Support BR"))
    async with shown(launch(gateway, clock=clock, store=store, named="Nights")) as (app, pilot):
        assert "Nights › Deliveries" in screen_text(pilot)
        assert not toasts(app)


async def test_a_name_that_only_an_old_listing_lacks_is_opened_once_the_api_is_back() -> None:
    gateway, clock = some(), QuickClock()
    gateway.fail("instances", *[UnavailableError("connection refused")] * 3)
    store = kept(clock, instance(1, name="Support BR"))
    begin = launch(gateway, clock=clock, store=store, named="Nights", refresh_every=0.1)
    async with shown(begin) as (app, pilot):
        doubt = "'Nights' is not among the instances read 20 s ago; it may be newer."
        assert toasts(app) == doubt
        await until(pilot, lambda: "Nights › Deliveries" in screen_text(pilot))
        assert gateway.count("instances") == 4
        assert toasts(app) in (doubt, "")


async def test_who_opens_another_one_meanwhile_is_left_there() -> None:
    gateway, clock = some(), QuickClock()
    gateway.fail("instances", UnavailableError("connection refused"))
    store = kept(clock, instance(1, name="Support BR"))
    async with shown(launch(gateway, clock=clock, store=store, named="Nights")) as (_, pilot):
        await press(pilot, "enter")
        await press(pilot, "escape", "ctrl+r")
        assert "live just now" in screen_text(pilot)
        front(pilot, InstancesScreen)


@pytest.mark.parametrize("held", [False, True])
async def test_the_list_heals_by_itself_once_the_api_is_back(*, held: bool) -> None:
    gateway, clock = some(), QuickClock()
    gateway.fail("instances", *[UnavailableError("connection refused")] * 3)
    store = kept(clock, instance(1, name="Support BR")) if held else None
    async with shown(launch(gateway, clock=clock, store=store, refresh_every=0.1)) as (_, pilot):
        assert "connection refused" in screen_text(pilot)
        assert ("Support BR" in screen_text(pilot)) is held
        await until(pilot, lambda: "live just now" in screen_text(pilot))
        assert "Nights" in screen_text(pilot)
        assert "connection refused" not in screen_text(pilot)
        assert gateway.count("instances") == 4
        assert not timers(pilot), "it asks no more"


@pytest.mark.parametrize(
    ("problem", "every", "key"),
    [
        (AuthError("wrong secret", status=401), 0.1, "k"),
        (ForbiddenError("not yours", status=403), 0.1, "k"),
        (UnavailableError("timed out"), 0.0, "k"),
        (UnavailableError("timed out"), 60.0, "ctrl+r"),  # which asks, and so nothing else will
    ],
)
async def test_it_is_not_asked_again_where_that_is_in_vain_or_not_wanted(
    problem: VzapsError, every: float, key: str
) -> None:
    gateway = some()
    gateway.fail("instances", problem)
    async with shown(launch(gateway, refresh_every=every)) as (_, pilot):
        await press(pilot, key)
        assert not timers(pilot)


async def test_the_keys_of_the_first_screen_lead_nowhere_back() -> None:
    async with shown(launch(some())) as (_, pilot):
        assert "back" not in screen_text(pilot).splitlines()[-1]
        assert "help" in screen_text(pilot).splitlines()[-1]
        text = await press(pilot, "w")
        assert "esc back" in text.splitlines()[-1]


def timers(pilot: Pilot[str]) -> bool:
    """Whether the list is going to ask again by itself."""
    again = front(pilot, InstancesScreen)._again  # pyright: ignore[reportPrivateUsage] - no public way
    return again is not None


async def test_rows_tell_link_webhook_events_and_age() -> None:
    rows = [
        instance(
            1,
            name="Support",
            webhook="https://user:pw@hooks.example.com/vz?key=s3cret",
            events=("Message", "Presence"),
        ),
        instance(2, name="Sales", link=LinkState.DISCONNECTED, webhook=None, events=()),
        instance(3, name="", link=LinkState.UNKNOWN, status="QR_READY", updated_at=None),
        instance(4, name="Quiet", link=LinkState.UNKNOWN, updated_at=NOW.replace(day=12)),
    ]
    async with shown(launch(FakeGateway(instances=rows))) as (_, pilot):
        text = screen_text(pilot)
        for words in ("connected", "Message +1", "hooks.example.com/vz?key=•••", "just now"):
            assert words in row_with(text, "Support")
        assert "disconnected" in row_with(text, "Sales")
        assert "VZ03" in row_with(text, "QR_READY")
        assert "unknown" in row_with(text, "Quiet")
        assert "2 d ago" in row_with(text, "Quiet")
        assert "4 of 4" in text
        assert "acme · live just now" in text
        assert "s3cret" not in text
        assert "pw@" not in text


@pytest.mark.parametrize(
    ("key", "kind", "crumb"),
    [
        ("enter", DeliveriesScreen, "Sales › Deliveries"),
        ("w", WebhookScreen, "Sales › Webhook"),
    ],
)
async def test_keys_open_the_row_under_the_cursor(
    key: str, kind: type[Board[None]], crumb: str
) -> None:
    async with shown(launch(some())) as (_, pilot):
        text = await press(pilot, "j", key)
        front(pilot, kind)
        assert crumb in text
        await press(pilot, "escape")
        assert front(pilot, InstancesScreen).table.cursor_key == "VZ02"


async def test_escape_never_leaves_the_first_screen() -> None:
    async with shown(launch(some())) as (app, pilot):
        await press(pilot, "escape", "escape")
        front(pilot, InstancesScreen)
        assert app.is_running


async def test_find_and_its_next_and_previous() -> None:
    async with shown(launch(some())) as (_, pilot):
        table = front(pilot, InstancesScreen).table
        await press(pilot, "slash")
        assert "2 found" in await typed(pilot, "sUpPort")
        await press(pilot, "enter")
        walked: list[str | None] = [table.cursor_key]
        for key in ("n", "n", "N"):
            await press(pilot, key)
            walked.append(table.cursor_key)
        assert walked == ["VZ01", "VZ03", "VZ01", "VZ03"]
        text = await press(pilot, "escape")
        assert "found" not in text
        await press(pilot, "n")
        assert table.cursor_key == "VZ03", "nothing is sought any more"


async def test_letters_typed_into_the_find_bar_are_no_commands() -> None:
    async with shown(launch(some())) as (app, pilot):
        await press(pilot, "slash")
        text = await typed(pilot, "wq?y")
        front(pilot, InstancesScreen)
        assert app.is_running
        assert "/ wq?y" in text
        assert "0 found" in text


@pytest.mark.parametrize("key", ["enter", "w", "y", "n"])
async def test_an_empty_account_says_what_to_do(key: str) -> None:
    async with shown(launch(FakeGateway())) as (_, pilot):
        text = screen_text(pilot)
        assert "This account has no instance yet." in text
        assert "0 of 0" in text
        await press(pilot, key)
        front(pilot, InstancesScreen)


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (UnavailableError("timed out"), "The API did not answer: timed out."),
        (AuthError("wrong secret", status=401), "Credentials refused: wrong secret."),
        (ForbiddenError("not yours", status=403), "Not allowed: not yours."),
        (ProtocolError("HTML"), "The answer made no sense: HTML."),
        (RateLimitedError("slow down", retry_after=60.0), "Too many requests: slow down."),
    ],
)
async def test_a_problem_with_nothing_kept_says_what_why_and_next(
    problem: VzapsError, words: str
) -> None:
    gateway = some()
    problem.request_id = "req-77"
    gateway.fail("instances", problem)
    async with shown(launch(gateway)) as (_, pilot):
        text = " ".join(screen_text(pilot).split())
        for said in (words, problem.hint, "Request id req-77", "nothing read"):
            assert said in text
        assert "Nothing could be read." in text
        assert "no instance yet" not in text
        text = await press(pilot, "ctrl+r")
        assert "Support BR" in text
        assert words not in text
        assert "live" in text


async def test_a_failed_refresh_keeps_the_rows_and_says_why() -> None:
    gateway, clock = some(), QuickClock()
    async with shown(launch(gateway, clock=clock)) as (_, pilot):
        await press(pilot, "G")
        clock.shift(180)
        gateway.fail("instances", UnavailableError("connection reset", request_id="r1"))
        text = await press(pilot, "ctrl+r")
        assert all(name in text for name in NAMES)
        assert "OLD, 3 min ago" in text
        assert "connection reset" in text
        assert front(pilot, InstancesScreen).table.cursor_key == "VZ04"


async def test_known_rows_are_shown_while_the_api_is_asked() -> None:
    gateway, clock = some(), QuickClock()
    async with shown(launch(gateway, clock=clock)) as (_, pilot):
        clock.shift(120)
        gate = gateway.gate("instances")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: gateway.count("instances") == 2)
        await pilot.pause()
        text = screen_text(pilot)
        assert "Nights" in text
        assert "2 min ago · asking ..." in text
        gateway.listed.append(instance(9, name="Newest"))
        gate.set()
        await settle(pilot)
        assert "Newest" in screen_text(pilot)
        assert "live just now" in screen_text(pilot)


@pytest.mark.parametrize(("away", "requests"), [(20.0, 1), (31.0, 2)])
async def test_coming_back_asks_only_what_is_old(away: float, requests: int) -> None:
    gateway, clock = some(), QuickClock()
    async with shown(launch(gateway, clock=clock)) as (_, pilot):
        await press(pilot, "enter")
        clock.shift(away)
        await press(pilot, "escape")
        front(pilot, InstancesScreen)
        assert gateway.count("instances") == requests


@pytest.mark.parametrize("key", ["ctrl+r", "f5"])
async def test_refresh_asks_however_fresh(key: str) -> None:
    gateway = some()
    async with shown(launch(gateway)) as (_, pilot):
        await press(pilot, key)
        assert gateway.count("instances") == 2


async def test_a_refresh_keeps_the_cursor_on_its_instance() -> None:
    gateway = some()
    async with shown(launch(gateway)) as (_, pilot):
        await press(pilot, "j", "j")
        gateway.listed = [instance(8, name="Early"), *reversed(gateway.listed)]
        await press(pilot, "ctrl+r")
        assert front(pilot, InstancesScreen).table.cursor_key == "VZ03"


async def test_all_pages_are_read() -> None:
    gateway = FakeGateway(instances=[instance(n, name=f"I{n}") for n in range(1, 121)])
    async with shown(launch(gateway)) as (_, pilot):
        assert "120 of 120" in screen_text(pilot)
        assert "I120" in await press(pilot, "G")


async def test_copy_menu_hands_over_the_id_and_says_so() -> None:
    async with shown(launch(some())) as (app, pilot):
        text = await press(pilot, "j", "y")
        front(pilot, CopyMenu)
        assert "VZ02" in row_with(text, "i  id")
        assert "Sales" in row_with(text, "n  name")
        await press(pilot, "i")
        front(pilot, InstancesScreen)
        assert app.clipboard == "VZ02"
        assert "Handed to your terminal (OSC 52): id, 4 characters." in toasts(app)
        await press(pilot, "y", "j", "enter")
        assert app.clipboard == "Sales"
        await press(pilot, "y", "escape")
        front(pilot, InstancesScreen)
        assert app.clipboard == "Sales"
