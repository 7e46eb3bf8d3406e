"""Law 3: whatever strangers send, nothing acts, nothing crashes, and nothing is lost."""

from __future__ import annotations

from collections.abc import Coroutine

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ui.widgets.line_views import (
    HOSTILE,
    KeyRows,
    OneWidgetApp,
    assert_safe,
    assert_whole,
    screen_lines,
    strips,
)
from vzaps_tui.ui.widgets.cells import shown, width_of
from vzaps_tui.ui.widgets.json_view import JsonView
from vzaps_tui.ui.widgets.text_view import TextView, split_lines
from vzaps_tui.ui.widgets.virtual_table import Column, VirtualTable

WIDE = (
    Column("key", "Key", 3),
    Column("status", "Status", 9),
    Column("n", "N", 1),
    Column("r", "\x1b[31mR", 9, flex=1),
)
many = settings(max_examples=100, deadline=None)


@pytest.mark.parametrize("size", [(120, 6), (33, 6), (5, 3)])
async def test_tables(size: tuple[int, int]) -> None:
    table = VirtualTable(WIDE)
    async with OneWidgetApp(table).run_test(size=size) as pilot:
        table.show(KeyRows(["k"]))
        await pilot.pause()

        @many
        @given(text=HOSTILE, needle=HOSTILE, x=st.integers(0, 30))
        def check(text: str, needle: str, x: int) -> None:
            table.highlight = needle[:2]
            table.marked = frozenset({text})
            table.show(KeyRows([text, "k2"], reason=text))
            table.jump_to(0, x)
            for strip in strips(table):
                assert_safe(strip, table.view_width)
            if width_of(shown(text)) <= 98 < table.view_width:
                assert_whole(text, screen_lines(table)[1][19:])

        check()


@pytest.mark.parametrize("size", [(120, 6), (33, 6)])
async def test_empty_tables_and_texts(size: tuple[int, int]) -> None:
    table = VirtualTable(WIDE)
    async with OneWidgetApp(table).run_test(size=size) as pilot:
        await pilot.pause()

        @many
        @given(text=HOSTILE)
        def check(text: str) -> None:
            table.empty_text = text
            for strip in strips(table):
                assert_safe(strip, table.view_width)

        check()


@pytest.mark.parametrize("kind", [TextView, JsonView])
@pytest.mark.parametrize("size", [(400, 20), (33, 6), (4, 3)])
async def test_texts(kind: type[TextView], size: tuple[int, int]) -> None:
    view = kind()
    async with OneWidgetApp(view).run_test(size=size) as pilot:
        view.set_text("x")
        await pilot.pause()

        @many
        @given(
            text=HOSTILE, times=st.sampled_from([1, 1, 40]), needle=HOSTILE, x=st.integers(0, 90)
        )
        def check(text: str, times: int, needle: str, x: int) -> None:
            view.set_text("")  # the same text again would keep its place
            view.set_text(text * times)
            view._set_needle(needle[:2])  # pyright: ignore[reportPrivateUsage] - the synchronous half of find
            drawn = strips(view)[view.HEADER_LINES :]
            for line, strip in zip(split_lines(text), drawn, strict=False):
                assert_safe(strip, view.view_width)
                if times == 1 and width_of(shown(line.replace("\t", "    "))) < view.view_width:
                    assert_whole(line, strip.text[1:])
            view.jump_to(0, x)
            for strip in strips(view):
                assert_safe(strip, view.view_width)

        check()


def finish(search: Coroutine[None, None, int]) -> int:
    """Run a search to its end in one go."""
    while True:
        try:
            search.send(None)
        except StopIteration as end:
            return int(end.value)


async def test_searching_and_walking_through_the_matches() -> None:
    view = JsonView()
    async with OneWidgetApp(view).run_test(size=(30, 5)) as pilot:
        await pilot.pause()

        @many
        @given(text=HOSTILE)
        def check(text: str) -> None:
            view.set_text(text + "timeout\n" + text * 40)
            assert finish(view.find("timeout")) >= 1
            for _ in range(3):
                assert view.next_match()
            for strip in strips(view):
                assert_safe(strip, view.view_width)

        check()
