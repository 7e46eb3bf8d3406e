"""Retries under way: they belong to the app and live on when a screen is left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from textual.signal import Signal

from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryStep
from vzaps_tui.ui.widgets.job_line import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.worker import Worker

    from vzaps_tui.domain.deliveries import LogId
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.services.retrying import RetryService

    Report = Callable[[tuple[RetryStep, ...]], None]

_GROUP = "retry"


class Jobs:
    """Runs retry plans as workers of the app and keeps the last step of every delivery."""

    def __init__(self, app: App[Any], retries: RetryService | None, report: Report) -> None:
        self._app = app
        self._retries = retries
        self._report = report
        self._settled: Counter[Outcome] = Counter()
        self._planned = 0
        self._workers: list[Worker[None]] = []
        self.steps: dict[tuple[InstanceId, LogId], RetryStep] = {}
        self.changed: Signal[RetryStep] = Signal(app, "retry-step")

    @property
    def is_busy(self) -> bool:
        """Whether an outcome is still awaited."""
        return any(worker.is_running for worker in self._workers)

    @property
    def tally(self) -> Tally:
        """Counts of what is under way; empty when nothing is."""
        if not self.is_busy:
            return Tally()
        words = tuple((kind.value, count) for kind, count in self._settled.items() if count)
        return Tally(self._planned, self._settled.total(), words)

    def has_steps(self, instance: InstanceId) -> bool:
        """Whether anything of an instance was retried in this run."""
        return any(key[0] == instance for key in self.steps)

    def start(self, plan: RetryPlan) -> None:
        """Begin to send; returns at once."""
        if not self.is_busy:
            self._settled.clear()
            self._planned = 0
            self._workers.clear()
        self._planned += len(plan.deliveries)
        self._workers.append(
            self._app.run_worker(self._run(plan), name="retry", group=_GROUP, exclusive=False)
        )

    def stop(self) -> bool:
        """Send no more; what is in flight is finished. Whether anything was under way."""
        busy = self.is_busy
        for worker in self._workers:
            worker.cancel()
        return busy

    async def _run(self, plan: RetryPlan) -> None:
        if self._retries is None:
            return
        told: dict[LogId, Outcome] = {}

        def tell(step: RetryStep) -> None:
            mine = step.log_id in told or step.outcome is Outcome.QUEUED
            self._count(told.get(step.log_id), step)
            told[step.log_id] = step.outcome
            # A word on a row without id would stand beside every such row.
            if step.log_id and (mine or not self._is_under_way(step)):
                self.steps[(step.instance, step.log_id)] = step
            self.changed.publish(step)

        steps = await self._retries.run(plan, tell)
        self._app.call_later(self._finished, steps)

    def _count(self, before: Outcome | None, step: RetryStep) -> None:
        if not step.outcome.is_final:
            return
        if before is not None and before.is_final and step.log_id:
            self._settled[before] -= 1  # UNKNOWN was followed by a better word
        self._settled[step.outcome] += 1

    def _is_under_way(self, step: RetryStep) -> bool:
        """Whether another plan is at this delivery: its word on it stands."""
        known = self.steps.get((step.instance, step.log_id))
        return known is not None and not known.outcome.is_final

    def _finished(self, steps: tuple[RetryStep, ...]) -> None:
        for step in steps:
            if step.outcome is Outcome.QUEUED:  # stopped before its turn: nothing waits any more
                self.steps.pop((step.instance, step.log_id), None)
        self._report(steps)
        if steps:
            self.changed.publish(steps[-1])
