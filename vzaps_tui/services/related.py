"""Find the other deliveries of a chat or a message: payloads are read one by one, nearest first."""

from __future__ import annotations

import asyncio
import secrets
from array import array
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Protocol

from vzaps_tui.domain.envelope import Envelope
from vzaps_tui.domain.meaning import Meaning, read_in_slices
from vzaps_tui.domain.problems import (
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
)
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.record import dataclass

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.selection import Selection
    from vzaps_tui.services.ports import Clock

AT_ONCE: Final = 200
"""Deliveries that are looked at before a person is asked for more."""

_MOST_LOGS: Final = 20_000
_MOST_NAMES: Final = 64  # of one log
_PAGE: Final = 32
_TELLING: Final = 5  # so many looked at tell the speed
_FIRST_WAIT, _LONGEST_WAIT, _MOST_WAITS = 2.0, 60.0, 5
_FAR: Final = timedelta.max


class Kin(StrEnum):
    """How two deliveries belong together; the closest tie counts."""

    MESSAGE = "message"
    CHAT = "chat"


class Readings(Protocol):
    """What is needed of the deliveries; `DeliveryService` is it."""

    async def select(self, instance: InstanceId, query: DeliveryQuery) -> Selection:
        """The numbers of all rows held, newest first."""
        ...

    async def fetch(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """The rows of these numbers."""
        ...

    def detail(
        self, instance: InstanceId, log: LogId
    ) -> AsyncGenerator[Envelope[DeliveryDetail], None]:
        """Everything of one delivery, what is kept first."""
        ...


@dataclass(frozen=True, slots=True)
class Clues:
    """What a payload names, as digests: they cannot be read back, and die with the program."""

    messages: frozenset[int] = frozenset()
    chats: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.messages or self.chats)

    def kin(self, other: Clues) -> Kin | None:
        """How another payload belongs to this one, if it does."""
        if self.messages & other.messages:
            return Kin.MESSAGE
        return Kin.CHAT if self.chats & other.chats else None


class ClueIndex:
    """What the payloads read so far name; of so many that memory stays small."""

    def __init__(self, most: int = _MOST_LOGS) -> None:
        self._most = most
        self._secret = secrets.token_bytes(16)
        self._known: OrderedDict[tuple[InstanceId, LogId], Clues] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def note(self, instance: InstanceId, log: LogId, meaning: Meaning) -> Clues:
        """Remember what a payload names."""
        clues = Clues(
            frozenset(self._digest(one) for one in meaning.message_ids[:_MOST_NAMES]),
            frozenset(self._digest(_person(one)) for one in meaning.chats),
        )
        self._known[instance, log] = clues
        self._known.move_to_end((instance, log))
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return clues

    def of(self, instance: InstanceId, log: LogId) -> Clues | None:
        """What a payload names; None if it was not read, or long ago."""
        return self._known.get((instance, log))

    def _digest(self, name: str) -> int:
        text = name.encode("utf-8", "surrogatepass")
        return int.from_bytes(blake2b(text, digest_size=8, key=self._secret).digest(), "big")


def _person(jid: str) -> str:
    """A chat's id without the device: `551:12@s.whatsapp.net` is the same person as `551@…`."""
    name, at, server = jid.lower().partition("@")
    return f"{name.partition(':')[0]}{at}{server}"


@dataclass(frozen=True, slots=True)
class Relative:
    """A delivery that belongs to the one searched from; `says` is unsafe and personal text."""

    row: Delivery
    kin: Kin
    says: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is.

    Attributes:
        looked: how many deliveries were looked at.
        held: how many are held of the instance, without the one searched from.
        unreadable: how many of those looked at could not be read: gone, or broken.
        found: those that belong to it, in the order they were found.
        newest: time of the newest one looked at.
        oldest: time of the oldest one.
        complete: whether all that are held were looked at.
        waiting: seconds that the API asked to wait; None while it does not.
        left: seconds that the rest takes at the speed so far, about; None while that is not known.
    """

    looked: int = 0
    held: int = 0
    unreadable: int = 0
    found: tuple[Relative, ...] = ()
    newest: datetime | None = None
    oldest: datetime | None = None
    complete: bool = False
    waiting: float | None = None
    left: float | None = None


class RelatedService:
    """Searches for what belongs together; remembers what was read on the way."""

    def __init__(self, deliveries: Readings, clock: Clock) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._index = ClueIndex()

    def note(self, instance: InstanceId, log: LogId, meaning: Meaning) -> None:
        """Remember what a payload that was read names: no search reads it again in vain."""
        self._index.note(instance, log, meaning)

    def search(self, instance: InstanceId, around: Delivery, meaning: Meaning) -> RelatedSearch:
        """A search from one delivery, whose meaning is known."""
        clues = self._index.note(instance, around.id, meaning)
        rows = _Outward(self._deliveries, instance, around)
        return RelatedSearch(self._deliveries, self._clock, self._index, rows, clues)


class RelatedSearch:
    """One search; it may be stopped at any time, and goes on where it was."""

    def __init__(
        self,
        deliveries: Readings,
        clock: Clock,
        index: ClueIndex,
        rows: _Outward,
        clues: Clues,
    ) -> None:
        self.clues = clues
        self._deliveries = deliveries
        self._clock = clock
        self._index = index
        self._rows = rows
        self._next: Delivery | None = None
        self._looked = 0
        self._unreadable = 0
        self._complete = False
        self._found: list[Relative] = []
        self._span: tuple[datetime | None, datetime | None] = (None, None)

    def progress(self, waiting: float | None = None, left: float | None = None) -> Progress:
        """How far it is."""
        return Progress(
            looked=self._looked,
            held=self._rows.held,
            unreadable=self._unreadable,
            found=tuple(self._found),
            newest=self._span[1],
            oldest=self._span[0],
            complete=self._complete,
            waiting=waiting,
            left=left,
        )

    async def look(self, target: int) -> AsyncGenerator[Progress, None]:
        """Look at the nearest deliveries until `target` were, in all.

        Closing it, or cancelling the task, stops it; a later call goes on.

        Yields:
            How far it is, after each delivery and before each wait that the API asks for.

        Raises:
            VzapsError: the API cannot be asked; what was found stays.
        """
        await self._rows.begin()
        yield self.progress()
        refusals, first, began = 0, self._looked, self._clock.monotonic()
        while self._looked < target and not self._complete:
            self._next = self._next or await self._rows.take()
            if self._next is None:
                self._complete = True
            else:
                try:
                    await self._look_at(self._next)
                except RateLimitedError as problem:
                    refusals += 1
                    if refusals > _MOST_WAITS:
                        raise
                    wait = _wait(problem, refusals)
                    yield self.progress(wait)
                    await self._clock.sleep(wait)
                    continue
                refusals = 0
                self._count(self._next)
            took = self._clock.monotonic() - began
            yield self.progress(left=self._left(target, self._looked - first, took))

    def _left(self, target: int, done: int, took: float) -> float | None:
        if done < _TELLING or took <= 0:
            return None
        return max(0, min(target, self._rows.held) - self._looked) * took / done

    async def _look_at(self, row: Delivery) -> None:
        known = self._index.of(self._rows.instance, row.id)
        if not row.id or (known is not None and self.clues.kin(known) is None):
            return
        try:
            says, clues = await self._read(row.id)
        except (NotFoundError, RejectedError, ProtocolError):
            self._unreadable += 1
            return
        if kin := self.clues.kin(clues):
            self._found.append(Relative(row, kin, says))

    async def _read(self, log: LogId) -> tuple[str, Clues]:
        """What a delivery says and names; kept details cost no request.

        The client keeps to the pace of all requests; as one goes at a time, what screens read
        waits for one of these at most.
        """
        payload = ""
        async with aclosing(self._deliveries.detail(self._rows.instance, log)) as asking:
            async for envelope in asking:
                payload = envelope.data.payload or ""
                break
        reading = read_in_slices(payload)
        while True:
            try:
                next(reading)
            except StopIteration as end:
                meaning: Meaning = end.value
                return meaning.line, self._index.note(self._rows.instance, log, meaning)
            await asyncio.sleep(0)

    def _count(self, row: Delivery) -> None:
        self._next = None
        self._looked += 1
        if row.time is not None:
            oldest, newest = self._span
            self._span = (min(oldest or row.time, row.time), max(newest or row.time, row.time))


def _wait(problem: RateLimitedError, refusals: int) -> float:
    wait = problem.retry_after
    if wait is None:
        wait = _FIRST_WAIT * 2.0 ** (refusals - 1)
    return min(max(wait, _FIRST_WAIT), _LONGEST_WAIT)


class _Outward:
    """The rows held of an instance, nearest in time to one of them first."""

    def __init__(self, deliveries: Readings, instance: InstanceId, around: Delivery) -> None:
        self.instance = instance
        self.held = 0
        self._deliveries = deliveries
        self._around = around
        self._numbers: array[int] | None = None
        self._newer: deque[Delivery] = deque()
        self._older: deque[Delivery] = deque()
        self._up = 0  # how many rows are above the buffered newer ones
        self._down = 0  # the first row below the buffered older ones

    async def begin(self) -> None:
        """Ask what is held; once."""
        if self._numbers is None:
            numbers = (await self._deliveries.select(self.instance, DeliveryQuery())).rowids
            self._up = self._down = await self._middle(numbers)
            self._numbers = numbers
            self.held = max(0, len(numbers) - 1)

    async def _middle(self, numbers: array[int]) -> int:
        """The first row that is no newer than the one searched from."""
        at = self._around.time
        low, high = 0, len(numbers) if at is not None else 0
        while low < high:
            middle = (low + high) // 2
            row = (await self._deliveries.fetch(numbers[middle : middle + 1]))[0]
            # Rows without a time stand last.
            newer = row is not None and row.time is not None and at is not None and row.time > at
            low, high = (middle + 1, high) if newer else (low, middle)
        return low

    async def take(self) -> Delivery | None:
        """The next row; None after the last."""
        while True:
            await self._fill()
            if not self._newer and not self._older:
                return None
            one = self._newer if self._is_newer_nearer() else self._older
            row = one.popleft()
            if row.id != self._around.id or not row.id:
                return row

    async def _fill(self) -> None:
        numbers = self._numbers if self._numbers is not None else array("q")
        while not self._newer and self._up:
            start = max(0, self._up - _PAGE)
            rows = await self._deliveries.fetch(numbers[start : self._up])
            self._up = start
            self._newer.extend(row for row in reversed(rows) if row is not None)
        while not self._older and self._down < len(numbers):
            rows = await self._deliveries.fetch(numbers[self._down : self._down + _PAGE])
            self._down += _PAGE
            self._older.extend(row for row in rows if row is not None)

    def _is_newer_nearer(self) -> bool:
        if not self._newer or not self._older:
            return bool(self._newer)
        return self._distance(self._newer[0]) < self._distance(self._older[0])

    def _distance(self, row: Delivery) -> timedelta:
        if row.time is None or self._around.time is None:
            return _FAR
        return abs(row.time - self._around.time)
