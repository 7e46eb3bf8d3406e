"""The journal of retries where nothing may go to disk: it lives as long as the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from itertools import count

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.plans import (
    Earlier,
    Entry,
    Plan,
    PlanBusyError,
    PlanId,
    PlanState,
    PlanSummary,
    UnknownPlanError,
    summarize,
)
from vzaps_tui.domain.retries import Outcome

_NOT_SENT = frozenset({Outcome.QUEUED, Outcome.REFUSED, Outcome.SKIPPED})


class _Page:
    """One plan: its entries by place, and by place the number of the step that sent them."""

    __slots__ = ("entries", "made_at", "plan", "steps")

    def __init__(self, plan: Plan, entries: Sequence[Entry], made_at: int) -> None:
        self.plan = plan
        self.entries = {entry.place: entry for entry in entries}
        self.made_at = made_at
        self.steps: dict[int, int] = {}


class MemoryJournal:
    """A `RetryJournal` in memory. Every method ends without waiting."""

    def __init__(self) -> None:
        self._pages: dict[PlanId, _Page] = {}
        self._held: set[PlanId] = set()
        self._numbers = count(1)
        self._step = 0

    async def create(self, plan: Plan, entries: Sequence[Entry]) -> Plan:
        """As `RetryJournal`."""
        made = replace(plan, id=PlanId(f"{plan.created:%m%d}-{next(self._numbers)}"))
        self._pages[made.id] = _Page(made, entries, self._step)
        return made

    async def plan(self, plan: PlanId) -> Plan | None:
        """As `RetryJournal`."""
        page = self._pages.get(plan)
        return None if page is None else page.plan

    async def entries(self, plan: PlanId) -> tuple[Entry, ...]:
        """As `RetryJournal`."""
        page = self._pages.get(plan)
        return () if page is None else tuple(page.entries.values())

    async def begin(self, plan: Plan, entry: Entry) -> PlanId | None:
        """As `RetryJournal`."""
        page = self._page(plan.id)
        if not plan.resend_delivered:
            for other, step, sent in self._sent(plan.base_url, plan.account, plan.instance):
                same = sent.log == entry.log and other is not page
                if same and step > page.made_at and sent.outcome not in _NOT_SENT:
                    return other.plan.id
        self._step += 1
        page.steps[entry.place] = self._step
        page.entries[entry.place] = entry
        return None

    async def note(self, plan: PlanId, entries: Sequence[Entry]) -> None:
        """As `RetryJournal`."""
        page = self._page(plan)
        page.entries.update({entry.place: entry for entry in entries})

    async def mark(self, plan: PlanId, state: PlanState, why: str, at: datetime) -> None:
        """As `RetryJournal`."""
        page = self._page(plan)
        now = replace(page.plan, state=state, why=why)
        is_begin = state is PlanState.RUNNING
        page.plan = replace(now, began=at) if is_begin else replace(now, ended=at)

    async def tune(self, plan: Plan) -> None:
        """As `RetryJournal`."""
        page = self._page(plan.id)
        page.plan = replace(page.plan, pace=plan.pace, canary=plan.canary, breaker=plan.breaker)

    async def unfinished(self, base_url: str, account: str) -> tuple[PlanSummary, ...]:
        """As `RetryJournal`."""
        return tuple(one for one in self._summaries(base_url, account) if one.is_unfinished)

    async def history(
        self, base_url: str, account: str, limit: int, before: PlanId | None = None
    ) -> tuple[PlanSummary, ...]:
        """As `RetryJournal`."""
        found = self._summaries(base_url, account)
        places = [at for at, one in enumerate(found) if one.plan.id == before]
        start = places[0] + 1 if places else 0
        return tuple(found[start : start + limit])

    async def holder(self, plan: PlanId) -> str:
        """As `RetryJournal`."""
        return "this program" if plan in self._held else ""

    async def earlier(
        self, base_url: str, account: str, instance: InstanceId, logs: Collection[LogId]
    ) -> Mapping[LogId, tuple[Earlier, ...]]:
        """As `RetryJournal`."""
        wanted = frozenset(log for log in logs if log)
        found: defaultdict[LogId, list[Earlier]] = defaultdict(list)
        sent = [one for one in self._sent(base_url, account, instance) if one[2].log in wanted]
        for page, _, entry in sorted(sent, key=lambda one: -one[1]):
            at = entry.sent_at or entry.at
            one = Earlier(page.plan.id, entry.log, at, entry.outcome, entry.reason, entry.via)
            found[entry.log].append(one)
        return {log: tuple(several) for log, several in found.items()}

    async def claimed(self, base_url: str, account: str, instance: InstanceId) -> frozenset[LogId]:
        """As `RetryJournal`."""
        sent = self._sent(base_url, account, instance)
        return frozenset(entry.via for _, _, entry in sent if entry.via is not None)

    @asynccontextmanager
    async def hold(self, plan: PlanId) -> AsyncGenerator[None]:
        """As `RetryJournal`."""
        if plan in self._held:
            raise PlanBusyError("here, in this program")
        self._held.add(plan)
        try:
            yield
        finally:
            self._held.discard(plan)

    def _page(self, plan: PlanId) -> _Page:
        page = self._pages.get(plan)
        if page is None:
            raise UnknownPlanError(plan)
        return page

    def _sent(
        self, base_url: str, account: str, instance: InstanceId
    ) -> list[tuple[_Page, int, Entry]]:
        """What was ever sent of an instance, with the number of its step."""
        return [
            (page, step, page.entries[place])
            for page in self._pages.values()
            if (page.plan.base_url, page.plan.account, page.plan.instance)
            == (base_url, account, instance)
            for place, step in page.steps.items()
        ]

    def _summaries(self, base_url: str, account: str) -> list[PlanSummary]:
        return [
            summarize(
                page.plan,
                tuple(page.entries.values()),
                "this program" if page.plan.id in self._held else "",
            )
            for page in reversed(self._pages.values())
            if (page.plan.base_url, page.plan.account) == (base_url, account)
        ]
