from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from tests.ui.widgets.line_views import HOSTILE, assert_whole
from vzaps_tui.ui.widgets.cells import (
    Align,
    crop,
    fit,
    match_spans,
    needle_pattern,
    paint,
    parts,
    shown,
    width_of,
    wrap,
)


@pytest.mark.parametrize(
    ("text", "width", "align", "fitted"),
    [
        ("abc", 5, "left", "abc  "),
        ("abc", 5, "right", "  abc"),
        ("abc", 3, "left", "abc"),
        ("abcd", 3, "left", "ab…"),
        ("abcd", 3, "right", "ab…"),
        ("abcd", 1, "left", "…"),
        ("abcd", 0, "left", ""),
        ("", 2, "left", "  "),
        ("中文", 4, "left", "中文"),
        ("中文", 5, "right", " 中文"),
        ("中文字", 5, "left", "中文…"),
        ("中文字", 4, "left", "中… "),
        ("中文字", 4, "right", " 中…"),
        ("👨‍👩‍👧 ok", 5, "left", "👨‍👩‍👧 ok"),
        ("👨‍👩‍👧 ok", 4, "left", "👨‍👩‍👧 …"),
        ("e\u0301e\u0301e\u0301", 2, "left", "e\u0301…"),
        ("a\nb", 3, "left", "a␊b"),
        ("\x1b[31mx", 6, "left", "␛[31mx"),
        ("a" * 5_000_000, 4, "left", "aaa…"),
        ("a" + "\u0301" * 100, 1, "left", "a" + "\u0301" * 100),
    ],
)
def test_text_fits_its_cell(text: str, width: int, align: Align, fitted: str) -> None:
    assert fit(text, width, align) == fitted


@given(text=HOSTILE, width=st.integers(0, 200))
def test_a_cell_is_exactly_as_wide_as_asked_and_whole_where_it_fits(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    if width and width_of(shown(text)) <= width:
        assert fitted.rstrip(" ") == shown(text).rstrip(" ")
        assert_whole(text, fitted)
    elif width:
        assert fitted.rstrip(" ").endswith("…")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"),
        ("👩‍❤️‍💋‍👨", "👩‍❤️‍💋‍👨"),
        ("🏳️‍🌈", "🏳️‍🌈"),
        ("👍🏽‍🌈", "👍🏽‍🌈"),
        ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦"),
        ("👩🏽‍🚀👩🏽‍🚀👩🏽‍🚀👩🏽‍🚀", "👩🏽‍🚀👩🏽‍🚀👩🏽‍🚀👩🏽‍🚀"),
        ("a\u200db", "a‹ZWJ›b"),
        ("\u200d", "‹ZWJ›"),
        ("中\u200d中", "中‹ZWJ›中"),
        ("ක්\u200dෂ", "ක්\u200d\u200cෂ"),
        ("👨‍👨‍👨‍👨‍👨", "👨‍👨‍👨‍👨‹ZWJ›👨"),
    ],
)
def test_a_joiner_stays_only_where_it_joins(text: str, safe: str) -> None:
    assert shown(text) == safe


def test_joined_letters_cannot_claim_less_room_than_terminals_give_them() -> None:
    line = fit("a\u200d" * 50, 10)
    assert sum(char.isprintable() for char in line) == 10


def test_a_cell_is_words_or_words_with_a_tone() -> None:
    assert parts("x") == ("x", "plain")
    assert parts(("x", "bad")) == ("x", "bad")


@pytest.mark.parametrize(
    ("needle", "line", "found"),
    [
        ("time", "Timeout, TIME", ["Time", "TIME"]),
        ("[/b]", "a[/b]", ["[/b]"]),
        (".", "abc", []),
        ("👩", "x👨‍👩‍👧y", ["👨‍👩‍👧"]),
        ("e", "e\u0301 e", ["e\u0301", "e"]),
        ("中", "a中b中", ["中", "中"]),
    ],
)
def test_matches_are_whole_characters_on_screen(needle: str, line: str, found: list[str]) -> None:
    pattern = needle_pattern(needle)
    assert pattern is not None
    assert [line[start:stop] for start, stop in match_spans(pattern, line)] == found


def test_an_empty_needle_finds_nothing() -> None:
    assert needle_pattern("") is None


@given(line=HOSTILE.map(shown), needle=HOSTILE.map(lambda text: shown(text)[:3]))
def test_painting_matches_changes_neither_text_nor_width(line: str, needle: str) -> None:
    pattern = needle_pattern(needle)
    spans = match_spans(pattern, line) if pattern else []
    plain = Style()
    segments = paint(line, [plain, plain + Style(bold=True)], ((*span, 1) for span in spans))
    assert "".join(segment.text for segment in segments) == line
    assert sum(cell_len(segment.text) for segment in segments) == cell_len(line)


@pytest.mark.parametrize(
    ("start", "stop", "kept"),
    [
        (0, 9, "ab中文👨‍👩‍👧c"),
        (0, 3, "ab "),
        (0, 4, "ab中"),
        (3, 5, "  "),
        (4, 7, "文 "),
        (7, 9, " c"),
        (6, 8, "👨‍👩‍👧"),
        (1, 2, "b"),
        (9, 20, ""),
        (20, 30, ""),
    ],
)
@pytest.mark.parametrize("cuts", [(), (1,), (2, 3)], ids=["one segment", "two", "three"])
def test_cropping_never_tears_a_character(
    start: int, stop: int, kept: str, cuts: tuple[int, ...]
) -> None:
    line = "ab中文👨‍👩‍👧c"
    edges = [0, *cuts, len(line)]
    segments = [Segment(line[a:b]) for a, b in pairwise(edges)]
    assert "".join(segment.text for segment in crop(segments, start, stop)) == kept


@given(line=HOSTILE.map(shown), start=st.integers(0, 60), width=st.integers(0, 60))
def test_a_cropped_line_is_as_wide_as_what_was_left(line: str, start: int, width: int) -> None:
    kept = crop([Segment(line)], start, start + width)
    left = max(0, min(width, cell_len(line) - start))
    assert sum(cell_len(segment.text) for segment in kept) == left


@given(text=HOSTILE, width=st.integers(2, 60))
def test_wrapped_lines_fit(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(width_of(line) <= width for line in lines)


def test_wrapping_keeps_paragraphs_and_breaks_at_spaces() -> None:
    assert wrap("no deliveries yet\n\npress r", 13) == ["no deliveries", "yet", "", "press r"]
