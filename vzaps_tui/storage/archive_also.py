"""Puts rows into a selection that it would not have, each in its place.

The selection is not sorted anew: only those of its rows are looked up that are near the new ones.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

_BLOCK: Final = 256
"""Rows of a selection that are looked up together."""
_AT_ONCE: Final = 5000
"""Rows compared in one go: more would hold up other threads (PERF 4)."""
# Numbers first: by the scope's index every row would be looked at.
_PLACES: Final = (
    "SELECT deliveries.id, -at, rank FROM json_each(?) AS one CROSS JOIN deliveries"
    " ON deliveries.id = one.value WHERE scope = ?"
)

_Place = tuple[int, float]
"""Time, negated, and rank: of two rows the one with the lower place stands above."""


def with_others(
    db: sqlite3.Connection,
    scope: int,
    found: array[int],
    others: Collection[int],
    check: Callable[[], None],
) -> array[int]:
    """A selection and other rows of its scope, in order, none twice.

    Costs a few lookups for each row that comes in, at worst one for each row there is.

    Args:
        db: the archive, in the state in which the selection was made.
        scope: its number.
        found: numbers of the selection, in order.
        others: numbers of any rows.
        check: called now and then; what it raises ends it.
    """
    missing = set(others)
    for start in range(0, len(found) if missing else 0, _AT_ONCE):
        missing.difference_update(found[start : start + _AT_ONCE])
        check()
    wanted = _places(db, scope, missing, check)
    if not wanted:
        return found
    blocks = _sort_out(db, scope, found, wanted, check)
    merged = array("q")
    done = 0
    for start in sorted(blocks):
        merged.extend(found[done:start])
        done = start + _BLOCK
        mine = blocks[start] | _places(db, scope, found[start:done], check)
        merged.extend(sorted(mine, key=mine.__getitem__))
    merged.extend(found[done:])
    return merged


def _sort_out(
    db: sqlite3.Connection,
    scope: int,
    found: array[int],
    wanted: dict[int, _Place],
    check: Callable[[], None],
) -> dict[int, dict[int, _Place]]:
    """The new rows by the block of the selection that each belongs into: where that begins."""
    heads = found[::_BLOCK]
    known = _places(db, scope, heads, check)
    edges = [known[number] for number in heads]
    blocks: dict[int, dict[int, _Place]] = defaultdict(dict)
    for number, place in wanted.items():
        blocks[max(0, bisect_right(edges, place) - 1) * _BLOCK][number] = place
    return blocks


def _places(
    db: sqlite3.Connection, scope: int, numbers: Iterable[int], check: Callable[[], None]
) -> dict[int, _Place]:
    """Places of those of the numbers that are rows of the scope."""
    wanted: Sequence[int] = list(numbers)
    found: dict[int, _Place] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        check()
        some = json.dumps(wanted[start : start + _AT_ONCE])
        found.update(
            (number, (at, rank)) for number, at, rank in db.execute(_PLACES, (some, scope))
        )
    return found
