"""The viewer of bodies: folding by key, the path over it, finding in folds, any size at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual.pilot import Pilot

from tests.ui.widgets.line_views import (
    HOSTILE,
    OneWidgetApp,
    assert_safe,
    screen_lines,
    strips,
)
from vzaps_tui.ui.widgets import json_view
from vzaps_tui.ui.widgets.json_view import JsonView

SMALL = """{
  "type": "Message",
  "event": {
    "info": {
      "id": "3EB0",
      "tags": [
        "a",
        "b"
      ]
    },
    "message": {
      "conversation": "hello"
    }
  }
}"""


@asynccontextmanager
async def viewing(
    text: str, size: tuple[int, int] = (60, 20)
) -> AsyncGenerator[tuple[JsonView, Pilot[None]]]:
    view = JsonView()
    async with OneWidgetApp(view).run_test(size=size) as pilot:
        view.set_text(text)
        await understood(view, pilot)
        view.focus()
        await pilot.pause()
        yield view, pilot


async def understood(view: JsonView, pilot: Pilot[None]) -> None:
    """Wait until a text is known for what it is, and drawn."""
    await view.understood()
    await pilot.pause()


def shown(view: JsonView) -> list[str]:
    """The lines in view, without the head and the cursor's bar."""
    return [line[1:].rstrip() for line in screen_lines(view)[1:] if line[1:].strip()]


def head(view: JsonView) -> list[str]:
    """The line over the text, in words."""
    return screen_lines(view)[0].split()


FOLDED = ["{", '  "type": "Message",', '  "event": { … 2 keys }', "}"]


async def test_enter_folds_what_begins_or_ends_at_the_cursor_or_is_round_it() -> None:
    async with viewing(SMALL) as (view, pilot):
        assert shown(view) == SMALL.split("\n")
        for line in (2, 13):  # where it begins, where it ends
            view.move_cursor(line)
            await pilot.press("enter")
            await pilot.pause()
            assert shown(view) == FOLDED
            assert view.cursor_index == 2
            await pilot.press("enter")
            await pilot.pause()
            assert shown(view) == SMALL.split("\n")
        view.move_cursor(1)  # an item of the whole
        await pilot.press("enter")
        await pilot.pause()
        assert shown(view) == ["{ … 2 keys }"]


async def test_folding_all_and_opening_one_level_after_the_other() -> None:
    async with viewing(SMALL) as (view, pilot):
        view.move_cursor(5)
        view.fold_all()
        await pilot.pause()
        assert shown(view) == FOLDED
        assert view.cursor_index == 2, "the cursor is at the fold it was in"
        view.fold()
        await pilot.pause()
        assert shown(view)[2:6] == [
            '  "event": {', '    "info": { … 2 keys },', '    "message": { … 1 key }', "  }",
        ]  # fmt: skip
        view.fold_all()
        await pilot.pause()
        assert shown(view) == SMALL.split("\n")


async def test_a_double_click_folds_a_click_does_not() -> None:
    async with viewing(SMALL) as (view, pilot):
        await pilot.click(view, offset=(4, 3))
        assert view.cursor_index == 2
        assert len(shown(view)) == 15
        await pilot.click(view, offset=(4, 3), times=2)
        await pilot.pause()
        assert shown(view) == FOLDED


async def test_the_cursor_stays_as_high_as_it_was() -> None:
    items = [{"n": number, "deep": {"m": 1}} for number in range(40)]
    async with viewing(json.dumps(items), (40, 12)) as (view, pilot):
        view.move_cursor(100)
        view.move_cursor(97)
        await pilot.pause()
        height = view.cursor_index - view.top
        assert height > 0
        for text in ("  { … 2 keys },", "  {"):
            view.fold()
            await pilot.pause()
            assert view.cursor_index - view.top == height
            assert shown(view)[height] == text
        view.fold_all()
        await pilot.pause()
        assert shown(view)[view.cursor_index - view.top] == "  { … 2 keys },"
        assert view.path_here() == ".[16]"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (0, [".", "object,", "2", "keys"]),
        (1, [".type", "string"]),
        (5, [".event.info.tags", "array,", "2", "items"]),
        (7, [".event.info.tags[1]", "string"]),
        (8, [".event.info.tags", "array,", "2", "items"]),
        (10, [".event.message", "object,", "1", "key"]),
    ],
)
async def test_the_head_tells_path_and_kind(line: int, words: list[str]) -> None:
    async with viewing(SMALL) as (view, pilot):
        view.move_cursor(line)
        await pilot.pause()
        assert head(view) == words
        assert len(screen_lines(view)[0]) == 60
        assert screen_lines(view)[0].endswith(f"{words[-1]} ")


async def test_of_a_path_too_long_the_end_is_shown() -> None:
    async with viewing('{"a":' * 100 + '"x"' + "}" * 100, (30, 8)) as (view, pilot):
        view.move_cursor(100)
        await pilot.pause()
        line = screen_lines(view)[0]
        assert line.startswith("….a.a")
        assert line.endswith(".a string ")
        assert view.path_here() == ".a" * 100
        assert view.value_here() == "x"


async def test_keys_walk_the_tree() -> None:
    async with viewing(SMALL) as (view, _pilot):
        view.move_cursor(6)
        walked: list[int] = []
        for step in (view.to_sibling, view.to_sibling, view.to_sibling, view.to_parent):
            step()
            walked.append(view.cursor_index)
        # From the first tag to the second, then out of the list to what follows it, and no further.
        assert walked == [7, 10, 10, 2]
        view.to_parent()
        view.to_parent()
        assert view.cursor_index == 0


async def test_finding_looks_into_folds_and_opens_them() -> None:
    async with viewing(SMALL) as (view, pilot):
        view.fold_all()
        assert await view.find('"b"') == 1
        assert shown(view) == FOLDED, "looking alone opens nothing"
        assert view.next_match()
        await pilot.pause()
        assert shown(view)[view.cursor_index] == '        "b"'
        assert '    "message": { … 1 key }' in shown(view), "the rest stays folded"
        assert await view.find("e") == 5
        walked: list[int] = []
        for _ in range(10):
            assert view.next_match()
            walked.append(view.line_at(view.cursor_index))
        assert sorted(set(walked)) == [1, 2, 4, 10, 11]
        assert view.previous_match()
        view.set_text("[1]")
        assert view.match_count == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html><title>502 Bad Gateway</title>", "HTML · 502 Bad Gateway"),
        ("plain\nwords", "text"),
        ('{"a": 1', "text · JSON only up to line 1, column 8"),
        ('"a"', "text"),
    ],
)
async def test_what_is_no_json_is_text_as_it_is(text: str, words: str) -> None:
    async with viewing(text) as (view, pilot):
        assert screen_lines(view)[0].strip() == words == view.what
        assert shown(view) == text.split("\n")
        for act in (view.fold, view.fold_all, view.to_parent, view.to_sibling):
            act()
        await pilot.press("enter")
        assert shown(view) == text.split("\n")
        assert view.folds is None
        assert (view.path_here(), view.value_here(), view.depth_here) == ("", "", 0)
        assert await view.find("<") == text.count("<html>")


async def test_nothing_to_show_has_no_head() -> None:
    async with viewing("") as (view, pilot):
        view.empty_text = "(empty)"
        await pilot.pause()
        assert not screen_lines(view)[0].strip()
        assert "(empty)" in "".join(screen_lines(view))
        view.set_lines(["[", "1]"])
        await understood(view, pilot)
        assert shown(view) == ["[", "  1", "]"]


ITEMS = 20_000
HISTORY = {"data": [{"id": f"5511{n}@s.whatsapp.net", "name": "Ana"} for n in range(ITEMS)]}
LARGE = {
    "pretty": json.dumps(HISTORY, indent=2),
    "one line": json.dumps(HISTORY),
    "windows": json.dumps(HISTORY, indent=2).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("name", LARGE)
async def test_a_large_text_is_there_at_once_and_folds_a_moment_later(name: str) -> None:
    view = JsonView()
    async with OneWidgetApp(view).run_test(size=(60, 10)) as pilot:
        view.set_text(LARGE[name])
        assert len(view.lines) < 5_000, "more than can be there at once"
        assert view.folds is None
        assert screen_lines(view)[1][1:].startswith("{")
        view.fold()
        found = asyncio.ensure_future(view.find("551119999@"))
        await understood(view, pilot)
        assert len(view.lines) == 4 + 4 * ITEMS
        assert await found == 1
        view.action_last()
        view.fold_all()
        await pilot.pause()
        assert shown(view) == ["{", '  "data": [ … 20,000 items ]', "}"]
        assert view.next_match()
        assert view.path_here() == ".data[19999].id"
        assert len(view.lines) == 4 + ITEMS + 3


async def test_a_large_text_is_whole_before_it_is_understood() -> None:
    text = "<html>\n" + "<p>hello\r\n" * 100_000 + "the end"
    async with viewing(text) as (view, _pilot):
        assert list(view.lines) == text.replace("\r\n", "\n").split("\n")
        assert view.what == "HTML"


async def test_another_text_ends_the_reading_of_the_one_before() -> None:
    view = JsonView()
    async with OneWidgetApp(view).run_test(size=(60, 10)) as pilot:
        view.set_text(LARGE["pretty"])
        await pilot.pause()
        view.set_text("[5]")
        await understood(view, pilot)
        assert shown(view) == ["[", "  5", "]"]
        view.set_text(LARGE["one line"])
        view.set_text(LARGE["pretty"])
        view.set_text(LARGE["pretty"])
        await understood(view, pilot)
        assert len(view.lines) == 4 + 4 * ITEMS


async def test_five_megabytes_stall_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two turns of the event loop one slice of the text is read, and no more."""
    item = {"id": "5511988887777@s.whatsapp.net", "name": "Ana", "last": "2026-03-14T11:43:00Z"}
    text = json.dumps([item] * 60_000)
    assert len(text) > 5_000_000
    slices = [0]

    def counted(lay_out: Callable[[str], Generator[None, None, Any]]) -> Callable[[str], Any]:
        def work(text: str) -> Generator[None, None, Any]:
            reading = lay_out(text)
            while True:
                slices[-1] += 1
                try:
                    yield next(reading)
                except StopIteration as end:
                    return end.value

        return work

    monkeypatch.setattr(json_view, "lay_out", counted(json_view.lay_out))
    view = JsonView()
    async with OneWidgetApp(view).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        view.set_text(text)
        reading = asyncio.ensure_future(view.understood())
        while not reading.done():
            slices.append(0)
            await asyncio.sleep(0)
    assert sum(slices) > 5_000_000 // (64 * 1024)
    assert max(slices) == 1


STRANGE = st.recursive(
    HOSTILE, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3)
)


@pytest.mark.parametrize("size", [(60, 12), (12, 4), (3, 2)])
async def test_nothing_a_stranger_writes_acts(size: tuple[int, int]) -> None:
    view = JsonView()
    async with OneWidgetApp(view).run_test(size=size) as pilot:
        await pilot.pause()

        @settings(max_examples=40, deadline=None)
        @given(value=STRANGE, keys=st.lists(st.integers(0, 5), max_size=12))
        def check(value: object, keys: list[int]) -> None:
            view.set_text(json.dumps([value], ensure_ascii=False))
            acts = (
                view.action_cursor_down, view.fold, view.fold_all, view.to_parent,
                view.to_sibling, view.action_last,
            )  # fmt: skip
            for key in keys:
                acts[key]()
                for strip in strips(view):
                    assert_safe(strip, view.view_width)

        check()


async def test_a_short_text_may_be_hard_work_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_view, "_TURNS_AT_ONCE", 1)
    view = JsonView()
    async with OneWidgetApp(view).run_test(size=(60, 10)) as pilot:
        view.set_text("[" + "1," * 20_000 + "1]")
        assert view.what == "reading what it is …"
        await understood(view, pilot)
        assert view.what == "JSON"
        assert len(view.lines) == 20_003
