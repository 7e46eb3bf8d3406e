"""Nothing a stranger writes acts on a terminal, and nothing of it is lost."""

from __future__ import annotations

import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from tests.work import no_hours
from vzaps_tui.domain import text as module
from vzaps_tui.domain.text import visible, visible_lines

BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NEVER = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = {"\u200c", "\u200d"}

anything = st.text(st.characters())  # surrogates too
hostile = st.text(
    st.one_of(
        st.sampled_from(sorted(BIDI)),
        st.sampled_from("\x00\t\n\r\x1b\x7f\x80\x9b\u2028\u2029\ufeff\ud800\U000e0041\u200d\xad"),
        st.characters(),
    )
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("\x1b[31mred", "\u241b[31mred"),
        ("a\nb\tc\rd", "a\u240ab\u2409c\u240dd"),
        ("\x00\x7f", "\u2400\u2421"),
        ("\x9b2J", "\u20399B\u203a2J"),
        ("\u202egpj.exe", "\u2039RLO\u203agpj.exe"),
        ("\ud800", "\u2039D800\u203a"),
        ("\u2028", "\u2039LS\u203a"),
        ("\xad", "\u2039AD\u203a"),
        ("\U000e0041", "\u2039E0041\u203a"),
        ("[b]markup[/b]", "[b]markup[/b]"),
        ("👩\u200d👧 日本 e\u0301 \u0646\u0647\u200c\u062e",) * 2,
    ],
)  # fmt: skip
def test_visible(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(hostile)
def test_nothing_acts(text: str) -> None:
    shown = visible(text)
    assert not BIDI & set(shown)
    assert not NEVER & {unicodedata.category(char) for char in shown}
    assert {char for char in shown if unicodedata.category(char) == "Cf"} <= JOINERS
    assert len(shown.splitlines()) <= 1


@given(hostile)
def test_nothing_is_dropped(text: str) -> None:
    # Character by character: every one leaves a mark, and the order is kept.
    assert visible(text) == "".join(visible(char) for char in text)
    assert all(visible(char) for char in text)


@given(st.characters(), st.characters())
def test_two_characters_never_look_the_same(one: str, other: str) -> None:
    # Pictures of control characters are themselves characters: the one way to be ambiguous.
    pictures = set(map(chr, range(0x2400, 0x2422)))
    if one != other and not pictures & {one, other}:
        assert visible(one) != visible(other)


@given(anything)
def test_printable_text_is_unchanged(text: str) -> None:
    printable = "".join(char for char in text if char.isprintable())
    assert visible(printable) == printable
    assert visible(visible(text)) == visible(text)


@given(hostile)
def test_lines_hold_the_whole_text(text: str) -> None:
    lines = visible_lines(text)
    assert len(lines) == text.count("\n") + 1
    assert lines == [visible(line) for line in lines]
    whole = "\n".join(visible(line) for line in text.replace("\r\n", "\n").split("\n"))
    assert "\n".join(lines).replace("    ", "\u2409") == whole.replace("    ", "\u2409")


def test_lines() -> None:
    assert visible_lines("a\r\nb\tc\n\rd\n") == ["a", "b    c", "\u240dd", ""]
    assert visible_lines("") == [""]


@pytest.mark.parametrize("piece", ["a", "é", "\x1b", "\u202e", "\ud800", "日\n", "\U000e0041"])
def test_every_character_is_looked_up_once(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = visible(piece)
    marks = module._MARKS  # pyright: ignore[reportPrivateUsage] - what is looked up is counted

    class Counted(dict[int, str]):
        looks = 0

        @override
        def __getitem__(self, code: int) -> str:
            self.looks += 1
            return marks[code]

    counted = Counted()
    monkeypatch.setattr(module, "_MARKS", counted)
    text = piece * 100_000 + "\n"
    assert visible(text) == shown * 100_000 + "\u240a"
    assert counted.looks <= len(text) + 1, "where ASCII ends the one is looked up again"


def test_five_megabytes_of_marks_are_shown_whole() -> None:
    with no_hours():
        assert visible("\u202e" * 5_000_000 + "\n") == "\u2039RLO\u203a" * 5_000_000 + "\u240a"


def test_strangers_cannot_fill_the_memory() -> None:
    tracemalloc.start()
    try:
        visible("".join(map(chr, range(0x20000, 0x40000))) + "\n")
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2_000_000  # every one of these characters would make it some 15 MB
