"""Deliveries that pass by once, folded into groups: what an archive does, without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from vzaps_tui.domain.deliveries import Delivery, classify
from vzaps_tui.domain.failures import failure_kind
from vzaps_tui.domain.selection import Group
from vzaps_tui.domain.span import AHEAD, CREDIBLE
from vzaps_tui.domain.triage import Findings, examine, target_host

_Raw = tuple[str, int | None, str | None, str | None, str]
_REMEMBERED = 20_000
_host = lru_cache(maxsize=4096)(target_host)


class _Told:
    """What is counted of rows that were told in the same words."""

    __slots__ = ("count", "first", "last", "sample")

    def __init__(self, sample: Delivery) -> None:
        self.count = 0
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.sample = sample

    def add(self, count: int, first: datetime | None, last: datetime | None, row: Delivery) -> None:
        """So many more, between two times; `row` is the newest of them."""
        self.count += count
        self.first, self.last, newer = _wider(self.first, self.last, first, last)
        if newer:
            self.sample = row


def _wider(
    first: datetime | None, last: datetime | None, other: datetime | None, later: datetime | None
) -> tuple[datetime | None, datetime | None, bool]:
    """A stretch of time with another one in it, and whether it got a later end."""
    if other is not None and (first is None or other < first):
        first = other
    if later is not None and (last is None or later > last):
        return first, later, True
    return first, last, False


class Fold:
    """Groups being counted; memory grows with what rows differ in, not with their number.

    Attributes:
        words: how many rows have each status word.
        first: the oldest time.
        last: the newest time; both None where none is told. Times that cannot be meant count as
            not told.

    All of them are up to date after `findings`.
    """

    def __init__(self, now: datetime) -> None:
        self.words: dict[str, int] = {}
        self.first: datetime | None = None
        self.last: datetime | None = None
        self._now = now
        self._limit = now + AHEAD
        self._raw: dict[_Raw, _Told] = {}
        self._groups: dict[tuple[object, ...], tuple[Group, _Told]] = {}

    def add(self, rows: Iterable[Delivery]) -> None:
        """Count rows, in any order."""
        for row in rows:
            moment = row.time
            if moment is not None and not CREDIBLE <= moment <= self._limit:
                moment = None
            raw = (row.status, row.http_status, row.error, row.target, row.event)
            told = self._raw.get(raw)
            if told is None:
                told = self._raw[raw] = _Told(row)
            told.add(1, moment, moment, row)
        # Errors that are all different would otherwise be kept one by one.
        if len(self._raw) > _REMEMBERED:
            self._settle()

    def findings(self) -> Findings:
        """The causes of the failures so far, each with its sample."""
        self._settle()
        samples = [told.sample for _, told in self._groups.values()]
        groups = [
            replace(group, count=told.count, first=told.first, last=told.last, sample=number)
            for number, (group, told) in enumerate(self._groups.values())
        ]
        found = examine(groups, groups, self._now)
        causes = (replace(cause, sample=samples[cause.number]) for cause in found.causes)
        return replace(found, causes=tuple(causes))

    def _settle(self) -> None:
        """Fold what was told in different words and means the same."""
        for (status, code, _, target, event), told in self._raw.items():
            row = told.sample
            kind, host = failure_kind(row), _host(target)
            status_class = classify(status, code)
            alike = (status_class, code or None, kind, host, event)
            found = self._groups.get(alike)
            if found is None:
                group = Group(*alike, 0, None, None, 0)
                found = self._groups[alike] = (group, _Told(row))
            found[1].add(told.count, told.first, told.last, row)
            self.first, self.last, _ = _wider(self.first, self.last, told.first, told.last)
            word = row.status_word
            self.words[word] = self.words.get(word, 0) + told.count
        self._raw.clear()
