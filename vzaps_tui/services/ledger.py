"""A plan's entries while it is carried out: written down first, then told."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.plans import Entry, Evidence, Plan, PlanId, PlanState
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.services.ports import Clock, RetryJournal
from vzaps_tui.services.unhurried import unhurried

Tell = Callable[[RetryStep], None]

_ERRORS = 5
_BAD = frozenset({Outcome.FAILED_AGAIN, Outcome.REFUSED, Outcome.UNKNOWN})
_UNSETTLED = frozenset({Outcome.QUEUED, Outcome.SENDING, Outcome.ACCEPTED})


class Ledger:
    """The entries of one plan that is held, in the journal and in memory."""

    def __init__(
        self,
        journal: RetryJournal,
        clock: Clock,
        plan: Plan,
        entries: Sequence[Entry],
        tell: Tell,
    ) -> None:
        """Begin with the entries as they stand.

        Args:
            journal: where everything is written before it is told.
            clock: when it was.
            plan: whose entries.
            entries: all of them.
            tell: is given each step.
        """
        self.plan = plan
        self.steps: dict[int, RetryStep] = {}
        self.errors: deque[str] = deque(maxlen=_ERRORS)
        self.trouble = ""
        self._journal = journal
        self._clock = clock
        self._entries = {entry.place: entry for entry in entries}
        self._counts = Counter(entry.outcome for entry in entries)
        self._tell = tell

    def __getitem__(self, place: int) -> Entry:
        return self._entries[place]

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries.values()))

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def counts(self) -> Counter[Outcome]:
        """How many stand where."""
        return +self._counts

    @property
    def gone(self) -> int:
        """How many are not planned any more."""
        return len(self._entries) - self._counts[Outcome.QUEUED]

    async def begin(self, entries: Sequence[Entry]) -> None:
        """Write down that the plan is carried out, and what changed of it; tell where all stand.

        Raises:
            StorageError: it could not be written down.
        """
        plan = self.plan.id
        await self._journal.mark(plan, PlanState.RUNNING, "", self._clock.now())
        changed = [
            entry async for entry in unhurried(entries) if entry != self._entries[entry.place]
        ]
        if changed:
            await self._journal.note(plan, changed)
        for entry in changed:
            self._put(entry)
        async for entry in unhurried(self):
            if entry.outcome is Outcome.SENDING:
                self.say(entry, Outcome.UNKNOWN, "cut short while sending; being looked for")
            else:
                row = None if entry.result is None else entry.row(entry.result)
                self.say(entry, entry.outcome, entry.reason, row=row, at=entry.at)

    async def end(self, why: str) -> None:
        """Write down that it is over, or stopped and why."""
        left = any(entry.outcome in _UNSETTLED for entry in self._entries.values())
        state = PlanState.STOPPED if left else PlanState.DONE
        try:
            now = self._clock.now()
            await self._journal.mark(self.plan.id, state, why if left else "", now)
        except StorageError:
            # It stays RUNNING, held by nobody: it is taken up like one that was cut short.
            return

    async def sending(
        self, place: int, before: Delivery, payload: bytes | None, floor: datetime | None
    ) -> PlanId | None:
        """Write down that a delivery is about to be sent, with all that is known of it before.

        Returns:
            Another plan that has sent it meanwhile; then nothing was written.

        Raises:
            StorageError: it could not be written down, so it must not be sent.
        """
        now = self._clock.now()
        entry = replace(
            self._entries[place],
            outcome=Outcome.SENDING,
            reason="",
            at=now,
            before=Evidence.of(before),
            payload=payload,
            floor=floor,
            sent_at=now,
        )
        other = await self._journal.begin(self.plan, entry)
        if other is None:
            self._put(entry)
            self.say(entry, Outcome.SENDING)
        return other

    async def accepted(self, place: int, words: str, new_log: LogId | None) -> None:
        """Write down and tell that the server took it."""
        entry = replace(self._entries[place], new_log=new_log)
        await self._keep(entry, Outcome.ACCEPTED, words)
        self.say(entry, Outcome.ACCEPTED, words)

    async def unsent(self, place: int, words: str) -> None:
        """Write down that it was not sent, for certain, and is to be sent still."""
        entry = replace(self._entries[place], sent_at=None)
        await self._keep(entry, Outcome.QUEUED, words)

    async def settled(
        self,
        place: int,
        outcome: Outcome,
        words: str,
        *,
        row: Delivery | None = None,
        via: LogId | None = None,
    ) -> None:
        """Write down and tell what became of it."""
        entry = replace(
            self._entries[place],
            settled_at=self._clock.now(),
            result=None if row is None else Evidence.of(row),
            via=via,
        )
        await self._keep(entry, outcome, words)
        self.say(self._entries[place], outcome, words, row=row)

    def say(
        self,
        entry: Entry,
        outcome: Outcome,
        words: str = "",
        *,
        row: Delivery | None = None,
        at: datetime | None = None,
    ) -> None:
        """Tell a step, without writing it down."""
        step = RetryStep(
            instance=self.plan.instance,
            log_id=entry.log,
            outcome=outcome,
            at=at or self._clock.now(),
            reason=words,
            result=row,
            via=entry.via,
            plan=self.plan.id,
            place=entry.place,
        )
        self.steps[entry.place] = step
        if outcome in _BAD:
            self.errors.append(f"{entry.log}: {outcome.value} · {words}")
        self._tell(step)

    async def _keep(self, entry: Entry, outcome: Outcome, words: str) -> None:
        """What could not be written down is remembered, and stops the plan (`trouble`)."""
        entry = replace(entry, outcome=outcome, reason=words, at=self._clock.now())
        self._put(entry)
        try:
            await self._journal.note(self.plan.id, [entry])
        except StorageError as problem:
            self.trouble = self.trouble or problem.summary

    def _put(self, entry: Entry) -> None:
        self._counts[self._entries[entry.place].outcome] -= 1
        self._counts[entry.outcome] += 1
        self._entries[entry.place] = entry
