"""Facts folded into groups of deliveries that were answered alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.selection import Group
from vzaps_tui.domain.triage import target_host
from vzaps_tui.storage.archive_rows import Fact, moment_of, probe

Alike = tuple[StatusClass, int | None, FailureKind, str, str]


class Folds:
    """Groups being counted."""

    def __init__(self, facts: Mapping[int, Fact]) -> None:
        self._facts = facts
        self._parts: dict[Alike, list[tuple[int, int, int, int]]] = {}

    def add(self, number: int, count: int, first: int, last: int) -> None:
        """So many rows of a fact, between two times in microseconds."""
        row = probe(self._facts[number])
        alike = (
            row.status_class,
            row.http_status or None,
            failure_kind(row),
            target_host(row.target),
            row.event,
        )
        self._parts.setdefault(alike, []).append((number, count, first, last))

    def groups(self, newest: Callable[[Sequence[int]], int]) -> tuple[Group, ...]:
        """The groups, most rows first.

        Args:
            newest: tells the number of the newest row of some facts.
        """
        made: list[Group] = []
        for alike, parts in self._parts.items():
            timed = [part for part in parts if self._facts[part[0]].timed]
            latest = max(last for _, _, _, last in parts)
            made.append(
                Group(
                    *alike,
                    sum(count for _, count, _, _ in parts),
                    moment_of(min(first for _, _, first, _ in timed)) if timed else None,
                    moment_of(max(last for _, _, _, last in timed)) if timed else None,
                    newest([number for number, _, _, last in parts if last == latest]),
                )
            )
        made.sort(key=lambda group: (-group.count, group.event, group.host, group.code or 0))
        return tuple(made)
