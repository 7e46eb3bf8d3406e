"""What differs between two texts: nothing lost, nothing invented, nothing recursive."""

from __future__ import annotations

import json
import random
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.diff import Diff, Edit, TooLargeError, compared
from vzaps_tui.domain.diff_lines import Look, lines_of
from vzaps_tui.domain.diff_tree import Tree, volatile_kind
from vzaps_tui.domain.json_text import at_once

ALL = Look(same=True, quiet=True)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
KEYS = st.sampled_from(["a", "b", "id", "timestamp", "c d", 'q"', "\u00e9"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=5)
)
HOLDERS = st.lists(VALUES, max_size=6) | st.dictionaries(KEYS, VALUES, max_size=6)


def diff_of(before: str, after: str) -> Diff:
    return at_once(compared(before, after))


def shown(before: str, after: str, look: Look | None = None) -> list[str]:
    return list(at_once(lines_of(diff_of(before, after), look or Look())))


def told(tree: Tree, node: int) -> Any:
    """The value of a node, by Python's own reader."""
    text = tree.text[tree.value[node] :]
    return json.JSONDecoder(strict=False).raw_decode(text)[0]


class Rebuilt:
    """One of the two values, put together again from the edits."""

    def __init__(self, diff: Diff, *, left: bool) -> None:
        self._diff = diff
        self._tree = diff.left if left else diff.right
        self._nodes = diff.of_left if left else diff.of_right
        self._others = Edit.ADDED if left else Edit.REMOVED

    def value(self, at: int = 0) -> Any:
        diff, node = self._diff, self._nodes[at]
        if diff.kind[at] != Edit.INSIDE:
            return told(self._tree, node)
        inner: list[tuple[str, Any]] = []
        edit = at + 1
        while edit < diff.last[at]:
            if diff.kind[edit] != self._others:
                inner.append((self._tree.key(self._nodes[edit]), self.value(edit)))
            edit = diff.last[edit] + 1
        if self._tree.opening(node) == "[":
            return [value for _, value in inner]
        return dict(inner)


@given(before=HOLDERS, after=HOLDERS)
def test_the_edits_hold_both_values_whole(before: Any, after: Any) -> None:
    diff = diff_of(json.dumps(before), json.dumps(after))
    if len(diff) == 2 and diff.kind[0] == Edit.REMOVED:
        assert isinstance(before, list) is not isinstance(after, list)
        return
    assert Rebuilt(diff, left=True).value() == before
    assert Rebuilt(diff, left=False).value() == after
    one, other = (json.dumps(value, sort_keys=True) for value in (before, after))
    assert diff.is_same is (one == other)


def shuffled(value: Any, dice: random.Random) -> Any:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        items = [(key, shuffled(inner, dice)) for key, inner in fields.items()]
        dice.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return [shuffled(inner, dice) for inner in cast("list[Any]", value)]
    return value


@given(value=HOLDERS, dice=st.randoms(), indent=st.sampled_from([None, 2]))
def test_order_of_keys_and_white_space_are_no_difference(
    value: Any, dice: random.Random, indent: int | None
) -> None:
    other = json.dumps(shuffled(value, dice), indent=indent, ensure_ascii=False)
    assert diff_of(json.dumps(value), other).is_same


@given(before=HOLDERS, after=HOLDERS, look=st.builds(Look, st.booleans(), st.booleans()))
def test_lines_are_as_many_as_they_say_and_every_one_can_be_asked(
    before: Any, after: Any, look: Look
) -> None:
    diff = diff_of(json.dumps(before), json.dumps(after))
    lines = at_once(lines_of(diff, look))
    text = list(lines)
    assert len(text) == len(lines)
    assert text == lines[:]
    for line, words in enumerate(text):
        assert words[0] == lines.sign(line)
        assert lines.path(line, 100)
        assert lines.value(line) in words
    assert any(words[0] in "-+" for words in text) is bool(
        diff.told + (diff.quiet if look.quiet else 0)
    )


@given(before=HOLDERS, after=HOLDERS)
def test_all_lines_without_those_of_one_side_are_the_other_side(before: Any, after: Any) -> None:
    lines = shown(json.dumps(before), json.dumps(after), ALL)
    if isinstance(before, list) is isinstance(after, list):
        opened = sum(line.rstrip().endswith(("{", "[")) for line in lines if line[0] != "-")
        closed = sum(line.strip(" +") in ("}", "]") for line in lines if line[0] != "-")
        assert opened == closed


@given(before=st.text(), after=st.text())
def test_any_text_is_compared_line_by_line(before: str, after: str) -> None:
    diff = diff_of(before, after)
    if diff.left.is_json:
        return
    lines = list(at_once(lines_of(diff, ALL)))
    for sign, text in (("+", before), ("-", after)):
        kept = [line[2:] for line in lines if line[0] != sign]
        assert kept == [line.removesuffix("\r") for line in text.split("\n")][: len(kept)]
        assert len(text.split("\n")) - len(kept) in (0, 1)


# fmt: off
LINES: list[tuple[str, str, list[str]]] = [
    ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', ["  { … 2 keys }"]),
    ('{"a":1,"b":2}', '{"b":3,"a":1}', ["  {", '    "a": 1', '-   "b": 2', '+   "b": 3', "  }"]),
    ('{"a": [1]}', '{"a": {}}', ["  {", '-   "a": [', "-     1", "-   ]", '+   "a": {}', "  }"]),
    ("[1, 2, 3, 4]", "[1, 3, 4, 5]", ["  [", "    1", "-   2", "    … 2 the same", "+   5", "  ]"]),
    ('{"a":1,"a":2}', '{"a":1,"a":3}', ["  {", '    "a": 1', '-   "a": 2', '+   "a": 3', "  }"]),
    ('{"a": 1, "a": 1}', '{"a": 1}', ["  {", '    "a": 1', '-   "a": 1', "  }"]),
    ("[1.0]", "[1]", ["  [", "-   1.0", "+   1", "  ]"]),
    (r'["\u00e9"]', '["\u00e9"]', ["  [ … 1 item ]"]),
    (f"[{'9' * 30}]", f"[{'9' * 29}8]", ["  [", f"-   {'9' * 30}", f"+   {'9' * 29}8", "  ]"]),
    ('{"id": "1"}', '{"id": "2"}', ["  … 1 hidden"]),
    ('{"id":1,"b":3}', '{"id":2}', ["  {", "    … 1 hidden", '-   "b": 3', "  }"]),
    ('{"id":1,"b":3,"c":1}', '{"id":2,"b":3}',
     ["  {", "    … 1 the same, 1 hidden", '-   "c": 1', "  }"]),
    ('{"a": 1}', "{a: 1}", ['- {"a": 1}', "+ {a: 1}"]),
    ("a\nb\nc\nd", "a\nb\nx\nd", ["  … 2 lines the same", "- c", "+ x", "  d"]),
    ("", "a", ["+ a"]),
    ("{}", "[]", ["- {}", "+ []"]),
    ("[1]", "[]", ["  [", "-   1", "  ]"]),
]
# fmt: on


@pytest.mark.parametrize(("before", "after", "lines"), LINES)
def test_what_is_shown(before: str, after: str, lines: list[str]) -> None:
    assert shown(before, after) == lines


def test_an_item_put_in_front_does_not_change_all_that_follow() -> None:
    rows = [{"id": str(n), "name": f"n{n}", "at": "x", "n": n} for n in range(50)]
    changed = [{"id": "z", "name": "new", "at": "y", "n": -1}, *map(dict, rows)]
    changed[9]["name"] = "other"
    del changed[30]
    diff = diff_of(json.dumps(rows), json.dumps(changed))
    assert (diff.added, diff.removed, diff.changed) == (1, 1, 1)


def test_what_always_differs_is_counted_apart() -> None:
    before = {"id": "a1", "at": 1_700_000_000, "sha256": "x", "n": 1, "ids": ["q", "r"]}
    after = {"id": "a2", "at": 1_700_000_009, "sha256": "y", "n": 1, "ids": ["r", "s"]}
    diff = diff_of(json.dumps(before), json.dumps(after))
    assert (diff.told, diff.quiet, diff.is_same) == (0, 5, False)
    quiet = at_once(lines_of(diff, Look(quiet=True)))
    assert sum(line[0] == "+" for line in quiet) == 5


def test_what_is_hidden_is_never_shown_as_the_same() -> None:
    before, after = '{"id": {"id": 1, "n": 5}, "at": 1}', '{"id": {"id": 2, "n": 5}, "at": 2}'
    assert shown(before, after, Look(same=True)) == [
        "  {",
        '    "id": {',
        '      "id": …',
        '      "n": 5',
        "    }",
        '-   "at": 1',
        '+   "at": 2',
        "  }",
    ]


VOLATILE = [
    ("x", '"2026-03-14T12:00:00Z"', "time"),
    ("x", '"2026-03-14 12:00:00.123+03:00"', "time"),
    ("timestamp", "1700000000", "time"),
    ("created_at", "1700000000123", "time"),
    ("n", "1700000000", ""),
    ("timestamp", "7", ""),
    ("id", '"3EB0"', "id"),
    ("message_i_ds", '"3EB0"', "id"),
    ("instanceId", '"VZ1"', "id"),
    ("x", '"123e4567-e89b-12d3-a456-426614174000"', "id"),
    ("id", '"551@s.whatsapp.net"', ""),
    ("chat", '"551@s.whatsapp.net"', ""),
    ("file_enc_sha256", '"abc"', "hash"),
    ("x", f'"{"0f" * 16}"', "hash"),
    ("x", '"hello there, how are you all doing today my friends"', ""),
    ("id", "null", ""),
    ("paid", "true", ""),
    ("chat", '"Sao Paulo"', ""),
    ("format", '"png"', ""),
    ("heartbeat", "1", ""),
]


@pytest.mark.parametrize(("key", "token", "kind"), VOLATILE)
def test_what_is_taken_for_a_time_an_id_or_a_hash(key: str, token: str, kind: str) -> None:
    assert volatile_kind(key, token) == kind


def test_ten_thousand_levels() -> None:
    before, after = ("[" * 10_000 + middle + "]" * 10_000 for middle in "12")
    diff = diff_of(before, after)
    lines = at_once(lines_of(diff, ALL))
    assert diff.changed == 1
    assert len(lines) == 20_002
    assert lines.path(10_000, 50).endswith("[0][0]")
    assert diff_of(before, "[" + after + "]").told


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLargeError) as refused:
        at_once(compared("x" * 60, "y" * 60, most=100))
    assert refused.value.size == 120


def test_long_lists_of_nothing_in_common_cost_no_square() -> None:
    before, after = (
        json.dumps([{"n": n, "m": [n]} for n in range(start, start + 5_000)])
        for start in (0, 1_000_000)
    )
    pauses = sum(1 for _ in compared(before, after))
    assert pauses < 2_000
    assert diff_of(before, after).told
