"""The lines of JSON and its folds, against the standard library and against a slow model."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.work import no_hours
from vzaps_tui.domain.json_text import NotJsonError, at_once
from vzaps_tui.ui.widgets.body_kind import kind_of
from vzaps_tui.ui.widgets.json_folds import FoldedLines
from vzaps_tui.ui.widgets.json_lines import JsonLines, lay_out

WORDS = st.text(st.characters(codec=None), max_size=5) | st.sampled_from(
    ["a", "x-y", "_b1", "1a", "", 'q"', "\\", "\n", "\u2028", "é", "}", " : "]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
).map(lambda value: value if isinstance(value, (dict, list)) else [value])
STYLES: list[dict[str, Any]] = [
    {"indent": 2},
    {"indent": None},
    {"indent": "\t"},
    {"separators": (",", ":")},
    {"separators": (" ,\n", "\r\n: ")},
]


KINDS = {
    "dict": "object", "list": "array", "str": "string", "bool": "boolean", "int": "number",
    "float": "number", "NoneType": "null",
}  # fmt: skip


def laid(text: str) -> JsonLines:
    lines = at_once(lay_out(text))
    assert isinstance(lines, JsonLines)
    return lines


def follow(value: Any, steps: list[str]) -> Any:
    """What jq would find, one step after another."""
    for step in steps:
        value = value[step[1:] if step.startswith(".") else json.loads(step[1:-1])]
    return value


@given(value=TREES, style=st.sampled_from(STYLES), plain=st.booleans())
def test_lines_are_those_of_pretty_json_however_it_was_written(
    value: object, style: dict[str, Any], *, plain: bool
) -> None:
    lines = laid(json.dumps(value, ensure_ascii=plain, **style))
    wanted = json.dumps(value, ensure_ascii=plain, indent=2).split("\n")
    assert list(lines) == wanted
    assert lines[:] == wanted
    assert [lines[at] for at in range(len(lines))] == wanted


@given(value=TREES, style=st.sampled_from(STYLES))
def test_every_line_knows_its_place_and_its_value(value: object, style: dict[str, Any]) -> None:
    lines = laid(json.dumps(value, **style))
    for line, text in enumerate(lines):
        steps = list(lines.steps(line))[::-1]
        found: Any = follow(value, steps)
        held = isinstance(found, (dict, list))
        items = len(cast("list[Any]", found)) if held else 0
        copied = lines.value(line)
        assert (copied if isinstance(found, str) else json.loads(copied)) == found
        assert lines.depth(line) == len(steps) == (len(text) - len(text.lstrip(" "))) // 2
        path = "".join(steps)
        assert lines.path(line) == (path if path.startswith(".") else f".{path}")
        kind = lines.kind(line).partition(",")[0]
        assert kind == KINDS[type(cast("object", found)).__name__]
        node = lines.node(line)
        assert lines.opens(node) == (items > 0)
        assert lines.items(node) == items
        parent = lines.parent(line)
        assert (parent is None) == (not steps)
        if parent is not None:
            assert list(lines.steps(parent))[::-1] == steps[:-1]
            assert parent < node <= lines.close(node) < lines.close(parent)


@given(value=TREES)
def test_siblings_follow_each_other(value: object) -> None:
    lines = laid(json.dumps(value))
    for line in lines.openers:
        seen: list[int] = []
        sibling: int | None = line + 1
        while sibling is not None:
            seen.append(sibling)
            sibling = lines.sibling(sibling)
        assert len(seen) == lines.items(line)
        assert {lines.parent(one) for one in seen} == {line}


@pytest.mark.parametrize(
    ("text", "line", "path"),
    [
        ("{}", 0, "."),
        ('{"a": 1}', 0, "."),
        ('{"a": 1}', 2, "."),
        ('{"event": {"info": {"id": 1}}}', 3, ".event.info.id"),
        ('{"a": [[1, 2]]}', 4, ".a[0][1]"),
        ("[[1]]", 2, ".[0][0]"),
        ('{"x-y": {"a b": 1}}', 2, '.["x-y"]["a b"]'),
        ('{"a": {"1": 1}}', 2, '.a["1"]'),
        ('{"\\u0061": 1}', 1, '.["\\u0061"]'),
        ('{"a": 1, "a": [2], "a": 3}', 3, ".a[0]"),
    ],
)
def test_paths_are_what_jq_takes(text: str, line: int, path: str) -> None:
    assert laid(text).path(line) == path


def test_the_end_of_a_long_path_is_kept() -> None:
    lines = laid('{"abc": {"def": {"ghi": 1}}}')
    assert lines.path(3, 9) == "….def.ghi"
    assert lines.path(3, 8) == "….def.ghi"
    assert lines.path(3, 7) == lines.path(3, 1) == "….ghi"
    assert lines.path(3, 12) == ".abc.def.ghi"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ('{"a": 1}', "{ … 1 key }"),
        ("[1, 2]", "[ … 2 items ]"),
        ("[" + "1," * 1233 + "1]", "[ … 1,234 items ]"),
    ],
)
def test_what_is_folded_is_one_line(text: str, folded: str) -> None:
    assert laid(text).folded(0) == folded
    lines = laid(f'{{"k" : {text} , "l": {text}}}')
    last = lines.sibling(1)
    assert lines.folded(1) == f'  "k": {folded},'
    assert last is not None
    assert lines.folded(last) == f'  "l": {folded}'


def test_values_are_copied_as_they_were_written() -> None:
    number = "1" * 5000
    text = '{\n  "a": {\n    "n": ' + number + ',\n    "n": 1.50\n  },\n  "s": "a\\nb \\ud800"\n}'
    lines = laid(text)
    assert lines.value(1) == '{\n  "n": ' + number + ',\n  "n": 1.50\n}'
    assert lines.value(2) == number
    assert lines.value(3) == "1.50"
    assert lines.value(5) == "a\nb \ud800"
    assert laid('["\\x"]').value(1) == '"\\x"', "an escape that is none stays as it is"


@pytest.mark.parametrize("text", ["", "hello", "5", '"a"', "<p>", "[1,]", '{"a":1', "[1] 2", " "])
def test_what_is_no_json_is_refused(text: str) -> None:
    assert isinstance(at_once(lay_out(text)), NotJsonError)


@given(text=st.text(st.sampled_from('{}[],:"\\ \n1ae-.\ud800'), max_size=20))
def test_any_text_is_laid_out_or_refused(text: str) -> None:
    lines = at_once(lay_out(text))
    if isinstance(lines, JsonLines):
        assert "".join("".join(lines).split()) == "".join(text.split())


DEEP = 10_000


def test_ten_thousand_levels() -> None:
    lines = laid('{"a":[' * (DEEP // 2) + "1" + "]}" * (DEEP // 2))
    assert len(lines) == 2 * DEEP + 1
    assert lines.depth(DEEP) == DEEP
    assert lines.path(DEEP) == ".a[0]" * (DEEP // 2)
    assert lines.path(DEEP, 12) == "….a[0].a[0]"
    assert max(map(len, lines)) < 100, "what is very deep is not indented out of sight"
    folds = FoldedLines(lines)
    folds.toggle_all()
    assert list(folds) == ["{", '  "a": [ … 1 item ]', "}"]
    assert folds.reveal(DEEP)
    assert len(folds) == len(lines)


# -- folds -----------------------------------------------------------------------------------------


class SlowFolds:
    """The same by asking every line."""

    def __init__(self, lines: JsonLines) -> None:
        self.lines = lines
        self.folded: set[int] = set()
        self.all = False

    def above(self, line: int) -> list[int]:
        node = self.lines.node(line)
        found = [node] if node != line else []
        while (parent := self.lines.parent(node)) is not None:
            found.append(parent)
            node = parent
        return found

    def rows(self) -> list[int]:
        return [n for n in range(len(self.lines)) if not self.folded & set(self.above(n))]

    def toggle(self, line: int) -> None:
        if self.lines.opens(line):
            self.folded ^= {line}

    def toggle_all(self) -> None:
        self.all = not self.all
        deep = {one for one in self.lines.openers if self.lines.depth(one)}
        self.folded = deep if self.all else set()


@given(value=TREES, acts=st.lists(st.tuples(st.sampled_from("ttttar"), st.integers(0, 400))))
def test_folds_are_those_of_the_model(value: object, acts: list[tuple[str, int]]) -> None:
    lines = laid(json.dumps(value))
    folds, model = FoldedLines(lines), SlowFolds(lines)
    for act, number in [*acts, ("a", 0), ("t", 1), ("r", 7), ("a", 0)]:
        if act == "a":
            folds.toggle_all()
            model.toggle_all()
        elif act == "t":
            row = number % len(folds)
            line = folds.line_at(row)
            assert folds.toggle(line) == lines.opens(line)
            model.toggle(line)
        else:
            line = number % len(lines)
            hidden = set(model.above(line)) & model.folded
            assert folds.reveal(line) == bool(hidden)
            model.folded -= hidden
            assert folds.line_at(folds.row_of(line)) == line
        shown = model.rows()
        assert [folds.line_at(row) for row in range(len(folds))] == shown
        texts = [lines.folded(n) if n in model.folded else lines[n] for n in shown]
        assert list(folds) == texts == [folds[row] for row in range(len(folds))] == folds[:]
        for line in range(len(lines)):
            hiding = [one for one in model.above(line) if one in model.folded]
            assert folds.line_at(folds.row_of(line)) == (min(hiding) if hiding else line)


def test_a_hundred_thousand_folds_open_and_close() -> None:
    folds = FoldedLines(laid(json.dumps([{"n": n} for n in range(100_000)])))
    folds.toggle_all()
    assert len(folds) == 100_002
    for line in (1, 150_001, 1):
        folds.toggle(line)
    assert len(folds) == 100_002 + 2
    folds.reveal(299_999)
    folds.toggle_all()
    assert len(folds) == len(folds.lines)


# -- what is no JSON -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ("", 0, ""),
        ("hello", 0, "text"),
        ("<html>", 0, "HTML"),
        ("<!DOCTYPE html><title>\n 502 Bad\nGateway </title>", 0, "HTML · 502 Bad Gateway"),
        ("<HTML><TITLE lang=x>a &amp; b</TITLE>", 0, "HTML · a & b"),
        ("<html><title> </title><h1>Oops</h1>", 0, "HTML · Oops"),
        ("\ufeff\n <body><h1>Oops", 0, "HTML · Oops"),
        ("<?xml version='1.0'?><error/>", 0, "text"),
        ("<3 you", 0, "text"),
        ("a <p> b", 0, "text"),
        ("[1,\n2,,]", 6, "text · JSON only up to line 2, column 3"),
        ("<title>" + "x" * 999, 0, "HTML · " + "x" * 200),
    ],
)
def test_what_a_body_is(text: str, place: int, kind: str) -> None:
    assert kind_of(text, place) == kind


@given(text=st.text(st.sampled_from('<>htmlitle1 &#x0;\ud800\n"=')))
def test_any_body_is_something(text: str) -> None:
    assert "\n" not in kind_of(text, 0)


@pytest.mark.parametrize("piece", ["<title", "<title ", "<h1", "<", " "])
def test_hostile_pages_are_not_read_over_and_over(piece: str) -> None:
    with no_hours():
        kind_of("<p>" + piece * 1_000_000, 0)
