"""A journal of plans as scenes find it: each made in memory, in the state the scene wants."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from tests.builders import INSTANCE, NOW
from tests.ui.harness import IDENTITY
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.plans import Entry, Plan, PlanId, PlanState, freeze
from vzaps_tui.domain.retries import Outcome, RetryPlan
from vzaps_tui.services.memory_journal import MemoryJournal

WORDS: dict[Outcome, str] = {
    Outcome.DELIVERED: "200 in 42 ms",
    Outcome.FAILED_AGAIN: "502 in 1.2 s",
    Outcome.REFUSED: "409: the instance is being moved",
    Outcome.UNKNOWN: "the answer was lost; not sent again",
    Outcome.NO_NEWS: "accepted, but the log shows nothing new after 8 s",
    Outcome.SKIPPED: "delivered meanwhile",
    Outcome.ACCEPTED: "awaited",
}
_CODES = {Outcome.DELIVERED: 200, Outcome.FAILED_AGAIN: 502}
_UNSENT = (Outcome.QUEUED, Outcome.SKIPPED)


def entries(
    rows: Sequence[Delivery], outcomes: Iterable[Outcome], begun: datetime
) -> tuple[Entry, ...]:
    """Entries for rows, one sent each second; what has no outcome is still to be sent."""
    ends = list(outcomes)
    made: list[Entry] = []
    for entry in freeze(RetryPlan(INSTANCE, tuple(rows)), begun):
        outcome = ends[entry.place] if entry.place < len(ends) else Outcome.QUEUED
        at = begun + timedelta(seconds=entry.place)
        told = replace(entry, outcome=outcome, reason=WORDS.get(outcome, ""), at=at)
        if outcome not in _UNSENT:
            told = replace(told, sent_at=at)
        if outcome in _CODES:
            seen = replace(entry.before, status="", code=_CODES[outcome], tried_at=at)
            told = replace(told, result=seen, settled_at=at)
        made.append(told)
    return tuple(made)


class Past:
    """Writes plans into a journal, the oldest first.

    Attributes:
        journal: to start the program with.
    """

    def __init__(self) -> None:
        self.journal = MemoryJournal()

    def add(  # noqa: PLR0913 - what a plan is
        self,
        rows: Sequence[Delivery],
        outcomes: Iterable[Outcome] = (),
        *,
        ago: timedelta = timedelta(minutes=20),
        state: PlanState = PlanState.DONE,
        why: str = "",
        origin: str = "35 marked",
        query: str = "",
    ) -> Past:
        """Write one plan down, begun so long before now."""
        begun = NOW - ago
        plan = Plan(
            PlanId(""),
            IDENTITY.base_url,
            IDENTITY.account,
            INSTANCE,
            begun,
            name="Support BR",
            origin=origin,
            query=query,
        )
        asyncio.run(self._write(plan, entries(rows, outcomes, begun), state, why))
        return self

    async def _write(self, plan: Plan, made: tuple[Entry, ...], state: PlanState, why: str) -> None:
        kept = await self.journal.create(plan, made)
        for entry in made:
            if entry.sent_at is not None:
                await self.journal.begin(kept, entry)
        ended = plan.created + timedelta(seconds=len(made) + 8)
        await self.journal.mark(kept.id, state, why, ended)
