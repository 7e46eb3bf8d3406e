"""A delivery's attempts as a table shows them."""

from __future__ import annotations

from datetime import datetime

from vzaps_tui.domain.deliveries import Attempt, DeliveryDetail, classify
from vzaps_tui.domain.times import clock_time, took
from vzaps_tui.ui.render import STATUS_TONE
from vzaps_tui.ui.widgets.cells import Cell
from vzaps_tui.ui.widgets.virtual_table import Column

COLUMNS = (
    Column("number", "#", 4, align="right"),
    Column("time", "Time", 11),
    Column("code", "Code", 6, align="right"),
    Column("took", "Took", 8, align="right"),
    Column("said", "Error or response", 20, flex=1),
)


class AttemptRows:
    """Rows for the table, oldest first."""

    def __init__(self, attempts: tuple[Attempt, ...], now: datetime) -> None:
        self._attempts = attempts
        self._now = now

    def __len__(self) -> int:
        return len(self._attempts)

    def key(self, index: int) -> str:
        """Identity of a row: its place."""
        return str(index)

    def index(self, key: str) -> int | None:
        """Where a row stands."""
        return int(key) if int(key) < len(self._attempts) else None

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a row."""
        attempt = self._attempts[index]
        tone = STATUS_TONE[classify("", attempt.http_status)] if attempt.http_status else "bad"
        code = str(attempt.http_status) if attempt.http_status else "none"
        return (
            str(attempt.number),
            clock_time(attempt.at, self._now),
            (code, tone),
            took(attempt.duration_ms),
            " · ".join(filter(None, (attempt.error, attempt.response))),
        )


def attempts_note(detail: DeliveryDetail) -> str:
    """What stands where no attempts are listed."""
    count = detail.delivery.attempts
    if count is None:
        return "The API told nothing of its attempts."
    return f"The API told only their number: {count}."
