"""Tolerant reading of parsed JSON, and the strict check behind it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

from vzaps_tui.domain.problems import ProtocolError

T = TypeVar("T")

_MS_ABOVE: Final = 1e11
_OLDEST, _NEWEST = 946_684_800.0, 4_102_444_800.0  # 2000 and 2100: beyond is no time of a delivery
_YEARS: Final = range(2000, 2100)
_NUMBER: Final = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?")
_FLAGS: Final = {"true": True, "false": False, "1": True, "0": False}
_STRICT: Final = ConfigDict(strict=True, revalidate_instances="always")


def as_object(value: object) -> dict[str, object] | None:
    """A JSON object, or None."""
    return cast("dict[str, object]", value) if isinstance(value, dict) else None


def as_list(value: object) -> list[object] | None:
    """A JSON array, or None."""
    return cast("list[object]", value) if isinstance(value, list) else None


@lru_cache(maxsize=2048)
def blind(name: str) -> str:
    """A key as it is compared: `message_i_ds` and `MessageIDs` are one (CONTRACT 5.2)."""
    return name.replace("_", "").replace("-", "").lower()


def pick(source: Mapping[str, object], *names: str) -> object:
    """The first value, in the order of names, that is not null; keys are compared blindly."""
    return Fields(source).pick(*names)


def number(value: object) -> float | None:
    """A finite number, also one written as text; None for all else."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def moment(value: object) -> datetime | None:
    """A time, aware, UTC; None where it is no time or an absurd one (CONTRACT 8, time zone).

    ISO text with Z or an offset; naive text is UTC; numbers, also as text, are seconds, or
    milliseconds above 10^11. Only 2000 to 2099 is believed: servers write "never" as the year 1.
    """
    stamp = number(value)
    if stamp is not None:
        seconds = stamp / 1000 if stamp > _MS_ABOVE else stamp
        return datetime.fromtimestamp(seconds, UTC) if _OLDEST <= seconds < _NEWEST else None
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if found.year not in _YEARS:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


class Fields:
    """A JSON object read by many possible names; null counts as not there."""

    __slots__ = ("_values",)

    def __init__(self, source: Mapping[str, object]) -> None:
        self._values: dict[str, object] = {}
        for name, value in source.items():
            key = blind(name)
            if self._values.get(key) is None:
                self._values[key] = value

    @classmethod
    def of(cls, value: object) -> Fields | None:
        """The fields of a JSON object; None for anything else."""
        found = as_object(value)
        return None if found is None else cls(found)

    def has(self, *names: str) -> bool:
        """Whether one of the keys is there, be it null."""
        return any(blind(name) in self._values for name in names)

    def _each(self, names: tuple[str, ...]) -> Iterable[object]:
        return (value for name in names if (value := self._values.get(blind(name))) is not None)

    def pick(self, *names: str) -> object:
        """The first that is not null."""
        return next(iter(self._each(names)), None)

    def text(self, *names: str) -> str | None:
        """The first that is text with something in it, or a number as text."""
        for value in self._each(names):
            if isinstance(value, str) and value.strip():
                return value
            if isinstance(value, int | float) and not isinstance(value, bool):
                return str(value)
        return None

    def number(self, *names: str) -> float | None:
        """The first that is a finite number."""
        return next((n for value in self._each(names) if (n := number(value)) is not None), None)

    def integer(self, *names: str) -> int | None:
        """The first that is a whole number."""
        found = self.number(*names)
        return int(found) if found is not None and found.is_integer() else None

    def flag(self, *names: str) -> bool | None:
        """The first that is true or false, also as text or as 1 and 0."""
        for value in self._each(names):
            found = value if isinstance(value, bool) else _FLAGS.get(str(value)[:5].lower())
            if found is not None:
                return found
        return None

    def moment(self, *names: str) -> datetime | None:
        """The first that is a believable time."""
        return next((m for value in self._each(names) if (m := moment(value)) is not None), None)

    def items(self, *names: str) -> list[object] | None:
        """The first that is an array."""
        return next((i for value in self._each(names) if (i := as_list(value)) is not None), None)

    def inner(self, *names: str) -> Fields | None:
        """The first that is an object."""
        return next((f for value in self._each(names) if (f := Fields.of(value)) is not None), None)

    def words(self, *names: str) -> tuple[str, ...] | None:
        """The first that is a list of names, or names joined by commas; none empty, no doubles."""
        for value in self._each(names):
            listed = value.split(",") if isinstance(value, str) else as_list(value)
            if listed is not None:
                texts = (item.strip() for item in listed if isinstance(item, str))
                return tuple(dict.fromkeys(text for text in texts if text))
        return None


@cache
def _adapter(kind: type[T]) -> TypeAdapter[tuple[T, ...]]:
    # The container carries the configuration into the domain's plain dataclasses.
    many: Any = tuple[kind, ...]
    return TypeAdapter(many, config=_STRICT)


def prepare(*kinds: type[object]) -> None:
    """Build the checkers of these models ahead of time: 40 ms that no event loop should pay."""
    for kind in kinds:
        _adapter(kind)


def checked(kind: type[T], found: Iterable[tuple[str, T]]) -> tuple[T, ...]:
    """Models that were put together from the wire, once they are proven to be what they claim.

    Args:
        kind: the domain model.
        found: each with its JSON path in the payload.

    Raises:
        ProtocolError: with the JSON path of the first field that is not of its type.
    """
    pairs = tuple(found)
    try:
        return _adapter(kind).validate_python(tuple(model for _, model in pairs))
    except ValidationError as error:
        # Values are left out: they may be secret.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    row, *rest = first["loc"]
    path = pairs[row][0] if isinstance(row, int) else "$"
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest)
    raise ProtocolError(f"{path}{steps}: {first['msg'].lower()}")
