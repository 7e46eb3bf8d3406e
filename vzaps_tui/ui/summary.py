"""A delivery's head in a few labelled lines, for the preview and the detail screen."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.text import Text

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.retries import RetryStep
from vzaps_tui.domain.times import took
from vzaps_tui.ui.render import OUTCOME_TONE, status_cell, words

_LABEL = 9


def _line(text: Text, label: str, value: Text) -> None:
    if text.plain:
        text.append("\n")
    text.append(f"{label:<{_LABEL}}", "dim").append_text(value)


def both_times(moment: datetime | None, now: datetime) -> str:
    """`2026-11-22 14:02:11 (17:02:11 UTC)`; only one of them where the zone is UTC."""
    if moment is None:
        return "-"
    local = moment.astimezone(now.tzinfo).strftime("%Y-%m-%d %H:%M:%S")
    utc = moment.astimezone(UTC)
    return f"{local} UTC" if not now.utcoffset() else f"{local} ({utc:%H:%M:%S} UTC)"


def summary(row: Delivery, step: RetryStep | None, now: datetime) -> Text:
    """Every fact the list knows of a delivery."""
    text = Text()
    _line(text, "Status", words(status_cell(row)))
    if step is not None:
        reason = f"  {step.reason}" if step.reason else ""
        _line(text, "Retry", words((step.outcome.value, OUTCOME_TONE[step.outcome]), reason))
    _line(text, "Event", words(row.event))
    _line(text, "Created", words(both_times(row.created_at, now)))
    if row.last_attempt_at is not None:
        _line(text, "Last try", words(both_times(row.last_attempt_at, now)))
    if row.next_retry_at is not None:
        _line(text, "Next try", words(both_times(row.next_retry_at, now)))
    code = "-" if row.http_status is None else str(row.http_status)
    tries = "-" if row.attempts is None else str(row.attempts)
    _line(text, "Code", words(f"{code}   tries {tries}   took {took(row.duration_ms)}"))
    if row.error:
        _line(text, "Error", words((row.error, "bad")))
    _line(text, "Target", words(mask_url(row.target) if row.target else "-"))
    _line(text, "Log id", words(row.id or "none given"))
    return text
