"""A delivery's head in a few labelled lines, for the preview and the detail screen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from textual.content import Content

from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.times import took
from vzaps_tui.ui.render import OUTCOME_TONE, STYLE, status_cell
from vzaps_tui.ui.widgets.cells import Cell, fit, parts, wrap

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.retries import RetryStep

Fact: TypeAlias = tuple[str, Cell]

LABEL = 9
_GAP = 2
_LONGEST = 400
_BOTH_TIMES = len("2026-11-22 14:02:11 (17:02:11 UTC)")


def both_times(moment: datetime | None, now: datetime, *, short: bool = False) -> str:
    """`2026-11-22 14:02:11 (17:02:11 UTC)`; only one of them where the zone is UTC.

    Args:
        moment: aware; `-` for None.
        now: in the zone to show.
        short: leave away the date if it is today's, and the year if it is this one's.
    """
    if moment is None:
        return "-"
    try:
        local, utc = moment.astimezone(now.tzinfo), moment.astimezone(UTC)
    except OverflowError:  # the edge of the calendar: Go's zero time is the year 1
        return moment.date().isoformat()
    told = local.strftime(_pattern(local, now, short=short))
    return f"{told} UTC" if not now.utcoffset() else f"{told} ({utc:%H:%M:%S} UTC)"


def _pattern(local: datetime, now: datetime, *, short: bool) -> str:
    if short and local.date() == now.date():
        return "%H:%M:%S"
    return "%m-%d %H:%M:%S" if short and local.year == now.year else "%Y-%m-%d %H:%M:%S"


def summary(row: Delivery, step: RetryStep | None, now: datetime, width: int) -> Content:
    """Every fact the list knows of a delivery, one a line, in lines of at most `width` cells."""
    facts = [*_outcome(row, step), ("Event", row.event), *_times(row, now), _tries(row)]
    facts += [*_error(row), _target(row), ("Log id", row.id or "none given")]
    return fact_lines(facts, width)


def fact_lines(facts: Iterable[Fact], width: int) -> Content:
    """Labelled facts, one a line, wrapped into lines of at most `width` cells."""
    return Content("\n").join(_line(label, cell, width) for label, cell in facts)


def head(
    row: Delivery, step: RetryStep | None, now: datetime, width: int, *, marked: bool = False
) -> Content:
    """The same in few lines, two facts side by side, for over the parts of a delivery."""
    half = (width - _GAP) // 2
    # Where half a line has no room for them, today's times are told without their date.
    short = half < LABEL + _BOTH_TIMES
    pairs = [*_outcome(row, step), _tries(row), *_times(row, now, short=short)]
    if marked:
        word, tone = parts(status_cell(row))
        pairs[0] = ("Status", (f"{word} · ● marked", tone))
    pairs.insert(1 if step is None else 2, ("Event", row.event))
    lines: list[Content] = []
    for place in range(0, len(pairs), 2):
        left, *right = (_line(label, cell, half, one=True) for label, cell in pairs[place:][:2])
        gap = " " * (half - left.cell_length + _GAP)
        lines.append(Content.assemble(left, gap, *right))
    lines += [_line(label, cell, width) for label, cell in (*_error(row), _target(row))]
    return Content("\n").join(lines)


def _outcome(row: Delivery, step: RetryStep | None) -> list[Fact]:
    facts: list[Fact] = [("Status", status_cell(row))]
    if step is not None:
        reason = f" · {step.reason}" if step.reason else ""
        facts.append(("Retry", (step.outcome.value + reason, OUTCOME_TONE[step.outcome])))
    return facts


def _times(row: Delivery, now: datetime, *, short: bool = False) -> list[Fact]:
    times = {
        "Created": row.created_at,
        "Last try": row.last_attempt_at,
        "Next try": row.next_retry_at,
    }
    return [
        (label, both_times(at, now, short=short))
        for label, at in times.items()
        if at or label == "Created"
    ]


def _tries(row: Delivery) -> Fact:
    code = "-" if row.http_status is None else str(row.http_status)
    tries = "-" if row.attempts is None else str(row.attempts)
    word = "try" if row.attempts == 1 else "tries"
    return "Code", f"{code} · {tries} {word} · {took(row.duration_ms)}"


def _error(row: Delivery) -> list[Fact]:
    return [("Error", (row.error[:_LONGEST], "bad"))] if row.error else []


def _target(row: Delivery) -> Fact:
    return "Target", mask_url(row.target) if row.target else "-"


def _line(label: str, cell: Cell, width: int, *, one: bool = False) -> Content:
    """A labelled fact; wrapped, or cut to one line."""
    text, tone = parts(cell)
    room = max(8, width - LABEL)
    value = fit(text, room).rstrip() if one else ("\n" + " " * LABEL).join(wrap(text, room))
    return Content.assemble((f"{label:<{LABEL}}", "$text-muted"), (value, STYLE[tone]))
