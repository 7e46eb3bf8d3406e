"""Puts rows into a selection that it does not have yet, each in its place.

The selection is not sorted anew: only those of its rows are looked up that are near the new ones.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection
from functools import partial
from itertools import islice
from typing import Final

_AT_ONCE: Final = 1000
"""Rows looked up in one go."""
# Numbers first: by the scope's index every row would be looked at.
_PLACES: Final = (
    "SELECT deliveries.id, -at, rank FROM json_each(?) AS one CROSS JOIN deliveries"
    " ON deliveries.id = one.value WHERE scope = ?"
)
_PLACE: Final = "SELECT -at, rank FROM deliveries WHERE id = ?"

Place = tuple[int, float]
"""Time in microseconds, negated, and rank: of two rows the one with the lower place is above."""


class DroppedError(LookupError):
    """A row of a selection is not there any more, though nobody noted that it was dropped."""


def place_of(db: sqlite3.Connection, number: int) -> Place:
    """The place of a row.

    Raises:
        DroppedError: there is no such row.
    """
    row = db.execute(_PLACE, (number,)).fetchone()
    if row is None:
        raise DroppedError(number)
    return row[0], row[1]


def with_others(
    db: sqlite3.Connection,
    scope: int,
    found: array[int],
    others: Collection[int],
    check: Callable[[], None],
) -> array[int]:
    """A selection and other rows of its scope, in order.

    Costs a few lookups for each row that comes in: one for its neighbour's neighbour.

    Args:
        db: the archive, in the state in which the selection was made.
        scope: its number.
        found: numbers of the selection, in order.
        others: numbers of any rows; none of them is in the selection.
        check: called now and then; what it raises ends it.

    Returns:
        The very selection if nothing comes in.

    Raises:
        DroppedError: a row of the selection is not there.
    """
    places = _places(db, scope, others, check)
    if not places:
        return found
    merged = array("q")
    done = 0
    for number, place in sorted(places.items(), key=lambda item: item[1]):
        check()
        at = _where(db, found, place, done)
        append_part(merged, found, done, at)
        merged.append(number)
        done = at
    append_part(merged, found, done, len(found))
    return merged


def append_part(numbers: array[int], others: array[int], start: int, stop: int) -> None:
    """Append a part of other numbers, of which there may be millions, copied but once."""
    with memoryview(others) as view:
        numbers.frombytes(view[start:stop].cast("B"))


def _where(db: sqlite3.Connection, found: array[int], place: Place, start: int) -> int:
    """Where a row belongs, not above `start`: near it first, for rows seldom come alone."""
    low = high = start
    step = 1
    while high < len(found) and place_of(db, found[high]) < place:
        low, high, step = high + 1, high + step, 2 * step
    return bisect_left(found, place, low, min(high, len(found)), key=partial(place_of, db))


def _places(
    db: sqlite3.Connection, scope: int, numbers: Collection[int], check: Callable[[], None]
) -> dict[int, Place]:
    """Places of those of the numbers that are rows of the scope."""
    found: dict[int, Place] = {}
    flow = iter(numbers)
    while some := list(islice(flow, _AT_ONCE)):
        check()
        rows = db.execute(_PLACES, (json.dumps(some), scope))
        found.update((number, (at, rank)) for number, at, rank in rows)
    return found
