"""The journal of retries in state.db: each step is on the disk before it happens."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.plans import (
    Earlier,
    Entry,
    Plan,
    PlanId,
    PlanState,
    PlanSummary,
    UnknownPlanError,
)
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.storage.archive_rows import micros
from vzaps_tui.storage.archive_schema import snapshot, transaction
from vzaps_tui.storage.journal_rows import (
    ENTRY,
    MUTABLE,
    PLAN,
    Mask,
    entry_row,
    packed,
    plan_row,
    read_entry,
    read_plan,
    since,
    steps_of,
    unpacked,
)
from vzaps_tui.storage.plan_locks import PlanLocks

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.storage.state import StateFile

_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for each other."""
_ID_LENGTH: Final = 4
_AT_ONCE: Final = 500


def _marks(count: int) -> str:
    return ", ".join("?" * count)


# Put together from constants of this module and of `journal_rows` only.
_NUMBER = "(SELECT number FROM plans WHERE id = ?)"
_LAST_STEP = "(SELECT coalesce(max(step), 0) FROM entries WHERE step IS NOT NULL)"
_INSERT_PLAN = (
    f"INSERT INTO plans ({PLAN}, step) VALUES ({_marks(PLAN.count(',') + 1)}, {_LAST_STEP})"  # noqa: S608 - constants
)
_INSERT_ENTRY = (
    f"INSERT INTO entries (plan, {ENTRY}) VALUES ({_NUMBER}, {_marks(ENTRY.count(',') + 1)})"  # noqa: S608 - constants
)
_WRITE = f"UPDATE entries SET {', '.join(f'{name} = ?' for name in MUTABLE)} WHERE plan = {_NUMBER} AND place = ?"  # noqa: E501, S608 - constants
_STEP = f"UPDATE entries SET step = 1 + {_LAST_STEP} WHERE plan = {_NUMBER} AND place = ?"  # noqa: S608 - constants
_SENT_MEANWHILE = """
SELECT theirs.id FROM plans AS ours, entries AS e JOIN plans AS theirs ON theirs.number = e.plan
WHERE ours.id = ? AND e.log = ? AND e.step > ours.step AND theirs.number <> ours.number
    AND theirs.base_url = ours.base_url AND theirs.account = ours.account
    AND theirs.instance = ours.instance
    AND e.outcome NOT IN ('QUEUED', 'REFUSED', 'SKIPPED')
LIMIT 1
"""
_GET_PLAN = f"SELECT {PLAN} FROM plans WHERE id = ?"  # noqa: S608 - constants
_TUNE = "UPDATE plans SET pace = ?, canary = ?, breaker = ? WHERE id = ?"
_GET_ENTRIES = f"SELECT {ENTRY} FROM entries WHERE plan = {_NUMBER} ORDER BY place"  # noqa: S608 - constants
_PLANS = f"SELECT number, {PLAN} FROM plans WHERE base_url = ? AND account = ?"  # noqa: S608 - constants
_OPEN = f"{_PLANS} AND state NOT IN ('done', 'discarded') ORDER BY number DESC"
_PAST = f"{_PLANS} AND number < ifnull({_NUMBER}, 9223372036854775807) ORDER BY number DESC LIMIT ?"
_COUNTS = "SELECT outcome, count(*) FROM entries WHERE plan = ? GROUP BY outcome"
_OF_INSTANCE = """
    FROM entries AS e JOIN plans AS p ON p.number = e.plan
    WHERE p.base_url = ? AND p.account = ? AND p.instance = ?
"""
_CLAIMED = f"SELECT e.via {_OF_INSTANCE} AND e.via IS NOT NULL"
_EARLIER = (
    f"SELECT e.log, p.id, e.sent, e.outcome, e.reason, e.via {_OF_INSTANCE} AND e.step IS NOT NULL"
)


class SqliteJournal:
    """A `RetryJournal` in a state file; in memory where that has no path."""

    def __init__(self, state: StateFile, *, mask: Mask | None = None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            state: where it is kept.
            mask: hides secrets in free text; by default those that look like secrets.
        """
        self._state = state
        self._mask = mask or Masker()
        self._locks = PlanLocks(state.path)

    async def create(self, plan: Plan, entries: Sequence[Entry]) -> Plan:
        """As `RetryJournal`."""

        def work(db: sqlite3.Connection) -> Plan:
            with transaction(db):
                made = replace(plan, id=_free_id(db, plan.created))
                db.execute(_INSERT_PLAN, plan_row(made, self._mask))
                rows = ((made.id, *entry_row(entry, self._mask)) for entry in entries)
                db.executemany(_INSERT_ENTRY, rows)
            return made

        return await self._state.ask(work)

    async def plan(self, plan: PlanId) -> Plan | None:
        """As `RetryJournal`."""
        row = await self._state.ask(lambda db: db.execute(_GET_PLAN, (plan,)).fetchone())
        return None if row is None else read_plan(row)

    async def entries(self, plan: PlanId) -> tuple[Entry, ...]:
        """As `RetryJournal`."""
        # Read in its thread to the end: there may be hundreds of thousands.
        return await self._state.ask(
            lambda db: tuple(map(read_entry, db.execute(_GET_ENTRIES, (plan,))))
        )

    async def begin(self, plan: Plan, entry: Entry) -> PlanId | None:
        """As `RetryJournal`."""

        def work(db: sqlite3.Connection) -> PlanId | None:
            with transaction(db):
                if not plan.resend_delivered:
                    found = db.execute(_SENT_MEANWHILE, (plan.id, packed(entry.log))).fetchone()
                    if found is not None:
                        return PlanId(found[0])
                self._write(db, plan.id, entry)
                db.execute(_STEP, (plan.id, entry.place))
            return None

        return await self._state.ask(work)

    async def note(self, plan: PlanId, entries: Sequence[Entry]) -> None:
        """As `RetryJournal`."""

        def work(db: sqlite3.Connection) -> None:
            with transaction(db):
                for entry in entries:
                    self._write(db, plan, entry)

        await self._state.ask(work)

    async def mark(self, plan: PlanId, state: PlanState, why: str, at: datetime) -> None:
        """As `RetryJournal`."""
        column = "began" if state is PlanState.RUNNING else "ended"
        change = f"UPDATE plans SET state = ?, why = ?, {column} = ? WHERE id = ?"  # noqa: S608 - constants
        values = (state.value, self._mask(why), micros(at), plan)

        def work(db: sqlite3.Connection) -> None:
            if not db.execute(change, values).rowcount:
                raise UnknownPlanError(plan)

        await self._state.ask(work)

    async def tune(self, plan: Plan) -> None:
        """As `RetryJournal`."""
        values = (plan.pace, plan.canary, plan.breaker, plan.id)

        def work(db: sqlite3.Connection) -> None:
            if not db.execute(_TUNE, values).rowcount:
                raise UnknownPlanError(plan.id)

        await self._state.ask(work)

    async def unfinished(self, base_url: str, account: str) -> tuple[PlanSummary, ...]:
        """As `RetryJournal`."""
        found = await self._summaries(_OPEN, (base_url, account))
        return tuple(summary for summary in found if summary.is_unfinished)

    async def history(
        self, base_url: str, account: str, limit: int, before: PlanId | None = None
    ) -> tuple[PlanSummary, ...]:
        """As `RetryJournal`."""
        return await self._summaries(_PAST, (base_url, account, before, limit))

    async def holder(self, plan: PlanId) -> str:
        """As `RetryJournal`."""
        return await self._state.ask(lambda _: self._locks.holder(plan))

    async def earlier(
        self, base_url: str, account: str, instance: InstanceId, logs: Collection[LogId]
    ) -> Mapping[LogId, tuple[Earlier, ...]]:
        """As `RetryJournal`."""
        wanted = [packed(log) for log in dict.fromkeys(logs) if log]
        whose = (base_url, account, packed(instance))

        def work(db: sqlite3.Connection) -> dict[LogId, tuple[Earlier, ...]]:
            found: defaultdict[LogId, list[Earlier]] = defaultdict(list)
            with snapshot(db):
                for start in range(0, len(wanted), _AT_ONCE):
                    some = wanted[start : start + _AT_ONCE]
                    ask = f"{_EARLIER} AND e.log IN ({_marks(len(some))}) ORDER BY e.step DESC"
                    for row in db.execute(ask, (*whose, *some)):
                        one = _earlier(row)
                        found[one.log].append(one)
            return {log: tuple(several) for log, several in found.items()}

        return await self._state.ask(work)

    async def claimed(self, base_url: str, account: str, instance: InstanceId) -> frozenset[LogId]:
        """As `RetryJournal`."""
        whose = (base_url, account, packed(instance))
        rows = await self._state.ask(lambda db: db.execute(_CLAIMED, whose).fetchall())
        return frozenset(LogId(unpacked(row[0])) for row in rows)

    @asynccontextmanager
    async def hold(self, plan: PlanId) -> AsyncGenerator[None]:
        """As `RetryJournal`."""
        taking = asyncio.ensure_future(self._state.ask(lambda _: self._locks.take(plan)))
        try:
            handle = await asyncio.shield(taking)
        except asyncio.CancelledError:
            # It is taken all the same, and must not stay so.
            taking.add_done_callback(lambda done: self._drop(plan, done))
            raise
        try:
            yield
        finally:
            self._locks.give_back(plan, handle)

    def _drop(self, plan: PlanId, taken: asyncio.Future[int]) -> None:
        if not taken.cancelled() and taken.exception() is None:
            self._locks.give_back(plan, taken.result())

    def _write(self, db: sqlite3.Connection, plan: PlanId, entry: Entry) -> None:
        values = (*steps_of(entry, self._mask), plan, entry.place)
        if not db.execute(_WRITE, values).rowcount:
            raise UnknownPlanError(plan)

    async def _summaries(self, ask: str, values: Sequence[Any]) -> tuple[PlanSummary, ...]:
        def work(db: sqlite3.Connection) -> list[PlanSummary]:
            with snapshot(db):
                return [self._summary(db, row) for row in db.execute(ask, values).fetchall()]

        return tuple(await self._state.ask(work))

    def _summary(self, db: sqlite3.Connection, row: Sequence[Any]) -> PlanSummary:
        number, *columns = row
        plan = read_plan(columns)
        found = db.execute(_COUNTS, (number,))
        counts = Counter({Outcome(outcome): count for outcome, count in found})
        return PlanSummary(plan, counts, self._locks.holder(plan.id))


def _free_id(db: sqlite3.Connection, created: datetime) -> PlanId:
    while True:
        chance = "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))
        name = f"{created:%m%d}-{chance}"
        if db.execute("SELECT 1 FROM plans WHERE id = ?", (name,)).fetchone() is None:
            return PlanId(name)


def _earlier(row: Sequence[Any]) -> Earlier:
    log, plan, sent, outcome, reason, via = row
    return Earlier(
        plan=PlanId(plan),
        log=LogId(unpacked(log)),
        at=since(sent),
        outcome=Outcome(outcome),
        reason=reason,
        via=None if via is None else LogId(unpacked(via)),
    )
