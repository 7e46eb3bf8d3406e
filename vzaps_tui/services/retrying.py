"""Retry plans: made, carried out, taken up again after a stop or a crash, and looked back at."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.plans import (
    Earlier,
    Entry,
    Plan,
    PlanId,
    PlanState,
    PlanSummary,
    RunStatus,
    Tuning,
    UnknownPlanError,
    again,
    freeze,
)
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryStep
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.ledger import Tell
from vzaps_tui.services.means import Means
from vzaps_tui.services.memory_journal import MemoryJournal
from vzaps_tui.services.new_logs import NewLogs
from vzaps_tui.services.pacing import Pace
from vzaps_tui.services.ports import Clock, Gateway, RetryJournal
from vzaps_tui.services.retry_run import RetryRun

BREAKER = 10
"""Failures in a row that stop a plan."""
_CALLS_AT_ONCE = 3
_MANY = 500
"""Deliveries that take longer to freeze than a key may wait."""
_NOBODY = Identity("", "")
_UNKNOWN = frozenset({Outcome.UNKNOWN})
_AS_MADE = Tuning()


class RetryService:
    """Makes and runs retry plans; two at once share the pace and never send the same delivery.

    Nothing is sent that was not written down before, and what was sent is never sent again but by
    a person's word: by a new plan. See `RetryJournal`.

    Attributes:
        clock: by which it goes.
        journal: where all is written down.
    """

    def __init__(  # noqa: PLR0913 - all that a program sets up once
        self,
        gateway: Gateway,
        deliveries: DeliveryService,
        clock: Clock,
        *,
        pace: float = 1.0,
        journal: RetryJournal | None = None,
        identity: Identity = _NOBODY,
        breaker: int = BREAKER,
        canary: bool = True,
    ) -> None:
        """Prepare.

        Args:
            gateway: asked to send, and for pages of the log.
            deliveries: asked for single logs; told what was read.
            clock: the time.
            pace: retries a second, of all plans together, where a plan does not say otherwise.
            journal: where all is written down; None = in memory only.
            identity: whose plans.
            breaker: failures in a row that stop a plan which does not say otherwise; 0 = none.
            canary: whether plans for many send one of each cause first, where they do not say.
        """
        self.journal = journal or MemoryJournal()
        self.clock = clock
        self._identity = identity
        self._means = Means(
            gateway=gateway,
            deliveries=deliveries,
            clock=clock,
            journal=self.journal,
            pace=Pace(clock, pace),
            busy=set(),
            slots=asyncio.Semaphore(_CALLS_AT_ONCE),
            breaker=breaker,
            canary=canary,
        )
        self._new_logs: dict[InstanceId, NewLogs] = {}
        self._runs: dict[PlanId, RetryRun] = {}
        self._ended: dict[PlanId, RunStatus] = {}

    # -- making and carrying out -----------------------------------------------------------------

    async def create(self, plan: RetryPlan) -> Plan:
        """Freeze a plan and write it down; nothing is sent yet.

        Raises:
            StorageError: it could not be written down.
        """
        now = self.clock.now()
        made = Plan(
            id=PlanId(""),
            base_url=self._identity.base_url,
            account=self._identity.account,
            instance=plan.instance,
            created=now,
            name=plan.name,
            origin=plan.origin,
            query=plan.query,
            resend_delivered=plan.resend_delivered,
            pace=plan.pace,
            canary=plan.canary,
            breaker=plan.breaker,
        )
        if len(plan.deliveries) < _MANY:
            entries = freeze(plan, now)
        else:
            # Aside: a plan may be for hundreds of thousands, and keys must not wait for it.
            entries = await asyncio.to_thread(freeze, plan, now)
        return await self.journal.create(made, entries)

    async def run(self, plan: RetryPlan, tell: Tell) -> tuple[RetryStep, ...]:
        """Make a plan and carry it out: paced, each delivery sent once.

        Cancelling the task that runs this stops it between deliveries: the one being sent is
        finished, what was accepted is followed, the rest stays QUEUED, and the steps are returned.
        Cancelling again, or when all is sent, ends the following too. Where nothing can be written
        down, nothing is sent, and every step is REFUSED.

        Args:
            plan: what to send.
            tell: is given every step as it happens. UNKNOWN may be followed by DELIVERED or FAILED
                AGAIN for the same delivery, if its log shows that it was carried out.

        Returns:
            The last step of every delivery of the plan, in its order.
        """
        try:
            made = await self.create(plan)
            return await self.resume(made.id, tell)
        except StorageError as problem:
            steps = self._refused(plan, f"not sent: {problem.summary}")
        for step in steps:
            tell(step)
        return steps

    async def resume(
        self, plan: PlanId, tell: Tell, *, past_canary: bool = False, tuning: Tuning = _AS_MADE
    ) -> tuple[RetryStep, ...]:
        """Carry out a plan that is written down, from where it stands; see `run`.

        What may have been sent is looked for on the server first, and never sent again: without
        proof it is UNKNOWN. What was accepted is followed on. What is planned is sent, and so is
        what was refused before it was sent. That a person resumes it says that failures in a row
        are counted anew.

        Args:
            plan: its id.
            tell: is given at first where each entry stands, then every step.
            past_canary: a person said to send also what canaries had held back.
            tuning: what a person said of pace, canaries and failures; it is written down, and
                counts from now on.

        Raises:
            UnknownPlanError: there is none of that name here, or it was discarded.
            PlanBusyError: it is being carried out already.
            StorageError: nothing can be written down.
        """
        await self._known(plan)
        async with self.journal.hold(plan):
            # Read when nobody else can change it any more.
            found = await self._known(plan)
            if (tuned := found.tuned(tuning)) != found:
                await self.journal.tune(tuned)
            entries = await self.journal.entries(plan)
            run = RetryRun(self._means, tuned, entries, self._logs(found.instance), tell)
            self._runs[plan] = run
            try:
                return await run.carry_out(past_canary=past_canary)
            finally:
                self._ended[plan] = self._runs.pop(plan).status

    async def again(
        self, plan: PlanId, outcomes: Collection[Outcome] = _UNKNOWN, *, origin: str = ""
    ) -> Plan:
        """A new plan of what an old one left with these outcomes: a person's word to send again.

        By default of what is UNKNOWN. What is found to be delivered is skipped as always.

        Raises:
            UnknownPlanError: there is none of that name here.
            StorageError: it could not be written down.
        """
        old = await self._known(plan)
        entries = [one for one in await self.journal.entries(plan) if one.outcome in outcomes]
        words = ", ".join(sorted(outcome.value for outcome in outcomes))
        return await self.create(
            RetryPlan(
                instance=old.instance,
                deliveries=again(entries),
                name=old.name,
                origin=origin or f"{words} of {old.id}",
                query=old.query,
            )
        )

    async def discard(self, plan: PlanId) -> None:
        """Say that what is left of a plan will not be sent; it stays among the past ones.

        Raises:
            UnknownPlanError: there is none of that name here.
            PlanBusyError: it is being carried out.
            StorageError: it could not be written down.
        """
        await self._known(plan)
        async with self.journal.hold(plan):
            await self.journal.mark(plan, PlanState.DISCARDED, "discarded", self.clock.now())

    # -- while it runs ---------------------------------------------------------------------------

    def status(self, plan: PlanId) -> RunStatus | None:
        """How a plan that runs in this program goes; None if it does not."""
        run = self._runs.get(plan)
        return None if run is None else run.status

    def ended(self, plan: PlanId) -> RunStatus | None:
        """How a plan stood when it ended in this program; None if it did not."""
        return self._ended.get(plan)

    @property
    def running(self) -> tuple[PlanId, ...]:
        """Plans that run in this program, in the order of their beginning."""
        return tuple(self._runs)

    @property
    def pace(self) -> float:
        """Retries a second as they are allowed now, where a plan does not say otherwise."""
        return self._means.pace.rate()

    @property
    def breaker(self) -> int:
        """Failures in a row that stop a plan which does not say otherwise; 0 = none do."""
        return self._means.breaker

    @property
    def canary(self) -> bool:
        """Whether plans for many send one of each cause first, where they do not say."""
        return self._means.canary

    def pause(self, plan: PlanId) -> None:
        """Send nothing more for now; what was sent is followed. No effect if it does not run."""
        if (run := self._runs.get(plan)) is not None:
            run.pause()

    def go_on(self, plan: PlanId) -> None:
        """Send on after a pause, or past what it stopped for by itself: canaries, failures.

        No effect if it does not run: then `resume` it.
        """
        if (run := self._runs.get(plan)) is not None:
            run.go_on()

    def stop(self, plan: PlanId) -> None:
        """Send nothing more: the one in flight is finished, what was sent is followed.

        Again, or if all is sent: it is not followed any more. No effect if it does not run.
        """
        if (run := self._runs.get(plan)) is not None:
            run.stop()

    # -- looking back ----------------------------------------------------------------------------

    async def unfinished(self) -> tuple[PlanSummary, ...]:
        """Plans of this account that resuming would do something for, newest first."""
        return await self.journal.unfinished(self._identity.base_url, self._identity.account)

    async def history(self, limit: int, before: PlanId | None = None) -> tuple[PlanSummary, ...]:
        """Plans of this account, newest first, from the one made before `before` on."""
        whose = self._identity
        return await self.journal.history(whose.base_url, whose.account, limit, before)

    async def entries(self, plan: PlanId) -> tuple[Plan, tuple[Entry, ...]]:
        """A plan and all of its entries as they stand.

        Raises:
            UnknownPlanError: there is none of that name here.
        """
        found = await self._known(plan, discarded=True)
        return found, await self.journal.entries(plan)

    async def holder(self, plan: PlanId) -> str:
        """Who carries a plan out at this moment, in words; empty = nobody."""
        return await self.journal.holder(plan)

    async def earlier(
        self, instance: InstanceId, logs: Collection[LogId]
    ) -> Mapping[LogId, tuple[Earlier, ...]]:
        """When these deliveries were sent from here before, by any plan, and what came of it.

        Newest first; nothing for those that never were.
        """
        whose = self._identity
        return await self.journal.earlier(whose.base_url, whose.account, instance, logs)

    # -- the rest --------------------------------------------------------------------------------

    async def _known(self, plan: PlanId, *, discarded: bool = False) -> Plan:
        found = await self.journal.plan(plan)
        whose = (self._identity.base_url, self._identity.account)
        if found is None or (found.base_url, found.account) != whose:
            raise UnknownPlanError(f"{plan} is not among the plans of this account")
        if found.state is PlanState.DISCARDED and not discarded:
            raise UnknownPlanError(f"{plan} was discarded")
        return found

    def _logs(self, instance: InstanceId) -> NewLogs:
        found = self._new_logs.get(instance)
        if found is None:
            means = self._means
            found = NewLogs(means.gateway, means.deliveries, instance, means.slots, means.clock)
            self._new_logs[instance] = found
        return found

    def _refused(self, plan: RetryPlan, words: str) -> tuple[RetryStep, ...]:
        now = self.clock.now()
        return tuple(
            RetryStep(plan.instance, row.id, Outcome.REFUSED, now, words, place=place)
            for place, row in enumerate(plan.deliveries)
        )
