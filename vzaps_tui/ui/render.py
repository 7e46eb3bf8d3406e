"""Deliveries and instances as words and cells: pure functions, no widgets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from textual.content import Content

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.instances import Instance, LinkState
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import age, clock_time, took

if TYPE_CHECKING:
    from vzaps_tui.ui.widgets.cells import Cell, Tone

STATUS_TONE: dict[StatusClass, Tone] = {
    StatusClass.FAILED: "bad",
    StatusClass.DELIVERED: "good",
    StatusClass.PENDING: "wait",
    StatusClass.OTHER: "plain",
}

OUTCOME_TONE: dict[Outcome, Tone] = {
    Outcome.QUEUED: "dim",
    Outcome.SENDING: "wait",
    Outcome.ACCEPTED: "wait",
    Outcome.DELIVERED: "good",
    Outcome.FAILED_AGAIN: "bad",
    Outcome.NO_NEWS: "wait",
    Outcome.REFUSED: "bad",
    Outcome.UNKNOWN: "bad",
    Outcome.SKIPPED: "dim",
}

STYLE: dict[Tone, str] = {
    "plain": "",
    "dim": "$text-muted",
    "strong": "bold",
    "good": "$text-success",
    "bad": "$text-error",
    "wait": "$text-warning",
    "accent": "$text-accent",
}
"""Tones as styles of the theme, the same as the table's."""


def words(*parts: Cell) -> Content:
    """Outside text, made visible, with tones; never markup."""
    pieces: list[tuple[str, str]] = []
    for part in parts:
        value, tone = (part, "plain") if isinstance(part, str) else part
        pieces.append(("\n".join(visible(line) for line in value.split("\n")), STYLE[tone]))
    return Content.assemble(*pieces)


def status_cell(row: Delivery) -> Cell:
    """The status word in its colour."""
    return row.status_word, STATUS_TONE[row.status_class]


def host_and_path(url: str | None) -> str:
    """A masked URL without its scheme, for narrow places."""
    if not url:
        return "not set"
    masked = mask_url(url)
    return masked.partition("://")[2] or masked


def host_name(url: str | None) -> str:
    """Only the host of a URL; `?` where it cannot be read."""
    try:
        return urlsplit(url or "").netloc.rpartition("@")[2] or "?"
    except ValueError:
        return "?"


def delivery_cells(row: Delivery, step: RetryStep | None, now: datetime) -> tuple[Cell, ...]:
    """Cells of a delivery, in the order of the list's columns; a retry's reason beats an error."""
    code = "-" if row.http_status is None else str(row.http_status)
    return (
        clock_time(row.time, now, fine=True),
        status_cell(row),
        (step.outcome.value, OUTCOME_TONE[step.outcome]) if step else "",
        row.event,
        code,
        "-" if row.attempts is None else str(row.attempts),
        took(row.duration_ms),
        (step.reason if step else "") or row.error or "",
        (host_and_path(row.target) if row.target else "-", "dim"),
    )


_LINK_TONE: dict[LinkState, Tone] = {
    LinkState.CONNECTED: "good",
    LinkState.DISCONNECTED: "bad",
    LinkState.UNKNOWN: "dim",
}


def link_cell(row: Instance) -> Cell:
    """Link state; the API's own status word where the state is not known."""
    if row.link is LinkState.UNKNOWN and row.status:
        return row.status
    return row.link.value, _LINK_TONE[row.link]


def events_text(events: tuple[str, ...]) -> str:
    """`Message`, `Message +2`, `-`."""
    if not events:
        return "-"
    return events[0] if len(events) == 1 else f"{events[0]} +{len(events) - 1}"


def instance_cells(row: Instance, now: datetime) -> tuple[Cell, ...]:
    """Cells of an instance, in the order of the list's columns."""
    updated = (
        "-" if row.updated_at is None else age(max(0.0, (now - row.updated_at).total_seconds()))
    )
    return (
        (row.name or row.id, "strong"),
        link_cell(row),
        host_and_path(row.webhook) if row.webhook else ("-", "dim"),
        events_text(row.events),
        (updated, "dim"),
        (row.id, "dim"),
    )
