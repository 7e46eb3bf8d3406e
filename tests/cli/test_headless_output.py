from __future__ import annotations

import io
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from vzaps_tui.cli.output import (
    Output,
    Table,
    can_ask,
    cells,
    cut,
    finite,
    is_strict_json,
    json_line,
    padded,
    stamp,
)

STRANGE = "a\x1b[31m\u202e\x85\u2028\ud800b"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def output(**changes: Any) -> Output:
    values: dict[str, Any] = {"out": io.StringIO(), "err": io.StringIO(), "monotonic": Clock()}
    return Output(**(values | changes))


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_a_line_of_json_is_one_printable_line_that_reads_as_what_was_written(
    value: dict[str, object],
) -> None:
    line = json_line(value)
    assert line.isprintable()
    assert json.loads(line) == value


@given(st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2), VALUES)
def test_json_text_is_embedded_as_the_value_it_is(
    value: dict[str, object], payload: object
) -> None:
    text = json.dumps(payload, indent=2, ensure_ascii=False)
    line = json_line(value, embedded={"payload": text})
    assert line.isprintable()
    assert json.loads(line) == {**value, "payload": payload}


def test_embedded_numbers_keep_every_digit() -> None:
    big = "12345678901234567890.12345678901234567890"
    assert big in json_line({}, embedded={"payload": f'{{"n": {big}}}'})


@pytest.mark.parametrize(
    ("text", "strict"),
    [
        ('{"a": [1, 2.5e3, null]}', True),
        ('"text"', True),
        ("[NaN]", False),
        ("[-Infinity]", False),
        ("(nested too deep to be shown)", False),
        ("[" * 200_000 + "]" * 200_000, False),
        ('{"a": 1', False),
    ],
    ids=["object", "text", "nan", "infinity", "words", "deep", "cut"],
)
def test_only_what_any_reader_takes_is_embedded(text: str, *, strict: bool) -> None:
    assert is_strict_json(text) is strict


@given(st.text())
def test_any_text_is_strict_json_or_not(text: str) -> None:
    if is_strict_json(text):
        json.loads(text)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("\u200d", 0), ("", 0)]
)
def test_cells_are_those_of_a_terminal(text: str, width: int) -> None:
    assert cells(text) == width
    assert cells(padded(text, 6)) == 6


def test_columns_stay_aligned_over_batches() -> None:
    table = Table("Id", "Code", "Error", right=("Code",))
    first = table.lines([("log_1", "200", ""), ("日本", "-", "x")], head=True)
    second = table.lines([("a", "5", "late")])
    assert first == "Id     Code  Error\nlog_1   200\n日本      -  x\n"
    assert second == "a         5  late\n"


@given(st.text(max_size=60), st.integers(1, 40))
def test_a_cut_line_fits_and_says_that_it_is_cut(text: str, width: int) -> None:
    shown = cut(text, width)
    assert cells(shown) <= width
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))


def test_on_a_terminal_a_line_of_a_table_is_no_longer_than_that() -> None:
    table = Table("Id", "Error", width=12)
    assert table.lines([("log_1", "connection refused")]) == "log_1  conn…\n"


def test_no_cell_acts_on_the_terminal() -> None:
    text = Table("A", "B").lines([(STRANGE, STRANGE)], head=True)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert text.count("\n") == 2


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    def __init__(self, number: int, problem: OSError) -> None:
        super().__init__()
        self._number = number
        self._problem = problem

    @override
    def flush(self) -> None:
        raise self._problem

    @override
    def fileno(self) -> int:
        return self._number


def test_a_reader_that_left_is_told_once_and_raises_nothing(tmp_path: Any) -> None:
    left: list[int] = []
    with (tmp_path / "out").open("w") as file:
        said = output(out=Gone(file.fileno(), BrokenPipeError()), on_gone=lambda: left.append(1))
        said.write("a\n")
        said.line({"b": 1})
    assert (said.gone, left) == (True, [1])


def test_a_bar_is_drawn_in_place_and_taken_away_before_an_answer() -> None:
    err, clock = Terminal(), Clock()
    said = output(err=err, monotonic=clock)
    said.bar("Reading:", 50, 200)
    said.bar("Reading:", 51, 200)  # too soon
    clock.now = 1.0
    said.bar("Reading:", 100, None)
    drawn = err.getvalue()
    assert "Reading: 50 of 200  ██████░" in drawn
    assert "51" not in drawn
    assert "\rReading: 100" in drawn
    said.write("answer\n")
    assert err.getvalue().endswith("\r")
    assert isinstance(said.out, io.StringIO)
    assert said.out.getvalue() == "answer\n"


def test_without_a_terminal_there_is_no_bar() -> None:
    said = output()
    said.bar("Reading:", 1, 2)
    said.clear()
    assert isinstance(said.err, io.StringIO)
    assert said.err.getvalue() == ""


def test_json_is_utf_8_whatever_the_locale_says() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    output(out=stream, as_json=True).line({"name": "São"})
    assert raw.getvalue() == '{"name":"São"}\n'.encode()
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    output(out=stream).write("São\n")
    assert raw.getvalue() == b"S\\xe3o\n"


def test_questions_need_a_keyboard_and_a_screen() -> None:
    closed = io.StringIO()
    closed.close()
    assert can_ask(Terminal(), Terminal())
    assert not can_ask(io.StringIO(), Terminal())
    assert not can_ask(Terminal(), None)
    assert not can_ask(closed, Terminal())


def test_what_json_has_no_word_for_is_null() -> None:
    assert [finite(value) for value in (1.5, math.nan, math.inf, None)] == [1.5, None, None, None]
    assert stamp(None) is None
