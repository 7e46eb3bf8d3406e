"""Words for an instance that the API does not know, with the way to those it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vzaps_tui.domain.problems import NotFoundError, VzapsError

if TYPE_CHECKING:
    from textual.screen import Screen

    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.ui.host import Host


def told_of(
    problem: VzapsError, instance: InstanceId, host: Host, screen: Screen[Any]
) -> VzapsError:
    """A problem as the list of an instance tells it; only that of an unknown one is another."""
    if not isinstance(problem, NotFoundError):
        return problem
    reason = f"no instance {instance} is known"
    return NotFoundError(reason, request_id=problem.request_id, hint=_way_to_others(host, screen))


def _way_to_others(host: Host, screen: Screen[Any]) -> str:
    if not host.is_first(screen):
        return NotFoundError.hint
    key = host.below_first()
    return f"Press {key} for the list of instances." if key else "Check VZAPS_INSTANCE_ID."
