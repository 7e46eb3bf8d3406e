"""Which delivery is sent next: one of each cause first, the rest of a cause when it was delivered.

And when to stop by itself: after so many failures in a row.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.plans import Entry
from vzaps_tui.domain.retries import Outcome

_FAILED = frozenset({Outcome.FAILED_AGAIN, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.NO_NEWS})
_UNDER_WAY = frozenset({Outcome.SENDING, Outcome.ACCEPTED})
_WORD = 2.0
"""Seconds from a retry to the word on it, if nobody is in a hurry."""
_ROW = 3
"""So many times fewer failures than are too many make a row: one or two happen."""


@dataclass(slots=True)
class _Group:
    """Deliveries of one cause.

    Attributes:
        canary: the place that was sent, or is to be, before the others; None = there is no other.
        waiting: places that wait for it, the first one last.
        open: whether they need not wait any more.
        old: whether an earlier run has sent the canary: if it fails, another one goes first.
        why: what the canary came to, if that holds them back.
    """

    name: str
    canary: int | None = None
    waiting: list[int] = field(default_factory=list[int])
    open: bool = False
    old: bool = False
    why: str = ""


class SendingOrder:
    """The places of a plan that are to be sent, in the order that it was frozen in."""

    def __init__(
        self, entries: Iterable[Entry], *, canary: bool, past_canary: bool = False
    ) -> None:
        """Sort out what is to be sent.

        Args:
            entries: all of the plan, as they stand; the QUEUED ones are to be sent.
            canary: whether one of each cause goes first.
            past_canary: a person said to send also what canaries of earlier runs had held back.
        """
        self._groups: dict[str, _Group] = {}
        self._group_of: dict[int, _Group] = {}
        self._ready: list[tuple[int, int]] = []
        self._turns: dict[int, int] = {}
        queued: list[Entry] = []
        for entry in entries:
            group = self._groups.get(entry.cause)
            if group is None:
                words = f"{entry.cause_name} of {entry.host}" if entry.host else entry.cause_name
                group = self._groups[entry.cause] = _Group(words, open=not canary)
            self._group_of[entry.place] = group
            if entry.outcome is Outcome.QUEUED:
                queued.append(entry)
            elif entry.sent_at is not None:
                self._learn(group, entry, past_canary=past_canary)
        for entry in reversed(queued):
            self._group_of[entry.place].waiting.append(entry.place)
        for group in self._groups.values():
            self._proceed(group)

    @property
    def is_ready(self) -> bool:
        """Whether something can be sent now."""
        return bool(self._ready)

    @property
    def held(self) -> int:
        """How many are held back by what their canary came to."""
        return sum(len(group.waiting) for group in self._groups.values() if group.why)

    @property
    def held_words(self) -> str:
        """Which are held back and why; empty if none are."""
        told = [
            f"{len(group.waiting):,} held back, the first of {group.name} {group.why}"
            for group in self._groups.values()
            if group.why and group.waiting
        ]
        return "; ".join(told)

    def next(self) -> int:
        """Take out the next place; only if `is_ready`."""
        return heapq.heappop(self._ready)[1]

    def put_back(self, place: int, weight: int = 1) -> int:
        """Send a place later, after all that wait for their first turn; the weight of its turns."""
        turns = self._turns[place] = self._turns.get(place, 0) + weight
        heapq.heappush(self._ready, (turns, place))
        return turns

    def drop(self, place: int) -> None:
        """A place that was put back is not sent after all."""
        self._ready = [one for one in self._ready if one[1] != place]
        heapq.heapify(self._ready)

    def settle(self, place: int, outcome: Outcome, reason: str, *, told: bool = True) -> None:
        """Learn what became of a place.

        Args:
            place: where in the plan.
            outcome: its last word, which may be followed by a better one.
            reason: in words.
            told: whether that says something about others of the same cause; a log that is gone
                does not.
        """
        group = self._group_of[place]
        if outcome is Outcome.DELIVERED:
            group.open, group.why = True, ""
        elif group.canary == place and not group.open:
            if told and outcome in _FAILED and not group.old:
                group.why = (
                    f"{outcome.value.lower()}: {reason}" if reason else outcome.value.lower()
                )
            elif outcome.is_final:
                group.canary, group.old = None, False
        self._proceed(group)

    def release(self) -> None:
        """Send what is held back all the same: a person said so."""
        for group in self._groups.values():
            if group.why:
                group.open, group.why = True, ""
                self._proceed(group)

    def _learn(self, group: _Group, entry: Entry, *, past_canary: bool) -> None:
        """What a plan that is taken up again has found out already.

        A failure of an earlier run holds nothing back: what it was due to may be mended by now.
        """
        if entry.outcome is Outcome.DELIVERED or (past_canary and entry.outcome in _FAILED):
            group.open = True
        elif not group.open and entry.outcome in _UNDER_WAY:
            group.canary, group.old = entry.place, True

    def _proceed(self, group: _Group) -> None:
        if group.open:
            for place in group.waiting:
                heapq.heappush(self._ready, (0, place))
            group.waiting.clear()
        elif group.canary is None and group.waiting:
            group.canary = group.waiting.pop()
            heapq.heappush(self._ready, (0, group.canary))


class Breaker:
    """Counts failures in a row.

    It trips late where much is sent before the first word comes back. So only as much may be
    unsettled as could fail without too many failures, until one was delivered, and again from a
    row of failures to the next that is delivered.
    """

    def __init__(self, limit: int) -> None:
        """Begin anew.

        Args:
            limit: how many are too many; 0 = never.
        """
        self._limit = limit
        self._failures: dict[int, str] = {}
        self._trusts = False
        self._awaited: set[LogId] = set()

    @property
    def is_wary(self) -> bool:
        """Whether only so many may be sent before there is a word on others."""
        is_row = len(self._failures) * _ROW >= self._limit
        return bool(self._limit) and (is_row or not self._trusts)

    def allows(self, sending: int) -> bool:
        """Whether one more may be sent, while so many are being sent."""
        room = max(1, self._limit - len(self._failures))
        return not self.is_wary or sending + len(self._awaited) < room

    def sent(self, log: LogId, pace: float) -> bool:
        """One was sent, of so many a second: a word on it is awaited.

        Returns:
            Whether soon: others may have to wait for it, or too many would be sent meanwhile.
        """
        self._awaited.add(log)
        return self.is_wary or 0 < self._limit <= pace * _WORD

    def heard(self, log: LogId) -> None:
        """There is a word on it, or there will be none soon."""
        self._awaited.discard(log)

    def note(self, place: int, outcome: Outcome, reason: str) -> str:
        """Learn of an outcome, or of a try that failed before anything was sent.

        UNKNOWN counts, as a server that does not answer is not sent more; it does not any more
        once the delivery is found to be delivered. NO NEWS and SKIPPED say nothing.

        Returns:
            Why nothing more should be sent; empty where it should.
        """
        if outcome is Outcome.DELIVERED:
            self._failures.clear()
            self._trusts = True
        elif outcome is Outcome.NO_NEWS:
            self._trusts = True  # nothing is to be learned by waiting
        elif outcome in (Outcome.FAILED_AGAIN, Outcome.REFUSED, Outcome.UNKNOWN):
            self._failures[place] = reason
        if not self._limit or len(self._failures) < self._limit:
            return ""
        return f"{len(self._failures)} failures in a row, the last: {reason}"

    def reset(self) -> None:
        """Begin anew: a person said so."""
        self._failures.clear()
        self._trusts = False
