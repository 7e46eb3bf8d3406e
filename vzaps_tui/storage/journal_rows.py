"""Plans and their entries as rows: masked, times as numbers, evidence as JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import msgspec

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.plans import Entry, Evidence, Plan, PlanId, PlanState
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.storage.archive_rows import micros

Mask = Callable[[str], str]
Row = Sequence[Any]

PLAN: Final = (
    "id, base_url, account, instance, created, name, origin, query, resend, pace, canary, breaker,"
    " state, why, began, ended"
)
FROZEN: Final = "place, log, key, event, host, cause, created"
MUTABLE: Final = (
    "outcome",
    "at",
    "reason",
    "before",
    "payload",
    "floor",
    "sent",
    "settled",
    "new_log",
    "via",
    "result",
)
ENTRY: Final = f"{FROZEN}, {', '.join(MUTABLE)}"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST: Final = 500
"""Letters of a reason that are kept: a server may answer with a whole page."""


@cache
def _evidence() -> msgspec.json.Decoder[Evidence]:
    return msgspec.json.Decoder(Evidence)


def packed(text: str) -> str | bytes:
    """Text as SQLite holds it: what is no Unicode as bytes, so that an id comes back as it was."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def unpacked(kept: str | bytes) -> str:
    """What `packed` was given."""
    return kept if isinstance(kept, str) else kept.decode("utf-8", "surrogatepass")


def _readable(text: str) -> str:
    return text[:_LONGEST].encode("utf-8", "replace").decode()


def _number(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)


def _moment(number: int | None) -> datetime | None:
    return None if number is None else since(number)


def since(number: int) -> datetime:
    """The time so many microseconds after the beginning of 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=number)


def _told(seen: Evidence) -> str:
    return msgspec.json.encode(replace(seen, status=_readable(seen.status))).decode()


def plan_row(plan: Plan, mask: Mask) -> tuple[Any, ...]:
    """A plan in the order of `PLAN`."""
    return (
        plan.id,
        plan.base_url,
        plan.account,
        packed(plan.instance),
        micros(plan.created),
        _readable(mask(plan.name)),
        _readable(mask(plan.origin)),
        _readable(mask(plan.query)),
        plan.resend_delivered,
        plan.pace,
        plan.canary,
        plan.breaker,
        plan.state.value,
        _readable(mask(plan.why)),
        _number(plan.began),
        _number(plan.ended),
    )


def read_plan(row: Row) -> Plan:
    """A plan from the columns of `PLAN`."""
    name, base_url, account, instance, created, *rest = row
    called, origin, query, resend, pace, canary, breaker, state, why, began, ended = rest
    return Plan(
        id=PlanId(name),
        base_url=base_url,
        account=account,
        instance=InstanceId(unpacked(instance)),
        created=since(created),
        name=called,
        origin=origin,
        query=query,
        resend_delivered=bool(resend),
        pace=pace,
        canary=None if canary is None else bool(canary),
        breaker=breaker,
        state=PlanState(state),
        why=why,
        began=_moment(began),
        ended=_moment(ended),
    )


def entry_row(entry: Entry, mask: Mask) -> tuple[Any, ...]:
    """An entry in the order of `ENTRY`."""
    return (
        entry.place,
        packed(entry.log),
        packed(entry.key),
        packed(entry.event),
        packed(mask(entry.host)),
        packed(mask(entry.cause)),
        _number(entry.created_at),
        *steps_of(entry, mask),
    )


def steps_of(entry: Entry, mask: Mask) -> tuple[Any, ...]:
    """What changes of an entry, in the order of `MUTABLE`."""
    return (
        entry.outcome.value,
        micros(entry.at),
        _readable(mask(entry.reason)),
        _told(entry.before),
        entry.payload,
        _number(entry.floor),
        _number(entry.sent_at),
        _number(entry.settled_at),
        None if entry.new_log is None else packed(entry.new_log),
        None if entry.via is None else packed(entry.via),
        None if entry.result is None else _told(entry.result),
    )


def read_entry(row: Row) -> Entry:
    """An entry from the columns of `ENTRY`."""
    place, log, key, event, host, cause, created, outcome, at, reason, before, *rest = row
    payload, floor, sent, settled, new_log, via, result = rest
    return Entry(
        place=place,
        log=LogId(unpacked(log)),
        key=unpacked(key),
        event=unpacked(event),
        host=unpacked(host),
        cause=unpacked(cause),
        created_at=_moment(created),
        outcome=Outcome(outcome),
        at=since(at),
        reason=reason,
        before=_evidence().decode(before),
        payload=payload,
        floor=_moment(floor),
        sent_at=_moment(sent),
        settled_at=_moment(settled),
        new_log=None if new_log is None else LogId(unpacked(new_log)),
        via=None if via is None else LogId(unpacked(via)),
        result=None if result is None else _evidence().decode(result),
    )
