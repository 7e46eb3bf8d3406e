"""A delivery's head in a few labelled lines, for the preview and the detail screen."""

from __future__ import annotations

from datetime import UTC, datetime

from textual.content import Content

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.domain.times import took
from vzaps_tui.ui.render import OUTCOME_TONE, STYLE, status_cell
from vzaps_tui.ui.widgets.cells import Cell, parts, wrap

_LABEL = 9
_LONGEST = 400


def both_times(moment: datetime | None, now: datetime) -> str:
    """`2026-11-22 14:02:11 (17:02:11 UTC)`; only one of them where the zone is UTC."""
    if moment is None:
        return "-"
    local = moment.astimezone(now.tzinfo).strftime("%Y-%m-%d %H:%M:%S")
    utc = moment.astimezone(UTC)
    return f"{local} UTC" if not now.utcoffset() else f"{local} ({utc:%H:%M:%S} UTC)"


def summary(row: Delivery, step: RetryStep | None, now: datetime, width: int) -> Content:
    """Every fact the list knows of a delivery, in lines of at most `width` cells."""
    lines: list[tuple[str, Cell]] = [("Status", status_cell(row))]
    if step is not None:
        reason = f" · {step.reason}" if step.reason else ""
        lines.append(("Retry", (step.outcome.value + reason, OUTCOME_TONE[step.outcome])))
    lines += [("Event", row.event), ("Created", both_times(row.created_at, now))]
    if row.last_attempt_at is not None:
        lines.append(("Last try", both_times(row.last_attempt_at, now)))
    if row.next_retry_at is not None:
        lines.append(("Next try", both_times(row.next_retry_at, now)))
    code = "-" if row.http_status is None else str(row.http_status)
    tries = "-" if row.attempts is None else str(row.attempts)
    lines.append(("Code", f"{code} · {tries} tries · {took(row.duration_ms)}"))
    if row.error:
        lines.append(("Error", (row.error[:_LONGEST], "bad")))
    lines.append(("Target", mask_url(row.target) if row.target else "-"))
    lines.append(("Log id", row.id or "none given"))
    return Content("\n").join(_line(label, cell, width) for label, cell in lines)


def _line(label: str, cell: Cell, width: int) -> Content:
    text, tone = parts(cell)
    rows = wrap(text, max(8, width - _LABEL))
    value = ("\n" + " " * _LABEL).join(rows)
    return Content.assemble((f"{label:<{_LABEL}}", "$text-muted"), (value, STYLE[tone]))
