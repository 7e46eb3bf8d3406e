"""Rows that count what they are asked, an app of one widget, and what strangers may send."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.ui.widgets.cells import Cell
from vzaps_tui.ui.widgets.cursor_lines import CursorLines
from vzaps_tui.ui.widgets.virtual_table import Column, VirtualTable

COLUMNS = (
    Column("time", "Time", 8),
    Column("status", "Status", 9),
    Column("tries", "Tries", 5, align="right", min_width=80),
    Column("reason", "Reason", 10, flex=1),
)


class KeyRows:
    """Rows given by their keys; the cells say the key."""

    def __init__(self, keys: Sequence[str], reason: str = "timeout") -> None:
        self.keys = list(keys)
        self.reason = reason

    def __len__(self) -> int:
        return len(self.keys)

    def key(self, index: int) -> str:
        return self.keys[index]

    def index(self, key: str) -> int | None:
        return self.keys.index(key) if key in self.keys else None

    def cells(self, index: int) -> tuple[Cell, ...]:
        return (self.keys[index], ("FAILED", "bad"), "3", self.reason)


class CountingRows:
    """Very many rows that exist only when asked for; counts the asking."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked = 0

    def __len__(self) -> int:
        return self.count

    def key(self, index: int) -> str:
        assert 0 <= index < self.count
        return f"k{index}"

    def index(self, key: str) -> int | None:
        return int(key[1:])

    def cells(self, index: int) -> tuple[Cell, ...]:
        assert 0 <= index < self.count
        self.asked += 1
        return (f"{index}", "DELIVERED", "1", "")


class OneWidgetApp(App[None]):
    """Shows one widget, and a second one to take the focus away."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.messages: list[tuple[object, ...]] = []

    @override
    def compose(self) -> ComposeResult:
        yield self.widget

    def on_virtual_table_highlighted(self, message: VirtualTable.Highlighted) -> None:
        self.messages.append(("highlighted", message.key, message.index))

    def on_virtual_table_opened(self, message: VirtualTable.Opened) -> None:
        self.messages.append(("opened", message.key))

    def on_virtual_table_near_end(self, message: VirtualTable.NearEnd) -> None:
        self.messages.append(("near end", len(message.table.rows)))


def keys(start: int, stop: int) -> list[str]:
    return [f"k{number}" for number in range(start, stop)]


def strips(view: CursorLines) -> list[Strip]:
    """What is painted, old lines included that nobody asked to paint again."""
    return view.render_lines(Region(0, 0, view.view_width, view.size.height))


def screen_lines(view: CursorLines) -> list[str]:
    return [strip.text for strip in strips(view)]


def cursor_line(view: CursorLines) -> int:
    """The line of the screen that has the cursor's bar."""
    marked = [y for y, text in enumerate(screen_lines(view)) if text.startswith("▌")]
    assert len(marked) == 1
    return marked[0]


JOINERS = {"\u200c", "\u200d"}
FRAGMENTS = (
    "\x1b]0;pwned\x07", "\x1b[31m", "\x9b2J", "\x00", "\r", "\n", "\t", "\x7f",
    "\u202e", "\u2066", "\u200f", "\ufeff", "\u2028", "[/red]", "[b]",
    "[@click=app.quit]x[/]", "\\[", "中文", "👨‍👩‍👧‍👦", "🇧🇷", "❤️", "👍🏽", "e\u0301",
    "\u0301", "\u200d", "\u200c", "\ufe0f", "\ud800", "\udfff", "ක්‍ෂ",
    "1\ufe0f\u20e3", "\U000e0041", "\ue000", "\uff37\uff29", "a\u200db", "timeout",
    " ", '"', "\\", "{", "1.5e3", "null",
)  # fmt: skip
HOSTILE = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(st.characters(codec=None), max_size=6)),
    max_size=30,
).map("".join)


def assert_safe(strip: Strip, width: int) -> None:
    """Nothing acts, and the line is exactly as wide as its place."""
    for segment in strip:
        assert segment.control is None
        for char in segment.text:
            category = unicodedata.category(char)
            assert category not in {"Cc", "Cs", "Zl", "Zp"}, repr(segment.text)
            assert category != "Cf" or char in JOINERS, repr(segment.text)
    assert sum(cell_len(segment.text) for segment in strip) == width, repr(strip.text)
    assert strip.cell_length == width


def assert_whole(raw: str, drawn: str) -> None:
    """Every character of `raw` that is fit to print is in `drawn`, in the same order."""
    printable = [
        char for char in raw if unicodedata.category(char)[0] not in {"C", "Z"} or char == "\u200c"
    ]
    rest = iter(drawn)
    missing = [char for char in printable if char not in rest]
    assert not missing, (raw, drawn)
