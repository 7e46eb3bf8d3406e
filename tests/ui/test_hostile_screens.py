"""Law 3 on whole screens: whatever strangers send, nothing acts and nothing crashes."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.builders import INSTANCE, NOW, delivery, detail, instance
from tests.fakes import FakeGateway
from tests.ui.harness import dialog, front, launch, press, shown, until
from tests.ui.widgets.line_views import FRAGMENTS, HOSTILE, JOINERS
from vzaps_tui.domain.deliveries import Attempt, LogId
from vzaps_tui.domain.instances import LinkState
from vzaps_tui.domain.problems import RejectedError
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.ui.copy_menu import CopyMenu
from vzaps_tui.ui.filter_form import FilterForm
from vzaps_tui.ui.screens.compare import CompareScreen
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.screens.related import RelatedScreen
from vzaps_tui.ui.screens.webhook import WebhookScreen
from vzaps_tui.ui.widgets.field import Field, pictured

ALL = "|".join(FRAGMENTS)
few = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def acts(char: str) -> bool:
    kind = unicodedata.category(char)
    return kind in {"Cc", "Cs", "Zl", "Zp"} or (kind == "Cf" and char not in JOINERS)


def look(pilot: Pilot[str]) -> str:
    """What is on the screen; AssertionError if any of it would act."""
    strips = pilot.app.screen._compositor.render_strips()  # pyright: ignore[reportPrivateUsage] - no public way
    lines: list[str] = []
    for strip in strips:
        for segment in strip:
            assert segment.control is None
            assert not [char for char in segment.text if acts(char)], repr(segment.text)
        line = "".join(segment.text for segment in strip)
        assert sum(cell_len(segment.text) for segment in strip) == pilot.app.size.width, repr(line)
        lines.append(line)
    return "\n".join(lines)


def world(text: str) -> FakeGateway:
    """A server on which strangers wrote everything."""
    # Half a character can be in no URL, so in no id either.
    log = f"log{text.encode(errors='ignore').decode()}"
    rows = [
        delivery(
            2,
            id=LogId(log),
            key=log,
            event=text or "e",
            error=text,
            target=f"https://h.example/{text}",
        ),
        delivery(1, status=text, http_status=None, error=None, event=text),
    ]
    listed = [
        instance(1, name=text, webhook=f"https://h.example/{text}", events=(text, text)),
        instance(2, name=f"b{text}", link=LinkState.UNKNOWN, status=text, phone=text),
    ]
    gateway = FakeGateway(rows, listed)
    tries = (Attempt(1, NOW, 500, 1.0, text, text), Attempt(2, NOW, None, None, None, text))
    for row in rows:
        gateway.details[row.id] = detail(
            row, payload=message(row.id, text), response=text, raw=text, attempts=tries
        )
    gateway.webhooks[INSTANCE] = WebhookConfig(f"https://h.example/{text}", ("Message", text))
    return gateway


def message(log: str, text: str) -> str:
    """A payload in which a stranger wrote what a stranger can write."""
    info = {"id": f"{log}{text}", "chat": f"c{text}@lid", "push_name": text, text: text}
    event = {"info": info, "message": {"conversation": f"{log}{text}"}}
    return json.dumps({"type": "Message", "event": event}, ensure_ascii=False, indent=2)


async def instances(pilot: Pilot[str], text: str) -> None:
    del text
    look(pilot)
    await press(pilot, "j", "y")
    look(pilot)


async def deliveries(pilot: Pilot[str], text: str) -> None:
    del text
    await press(pilot, "enter")
    front(pilot, DeliveriesScreen)
    look(pilot)
    await press(pilot, "j", "F")
    look(pilot)
    await press(pilot, "escape", "y")
    look(pilot)
    await press(pilot, "escape", "a", "r")
    await dialog(pilot)
    look(pilot)


async def one_delivery(pilot: Pilot[str], text: str) -> None:
    del text
    await press(pilot, "enter", "enter")
    front(pilot, DeliveryScreen)
    look(pilot)
    for key in ("2", "3", "4", "y"):
        await press(pilot, key)
        look(pilot)
    front(pilot, CopyMenu)


async def compared(pilot: Pilot[str], text: str) -> None:
    del text
    await press(pilot, "enter", "enter", "space", "right_square_bracket", "d")
    front(pilot, CompareScreen)
    look(pilot)
    await press(pilot, "i", "z", "e", "y")
    look(pilot)
    front(pilot, CopyMenu)


async def related(pilot: Pilot[str], text: str) -> None:
    del text
    await press(pilot, "enter", "enter", "o")
    front(pilot, RelatedScreen)
    look(pilot)
    await press(pilot, "G", "y")
    look(pilot)


async def webhook(pilot: Pilot[str], text: str) -> None:
    await press(pilot, "w")
    form = front(pilot, WebhookScreen)
    look(pilot)
    form.events_field.focus()
    await press(pilot, "j", "j", "space")
    look(pilot)
    form.url_field.value = f"https://x.example/{text}"
    await press(pilot, "tab")
    look(pilot)
    form.url_field.value = "https://x.example/"
    await press(pilot, "ctrl+s")
    look(pilot)


Visit = Callable[[Pilot[str], str], Awaitable[None]]


@pytest.mark.parametrize("visit", [instances, deliveries, one_delivery, compared, related, webhook])
@few
@given(text=HOSTILE)
@example(text=ALL)
async def test_nothing_that_strangers_wrote_acts(visit: Visit, text: str) -> None:
    async with shown(launch(world(text), label=f"acme{text}")) as (_, pilot):
        await visit(pilot, text)


@few
@given(text=HOSTILE)
@example(text=ALL)
async def test_no_problem_or_toast_acts(text: str) -> None:
    gateway = world(text)
    problem = RejectedError(text, status=400, request_id=text)
    gateway.fail("search", None, problem)
    gateway.fail("retry", problem)
    async with shown(launch(gateway, instance=INSTANCE, notices=(text,))) as (app, pilot):
        look(pilot)
        await press(pilot, "ctrl+r")
        look(pilot)
        await press(pilot, "r")
        await until(pilot, lambda: not app.jobs.is_busy)
        await pilot.pause()
        look(pilot)


@few
@given(text=HOSTILE)
@example(text=ALL)
async def test_what_is_typed_into_find_and_filter_does_not_act(text: str) -> None:
    async with shown(launch(world(text), instance=INSTANCE)) as (_, pilot):
        screen = front(pilot, DeliveriesScreen)
        screen.seek(text)
        await pilot.pause()
        look(pilot)
        screen.seek("")
        await press(pilot, "F")
        front(pilot, FilterForm).query_one("#text", Field).value = text
        await pilot.pause()
        look(pilot)
        await press(pilot, "ctrl+s")
        look(pilot)
        await press(pilot, "slash")
        screen.query_one("#needle", Field).value = text
        await pilot.pause()
        look(pilot)


@given(text=HOSTILE)
def test_a_field_draws_one_character_for_each(text: str) -> None:
    drawn = pictured(text)
    assert len(drawn) == len(text)
    assert not [char for char in drawn if acts(char)]
    assert pictured(drawn) == drawn


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("https://x.example/\x1b[31m", "https://x.example/\u241b[31m"),
        ("a\tb\x7f\x00", "a\u2409b\u2421\u2400"),
        ("a\u202eb\x9bc", "a\ufffdb\ufffdc"),
        ("\u4e2d\u6587 e\u0301 [b]", "\u4e2d\u6587 e\u0301 [b]"),
    ],
)
def test_what_a_field_draws(text: str, drawn: str) -> None:
    assert pictured(text) == drawn
