"""The walk through JSON text: as strict as the standard library, at any depth, never for long."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vzaps_tui.domain import json_text
from vzaps_tui.domain.json_skim import skimmed
from vzaps_tui.domain.json_text import CLOSE, OPEN, PAUSE, SCALAR, NotJsonError, at_once, pieces

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=15,
)
FRAGMENTS = (
    "{", "}", "[", "]", ",", ":", '"', '"a"', '"\\"', "\\", "\\u0041", "1", "-", "0", "1.5e3",
    "e", "true", "null", "nul", "NaN", "-Infinity", " ", "\n", "\t", "\x0b", "\ufeff", "\ud800",
    ".", "é",
)  # fmt: skip
NEARLY = st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join)


@contextmanager
def slices_of(size: int) -> Generator[None]:
    """Very short slices, so that short texts take the ways of long ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "_SLICE", size)
        patch.setattr(json_text, "_QUICK", size)
        patch.setattr(json_text, "_PIECE_COST", 1)
        yield


def accepts(text: str) -> bool:
    try:
        for _ in pieces(text):
            pass
    except NotJsonError:
        return False
    return True


def loads(text: str, *, strict: bool) -> bool:
    try:
        json.loads(text, strict=strict)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("size", [1, 3, 64 * 1024])
@given(text=NEARLY)
@example("[1,]")
@example("{,}")
@example('{"a"}')
@example('["a":1]')
@example("[1 2]")
@example("[01]")
@example("1 1")
@example('["a\nb"]')
@example('"\\"')
def test_it_accepts_what_the_standard_library_accepts(size: int, text: str) -> None:
    with slices_of(size):
        mine = accepts(text)
    if loads(text, strict=True):
        assert mine
    elif mine and "\\" not in text and "\ufeff" not in text:
        # Only escapes that are none, and raw control characters, are let through.
        assert loads(text, strict=False)


@pytest.mark.parametrize("size", [1, 5, 64 * 1024])
@given(value=VALUES, indent=st.sampled_from([None, 0, 2, "\t"]), plain=st.booleans())
def test_its_pieces_are_those_of_the_tree(
    size: int, value: object, indent: int | str | None, *, plain: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=plain)
    with slices_of(size):
        found = [piece for piece in pieces(text) if piece[0] != PAUSE]
        again = rebuilt(text)
    opened = sum(1 for piece in found if piece[0] == OPEN)
    assert opened == sum(1 for piece in found if piece[0] == CLOSE) == containers(value)
    assert repr(again) == repr(as_read(value))


def containers(value: Any) -> int:
    """How many objects and lists hold something."""
    inner: list[Any] = []
    if isinstance(value, dict):
        inner = list(cast("dict[str, Any]", value).values())
    elif isinstance(value, list):
        inner = cast("list[Any]", value)
    return bool(inner) + sum(map(containers, inner))


def rebuilt(text: str) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vzaps_tui.domain.json_skim._DEEPEST", 1000)
        return at_once(skimmed(text))


def as_read(value: Any) -> Any:
    """The same value with its large numbers as floats."""
    if isinstance(value, dict):
        return {key: as_read(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [as_read(one) for one in cast("list[Any]", value)]
    return float(value) if isinstance(value, int) and len(str(value)) > 18 else value


def test_keys_that_repeat_and_numbers_of_any_size_are_pieces_like_others() -> None:
    number = "1" * 100_000
    text = f'{{"a": {number}, "a": -1e999999, "a": 2}}'
    found = [text[value:end] for kind, _, value, end in pieces(text) if kind == SCALAR]
    assert found == [number, "-1e999999", "2"]
    assert at_once(skimmed(text)) == {"a": 2}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 0),
        ("[1, 2", 5),
        ('{"a": tru}', 6),
        ('{"a" 1}', 5),
        ("[1]]", 3),
        ('["abc', 5),
        ("{1:2}", 1),
    ],
)
def test_where_it_is_no_json_is_told(text: str, place: int) -> None:
    with pytest.raises(NotJsonError) as refused:
        list(pieces(text))
    assert refused.value.place == place


MB5 = 5_000_000
LARGE = {
    "a history": json.dumps([{"id": f"55119{n}@s.whatsapp.net", "n": n} for n in range(100_000)]),
    "pretty": json.dumps([{"id": f"55119{n}", "n": n} for n in range(60_000)], indent=2),
    "one string": '"' + "a" * MB5 + '"',
    "one string of escapes": '["' + '\\"' * (MB5 // 2) + '"]',
    "one number": "1" * MB5,
    "spaces": "[" + " " * MB5 + "1]",
    "10,000 levels": "[" * 10_000 + "]" * 10_000,
    "100,000 levels": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "a list of ones": "[" + "1," * 200_000 + "1]",
    "broken at its end": "[" + '"abc",' * 100_000 + "x]",
}


class Counted:
    """A pattern that notes how many characters it looked at, at the most."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self.looked_at = 0

    def match(self, text: str, at: int, limit: int = sys.maxsize) -> re.Match[str] | None:
        found = self._pattern.match(text, at, limit)
        self.looked_at += (found.end() if found else min(limit, len(text))) - at
        return found


WALKING = ("_ELEMENT", "_MEMBER", "_SPACE", "_STRING_PART", "_BARE")


@pytest.mark.parametrize("name", LARGE)
def test_no_slice_is_long(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two pauses few pieces are told, and few characters looked at."""
    patterns = [Counted(getattr(json_text, pattern)) for pattern in WALKING]
    for walking, pattern in zip(WALKING, patterns, strict=True):
        monkeypatch.setattr(json_text, walking, pattern)
    slices = list(works(LARGE[name], patterns))
    # As many as 64 K characters are, and what was begun when they were over.
    assert max(told for told, _ in slices) <= 2 * 64 * 1024 // 48
    assert max(looked_at for _, looked_at in slices) <= 1.5 * 64 * 1024


def works(text: str, patterns: list[Counted]) -> Iterator[tuple[int, int]]:
    """Of each slice how many pieces were told, and how many characters were looked at."""
    told = 0

    def done() -> tuple[int, int]:
        looked_at = sum(pattern.looked_at for pattern in patterns)
        for pattern in patterns:
            pattern.looked_at = 0
        return told, looked_at

    try:
        for kind, *_ in pieces(text):
            told += 1
            if kind == PAUSE:
                yield done()
                told = 0
    except NotJsonError:
        pass
    yield done()


def test_what_nobody_looks_at_is_not_kept() -> None:
    deep = '{"a":' * 10_000 + "1" + "}" * 10_000
    value: Any = at_once(skimmed(deep))
    depth = 0
    while value:
        value, depth = value["a"], depth + 1
    assert 10 < depth < 30
    wide: Any = at_once(skimmed(json.dumps([1] * 50_000)))
    assert len(wide) == 10_000


def test_a_text_is_read_the_same_whatever_comes_before_it() -> None:
    rng = random.Random(5)  # noqa: S311 - the same texts each time
    for _ in range(200):
        value = {"".join(rng.choices('a"\\\n', k=3)): rng.random() for _ in range(5)}
        text = " " * rng.randrange(9) + json.dumps(value, indent=rng.choice([None, 1]))
        assert at_once(skimmed("\ufeff" + text)) == at_once(skimmed(text)) == as_read(value)
