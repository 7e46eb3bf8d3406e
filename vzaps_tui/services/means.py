"""What all runs of retry plans in a program have in common."""

from __future__ import annotations

import asyncio

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.record import dataclass
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.pacing import Pace
from vzaps_tui.services.ports import Clock, Gateway, RetryJournal


class Claims:
    """The deliveries of one instance that a run is at: no other run of this program may be."""

    def __init__(self, busy: set[tuple[InstanceId, LogId]], instance: InstanceId) -> None:
        """Claim none yet.

        Args:
            busy: those of all runs.
            instance: whose deliveries.
        """
        self._busy = busy
        self._instance = instance
        self._mine: set[LogId] = set()

    def take(self, log: LogId) -> bool:
        """Claim a delivery; whether none was at it."""
        if (self._instance, log) in self._busy:
            return False
        self._busy.add((self._instance, log))
        self._mine.add(log)
        return True

    def give_back(self, log: LogId) -> None:
        """Leave it to others, if it was claimed here."""
        if log in self._mine:
            self._mine.discard(log)
            self._busy.discard((self._instance, log))

    def give_back_all(self) -> None:
        """The same with all that are left."""
        for log in tuple(self._mine):
            self.give_back(log)


@dataclass(frozen=True, slots=True)
class Means:
    """What all runs of a program have in common.

    Attributes:
        busy: deliveries that a run of this program is at.
        slots: one is held for each call of a run, so that screens get their turn.
        breaker: failures in a row that stop a plan which does not say otherwise.
        canary: whether plans for many send one of each cause first, where they do not say.
    """

    gateway: Gateway
    deliveries: DeliveryService
    clock: Clock
    journal: RetryJournal
    pace: Pace
    busy: set[tuple[InstanceId, LogId]]
    slots: asyncio.Semaphore
    breaker: int
    canary: bool
