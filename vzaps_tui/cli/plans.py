"""`vzaps-tui plans` and `vzaps-tui plan ID`: what was sent from here, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vzaps_tui.cli.headless import shown
from vzaps_tui.cli.logs import local
from vzaps_tui.cli.output import Table, stamp
from vzaps_tui.cli.run import DONE
from vzaps_tui.domain.plans import PlanId, PlanState
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.domain.retry_reports import export_rows

if TYPE_CHECKING:
    from vzaps_tui.cli.headless import Session
    from vzaps_tui.domain.plans import PlanSummary

_OVER: Final = (PlanState.DONE, PlanState.DISCARDED)
_COUNTED: Final = (
    Outcome.DELIVERED,
    Outcome.FAILED_AGAIN,
    Outcome.NO_NEWS,
    Outcome.REFUSED,
    Outcome.UNKNOWN,
    Outcome.SKIPPED,
)


async def show_plans(session: Session, limit: int) -> int:
    """List the newest plans; the exit code.

    Raises:
        StorageError: the journal cannot be read.
    """
    found = await session.services.retries.history(limit + 1)
    plans = found[:limit]
    if session.output.as_json:
        for one in plans:
            session.output.line(_summary_object(session, one))
    else:
        table = Table("Id", "Made", "Instance", "State", "Deliveries", "Outcomes", right=_RIGHT)
        rows = [_summary_cells(session, one) for one in plans]
        session.output.write(table.lines(rows, head=True))
    if not plans:
        session.say("nothing was sent again from here yet.")
    elif len(found) > limit:
        session.say(f"cut: the newest {limit:,}; --limit N gives so many.")
    return DONE


_RIGHT: Final = ("Deliveries",)


async def show_plan(session: Session, plan: str) -> int:
    """Show every delivery of a plan and where it stands; the exit code.

    Raises:
        UnknownPlanError: there is none of that name here.
        StorageError: the journal cannot be read.
    """
    found, entries = await session.services.retries.entries(PlanId(plan))
    if session.output.as_json:
        for entry, row in zip(entries, export_rows(found, entries), strict=True):
            times = {"sent_at": stamp(entry.sent_at), "settled_at": stamp(entry.settled_at)}
            session.output.line({**row, **times})
        return DONE
    now = session.services.clock.now()
    table = Table("Log", "Event", "Host", "Outcome", "Sent", "Reason")
    mask = session.run.masker
    rows = [
        (
            shown(entry.log),
            shown(entry.event),
            shown(entry.host),
            entry.outcome.value,
            local(entry.sent_at, now),
            shown(mask(entry.reason)),
        )
        for entry in entries
    ]
    session.output.write(table.lines(rows, head=True))
    return DONE


async def discard_plan(session: Session, plan: str) -> int:
    """Say that what is left of a plan will not be sent; the exit code.

    Raises:
        UnknownPlanError: there is none of that name here.
        PlanBusyError: it is being carried out.
        StorageError: it could not be written down.
    """
    found, _ = await session.services.retries.entries(PlanId(plan))
    if found.state in _OVER:
        session.say(f"plan {found.id} is {found.state.value} already: nothing of it is to be sent.")
        return DONE
    await session.services.retries.discard(found.id)
    session.say(f"plan {found.id} is discarded: what was left of it will not be sent.")
    return DONE


def _summary_object(session: Session, one: PlanSummary) -> dict[str, object]:
    plan = one.plan
    return {
        "plan": plan.id,
        "created": stamp(plan.created),
        "instance": plan.instance,
        "name": session.run.masker(plan.name),
        "origin": plan.origin,
        "query": session.run.masker(plan.query),
        "state": one.standing,
        "why": session.run.masker(plan.why),
        "holder": one.holder,
        "began": stamp(plan.began),
        "ended": stamp(plan.ended),
        "deliveries": one.total,
        "outcomes": {outcome.value: count for outcome, count in one.counts.items()},
    }


def _summary_cells(session: Session, one: PlanSummary) -> tuple[str, ...]:
    plan = one.plan
    told = [f"{one.counts[each]:,} {each.value}" for each in _COUNTED if one.counts[each]]
    if one.is_unfinished:
        told.append(one.words)
    return (
        plan.id,
        local(plan.created, session.services.clock.now()),
        shown(plan.name or plan.instance),
        one.standing,
        f"{one.total:,}",
        shown(", ".join(told)),
    )
