"""Plans of retries as a person meets them: told at their end, asked about if cut short, shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.instances import Instance
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.ui.views import DeliveriesView

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from textual.app import App

    from vzaps_tui.domain.plans import Plan, PlanSummary
    from vzaps_tui.services.exporting import Tell, Written
    from vzaps_tui.services.retrying import RetryService
    from vzaps_tui.ui.dialogs import Choice
    from vzaps_tui.ui.host import Host

_BAD = frozenset({Outcome.FAILED_AGAIN, Outcome.REFUSED, Outcome.UNKNOWN})
_MOST_MARKED = 10_000
"""Deliveries that were not sent up to which they are marked again: the journal has them all."""
_LONG = 12.0
_RESUME, _DISCARD, _LOOK = "resume", "discard", "look"


class RetryPlans:
    """Speaks of plans with the person; belongs to the app."""

    def __init__(self, app: App[Any], host: Host) -> None:
        """Prepare.

        Args:
            app: whose workers are used.
            host: the same, as screens see it.
        """
        self._app = app
        self._host = host

    # -- when one ends ---------------------------------------------------------------------------

    def failed(self, problem: VzapsError) -> None:
        """A plan was not carried out."""
        words = self._host.words_for(problem)
        self._host.say(f"Not sent. {words}", severity="error", timeout=_LONG)

    def finished(self, steps: tuple[RetryStep, ...], plan: Plan | None, *, by_hand: bool) -> None:
        """Say what a plan led to.

        Args:
            steps: the last step of every delivery.
            plan: as it is written down now.
            by_hand: whether a person stopped it.
        """
        if not steps:
            return
        by_itself = plan.why if plan is not None and not by_hand else ""
        bad = bool(by_itself) or any(step.outcome in _BAD for step in steps)
        severity = "warning" if bad else "information"
        if len(steps) == 1:
            step = steps[0]
            reason = f" · {step.reason}" if step.reason else ""
            name = step.log_id or "A row without id"
            self._host.say(f"{name}: {_word(step)}{reason}", severity=severity, timeout=8)
            return
        self._mark_unsent(steps)
        counts = Counter(map(_word, steps))
        words = ", ".join(f"{count:,} {word}" for word, count in counts.items())
        why = f" It stopped by itself: {by_itself}." if by_itself else ""
        more = " H shows them." if plan is not None else ""
        said = f"{len(steps):,} retries: {words}.{why}{more}"
        self._host.say(said, severity=severity, timeout=_LONG)

    def _mark_unsent(self, steps: tuple[RetryStep, ...]) -> None:
        """What was not sent when a plan was stopped is marked again."""
        unsent = frozenset(step.log_id for step in steps if step.outcome is Outcome.QUEUED)
        if unsent and len(unsent) <= _MOST_MARKED:
            self._host.views.setdefault(steps[0].instance, DeliveriesView()).marked |= unsent

    # -- when one was cut short ------------------------------------------------------------------

    async def offer_unfinished(self) -> None:
        """Ask what becomes of each plan that an earlier run left; awaited in a worker."""
        services = self._host.launch.services
        if services is None:
            return
        try:
            found = await services.retries.unfinished()
        except VzapsError as problem:
            self._host.say(self._host.words_for(problem), severity="warning", timeout=_LONG)
            return
        for number, summary in enumerate(found, 1):
            of = f" ({number} of {len(found)})" if len(found) > 1 else ""
            if not await self._ask_about(summary, of):
                return

    async def _ask_about(self, summary: PlanSummary, of: str) -> bool:
        """Ask about one; whether to ask about the next one, too."""
        from vzaps_tui.ui.plan_rows import unfinished_words  # noqa: PLC0415 - start-up time

        services = self._host.launch.services
        if services is None:
            return False
        words = unfinished_words(summary, services.clock.now())
        if self._host.launch.read_only:
            words += "\nRead-only: it cannot be gone on with here."
        words += "\nCancel leaves it for later; H shows all past retries."
        title = f"Retries were cut short{of}"
        answer = await self._host.ask(title, words, self._choices(summary))
        if answer == _RESUME:
            self.resume(summary)
        elif answer == _DISCARD:
            await self.discard(summary)
        elif answer == _LOOK:
            self.show(summary)
        return answer != _LOOK

    def _choices(self, summary: PlanSummary) -> tuple[Choice, ...]:
        from vzaps_tui.ui.dialogs import Choice  # noqa: PLC0415 - start-up time

        look = Choice(_LOOK, "Look", danger=False)
        if self._host.launch.read_only or summary.holder:
            return (look,)
        return (look, Choice(_RESUME, "Go on", danger=False), Choice(_DISCARD, "Discard"))

    def resume(self, summary: PlanSummary) -> None:
        """Go on with a plan that is written down, unless the program is read-only."""
        if self._is_refused():
            return
        if not summary.is_unfinished:
            self._host.say("Nothing is left of this plan; r retries what failed.")
        elif summary.holder:
            self._host.say(f"It is being carried out now, by {summary.holder}.")
        else:
            self._host.jobs.resume(summary.plan.id, summary.total)
            self._host.say(f"Going on: {summary.words}.")

    async def discard(self, summary: PlanSummary) -> bool:
        """Say that the rest of a plan is not to be sent; whether that is so now."""
        services = self._host.launch.services
        if services is None or self._is_refused():
            return False
        if not summary.is_unfinished:
            self._host.say("Nothing is left of this plan that could be discarded.")
            return False
        try:
            await services.retries.discard(summary.plan.id)
        except VzapsError as problem:
            self._host.say(self._host.words_for(problem), severity="error", timeout=_LONG)
            return False
        self._host.jobs.forget(summary.plan.id)
        self._host.say(f"Discarded: {summary.left:,} stay unsent. H still shows the plan.")
        return True

    def _is_refused(self) -> bool:
        if self._host.launch.read_only:
            self._host.say("Read-only: nothing is sent.", severity="warning")
        return self._host.launch.read_only

    # -- looking back ----------------------------------------------------------------------------

    def show_all(self) -> None:
        """Show the past plans of the account."""
        from vzaps_tui.ui.screens.plans import PlansScreen  # noqa: PLC0415 - start-up time

        if self._host.launch.services is not None and not isinstance(self._app.screen, PlansScreen):
            self._host.show(PlansScreen())

    def show(self, summary: PlanSummary) -> None:
        """Show one of them."""
        from vzaps_tui.ui.screens.plan import PlanScreen  # noqa: PLC0415 - start-up time

        self._host.show(PlanScreen(summary))

    # -- what was left over ----------------------------------------------------------------------

    def retry_failed(self, summary: PlanSummary) -> None:
        """Send again what is still failed of a plan, after review."""
        self._begin(self._retry_failed(summary))

    def mark_failed(self, summary: PlanSummary) -> None:
        """Show the list of deliveries with what is still failed of a plan marked."""
        self._begin(self._mark_failed(summary))

    def export(self, summary: PlanSummary) -> None:
        """Write a plan to a file, after a form."""
        self._begin(self._export(summary))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._app.run_worker(work, name="plan", group="confirm", exclusive=False)

    async def _retry_failed(self, summary: PlanSummary) -> None:
        from vzaps_tui.ui.retry_review import review  # noqa: PLC0415 - start-up time

        plan = summary.plan
        rows = [row for row, _ in await self._still_failed(summary)]
        if not rows:
            self._host.say("Nothing of this plan is still failed.")
            return
        made = await review(
            self._host,
            plan.instance,
            rows,
            name=plan.name,
            origin=f"still failed of {plan.id}",
            query=plan.query,
            always=True,
        )
        if made is not None:
            self._host.start_retries(made)

    async def _mark_failed(self, summary: PlanSummary) -> None:
        plan = summary.plan
        keys = frozenset(key for _, key in await self._still_failed(summary))
        if not keys:
            self._host.say("Nothing of this plan is still failed.")
            return
        view = self._host.views.setdefault(plan.instance, DeliveriesView())
        view.query = DeliveryQuery().toggled_failed()
        view.kept = view.marked = keys
        view.sought = True
        self._host.open_deliveries(Instance(plan.instance, name=plan.name or plan.instance))
        self._host.say(f"{len(keys):,} of {plan.id} are marked; r retries them, u unmarks.")

    async def _still_failed(self, summary: PlanSummary) -> list[tuple[Delivery, str]]:
        """What is not known to have arrived, as it is held now, and the keys of its rows."""
        from vzaps_tui.domain.retry_reports import STILL_FAILED  # noqa: PLC0415 - start-up time
        from vzaps_tui.ui.plan_rows import rows_of  # noqa: PLC0415 - same

        services = self._host.launch.services
        if services is None:
            return []
        try:
            _, entries = await services.retries.entries(summary.plan.id)
        except VzapsError as problem:
            self._host.say(self._host.words_for(problem), severity="error", timeout=_LONG)
            return []
        failed = [entry for entry in entries if entry.outcome in STILL_FAILED]
        rows = await rows_of(failed, services.deliveries, summary.plan.instance)
        return [
            (row, entry.key)
            for row, entry in zip(rows, failed, strict=True)
            if row.status_class is not StatusClass.DELIVERED
        ]

    async def _export(self, summary: PlanSummary) -> None:
        from vzaps_tui.ui.path_form import PathForm  # noqa: PLC0415 - start-up time

        name = f"vzaps-retries-{summary.plan.id}.jsonl"
        covers = f"Writes {summary.total:,} deliveries of {summary.plan.id}, one object a line."
        path = await self._host.choose(PathForm("Export a plan of retries", covers, name))
        services = self._host.launch.services
        if path and services is not None:
            self._host.exports.begin(_PlanWriting(services.retries, summary, path))


@dataclass(frozen=True, slots=True)
class _PlanWriting:
    """A plan that is written to a path."""

    retries: RetryService
    summary: PlanSummary
    path: str

    @property
    def total(self) -> int:
        """How many deliveries it has."""
        return self.summary.total

    async def write(self, tell: Tell, *, replace: bool) -> Written:
        """As `Writing`."""
        from vzaps_tui.services.plan_export import write_plan  # noqa: PLC0415 - start-up time

        plan, entries = await self.retries.entries(self.summary.plan.id)
        return await write_plan(plan, entries, self.path, tell, replace=replace)

    def said(self, written: Written) -> str:
        """As `Writing`."""
        return f"{written.rows:,} deliveries written to {written.path}."


def _word(step: RetryStep) -> str:
    """The last word on a retry whose plan has ended; what still waited then is not sent."""
    return "not sent" if step.outcome is Outcome.QUEUED else step.outcome.value
