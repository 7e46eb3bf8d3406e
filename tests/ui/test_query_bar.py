"""The query line: applied as one types, completed by tab, errors that point at the word."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from tests.builders import INSTANCE, NOW, delivery, instance
from tests.fakes import FakeGateway
from tests.ui.harness import front, launch, press, shown, typed
from vzaps_tui.domain.query import CodeMatch, DeliveryQuery
from vzaps_tui.domain.query_language import QueryError, parse
from vzaps_tui.ui.query_bar import QueryBar
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen


@pytest.fixture
async def list_shown() -> AsyncGenerator[Pilot[str]]:
    """Three failures, answered 500, 404 and not at all; the last two hours apart from the rest."""
    rows = [
        delivery(3, http_status=500, error="HTTP 500", created_at=NOW),
        delivery(2, http_status=404, error="HTTP 404", event="ReadReceipt"),
        delivery(1, http_status=None, error="timeout: no answer"),
    ]
    async with shown(launch(FakeGateway(rows, [instance()]))) as (_, pilot):
        await press(pilot, "enter")
        yield pilot


def query(pilot: Pilot[str]) -> DeliveryQuery:
    return front(pilot, DeliveriesScreen).view.query


async def test_what_is_typed_is_applied_at_once(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    text = await typed(list_shown, "code:404")
    assert "1 of 3 loaded" in text
    assert query(list_shown).codes == {CodeMatch.exact(404)}
    text = await press(list_shown, "enter")
    assert "code: 404" in text
    assert not list_shown.app.screen.query_one(QueryBar).is_open


async def test_an_error_points_at_its_word_and_changes_nothing(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    await typed(list_shown, "last:2h code:9999 ")
    before = query(list_shown)
    text = await press(list_shown, "enter")
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if "code:9999" in line)
    assert lines[at + 1].index("^^^^ ") == lines[at].index("9999")
    assert query(list_shown) == before
    assert list_shown.app.screen.query_one(QueryBar).is_open


async def test_tab_takes_what_is_offered_first(list_shown: Pilot[str]) -> None:
    text = await press(list_shown, "colon", "s", "t")
    assert "status: what became of it" in text
    await press(list_shown, "tab", "f", "tab", "enter")
    assert query(list_shown).failed_only


async def test_escape_takes_the_typed_query_back(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    await typed(list_shown, "timeout")
    assert query(list_shown).text == "timeout"
    await press(list_shown, "escape")
    assert query(list_shown).is_empty
    assert front(list_shown, DeliveriesScreen).table.has_focus


async def test_backspace_takes_the_last_condition_away(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    await typed(list_shown, "code:404 tries:>=2")
    await press(list_shown, "enter", "backspace")
    assert query(list_shown) == DeliveryQuery(codes=frozenset({CodeMatch.exact(404)}))
    await press(list_shown, "backspace", "backspace")
    assert query(list_shown).is_empty


async def test_the_form_keeps_the_conditions_it_does_not_show(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    await typed(list_shown, "code:5xx")
    await press(list_shown, "enter", "F", "space", "ctrl+s")
    assert query(list_shown).codes == {CodeMatch.of_class(5)}
    assert query(list_shown).failed_only


async def test_a_span_that_ends_now_leaves_older_rows_out(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    text = await typed(list_shown, "last:2h")
    assert "1 of 3 loaded" in text


@pytest.mark.parametrize(
    ("line", "applied", "word"),
    [
        ("timeout sta", "timeout", "sta"),
        ("timeout status", "timeout", "status"),
        ("timeout status:fai", "timeout", "fai"),
        ("timeout code:40", "timeout", "40"),
        ("timeout since:2026-02-3", "timeout", "2026-02-3"),
    ],
)
async def test_what_is_half_typed_is_not_applied_and_said(
    list_shown: Pilot[str], line: str, applied: str, word: str
) -> None:
    await press(list_shown, "colon")
    text = await typed(list_shown, line)
    assert query(list_shown) == DeliveryQuery(text=applied)
    shown_line, marks, _ = bar_lines(text)
    assert marks.index("^" * len(word)) == shown_line.index(word, shown_line.index(applied) + 7)
    assert "Not applied yet" in marks


async def test_a_word_that_begins_as_a_field_is_a_text_once_it_is_whole(
    list_shown: Pilot[str],
) -> None:
    await press(list_shown, "colon")
    await typed(list_shown, "st ")
    assert query(list_shown).text == "st"
    await press(list_shown, "backspace")
    assert query(list_shown).is_empty
    await press(list_shown, "enter")
    assert query(list_shown).text == "st"


BROKEN = ("last:soon", "statsu:failed", "-status:failed", "tries:" + "9" * 30)


@pytest.mark.parametrize("size", [(60, 20), (80, 24)])
async def test_marks_stand_under_their_word_and_the_message_is_whole(size: tuple[int, int]) -> None:
    begin = launch(FakeGateway([delivery()], [instance()]), instance=INSTANCE)
    async with shown(begin, size) as (_, pilot):
        await press(pilot, "colon")
        bar = pilot.app.screen.query_one(QueryBar)
        for before in ("", "x" * 20, "x" * 45, "x" * 60, "日本" * 12):
            for word in BROKEN:
                bar.field.value = line = f"{before} {word}".lstrip()
                await press(pilot, "home", "end")
                check_marks(line, await press(pilot, "enter"))


def check_marks(line: str, text: str) -> None:
    """The marks are as wide as the word and stand under it, and the message can be read."""
    shown_line, marks, below = bar_lines(text)
    with pytest.raises(QueryError) as caught:
        parse(line, NOW)
    fault = caught.value
    pointed = line[fault.start : fault.end]
    assert marks.count("^") == len(pointed)
    assert "^" * len(pointed) in marks
    assert marks.index("^") == cell_len(shown_line[: shown_line.rindex(pointed)])
    assert f"{fault.message}." in (marks if fault.message in marks else below)


async def test_what_is_not_there_is_said_and_no_text(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    text = await typed(list_shown, "-status:failed")
    assert "There is no NOT." in text
    assert "status:pending,delivered" in text
    assert query(list_shown).is_empty


async def test_a_period_says_what_it_means_now(list_shown: Pilot[str]) -> None:
    await press(list_shown, "colon")
    assert "- now" in await typed(list_shown, "since:23:59")
    assert query(list_shown) == DeliveryQuery(since_word="23:59")
    await press(list_shown, "ctrl+u")
    assert "lies in the future" in await typed(list_shown, "since:2099-01-01")


def bar_lines(text: str) -> tuple[str, str, str]:
    """The query line and what stands under it."""
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(" : "))
    return lines[at], lines[at + 1], lines[at + 2]
