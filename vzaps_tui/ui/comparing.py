"""What is compared of two deliveries, and how what differs is told in words."""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from vzaps_tui.domain.diff import Diff, TooLargeError, compared
from vzaps_tui.domain.diff_lines import DiffLines, Look, lines_of
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.times import took
from vzaps_tui.ui.render import STYLE, status_cell
from vzaps_tui.ui.summary import both_times
from vzaps_tui.ui.widgets.cells import fit, parts

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail

Section = tuple[str, Diff | None]
"""What it is called, and what is to be said of it; the diff, if there is one."""


class Side:
    """One of the two: the row that is known in any case, and all the rest where it was read."""

    def __init__(self, row: Delivery, detail: DeliveryDetail | None) -> None:
        self.row = detail.delivery if detail else row
        self.detail = detail

    def facts(self, now: datetime) -> str:
        """What the log tells of it, as JSON; the target masked, times in the zone of `now`."""
        row = self.row
        told: dict[str, object] = {
            "status": row.status_word,
            "event": row.event,
            "http_status": row.http_status,
            "attempts": row.attempts,
            "took": None if row.duration_ms is None else took(row.duration_ms),
            "error": row.error,
            "target": mask_url(row.target) if row.target else None,
            "log_id": row.id,
        }
        times = {
            "created_at": row.created_at,
            "last_attempt_at": row.last_attempt_at,
            "next_retry_at": row.next_retry_at,
        }
        told |= {name: _moment(at, now) for name, at in times.items()}
        return json.dumps({k: v for k, v in told.items() if v is not None}, ensure_ascii=False)

    def payload(self) -> str | None:
        """What was sent; None where that is not told or was not read."""
        return self.detail.payload if self.detail else None

    def response(self) -> str | None:
        """What the receiver said; None likewise."""
        return self.detail.response if self.detail else None


def _moment(at: datetime | None, now: datetime) -> str | None:
    if at is None:
        return None
    try:
        return at.astimezone(now.tzinfo).isoformat(" ", "seconds")
    except OverflowError:  # the edge of the calendar
        return at.isoformat(" ", "seconds")


def sections_of(left: Side, right: Side, now: datetime) -> Generator[None, None, list[Section]]:
    """Compare everything of two deliveries; pauses every few milliseconds."""
    texts = (
        ("Facts", left.facts(now), right.facts(now)),
        ("Payload", left.payload(), right.payload()),
        ("Response", left.response(), right.response()),
    )
    found: list[Section] = []
    for name, before, after in texts:
        if before is None or after is None:
            found.append((f"{name} · {_missing(before, after)}", None))
            continue
        try:
            diff = yield from compared(before, after)
        except TooLargeError as problem:
            words = f"too large to be compared: {problem.size:,} characters together"
            found.append((f"{name} · {words}", None))
            continue
        found.append((name, diff))
    return found


def _missing(before: str | None, after: str | None) -> str:
    if before is None and after is None:
        return "not told of either"
    return f"not told of the {'first' if before is None else 'second'}"


def headed(name: str, diff: Diff | None, look: Look) -> str:
    """A section's heading: `Payload · 3 removed, 1 added · 2 times or ids hidden (i)`.

    Hashes count as ids.
    """
    if diff is None:
        return name
    if diff.is_same:
        return f"{name} · the same"
    counts = {"changed": diff.changed, "removed": diff.removed, "added": diff.added}
    said = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    words = [name, said or "nothing else differs"]
    if diff.quiet:
        hidden = "shown (i)" if look.quiet else "hidden (i)"
        what = "time or id" if diff.quiet == 1 else "times or ids"
        words.append(f"{diff.quiet:,} {what} {hidden}")
    elif not said:
        words = [name, "the same"]
    return " · ".join(words)


def laid_out(
    sections: list[Section], look: Look
) -> Generator[None, None, list[tuple[str, DiffLines | None]]]:
    """The lines of every section under its heading; pauses every few milliseconds."""
    found: list[tuple[str, DiffLines | None]] = []
    for name, diff in sections:
        lines = None if diff is None else (yield from lines_of(diff, look))
        found.append((headed(name, diff, look), lines))
    return found


def pair_lines(left: Side, right: Side, now: datetime, width: int) -> Content:
    """The two that are compared, a line each."""
    return Content("\n").join(
        _pair_line(sign, style, side.row, now, width)
        for sign, style, side in (
            ("-", "$text-error", left),
            ("+", "$text-success", right),
        )
    )


def _pair_line(sign: str, style: str, row: Delivery, now: datetime, width: int) -> Content:
    word, tone = parts(status_cell(row))
    code = "" if row.http_status is None else f" {row.http_status}"
    rest = f"{row.event} · {both_times(row.time, now, short=True)} · {row.id or 'without id'}"
    head = f"{word}{code}"
    room = max(8, width - len(head) - 4)
    return Content.assemble(
        (f"{sign} ", style), (fit(head, len(head)), STYLE[tone]), "  ", fit(rest, room).rstrip()
    )
