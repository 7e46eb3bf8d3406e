"""How retries go, in lines for the panel above the keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from vzaps_tui.domain.retries import Outcome
from vzaps_tui.domain.times import clock_time, lasting
from vzaps_tui.ui.render import OUTCOME_TONE, STYLE
from vzaps_tui.ui.widgets.cells import fit, shown, width_of, wrap
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
    """One to five lines of at most `width` cells.

    Args:
        progress: of all plans.
        keys: those that pause, and stop.
        now: in the zone to show.
        width: cells of a line.
        few: only how far it is, and why it stopped.
    """
    lines = [_head(progress, keys, now, width)]
    if not few:
        lines += _counts(progress, width)
    if progress.halted:
        lines += _why(progress, keys, width)
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
    pause, stop = keys
    does = f"{pause} {_verb(progress)} · {stop} {_ending(progress)}"
    room = max(0, width - len(does) - 2)
    cells = _BAR if width >= _ROOMY else _SHORT_BAR
    settled = f" {progress.settled:,} of {progress.total:,}"
    many = f" in {progress.plans} plans" if progress.plans > 1 else ""
    rate, eta = _speed(progress, now)
    # What it waits for is cut rather than left out.
    least = settled + eta if progress.away or progress.waiting else settled
    ways = (f"{settled} settled{many}{rate}{eta}", f"{settled}{rate}{eta}", settled + eta)
    fitting = (way for way in ways if len(doing) + 1 + cells + len(way) <= room)
    words = next(fitting, least)
    told = Content.assemble(f"{doing} ", bar(progress.settled, progress.total, cells), words)
    # What the keys do is never cut off.
    told = told.truncate(room, ellipsis=True)
    gap = max(1, width - told.cell_length - len(does))
    return Content.assemble(told, " " * gap, (does, STYLE["dim"]))


def _why(progress: Progress, keys: tuple[str, str], width: int) -> list[Content]:
    """Why it stopped, in one line or two."""
    words = ("Stopped by itself: " if progress.stuck else "") + progress.halted
    way = f" · {keys[0]} sends them all the same" if progress.stuck else ""
    if width_of(shown(words)) + len(way) <= width:
        return [Content.assemble((shown(words), STYLE["wait"]), (way, STYLE["dim"]))]
    # The line above names the key as well.
    first, *others = wrap(words, width)
    told = (first, fit(" ".join(others), width).rstrip()) if others else (first,)
    return [Content.styled(line, STYLE["wait"]) for line in told]


def _verb(progress: Progress) -> str:
    return "goes on" if progress.paused or progress.stuck else "pauses"


def _ending(progress: Progress) -> str:
    return "leaves it" if progress.over else "stops"


def _speed(progress: Progress, now: datetime) -> tuple[str, str]:
    """How fast it is, and how long it takes, or what is waited for."""
    if progress.away:
        return "", f" · waiting: {progress.away}"
    if progress.waiting >= 1:
        until = clock_time(now + timedelta(seconds=progress.waiting), now)
        return "", f" · the API asks to wait until {until}"
    if not progress.is_sending:
        return "", ""
    rate = ""
    if progress.rate:
        rate = f" · {progress.rate:{'.1f' if progress.rate >= _SLOW else '.1g'}} a second"
    if progress.eta is None:
        return rate, " · ? to go"
    return rate, f" · {lasting(progress.eta)} to go" if progress.eta else ""


def _counts(progress: Progress, width: int) -> list[Content]:
    """How many stand where, in as many lines as it takes."""
    pieces = [
        Content.styled(f"{count:,} {kind.value}", STYLE[OUTCOME_TONE[kind]])
        for kind in _COUNTED
        if (count := progress.counts[kind])
    ]
    pieces.append(Content.styled(f"{progress.left:,} left", "bold"))
    lines = pieces[:1]
    for piece in pieces[1:]:
        longer = Content.assemble(lines[-1], (" · ", STYLE["dim"]), piece)
        if longer.cell_length <= width:
            lines[-1] = longer
        else:
            lines.append(piece)
    return lines
