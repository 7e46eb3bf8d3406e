"""Finds the log that a retry was written to where the server did not say: by its payload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Container, Iterable
from datetime import datetime, timedelta
from hashlib import blake2b

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.log_reading import PAGE
from vzaps_tui.services.looking import GATHER
from vzaps_tui.services.ports import Clock, Gateway

MAX_CANDIDATES, MAX_WHERE_USUAL = 3, 30
"""Logs whose payload is read for each one that is awaited; the latter where retries are known to be
written to new logs, so that the one sought is there, until it is found."""
MAX_PAGES = 4
"""Pages of the newest logs that are looked through at a time."""
SKEW = timedelta(seconds=60)
"""How far this machine's clock may be ahead of the server's."""
_BARE = frozenset({"Connected", "Disconnected"})
"""Events whose payloads are all alike (CONTRACT 5.3)."""


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
        moment: from when on it is followed, on the monotonic clock, seconds.
        at: when it was sent, by the wall clock.
        floor: the newest log that the server had then, by its own clock; None = not known.
        lost: whether it is not certain that it was sent.
        resumed: whether it was sent by a run before this one.
        once: whether it was looked for in vain before: one more look is enough.
        old: keys of logs that were there before it was sent.
    """

    log_id: LogId
    before: Delivery
    payload: bytes | None
    new_log: LogId | None
    moment: float
    at: datetime
    floor: datetime | None = None
    lost: bool = False
    resumed: bool = False
    once: bool = False
    old: tuple[Container[str], ...] = ()

    @property
    def earliest(self) -> datetime:
        """No log from before that can be its."""
        return self.floor or self.at - SKEW


class NewLogs:
    """The newest logs of one instance, looked through for all who seek at the same time."""

    def __init__(
        self,
        gateway: Gateway,
        deliveries: DeliveryService,
        instance: InstanceId,
        slots: asyncio.Semaphore,
        clock: Clock,
    ) -> None:
        """Prepare.

        Args:
            gateway: asked for pages.
            deliveries: asked for payloads.
            instance: whose.
            slots: one is held for each call, so that others get their turn.
            clock: by which is waited for others.
        """
        self._gateway = gateway
        self._deliveries = deliveries
        self._instance = instance
        self._slots = slots
        self._clock = clock
        self._lock = asyncio.Lock()
        self._scans = 0
        self._seekers: dict[int, Sent] = {}
        self._prints: dict[LogId, bytes | None] = {}
        self._newest: dict[LogId, Delivery] = {}
        self._claimed: set[LogId] = set()
        self._unsettled: dict[bytes, int] = {}
        self.is_habit = False

    def claim(self, logs: Iterable[LogId]) -> None:
        """Learn of logs that have told an outcome already."""
        self._claimed.update(logs)

    async def top(self) -> tuple[datetime | None, frozenset[str]]:
        """The newest log's time by the server's clock, and the keys of the newest logs.

        None and nothing where that cannot be read.
        """
        try:
            async with self._slots:
                page = (await self._gateway.search(self._instance, 1, PAGE, None)).data
        except VzapsError:
            return None, frozenset()
        times = [row.created_at for row in page.items if row.created_at]
        return max(times, default=None), frozenset(row.key for row in page.items)

    def await_(self, sent: Sent) -> None:
        """Remember that a retry is unsettled: its payload may be that of others."""
        if sent.payload is not None and not sent.lost:
            self._unsettled[sent.payload] = self._unsettled.get(sent.payload, 0) + 1

    def forget(self, sent: Sent) -> None:
        """The opposite."""
        if sent.payload is not None and not sent.lost:
            self._unsettled[sent.payload] -= 1

    async def find(self, sent: Sent, *, with_others: bool = False) -> Delivery | None:
        """The log that a retry was written to, if it can be told; nobody else gets it then.

        Args:
            sent: the retry.
            with_others: whether others will seek at the same time: then they are waited for.
        """
        if sent.payload is None or (sent.lost and sent.before.event in _BARE):
            return None
        seeker = id(sent)
        self._seekers[seeker] = sent
        scans = self._scans
        try:
            if with_others:
                await self._clock.sleep(GATHER)
            async with self._lock:
                # A look that began after this was asked for has seen all that this would.
                if self._scans == scans:
                    self._scans += 1
                    await self._scan()
                return self._claim(sent)
        finally:
            del self._seekers[seeker]

    async def _scan(self) -> None:
        seekers = tuple(self._seekers.values())
        rows = [row async for row in self._rows(min(sent.earliest for sent in seekers))]
        candidates: list[tuple[float, Delivery]] = []
        for row in rows:
            far = [_distance(row, sent) for sent in seekers if self._may_be(row, sent)]
            if far:
                self._newest[row.id] = row
                candidates.append((min(far), row))
        candidates.sort(key=lambda one: one[0])
        unread = [row.id for _, row in candidates if row.id not in self._prints]
        # What is read for one that seeks now serves those that will.
        awaited = max(len(seekers), sum(self._unsettled.values()))
        each = MAX_WHERE_USUAL if self._claimed else MAX_CANDIDATES
        for number, log in enumerate(unread[: each * awaited]):
            if number >= MAX_CANDIDATES * awaited and self._are_found(seekers):
                break
            self._prints[log] = await self._payload(log)

    def _are_found(self, seekers: Iterable[Sent]) -> bool:
        """Whether the payload of each was seen on a log that is nobody's yet."""
        seen = {self._prints.get(log) for log in self._newest}
        return all(sent.payload in seen for sent in seekers)

    async def _rows(self, since: datetime) -> AsyncGenerator[Delivery]:
        """The newest logs, down to those from before a moment."""
        for number in range(1, MAX_PAGES + 1):
            try:
                async with self._slots:
                    page = (await self._gateway.search(self._instance, number, PAGE, None)).data
            except VzapsError:
                return
            for row in page.items:
                yield row
            times = [row.created_at for row in page.items if row.created_at]
            if page.is_last or not times or min(times) < since:
                return

    def _claim(self, sent: Sent) -> Delivery | None:
        if sent.lost and self._unsettled.get(sent.payload or b"", 0):
            return None  # it may be that of another one, which was certainly sent
        for log, row in self._newest.items():
            if self._prints.get(log) == sent.payload and self._may_be(row, sent):
                self._claimed.add(log)
                self.is_habit = True
                del self._newest[log]
                return row
        return None

    def _may_be(self, row: Delivery, sent: Sent) -> bool:
        # A log from before the retry is an earlier one's, or the receiver's own doing.
        if not row.id or row.id == sent.log_id or row.id in self._claimed or not row.created_at:
            return False
        if row.event != sent.before.event:
            return False
        if sent.resumed:
            # What is known by now may be its very log.
            strictly = sent.floor is None or row.created_at > sent.floor
            return strictly and row.created_at >= sent.earliest
        return row.created_at >= sent.earliest and not any(row.key in old for old in sent.old)

    async def _payload(self, log: LogId) -> bytes | None:
        try:
            async with self._slots:
                read = (await self._deliveries.read(self._instance, log)).data
        except VzapsError:
            return None
        return fingerprint(read)


def _distance(row: Delivery, sent: Sent) -> float:
    """Seconds between a log and a retry, as far as the clocks agree: the nearest is looked at."""
    return abs((row.created_at - sent.at).total_seconds()) if row.created_at else 0.0
