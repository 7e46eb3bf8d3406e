"""Writes what came of a plan of retries to a file, JSON Lines."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from typing_extensions import override

from vzaps_tui.domain.exporting import Sheet
from vzaps_tui.domain.plans import Entry, Plan
from vzaps_tui.domain.retry_reports import export_lines
from vzaps_tui.services.exporting import Tell, Written, write_sheet

_AT_ONCE = 500


class _PlanSheet(Sheet[Entry]):
    """One object an entry; the keys are those of `export_rows`."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @override
    def begin(self) -> str:
        return ""

    @override
    def rows(self, rows: Sequence[Entry]) -> str:
        return "".join(export_lines(self._plan, rows))

    @override
    def front(self) -> str:
        return ""


async def write_plan(
    plan: Plan,
    entries: Sequence[Entry],
    path: str,
    tell: Tell | None = None,
    *,
    replace: bool = False,
) -> Written:
    """Write a plan to a path as a person types it; whole or not at all, for its owner alone.

    Cancelled, it leaves nothing behind. `tell` hears how many rows are written so far.

    Raises:
        ExportExistsError: there is such a file, and `replace` was not said.
        ExportError: it cannot be written; says why, and what next.
    """
    async with aclosing(_some_at_a_time(entries)) as rows:
        return await write_sheet(_PlanSheet(plan), rows, path, tell, replace=replace)


async def _some_at_a_time(entries: Sequence[Entry]) -> AsyncGenerator[Sequence[Entry], None]:
    for start in range(0, len(entries), _AT_ONCE):
        yield entries[start : start + _AT_ONCE]
