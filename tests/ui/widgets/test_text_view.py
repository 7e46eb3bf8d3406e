from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from rich.style import Style
from textual.pilot import Pilot

from tests.ui.widgets.line_views import OneWidgetApp, cursor_line, screen_lines, strips
from vzaps_tui.ui.widgets import text_view
from vzaps_tui.ui.widgets.json_view import JsonView
from vzaps_tui.ui.widgets.text_view import TextView, split_lines

HUNDRED = "\n".join(f"line {number}" for number in range(100))


@asynccontextmanager
async def reading(
    text: str, view: TextView | None = None, size: tuple[int, int] = (40, 8)
) -> AsyncGenerator[tuple[TextView, Pilot[None], OneWidgetApp]]:
    view = view or TextView(id="text")
    app = OneWidgetApp(view)
    async with app.run_test(size=size) as pilot:
        view.set_text(text)
        await pilot.pause()
        yield view, pilot, app


@pytest.mark.parametrize(
    ("pressed", "cursor", "top"),
    [
        ("j down k", 1, 0),
        ("G", 99, 92),
        ("end", 99, 92),
        ("G home", 0, 0),
        ("G g", 0, 0),
        ("pagedown", 8, 8),
        ("pagedown pageup up", 0, 0),
        ("ctrl+d", 4, 4),
        ("G ctrl+u", 95, 88),
    ],
)
async def test_keys_are_those_of_the_table(pressed: str, cursor: int, top: int) -> None:
    async with reading(HUNDRED) as (view, pilot, _app):
        await pilot.press(*pressed.split())
        await pilot.pause()
        assert (view.cursor_index, view.top) == (cursor, top)
        assert cursor_line(view) == cursor - top
        assert screen_lines(view)[0][1:].rstrip() == f"line {top}"


@pytest.mark.parametrize(
    ("text", "lines"),
    [("", []), ("a", ["a"]), ("a\n", ["a", ""]), ("a\r\nb\rc\n", ["a", "b\rc", ""])],
)
def test_lines_end_at_line_feeds(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


async def test_lines_are_made_safe_and_tabs_are_four_spaces() -> None:
    async with reading("a\tb\x1b[31m\n\u202ec\r") as (view, _pilot, _app):
        assert screen_lines(view)[0][1:].rstrip() == "a    b␛[31m"
        assert screen_lines(view)[1][1:].rstrip() == "\u2039RLO\u203ac␍"


async def test_the_same_text_again_keeps_the_place_another_begins_anew() -> None:
    async with reading(HUNDRED) as (view, pilot, _app):
        await pilot.press("G")
        view.set_text(HUNDRED)
        assert view.cursor_index == 99
        view.set_text("x\ny")
        await pilot.pause()
        assert (view.cursor_index, view.top) == (0, 0)
        assert screen_lines(view)[1].rstrip() == " y"
        view.set_text("")
        view.empty_text = "(empty body)"
        await pilot.pause()
        assert "(empty body)" in "".join(screen_lines(view))


@pytest.mark.parametrize(
    "line",
    [
        "".join(f"{number:05}," for number in range(60)),
        "中文" * 60 + "end",
        "".join(f"{number:06}," for number in range(220)),
        "é" * 1100 + "end",
        "👨‍👩‍👧" * 250 + "end",
        "x\t" * 510 + "end",
    ],
    ids=["short", "short wide", "long", "long accents", "long joined", "long tabs"],
)
async def test_the_whole_line_can_be_read_sideways(line: str) -> None:
    async with reading(f"top\n{line}\nbottom", size=(80, 8)) as (view, pilot, _app):
        pieces: list[str] = []
        while True:
            pieces.append(screen_lines(view)[1][1:])
            before = view.scroll_offset.x
            view.action_scroll_right()
            await pilot.pause()
            if view.scroll_offset.x == before:
                break
        # A step is half a view, so that nothing is skipped if every piece is a part of the line.
        # The edges may cut a character that is wide or joined.
        text = line.replace("\t", "    ")
        assert text.startswith(pieces[0].rstrip()[:-1])
        assert pieces[-1].rstrip().endswith(text[-4:])
        inner = [piece.strip()[5:-5] for piece in pieces]
        assert [piece for piece in inner if piece not in text] == []
        await pilot.press("g")
        assert view.scroll_offset.x == 0


async def test_a_scrollbar_that_comes_does_not_hide_the_cursor() -> None:
    async with reading(HUNDRED + "x" * 200) as (view, pilot, _app):
        await pilot.press("G")
        await pilot.pause()
        assert view.show_horizontal_scrollbar
        # One line of eight is the scrollbar's.
        assert [text[:8] for text in screen_lines(view)[5:7]] == [" line 98", "▌line 99"]


async def test_five_megabytes_in_one_line() -> None:
    line = "0123456789" * 500_000
    async with reading(line) as (view, pilot, _app):
        assert screen_lines(view)[0][1:] == line[:39]
        view.jump_to(0, 4_999_961)
        await pilot.pause()
        assert screen_lines(view)[0][1:] == line[-39:]


async def test_only_what_is_in_view_is_made_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    original = text_view.shown

    def counting(text: str) -> str:
        calls.append(len(text))
        return original(text)

    monkeypatch.setattr(text_view, "shown", counting)
    lines = "\n".join(["é" * 50] * 300_000 + ["é" * 1_000_000])
    async with reading(lines) as (view, pilot, _app):
        for key in ("pagedown", "G", "j", "pageup", "g", "right"):
            calls.clear()
            await pilot.press(key)
            await pilot.pause()
            assert len(calls) <= 2 * (view.page + 2)
            assert sum(calls) <= 2 * (view.page + 2) * 500


async def test_find_counts_lines_and_goes_round() -> None:
    async with reading("Timeout\nok\ntimeout, timeout\nok\nTIMEOUT") as (view, _pilot, _app):
        assert await view.find("timeout") == view.match_count == 3
        assert view.cursor_index == 0
        visited: list[int] = []
        for _ in range(5):
            assert view.next_match()
            visited.append(view.cursor_index)
        assert visited == [0, 2, 2, 4, 0]
        assert view.previous_match()
        assert view.cursor_index == 4
        assert view.previous_match()
        assert view.cursor_index == 2


async def test_a_search_goes_on_from_where_the_reader_went() -> None:
    async with reading("a\nb\na\nb\na\na") as (view, pilot, _app):
        await view.find("a")
        view.next_match()
        await pilot.press("j", "j")
        view.next_match()
        assert view.cursor_index == 4
        await pilot.press("k", "k")
        view.previous_match()
        assert view.cursor_index == 0


async def test_nothing_found_moves_nothing() -> None:
    async with reading(HUNDRED) as (view, pilot, _app):
        await pilot.press("j")
        assert await view.find("absent") == 0
        assert not view.next_match()
        assert not view.previous_match()
        assert await view.find("") == 0
        assert view.cursor_index == 1


@pytest.mark.parametrize("length", [300, 3000], ids=["short", "long"])
async def test_a_match_far_to_the_right_comes_into_view(length: int) -> None:
    async with reading(f"ok\n{'中' * length}needle{'x' * length}") as (view, pilot, _app):
        await view.find("NEEDLE")
        view.next_match()
        await pilot.pause()
        assert "needle" in screen_lines(view)[1]
        assert reversed_text(view, 1) == "needle"


async def test_matches_stand_out_until_the_search_ends() -> None:
    async with reading("a timeout, Timeout\n") as (view, _pilot, _app):
        await view.find("timeout")
        assert reversed_text(view, 0) == "timeoutTimeout"
        await view.find("")
        assert reversed_text(view, 0) == ""


async def test_a_newer_search_ends_the_older_one() -> None:
    async with reading("\n".join(["ab"] * 50_000)) as (view, _pilot, _app):
        older = asyncio.create_task(view.find("a"))
        await asyncio.sleep(0)
        newer = asyncio.create_task(view.find("b"))
        assert await older < 50_000
        assert await newer == view.match_count == 50_000


async def test_another_text_ends_the_search() -> None:
    async with reading("\n".join(["ab"] * 50_000)) as (view, _pilot, _app):
        search = asyncio.create_task(view.find("a"))
        await asyncio.sleep(0)
        view.set_text("a\na")
        assert await search < 50_000
        assert view.match_count == 0
        assert not view.next_match()


async def test_a_click_moves_the_cursor() -> None:
    async with reading(HUNDRED) as (view, pilot, app):
        app.set_focus(None)
        await pilot.click(view, offset=(3, 5))
        assert view.cursor_index == 5
        assert view.has_focus


JSON = """\
{
  "name": "a \\"quoted\\" true: 1",
  "count": -1.5e3,
  "ok": true,
  "none": null,
  "list": [
    "x",
    2
  ]
}"""


def painted(view: TextView, y: int) -> list[tuple[str, str]]:
    """Words of a line with the component class they are drawn in."""
    styles: dict[Style, str] = {
        view.component(name): name.removeprefix("json-view--") for name in view.PAINTS
    }
    return [
        (segment.text, styles[segment.style])
        for segment in strips(view)[y]
        if segment.style is not None and segment.style in styles
    ]


def reversed_text(view: TextView, y: int) -> str:
    return "".join(s.text for s in strips(view)[y] if s.style is not None and s.style.reverse)


async def test_json_is_coloured_by_kind() -> None:
    async with reading(JSON, JsonView(), size=(60, 12)) as (view, _pilot, _app):
        assert [painted(view, y) for y in range(2, 9)] == [
            [('"name"', "key"), ('"a \\"quoted\\" true: 1"', "string")],
            [('"count"', "key"), ("-1.5e3", "number")],
            [('"ok"', "key"), ("true", "literal")],
            [('"none"', "key"), ("null", "literal")],
            [('"list"', "key")],
            [('"x"', "string")],
            [("2", "number")],
        ]
        assert [text[1:].rstrip() for text in screen_lines(view)[1:11]] == JSON.split("\n")


async def test_a_long_string_is_one_string_wherever_it_is_cut() -> None:
    text = '{\n  "blob": "' + "1 true " * 1000 + '"\n}'
    async with reading(text, JsonView(), size=(60, 10)) as (view, pilot, _app):
        assert [kind for _text, kind in painted(view, 2)] == ["key", "string"]
        await pilot.press("right", "right")
        assert [kind for _text, kind in painted(view, 2)] == ["string"]


async def test_text_that_is_not_json_is_shown() -> None:
    async with reading("<html>502\n\\", JsonView()) as (view, _pilot, _app):
        assert screen_lines(view)[1].rstrip() == "▌<html>502"
        assert screen_lines(view)[2].rstrip() == " \\"


async def test_a_colour_does_not_hide_a_match() -> None:
    async with reading(JSON, JsonView(), size=(60, 12)) as (view, _pilot, _app):
        assert await view.find("QUOTED") == 1
        assert reversed_text(view, 2) == "quoted"
        assert screen_lines(view)[2][1:].rstrip() == JSON.split("\n")[1]
