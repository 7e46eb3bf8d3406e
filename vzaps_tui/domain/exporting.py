"""Deliveries as a file's text: JSON Lines, CSV or a Markdown report, some rows at a time."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.failures import failure_kind
from vzaps_tui.domain.folding import Fold
from vzaps_tui.domain.masking import Masker, mask_url
from vzaps_tui.domain.personal import hide_personal
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import took
from vzaps_tui.domain.triage import Cause, Findings, percent

Row_contra = TypeVar("Row_contra", contravariant=True)

_REMEMBERED = 4096
_LONGEST_CELL = 300
"""Characters of an error in a report for people; the other formats hold all of it."""
_FORMULA = tuple("=+-@＝＋－＠")  # noqa: RUF001 - their wide forms begin a formula, too


class ExportError(VzapsError):
    """The file was not written; nothing of it is left."""

    title = "Not exported"
    hint = "Choose another path."


class ExportExistsError(ExportError):
    """There is a file of that name, and it was not said to replace it."""

    hint = "Choose another name, or replace it."


class ExportFormat(StrEnum):
    """How a file is written; the values are the ends of file names."""

    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "md"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where rows come from, and what they are of how many.

    Attributes:
        instance: its id.
        name: its name; unsafe text, maybe empty.
        filters: the filter, one text a condition; unsafe text.
        loaded: how many rows were known when the filter chose.
        total: how many the server says there are; None = it did not say.
    """

    instance: str
    name: str
    filters: tuple[str, ...]
    loaded: int
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """What is to be written, but for its rows.

    Attributes:
        scope: where the rows come from.
        form: how they are written.
        made_at: aware.
        keep_personal: leave phones, WhatsApp ids, e-mail addresses and names as they are. Secrets
            and URL queries are hidden whatever it says.
    """

    scope: Scope
    form: ExportFormat
    made_at: datetime
    keep_personal: bool = False
    masker: Masker = field(default_factory=Masker)


class Sheet(Protocol[Row_contra]):
    """Makes the text of one file. Memory grows with what rows differ in, not with their number."""

    def begin(self) -> str:
        """What stands right before the rows."""
        ...

    def rows(self, rows: Sequence[Row_contra]) -> str:
        """The next rows, in the order to write; fifty are some milliseconds of work."""
        ...

    def front(self) -> str:
        """What stands before all else, which only all rows together tell; empty for most forms."""
        ...


_COLUMNS = (
    "id", "time", "status", "event", "http_status", "failure", "error", "attempts", "duration_ms",
    "target", "created_at", "last_attempt_at", "next_retry_at", "updated_at", "status_told",
)  # fmt: skip
Value = str | int | float | None


def default_name(instance: str, form: ExportFormat, now: datetime) -> str:
    """`vzaps-INSTANCE-YYYYmmdd-HHMM.jsonl`, safe as a file's name whatever the instance is."""
    word = re.sub(r"[^A-Za-z0-9_-]+", "-", instance)[:64].strip("-") or "deliveries"
    return f"vzaps-{word}-{now:%Y%m%d-%H%M}.{form}"


def sheet(export: Export) -> Sheet[Delivery]:
    """What makes the file's text.

    JSON Lines holds one object a row, control characters escaped; CSV has a header, CR LF, and a
    `'` before cells that a spreadsheet would take for a formula; both hold times in UTC (ISO
    8601) and what is not told as null or nothing. Markdown is a report with the causes first.
    """
    sheets: dict[ExportFormat, type[_JsonLines | _Csv | _Report]] = {
        ExportFormat.JSONL: _JsonLines,
        ExportFormat.CSV: _Csv,
        ExportFormat.MARKDOWN: _Report,
    }
    return sheets[export.form](export)


class _Cleaner:
    """Hides secrets always, and personal data unless it is to be kept."""

    def __init__(self, export: Export) -> None:
        self._mask = export.masker
        self._keeps = export.keep_personal
        self._known: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        """The text as it may leave the program."""
        found = self._known.get(text)
        if found is None:
            found = self._mask(text)
            if not self._keeps:
                found = hide_personal(found)
            if len(self._known) < _REMEMBERED:
                self._known[text] = found
        return found

    def some(self, text: str | None) -> str | None:
        """The same for what may not be told."""
        return None if text is None else self(text)

    def id(self, row: Delivery) -> str:
        """A row's id: opaque, often digits, and of no use when it is not whole."""
        return self._mask.known(row.id)

    def target(self, url: str | None) -> str | None:
        """A target without its secrets."""
        return None if url is None else self(mask_url(url))


def _stamp(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # the edge of the calendar, as Go's zero time in some zones
        return moment.isoformat()


def _number(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def _values(row: Delivery, clean: _Cleaner) -> tuple[Value, ...]:
    """One value a column."""
    word = row.status_word
    return (
        clean.id(row),
        _stamp(row.time),
        clean(word),
        clean(row.event),
        row.http_status,
        failure_kind(row).value if row.status_class is StatusClass.FAILED else None,
        clean.some(row.error),
        row.attempts,
        _number(row.duration_ms),
        clean.target(row.target),
        _stamp(row.created_at),
        _stamp(row.last_attempt_at),
        _stamp(row.next_retry_at),
        _stamp(row.updated_at),
        clean(row.status),
    )


class _JsonLines:
    def __init__(self, export: Export) -> None:
        self._clean = _Cleaner(export)

    def begin(self) -> str:
        return ""

    def rows(self, rows: Sequence[Delivery]) -> str:
        return "".join(_json_line(_values(row, self._clean)) for row in rows)

    def front(self) -> str:
        return ""


def _json_line(values: tuple[Value, ...]) -> str:
    row = dict(zip(_COLUMNS, values, strict=True))
    line = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    if not line.isprintable():  # the escapes of C1, bidi marks and lone surrogates are ours to make
        line = "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)
    return f"{line}\n"


class _Csv:
    def __init__(self, export: Export) -> None:
        self._clean = _Cleaner(export)

    def begin(self) -> str:
        return ",".join(_COLUMNS) + "\r\n"

    def rows(self, rows: Sequence[Delivery]) -> str:
        text = io.StringIO()
        csv.writer(text).writerows(map(_cell, _values(row, self._clean)) for row in rows)
        return text.getvalue()

    def front(self) -> str:
        return ""


def _cell(value: Value) -> Value:
    if not isinstance(value, str):
        return value
    shown = visible(value)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


class _Report:
    """Rows are folded as they pass; what they come to stands in front of them."""

    def __init__(self, export: Export) -> None:
        self._export = export
        self._clean = _Cleaner(export)
        self._fold = Fold(export.made_at)

    def begin(self) -> str:
        return (
            "\n## Deliveries\n\n"
            "| Time (UTC) | Status | Event | Code | Tries | Took | Error | Target | Id |\n"
            "|---|---|---|---|---|---|---|---|---|\n"
        )

    def rows(self, rows: Sequence[Delivery]) -> str:
        self._fold.add(rows)
        return "".join(_report_row(row, self._clean) for row in rows)

    def front(self) -> str:
        found = self._fold.findings()
        lines = (*_head(self._export, self._fold, self._clean), *_causes(found, self._clean))
        return "\n".join(lines) + "\n"


def _head(export: Export, fold: Fold, clean: _Cleaner) -> Iterator[str]:
    scope, counts = export.scope, fold.words
    name = f"{_code(clean(scope.name))} " if scope.name else ""
    yield f"# Webhook deliveries of {name}({_code(scope.instance)})"
    yield ""
    yield f"- Made: {_time(export.made_at)} UTC; all times here are UTC"
    yield f"- Covers: {covers(sum(counts.values()), scope.loaded, scope.total)}"
    filters = " · ".join(_code(clean(text)) for text in scope.filters) or "none"
    yield f"- Filter: {filters}"
    if fold.first is not None:
        yield f"- Span: {_time(fold.first)} to {_time(fold.last)}"
    words = ", ".join(f"{count:,} {_word(clean(word))}" for word, count in counts.items())
    yield f"- Status: {words or 'no delivery'}"
    kept = "kept" if export.keep_personal else "hidden, as far as it can be told"
    yield f"- Personal data: {kept}; secrets and URL queries: hidden"


def _causes(found: Findings, clean: _Cleaner) -> Iterator[str]:
    yield ""
    yield "## Causes"
    yield ""
    if not found.causes:
        yield "No failed delivery among these."
        return
    yield "| Failures | Share | Cause | Host | Event | First | Last | Retry | Sample |"
    yield "|---:|---:|---|---|---|---|---|---|---|"
    for cause in found.causes:
        yield _cause_row(cause, clean)


def _cause_row(cause: Cause, clean: _Cleaner) -> str:
    return _line(
        f"{cause.count:,}",
        percent(cause.share),
        _code(cause.name),
        _code(clean(cause.same.host)),
        _code(clean(cause.same.event)),
        _time(cause.first),
        _time(cause.last),
        cause.verdict.value,
        _code(_short(clean(cause.sample_error))),
    )


def _report_row(row: Delivery, clean: _Cleaner) -> str:
    return (
        _line(
            _time(row.time),
            _word(clean(row.status_word)),
            _code(clean(row.event)),
            "" if row.http_status is None else str(row.http_status),
            "" if row.attempts is None else str(row.attempts),
            "" if row.duration_ms is None else took(_number(row.duration_ms)),
            _code(_short(clean.some(row.error) or "")),
            _code(_short(clean.target(row.target) or "")),
            _code(clean.id(row)),
        )
        + "\n"
    )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _time(moment: datetime | None) -> str:
    stamp = _stamp(moment)
    return "" if stamp is None else stamp[:19].replace("T", " ")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[:_LONGEST_CELL]}…"


def _word(text: str) -> str:
    return text if text.isascii() and text.isalpha() else _code(text)


def _code(text: str) -> str:
    """Strangers' text as code: no markup, link or mention in it acts. One line."""
    shown = visible(text).strip()
    if not shown:
        return ""
    if "|" in shown:  # would end a table's cell, also in code
        return "".join(f"&#{ord(c)};" if c in _MARKUP else c for c in shown)
    if "`" not in shown:
        return f"`{shown}`"
    longest = max(len(run) for run in re.findall(r"`+", shown))
    fence = "`" * (longest + 1)
    return f"{fence} {shown} {fence}"


_MARKUP = frozenset("\\`*_{}[]<>()#+-.!|&~@:/")


def covers(rows: int, loaded: int, total: int | None) -> str:
    """What part of the server's log this is: `93 deliveries that match, of 250 loaded of 8,412`."""
    whole = "?" if total is None else f"{total:,}"
    return f"{rows:,} deliveries that match, of {loaded:,} loaded of {whole}"
