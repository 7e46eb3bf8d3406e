"""`vzaps-tui logs`: reads as much of the log as the answer needs, and says what cut it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from vzaps_tui.cli.headless import Session, shown
from vzaps_tui.cli.logs_query import question
from vzaps_tui.cli.output import Table
from vzaps_tui.cli.run import DONE, FAILED, UNREACHABLE
from vzaps_tui.cli.usage import UsageError, nearest
from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.exporting import Export, ExportFormat, Scope, sheet
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.query_reading import KNOWN_EVENTS
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import took

if TYPE_CHECKING:
    from array import array
    from datetime import datetime

    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.log_state import LogState

_BATCH: Final = 500
"""Rows that are fetched and written at a time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the log is wanted.

    Attributes:
        filters: flag to value, see `logs_query.question`.
        limit: most rows; None = all that match.
    """

    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """How far the log was read.

    Attributes:
        last: the last word on the log; None where nothing is known of it.
        code: the exit code so far.
        stopped: there was enough before the end was reached: older rows were not looked for.
        came: by how many the server counted more at the end than at the beginning.
    """

    last: Envelope[LogState] | None
    code: int = DONE
    stopped: bool = False
    came: int = 0


async def show_logs(session: Session, wanted: Wanted) -> int:
    """Show the newest deliveries that match; the exit code.

    Raises:
        BrokenQueryError: the filter cannot be read.
        VzapsError: nothing could be read, and nothing is held.
    """
    now = session.services.clock.now()
    filters = dict(wanted.filters)
    if name := filters.pop("view", None):
        filters["query"] = f"{await of_view(session, name)} {filters.get('query') or ''}".strip()
    query = question(filters, now).resolve(now)
    instance = (await session.instance()).id
    read = await read_log(session, instance, query, wanted.limit)
    chosen = (await session.services.deliveries.select(instance, query)).rowids
    part = chosen if wanted.limit is None else chosen[: wanted.limit]
    written = await _write(session, instance, part)
    _say_cuts(session, query, read, chosen, written)
    return read.code or _cut_code(read)


async def of_view(session: Session, name: str) -> str:
    """The filter of a view, a line of the query language.

    Raises:
        UsageError: no view has that name.
        StorageError: the views cannot be read.
    """
    views = {view.name: view.query for view in await session.services.views.saved()}
    if name not in views:
        known = ", ".join(map(visible, views)) or "none; V keeps one, in the list"
        raise UsageError(f"there is no view '{visible(name)}'", hint=f"Views: {known}.")
    return views[name]


async def read_log(
    session: Session, instance: InstanceId, query: DeliveryQuery, limit: int | None
) -> Read:
    """Read the log from the top until `limit` rows that match are held without a gap above them.

    What cannot be read is said; then the rest of the answer is what is held here.

    Args:
        session: whose services to use.
        instance: whose log.
        query: what is sought; without `last`.
        limit: None reads down to the first moment of the query, or to the end.

    Raises:
        VzapsError: nothing could be read, and nothing is held.
    """
    await _say_unknown(session, instance, query)
    if session.offline:
        return await _kept(session, instance, query)
    service = session.services.deliveries
    first = last = None
    try:
        async with aclosing(service.sync(instance, query, until=query.since)) as pages:
            async for envelope in pages:
                last = envelope
                first = first or envelope
                session.output.bar("Reading deliveries:", envelope.data.held, envelope.data.total)
                if limit is not None and await _is_enough(session, instance, query, limit, last):
                    return Read(last, stopped=True)
    except asyncio.CancelledError:
        kept = not (session.asked.no_disk or session.asked.demo)
        more = "; what was read is kept, and the next call goes on from there" if kept else ""
        session.say(f"stopped while the log was read{more}.")
        raise
    except VzapsError as problem:
        if last is None and not await service.count(instance, query):
            raise
        code = session.tell(problem)
        at = last.fetched_at if last else await read_at(session, instance, query)
        session.say_age(at, "what is held")
        return Read(last, code)
    if last is not None and last.problem:
        session.say(last.problem)
        session.say_age(last.fetched_at, "what is held")
        return Read(last, UNREACHABLE)
    return Read(last, came=_came(first, last))


async def _say_unknown(session: Session, instance: InstanceId, query: DeliveryQuery) -> None:
    """Say of which events nothing was ever heard: mistyped, or so new that they are to be found."""
    held = await session.services.deliveries.events(instance) if query.events else ()
    known = dict.fromkeys((*KNOWN_EVENTS.values(), *held))
    for name in sorted(query.events - set(known)):
        near = nearest(name, known)
        mean = f"did you mean '{near}'?" if near else f"known are {', '.join(known)}."
        session.say(f"no event '{name}' is known; {mean}")


def _came(first: Envelope[LogState] | None, last: Envelope[LogState] | None) -> int:
    """How many came while the log was read, as the server counts them."""
    if first is None or last is None or first.data.total is None or last.data.total is None:
        return 0
    return max(0, last.data.total - first.data.total)


async def _kept(session: Session, instance: InstanceId, query: DeliveryQuery) -> Read:
    """How old what is held is, without a question to the API."""
    last: Envelope[LogState] | None = None
    try:
        async with aclosing(session.services.deliveries.load(instance, query)) as each:
            async for envelope in each:
                last = envelope
    except VzapsError:
        session.say("offline: nothing is known of this log here yet.")
        return Read(None, FAILED)
    if last is not None:
        session.say_age(last.fetched_at, "offline")
    return Read(last)


async def read_at(
    session: Session, instance: InstanceId, query: DeliveryQuery | None = None
) -> datetime | None:
    """When the list of a query was last read, else all of the log; None where nobody knows."""
    service = session.services.deliveries
    if query and (known := service.peek(instance, query)):
        return known.fetched_at
    with suppress(VzapsError):
        async with aclosing(service.load(instance, DeliveryQuery())) as each:
            async for envelope in each:
                return envelope.fetched_at
    return None


async def _is_enough(
    session: Session,
    instance: InstanceId,
    query: DeliveryQuery,
    limit: int,
    envelope: Envelope[LogState],
) -> bool:
    """Whether the newest `limit` that match are among what is held without a gap from the top."""
    if envelope.source is not Source.LIVE:
        return False
    service, state = session.services.deliveries, envelope.data
    found = await service.first(instance, query, limit)
    if len(found) < limit:
        return False
    if not state.has_gap:
        return True
    (last,) = service.rows(found[-1:])
    moment = None if last is None else last.time
    return moment is not None and state.gap is not None and moment >= state.gap


# -- writing -----------------------------------------------------------------------------------


async def _write(session: Session, instance: InstanceId, rowids: array[int]) -> int:
    """Write the rows of these numbers; how many there were."""
    table = Table(*_TITLES, right=_RIGHT, width=session.output.width)
    now = session.services.clock.now()
    written = 0
    for start in range(0, max(1, len(rowids)), _BATCH):
        found = await session.services.deliveries.fetch(rowids[start : start + _BATCH])
        rows = tuple(row for row in found if row is not None)
        written += len(rows)
        if session.output.as_json:
            session.output.write(json_rows(session, instance, rows))
        else:
            text = table.lines([_cells(session, row, now) for row in rows], head=not start)
            session.output.write(text)
    return written


_TITLES: Final = ("Time", "Status", "Code", "Tries", "Took", "Event", "Id", "Error")
_RIGHT: Final = ("Code", "Tries", "Took")


def json_rows(session: Session, instance: InstanceId, rows: tuple[Delivery, ...]) -> str:
    """Rows as JSON Lines with the keys of an export; personal data stays, as on screen."""
    export = Export(
        scope=Scope(instance, "", (), len(rows)),
        form=ExportFormat.JSONL,
        made_at=session.services.clock.now(),
        keep_personal=True,
        masker=session.run.masker,
    )
    return sheet(export).rows(rows)


def _cells(session: Session, row: Delivery, now: datetime) -> tuple[str, ...]:
    return (
        local(row.time, now),
        row.status_word,
        "-" if row.http_status is None else str(row.http_status),
        "-" if row.attempts is None else str(row.attempts),
        took(row.duration_ms),
        shown(row.event),
        shown(row.id),
        session.run.masker(row.error) if row.error else "",
    )


def local(moment: datetime | None, now: datetime) -> str:
    """`2026-11-20 14:02:11` in the zone of `now`; `-` for None."""
    if moment is None:
        return "-"
    try:
        return f"{moment.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, ValueError):  # the edge of the calendar, as Go's zero time
        return moment.date().isoformat()


# -- what cut the answer -----------------------------------------------------------------------


def _say_cuts(
    session: Session, query: DeliveryQuery, read: Read, chosen: array[int], written: int
) -> None:
    matched = len(chosen)
    if read.stopped or written < matched:
        known = "" if matched == written else f" of {matched:,} that match"
        rest = " in what was read; older ones were not looked for" if read.stopped else ""
        session.say(
            f"cut: the newest {written:,}{known}{rest}. --all gives all, --limit N so many."
        )
    elif not matched:
        session.say("no delivery matches.")
    _say_gone(session, chosen[:written])
    state = read.last.data if read.last else None
    if state is not None:
        for words in _missing(state, query.since, read):
            session.say(words)


def _missing(state: LogState, since: datetime | None, read: Read) -> Iterator[str]:
    """What of the log is not held though it was asked for."""
    if state.unreadable:
        yield f"{state.unreadable:,} rows of the log could not be read and are left out."
    if state.end is End.REPEATS:
        yield "the API gives the same page again: older deliveries cannot be read."
    elif not read.stopped and state.end is End.MORE and _gap_within(state, since):
        below = f" below {state.gap.astimezone():%Y-%m-%d %H:%M:%S}" if state.gap else ""
        yield f"not all of the log was read{below}: deliveries may be missing there."
    elif state.end is End.COMPLETE and (state.total or 0) > state.held + state.unreadable:
        held, total = state.held + state.unreadable, state.total or 0
        if total - held > read.came:
            yield f"the API counts {total:,} deliveries and gave {held:,}."
        else:
            yield f"{total - held:,} came meanwhile: the next call shows them."


def _gap_within(state: LogState, since: datetime | None) -> bool:
    if since is None:
        return True
    return state.has_gap and (state.gap is None or state.gap >= since)


def _say_gone(session: Session, rowids: array[int]) -> None:
    gone = session.services.deliveries.gone(rowids)
    if gone:
        session.say(f"{len(gone):,} of these are not in the server's log any more.")


def _cut_code(read: Read) -> int:
    """1 where the server kept back what was asked for."""
    if read.stopped or read.last is None:
        return DONE
    return FAILED if read.last.data.end is End.REPEATS else DONE
