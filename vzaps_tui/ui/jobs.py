"""Retries under way: they belong to the app and live on when a screen is left."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from textual.signal import Signal

from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.domain.times import lasting
from vzaps_tui.services.ending import ended
from vzaps_tui.ui.retry_progress import Progress, rests, together
from vzaps_tui.ui.widgets.job_line import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from vzaps_tui.domain.deliveries import LogId
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.plans import Plan, PlanId, RunStatus
    from vzaps_tui.domain.retries import RetryPlan
    from vzaps_tui.services.retrying import RetryService

_GROUP, _STEPS = "retry", "steps"
_BURST = 100
"""Steps told in one go from which on screens hear of the last one of each instance only."""
_TOGETHER = 0.2
"""Seconds between two tellings of steps: a quick plan has dozens a second, and keys come first."""
_BAD = (Outcome.FAILED_AGAIN, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NO_NEWS)
_WELL = (Outcome.DELIVERED, Outcome.SKIPPED)
"""Final outcomes as one line tells them: where it is too short, what went well is left out."""
_LAST_WAIT = 2.0
"""Seconds that leaving the program waits for the answer to what is being sent."""


class Report(Protocol):
    """Who says to a person what plans came to."""

    def finished(self, steps: tuple[RetryStep, ...], plan: Plan | None, *, by_hand: bool) -> None:
        """A plan has ended: its last steps, as it is written down, whether a person stopped it."""
        ...

    def failed(self, problem: VzapsError) -> None:
        """A plan was not carried out."""
        ...


@dataclass(eq=False, slots=True)
class _Job:
    """One plan being carried out.

    Attributes:
        total: how many deliveries it has.
        plan: its id, once it is written down.
        told: the last outcome of each place.
        counts: how many of them.
        task: what carries it out; stopping it is the engine's own business.
        stopped: whether a person stopped it.
        status: how it went when that was asked last.
    """

    total: int
    plan: PlanId | None = None
    told: dict[int, Outcome] = field(default_factory=dict[int, Outcome])
    counts: Counter[Outcome] = field(default_factory=Counter[Outcome])
    task: asyncio.Task[None] | None = None
    stopped: bool = False
    status: RunStatus | None = None

    @property
    def is_busy(self) -> bool:
        """Whether an outcome is still awaited."""
        return self.task is not None and not self.task.done()

    def count(self, step: RetryStep) -> None:
        """Learn of a step."""
        before = self.told.get(step.place)
        if before is not None:
            self.counts[before] -= 1
        self.told[step.place] = step.outcome
        self.counts[step.outcome] += 1


class Jobs:
    """Runs retry plans as workers of the app and keeps the last step of every delivery.

    Attributes:
        keys: those that pause, and stop.
        progress: how all of it goes.
        steps: the last word on every delivery sent in this run of the program.
        changed: tells steps soon after they happen, several one after another.
        progressed: tells how it goes, a few times a second at most while steps happen.
    """

    def __init__(
        self,
        app: App[Any],
        find: Callable[[], RetryService] | None,
        report: Report,
        keys: tuple[str, str] = ("P", "X"),
    ) -> None:
        """Prepare.

        Args:
            app: whose workers are used.
            find: gives what carries plans out, asked as late as can be: loading it takes its
                time; None where nothing can be asked.
            report: says what plans came to.
            keys: those that pause, and stop, as a person reads them.
        """
        self.keys = keys
        self._app = app
        self._find = find
        self._report = report
        self._jobs: list[_Job] = []
        self._halted: dict[PlanId, RunStatus] = {}
        self._news: list[RetryStep] = []
        self._flushing = False
        self.progress = Progress()
        self.steps: dict[tuple[InstanceId, LogId], RetryStep] = {}
        self.changed: Signal[RetryStep] = Signal(app, "retry-step")
        self.progressed: Signal[Progress] = Signal(app, "retry-progress")

    @property
    def _retries(self) -> RetryService | None:
        return None if self._find is None else self._find()

    @property
    def is_busy(self) -> bool:
        """Whether an outcome is still awaited."""
        return any(job.is_busy for job in self._jobs)

    @property
    def tally(self) -> Tally:
        """Counts of what is under way, or stopped by itself; empty when nothing is."""
        counts = sum((job.counts for job in self._jobs), Counter[Outcome]())
        total = sum(job.total for job in self._jobs)
        now = self.progress
        if not self.is_busy:
            if not now.halted:
                return Tally()
            counts, total = now.counts, now.total
        rest = [f"{lasting(now.eta)} to go"] if now.is_sending and now.eta else []
        rest += [f"{counts[kind]:,} {kind.value}" for kind in _WELL if counts[kind]]
        rests_now = now.paused or now.stuck
        pause, stop = self.keys
        return Tally(
            total,
            sum(counts[kind] for kind in (*_BAD, *_WELL)),
            tuple((kind.value, counts[kind]) for kind in _BAD if counts[kind]),
            tuple(rest),
            doing=("Paused" if now.paused else "Stopped") if rests_now else "Retrying",
            note=now.halted or _waits_for(now),
            keys=f"{pause} {'goes on' if rests_now else 'pauses'} · "
            f"{stop} {'leaves it' if now.over else 'stops'}",
        )

    def has_steps(self, instance: InstanceId) -> bool:
        """Whether anything of an instance was retried in this run."""
        return any(key[0] == instance for key in self.steps)

    # -- what a person does ----------------------------------------------------------------------

    def start(self, plan: RetryPlan) -> None:
        """Begin to send; returns at once."""
        self._launch(_Job(len(plan.deliveries)), plan)

    def resume(self, plan: PlanId, total: int, *, past_canary: bool = False) -> None:
        """Take up a plan that is written down and has so many deliveries; returns at once."""
        if self._retries is not None and plan not in self._retries.running:
            self._halted.pop(plan, None)
            self._launch(_Job(total, plan), None, past_canary=past_canary)

    def pause(self) -> str:
        """Send nothing for now; or go on, also past what made plans stop by themselves.

        Returns:
            What happens now, in words.
        """
        retries = self._retries
        going = self._statuses()
        if retries is None or not (going or self._halted):
            return "Nothing is being retried."
        sending = [status for status in going if not rests(status)]
        for status in sending:
            retries.pause(status.plan.id)
        if not sending:
            for status in going:
                retries.go_on(status.plan.id)
            for plan, status in tuple(self._halted.items()):
                self.resume(plan, status.total, past_canary=status.held > 0)
        self._show_progress()
        return f"Paused; {self.keys[0]} goes on." if sending else "Going on."

    def stop(self) -> str:
        """Send no more; what is in flight is finished.

        Once more: nothing more is awaited, either.

        Returns:
            What happens now, in words; empty if nothing was under way.
        """
        words = "Left as it is; H shows it." if self._halted else ""
        self._halted.clear()
        for job in self._jobs:
            if not job.is_busy:
                continue
            words = "Stopped: the one in flight is finished, the rest is not sent."
            if job.stopped:
                words = "Not waited for any more; H shows what is known."
            job.stopped = True
            retries, plan = self._retries, job.plan
            if retries is not None and plan is not None and plan in retries.running:
                retries.stop(plan)
            elif job.task is not None:
                job.task.cancel()
        self._show_progress()
        return words

    def forget(self, plan: PlanId) -> None:
        """Wait no more for a person's word on a plan that stopped by itself."""
        if self._halted.pop(plan, None) is not None:
            self._show_progress()

    async def close(self) -> None:
        """Leave: what is being sent gets its answer, if that comes soon; the rest is kept."""
        tasks = [job.task for job in self._jobs if job.task is not None and job.is_busy]
        self.stop()
        self.stop()  # not followed any more, either
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=_LAST_WAIT)
            await ended(late)  # on disk their sends stay SENDING: they are looked for first

    # -- carrying out ----------------------------------------------------------------------------

    def _launch(self, job: _Job, plan: RetryPlan | None, *, past_canary: bool = False) -> None:
        if not self.is_busy:
            self._jobs.clear()
        self._jobs.append(job)
        run = self._run(job, plan, past_canary=past_canary)
        job.task = asyncio.create_task(run, name="retry")
        self._app.run_worker(_wait_for(job.task), name="retry", group=_GROUP, exclusive=False)
        self._show_progress()

    async def _run(self, job: _Job, plan: RetryPlan | None, *, past_canary: bool) -> None:
        retries = self._retries
        if retries is None:
            return

        def tell(step: RetryStep) -> None:
            self._note(job, step)

        try:
            if plan is not None:
                job.plan = (await retries.create(plan)).id
            if job.plan is None:
                return
            steps = await retries.resume(job.plan, tell, past_canary=past_canary)
            job.status = retries.ended(job.plan) or job.status
            found = await retries.journal.plan(job.plan)
        except VzapsError as problem:
            self._app.call_later(self._failed, problem)
        else:
            self._app.call_later(self._finished, job, steps, found)
        finally:
            self._app.call_later(self._show_progress)

    def _note(self, job: _Job, step: RetryStep) -> None:
        mine = step.place in job.told or step.outcome is Outcome.QUEUED
        job.count(step)
        # A word on a row without id would stand beside every such row.
        if step.log_id and (mine or not self._is_under_way(step)):
            self.steps[(step.instance, step.log_id)] = step
        self._news.append(step)
        if not self._flushing:
            self._flushing = True
            self._app.run_worker(self._tell_on, name="steps", group=_STEPS, exclusive=False)

    def _is_under_way(self, step: RetryStep) -> bool:
        """Whether another plan is at this delivery: its word on it stands."""
        known = self.steps.get((step.instance, step.log_id))
        return known is not None and not known.outcome.is_final

    async def _tell_on(self) -> None:
        """Tell what happens, together what happens within a moment."""
        try:
            while self._news and self._retries is not None:
                self._flush()
                await self._retries.clock.sleep(_TOGETHER)
        finally:
            self._flushing = False

    def _flush(self) -> None:
        """Tell what happened since the last time."""
        news, self._news = self._news, []
        if len(news) > _BURST:  # a plan that begins tells where all of it stands
            news = list({step.instance: step for step in news}.values())
        for step in news:
            self.changed.publish(step)
        self._show_progress()

    def _finished(self, job: _Job, steps: tuple[RetryStep, ...], plan: Plan | None) -> None:
        from vzaps_tui.domain.plans import PlanState, RunStatus  # noqa: PLC0415 - start-up time

        self._flush()
        for step in steps:
            if step.outcome is Outcome.QUEUED:  # nothing waits any more
                self.steps.pop((step.instance, step.log_id), None)
        why = plan.why if plan is not None and plan.state is PlanState.STOPPED else ""
        if plan is not None and why and not job.stopped:
            counts = Counter(step.outcome for step in steps)
            errors, held = (job.status.errors, job.status.held) if job.status else ((), 0)
            self._halted[plan.id] = RunStatus(
                plan, counts, halted=why, errors=errors, sends=False, held=held
            )
        self._report.finished(steps, plan, by_hand=job.stopped)
        if steps:
            self.changed.publish(steps[-1])
        self._show_progress()

    def _failed(self, problem: VzapsError) -> None:
        self._report.failed(problem)
        self._show_progress()

    # -- how it goes -----------------------------------------------------------------------------

    def _show_progress(self) -> None:
        going: list[RunStatus] = []
        for job in self._jobs:
            if job.is_busy and job.plan is not None and self._retries is not None:
                job.status = self._retries.status(job.plan) or job.status
                going += [job.status] if job.status else []
        self.progress = together(going, tuple(self._halted.values()))
        self.progressed.publish(self.progress)

    def _statuses(self) -> list[RunStatus]:
        retries = self._retries
        if retries is None:
            return []
        found = (retries.status(plan) for plan in retries.running)
        return [status for status in found if status is not None]


def _waits_for(now: Progress) -> str:
    if not now.is_sending or now.waiting < 1:
        return ""
    return "the API does not answer" if now.away else "the API asks to wait"


async def _wait_for(task: asyncio.Task[None]) -> None:
    """Raise what goes wrong in it as a worker's; ending the worker does not end it."""
    await asyncio.shield(task)
