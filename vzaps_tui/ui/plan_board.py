"""What the screens of past retries share: acting on a plan, and looking again while it moves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import work
from typing_extensions import override

from vzaps_tui.domain.plans import PlanState
from vzaps_tui.domain.retry_reports import STILL_FAILED
from vzaps_tui.services.freshness import Freshness
from vzaps_tui.ui.command import show_key
from vzaps_tui.ui.commands import PLANS, keys_of
from vzaps_tui.ui.list_board import ListBoard
from vzaps_tui.ui.widgets.problem_bar import ProblemBar

if TYPE_CHECKING:
    from textual.timer import Timer

    from vzaps_tui.domain.plans import PlanSummary

_SHARE = 10
"""Reading a long plan anew takes at most one part in so many of the time."""


class PlanBoard(ListBoard[None]):
    """Subclasses say which plan is meant, and which ones are shown.

    Attributes:
        again: seconds after which plans that others carry out are read anew.
    """

    def __init__(self) -> None:
        super().__init__()
        self.again = 5.0
        self._timer: Timer | None = None

    def chosen(self) -> PlanSummary | None:
        """The plan that keys act on."""
        raise NotImplementedError

    def told_plans(self) -> Iterable[PlanSummary]:
        """The plans whose standing the screen tells."""
        raise NotImplementedError

    # -- looking again ---------------------------------------------------------------------------

    def look_on(self, took: float) -> None:
        """Read anew after a while what changes without being told; nothing if nothing does.

        Args:
            took: seconds that the last reading took.
        """
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self.moves_elsewhere() and not self.is_left:
            self._timer = self.set_timer(max(self.again, _SHARE * took), self._look)

    def _look(self) -> None:
        if self.is_active:  # what is behind one looks again when it comes back
            self.load(force=False)

    def moves_elsewhere(self) -> bool:
        """Whether a plan is carried out by another program, or may be taken up by one now."""
        here = self.services.retries.running
        return any(
            (one.holder or one.plan.state is PlanState.RUNNING) and one.plan.id not in here
            for one in self.told_plans()
        )

    def no_problem(self) -> None:
        """What could not be read was read now."""
        if self.is_troubled:
            self.query_one(ProblemBar).say("")
            self.top_bar.freshness = Freshness()

    # -- keys ------------------------------------------------------------------------------------

    @override
    def _enabled(self, action: str) -> bool:
        return super()._enabled(action) and self.works(action)

    def works(self, action: str) -> bool:
        """Whether an action would do something now, other than say why it does not."""
        one, rows = self.chosen(), bool(len(self.table.rows))
        open_ = one is not None and one.is_unfinished and not one.holder
        failed = one is not None and any(one.counts[kind] for kind in STILL_FAILED)
        works = {
            "open": rows,
            "find": rows,
            "copy": bool(self.copies()),
            "retry": failed,
            "mark": failed,
            "resume": open_,
            "discard": open_,
            "export": one is not None,
        }
        return works.get(action, True)

    def ways_on(self) -> str:
        """What keys do with a plan that is not over: `c resumes it, D discards it`."""
        launch = self.host.launch
        if launch.read_only:
            return ""
        keys = {
            command.action: show_key(keys_of(command, launch.keymap).partition(",")[0].strip())
            for command in PLANS.commands
        }
        return f"{keys['resume']} resumes it, {keys['discard']} discards it"

    def action_retry(self) -> None:
        """Send again what is still failed of it."""
        if one := self.chosen():
            self.host.plans.retry_failed(one)

    def action_resume(self) -> None:
        """Go on with it."""
        if one := self.chosen():
            self.host.plans.resume(one)

    @work(group="discard", exclusive=False)
    async def action_discard(self) -> None:
        """Never send what is left of it."""
        one = self.chosen()
        if one is not None and await self.host.plans.discard(one):
            self.load(force=False)

    def action_mark(self) -> None:
        """To the list of deliveries, what is still failed marked."""
        if one := self.chosen():
            self.host.plans.mark_failed(one)

    def action_export(self) -> None:
        """Write it to a file."""
        if one := self.chosen():
            self.host.plans.export(one)
