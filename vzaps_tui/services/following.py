"""Looks at the log again after a retry, until what it led to is known or it is too late to tell."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId, StatusClass
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.retries import Outcome, has_news, judge
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.ports import Clock

LOOKS = (1.0, 3.0, 8.0)
"""Seconds after the answer to a retry at which the log is read."""

MAX_CANDIDATES = 3
_SKEW = timedelta(seconds=60)


def fingerprint(detail: DeliveryDetail) -> bytes | None:
    """A digest of the payload, by which the same event is known again; None if it is not told."""
    if detail.payload is None:
        return None
    return blake2b(detail.payload.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Sent:
    """A retry whose outcome is awaited.

    Attributes:
        log_id: the delivery asked for.
        before: as it was read before it was sent.
        payload: fingerprint of its payload.
        new_log: another log that the answer named.
        moment: when the answer came, on the monotonic clock, seconds.
        at: the same by the wall clock.
    """

    log_id: LogId
    before: Delivery
    payload: bytes | None
    new_log: LogId | None
    moment: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; `outcome` None where nothing decided it, then `reason` says what was seen."""

    outcome: Outcome | None
    result: Delivery | None = None
    via: LogId | None = None
    reason: str = ""


class Follower:
    """Follows the retries of one instance.

    `known` are the keys of rows known before anything was sent, `asked` the deliveries to send:
    none of them can be a retry's new log.
    """

    def __init__(
        self,
        deliveries: DeliveryService,
        clock: Clock,
        instance: InstanceId,
        known: Container[str],
        asked: Iterable[LogId] = (),
    ) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._instance = instance
        self._known = known
        self._claimed = set(asked)
        self._payloads: dict[LogId, bytes | None] = {}

    async def follow(self, sent: Sent) -> Finding:
        """Read the log after 1, 3 and 8 s; where it shows nothing new, look for a new log."""
        if sent.new_log:
            self._claimed.add(sent.new_log)
            found = await self._watch(sent.new_log, None, sent.moment)
            if found.result is not None:
                return replace(found, via=sent.new_log)
            # The log that was named cannot be read: the one that was asked for may tell.
            return await self._look(sent.log_id, sent.before) or found
        found = await self._watch(sent.log_id, sent.before, sent.moment)
        if found.outcome or (found.result and has_news(sent.before, found.result)):
            return found
        return await self._elsewhere(sent) or found

    async def _watch(self, log: LogId, before: Delivery | None, since: float) -> Finding:
        found = Finding(None, reason="not read")
        for look in LOOKS:
            await self._clock.sleep(max(0.0, since + look - self._clock.monotonic()))
            try:
                read = (await self._deliveries.read(self._instance, log)).data.delivery
            except VzapsError as problem:
                reason = f"it could not be read: {problem.summary}"
                found = replace(found, reason=found.reason if found.result else reason)
                continue
            found = _finding(before, read)
            if found.outcome:
                break
        return found

    async def _look(self, log: LogId, before: Delivery) -> Finding | None:
        try:
            read = (await self._deliveries.read(self._instance, log)).data.delivery
        except VzapsError:
            return None
        return _finding(before, read)

    async def _elsewhere(self, sent: Sent) -> Finding | None:
        """A log that a retry may have been written to without the server saying so."""
        if sent.payload is None:
            return None
        try:
            newest = await self._deliveries.newest(self._instance)
        except VzapsError:
            return None
        candidates = [row for row in newest if self._may_be(row, sent)]
        for row in candidates[:MAX_CANDIDATES]:
            if await self._payload(row.id) != sent.payload or row.id in self._claimed:
                continue
            self._claimed.add(row.id)
            return replace(await self._watch(row.id, None, self._clock.monotonic()), via=row.id)
        return None

    def _may_be(self, row: Delivery, sent: Sent) -> bool:
        # A log from long before the retry is an earlier one's, or the receiver's own doing.
        is_new = row.created_at is not None and row.created_at >= sent.at - _SKEW
        known = row.key in self._known or row.id in self._claimed or row.id == sent.log_id
        return bool(row.id) and is_new and not known and row.event == sent.before.event

    async def _payload(self, log: LogId) -> bytes | None:
        if log not in self._payloads:
            try:
                read = (await self._deliveries.read(self._instance, log)).data
            except VzapsError:
                return None
            self._payloads[log] = fingerprint(read)
        return self._payloads[log]


def _finding(before: Delivery | None, read: Delivery) -> Finding:
    """What a reading tells; `before` None for a new log, of which any final status is news."""
    if before is None:
        before = replace(read, status="pending", attempts=0, last_attempt_at=None)
    outcome = judge(before, read)
    seen = "unchanged"
    if read.status_class is StatusClass.PENDING:
        seen = f"still {read.status_word}"
    elif has_news(before, read):
        seen = f"now {read.status_word}"
    return Finding(outcome, read, reason=f"{seen} after {LOOKS[-1]:.0f} s")
