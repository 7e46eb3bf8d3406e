"""What happened to a delivery, one line a moment: its attempts, and retries sent from here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from vzaps_tui.domain.deliveries import Attempt, Delivery, DeliveryDetail, LogId, StatusClass
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.times import clock_time, took
from vzaps_tui.ui.render import OUTCOME_TONE, STATUS_TONE
from vzaps_tui.ui.widgets.virtual_table import Column

if TYPE_CHECKING:
    from vzaps_tui.domain.plans import Earlier
    from vzaps_tui.domain.retries import Outcome, RetryStep
    from vzaps_tui.ui.widgets.cells import Cell, Tone

_BAR = 8
COLUMNS = (
    Column("number", "#", 4, align="right"),
    Column("time", "Time", 14),
    Column("wait", "After", 8, align="right", min_width=84),
    Column("code", "Code", 7, align="right"),
    Column("took", "Took", 7, align="right", min_width=72),
    Column("bar", "", _BAR, min_width=96),
    Column("said", "Error or response", 17, flex=1),
)
_EIGHTHS = "▏▎▍▌▋▊▉█"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class SentFromHere:
    """A retry that this program asked for.

    Attributes:
        at: when it was sent; where that is not known, when it was last heard of.
        outcome: what came of it so far.
        reason: in words; may be unsafe text.
        via: the new log the server wrote it to, if it did.
    """

    at: datetime
    outcome: Outcome
    reason: str = ""
    via: LogId | None = None

    @classmethod
    def of(cls, retry: Earlier | RetryStep) -> SentFromHere:
        """A retry as the journal or the run in progress knows it."""
        return cls(retry.at, retry.outcome, retry.reason, retry.via)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line; what is not told is empty or None.

    Attributes:
        number: of an attempt.
        code: HTTP status, or in a word why there was none.
    """

    at: datetime | None
    said: str
    tone: Tone = "plain"
    number: str = ""
    code: str = ""
    code_tone: Tone = "plain"
    took: float | None = None


def timeline(detail: DeliveryDetail, sent: Iterable[SentFromHere]) -> tuple[Moment, ...]:
    """All that is known, oldest first; no time is made up where none was told."""
    row = detail.delivery
    moments = [Moment(row.created_at, "created", "dim")] if row.created_at else []
    moments += _attempts(detail)
    for retry in sorted(sent, key=lambda one: one.at):
        later = (at for at, one in enumerate(moments) if one.at and one.at > retry.at)
        moments.insert(next(later, len(moments)), _retry(retry))
    if row.next_retry_at and row.status_class is StatusClass.PENDING:
        moments.append(Moment(row.next_retry_at, "next try, as VZaps plans it", "wait"))
    return tuple(moments)


def _attempts(detail: DeliveryDetail) -> list[Moment]:
    row, listed = detail.delivery, detail.attempts
    moments = [_attempt(attempt) for attempt in listed]
    if listed and (row.attempts or 0) <= len(listed):
        return moments
    note = Moment(None, attempts_note(detail), "dim")
    if listed:
        return [note, *moments]
    if row.last_attempt_at is None:
        return [note]
    number = row.attempts or 0
    last = Attempt(number, row.last_attempt_at, row.http_status, row.duration_ms, row.error)
    return [note, _attempt(last)]


def _attempt(attempt: Attempt) -> Moment:
    seen = Delivery(
        id=LogId(""),
        key="",
        status="" if attempt.http_status else "failed",
        event="",
        http_status=attempt.http_status,
        error=attempt.error,
    )
    kind = failure_kind(seen)
    word = "none" if kind is FailureKind.OTHER else kind.value
    return Moment(
        attempt.at,
        " · ".join(filter(None, (attempt.error, attempt.response))),
        number=str(attempt.number) if attempt.number else "",
        code=str(attempt.http_status) if attempt.http_status else word,
        code_tone=STATUS_TONE[seen.status_class],
        took=attempt.duration_ms,
    )


def _retry(retry: SentFromHere) -> Moment:
    words = f"retry from here: {retry.outcome.value}"
    told = (words, retry.reason, f"as {retry.via}" if retry.via else "")
    return Moment(retry.at, " · ".join(filter(None, told)), OUTCOME_TONE[retry.outcome])


def attempts_note(detail: DeliveryDetail) -> str:
    """What is said where attempts are not listed, or not all of them."""
    count = detail.delivery.attempts
    if count is None:
        return "The API told nothing of its attempts."
    if detail.attempts:
        return f"The API told only {len(detail.attempts)} of {count} attempts."
    return f"The API told only their number: {count}."


class AttemptRows:
    """Rows for the table, oldest first."""

    def __init__(self, moments: tuple[Moment, ...], now: datetime) -> None:
        self._moments = moments
        self._now = now
        self._longest = max((one.took or 0.0 for one in moments), default=0.0)

    def __len__(self) -> int:
        return len(self._moments)

    def key(self, index: int) -> str:
        """Identity of a row: its place."""
        return str(index)

    def index(self, key: str) -> int | None:
        """Where a row stands."""
        return int(key) if int(key) < len(self._moments) else None

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a row."""
        moment = self._moments[index]
        return (
            moment.number,
            ""
            if moment.at is None and not moment.number
            else clock_time(moment.at, self._now, fine=True),
            (self._wait(index), "dim"),
            (moment.code, moment.code_tone),
            took(moment.took) if moment.number or moment.took is not None else "",
            (bar(moment.took, self._longest), "accent"),
            (moment.said, moment.tone),
        )

    def _wait(self, index: int) -> str:
        """How long after the moment before; empty where one of them has no time, or it is later."""
        at = self._moments[index].at
        before = next((one.at for one in reversed(self._moments[:index]) if one.at), None)
        if at is None or before is None or at < before:
            return ""
        return f"+{span((at - before).total_seconds())}"


def bar(milliseconds: float | None, longest: float) -> str:
    """A bar in proportion to the longest; at least a hair for what took any time."""
    if not milliseconds or longest <= 0:
        return ""
    eighths = max(1, min(8 * _BAR, round(milliseconds / longest * 8 * _BAR)))
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest - 1] if rest else "")


def span(seconds: float) -> str:
    """How long, roughly: `0.4 s`, `12 s`, `5 min`, `1.5 h`, `20 d`."""
    units = (("d", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", 1))
    unit, size = next((pair for pair in units if seconds >= pair[1]), units[-1])
    count = seconds / size
    digits = 1 if count < 10 else 0  # noqa: PLR2004 - two figures are enough
    return f"{count:.{digits}f}".removesuffix(".0") + f" {unit}"
