"""Causes of failures as a table shows them, and the lines that explain the one under the cursor."""

from __future__ import annotations

from datetime import datetime, timedelta

from textual.content import Content

from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import age, clock_time
from vzaps_tui.domain.triage import BUCKETS, Cause, Findings, Verdict
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.summary import LABEL, Fact, fact_lines
from vzaps_tui.ui.widgets.cells import Cell, Tone, fit
from vzaps_tui.ui.widgets.virtual_table import Column

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
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class CauseRows:
    """Rows for the table."""

    def __init__(self, causes: tuple[Cause, ...], now: datetime) -> None:
        self.causes = causes
        self._now = now
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
            (sparkline(cause.spark), "accent"),
            (cause.verdict.value, tone),
        )


def percent(share: float) -> str:
    """A part of the whole: `100%`, `7%`, `<1%`; only the whole is 100."""
    if share >= 1:
        return "100%"
    return f"{min(99, round(share * 100))}%" if share >= 0.01 else "<1%"  # noqa: PLR2004 - one in a hundred


def sparkline(counts: tuple[int, ...]) -> str:
    """A character per count: a dot for none, else a bar that grows up to the greatest."""
    most = max(counts, default=0)
    top = len(_STEPS)
    return "".join(_STEPS[-(-count * top // most) - 1] if count else _NONE for count in counts)


def counts_text(found: Findings, listing: Listing[Delivery], query: DeliveryQuery) -> str:
    """`132 failures among 500 loaded of 8,412`: what was looked at, and what was not."""
    total = "?" if listing.total is None else f"{listing.total:,}"
    kind = " failed" if query.server_status else ""
    match = " match," if found.looked_at < len(listing.rows) else ""
    word = "failure" if found.failures == 1 else "failures"
    words = f"{found.failures:,} {word}{match} among {len(listing.rows):,} loaded of {total}{kind}"
    if listing.end is End.REPEATS:
        words += " · older ones cannot be read"
    if listing.unreadable:
        words += f" · {listing.unreadable} rows unreadable"
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
        seen = "no time told"
    else:
        ago = age((now - cause.last).total_seconds())
        seen = f"{clock_time(cause.first, now)} to {clock_time(cause.last, now)} ({ago})"
    if cause.tries is None:
        return seen
    least, most = cause.tries
    spread = f"{least}" if least == most else f"{least} to {most}"
    return f"{seen} · {spread} {'try' if most == 1 else 'tries'} each"


def _sample(cause: Cause) -> str:
    others = cause.wordings - 1
    more = f" (and {others:,} other wording{'s' if others > 1 else ''})" if others else ""
    return f"{cause.sample.id or 'without id'}{more}: {cause.sample_error}"


def _scale(found: Findings, now: datetime) -> str:
    """What the sparkline's characters stand for."""
    if found.begins is None or found.ends is None:
        return ""
    each = _span((found.ends - found.begins) / BUCKETS)
    begins, ends = clock_time(found.begins, now), clock_time(found.ends, now)
    return f"a column is {each}, from {begins} to {ends}; {_NONE} is none"


def _span(span: timedelta) -> str:
    """Roughly how long: `45 s`, `12 min`, `1.5 h`, `20 d`."""
    seconds = span.total_seconds()
    units = (("d", _DAY), ("h", _HOUR), ("min", _MINUTE), ("s", 1))
    unit, size = next((pair for pair in units if seconds >= pair[1]), units[-1])
    count = seconds / size
    digits = 0 if count >= 10 or unit == "s" else 1  # noqa: PLR2004 - two figures are enough
    return f"{count:.{digits}f}".removesuffix(".0") + f" {unit}"


def copies_of(cause: Cause, found: Findings, now: datetime) -> tuple[CopyItem, ...]:
    """What can be copied of a cause, and of all of them."""
    items = [CopyItem("r", "sample error", cause.sample_error)]
    ids = [row.id for row in cause.rows if row.id]
    if ids:
        items.append(CopyItem("i", "log ids, one a line", "\n".join(ids)))
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
