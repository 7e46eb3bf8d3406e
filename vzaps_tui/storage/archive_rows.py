"""Deliveries as the archive keeps them: times as numbers, secrets masked, text that can be stored.

What is read back is not always equal to what was put: targets and errors are masked, times are in
UTC, and what no database holds (lone surrogates, numbers beyond 64 bits) is spelt or cut.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.masking import mask_url

Mask = Callable[[str], str]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO: Final = timedelta(microseconds=1)
_INT: Final = 2**63 - 1
_LAST_YEAR: Final = 9999

UNNAMED, PLAIN, ODD = 0, 1, 2
"""How a row is named: not at all; by a key that is plain ASCII and its id; in any other way."""

COLUMNS: Final = "id, key, log, fact, attempts, duration, created, last, next, updated"


class Fact(NamedTuple):
    """What many deliveries have in common; masked."""

    named: int
    timed: bool
    status: str
    event: str
    code: int | None
    error: str | None
    target: str | None


def micros(moment: datetime) -> int:
    """Microseconds since 1970, of a moment that can be told again in UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICRO


_FIRST: Final = micros(datetime(1, 1, 1, tzinfo=UTC))
_LAST: Final = micros(datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC))


def _kept_moment(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    number = (moment - _EPOCH) // _MICRO if moment.tzinfo is UTC else micros(moment)
    return number if _FIRST <= number <= _LAST else min(max(number, _FIRST), _LAST)


def moment_of(number: int) -> datetime:
    """The moment again, in UTC."""
    return _EPOCH + timedelta(0, 0, number)


def storable(text: str) -> str:
    r"""Text that SQLite takes: lone surrogates are spelt out, `\ud800`."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def kept(row: Delivery) -> Delivery:
    """A delivery with nothing in it that could not be stored; secrets are still in it."""
    key, ident = storable(row.key), storable(row.id)
    status, event = storable(row.status), storable(row.event)
    error = None if row.error is None else storable(row.error)
    target = None if row.target is None else storable(row.target)
    if (key, ident, status, event) == (row.key, row.id, row.status, row.event) and (
        error == row.error and target == row.target and _is_tame(row)
    ):
        return row
    return Delivery(
        LogId(ident),
        key,
        status,
        event,
        target,
        _whole(row.attempts),
        _whole(row.http_status),
        error,
        _finite(row.duration_ms),
        *map(_tamed, (row.created_at, row.last_attempt_at, row.next_retry_at, row.updated_at)),
    )


def _is_tame(row: Delivery) -> bool:
    for moment in (row.created_at, row.last_attempt_at, row.next_retry_at, row.updated_at):
        if moment is not None and (moment.tzinfo is None or not 1 < moment.year < _LAST_YEAR):
            return False
    return (
        -_INT <= (row.attempts or 0) <= _INT
        and -_INT <= (row.http_status or 0) <= _INT
        and math.isfinite(row.duration_ms or 0)
    )


def _tamed(moment: datetime | None) -> datetime | None:
    """An aware moment that can be told in UTC; at the edges of time zones lead beyond."""
    number = _kept_moment(moment)
    return None if number is None else moment_of(number)


def _whole(number: int | None) -> int | None:
    return None if number is None else min(max(number, -_INT), _INT)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def fact_of(row: Delivery, mask: Mask) -> Fact:
    """What of a row others may have in common with it, masked."""
    target, error = row.target, row.error
    return Fact(
        naming(row),
        is_timed(row),
        row.status,
        row.event,
        row.http_status,
        None if error is None else mask(error),
        None if target is None else mask(mask_url(target)),
    )


def naming(row: Delivery) -> int:
    """How the row is named."""
    if not row.id:
        return UNNAMED
    return PLAIN if row.id == row.key and row.id.isascii() and "\0" not in row.id else ODD


def is_timed(row: Delivery) -> bool:
    """Whether the row has a time of its own to be sorted and found by."""
    return (row.created_at or row.last_attempt_at or row.updated_at) is not None


def time_of(row: Delivery) -> int | None:
    """The time it is sorted by, as a number."""
    return _kept_moment(row.created_at or row.last_attempt_at or row.updated_at)


def own_of(row: Delivery) -> tuple[Any, ...]:
    """What is a row's own: log, attempts, duration and the four times, as columns."""
    return (
        None if row.id == row.key else row.id,
        row.attempts,
        row.duration_ms,
        _kept_moment(row.created_at),
        _kept_moment(row.last_attempt_at),
        _kept_moment(row.next_retry_at),
        _kept_moment(row.updated_at),
    )


def delivery_of(columns: Sequence[Any], fact: Fact) -> Delivery:
    """The delivery again, from `COLUMNS` and its fact."""
    _, key, log, _, attempts, duration, created, last, after, updated = columns
    return Delivery(
        key if log is None else log,
        key,
        fact[2],
        fact[3],
        fact[6],
        attempts,
        fact[4],
        fact[5],
        duration,
        None if created is None else _EPOCH + timedelta(0, 0, created),
        None if last is None else _EPOCH + timedelta(0, 0, last),
        None if after is None else _EPOCH + timedelta(0, 0, after),
        None if updated is None else _EPOCH + timedelta(0, 0, updated),
    )


def probe(fact: Fact) -> Delivery:
    """A delivery that has what the fact tells, and neither id nor time nor tries."""
    return Delivery(
        LogId(""),
        "",
        fact.status,
        fact.event,
        target=fact.target,
        http_status=fact.code,
        error=fact.error,
    )


def marks(count: int) -> str:
    """Question marks for so many values."""
    return ",".join("?" * count)


class FactShelf:
    """Facts read so far by one connection; they never change, so each is read once."""

    LIMIT = 200_000

    def __init__(self) -> None:
        self._known: dict[int, Fact] = {}

    def get(self, db: sqlite3.Connection, wanted: Iterable[int]) -> dict[int, Fact]:
        """Facts by number; those asked for are among them, unless there is no such."""
        missing = [number for number in set(wanted) if number not in self._known]
        if missing and len(self._known) > self.LIMIT:
            self._known.clear()
            missing = list(set(wanted))
        for start in range(0, len(missing), 500):
            some = missing[start : start + 500]
            for number, named, timed, *rest in db.execute(
                "SELECT id, named, timed, status, event, code, error, target FROM facts"  # noqa: S608 - question marks only
                f" WHERE id IN ({marks(len(some))})",
                some,
            ):
                self._known[number] = Fact(named, bool(timed), *rest)
        return self._known
