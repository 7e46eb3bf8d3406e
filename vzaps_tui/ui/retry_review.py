"""From chosen rows to a plan: at once for one failure, by a dialog for everything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryStep, splits
from vzaps_tui.domain.times import clock_time
from vzaps_tui.ui.dialogs import Choice
from vzaps_tui.ui.render import host_name

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.ui.host import Host
    from vzaps_tui.ui.launch import Services

_SECONDS_EACH = 1
_HOSTS_NAMED = 3
_MAY_BE_THERE = frozenset(
    {
        Outcome.QUEUED,
        Outcome.SENDING,
        Outcome.ACCEPTED,
        Outcome.DELIVERED,
        Outcome.NO_NEWS,
        Outcome.UNKNOWN,
    }
)
"""Outcomes after which the receiver has it, or may get it yet: a person decides on another."""


def _hosts(rows: tuple[Delivery, ...]) -> str:
    names = {host_name(row.target) if row.target else "the configured webhook" for row in rows}
    more = f" and {len(names) - _HOSTS_NAMED} more" if len(names) > _HOSTS_NAMED else ""
    return ", ".join(sorted(names)[:_HOSTS_NAMED]) + more


def _sort(
    rows: tuple[Delivery, ...], steps: Mapping[tuple[InstanceId, LogId], RetryStep], of: InstanceId
) -> tuple[tuple[Delivery, ...], tuple[RetryStep, ...]]:
    """Rows that may be sent without a further word, and what is known of those sent before."""
    sent = tuple(
        step
        for row in rows
        if (step := steps.get((of, row.id))) is not None and step.outcome in _MAY_BE_THERE
    )
    before = {step.log_id for step in sent}
    failed = splits(rows).get(StatusClass.FAILED, ())
    return tuple(row for row in failed if row.id not in before), sent


def _question(
    rows: tuple[Delivery, ...], failed: tuple[Delivery, ...], sent: tuple[RetryStep, ...]
) -> tuple[str, tuple[Choice, ...]]:
    """Body and choices of the dialog for several rows."""
    others = len(rows) - len(failed)
    chosen = ", ".join(f"{len(found)} {kind}" for kind, found in splits(rows).items())
    lines = [f"{len(rows)} chosen: {chosen}", f"Target: {_hosts(rows)}"]
    choices: list[Choice] = []
    if sent:
        words = Counter(step.outcome.value for step in sent)
        told = ", ".join(f"{count} {word}" for word, count in words.items())
        lines.append(f"{len(sent)} sent from here already: {told}.")
    if failed:
        choices.append(Choice("failed", f"Retry {len(failed)}", danger=False))
        lines.append(f"About {len(failed) * _SECONDS_EACH} s to send, one a second.")
    if others:
        lines.append(
            f"{others} not failed or sent already: skipped, unless you send all. "
            "The receiver may get those a second time."
        )
        choices.append(Choice("all", f"Send all {len(rows)}"))
    return "\n".join(lines), tuple(choices)


def _doubt(row: Delivery, sent: tuple[RetryStep, ...], services: Services | None) -> str:
    """Why one row is not sent without asking."""
    twice = f"Target: {_hosts((row,))}\nThe receiver may get it a second time."
    if sent:
        reason = f" · {sent[0].reason}" if sent[0].reason else ""
        when = clock_time(sent[0].at, services.clock.now() if services else sent[0].at)
        return f"Sent from here already: {sent[0].outcome.value}{reason}, at {when}.\n{twice}"
    return f"It has not failed: it is {row.status_word}.\n{twice}"


async def review(host: Host, instance: InstanceId, rows: tuple[Delivery, ...]) -> RetryPlan | None:
    """The plan a person agreed to; None if they did not. Awaited in a worker."""
    if host.launch.read_only:
        host.say("Read-only: nothing is sent.", severity="warning")
        return None
    failed, sent = _sort(rows, host.jobs.steps, instance)
    if len(rows) == 1 and failed:
        host.say(f"Asking VZaps to send {rows[0].id or 'this delivery'} again ...")
        return RetryPlan(instance, rows)
    if len(rows) == 1:
        body = _doubt(rows[0], sent, host.launch.services)
        choices: tuple[Choice, ...] = (Choice("all", "Send again"),)
        title = "Send it again?"
    else:
        body, choices = _question(rows, failed, sent)
        title = f"Send {len(rows)} deliveries again?"
    answer = await host.ask(title, body, choices)
    if answer == "all":
        return RetryPlan(instance, rows, resend_delivered=True)
    return RetryPlan(instance, failed) if answer == "failed" else None
