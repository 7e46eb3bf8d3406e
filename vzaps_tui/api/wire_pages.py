"""Pages of rows, in every shape they are known to come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from vzaps_tui.api.wire import Fields, as_list, as_object
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.problems import ProtocolError

T = TypeVar("T")

_ROWS: Final = ("content", "items", "data", "logs", "results", "rows")
_ABSURD: Final = 10**12


@dataclass(frozen=True, slots=True)
class RawPage:
    """Rows as they came, with what was told of the whole list.

    Attributes:
        rows: each with its JSON path; only objects.
        unreadable: rows that were no objects.
    """

    rows: tuple[tuple[str, dict[str, object]], ...]
    unreadable: int
    size: int
    total: int | None
    total_pages: int | None


def _count(fields: Fields, *names: str) -> int | None:
    for source in (
        fields,
        *(inner for n in ("totals", "meta", "pagination") if (inner := fields.inner(n))),
    ):
        found = source.integer(*names)
        if found is not None and 0 <= found < _ABSURD:
            return found
    return None


def _size(told: int | None, asked: int, total: int | None, got: int) -> int:
    """The page size the server goes by.

    Where it does not say, a page shorter than was asked for, of a list that is longer, shows it.
    """
    if told:
        return told
    return got if total is not None and 0 < got < min(asked, total) else asked


def _rows(payload: object, fields: Fields | None) -> tuple[str, list[object]]:
    listed = as_list(payload)
    if listed is not None:
        return "$", listed
    if fields is None:
        kind = "null" if payload is None else type(payload).__name__
        raise ProtocolError(f"$: a page of rows should be here, not {kind}")
    for name in _ROWS:
        found = as_list(fields.pick(name))
        if found is not None:
            return f"$.{name}", found
    if fields.has(*_ROWS) and fields.pick(*_ROWS) is None:
        return "$.content", []  # an empty list may be written as null
    raise ProtocolError("$.content: a list of rows should be here")


def read_rows(payload: object, size: int) -> RawPage:
    """A page's rows: below `content`, `items` or `data` (CONTRACT 7, row 7), or a bare list.

    Args:
        payload: the unwrapped answer.
        size: how many rows were asked for.

    Raises:
        ProtocolError: there is no list of rows.
    """
    fields = Fields.of(payload)
    if fields is not None and fields.items(*_ROWS) is None:
        inner = fields.inner("data", "page", "result")
        fields = inner or fields
    path, listed = _rows(payload, fields)
    rows = tuple(
        (f"{path}[{index}]", row)
        for index, item in enumerate(listed)
        if (row := as_object(item)) is not None
    )
    known = fields or Fields({})
    total = _count(known, "total", "total_items", "total_elements")
    told = _count(known, "size", "page_size", "per_page")
    return RawPage(
        rows=rows,
        unreadable=len(listed) - len(rows),
        size=_size(told, size, total, len(listed)),
        total=total,
        total_pages=_count(known, "total_pages"),
    )


def page_of(raw: RawPage, number: int, items: tuple[T, ...], unreadable: int = 0) -> Page[T]:
    """A page by the number asked for: a server that ignores paging answers with its own."""
    return Page(
        items=items,
        number=number,
        size=raw.size,
        total=raw.total,
        total_pages=raw.total_pages,
        unreadable=raw.unreadable + unreadable,
    )


def merge(rows: list[T], key: Callable[[T], str], newer: Callable[[T, T], bool]) -> list[T]:
    """One row per key, at its first place: the newest of its doubles."""
    kept: dict[str, T] = {}
    for row in rows:
        name = key(row)
        if name not in kept or newer(row, kept[name]):
            kept[name] = row
    return list(kept.values())
