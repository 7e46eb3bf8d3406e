"""Sends deliveries again, one by one, each at most once, and tells what each retry led to."""

from __future__ import annotations

from collections.abc import Callable

from vzaps_tui.domain.retries import RetryPlan, RetryStep
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.ports import Clock, Gateway


class RetryService:
    """Runs retry plans."""

    def __init__(
        self, gateway: Gateway, deliveries: DeliveryService, clock: Clock, *, pace: float = 1.0
    ) -> None:
        self._gateway = gateway
        self._deliveries = deliveries
        self._clock = clock
        self._pace = pace

    async def run(
        self, plan: RetryPlan, tell: Callable[[RetryStep], None]
    ) -> tuple[RetryStep, ...]:
        """Carry out a plan; every step is told as it happens."""
        raise NotImplementedError
