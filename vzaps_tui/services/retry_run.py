"""One plan being carried out: paused, stopped and gone on with, until everything is settled."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime
from math import ceil

from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.plans import MANY, Entry, Plan, RunStatus
from vzaps_tui.domain.problems import RateLimitedError
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.domain.retries import tell as in_words
from vzaps_tui.services.ending import absorb, ended, raise_bug
from vzaps_tui.services.following import Follower
from vzaps_tui.services.ledger import Ledger, Tell
from vzaps_tui.services.looking import Looker
from vzaps_tui.services.means import Claims, Means
from vzaps_tui.services.new_logs import NewLogs, Sent
from vzaps_tui.services.pacing import Outage
from vzaps_tui.services.sending import Attempted, Fate, Sender
from vzaps_tui.services.sending_order import Breaker, SendingOrder
from vzaps_tui.services.speed import Speed
from vzaps_tui.services.unhurried import unhurried

_MOST_IN_FLIGHT = 8
_MOST_TURNS = 20
"""How often a delivery is tried to be sent whose call is answered with a 429."""
_UNANSWERED = 4
"""So many such turns weighs one for which there was no answer at all."""
_UNREAD = "what came of it could not be read yet"


class RetryRun:
    """One plan, from being taken up until everything is settled or it is stopped."""

    def __init__(
        self, means: Means, plan: Plan, entries: Sequence[Entry], new_logs: NewLogs, tell: Tell
    ) -> None:
        """Take up a plan that is held.

        Args:
            means: what it has in common with other runs.
            plan: as it stands.
            entries: all of it, as they stand.
            new_logs: those of the plan's instance.
            tell: is given every step as it happens, at first where each entry stands.
        """
        self._means = means
        self._clock = means.clock
        self._plan = plan
        self._ledger = Ledger(means.journal, means.clock, plan, entries, tell)
        self._new_logs = new_logs
        self._looker = Looker(
            means.gateway, means.deliveries, plan.instance, means.slots, means.clock
        )
        self._follower = Follower(self._looker, new_logs, means.clock, self._overdue)
        self._sender = Sender(means.gateway, means.deliveries, means.slots, self._ledger)
        many = len(entries) > MANY and means.canary
        self._canary = many if plan.canary is None else plan.canary
        self._breaker = Breaker(means.breaker if plan.breaker is None else plan.breaker)
        self._outage = Outage(means.clock)
        self._order = SendingOrder((), canary=False)
        self._claims = Claims(means.busy, plan.instance)
        self._turns: asyncio.Task[None] | None = None
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._following: dict[int, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._paused = self._stopping = self._giving_up = False
        self._halted = ""
        self._last: float | None = None
        self._floor: datetime | None = None
        self._old: tuple[Container[str], ...] = ()
        self._speed = Speed(means.clock, means.pace.rate(plan.pace))

    # -- what a person may do meanwhile ----------------------------------------------------------

    def pause(self) -> None:
        """Send nothing more for now; what was sent is followed."""
        self._paused = True
        self._wake()

    def go_on(self) -> None:
        """Send on: after a pause, or though it halted by itself, and what canaries held back."""
        self._paused = False
        self._halted = ""
        self._breaker.reset()
        self._outage = Outage(self._clock)
        self._order.release()
        self._wake()

    def stop(self) -> None:
        """Send nothing more: the one in flight is finished, what was sent is followed.

        Again, or if all is sent already: it is not followed any more, either.
        """
        if self._stopping or not (self._sending or self._order.is_ready or self._order.held):
            self._giving_up = True
        self._stopping = True
        self._wake()

    @property
    def status(self) -> RunStatus:
        """How it goes."""
        counts = self._ledger.counts
        pace = self._means.pace.rate(self._plan.pace)
        rate = self._speed.rate
        waiting = self._means.pace.held_for
        goes = not (self._paused or self._stopping or self._halted)
        held = self._order.held
        left = counts[Outcome.QUEUED] - held
        known = goes and (rate is not None or not left)
        return RunStatus(
            plan=self._plan,
            counts=counts,
            paused=self._paused,
            halted=self._halted or self._order.held_words,
            waiting=waiting,
            away=self._means.pace.away,
            pace=pace,
            rate=rate,
            eta=waiting + left / min(pace, rate or pace) if known else None,
            sends=goes,
            held=held,
            errors=tuple(self._ledger.errors),
        )

    # -- carrying out ----------------------------------------------------------------------------

    async def carry_out(self, *, past_canary: bool = False) -> tuple[RetryStep, ...]:
        """Send what is to be sent, follow what was sent; the last step of every entry.

        Cancelling is the wish to `stop`. Cancelling once more while something is in flight ends
        that too, and is raised.

        Args:
            past_canary: a person said to send also what canaries had held back.

        Raises:
            StorageError: it could not be begun.
        """
        try:
            try:
                await self._begin(past_canary=past_canary)
            except asyncio.CancelledError:
                absorb()
                self._stopping = self._giving_up = True
            await self._until_over()
        finally:
            await self._end()
        return tuple(step for _, step in sorted(self._ledger.steps.items()))

    async def _begin(self, *, past_canary: bool) -> None:
        enlisted = [self._enlisted(entry) async for entry in unhurried(self._ledger)]
        await self._ledger.begin(enlisted)
        self._order = SendingOrder(self._ledger, canary=self._canary, past_canary=past_canary)
        plan = self._plan
        claimed = await self._means.journal.claimed(plan.base_url, plan.account, plan.instance)
        self._new_logs.claim(claimed)
        known = await self._means.deliveries.known(plan.instance)
        self._old = (known, frozenset(entry.key for entry in self._ledger))
        async for entry in unhurried(self._ledger):
            self._take_up(entry)
        if self._ledger.counts[Outcome.QUEUED] > 1:
            # By the server's own clock: a log that is newer than this came after it.
            self._floor, top = await self._new_logs.top()
            self._old = (*self._old, top)

    def _enlisted(self, entry: Entry) -> Entry:
        """An entry as it is taken up: queued again where it was certainly never sent."""
        now = self._clock.now()
        unsent = entry.outcome is Outcome.REFUSED and entry.sent_at is None
        if self._plan.began is not None and unsent:
            entry = replace(entry, outcome=Outcome.QUEUED, reason="", at=now, settled_at=None)
        if entry.outcome is not Outcome.QUEUED:
            return entry
        if not self._claims.take(entry.log):
            reason = "already being retried"
            return replace(entry, outcome=Outcome.SKIPPED, reason=reason, at=now, settled_at=now)
        return entry

    def _take_up(self, entry: Entry) -> None:
        """Follow on what another run had sent, and find out what became of what it may have."""
        open_ = (Outcome.SENDING, Outcome.ACCEPTED, Outcome.UNKNOWN)
        if entry.outcome not in open_ or not self._claims.take(entry.log):
            return
        sent = Sent(
            log_id=entry.log,
            before=entry.row(entry.before),
            payload=entry.payload,
            new_log=entry.new_log,
            moment=self._clock.monotonic(),
            at=entry.sent_at or entry.at,
            floor=entry.floor,
            lost=entry.outcome is not Outcome.ACCEPTED,
            resumed=True,
            once=entry.outcome is Outcome.UNKNOWN,
        )
        self._follow_on(entry.place, sent)

    async def _until_over(self) -> None:
        while True:
            self._reap()
            if self._giving_up:
                await ended(self._following.values())
                self._reap()
            if self._turns is None and self._may_send():
                self._turns = asyncio.create_task(self._send_on())
                self._turns.add_done_callback(self._wake)
            if self._is_over():
                return
            self._speed.see(self._ledger.gone, resting=self._is_resting)
            self._changed.clear()
            try:
                await self._changed.wait()
            except asyncio.CancelledError:
                await self._interrupted()

    def _is_over(self) -> bool:
        if self._turns or self._sending or self._following:
            return False
        return self._stopping or bool(self._halted) or not self._order.is_ready

    def _may_send(self) -> bool:
        if self._stopping or self._halted or self._paused or not self._order.is_ready:
            return False
        if not self._breaker.allows(len(self._sending)):
            return False
        # As many at once as the pace needs at a second's latency: where it is slow, one by one.
        pace = self._means.pace.rate(self._plan.pace)
        return len(self._sending) < max(1, min(_MOST_IN_FLIGHT, ceil(pace)))

    @property
    def _is_resting(self) -> bool:
        """Whether nothing can be sent, however quick the API is."""
        waits = self._paused or bool(self._halted) or self._means.pace.held_for > 0
        return waits or not self._order.is_ready

    async def _interrupted(self) -> None:
        """A cancellation: the wish to stop; once more, to leave."""
        if self._stopping and self._sending:
            await ended(self._sending.values())
            raise asyncio.CancelledError
        absorb()
        self.stop()

    def _reap(self) -> None:
        """Let go of what has ended; a bug in it is raised here."""
        if self._turns is not None and self._stopping:
            self._turns.cancel()
        if self._turns is not None and self._turns.done():
            turns, self._turns = self._turns, None
            raise_bug(turns)
        for tasks in (self._sending, self._following):
            for place, task in tuple(tasks.items()):
                if task.done():
                    del tasks[place]
                    raise_bug(task)

    async def _end(self) -> None:
        turns = [self._turns] if self._turns else []
        await ended([*turns, *self._sending.values(), *self._following.values()])
        await self._looker.close()
        self._claims.give_back_all()
        why = "stopped" if self._stopping else ""
        await self._ledger.end(self._halted or why or self._order.held_words or _UNREAD)

    # -- sending ---------------------------------------------------------------------------------

    async def _send_on(self) -> None:
        while self._may_send():
            self._last = await self._means.pace.turn(self._plan.pace, self._last)
            if not self._may_send():
                return
            place = self._order.next()
            self._sending[place] = sending = asyncio.create_task(self._one(place))
            sending.add_done_callback(self._wake)

    async def _one(self, place: int) -> None:
        found = await self._sender.send(place, self._floor, lambda: self._stopping)
        if found.heard:
            self._means.pace.heed(found.problem)
        self._halt(self._outage.note(found.problem))
        match found.fate:
            case Fate.ACCEPTED | Fate.LOST if found.before is not None:
                pace = self._means.pace.rate(self._plan.pace)
                soon = self._breaker.sent(self._ledger[place].log, pace)
                soon = soon and bool(self._ledger.counts[Outcome.QUEUED])
                self._follow_on(place, self._sent(place, found, found.before), soon=soon)
                if found.fate is Fate.LOST:
                    self._learn(place, Outcome.UNKNOWN, found.words)
            case Fate.LATER:
                await self._later(place, found)
            case Fate.HALT | Fate.STOPPED:
                self._order.put_back(place)
                self._halt(found.words)
            case Fate.GONE | Fate.SKIPPED:
                outcome = self._ledger[place].outcome
                self._order.settle(place, outcome, found.words, told=False)
            case _:
                self._learn(place, Outcome.REFUSED, found.words)
        if self._ledger[place].outcome is not Outcome.QUEUED and place not in self._following:
            self._claims.give_back(self._ledger[place].log)
        self._halt(self._ledger.trouble)

    async def _later(self, place: int, found: Attempted) -> None:
        """It was turned away unheard: it gets another turn, after all that wait for theirs."""
        is_limit = isinstance(found.problem, RateLimitedError)
        weight = 1 if is_limit else _UNANSWERED
        # Who sends one waits for the word on it.
        if len(self._ledger) == 1 or self._order.put_back(place, weight) >= _MOST_TURNS:
            self._order.drop(place)
            await self._ledger.settled(place, Outcome.REFUSED, found.words)
            self._learn(place, Outcome.REFUSED, found.words)
            return
        self._ledger.say(self._ledger[place], Outcome.QUEUED, found.words)
        if not is_limit:
            self._halt(self._breaker.note(place, Outcome.REFUSED, found.words))

    def _sent(self, place: int, found: Attempted, before: Delivery) -> Sent:
        entry = self._ledger[place]
        return Sent(
            log_id=entry.log,
            before=before,
            payload=found.payload,
            new_log=entry.new_log,
            moment=self._clock.monotonic(),
            at=self._clock.now(),
            floor=self._floor,
            lost=found.fate is Fate.LOST,
            old=self._old,
        )

    def _learn(self, place: int, outcome: Outcome, words: str, *, old: bool = False) -> None:
        """An outcome that says something about what is still to be sent.

        Failures of what an earlier run has sent (`old`) do not count: they may be mended by now.
        """
        self._order.settle(place, outcome, words)
        self._breaker.heard(self._ledger[place].log)
        if not old or outcome is Outcome.DELIVERED:
            self._halt(self._breaker.note(place, outcome, words))
        self._wake()

    def _halt(self, why: str) -> None:
        if why and not self._halted:
            self._halted = why
            self._wake()

    # -- following -------------------------------------------------------------------------------

    def _follow_on(self, place: int, sent: Sent, *, soon: bool = False) -> None:
        follow = self._follow(place, sent, soon=soon)
        self._following[place] = following = asyncio.create_task(follow)
        following.add_done_callback(self._wake)

    def _overdue(self, log: LogId) -> None:
        """The word on it may come late, or never: nothing waits for it any more."""
        self._breaker.heard(log)
        self._wake()

    async def _follow(self, place: int, sent: Sent, *, soon: bool) -> None:
        ledger = self._ledger
        try:
            found = await self._follower.follow(sent, soon=soon)
        except asyncio.CancelledError:
            if ledger[place].outcome is Outcome.ACCEPTED:
                # Not settled: whoever takes the plan up follows it on.
                ledger.say(ledger[place], Outcome.ACCEPTED, "accepted; no longer followed")
            raise
        finally:
            self._claims.give_back(sent.log_id)
            self._breaker.heard(sent.log_id)
        outcome, words = found.outcome, found.reason
        if outcome is not None and found.result is not None:
            words = in_words(found.result)
        elif ledger[place].outcome is Outcome.ACCEPTED and not found.answered:
            # Whoever takes the plan up follows it on; until then it vouches for no others.
            words = f"accepted; {words}"
            await ledger.accepted(place, words, ledger[place].new_log)
            self._order.settle(place, Outcome.NO_NEWS, words)
        elif ledger[place].outcome is Outcome.ACCEPTED:
            outcome, words = Outcome.NO_NEWS, f"accepted; {found.reason}"
        elif ledger[place].outcome is Outcome.SENDING:
            outcome, words = Outcome.UNKNOWN, "cut short while sending; not sent again"
        if outcome is not None:
            await ledger.settled(place, outcome, words, row=found.result, via=found.via)
            self._learn(place, outcome, words, old=sent.resumed)
        self._halt(ledger.trouble)

    # -- the rest --------------------------------------------------------------------------------

    def _wake(self, _: object = None) -> None:
        self._changed.set()
