"""Lines above the keys while many deliveries are sent again: how it goes, what went wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from textual.content import Content
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.retries import Outcome
from vzaps_tui.domain.times import clock_time, lasting
from vzaps_tui.ui.render import OUTCOME_TONE, STYLE
from vzaps_tui.ui.retry_progress import Progress
from vzaps_tui.ui.widgets.cells import fit
from vzaps_tui.ui.widgets.job_line import bar

FEW = 10
"""Deliveries up to which one line tells enough."""
TALL = 30
"""Lines of a screen from which on there is room for more than one."""
_BAR = 24
_MOST_ERRORS = 2
_MOST_LINES = 4
_COUNTED = (
    Outcome.DELIVERED,
    Outcome.FAILED_AGAIN,
    Outcome.REFUSED,
    Outcome.UNKNOWN,
    Outcome.NO_NEWS,
    Outcome.SKIPPED,
    Outcome.ACCEPTED,
)


class RetryPanel(Widget):
    """Two to four lines; there only while there is something to tell."""

    DEFAULT_CSS = """
    RetryPanel { height: auto; padding: 0 1; display: none; background: $boost; }
    RetryPanel.-open { display: block; }
    """

    def __init__(self, pause: str, stop: str) -> None:
        """Begin empty.

        Args:
            pause: the key that pauses and goes on.
            stop: the key that stops.
        """
        super().__init__()
        self._pause, self._stop = pause, stop
        self._lines: tuple[Content, ...] = ()

    def show(self, progress: Progress | None, now: datetime, width: int) -> None:
        """Show how it goes; None where there is nothing to tell, or no room.

        Args:
            progress: of all plans.
            now: in the zone to show.
            width: cells of a line of the screen.
        """
        self.set_class(progress is not None, "-open")
        lines = () if progress is None else self.told(progress, now, max(20, width - 2))
        if lines != self._lines:
            self._lines = lines
            self.refresh(layout=True)

    def told(self, progress: Progress, now: datetime, width: int) -> tuple[Content, ...]:
        """The lines, each of at most `width` cells."""
        lines = [self._head(progress, now, width), _counts(progress)]
        if progress.halted:
            lines.append(self._why(progress, width))
        if progress.errors:
            words = " · ".join(reversed(progress.errors[-_MOST_ERRORS:]))
            lines.append(
                Content.assemble(("Last: ", STYLE["dim"]), (fit(words, width - 6), STYLE["bad"]))
            )
        return tuple(line.truncate(width, ellipsis=True) for line in lines[:_MOST_LINES])

    def _head(self, progress: Progress, now: datetime, width: int) -> Content:
        doing = "Retrying"
        if progress.paused:
            doing = "Paused"
        elif progress.stuck:
            doing = "Stopped"
        plans = f" in {progress.plans} plans" if progress.plans > 1 else ""
        keys = f"{self._pause} {_verb(progress)} · {self._stop} {_ending(progress)}"
        told = Content.assemble(
            f"{doing} ",
            bar(progress.settled, progress.total, _BAR),
            f" {progress.settled:,} of {progress.total:,} settled{plans}",
            _speed(progress, now),
        )
        told = told.truncate(max(0, width - len(keys) - 2), ellipsis=True)
        gap = max(1, width - told.cell_length - len(keys))
        return Content.assemble(told, " " * gap, (keys, STYLE["dim"]))

    def _why(self, progress: Progress, width: int) -> Content:
        way = f" · {self._pause} sends them all the same" if progress.stuck else ""
        by_itself = "Stopped by itself: " if progress.stuck else ""
        why = fit(by_itself + progress.halted, max(10, width - len(way))).rstrip()
        return Content.assemble((why, STYLE["wait"]), (way, STYLE["dim"]))

    @override
    def render(self) -> Content:
        return Content("\n").join(self._lines)


def _verb(progress: Progress) -> str:
    return "goes on" if progress.paused or progress.stuck else "pauses"


def _ending(progress: Progress) -> str:
    return "leaves it" if progress.over else "stops"


def _speed(progress: Progress, now: datetime) -> str:
    if progress.waiting >= 1:
        until = clock_time(now + timedelta(seconds=progress.waiting), now)
        return f" · the API asks to wait until {until}"
    if not progress.is_sending:
        return ""
    rate = f" · {progress.rate:.1f} a second" if progress.rate else ""
    return rate + (f" · {lasting(progress.eta)} to go" if progress.eta else "")


def _counts(progress: Progress) -> Content:
    pieces: list[tuple[str, str]] = []
    for kind in _COUNTED:
        if count := progress.counts[kind]:
            pieces += [
                (f"{count:,} {kind.value}", STYLE[OUTCOME_TONE[kind]]),
                (" · ", STYLE["dim"]),
            ]
    pieces.append((f"{progress.left:,} left", "bold"))
    return Content.assemble(*pieces)
