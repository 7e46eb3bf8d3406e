"""The pure rules by which pages become one list: no doubles, no gap, the fresher row wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.readings import is_older, is_unchanged


def fresher(held: Delivery, read: Delivery) -> Delivery:
    """Of two readings of a delivery the one that knows more tries; the one read now on a tie.

    It keeps the key, and the lasting facts that the other reading alone told.
    """
    new, old = (held, read) if is_older(read, held) else (read, held)
    if (new.key, new.created_at, new.target) == (held.key, old.created_at, old.target):
        return new
    return replace(
        new,
        key=held.key,
        event=new.event or old.event,
        target=old.target if new.target is None else new.target,
        created_at=new.created_at or old.created_at,
    )


@dataclass(frozen=True, slots=True)
class Splice:
    """A page worked into a list.

    Attributes:
        rows: the list with the page in it.
        last_known: place, in the list before, of the last row of the page that it held; None if it
            held none.
        grew: whether rows came after the list's end.
        reaches_end: whether the page's last row is the list's last row now.
    """

    rows: tuple[Delivery, ...]
    last_known: int | None
    grew: bool
    reaches_end: bool


def splice(rows: Sequence[Delivery], items: Iterable[Delivery]) -> Splice:
    """Work a page into a list: known rows are updated in place and show where the others belong.

    A row that the list does not hold goes before the next one of the page that it does; rows after
    the last such one go to the end, which is right only if the page follows the list or meets it.
    """
    place = {row.key: index for index, row in enumerate(rows)}
    updated = list(rows)
    ahead: dict[int, list[Delivery]] = {}
    fresh: dict[str, Delivery] = {}
    last_known: int | None = None
    last_key = ""
    done: set[str] = set()
    for item in items:
        if item.key in done:
            continue
        done.add(item.key)
        last_key = item.key
        at = place.get(item.key)
        if at is None:
            fresh[item.key] = item
            continue
        updated[at] = fresher(updated[at], item)
        if fresh:
            ahead.setdefault(at, []).extend(fresh.values())
            fresh = {}
        last_known = at
    if ahead:
        updated = [row for at, kept in enumerate(updated) for row in (*ahead.get(at, ()), kept)]
    whole = (*updated, *fresh.values())
    reaches_end = bool(done) and whole[-1].key == last_key
    return Splice(whole, last_known, bool(fresh), reaches_end)


def meeting(fresh: Sequence[Delivery], held: Sequence[Delivery]) -> int | None:
    """Where rows read anew from the top meet the list held before.

    Returns:
        Place in `held` of the lowest fresh row that it holds and that did not change since: a
        changed row may have been moved to the top by a server that sorts by change, and would
        prove nothing about what lies between. None: they do not meet yet.
    """
    place = {row.key: index for index, row in enumerate(held)}
    for row in reversed(fresh):
        at = place.get(row.key)
        if at is not None and is_unchanged(held[at], row):
            return at
    return None


def overlay(
    fresh: Sequence[Delivery], held: Sequence[Delivery], meet: int | None
) -> tuple[Delivery, ...]:
    """The fresh rows, then what was held below the place where they meet.

    Rows that were held above it and are not among the fresh ones are gone from the server's list.
    """
    before = {row.key: row for row in held}
    top = [fresher(before[row.key], row) if row.key in before else row for row in fresh]
    if meet is None:
        return tuple(top)
    known = {row.key for row in fresh}
    return (*top, *(row for row in held[meet + 1 :] if row.key not in known))


def updated_by(rows: Iterable[Delivery], others: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """The rows, each with what `others` know fresher of it."""
    known = {row.key: row for row in others}

    def updated(row: Delivery) -> Delivery:
        other = known.get(row.key)
        # Most are the very same object: comparing twenty thousand would hold up the loop.
        return row if other is None or other is row else fresher(row, other)

    return tuple(updated(row) for row in rows)
