from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from random import Random

import pytest
from rich.cells import cell_len
from textual import events
from textual.geometry import Region
from textual.pilot import Pilot
from typing_extensions import override

from tests.ui.widgets.line_views import (
    COLUMNS,
    CountingRows,
    KeyRows,
    OneWidgetApp,
    cursor_line,
    keys,
    screen_lines,
    strips,
)
from vzaps_tui.ui.widgets.cells import Cell
from vzaps_tui.ui.widgets.virtual_table import Column, Rows, VirtualTable

# 24 lines on the screen: the header and a page of 23 rows.
PAGE = 23
EVERY_KEY = [
    *("down", "j", "up", "k", "pagedown", "pagedown", "pageup", "ctrl+d", "ctrl+u"),
    *("end", "up", "home", "G", "k", "g", "right", "left"),
]


@asynccontextmanager
async def running(
    rows: Rows, *, size: tuple[int, int] = (100, PAGE + 1), columns: tuple[Column, ...] = COLUMNS
) -> AsyncGenerator[tuple[VirtualTable, Pilot[None], OneWidgetApp]]:
    table = VirtualTable(columns, id="table")
    app = OneWidgetApp(table)
    async with app.run_test(size=size) as pilot:
        table.show(rows)
        await pilot.pause()
        yield table, pilot, app


@pytest.mark.parametrize(
    ("pressed", "cursor", "top"),
    [
        ("", 0, 0),
        ("down", 1, 0),
        ("j j", 2, 0),
        ("j j k", 1, 0),
        ("down down up", 1, 0),
        ("up", 0, 0),
        ("end", 99, 92),
        ("G", 99, 92),
        ("G j", 99, 92),
        ("G home", 0, 0),
        ("G g", 0, 0),
        ("pagedown", 8, 8),
        ("j pagedown", 9, 8),
        ("pagedown pagedown pageup", 8, 8),
        ("G pageup", 91, 84),
        ("pageup", 0, 0),
        ("ctrl+d", 4, 4),
        ("ctrl+d ctrl+d ctrl+u", 4, 4),
        ("G ctrl+d", 99, 92),
        ("j j j j j j j", 7, 0),
        ("j j j j j j j j", 8, 1),
        ("j j j j j j j j k k k k k k k", 1, 1),
        ("j j j j j j j j k k k k k k k k", 0, 0),
    ],
)
async def test_every_key_moves_as_in_other_pagers(pressed: str, cursor: int, top: int) -> None:
    # A page of 8 rows below the header.
    async with running(KeyRows(keys(0, 100)), size=(60, 9)) as (table, pilot, _app):
        await pilot.press(*pressed.split())
        await pilot.pause()
        assert (table.cursor_index, table.top) == (cursor, top)
        assert table.cursor_key == f"k{cursor}"
        assert cursor_line(table) == 1 + cursor - top
        assert screen_lines(table)[1][3:].startswith(f"k{top} ")


async def test_keys_on_an_empty_table_do_nothing() -> None:
    async with running(KeyRows([])) as (table, pilot, app):
        await pilot.press(*EVERY_KEY, "enter")
        await pilot.click(table, offset=(5, 3))
        assert (table.cursor_index, table.cursor_key) == (0, None)
        assert app.messages == []


async def test_the_header_stays_while_rows_scroll() -> None:
    async with running(KeyRows(keys(0, 200))) as (table, pilot, _app):
        header = screen_lines(table)[0]
        assert header.split() == ["Time", "Status", "Tries", "Reason"]
        await pilot.press("G")
        assert screen_lines(table)[0] == header
        assert screen_lines(table)[-1][3:].startswith("k199 ")


@pytest.mark.parametrize(
    ("before", "after", "pressed", "key", "screen_line"),
    [
        pytest.param(keys(0, 200), keys(-5, 200), "j j", "k2", 3, id="new rows above"),
        pytest.param(keys(0, 200), keys(0, 100), "j j", "k2", 3, id="rows below removed"),
        pytest.param(keys(0, 200), keys(1, 200), "j j", "k2", 2, id="row above removed"),
        pytest.param(keys(0, 200), keys(9, 200), "G k", "k198", 22, id="rows out of view removed"),
        pytest.param(keys(0, 200), keys(0, 200)[::-1], "j j", "k2", 21, id="turned round"),
        pytest.param(keys(0, 200), keys(0, 300), "G", "k199", 23, id="a page more"),
        pytest.param(["a", "b", "c"], ["a", "c"], "j", "c", 2, id="its row removed"),
        pytest.param(["a", "b", "c"], ["x"], "j j", "x", 1, id="nearly all removed"),
    ],
)
async def test_the_cursor_keeps_its_row_and_its_line_on_the_screen(
    before: list[str], after: list[str], pressed: str, key: str, screen_line: int
) -> None:
    async with running(KeyRows(before)) as (table, pilot, _app):
        await pilot.press(*pressed.split())
        table.show(KeyRows(after))
        await pilot.pause()
        assert table.cursor_key == key
        assert after[table.cursor_index] == key
        assert cursor_line(table) == screen_line


async def test_rows_that_change_in_place_keep_the_cursor_too() -> None:
    rows = KeyRows(keys(0, 50))
    async with running(rows) as (table, pilot, _app):
        await pilot.press("j", "j")
        rows.keys.insert(0, "new")
        table.show(rows)
        assert (table.cursor_key, table.cursor_index) == ("k2", 3)


async def test_refresh_while_the_cursor_is_out_of_view_keeps_the_rows_in_view() -> None:
    async with running(KeyRows(keys(0, 200))) as (table, pilot, _app):
        table.scroll_to(y=60, animate=False)
        await pilot.pause()
        table.show(KeyRows(keys(-7, 200)))
        await pilot.pause()
        assert screen_lines(table)[1][3:].startswith("k60 ")
        assert table.cursor_key == "k0"
        await pilot.press("j")
        assert table.cursor_key == "k1"
        assert cursor_line(table) >= 1


async def test_rows_that_vanish_and_come_back() -> None:
    async with running(KeyRows(keys(0, 200))) as (table, pilot, app):
        await pilot.press("G")
        table.show(KeyRows([]))
        await pilot.pause()
        assert table.cursor_key is None
        table.show(KeyRows(keys(0, 3)))
        await pilot.pause()
        assert table.cursor_key == "k0"
        assert app.messages[-2:] == [("highlighted", "k0", 0), ("near end", 3)]


async def test_marks_are_kept_and_seen() -> None:
    async with running(KeyRows(keys(0, 30))) as (table, pilot, _app):
        table.marked = frozenset({"k1", "k3", "gone"})
        await pilot.pause()
        assert [text[:2] for text in screen_lines(table)[1:6]] == ["▌ ", " ●", "  ", " ●", "  "]
        table.show(KeyRows(["new", *keys(0, 30)]))
        await pilot.press("up")
        assert [text[:2] for text in screen_lines(table)[1:6]] == ["▌ ", "  ", " ●", "  ", " ●"]
        assert table.marked == {"k1", "k3", "gone"}
        await pilot.press("j", "j")
        assert screen_lines(table)[3][:2] == "▌●"
        table.marked = frozenset()
        assert not any("●" in text for text in screen_lines(table))


async def test_messages_say_where_the_cursor_is_and_what_is_opened() -> None:
    async with running(KeyRows(keys(0, 200))) as (table, pilot, app):
        await pilot.press("down", "down", "enter")
        assert app.messages == [
            ("highlighted", "k0", 0),
            ("highlighted", "k1", 1),
            ("highlighted", "k2", 2),
            ("opened", "k2"),
        ]
        table.show(KeyRows(keys(0, 200)))
        await pilot.pause()
        assert len(app.messages) == 4


async def test_the_end_is_announced_once() -> None:
    def told(app: OneWidgetApp) -> list[tuple[object, ...]]:
        return [message for message in app.messages if message[0] == "near end"]

    async with running(KeyRows(keys(0, 100))) as (table, pilot, app):
        await pilot.press("pagedown", "pagedown")
        assert told(app) == []
        await pilot.press("pagedown", "G", "k", "g", "G")
        assert told(app) == [("near end", 100)]
        table.show(KeyRows(keys(0, 100)))
        await pilot.press("G", "k")
        assert told(app) == [("near end", 100)]
        table.show(KeyRows(keys(0, 150)))
        await pilot.press("g", "G")
        assert told(app) == [("near end", 100), ("near end", 150)]
        table.show(KeyRows(keys(1000, 1150)))
        await pilot.pause()
        await pilot.press("G")
        assert told(app)[2:] == [("near end", 150)]


async def test_scrolling_alone_announces_the_end() -> None:
    async with running(KeyRows(keys(0, 100))) as (table, pilot, app):
        table.scroll_to(y=60, animate=False)
        await pilot.pause()
        assert app.messages[-1] == ("near end", 100)
        assert table.cursor_key == "k0"


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (100, "Time Status Tries Reason"),
        (80, "Time Status Tries Reason"),
        (79, "Time Status Reason"),
    ],
)
async def test_columns_are_hidden_by_the_width_of_the_screen(width: int, titles: str) -> None:
    async with running(KeyRows(keys(0, 3)), size=(width, 24)) as (table, _pilot, _app):
        assert screen_lines(table)[0].split() == titles.split()
        assert "timeout" in screen_lines(table)[1]


async def test_columns_come_and_go_with_the_screen() -> None:
    async with running(KeyRows(keys(0, 3))) as (table, pilot, _app):
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert "Tries" not in screen_lines(table)[0]
        await pilot.resize_terminal(100, 20)
        await pilot.pause()
        assert "Tries" in screen_lines(table)[0]


async def test_a_smaller_screen_keeps_the_cursor_in_view() -> None:
    async with running(KeyRows(keys(0, 100))) as (table, pilot, _app):
        table.move_to(20)
        await pilot.resize_terminal(60, 8)
        await pilot.pause()
        assert cursor_line(table) == 7


async def test_spare_width_goes_to_flexible_columns_and_words_are_cut_with_an_ellipsis() -> None:
    columns = (
        Column("a", "A", 4),
        Column("b", "B", 6, flex=1),
        Column("c", "C", 6, flex=2),
        Column("d", "D", 4, align="right"),
    )

    class Wide(KeyRows):
        @override
        def cells(self, index: int) -> tuple[Cell, ...]:
            del index
            return ("abcdef", "中文字中文字中文字", "x" * 50, "7")

    async with running(Wide(["k"]), size=(59, 10), columns=columns) as (table, _pilot, _app):
        # 59 = gutter 2 + lead 1 + gaps 6 + widths 4, 6 + 10, 6 + 20, 4
        line = screen_lines(table)[1]
        assert line == "▌  abc…  中文字中文字中…   " + "x" * 25 + "…     7"
        assert cell_len(line) == 59


@pytest.mark.parametrize(
    ("width", "told"), [(99, "▌  11-21 14:33  x"), (100, "▌  11-21 14:33:10  x")]
)
async def test_details_are_cut_off_where_there_is_no_room_for_them(width: int, told: str) -> None:
    columns = (Column("time", "Time", 11, roomy_width=14, crops=True), Column("b", "B", 4))

    class Timed(KeyRows):
        @override
        def cells(self, index: int) -> tuple[Cell, ...]:
            return ("11-21 14:33:10", "x")

    async with running(Timed(["k"]), size=(width, 10), columns=columns) as (table, _pilot, _app):
        assert screen_lines(table)[1].rstrip() == told


async def test_too_narrow_a_view_scrolls_sideways_but_never_the_gutter() -> None:
    async with running(KeyRows(keys(0, 3)), size=(20, 10)) as (table, pilot, _app):
        assert table.show_horizontal_scrollbar
        table.marked = frozenset({"k1"})
        first = screen_lines(table)
        assert first[0].split() == ["Time", "Status"]
        await pilot.press("right", "right", "right")
        moved = screen_lines(table)
        assert [text[:2] for text in moved] == [text[:2] for text in first]
        assert moved[0].rstrip().endswith("Reason")
        assert "timeout" in moved[1]
        assert moved[1][2:] == moved[3][2:]
        await pilot.press("left", "left", "left")
        assert screen_lines(table) == first


async def test_a_wide_view_has_no_scrollbars_it_does_not_need() -> None:
    async with running(KeyRows(keys(0, PAGE))) as (table, pilot, _app):
        assert not table.show_horizontal_scrollbar
        assert not table.show_vertical_scrollbar
        table.show(KeyRows(keys(0, PAGE + 1)))
        await pilot.pause()
        await pilot.pause()
        assert table.show_vertical_scrollbar
        assert not table.show_horizontal_scrollbar
        assert {strip.cell_length for strip in strips(table)} == {99}


async def test_a_click_moves_a_second_click_opens() -> None:
    async with running(KeyRows(keys(0, 30))) as (table, pilot, app):
        await pilot.click(table, offset=(10, 4))
        assert table.cursor_key == "k3"
        assert ("opened", "k3") not in app.messages
        await pilot.click(table, offset=(20, 4))
        assert app.messages[-1] == ("opened", "k3")


async def test_a_double_click_opens_once() -> None:
    async with running(KeyRows(keys(0, 30))) as (table, pilot, app):
        await pilot.click(table, offset=(10, 6), times=2)
        assert app.messages.count(("opened", "k5")) == 1
        await pilot.click(table, offset=(30, 6), times=2)
        assert app.messages.count(("opened", "k5")) == 2


async def test_a_click_that_brings_the_focus_does_not_open() -> None:
    async with running(KeyRows(keys(0, 30))) as (table, pilot, app):
        app.set_focus(None)
        await pilot.click(table, offset=(10, 1))
        assert table.has_focus
        assert ("opened", "k0") not in app.messages


async def test_clicks_on_the_header_or_below_the_rows_do_nothing() -> None:
    async with running(KeyRows(keys(0, 3))) as (table, pilot, app):
        before = list(app.messages)
        await pilot.click(table, offset=(10, 0))
        await pilot.click(table, offset=(10, 15))
        assert app.messages == before


async def test_the_wheel_scrolls() -> None:
    async with running(KeyRows(keys(0, 100))) as (table, pilot, _app):
        for kind, top in ((events.MouseScrollDown, 2), (events.MouseScrollUp, 0)):
            await pilot._post_mouse_events([kind], widget=table)  # pyright: ignore[reportPrivateUsage] - the pilot has no wheel
            await pilot.pause()
            assert table.top == top
            assert table.cursor_key == "k0"


async def test_what_is_looked_for_stands_out_in_any_case() -> None:
    async with running(KeyRows(keys(0, 3), reason="Timeout after time")) as (table, pilot, _app):
        table.highlight = "TIME"
        await pilot.pause()
        found = [
            segment.text
            for segment in strips(table)[2]
            if segment.style is not None and segment.style.reverse
        ]
        assert found == ["Time", "time"]
        table.highlight = ""
        assert not any(s.style and s.style.reverse for strip in strips(table) for s in strip)


async def test_the_cursor_and_the_focus_show_without_colour() -> None:
    async with running(KeyRows(keys(0, 3))) as (table, pilot, app):
        focused = strips(table)[1]
        assert all(segment.style is not None and segment.style.bold for segment in focused)
        app.set_focus(None)
        await pilot.pause()
        resting = strips(table)[1]
        assert resting.text == focused.text
        assert not any(segment.style is not None and segment.style.bold for segment in resting)
        assert cursor_line(table) == 1


async def test_an_empty_table_says_why_in_the_middle() -> None:
    async with running(KeyRows([])) as (table, pilot, _app):
        table.empty_text = "No failures in the last 24 h\n\x1b[31mpress [f]"
        await pilot.pause()
        said = [(y, text.strip()) for y, text in enumerate(screen_lines(table)) if text.strip()]
        assert said[1:] == [(11, "No failures in the last 24 h"), (12, "␛[31mpress [f]")]
        left = screen_lines(table)[11].index("N")
        assert left == (100 - len("No failures in the last 24 h")) // 2
        table.show(KeyRows(["k"]))
        await pilot.pause()
        assert not any("failures" in text for text in screen_lines(table))


async def test_move_to_an_index_or_a_key() -> None:
    async with running(KeyRows(keys(0, 100))) as (table, pilot, _app):
        assert table.move_to("k70")
        await pilot.pause()
        assert (table.cursor_index, cursor_line(table)) == (70, PAGE)
        assert table.move_to(3)
        assert table.cursor_key == "k3"
        assert not table.move_to("gone")
        assert not table.move_to(100)
        assert not table.move_to(-1)
        assert table.cursor_key == "k3"


async def test_a_key_costs_the_same_with_a_million_rows() -> None:
    costs: dict[int, list[int]] = {}
    for count in (1_000, 1_000_000):
        rows = CountingRows(count)
        async with running(rows) as (_table, pilot, _app):
            costs[count] = []
            for key in EVERY_KEY:
                rows.asked = 0
                await pilot.press(key)
                await pilot.pause()
                costs[count].append(rows.asked)
    assert costs[1_000] == costs[1_000_000]
    assert max(costs[1_000_000]) <= PAGE + 2
    assert costs[1_000_000][0] <= 2


async def test_a_flood_of_keys_reaches_the_right_row() -> None:
    async with running(CountingRows(1_000_000)) as (table, pilot, app):
        for _ in range(300):
            app.post_message(events.Key("down", None))
        await pilot.pause()
        assert table.cursor_key == "k300"
        assert cursor_line(table) == PAGE
        moves = [message for message in app.messages if message[0] == "highlighted"]
        assert moves[-1] == ("highlighted", "k300", 300)


class TellingRows(KeyRows):
    """Rows with a reason of their own."""

    def __init__(self, keys: Sequence[str]) -> None:
        super().__init__(keys)
        self.reasons: dict[str, str] = {}

    @override
    def cells(self, index: int) -> tuple[Cell, ...]:
        key = self.keys[index]
        return (*super().cells(index)[:3], self.reasons.get(key, "timeout"))


async def test_only_rows_that_look_different_are_painted_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = TellingRows(keys(0, 100))
    async with running(rows) as (table, pilot, _):
        table.move_to(40)
        await pilot.pause()
        painted: list[Region] = []
        refresh = VirtualTable.refresh

        def noted(self: VirtualTable, *regions: Region, **more: bool) -> VirtualTable:
            painted.extend(regions or [self.size.region])
            return refresh(self, *regions, **more)

        monkeypatch.setattr(VirtualTable, "refresh", noted)
        table.show(rows)
        assert painted == []
        for changed in (30, 35, 90):  # the last one is out of sight
            rows.reasons[f"k{changed}"] = "answered"
        table.show(rows)
        assert [region.y for region in painted] == [30 - table.top + 1, 35 - table.top + 1]
        await pilot.pause()
        assert "\n".join(screen_lines(table)).count("answered") == 2


async def test_whatever_changes_the_screen_shows_it() -> None:
    chance = Random(7)  # noqa: S311 - it keeps no secret
    rows = TellingRows(keys(0, 60))
    async with running(rows) as (table, pilot, _):
        for turn in range(60):
            kept = [key for key in rows.keys if chance.random() < 0.9 or key == "k0"]
            grown = [f"n{turn}-{number}" for number in range(chance.randrange(4))]
            rows = TellingRows([*grown, *kept, *keys(200 + turn, 202 + turn)])
            rows.reasons = {key: chance.choice(["answered", "timeout"]) for key in rows.keys}
            table.show(rows)
            if chance.random() < 0.5:
                await pilot.press(chance.choice(EVERY_KEY))
            await pilot.pause()
            painted = screen_lines(table)
            table.forget_strips()
            await pilot.pause()
            assert painted == screen_lines(table)


async def test_the_theme_may_change() -> None:
    async with running(KeyRows(keys(0, 3))) as (table, pilot, app):
        dark = strips(table)[2]
        app.theme = "textual-light"
        await pilot.pause()
        await pilot.pause()
        light = strips(table)[2]
        assert dark.text == light.text
        assert [s.style for s in dark] != [s.style for s in light]
