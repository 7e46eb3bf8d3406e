"""The first line of every screen: where one is, what is connected, how fresh what is shown is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import age, next_change
from vzaps_tui.services.freshness import Freshness, Phase

if TYPE_CHECKING:
    from vzaps_tui.services.ports import Clock


class TopBar(Widget):
    """Breadcrumbs on the left, connection and freshness on the right."""

    DEFAULT_CSS = """
    TopBar { height: 1; background: $panel; color: $foreground; padding: 0 1; }
    """

    crumbs: reactive[tuple[str, ...]] = reactive(())
    freshness: reactive[Freshness] = reactive(Freshness())

    def __init__(self, label: str, clock: Clock, crumbs: tuple[str, ...]) -> None:
        super().__init__()
        self._label = label
        self._clock = clock
        self._tick: Timer | None = None
        self.set_reactive(TopBar.crumbs, crumbs)

    def watch_freshness(self) -> None:
        """Wake when the age will next read differently, and not before (law 10)."""
        if self._tick is not None:
            self._tick.stop()
            self._tick = None
        if self.freshness.fetched_at is not None and self.is_mounted:
            wait = next_change(self._age()) + 0.05
            self._tick = self.set_timer(wait, self._aged, name="age")

    def _age(self) -> float:
        if self.freshness.fetched_at is None:
            return 0.0
        return max(0.0, (self._clock.now() - self.freshness.fetched_at).total_seconds())

    def _aged(self) -> None:
        self.refresh()
        self.watch_freshness()

    def state(self) -> tuple[str, str]:
        """Words and style for the right side."""
        fresh = self.freshness
        if fresh.fetched_at is None:
            return {
                Phase.ASKING: ("asking ...", "$text-warning"),
                Phase.FAILED: ("nothing read", "bold $text-error"),
                Phase.IDLE: ("", ""),
            }[fresh.phase]
        since = age(self._age())
        if fresh.phase is Phase.FAILED:
            return f"OLD, {since}", "bold $text-error"
        busy = " · asking ..." if fresh.phase is Phase.ASKING else ""
        if busy and fresh.problem:
            return f"OLD, {since}{busy}", "bold $text-error"
        source = "live" if fresh.is_live else "cached"
        return (
            f"{source} {since}{busy}",
            "$text-success" if fresh.is_live and not busy else "$text-warning",
        )

    @override
    def render(self) -> Content:
        width = self.content_size.width
        state, style = self.state()
        label = visible(self._label)
        right = Content.assemble(label, " · " if label and state else "", (state, style))
        crumbs = " › ".join(visible(crumb) for crumb in self.crumbs)
        room = max(8, width - right.cell_length - 2)
        left = Content.styled(crumbs, "bold").truncate(room, ellipsis=True)
        gap = max(1, width - left.cell_length - right.cell_length)
        return Content.assemble(left, " " * gap, right)
