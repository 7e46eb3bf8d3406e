"""Two readings of one delivery become one: the fresher try counts, no lasting fact is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from vzaps_tui.domain.deliveries import Delivery


def _moment(row: Delivery) -> datetime | None:
    known = [moment for moment in (row.updated_at, row.last_attempt_at) if moment]
    return max(known, default=None)


def is_older(row: Delivery, than: Delivery) -> bool:
    """Whether `row` knows less of the delivery's tries; measures that one lacks do not count."""
    mine, other = _moment(row), _moment(than)
    if mine and other and mine != other:
        return mine < other
    if row.attempts is not None and than.attempts is not None:
        return row.attempts < than.attempts
    return False


def is_unchanged(held: Delivery, read: Delivery) -> bool:
    """Whether nothing happened to a delivery between two readings of it."""
    return read.status_class is held.status_class and not is_older(held, read)


def merged(held: Delivery, read: Delivery) -> Delivery:
    """What two readings of a delivery know together, under the key of the one held.

    The one that knows more tries counts; the one read now on a tie. Lasting facts come from the
    other where it lacks them; what belongs to a try does so only if both tell of the same one.
    """
    if read == held:
        return held
    new, old = (held, read) if is_older(read, held) else (read, held)
    both = replace(
        new,
        id=new.id or old.id,
        key=held.key,
        event=new.event or old.event,
        target=old.target if new.target is None else new.target,
        attempts=old.attempts if new.attempts is None else new.attempts,
        created_at=new.created_at or old.created_at,
        last_attempt_at=new.last_attempt_at or old.last_attempt_at,
        updated_at=new.updated_at or old.updated_at,
    )
    if new.status_class is not old.status_class or is_older(old, new):
        return both
    return replace(
        both,
        status=new.status or old.status,
        http_status=old.http_status if new.http_status is None else new.http_status,
        error=old.error if new.error is None else new.error,
        duration_ms=old.duration_ms if new.duration_ms is None else new.duration_ms,
        next_retry_at=new.next_retry_at or old.next_retry_at,
    )
