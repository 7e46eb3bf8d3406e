"""`vzaps-tui retry`: plans, asks, sends each delivery once, and tells what came of each."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import click

from vzaps_tui.cli.headless import Session, read_only
from vzaps_tui.cli.output import Table, can_ask, stamp
from vzaps_tui.cli.retry_choice import Wish, choose, due, review, way
from vzaps_tui.cli.run import DONE, FAILED
from vzaps_tui.cli.usage import UsageError
from vzaps_tui.domain.plans import Plan as WrittenPlan
from vzaps_tui.domain.plans import PlanId, PlanState, Tuning, freeze
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryStep
from vzaps_tui.domain.retry_reports import export_rows
from vzaps_tui.domain.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vzaps_tui.domain.plans import Entry, RunStatus

NOT_ALL: Final = 5
"""Exit code: some failed again, were refused, are unknown, or were not sent."""
_TYPED_ABOVE: Final = 100
"""Deliveries above which the count must be typed."""
_TICK: Final = 0.5  # seconds
_STANDING: Final = 5.0  # seconds without a step after which it is said why
_GOOD: Final = frozenset({Outcome.DELIVERED, Outcome.SKIPPED})
_SUMMED: Final = (
    (Outcome.DELIVERED, "delivered"),
    (Outcome.FAILED_AGAIN, "failed again"),
    (Outcome.REFUSED, "refused"),
    (Outcome.UNKNOWN, "unknown"),
    (Outcome.NO_NEWS, "without news"),
    (Outcome.SKIPPED, "skipped"),
    (Outcome.QUEUED, "not sent"),
)


_HELD: Final = " held back, the first of "
"""What `why` of a plan says where canaries held deliveries back."""
_PAST: Final = "--past-canary"
_AS_MADE: Final = Tuning()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a retry is gone about.

    Attributes:
        agreed: `--yes`: nobody is asked.
        dry: `--dry-run`: nothing is written down or sent.
        past_canary: `--past-canary`: what canaries of an earlier run held back is sent, too.
    """

    agreed: bool = False
    dry: bool = False
    past_canary: bool = False

    def check(self, session: Session) -> None:
        """Refuse what cannot be done here.

        Raises:
            UsageError: it must not be, or nobody can be asked.
        """
        if self.dry:
            return
        read_only(session)
        if not self.agreed and not can_ask(sys.stdin, sys.stderr):
            raise UsageError(
                "nobody can be asked here",
                hint="Give --yes to send without a question, or --dry-run to see what would be.",
            )


async def retry(session: Session, wish: Wish, manner: Manner) -> int:
    """Send deliveries again; the exit code.

    Raises:
        UsageError: it is not said what to send, or nobody can be asked.
        VzapsError: nothing was sent.
    """
    wish.check()
    manner.check(session)
    with session.unsent():
        made = await _written(session, wish, manner)
    return made if isinstance(made, int) else await _carry_out(session, made, manner)


async def _written(session: Session, wish: Wish, manner: Manner) -> WrittenPlan | int:
    """The plan, agreed to and written down; the exit code where there is none."""
    instance = await session.instance()
    choice = await choose(session, instance.id, wish)
    if choice.code:
        session.say("nothing was sent: the log could not be read as far as it is needed.")
        return choice.code
    plan = RetryPlan(
        instance=instance.id,
        deliveries=choice.rows,
        resend_delivered=wish.delivered,
        name=instance.name,
        origin=choice.origin,
        query=choice.query,
        pace=wish.tuning.pace,
        canary=wish.tuning.canary,
        breaker=wish.tuning.breaker,
    )
    for line in review(session, instance.name or instance.id, wish, choice):
        _tell(session, line)
    if manner.dry:
        return _show(session, plan)
    count = len(due(choice.rows, delivered=wish.delivered))
    if not count:
        session.say("nothing to send.")
        return DONE
    if not manner.agreed and not _consent(session, count):
        session.say("nothing was sent.")
        return FAILED
    return await session.services.retries.create(plan)


async def resume(session: Session, plan: str, manner: Manner, tuning: Tuning) -> int:
    """Carry on with a plan that was cut short or stopped; the exit code.

    Args:
        session: whose services to use.
        plan: its id.
        manner: how it is gone about.
        tuning: what is said anew of pace, canaries and failures; the plan keeps it.

    Raises:
        UsageError: it must not be, or nobody can be asked.
        VzapsError: it could not be taken up.
    """
    manner.check(session)
    found, entries = await session.services.retries.entries(PlanId(plan))
    if found.state is PlanState.DISCARDED:
        session.say(f"plan {found.id} was discarded: nothing of it is sent.")
        return FAILED
    counts = Counter(entry.outcome for entry in entries)
    _tell(session, f"Plan {found.id}: {_sum(counts)}")
    if found.state is PlanState.DONE:
        session.say("nothing is left of it.")
        return _code(counts)
    for line in _rest(session, found.tuned(tuning), entries, past_canary=manner.past_canary):
        _tell(session, line)
    if manner.dry:
        return DONE
    with session.unsent():
        agreed = manner.agreed or _consent(session, _count(found, entries))
    if not agreed:
        session.say("nothing was sent.")
        return FAILED
    return await _carry_out(session, found, manner, tuning, resumed=True)


def _rest(
    session: Session, plan: WrittenPlan, entries: Sequence[Entry], *, past_canary: bool
) -> Iterator[str]:
    """How what is left of a plan is sent; nothing where all is sent."""
    if count := _count(plan, entries):
        canary = False if past_canary else plan.canary
        tuning = Tuning(plan.pace, canary, plan.breaker)
        yield from way(session, tuning, count, of=len(entries))


# -- asking ------------------------------------------------------------------------------------


def _consent(session: Session, count: int) -> bool:
    if count <= _TYPED_ABOVE:
        question = f"Send {count:,} again?"
        return session.put(lambda: click.confirm(question, default=False, err=True))
    question = f"Type {count} to send them again"
    typed = session.put(lambda: click.prompt(question, default="", show_default=False, err=True))
    return str(typed).replace(",", "").strip() == str(count)


def _tell(session: Session, line: str) -> None:
    """A line of the review, beside the answer."""
    session.output.clear()
    click.echo(session.run.masker(line), err=True)


def _show(session: Session, plan: RetryPlan) -> int:
    """What would be sent, and what would not; nothing is."""
    now = session.services.clock.now()
    over = set(plan.deliveries) - set(due(plan.deliveries, delivered=plan.resend_delivered))
    entries = [
        (entry, "already delivered or pending" if row in over else entry.reason)
        for row, entry in zip(plan.deliveries, freeze(plan, now), strict=True)
    ]
    if session.output.as_json:
        none = WrittenPlan(PlanId(""), "", "", plan.instance, now)
        for entry, reason in entries:
            (row,) = export_rows(none, [entry])
            skipped = {"outcome": Outcome.SKIPPED.value, "reason": reason} if reason else {}
            session.output.line({**row, "plan": None, **skipped})
        return DONE
    table = Table("Log", "Event", "Host", "Would be", "Reason")
    rows = [
        (
            entry.log or "-",
            entry.event,
            entry.host or "-",
            "SKIPPED" if reason else "SENT",
            reason,
        )
        for entry, reason in entries
    ]
    session.output.write(table.lines(rows, head=True))
    return DONE


# -- sending -----------------------------------------------------------------------------------


class _Reporter:
    """Tells every last word on a delivery once, as it comes; with the keys of a plan's export."""

    def __init__(self, session: Session, entries: Sequence[Entry], *, resumed: bool) -> None:
        """Begin.

        Args:
            session: where to write.
            entries: all of the plan, as they stand.
            resumed: what is settled among them was told before.
        """
        self._session = session
        self._entries = {entry.place: entry for entry in entries}
        self._sent_at = {entry.place: entry.sent_at for entry in entries}
        self._known = {entry.place: entry.outcome for entry in entries} if resumed else {}
        self.trouble = ""
        """Why the last one that could not be sent yet is put off; empty where it goes on."""

    def __call__(self, step: RetryStep) -> None:
        """Hear a step."""
        if step.outcome is not Outcome.QUEUED or step.reason:
            self.trouble = step.reason if step.outcome is Outcome.QUEUED else ""
        if self._known.get(step.place) is step.outcome:
            return
        self._known[step.place] = step.outcome
        if step.outcome is Outcome.SENDING:
            self._sent_at[step.place] = step.at
        elif step.outcome.is_final:
            self._write(step)

    def _write(self, step: RetryStep) -> None:
        mask, output = self._session.run.masker, self._session.output
        if not output.as_json:
            words = visible(mask(step.reason))
            output.write(
                f"{step.outcome.value:<12}  {visible(step.log_id)}  {words}".rstrip() + "\n"
            )
            return
        entry, result = self._entries[step.place], step.result
        output.line(
            {
                "plan": step.plan or None,
                "log": step.log_id,
                "event": mask(entry.event),
                "host": entry.host,
                "outcome": step.outcome.value,
                "reason": mask(step.reason),
                "sent_at": stamp(self._sent_at[step.place]),
                "settled_at": stamp(step.at),
                "code": result.http_status if result else None,
                "tries": result.attempts if result else None,
                "via": step.via,
            }
        )


async def _carry_out(
    session: Session,
    plan: WrittenPlan,
    manner: Manner,
    tuning: Tuning = _AS_MADE,
    *,
    resumed: bool = False,
) -> int:
    """Send, and follow what was sent; a cancellation stops it cleanly."""
    service = session.services.retries
    _, entries = await service.entries(plan.id)
    told = _Reporter(session, entries, resumed=resumed)
    session.say(f"plan {plan.id}: sending {_count(plan, entries):,}.")
    try:
        with _watched(session, plan.id, told):
            past = manner.past_canary
            await service.resume(plan.id, told, past_canary=past, tuning=tuning)
    except asyncio.CancelledError:
        session.say(f"left at once; `vzaps-tui retry --resume {plan.id}` carries on.")
        raise
    found, entries = await service.entries(plan.id)
    counts = Counter(entry.outcome for entry in entries)
    session.say(f"plan {plan.id}: {_sum(counts)}.", _why(found))
    if counts[Outcome.QUEUED]:
        held = _HELD in found.why
        past = f" {_PAST}" if held else ""
        session.say(f"resume it with `vzaps-tui retry --resume {plan.id}{past}`.")
        if held:
            session.say(f"{_PAST} sends all of it; without it one of each cause goes first again.")
    return _code(counts)


def _count(plan: WrittenPlan, entries: Sequence[Entry]) -> int:
    """How many are to be sent: also those that an earlier run was refused before it sent them."""
    counts = Counter(entry.outcome for entry in entries if entry.sent_at is None)
    return counts[Outcome.QUEUED] + (counts[Outcome.REFUSED] if plan.began else 0)


def _why(plan: WrittenPlan) -> str:
    if plan.why == "stopped":
        return "It was stopped by hand or by a signal."
    return f"It stopped: {visible(plan.why)}." if plan.why else ""


def _sum(counts: Counter[Outcome]) -> str:
    """`93 delivered, 2 failed again`; what there is none of is not named."""
    told = [f"{counts[outcome]:,} {word}" for outcome, word in _SUMMED if counts[outcome]]
    awaited = counts[Outcome.ACCEPTED] + counts[Outcome.SENDING]
    return ", ".join([*told, *([f"{awaited:,} awaited"] if awaited else [])]) or "nothing"


def _code(counts: Counter[Outcome]) -> int:
    return DONE if set(+counts) <= _GOOD else NOT_ALL


@contextmanager
def _watched(session: Session, plan: PlanId, told: _Reporter) -> Generator[None]:
    """Draw how far it is, and say when it waits, until the block is left."""
    watching = asyncio.create_task(_Watch(session, told).watch(plan))
    try:
        yield
    finally:
        watching.cancel()
        session.output.clear()


class _Watch:
    """Draws how far a plan is, and says why it goes no further, once for each change of that."""

    def __init__(self, session: Session, told: _Reporter) -> None:
        self._session = session
        self._told = told
        self._counts: Counter[Outcome] | None = None
        self._moved_at = session.services.clock.monotonic()
        self._halted = self._waits = ""

    async def watch(self, plan: PlanId) -> None:
        """Look again and again, until this is cancelled."""
        clock, service = self._session.services.clock, self._session.services.retries
        with suppress(asyncio.CancelledError):
            while True:
                if (status := service.status(plan)) is not None:
                    self._look(status)
                await clock.sleep(_TICK)

    def _look(self, status: RunStatus) -> None:
        session = self._session
        session.output.bar("Sending again:", status.total - status.left, status.total)
        if status.halted and status.halted != self._halted:
            self._halted = status.halted
            session.say(f"no more is sent: {visible(session.run.masker(status.halted))}.")
        now = session.services.clock.monotonic()
        if status.counts != self._counts:
            first = self._counts is None
            self._counts, self._moved_at = status.counts, now
            self._waits = self._waits if first else ""
        elif not status.halted and now - self._moved_at >= _STANDING:
            self._say_wait(status)

    def _say_wait(self, status: RunStatus) -> None:
        words = self._told.trouble.removeprefix("not sent: ")
        if not words and status.left == status.total:
            words = "the API does not answer yet" if status.pace * _STANDING >= 1 else ""
        if words and words != self._waits:
            self._waits = words
            self._session.say(f"waiting: {visible(self._session.run.masker(words))}.")
