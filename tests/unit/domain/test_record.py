"""Records are what the standard library's frozen dataclasses are, only made later."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from typing_extensions import override

from vzaps_tui.domain import record

T = TypeVar("T")


def _made(decorator: Callable[..., Any], *, slots: bool) -> Any:
    """The same class, made by this decorator."""

    @decorator(frozen=True, slots=slots)
    class Row:
        """A row."""

        name: str
        size: int | None = None
        tags: list[str] = dataclasses.field(default_factory=list[str])
        note: str = dataclasses.field(default="", compare=False)
        hidden: str = dataclasses.field(default="", repr=False)
        unhashed: float = dataclasses.field(default=0.0, hash=False)

        def __post_init__(self) -> None:
            if self.size is not None and self.size < 0:
                object.__setattr__(self, "size", 0)

        @property
        def both(self) -> str:
            return f"{self.name}{self.size}"

    return Row


@pytest.fixture(params=[True, False], ids=["slots", "dict"])
def pair(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    return (
        _made(dataclasses.dataclass, slots=request.param),
        _made(record.dataclass, slots=request.param),
    )


VALUES: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    (("a", 1), {}),
    (("a", -1), {}),
    (("a",), {"size": 2, "note": "other"}),
    ((), {"name": "b", "hidden": "x"}),
    (("a", None, ["t"], "n", "h", 1.5), {}),
]


def test_values_compare_print_and_part_as_the_standard_library_has_it(
    pair: tuple[Any, Any],
) -> None:
    theirs = [pair[0](*values, **named) for values, named in VALUES]
    ours = [pair[1](*values, **named) for values, named in VALUES]
    assert [dataclasses.astuple(one) for one in ours] == [dataclasses.astuple(o) for o in theirs]
    assert [repr(one) for one in ours] == [repr(one) for one in theirs]
    same = [[one == other for other in theirs] for one in theirs]
    assert [[one == other for other in ours] for one in ours] == same
    assert ours[0] != theirs[0]
    assert ours[0].both == "aNone"


@pytest.mark.parametrize(
    ("values", "named"),
    [((), {}), (("a",), {"name": "b"}), (("a",), {"other": 1}), (tuple("abcdefg"), {})],
)
def test_what_cannot_be_made_is_refused_at_the_first_time_and_later(
    pair: tuple[Any, Any], values: tuple[Any, ...], named: dict[str, Any]
) -> None:
    for _ in range(2):
        for kind in pair:
            with pytest.raises(TypeError):
                kind(*values, **named)


def test_nothing_can_be_set_or_deleted(pair: tuple[Any, Any]) -> None:
    row = pair[1]("a")
    for name in ("name", "size", "other"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(row, name, 1)
        with pytest.raises(dataclasses.FrozenInstanceError):
            delattr(row, name)
    assert row == pair[1]("a")


def test_each_has_a_default_of_its_own(pair: tuple[Any, Any]) -> None:
    one, other = pair[1]("a"), pair[1]("a")
    one.tags.append("t")
    assert other.tags == []


def test_it_can_be_replaced_copied_and_told_field_by_field(pair: tuple[Any, Any]) -> None:
    row = pair[1]("a", 1, ["t"])
    assert dataclasses.replace(row, size=2) == pair[1]("a", 2, ["t"])
    for twin in (copy.copy(row), copy.deepcopy(row)):
        assert twin == row
        assert twin is not row
    assert dataclasses.is_dataclass(pair[1])
    names = [one.name for one in dataclasses.fields(pair[1])]
    assert names == [one.name for one in dataclasses.fields(pair[0])]
    assert vars(pair[1])["__match_args__"] == vars(pair[0])["__match_args__"]


@record.dataclass(frozen=True, slots=True)
class Point:
    """Hashable; at the top, where it can be pickled."""

    x: int
    y: str = ""


@record.dataclass(frozen=True)
class Box(Generic[T]):
    """Holds one thing."""

    held: T


@record.dataclass(frozen=True, slots=True)
class Own:
    """Has methods of its own, which stay."""

    text: str

    @override
    def __repr__(self) -> str:
        return "own"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    @override
    def __hash__(self) -> int:
        return 7


@record.dataclass(frozen=True, slots=True, order=True)
class Ordered:
    """Has an order: made as ever."""

    rank: int


@given(st.integers(), st.text(), st.integers(), st.text())
def test_equal_ones_have_one_hash(x: int, y: str, x2: int, y2: str) -> None:
    one, other = Point(x, y), Point(x2, y2)
    assert (one == other) == ((x, y) == (x2, y2))
    assert hash(Point(x, y)) == hash(one)
    assert len({one, Point(x, y)}) == 1
    assert pickle.loads(pickle.dumps(one)) == one  # noqa: S301 - of our own making


def test_generic_classes_take_their_argument() -> None:
    assert Box[int](1) == Box(1)
    assert hash(Box("a")) == hash(Box("a"))


def test_methods_of_the_class_stay() -> None:
    assert repr(Own("a")) == "own"
    assert Own("a") == Own("b")
    assert hash(Own("a")) == 7


def test_ordered_ones_are_in_order() -> None:
    assert Ordered(1) < Ordered(2)
    assert sorted([Ordered(2), Ordered(1)]) == [Ordered(1), Ordered(2)]


def test_they_are_read_by_type() -> None:
    assert msgspec.json.decode(b'{"x": 1, "y": "a"}', type=Point) == Point(1, "a")
    assert msgspec.json.encode(Point(1, "a")) == b'{"x":1,"y":"a"}'
    assert TypeAdapter(Point).validate_python({"x": 1}) == Point(1)
    assert TypeAdapter(Point).validate_python(Point(2, "b")) == Point(2, "b")


@pytest.mark.parametrize("field", [{"init": False, "default": 1}, {"kw_only": True}])
def test_fields_that_are_not_made_are_refused(field: dict[str, Any]) -> None:
    class Odd:
        """Has a field that is not given by its place."""

        one: int = dataclasses.field(**field)

    with pytest.raises(TypeError, match="Odd"):
        record.dataclass(frozen=True, slots=True)(Odd)
