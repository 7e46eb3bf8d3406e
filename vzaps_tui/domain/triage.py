"""Failures folded into causes: what broke, since when, and whether sending again can help."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.failures import FailureKind, failure_kind
from vzaps_tui.domain.healing import Cure, cure, name_of, remedy
from vzaps_tui.domain.masking import MASK, mask_url
from vzaps_tui.domain.query import FAILED_ONLY, CodeMatch, DeliveryQuery, contains
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.selection import Group
from vzaps_tui.domain.span import AHEAD, CREDIBLE, parts

BUCKETS = 10
"""Most columns of a cause's spark."""
FRESH = timedelta(minutes=5)
"""A cause seen within this time is still failing."""

_HANDLED = frozenset({FailureKind.HTTP_4XX, FailureKind.HTTP_5XX})


class Verdict(StrEnum):
    """Whether to send again now; the values are the words on screen."""

    STILL_FAILING = "still failing"
    MEND_FIRST = "mend first"
    LIKELY = "likely"
    MAY_HELP = "may help"
    UNCLEAR = "unclear"


class CauseKey(NamedTuple):
    """What failures of one cause have in common.

    `code` is None where there was no HTTP answer; `host` has its port, never user info, path or
    query, and is empty where no target is told.
    """

    kind: FailureKind
    code: int | None
    host: str
    event: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Failures with one cause. Event, host and errors are unsafe text.

    Attributes:
        same: what they have in common.
        count: how many there are; at least one.
        share: their part of all failures, more than 0, at most 1.
        first: the time of the oldest of them.
        last: the time of the newest. Both None where no credible time is told.
        number: of the newest, as in `Group.sample`.
        sample: that row; None while it is not read, or where it was dropped.
        is_over: whether the same host took something that is newer than `last`; of the same event
            where the host answers with HTTP codes, as handlers differ by event.
        taken_since: how many that were; None while they are not counted.
        is_fresh: whether it was seen in the last minutes, and is not over.
    """

    same: CauseKey
    count: int
    share: float
    first: datetime | None
    last: datetime | None
    number: int
    sample: Delivery | None = None
    is_over: bool = False
    taken_since: int | None = None
    is_fresh: bool = False

    @property
    def key(self) -> str:
        """Its identity as text, the same from one reading to the next."""
        return "\n".join((self.same.kind, str(self.same.code), self.same.host, self.same.event))

    @property
    def name(self) -> str:
        """What it is in a few words: `502 Bad Gateway`, `timeout`."""
        return name_of(self.same.kind, self.same.code)

    @property
    def sample_error(self) -> str:
        """The sample's own error, one line of any length; the cause's name where it told none."""
        error = self.sample.error if self.sample else None
        return (error or "").strip() or self.name

    @property
    def cure(self) -> Cure:
        """What it needs before a retry helps."""
        return cure(self.same.kind, self.same.code)

    @property
    def verdict(self) -> Verdict:
        """Whether to send again now."""
        needs = self.cure
        if needs is Cure.CONTENT or (needs is Cure.MEND and not self.is_over):
            return Verdict.MEND_FIRST
        if self.is_fresh:
            return Verdict.STILL_FAILING
        if self.is_over:
            return Verdict.MAY_HELP if needs is Cure.HANDLER else Verdict.LIKELY
        return Verdict.UNCLEAR if needs is Cure.UNCLEAR else Verdict.MAY_HELP

    @property
    def advice(self) -> str:
        """Whether sending again can help, and what to do first, in a sentence or three."""
        fix = remedy(self.same.kind, self.same.code)
        now = "Still failing now. " if self.is_fresh else ""
        many = "Others" if self.taken_since is None else f"{self.taken_since:,}"
        since = f"{many} like it went through since"
        match self.verdict:
            case Verdict.MEND_FIRST:
                others = f" {since}: it is what these carry." if self.is_over else ""
                return f"{now}Retrying will not heal this. {fix}{others}"
            case Verdict.STILL_FAILING:
                return f"Still failing now, mend it first. {fix}"
            case Verdict.LIKELY:
                return f"{since}: the receiver seems well again, a retry can help now."
            case Verdict.MAY_HELP if self.is_over:
                return f"{since}: a retry may help. What fails again fails for what it carries."
            case Verdict.MAY_HELP:
                when = "the handler is mended" if self.cure is Cure.HANDLER else "that is over"
                return f"{fix} A retry may help once {when}."
            case Verdict.UNCLEAR:
                return f"{fix} Retry one and see what it leads to."

    def holds(self, row: Delivery) -> bool:
        """Whether a row is one of these failures."""
        return row.status_class is StatusClass.FAILED and cause_of(row) == self.same

    def alike(self, query: DeliveryQuery) -> DeliveryQuery:
        """`query` narrowed to status, event and code of these failures: all of them match it."""
        kind, code, _, event = self.same
        match = CodeMatch.of_kind(kind) if code is None else CodeMatch.exact(code)
        return replace(
            query, statuses=FAILED_ONLY, events=frozenset({event}), codes=frozenset({match})
        )

    def narrowed(self, query: DeliveryQuery) -> DeliveryQuery:
        """`query`, which these failures match, narrowed to them as far as a query can tell them."""
        host, sample = self.same.host, self.sample
        # A query knows no host, only text, and seeks it in less than what the host was read from.
        found = host and MASK not in host and sample is not None and contains(sample, host)
        alike = self.alike(query)
        return replace(alike, also=alike.also | {host}) if found else alike

    def went_through(self) -> DeliveryQuery | None:
        """What finds deliveries that may count as `taken_since`; None where none can.

        Of what it finds those to the same host count.
        """
        if self.last is None or not self.is_over:
            return None
        return DeliveryQuery(
            statuses=frozenset({StatusClass.DELIVERED}),
            events=frozenset({self.same.event}) if self.same.kind in _HANDLED else frozenset(),
            since=self.last + timedelta(microseconds=1),
        )


class Axis(NamedTuple):
    """The stretch of time that sparks are drawn over, in equal columns."""

    start: datetime
    end: datetime
    columns: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look at some deliveries found.

    Attributes:
        causes: the most frequent first, of those as frequent the one seen last.
        axis: from the first failure to the last delivery of any kind; None where no time is told.
    """

    causes: tuple[Cause, ...] = ()
    axis: Axis | None = None

    @property
    def failures(self) -> int:
        """How many failures there are."""
        return sum(cause.count for cause in self.causes)


def examine(failed: Sequence[Group], delivered: Sequence[Group], now: datetime) -> Findings:
    """Find the causes of failures.

    Args:
        failed: all failures looked at; groups of another status are passed over.
        delivered: what tells what a host took since.
        now: aware, in the zone to show.
    """
    broken = [group for group in failed if group.status is StatusClass.FAILED]
    total = sum(group.count for group in broken) or 1
    taken: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for group in delivered:
        if group.status is StatusClass.DELIVERED and (moment := _credible(group.last, now)):
            taken[group.host].append((group.event, moment))
    causes = [_cause(group, total, taken, now) for group in broken]
    causes.sort(key=lambda cause: (-cause.count, -_stamp(cause.last), cause.key))
    return Findings(tuple(causes), _axis(causes, taken, now))


def has_odd_times(groups: Iterable[Group], now: datetime) -> bool:
    """Whether times are among them that cannot be meant, so that they hide the others'."""
    return any(
        moment is not None and _credible(moment, now) is None
        for group in groups
        for moment in (group.first, group.last)
    )


def with_times_of(groups: Sequence[Group], credible: Sequence[Group]) -> tuple[Group, ...]:
    """Groups with the times of other ones, which are the same but for rows with odd times."""
    times = {_alike(group): (group.first, group.last) for group in credible}
    return tuple(
        replace(group, first=first, last=last)
        for group in groups
        for first, last in [times.get(_alike(group), (None, None))]
    )


def credible_only(query: DeliveryQuery, now: datetime) -> DeliveryQuery:
    """`query` without rows whose times cannot be meant; `now` is aware."""
    query = query.resolve(now)
    beyond = now + AHEAD
    return replace(
        query,
        since=max(CREDIBLE, query.since or CREDIBLE),
        until=min(beyond, query.until or beyond),
    )


def percent(share: float) -> str:
    """A part of the whole: `100%`, `7%`, `<1%`; only the whole is 100."""
    if share >= 1:
        return "100%"
    return f"{min(99, round(share * 100))}%" if share >= 0.01 else "<1%"  # noqa: PLR2004 - one in a hundred


def cause_of(row: Delivery) -> CauseKey:
    """What a failure has in common with others of its cause."""
    return CauseKey(failure_kind(row), row.http_status or None, target_host(row.target), row.event)


def target_host(target: str | None) -> str:
    """Host and port of a URL in lower case; nothing else of it; empty where there is none."""
    masked = mask_url(target or "")
    head, slashes, after = masked.partition("//")
    rest = after if slashes and (not head or head.endswith(":")) else masked
    for end in "/?#\\":
        rest = rest.partition(end)[0]
    return rest.rpartition("@")[2].lower()


def _alike(group: Group) -> tuple[StatusClass, int | None, FailureKind, str, str]:
    return group.status, group.code, group.kind, group.host, group.event


def _credible(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment and CREDIBLE <= moment <= now + AHEAD else None


def _stamp(moment: datetime | None) -> float:
    return 0.0 if moment is None else moment.timestamp()


def _cause(
    group: Group, total: int, taken: dict[str, list[tuple[str, datetime]]], now: datetime
) -> Cause:
    first, last = _credible(group.first, now), _credible(group.last, now)
    any_event = group.kind not in _HANDLED
    is_over = last is not None and any(
        moment > last and (any_event or event == group.event)
        for event, moment in taken.get(group.host, ())
    )
    return Cause(
        same=CauseKey(group.kind, group.code, group.host, group.event),
        count=group.count,
        share=group.count / total,
        first=first or last,
        last=last or first,
        number=group.sample,
        is_over=is_over,
        is_fresh=last is not None and not is_over and now - last <= FRESH,
    )


def _axis(
    causes: Sequence[Cause], taken: dict[str, list[tuple[str, datetime]]], now: datetime
) -> Axis | None:
    begins = min((cause.first for cause in causes if cause.first), default=None)
    if begins is None:
        return None
    ends = max(cause.last for cause in causes if cause.last)
    ends = max([ends, *(moment for told in taken.values() for _, moment in told)])
    if begins <= now < ends:  # a clock that is ahead does not press the rest together
        ends = now
    return Axis(*parts(begins, ends, BUCKETS, now.tzinfo))
