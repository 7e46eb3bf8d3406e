"""What a person must know before many deliveries are sent again: counted, then put into words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.plans import MANY, Earlier
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.retries import Outcome, RetryStep
from vzaps_tui.domain.retry_pace import retries_a_second
from vzaps_tui.domain.times import clock_time, lasting
from vzaps_tui.ui.render import host_name

MAY_BE_THERE = frozenset(
    {
        Outcome.QUEUED,
        Outcome.SENDING,
        Outcome.ACCEPTED,
        Outcome.DELIVERED,
        Outcome.NO_NEWS,
        Outcome.UNKNOWN,
    }
)
"""Outcomes after which the receiver has it, or may get it yet: a person decides on another."""

_NAMED = 4
_CONFIGURED = "the configured webhook"
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Before:
    """The last word on a retry of a delivery from here, in this run or an earlier one."""

    outcome: Outcome
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """Deliveries that were chosen, and what is known of them.

    Attributes:
        rows: all of them, the oldest first.
        due: those that failed, and that the receiver cannot have got from here.
        rest: how many of those that do not go by default stand where.
        events: how many of each event, of those that go by default.
        hosts: how many were last sent to each host, of the same.
        sent: those that the receiver may have got from here, by how that went.
        sent_last: when the last of these was sent.
        tried: those that were sent from here, and for certain did not arrive.
        tried_last: when the last of these was sent.
    """

    rows: tuple[Delivery, ...]
    due: tuple[Delivery, ...]
    rest: Counter[StatusClass]
    events: Counter[str]
    hosts: Counter[str]
    sent: Counter[Outcome]
    sent_last: datetime | None
    tried: Counter[Outcome]
    tried_last: datetime | None

    @property
    def going(self) -> tuple[Delivery, ...]:
        """Those that go by default: what is due, or all of them where nothing is."""
        return self.due or self.rows


def last_word(
    log: LogId, step: RetryStep | None, earlier: Mapping[LogId, tuple[Earlier, ...]]
) -> Before | None:
    """What came of a delivery when it was sent from here; None if it never was.

    That it arrived once is said though a later try failed.
    """
    past = earlier.get(log, ())
    words = [Before(one.outcome, one.at, one.reason) for one in past]
    if step is not None and step.outcome in MAY_BE_THERE:
        words.insert(0, Before(step.outcome, step.at, step.reason))
    arrived = (word for word in words if word.outcome is Outcome.DELIVERED)
    return next(arrived, words[0] if words else None)


def survey(
    rows: Sequence[Delivery],
    steps: Mapping[LogId, RetryStep],
    earlier: Mapping[LogId, tuple[Earlier, ...]],
) -> Survey:
    """Count what was chosen; touches nothing else, so that a thread may do it."""
    # Newest first as a list gives them: of the same moment the last one is the oldest.
    ordered = list(reversed(rows))
    ordered.sort(key=lambda row: row.time or _BEGINNING)
    words = {row.id: last_word(row.id, steps.get(row.id), earlier) for row in ordered if row.id}
    known = {log: word for log, word in words.items() if word is not None}
    sent = {log: word for log, word in known.items() if word.outcome in MAY_BE_THERE}
    tried = [word for log, word in known.items() if log not in sent]
    due = tuple(
        row for row in ordered if row.status_class is StatusClass.FAILED and row.id not in sent
    )
    going = due or ordered
    rest = Counter(row.status_class for row in ordered)
    rest.subtract(row.status_class for row in due)
    return Survey(
        rows=tuple(ordered),
        due=due,
        rest=rest,
        events=Counter(row.event for row in going),
        hosts=Counter(_host(row) for row in going),
        sent=Counter(word.outcome for word in sent.values()),
        sent_last=max((word.at for word in sent.values()), default=None),
        tried=Counter(word.outcome for word in tried),
        tried_last=max((word.at for word in tried), default=None),
    )


@dataclass(frozen=True, slots=True)
class Manner:
    """How they will be sent.

    Attributes:
        pace: most a second.
        breaker: failures in a row after which it stops by itself; 0 = never.
        canary: whether one of each cause goes first, where there are many.
        requests: most requests a second of all kinds, which retries share; 0 = no limit.
        webhook: host of the webhook as it is now; empty = it is not known.
    """

    pace: float
    breaker: int
    canary: bool
    requests: float = 0.0
    webhook: str = ""


def _host(row: Delivery) -> str:
    return host_name(row.target) if row.target else _CONFIGURED


def target_words(rows: Iterable[Delivery], webhook: str) -> str:
    """Where deliveries were sent to, and where the webhook is now, if that is known."""
    return _targets(Counter(map(_host, rows)), webhook)


def _targets(hosts: Counter[str], webhook: str) -> str:
    # The log tells where the last try went. Whether a retry goes there, or to where the webhook
    # is now, nobody has written down (CONTRACT 3.7).
    if not set(hosts) - {_CONFIGURED}:
        return f"Target: {_CONFIGURED}{f' ({webhook})' if webhook else ''}"
    words = f"Last sent to: {_named(hosts, counted=len(hosts) > 1)}"
    others = {host.casefold() for host in hosts} - {_CONFIGURED, webhook.casefold()}
    moved = bool(webhook and others)
    return f"{words}; the webhook is {webhook} now" if moved else words


def question(found: Survey, manner: Manner, now: datetime, note: str = "") -> str:
    """What the review says of several deliveries, a line a fact; unsafe text."""
    lines: list[str] = []
    if found.due:
        of = f" of {len(found.rows):,} chosen" if len(found.due) < len(found.rows) else ""
        lines.append(f"{len(found.due):,} {StatusClass.FAILED}{of}")
    lines += [
        f"Events: {_named(found.events)}",
        _targets(found.hosts, manner.webhook),
    ]
    lines += [note] if note else []
    if found.sent:
        told = _outcomes(found.sent, found.sent_last, now)
        lines.append(f"{found.sent.total():,} sent from here already: {told}.")
    if found.tried:
        told = _outcomes(found.tried, found.tried_last, now)
        lines.append(f"{found.tried.total():,} retried from here before, in vain: {told}.")
    lines.append(_way(len(found.going), manner))
    if len(found.due) < len(found.rows):
        lines.append(_rest(found))
    return "\n".join(lines)


def _rest(found: Survey) -> str:
    """What goes only by a choice of its own."""
    # One that failed is among them where the receiver may have got it from here.
    words = ", ".join(
        f"{found.rest[kind]:,} {kind}" + (" but sent already" if kind is StatusClass.FAILED else "")
        for kind in StatusClass
        if found.rest[kind]
    )
    twice = "The receiver may get those a second time."
    if not found.due:
        return f"None of them is due: {words}. {twice}"
    return f"Not sent, unless you send all {len(found.rows):,}: {words}. {twice}"


def _way(count: int, manner: Manner) -> str:
    each = f"{manner.pace:g} a second" if manner.pace != 1 else "one a second"
    rate = retries_a_second(manner.pace, manner.requests)
    if rate < manner.pace:
        # Each is read before it is sent, and looked at afterwards.
        each = f"about {rate:.2g} a second, as {manner.requests:g} requests a second allow"
    words = f"The oldest first, {each}: about {lasting(count / rate)} to send {count:,}."
    if manner.canary and count > MANY:
        words += " One of each cause goes first, the rest of it when that was delivered."
    if manner.breaker and count > manner.breaker:
        words += f" Stops by itself after {manner.breaker} failures in a row."
    return words


def _outcomes(counts: Counter[Outcome], last: datetime | None, now: datetime) -> str:
    words = ", ".join(f"{count:,} {kind.value}" for kind, count in counts.most_common())
    return words if last is None else f"{words}, last at {clock_time(last, now)}"


def _named(counts: Counter[str], *, counted: bool = True) -> str:
    """`Message 380, ReadReceipt 32 and 3 more`; equally many in the order of their names."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    words = [f"{name} {count:,}" if counted else name for name, count in ordered[:_NAMED]]
    more = f" and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(words) + more
