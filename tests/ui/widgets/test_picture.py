"""The picture over the list: what is drawn, told and marked, at every size, and what it costs."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from typing_extensions import override

from tests.builders import NOW
from vzaps_tui.domain.selection import Histogram
from vzaps_tui.ui.widgets.picture import BLOCKS, Picture, heights, joined

HOUR = timedelta(hours=1)


class Drawing(Picture):
    """Counts how often it is drawn."""

    drawn = 0

    @override
    def render(self) -> Content:
        self.drawn += 1
        return super().render()


class OnePicture(App[None]):
    @override
    def compose(self) -> ComposeResult:
        yield Drawing()


@asynccontextmanager
async def picture(
    size: tuple[int, int] = (120, 36),
) -> AsyncGenerator[tuple[Drawing, Pilot[None]]]:
    app = OnePicture()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app.query_one(Drawing), pilot


def histogram(delivered: tuple[int, ...], failed: tuple[int, ...] | None = None) -> Histogram:
    """One part an hour, up to now."""
    start = NOW - len(delivered) * HOUR
    return Histogram(start, NOW, delivered, failed or (0,) * len(delivered))


async def text(widget: Picture, pilot: Pilot[None]) -> str:
    await pilot.pause()
    return "\n".join(widget.render_line(y).text.rstrip() for y in range(widget.size.height))


async def marked(widget: Picture, pilot: Pilot[None]) -> list[tuple[int, int]]:
    """Columns that have a colour of their own behind them, line by line."""
    await pilot.pause()
    plain = widget.background_colors[1].rich_color
    found: list[tuple[int, int]] = []
    for y in range(widget.size.height):
        x = 0
        for segment in widget.render_line(y):
            if segment.style and segment.style.bgcolor not in (None, plain):
                found.append((x, y))
            x += segment.cell_length
    return found


async def test_delivered_and_failed_have_a_line_each_with_word_colour_and_peak() -> None:
    async with picture() as (widget, pilot):
        widget.show(histogram((0, 4, 8, 1), (3, 0, 0, 1)), None, 1250, NOW, words="last 4 h")
        assert await text(widget, pilot) == (
            "delivered  ▄█▁  peak 8 · last 4 h · 1 h each\nfailed    █  ▃  peak 3 · of 1,250 loaded"
        )
        upper, lower = (
            {segment.text.strip(): segment.style for segment in widget.render_line(y)}
            for y in (0, 1)
        )
        good, bad = upper["delivered"], lower["failed"]
        spark = upper["▄█▁"]
        assert good
        assert bad
        assert spark
        assert good.color == spark.color != bad.color


async def test_without_words_the_histograms_own_ends_are_told() -> None:
    async with picture() as (widget, pilot):
        widget.show(histogram((1, 1)), None, 2, NOW)
        assert "10:00 - now" in await text(widget, pilot)
        widget.show(histogram((1, 1)), None, 2, NOW + timedelta(days=1))
        assert "14 Mar 10:00 - 12:00" in await text(widget, pilot)


async def test_the_part_of_the_cursors_row_is_marked_and_counted_in_both() -> None:
    async with picture() as (widget, pilot):
        counts = histogram((1, 2, 30, 4), (5, 6, 7, 8))
        widget.show(counts, NOW - 1.5 * HOUR, 9, NOW)
        shown = await text(widget, pilot)
        assert "here 30" in shown
        assert "here  7" in shown
        column = len("delivered ") + 2
        assert await marked(widget, pilot) == [(column, 0), (column, 1)]


@pytest.mark.parametrize("width", range(76, 130))
async def test_figures_of_one_line_stand_beside_those_of_the_other_or_not_at_all(
    width: int,
) -> None:
    async with picture((width, 36)) as (widget, pilot):
        parts = widget.buckets
        counts = histogram((1234,) * parts, (7,) * parts)
        words = "19 Nov 14:00 - 20 Nov 02:00"
        widget.show(counts, NOW - 0.5 * HOUR, 1_234_567, NOW, words=words)
        upper, lower = (await text(widget, pilot)).splitlines()
        assert ("here" in upper) is ("here" in lower)
        assert ("peak" in upper) is ("peak" in lower)


@pytest.mark.parametrize("cursor", [None, NOW + HOUR, NOW, NOW - 5 * HOUR])
async def test_a_row_outside_the_stretch_marks_nothing(cursor: datetime | None) -> None:
    async with picture() as (widget, pilot):
        widget.show(histogram((1, 2, 3, 4)), cursor, 9, NOW)
        assert "here" not in await text(widget, pilot)
        assert await marked(widget, pilot) == []


async def test_rows_outside_are_told() -> None:
    async with picture() as (widget, pilot):
        widget.show(histogram((1, 2)), None, 9, NOW, outside=1234)
        assert "of 9 loaded · 1,234 with impossible times" in await text(widget, pilot)
        widget.show(histogram((1, 2)), None, 9, NOW)
        assert "impossible" not in await text(widget, pilot)


async def test_nothing_known_leaves_the_room_empty_and_nothing_failed_is_blank() -> None:
    async with picture() as (widget, pilot):
        assert await text(widget, pilot) == "\n"
        widget.show(histogram((0, 0, 0)), None, 0, NOW)
        assert "failed         peak 0" in await text(widget, pilot)
        widget.show(None, None, 0, NOW)
        assert await text(widget, pilot) == "\n"


@pytest.mark.parametrize(
    ("size", "lines"),
    [((160, 50), 2), ((120, 36), 2), ((120, 25), 2), ((120, 24), 1), ((80, 24), 1), ((60, 36), 1)],
)
@pytest.mark.parametrize("words", ["last 24 h", "19 Nov 14:00 - 20 Nov 02:00"])
async def test_every_size_has_its_lines_and_its_words_whole(
    size: tuple[int, int], lines: int, words: str
) -> None:
    async with picture(size) as (widget, pilot):
        assert widget.size.height == lines
        most = widget.buckets
        assert 5 <= most < size[0]
        counts = histogram(tuple(range(most)), tuple(range(most)))
        widget.show(counts, NOW - 1.5 * HOUR, 1_234_567, NOW, words=words)
        shown = await text(widget, pilot)
        assert words in shown
        assert "delivered" in shown
        assert "failed" in shown
        if lines == 2 or (size[0] == 80 and words == "last 24 h"):
            assert "of 1,234,567 loaded" in shown
        assert len(await marked(widget, pilot)) == 2
        assert max(map(len, shown.splitlines())) <= size[0]


async def test_the_wider_the_more_parts_and_what_is_too_much_is_joined() -> None:
    async with picture((160, 36)) as (widget, pilot):
        wide = widget.buckets
        widget.show(histogram((1,) * wide), NOW - 0.5 * HOUR, 9, NOW)
        assert "▁" not in await text(widget, pilot)
        assert "1 h each" in await text(widget, pilot)
        await pilot.resize_terminal(100, 36)
        await pilot.pause()
        assert wide / 3 <= widget.buckets < wide / 2
        shown = await text(widget, pilot)
        assert "peak 3" in shown
        assert "3 h each" in shown
        assert await marked(widget, pilot)


async def test_low_screens_have_one_line_also_after_they_were_high() -> None:
    async with picture((100, 36)) as (widget, pilot):
        await pilot.resize_terminal(100, 20)
        await pilot.pause()
        assert widget.size.height == 1
        widget.show(histogram((0, 4), (2, 0)), None, 5, NOW, words="last 2 h", outside=3)
        assert await text(widget, pilot) == (
            "delivered  █  failed █   last 2 h · of 5 loaded · peaks 4 and 2 · 3 outside"
        )


async def test_what_changes_nothing_to_see_is_not_drawn_again() -> None:
    async with picture() as (widget, pilot):
        counts = histogram((1, 2, 3, 4))
        widget.show(counts, NOW - 1.9 * HOUR, 9, NOW)
        await pilot.pause()
        drawn = widget.drawn
        widget.show(counts, NOW - 1.1 * HOUR, 9, NOW)
        await pilot.pause()
        assert widget.drawn == drawn
        widget.show(counts, NOW - 0.9 * HOUR, 9, NOW)
        await pilot.pause()
        assert widget.drawn > drawn


async def test_words_from_outside_never_act() -> None:
    async with picture() as (widget, pilot):
        widget.show(histogram((1, 2)), None, 9, NOW, words="[red]\x1b[31m")
        shown = await text(widget, pilot)
        assert "[red]␛[31m" in shown
        assert "\x1b" not in shown


@given(st.lists(st.integers(0, 10**9), max_size=300).map(tuple))
def test_a_blank_is_none_and_none_is_a_blank(counts: tuple[int, ...]) -> None:
    drawn = heights(counts)
    assert len(drawn) == len(counts)
    assert [block == " " for block in drawn] == [count == 0 for count in counts]
    for (block, count), (other, more) in zip(
        zip(drawn, counts, strict=True), zip(drawn[1:], counts[1:], strict=True), strict=False
    ):
        if count <= more:
            assert BLOCKS.index(block) <= BLOCKS.index(other)
    assert not any(counts) or "█" in drawn


@given(st.lists(st.integers(0, 99), min_size=1, max_size=300).map(tuple), st.integers(1, 100))
def test_joining_loses_nothing(counts: tuple[int, ...], most: int) -> None:
    for here in (None, 0, len(counts) - 1):
        sums, place = joined(counts, most, here)
        assert len(sums) <= most
        assert sum(sums) == sum(counts)
        if here is not None:
            assert place is not None
            assert sums[place] >= counts[here]


@pytest.mark.parametrize("size", [(120, 36), (60, 20)])
async def test_where_not_all_was_read_no_delivered_one_is_no_word(size: tuple[int, int]) -> None:
    async with picture(size) as (widget, pilot):
        counts = histogram((0, 3, 0, 4), (2, 2, 2, 2))
        lacking = replace(counts, unread=(True, True, False, False))
        widget.show(lacking, NOW - 4 * HOUR, 9, NOW)
        shown = await text(widget, pilot)
        delivered = shown.removeprefix("delivered ")[:4]
        assert delivered == "·▆ █"
        assert "dots: not read" in shown
        assert "here ?" in shown or size[1] < 24
        widget.show(counts, NOW - 4 * HOUR, 9, NOW)
        assert "not read" not in await text(widget, pilot)
