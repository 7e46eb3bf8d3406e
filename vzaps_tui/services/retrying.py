"""Sends deliveries again, one by one, each at most once, and tells what each retry led to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container
from dataclasses import dataclass

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import (
    NotFoundError,
    NotOfferedError,
    ProtocolError,
    RateLimitedError,
    VzapsError,
)
from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryStep
from vzaps_tui.domain.retries import tell as in_words
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.following import Finding, Follower, Sent, fingerprint
from vzaps_tui.services.ports import Clock, Gateway

LONGEST_WAIT = 60.0
_FIRST_WAIT = 2.0

Tell = Callable[[RetryStep], None]


class RetryService:
    """Runs retry plans; two at once share the pace and never send the same delivery."""

    def __init__(
        self, gateway: Gateway, deliveries: DeliveryService, clock: Clock, *, pace: float = 1.0
    ) -> None:
        self.gateway = gateway
        self.deliveries = deliveries
        self.clock = clock
        self.pause = _Pace(clock, pace)
        self._busy: set[tuple[InstanceId, LogId]] = set()

    async def run(self, plan: RetryPlan, tell: Tell) -> tuple[RetryStep, ...]:
        """Carry out a plan: one delivery after another, each sent once.

        Cancelling the task that runs this stops it between deliveries: the one being sent is
        finished, what was accepted is followed, the rest stays QUEUED, and the steps are returned.
        Cancelling again, or when all is sent, ends the following too.

        Args:
            plan: what to send.
            tell: is given every step as it happens. UNKNOWN may be followed by DELIVERED or FAILED
                AGAIN for the same delivery, if its log shows that it was carried out.

        Returns:
            The last step of every delivery of the plan, in its order.
        """
        known = await self.deliveries.known(plan.instance)
        run = _Run(self, plan, tell, known, self._busy)
        return await run.carry_out()


class _Pace:
    """When the next delivery may be sent."""

    def __init__(self, clock: Clock, per_second: float) -> None:
        self._clock = clock
        self._gap = 1 / per_second
        self._next = 0.0
        self._held_until = 0.0
        self._refusals = 0

    async def turn(self) -> None:
        """Wait for a turn of one's own."""
        while True:
            # Looked at again after every sleep: another run, or a 429, may have come first.
            now = self._clock.monotonic()
            wait = max(self._next, self._held_until) - now
            if wait <= 0:
                self._next = now + self._gap
                return
            await self._clock.sleep(wait)

    def heed(self, problem: VzapsError | None) -> None:
        """Learn from an answer: hold everything back after a 429, for as long as it says."""
        if not isinstance(problem, RateLimitedError):
            self._refusals = 0
            return
        wait = problem.retry_after
        if wait is None:
            wait = _FIRST_WAIT * 2.0 ** min(self._refusals, 5)
        self._refusals += 1
        until = self._clock.monotonic() + min(max(wait, 0.0), LONGEST_WAIT)
        self._held_until = max(self._held_until, until)


@dataclass(frozen=True, slots=True)
class _Before:
    """A delivery as it was known before it was sent."""

    row: Delivery
    payload: bytes | None = None


class _Run:
    """One plan being carried out."""

    def __init__(
        self,
        service: RetryService,
        plan: RetryPlan,
        tell: Tell,
        known: Container[str],
        busy: set[tuple[InstanceId, LogId]],
    ) -> None:
        self._gateway = service.gateway
        self._deliveries = service.deliveries
        self._clock = service.clock
        self._plan = plan
        self._tell = tell
        self._pace = service.pause
        self._busy = busy
        self._mine: set[LogId] = set()
        self._steps: dict[int, RetryStep] = {}
        self._following: dict[int, asyncio.Task[None]] = {}
        self._stopped = False
        self._follower = Follower(
            service.deliveries, service.clock, plan.instance, known, (r.id for r in plan.deliveries)
        )

    async def carry_out(self) -> tuple[RetryStep, ...]:
        try:
            await self._send_all(self._enlist())
            await self._follow_all()
        finally:
            for following in self._following.values():
                following.cancel()
            for log in tuple(self._mine):
                self._release(log)
        return tuple(step for _, step in sorted(self._steps.items()))

    def _enlist(self) -> list[int]:
        """Tell every delivery QUEUED or SKIPPED; the places of the queued ones."""
        queue: list[int] = []
        for place, row in enumerate(self._plan.deliveries):
            if not row.id:
                self._say(place, Outcome.SKIPPED, "this row has no id")
            elif (self._plan.instance, row.id) in self._busy:
                self._say(place, Outcome.SKIPPED, "already being retried")
            else:
                self._busy.add((self._plan.instance, row.id))
                self._mine.add(row.id)
                self._say(place, Outcome.QUEUED)
                queue.append(place)
        return queue

    async def _send_all(self, queue: list[int]) -> None:
        for place in queue:
            sending: asyncio.Task[None] | None = None
            try:
                await self._pace.turn()
                sending = asyncio.create_task(self._one(place))
                await asyncio.shield(sending)
            except asyncio.CancelledError:
                if sending is not None and sending.cancelled():
                    raise
                self._stopped = True
                _absorb()
                if sending is not None:
                    await sending
                return

    async def _one(self, place: int) -> None:
        row = self._plan.deliveries[place]
        before = await self._read_before(place, row)
        if before is not None and not self._stopped:
            await self._send(place, before)
        if place not in self._following:
            self._release(row.id)

    async def _read_before(self, place: int, row: Delivery) -> _Before | None:
        """The delivery as it is now; None where it must not be sent, which has been told then."""
        try:
            detail = (await self._deliveries.read(self._plan.instance, row.id)).data
            before = _Before(detail.delivery, fingerprint(detail))
        except NotFoundError:
            self._say(place, Outcome.REFUSED, "the log is gone")
            return None
        except (NotOfferedError, ProtocolError):
            # The server has no such page, or it cannot be read: the list's word must do.
            before = _Before(row)
        except VzapsError as problem:
            self._pace.heed(problem)
            self._say(place, Outcome.REFUSED, f"not sent: {problem.summary}")
            return None
        return before if self._is_due(place, before.row) else None

    def _is_due(self, place: int, row: Delivery) -> bool:
        if self._plan.resend_delivered:
            return True
        reason = {
            StatusClass.DELIVERED: "already delivered",
            StatusClass.PENDING: "still pending",
        }.get(row.status_class)
        if reason is None:
            return True
        self._say(place, Outcome.SKIPPED, reason, result=row)
        return False

    async def _send(self, place: int, before: _Before) -> None:
        log = self._plan.deliveries[place].id
        self._say(place, Outcome.SENDING)
        new_log: LogId | None = None
        try:
            receipt = (await self._gateway.retry(self._plan.instance, log)).data
        except asyncio.CancelledError:
            self._say(place, Outcome.UNKNOWN, "stopped while sending; not sent again")
            raise
        except VzapsError as problem:
            self._pace.heed(problem)
            if not problem.acted:
                self._say(place, Outcome.REFUSED, problem.summary)
                return
            self._say(place, Outcome.UNKNOWN, "the answer was lost; not sent again")
        else:
            self._pace.heed(None)
            new_log = receipt.new_log if receipt.new_log != log else None
            self._say(place, Outcome.ACCEPTED, receipt.message)
        now = self._clock.monotonic()
        sent = Sent(log, before.row, before.payload, new_log, now, self._clock.now())
        self._following[place] = asyncio.create_task(self._follow(place, sent))

    async def _follow(self, place: int, sent: Sent) -> None:
        try:
            found = await self._follower.follow(sent)
        except asyncio.CancelledError:
            self._give_up(place, Finding(None, reason="no longer followed"))
            raise
        finally:
            self._release(sent.log_id)
        if found.outcome and found.result:
            words = in_words(found.result)
            self._say(place, found.outcome, words, result=found.result, via=found.via)
        else:
            self._give_up(place, found)

    def _give_up(self, place: int, found: Finding) -> None:
        """Accepted and nothing seen is NO NEWS; a lost answer stays UNKNOWN."""
        if self._steps[place].outcome is Outcome.ACCEPTED:
            reason = f"accepted; {found.reason}"
            self._say(place, Outcome.NO_NEWS, reason, result=found.result, via=found.via)

    async def _follow_all(self) -> None:
        pending = asyncio.gather(*self._following.values())
        try:
            await pending
        except asyncio.CancelledError:
            _absorb()
            # Every follower has been cancelled along; each still tells its last word.
            await asyncio.gather(*self._following.values(), return_exceptions=True)

    def _release(self, log: LogId) -> None:
        if log in self._mine:
            self._mine.discard(log)
            self._busy.discard((self._plan.instance, log))

    def _say(
        self,
        place: int,
        outcome: Outcome,
        reason: str = "",
        *,
        result: Delivery | None = None,
        via: LogId | None = None,
    ) -> None:
        row = self._plan.deliveries[place]
        now = self._clock.now()
        step = RetryStep(self._plan.instance, row.id, outcome, now, reason, result, via)
        self._steps[place] = step
        self._tell(step)


def _absorb() -> None:
    """Take a cancellation as a wish to stop: the task goes on to finish what it must."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
