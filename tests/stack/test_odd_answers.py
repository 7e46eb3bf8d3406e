"""Answers that are odd but usable: strange rows and times, huge payloads, pages that move."""

from __future__ import annotations

import re
import unicodedata

import pytest

from tests.stack.stack import Person, failed, moments_ago, small, to_failure, working
from tests.ui.harness import choose, front, row_with, screen_text
from vzaps_tui.emulator.logs import Log
from vzaps_tui.emulator.world import World
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen

_ODDITIES = 11
"""The emulator's odd rows follow one another in this many kinds, the first as it should be."""
_UNKNOWN_STATUS, _UNKNOWN_EVENT, _NO_ID, _SAME_ID = 1, 2, 3, 4
_TIMES = {5: "naive", 6: "seconds", 7: "milliseconds", 8: "offset"}


def newest(world: World) -> list[Log]:
    """The first instance's deliveries, newest first."""
    return list(reversed(world.instances[0].logs))


def at_second(log: Log) -> str:
    """The time of day of a delivery, as a row shows it."""
    return f"{log.created_at:%H:%M:%S}"


async def test_unknown_status_and_event_are_shown_verbatim() -> None:
    async with working(small("odd-rows")) as person:
        words = await person.press("enter", "p")
        logs = newest(person.world)
        assert "QUARANTINED" in row_with(person.screen, at_second(logs[_UNKNOWN_STATUS]))
        assert "PollVote" in row_with(person.screen, at_second(logs[_UNKNOWN_EVENT]))
        assert "rows unreadable" in words
        assert moments_ago("live", words)


@pytest.mark.parametrize("place", _TIMES, ids=_TIMES.values())
async def test_times_are_told_right_in_every_form(place: int) -> None:
    async with working(small("odd-rows")) as person:
        await person.press("enter", "p")
        log = newest(person.world)[place]
        assert log.status.upper() in row_with(person.screen, at_second(log))


async def test_a_row_without_id_can_be_seen_and_marked_but_not_opened_or_sent() -> None:
    async with working(small("odd-rows")) as person:
        await person.press("enter", "p")
        nameless = [at_second(log) for log in newest(person.world)[_NO_ID::_ODDITIES]][:2]
        await person.press("j", "j", "j")
        words = await person.press("enter")
        assert "The API gave this row no id: it cannot be opened." in words
        front(person.pilot, DeliveriesScreen)
        await person.press("space")
        marked = person.marked
        await person.press("ctrl+r")
        assert person.marked == marked
        assert len(marked) == 1
        await person.press("r")
        await choose(person.pilot, "all")
        await person.settled()
        assert "A row without id: SKIPPED · this row has no id" in person.words
        assert person.asked("retry") == 0
        lines = [row_with(person.screen, second) for second in nameless[1:]]
        assert not [line for line in lines if "SKIPPED" in line], "the other rows without id"


async def test_doubles_count_once() -> None:
    async with working(small("odd-rows")) as person:
        await person.press("enter", "G", "g", "G")
        table = person.deliveries.table
        logs = newest(person.world)
        doubled = [logs[place - 1].id for place in range(_SAME_ID, len(logs), _ODDITIES)]
        assert doubled
        keys = person.keys
        assert len(keys) == len(set(keys)) == int(number_before(person.words, "loaded of"))
        assert table.cursor_key == keys[-1]


def number_before(words: str, after: str) -> str:
    """The number that stands before some words."""
    found = re.search(rf"([\d,]+) {after}", words)
    assert found, words
    return found.group(1).replace(",", "")


async def test_a_payload_of_5_mb_opens_and_no_key_waits_for_it() -> None:
    async with working(small("big-payload")) as person:
        await person.press("enter")
        await person.pilot.press("enter")
        await person.until(lambda: isinstance(person.app.screen, DeliveryScreen))
        await person.pilot.press("escape")
        await person.until(lambda: isinstance(person.app.screen, DeliveriesScreen))
        await person.press("j", "enter")
        words = await person.press("2")
        assert '"type"' in words
        assert '"event"' in words
        assert "QUJDQUJD" in await person.press("G")
        assert '"type"' in await person.press("g")
        await person.press("escape")
        front(person.pilot, DeliveriesScreen)


async def test_a_payload_that_is_not_json_is_shown_as_it_is() -> None:
    async with working(small("text-payload")) as person:
        await person.press("enter", "enter")
        words = await person.press("2")
        log = newest(person.world)[0]
        assert f"event={log.event}&log={log.id}&this is <not> JSON {{" in words


@pytest.mark.parametrize("keys", [(), ("enter",), ("enter", "enter", "2"), ("w",)])
async def test_hostile_text_does_nothing(keys: tuple[str, ...]) -> None:
    async with working(small("hostile-text")) as person:
        await person.press(*keys)
        odd = [
            char
            for char in screen_text(person.pilot)
            if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\u200d"
        ]
        assert odd == []
        assert moments_ago("live", person.words)


async def test_a_page_that_repeats_is_said_and_asked_no_further() -> None:
    async with working(small("ignore-paging", logs=120)) as person:
        words = await person.press("enter", "G", "G")
        assert (
            "50 of 50 loaded of 120 · the API repeats its page: older ones cannot be read" in words
        )
        asked = person.asked("search")
        await person.press("g", "G", "g", "G")
        assert person.asked("search") == asked <= 4
        keys = person.keys
        assert keys == [log.id for log in newest(person.world)[:50]]


async def test_a_filter_that_is_ignored_shows_no_wrong_row() -> None:
    async with working(small("ignore-filters")) as person:
        await person.press("enter", "f")
        assert {status for _, status in person.rows} == {"FAILED"}
        assert person.keys == [log.id for log in failed(person.world.instances[0])]


@pytest.mark.parametrize("new", [1, 49, 50, 70])
async def test_rows_that_come_between_pages_lose_none_and_double_none(new: int) -> None:
    world = small(logs=120)
    async with working(world) as person:
        await person.press("enter", "space", "space")
        marked, before = person.marked, {log.id for log in newest(world)}
        for _ in range(new):
            world.emit(world.instances[0], "Message")
        for _ in range(4):
            await person.press("G")
        keys = person.keys
        assert len(keys) == len(set(keys))
        assert set(keys) >= before
        assert person.marked == marked
        await person.press("ctrl+r")
        assert person.keys == [log.id for log in newest(world)]
        assert person.marked == marked


SHAPES = ("camel-case", "bare", "envelope", "attempts-number", "attempts-list")


async def test_every_known_shape_reads_the_same() -> None:
    pictures = {shape: await picture(shape) for shape in ("", *SHAPES)}
    assert [shape for shape, found in pictures.items() if found != pictures[""]] == []


async def picture(shape: str) -> tuple[str, str]:
    """What is read of the list and of one failure, where answers come in a shape."""
    async with working(small(*shape.split())) as person:
        list_words = await person.press("enter")
        log = await to_failure_here(person)
        detail_words = await person.press("enter", "2")
        assert log.id in detail_words
        assert '"type"' in detail_words
        address = person.app.launch.label
        return list_words.replace(address, ""), detail_words.replace(address, "")


async def to_failure_here(person: Person) -> Log:
    """As `to_failure`, from the list of deliveries."""
    await person.press("escape")
    return await to_failure(person)
