"""What all runs of retry plans in a program have in common."""

from __future__ import annotations

import asyncio

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.record import dataclass
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.pacing import Pace
from vzaps_tui.services.ports import Clock, Gateway, RetryJournal


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
