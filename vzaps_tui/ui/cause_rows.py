"""Causes of failures as a table shows them, and the lines that explain the one under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from vzaps_tui.domain.paging import End
from vzaps_tui.domain.span import between, roughly
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import age, both_ends, clock_time
from vzaps_tui.domain.triage import BUCKETS, Cause, Findings, Verdict, percent
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.summary import LABEL, Fact, fact_lines
from vzaps_tui.ui.widgets.cells import Cell, Tone, fit
from vzaps_tui.ui.widgets.virtual_table import Column

if TYPE_CHECKING:
    from vzaps_tui.domain.log_state import LogState
    from vzaps_tui.domain.query import DeliveryQuery

COLUMNS = (
    Column("count", "Count", 6, align="right"),
    Column("share", "Share", 5, align="right", min_width=72),
    Column("cause", "Cause", 18, flex=3),
    Column("event", "Event", 10, flex=1),
    Column("host", "Host", 16, flex=2, min_width=100),
    Column("first", "First", 11, min_width=114),
    Column("last", "Last", 11),
    Column("spark", "When", BUCKETS, min_width=76),
    Column("retry", "Retry?", 13, min_width=132),
)

VERDICT_TONE: dict[Verdict, Tone] = {
    Verdict.STILL_FAILING: "bad",
    Verdict.MEND_FIRST: "bad",
    Verdict.LIKELY: "good",
    Verdict.MAY_HELP: "wait",
    Verdict.UNCLEAR: "dim",
}

_NONE, _STEPS = "·", "▁▂▃▅▇"

SparkOf = Callable[[Cause], Sequence[int]]
"""A cause's spark; empty while it is not known. Asked of causes that are drawn."""


class CauseRows:
    """Rows for the table."""

    def __init__(self, causes: tuple[Cause, ...], now: datetime, spark: SparkOf) -> None:
        self.causes = causes
        self._now = now
        self._spark = spark
        self._place = {cause.key: index for index, cause in enumerate(causes)}

    def __len__(self) -> int:
        return len(self.causes)

    def key(self, index: int) -> str:
        """Identity of a row."""
        return self.causes[index].key

    def index(self, key: str) -> int | None:
        """Where a row stands."""
        return self._place.get(key)

    def cells(self, index: int) -> tuple[Cell, ...]:
        """Cells of a row."""
        cause = self.causes[index]
        tone = VERDICT_TONE[cause.verdict]
        return (
            f"{cause.count:,}",
            percent(cause.share),
            (cause.name, "strong"),
            cause.same.event or "-",
            (cause.same.host or "-", "dim"),
            clock_time(cause.first, self._now),
            clock_time(cause.last, self._now),
            (sparkline(self._spark(cause)), "accent"),
            (cause.verdict.value, tone),
        )


def sparkline(counts: Sequence[int]) -> str:
    """A character per count: a dot for none, else a bar that grows up to the greatest."""
    most = max(counts, default=0)
    top = len(_STEPS)
    return "".join(_STEPS[-(-count * top // most) - 1] if count else _NONE for count in counts)


def counts_text(found: Findings, state: LogState, query: DeliveryQuery, *, narrowed: bool) -> str:
    """`132 failures among 500 loaded of 8,412`: what was looked at, and what was not.

    Args:
        found: what was found.
        state: how much is held of the list.
        query: the list's own.
        narrowed: whether not all failures that are held were looked at.
    """
    total = "?" if state.total is None else f"{state.total:,}"
    kind = " failed" if query.server_status else ""
    match = " match," if narrowed else ""
    word = "failure" if found.failures == 1 else "failures"
    words = f"{found.failures:,} {word}{match} among {state.held:,} loaded of {total}{kind}"
    if state.end is End.REPEATS:
        words += " · older ones cannot be read"
    if state.has_gap:
        words += " · not all in between are loaded"
    if state.unreadable:
        words += f" · {state.unreadable} rows unreadable"
    return words


def explained(cause: Cause, found: Findings, now: datetime, width: int) -> Content:
    """A cause in labelled lines, the most wanted first: what, whether to retry, when, a sample."""
    same = cause.same
    what = " · ".join((cause.name, same.host or "no target told", same.event or "no event told"))
    sample = fit(_sample(cause), max(1, width - LABEL)).rstrip()
    facts: list[Fact] = [
        ("Cause", (what, "strong")),
        ("Retry?", (cause.advice, VERDICT_TONE[cause.verdict])),
        ("Seen", _seen(cause, now)),
        ("Sample", (sample, "bad")),
        ("When", (_scale(found, now), "dim")),
    ]
    return fact_lines([fact for fact in facts if fact[1] != ("", "dim")], width)


def _seen(cause: Cause, now: datetime) -> str:
    if cause.first is None or cause.last is None:
        return "no time told"
    ago = age((now - cause.last).total_seconds())
    return f"{both_ends(cause.first, cause.last, now)} ({ago})"


def _sample(cause: Cause) -> str:
    row = cause.sample
    if row is None:
        return cause.sample_error
    tries = (
        ""
        if row.attempts is None
        else f" ({row.attempts} {'try' if row.attempts == 1 else 'tries'})"
    )
    return f"{row.id or 'without id'}{tries}: {cause.sample_error}"


def _scale(found: Findings, now: datetime) -> str:
    """What the sparkline's characters stand for."""
    if found.axis is None:
        return ""
    start, end, columns = found.axis
    each = roughly((end - start) / columns)
    return f"a column is {each}: {between(start, end, now)}; {_NONE} is none"


def copies_of(
    cause: Cause, found: Findings, now: datetime, ids: Sequence[str] = ()
) -> tuple[CopyItem, ...]:
    """What can be copied of a cause, whose newest log ids these are, and of all causes."""
    items = [CopyItem("r", "sample error", cause.sample_error)]
    if ids:
        which = "log ids" if len(ids) >= cause.count else f"newest {len(ids):,} log ids"
        items.append(CopyItem("i", f"{which}, one a line", "\n".join(ids)))
    if cause.same.host:
        items.append(CopyItem("h", "host", cause.same.host))
    items.append(CopyItem("a", "advice", cause.advice))
    items.append(CopyItem("t", "all causes, as a Markdown table", markdown(found, now)))
    return tuple(items)


def markdown(found: Findings, now: datetime) -> str:
    """All causes for a ticket or a chat."""
    lines = [
        "| Count | Share | Cause | Event | Host | First | Last | Retry |",
        "|---:|---:|---|---|---|---|---|---|",
    ]
    for cause in found.causes:
        first, last = clock_time(cause.first, now), clock_time(cause.last, now)
        same = cause.same
        told = (cause.count, percent(cause.share), cause.name, same.event, same.host, first, last)
        cells = (*map(str, told), cause.verdict.value)
        lines.append("| " + " | ".join(visible(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
