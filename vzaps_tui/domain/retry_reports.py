"""What a retry plan led to: counts, causes, what is still failed, and its rows for a file."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from vzaps_tui.domain.plans import Entry, Plan
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.retries import Outcome

STILL_FAILED = frozenset({Outcome.FAILED_AGAIN, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NO_NEWS})
"""Outcomes after which a delivery is not known to have arrived."""


@dataclass(frozen=True, slots=True)
class CauseReport:
    """What became of the deliveries of one cause.

    Attributes:
        cause: its key, as `Cause.key` of triage.
        name: in a few words: `502 Bad Gateway`.
        host: where they go; unsafe text, as `event` is.
    """

    cause: str
    name: str
    host: str
    event: str
    counts: Counter[Outcome]


@dataclass(frozen=True, slots=True)
class RetryReport:
    """What a plan led to so far.

    Attributes:
        counts: of all of its deliveries.
        causes: the most deliveries first.
        took: from the first one that was sent to the last that was settled; None where none was.
        failed: what is not known to have arrived, in the plan's order.
        left: what was not sent, in the plan's order.
    """

    plan: Plan
    counts: Counter[Outcome]
    causes: tuple[CauseReport, ...]
    took: timedelta | None
    failed: tuple[Entry, ...]
    left: tuple[Entry, ...]


def report(plan: Plan, entries: Sequence[Entry]) -> RetryReport:
    """What a plan led to, from its entries as they stand."""
    by_cause: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_cause[entry.cause].append(entry)
    causes = [_cause(found) for found in by_cause.values()]
    causes.sort(key=lambda cause: -cause.counts.total())
    sent = [entry.sent_at for entry in entries if entry.sent_at]
    settled = [entry.settled_at for entry in entries if entry.settled_at and entry.sent_at]
    # Clocks may be set back meanwhile.
    took = max(timedelta(), max(settled) - min(sent)) if sent and settled else None
    return RetryReport(
        plan=plan,
        counts=Counter(entry.outcome for entry in entries),
        causes=tuple(causes),
        took=took,
        failed=tuple(entry for entry in entries if entry.outcome in STILL_FAILED),
        left=tuple(entry for entry in entries if entry.outcome is Outcome.QUEUED),
    )


def _cause(entries: Sequence[Entry]) -> CauseReport:
    first = entries[0]
    counts = Counter(entry.outcome for entry in entries)
    return CauseReport(first.cause, first.cause_name, first.host, first.event, counts)


def export_rows(plan: Plan, entries: Sequence[Entry]) -> Iterator[dict[str, object]]:
    """One row an entry, in the plan's order; the same keys in all, None where nothing is known.

    `plan`, `log`, `event`, `host`, `outcome` (a word of `Outcome`), `reason`, `sent_at` and
    `settled_at` (RFC 3339), `code` and `tries` of the last reading, `via` (the log that told it).
    """
    for entry in entries:
        seen = entry.result
        yield {
            "plan": plan.id,
            "log": entry.log,
            "event": entry.event,
            "host": entry.host,
            "outcome": entry.outcome.value,
            "reason": entry.reason,
            "sent_at": _stamp(entry.sent_at),
            "settled_at": _stamp(entry.settled_at),
            "code": None if seen is None else seen.code,
            "tries": None if seen is None else seen.tries,
            "via": entry.via,
        }


def export_lines(plan: Plan, entries: Sequence[Entry]) -> Iterator[str]:
    """The rows of `export_rows` as JSON Lines, each with its line end; ASCII only."""
    for row in export_rows(plan, entries):
        yield json.dumps(row, separators=(",", ":")) + "\n"


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
