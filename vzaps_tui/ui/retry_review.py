"""From chosen rows to a plan: at once for one failure, by a dialog for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.retries import RetryPlan, splits
from vzaps_tui.ui.dialogs import Choice
from vzaps_tui.ui.render import host_name

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.ui.host import Host

_SECONDS_EACH = 1
_HOSTS_NAMED = 3


def _hosts(rows: tuple[Delivery, ...]) -> str:
    names = {host_name(row.target) if row.target else "the configured webhook" for row in rows}
    more = f" and {len(names) - _HOSTS_NAMED} more" if len(names) > _HOSTS_NAMED else ""
    return ", ".join(sorted(names)[:_HOSTS_NAMED]) + more


def _question(rows: tuple[Delivery, ...]) -> tuple[str, tuple[Choice, ...]]:
    """Body and choices of the dialog for these rows."""
    kinds = splits(rows)
    failed = kinds.get(StatusClass.FAILED, ())
    others = len(rows) - len(failed)
    chosen = ", ".join(f"{len(found)} {kind}" for kind, found in kinds.items())
    lines = [f"{len(rows)} chosen: {chosen}", f"Target: {_hosts(rows)}"]
    choices: list[Choice] = []
    if failed:
        choices.append(Choice("failed", f"Retry {len(failed)}", danger=False))
        lines.append(f"About {len(failed) * _SECONDS_EACH} s to send, one a second.")
    if others:
        lines.append(
            f"{others} not failed: skipped, unless you send all. "
            "The receiver may get those a second time."
        )
        choices.append(Choice("all", f"Send all {len(rows)}"))
    return "\n".join(lines), tuple(choices)


async def review(host: Host, instance: InstanceId, rows: tuple[Delivery, ...]) -> RetryPlan | None:
    """The plan a person agreed to; None if they did not. Awaited in a worker."""
    if host.launch.read_only:
        host.say("Read-only: nothing is sent.", severity="warning")
        return None
    if len(rows) == 1 and rows[0].status_class is StatusClass.FAILED:
        host.say(f"Asking VZaps to send {rows[0].id or 'this delivery'} again ...")
        return RetryPlan(instance, rows)
    body, choices = _question(rows)
    title = "Send again?" if len(rows) == 1 else f"Send {len(rows)} deliveries again?"
    answer = await host.ask(title, body, choices)
    if answer == "all":
        return RetryPlan(instance, rows, resend_delivered=True)
    if answer == "failed":
        return RetryPlan(instance, splits(rows)[StatusClass.FAILED])
    return None
