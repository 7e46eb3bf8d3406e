"""Sends one delivery again: reads it first, writes down that it will be sent, asks once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    ProtocolError,
    RateLimitedError,
    StorageError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.ledger import Ledger
from vzaps_tui.services.new_logs import fingerprint
from vzaps_tui.services.ports import Gateway

_NO_NEED = {
    StatusClass.DELIVERED: "already delivered",
    StatusClass.PENDING: "still pending",
}


class Fate(Enum):
    """What became of the wish to send a delivery.

    ACCEPTED: sent. LOST: sent, and its answer lost. REFUSED: the server said no, for good.
    GONE: there is no such log any more. SKIPPED: there is no need. STOPPED: a person wanted no more
    when it had been read. LATER: nothing was done, and it may be asked again. HALT: nothing was
    done, and nothing else should be sent.
    """

    ACCEPTED = "accepted"
    LOST = "lost"
    REFUSED = "refused"
    GONE = "gone"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    LATER = "later"
    HALT = "halt"


@dataclass(frozen=True, slots=True)
class Attempted:
    """What became of it, and what is known for following it.

    Attributes:
        words: why, for a person.
        problem: what the server, or the disk, answered.
        heard: whether that says something about the pace.
        before: the delivery as it was read before it was sent.
        payload: fingerprint of its payload.
    """

    fate: Fate
    words: str = ""
    problem: VzapsError | None = None
    heard: bool = False
    before: Delivery | None = None
    payload: bytes | None = None


class Sender:
    """Sends the deliveries of one plan, each when it is told to."""

    def __init__(
        self,
        gateway: Gateway,
        deliveries: DeliveryService,
        slots: asyncio.Semaphore,
        ledger: Ledger,
    ) -> None:
        self._gateway = gateway
        self._deliveries = deliveries
        self._slots = slots
        self._ledger = ledger

    async def send(
        self, place: int, floor: datetime | None, stopped: Callable[[], bool]
    ) -> Attempted:
        """Send one, unless reading it shows that there is no need.

        What is final is written down and told; LATER, HALT and STOPPED leave it as it was: planned.

        Args:
            place: in the plan.
            floor: the newest log of the server, by its own clock.
            stopped: whether a person wants no more; asked right before it is sent.
        """
        found = await self._read(place)
        if isinstance(found, Attempted):
            return found
        row, payload = found
        # Between being written down and being sent there must be no waiting for others: who dies
        # there cannot know whether it was sent.
        async with self._slots:
            if stopped():
                return Attempted(Fate.STOPPED)
            entry = self._ledger[place]
            try:
                other = await self._ledger.sending(place, row, payload, floor)
            except StorageError as problem:
                # As the journal has it: planned still, for when there is room again.
                self._ledger.say(entry, Outcome.QUEUED, problem.summary)
                return Attempted(Fate.HALT, problem.summary, problem)
            if other is None:
                return replace(await self._ask(place, entry.log), before=row, payload=payload)
        words = f"plan {other} has sent it meanwhile"
        return await self._settle(place, Fate.SKIPPED, Outcome.SKIPPED, words, row)

    async def _read(self, place: int) -> Attempted | tuple[Delivery, bytes | None]:
        """The delivery as it is now, and its payload's fingerprint; or why it must not be sent."""
        entry = self._ledger[place]
        try:
            async with self._slots:
                read = (await self._deliveries.read(self._ledger.plan.instance, entry.log)).data
        except NotFoundError:
            return await self._settle(place, Fate.GONE, Outcome.REFUSED, "the log is gone")
        except (NotOfferedError, ProtocolError):
            # The server has no such page, or it cannot be read: the list's word must do.
            row, payload = entry.row(entry.before), None
        except VzapsError as problem:
            return await self._turned_away(place, problem, f"not sent: {problem.summary}")
        else:
            row, payload = read.delivery, fingerprint(read)
        no_need = None if self._ledger.plan.resend_delivered else _NO_NEED.get(row.status_class)
        if no_need is None:
            return row, payload
        return await self._settle(place, Fate.SKIPPED, Outcome.SKIPPED, no_need, row)

    async def _ask(self, place: int, log: LogId) -> Attempted:
        try:
            answer = await self._gateway.retry(self._ledger.plan.instance, log)
        except asyncio.CancelledError:
            # On disk it stays SENDING: who takes the plan up looks for what became of it.
            words = "stopped while sending; not sent again"
            self._ledger.say(self._ledger[place], Outcome.UNKNOWN, words)
            raise
        except VzapsError as problem:
            if not problem.acted:
                return await self._turned_away(place, problem, problem.summary)
            words = "the answer was lost; not sent again"
            if problem.status is not None:
                words = f"the API answered {problem.status}: maybe carried out; not sent again"
            await self._ledger.settled(place, Outcome.UNKNOWN, words)
            return Attempted(Fate.LOST, words, problem, heard=True)
        receipt = answer.data
        new_log = receipt.new_log if receipt.new_log != log else None
        await self._ledger.accepted(place, receipt.message, new_log)
        return Attempted(Fate.ACCEPTED, heard=True)

    async def _turned_away(self, place: int, problem: VzapsError, words: str) -> Attempted:
        """The server did nothing, and said so."""
        passes = isinstance(problem, RateLimitedError | UnavailableError)
        # Who sends one waits for the word on it; of several, none is the worse for it.
        halts = isinstance(problem, AuthError | ForbiddenError) and len(self._ledger) > 1
        if not passes and not halts:
            done = await self._settle(place, Fate.REFUSED, Outcome.REFUSED, words)
            return replace(done, problem=problem, heard=True)
        if self._ledger[place].outcome is Outcome.SENDING:
            await self._ledger.unsent(place, words)
        if passes:
            return Attempted(Fate.LATER, words, problem, heard=True)
        self._ledger.say(self._ledger[place], Outcome.QUEUED, words)
        return Attempted(Fate.HALT, problem.summary, problem, heard=True)

    async def _settle(
        self, place: int, fate: Fate, outcome: Outcome, words: str, row: Delivery | None = None
    ) -> Attempted:
        await self._ledger.settled(place, outcome, words, row=row)
        return Attempted(fate, words)
