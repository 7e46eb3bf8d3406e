"""How retries go, in lines for the panel above the keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from vzaps_tui.domain.retries import Outcome
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import clock_time, lasting
from vzaps_tui.ui.render import OUTCOME_TONE, STYLE
from vzaps_tui.ui.widgets.cells import fit, width_of
from vzaps_tui.ui.widgets.job_line import bar

if TYPE_CHECKING:
    from vzaps_tui.ui.retry_progress import Progress

FEW = 10
"""Deliveries up to which one line tells enough."""
TALL = 30
"""Lines of a screen from which on there is room for more than one."""
_BAR, _SHORT_BAR = 24, 8
_ROOMY = 100
_MOST_ERRORS = 2
_SLOW = 0.1
_COUNTED = (
    Outcome.DELIVERED,
    Outcome.FAILED_AGAIN,
    Outcome.REFUSED,
    Outcome.UNKNOWN,
    Outcome.NO_NEWS,
    Outcome.SKIPPED,
    Outcome.ACCEPTED,
)


def progress_lines(
    progress: Progress, keys: tuple[str, str], now: datetime, width: int, *, few: bool = False
) -> tuple[Content, ...]:
    """Two to four lines of at most `width` cells.

    Args:
        progress: of all plans.
        keys: those that pause, and stop.
        now: in the zone to show.
        width: cells of a line.
        few: only how far it is, and why it stopped.
    """
    lines = [_head(progress, keys, now, width)]
    if not few:
        lines.append(_counts(progress))
    if progress.halted:
        lines.append(_why(progress, keys, width))
    if progress.errors and not few:
        words = " · ".join(reversed(progress.errors[-_MOST_ERRORS:]))
        last = fit(words, max(1, width - len("Last: "))).rstrip()
        lines.append(Content.assemble(("Last: ", STYLE["dim"]), (last, STYLE["bad"])))
    return tuple(line.truncate(width, ellipsis=True) for line in lines)


def _head(progress: Progress, keys: tuple[str, str], now: datetime, width: int) -> Content:
    doing = "Retrying"
    if progress.paused:
        doing = "Paused"
    elif progress.stuck:
        doing = "Stopped"
    plans = f" in {progress.plans} plans" if progress.plans > 1 else ""
    pause, stop = keys
    does = f"{pause} {_verb(progress)} · {stop} {_ending(progress)}"
    told = Content.assemble(
        f"{doing} ",
        bar(progress.settled, progress.total, _BAR if width >= _ROOMY else _SHORT_BAR),
        f" {progress.settled:,} of {progress.total:,} settled{plans}",
        _speed(progress, now),
    )
    # What the keys do is never cut off.
    told = told.truncate(max(0, width - len(does) - 2), ellipsis=True)
    gap = max(1, width - told.cell_length - len(does))
    return Content.assemble(told, " " * gap, (does, STYLE["dim"]))


def _why(progress: Progress, keys: tuple[str, str], width: int) -> Content:
    way = f" · {keys[0]} sends them all the same" if progress.stuck else ""
    by_itself = "Stopped by itself: " if progress.stuck else ""
    words = by_itself + progress.halted
    if width < _ROOMY and width_of(visible(words)) + len(way) > width:
        way = ""  # the line above names the key as well
    why = fit(words, max(10, width - len(way))).rstrip()
    return Content.assemble((why, STYLE["wait"]), (way, STYLE["dim"]))


def _verb(progress: Progress) -> str:
    return "goes on" if progress.paused or progress.stuck else "pauses"


def _ending(progress: Progress) -> str:
    return "leaves it" if progress.over else "stops"


def _speed(progress: Progress, now: datetime) -> str:
    if progress.away:
        return f" · waiting: {progress.away}"
    if progress.waiting >= 1:
        until = clock_time(now + timedelta(seconds=progress.waiting), now)
        return f" · the API asks to wait until {until}"
    if not progress.is_sending:
        return ""
    rate = ""
    if progress.rate:
        rate = f" · {progress.rate:{'.1f' if progress.rate >= _SLOW else '.1g'}} a second"
    if progress.eta is None:
        return f"{rate} · ? to go"
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
