"""Looks at the log again after a retry, until what it led to is known or it is too late to tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.problems import NotFoundError, NotOfferedError, VzapsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.retries import Outcome, has_news, judge
from vzaps_tui.services.looking import FEW, Looker
from vzaps_tui.services.new_logs import NewLogs, Sent
from vzaps_tui.services.ports import Clock

LOOKS = (1.0, 3.0, 8.0)
"""Seconds after the answer to a retry at which the log is read."""
LATE = (15.0, 30.0, 60.0)
"""And these, where it is pending still, or could not be read last."""
SOON = 0.3
"""And this first, where more is sent only once it is known."""

_TOGETHER, _SOON_TOGETHER = 1.0, 0.5
"""Where several are awaited, they are looked at every so many seconds; the latter where `SOON`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found; `outcome` None where nothing decided it, then `reason` says what was seen.

    `answered` is False where the log could not be read: looking again may tell more.
    """

    outcome: Outcome | None
    result: Delivery | None = None
    via: LogId | None = None
    reason: str = ""
    answered: bool = False


class Follower:
    """Follows the retries of one run."""

    def __init__(
        self,
        looker: Looker,
        new_logs: NewLogs,
        clock: Clock,
        overdue: Callable[[LogId], None] = lambda _: None,
    ) -> None:
        """Prepare.

        Args:
            looker: reads logs.
            new_logs: those that retries may have been written to.
            clock: by which is waited.
            overdue: is told of a retry that most would know the outcome of by now, and it does not.
        """
        self._looker = looker
        self._new_logs = new_logs
        self._clock = clock
        self._overdue = overdue
        self._awaited = 0

    async def follow(self, sent: Sent, *, soon: bool = False) -> Finding:
        """Look until something decides it, or it is too late.

        Args:
            sent: the retry.
            soon: whether it is looked at once more in the beginning, as others wait for the word.
        """
        self._awaited += 1
        try:
            return await self._follow(sent, soon=soon)
        finally:
            self._awaited -= 1

    async def _follow(self, sent: Sent, *, soon: bool) -> Finding:
        looks = (*LOOKS, *LATE)
        watched = (SOON, *looks) if soon else looks
        if sent.resumed:
            looks = watched = (0.0,) if sent.once else (0.0, *looks)
        if sent.new_log is not None:
            self._new_logs.claim((sent.new_log,))
            found = await self._watch(sent, sent.new_log, None, sent.moment, watched)
            if found.result is not None:
                return replace(found, via=sent.new_log)
            # The log that was named cannot be read: the one that was asked for may tell.
            return await self._look(sent.log_id, sent.before) or found
        self._new_logs.await_(sent)
        try:
            return await self._follow_unnamed(sent, looks[0], watched)
        finally:
            self._new_logs.forget(sent)

    async def _follow_unnamed(self, sent: Sent, first: float, looks: Sequence[float]) -> Finding:
        if self._new_logs.is_habit or sent.resumed:
            # Once a server was seen to write new logs, the old one will not tell.
            await self._until(sent.moment + first)
            copy = await self._new_logs.find(sent, with_others=self._several)
            if copy is not None:
                return await self._copied(sent, copy)
        found = await self._watch(sent, sent.log_id, sent.before, sent.moment, looks)
        if found.outcome or (found.result and has_news(sent.before, found.result)):
            return found
        copy = await self._new_logs.find(sent, with_others=self._several)
        return found if copy is None else await self._copied(sent, copy)

    async def _copied(self, sent: Sent, copy: Delivery) -> Finding:
        found = _finding(None, copy, LOOKS[0])
        if found.outcome is None:
            since = self._clock.monotonic()
            found = await self._watch(sent, copy.id, None, since, (*LOOKS, *LATE))
        return replace(found, via=copy.id)

    async def _watch(
        self,
        sent: Sent,
        log: LogId,
        before: Delivery | None,
        since: float,
        looks: Sequence[float],
    ) -> Finding:
        found, unread = Finding(None, reason="not read"), True
        for look in looks:
            if look > LOOKS[-1]:
                if not (unread or _is_pending(found)):
                    break
                self._overdue(sent.log_id)
            await self._until(since + look, _SOON_TOGETHER if look == SOON else _TOGETHER)
            try:
                read = await self._look_at(log, before or _new(log))
            except (NotFoundError, NotOfferedError) as problem:
                found = replace(found, reason=_unread(found, problem, ""), answered=True)
                unread = False
                continue
            except VzapsError as problem:
                found, unread = replace(found, reason=_unread(found, problem, " yet")), True
                continue
            unread = False
            found = _finding(before, read, look)
            if found.outcome:
                break
        return found

    async def _look(self, log: LogId, before: Delivery) -> Finding | None:
        try:
            return _finding(before, await self._look_at(log, before), LOOKS[-1])
        except VzapsError:
            return None

    async def _look_at(self, log: LogId, before: Delivery) -> Delivery:
        return await self._looker.look(log, before, with_others=self._several)

    @property
    def _several(self) -> bool:
        return self._awaited >= FEW

    async def _until(self, moment: float, together: float = _TOGETHER) -> None:
        if self._several:
            # Several at the same moment: then one page of the list may tell of them all.
            moment = ceil(moment / together) * together
        await self._clock.sleep(max(0.0, moment - self._clock.monotonic()))


def _unread(found: Finding, problem: VzapsError, yet: str) -> str:
    return found.reason if found.result else f"it could not be read{yet}: {problem.summary}"


def _is_pending(found: Finding) -> bool:
    return found.result is not None and found.result.status_class is StatusClass.PENDING


def _new(log: LogId) -> Delivery:
    """A log of which nothing is known yet: any final status is news."""
    return Delivery(id=log, key=log, status="pending", event="", attempts=0)


def _finding(before: Delivery | None, read: Delivery, after: float) -> Finding:
    """What a reading tells, so many seconds after the retry; `before` None for a new log."""
    if before is None:
        before = replace(read, status="pending", attempts=0, last_attempt_at=None)
    outcome = judge(before, read)
    seen = "unchanged"
    if read.status_class is StatusClass.PENDING:
        seen = f"still {read.status_word}"
    elif has_news(before, read):
        seen = f"now {read.status_word}"
    return Finding(outcome, read, reason=f"{seen} after {after:.0f} s", answered=True)
