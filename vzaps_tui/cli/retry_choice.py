"""Which deliveries a `vzaps-tui retry` means, and in words what sending them again would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any, Final

from vzaps_tui.cli.headless import Session
from vzaps_tui.cli.logs import read_log
from vzaps_tui.cli.logs_query import question
from vzaps_tui.cli.run import DONE
from vzaps_tui.cli.usage import UsageError
from vzaps_tui.domain.deliveries import LogId, StatusClass
from vzaps_tui.domain.paging import End
from vzaps_tui.domain.plans import MANY, Tuning
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.domain.query_language import to_text
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.domain.retry_pace import retries_a_second
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.triage import target_host

if TYPE_CHECKING:
    from datetime import datetime

    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.plans import Earlier

_NAMED: Final = 5
"""Most hosts and events that the review names."""
_MAY_BE_THERE: Final = frozenset(
    {
        Outcome.SENDING,
        Outcome.ACCEPTED,
        Outcome.DELIVERED,
        Outcome.NO_NEWS,
        Outcome.UNKNOWN,
    }
)
"""Outcomes after which the receiver has it, or may get it yet: a person decides on another."""

_ARRIVES: Final = ((StatusClass.DELIVERED, "delivered already"), (StatusClass.PENDING, "pending"))


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be sent again, and how.

    Attributes:
        logs: ids of single deliveries; then there are no filters.
        filters: flag to value, see `logs_query.question`.
        limit: most deliveries, the newest; None = all that match.
        delivered: a person said to send what is delivered or pending, too.
        again: a person said to send what was sent from here before, too.
        tuning: what is said of pace, canaries and failures.
    """

    logs: tuple[str, ...] = ()
    filters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    limit: int | None = None
    delivered: bool = False
    again: bool = False
    tuning: Tuning = field(default_factory=Tuning)

    def check(self) -> None:
        """Refuse what would mean everything, or two things at once.

        Raises:
            UsageError: it is so.
        """
        given = any(value for value in self.filters.values())
        if self.logs and (given or self.limit is not None):
            raise UsageError("log ids and filters were given", hint="Give one or the other.")
        if not self.logs and not given:
            hint = "Give log ids or a filter, such as --status failed --since 2h."
            raise UsageError("nothing says what to send again", hint=hint)


@dataclass(frozen=True, slots=True)
class Choice:
    """The deliveries that were found.

    Attributes:
        rows: those to be sent, in the order to send them.
        origin: where they come from, in words.
        query: the text of the query they were found by; empty for single ones.
        earlier: what was sent from here before, by log.
        left_out: those of the wish that were sent from here before and may have arrived.
        code: the exit code of a reading that failed: then nothing is to be sent.
    """

    rows: tuple[Delivery, ...]
    origin: str = ""
    query: str = ""
    earlier: Mapping[LogId, tuple[Earlier, ...]] = field(
        default_factory=dict[LogId, tuple["Earlier", ...]]
    )
    left_out: tuple[Delivery, ...] = ()
    code: int = DONE


async def choose(session: Session, instance: InstanceId, wish: Wish) -> Choice:
    """The deliveries that are meant, frozen.

    Raises:
        BrokenQueryError: the filter cannot be read.
        VzapsError: they could not be read.
    """
    if wish.logs:
        found = Choice(await _by_id(session, instance, wish.logs), f"{len(wish.logs)} by id")
    else:
        found = await _by_filter(session, instance, wish)
    if found.code or not found.rows:
        return found
    ids = [row.id for row in found.rows if row.id]
    earlier = await session.services.retries.earlier(instance, ids)
    sent = {
        log for log, tries in earlier.items() if any(one.outcome in _MAY_BE_THERE for one in tries)
    }
    if wish.again or not sent:
        return replace(found, earlier=earlier)
    return replace(
        found,
        rows=tuple(row for row in found.rows if row.id not in sent),
        left_out=tuple(row for row in found.rows if row.id in sent),
        earlier=earlier,
    )


async def _by_id(
    session: Session, instance: InstanceId, logs: Sequence[str]
) -> tuple[Delivery, ...]:
    """In the order given, none twice; each as it is held if it failed, else as it is now.

    Whatever is held: each is read again right before it is sent.
    """
    service = session.services.deliveries
    rows: list[Delivery] = []
    for place, log in enumerate(dict.fromkeys(logs)):
        session.output.bar("Reading deliveries:", place, len(logs))
        number = service.place(instance, log)
        held = None if number is None else service.rows([number])[0]
        if held is None or held.status_class is not StatusClass.FAILED:
            held = (await service.read(instance, LogId(log))).data.delivery
        rows.append(held)
    return tuple(rows)


async def _by_filter(session: Session, instance: InstanceId, wish: Wish) -> Choice:
    clock, service = session.services.clock, session.services.deliveries
    now = clock.now()
    query = question(wish.filters, now)
    if not query.statuses:
        query = replace(query, statuses=FAILED_ONLY)
    words = to_text(query, now.tzinfo)
    query = query.resolve(now)
    read = await read_log(session, instance, query, wish.limit)
    if read.code:
        return Choice((), code=read.code)
    chosen = (await service.select(instance, query)).rowids
    part = chosen if wish.limit is None else chosen[: wish.limit]
    # The oldest first, as chats are read.
    rows = tuple(row for row in reversed(await service.fetch(part)) if row is not None)
    if not read.stopped and not _is_whole(query, read.last.data if read.last else None):
        session.say("not all of the log could be read: there may be more that match.")
    cut = " of the newest" if wish.limit is not None and len(rows) == wish.limit else ""
    return Choice(rows, f"{len(rows):,}{cut} that match", words)


def _is_whole(query: DeliveryQuery, state: Any) -> bool:  # noqa: ANN401 - a LogState or None
    if state is None or state.end is End.REPEATS:
        return False
    return state.end is End.COMPLETE or query.since is not None


# -- in words ----------------------------------------------------------------------------------


def review(session: Session, name: str, wish: Wish, choice: Choice) -> Iterator[str]:
    """What the plan is: how many, where to, which events, what is left out, how long it takes."""
    sent = due(choice.rows, delivered=wish.delivered)
    skipped = len(choice.rows) - len(sent)
    count = f"{len(sent):,}" if sent else "nothing"
    yield f"{count} to send again, of {visible(name)} ({choice.origin})"
    if choice.query:
        yield f"  filter  {visible(choice.query)}"
    if sent:
        hosts = (target_host(row.target) or "the configured webhook" for row in sent)
        yield f"  to      {_most(hosts)}"
        yield f"  events  {_most(row.event for row in sent)}"
        yield from _twice(sent)
    if skipped:
        due_rows = set(sent)
        kinds = Counter(row.status_word for row in choice.rows if row not in due_rows)
        told = ", ".join(f"{count:,} {visible(word)}" for word, count in kinds.items())
        yield f"  skipped {told}; --resend-delivered sends {_them(skipped)}, too"
    yield from _before(session.services.clock.now(), choice)
    if sent:
        yield from way(session, wish.tuning, len(sent))


def _twice(rows: tuple[Delivery, ...]) -> Iterator[str]:
    """What the receiver has, or may be about to get."""
    counts = Counter(row.status_class for row in rows)
    for kind, word in _ARRIVES:
        if count := counts[kind]:
            are = "is" if count == 1 else "are"
            yield f"  twice   {count:,} {are} {word}; the receiver may get {_them(count)} twice"


def way(session: Session, tuning: Tuning, count: int, *, of: int | None = None) -> Iterator[str]:
    """How sending so many is gone about; where nothing is said, as the service does it by itself.

    Args:
        session: whose settings and service.
        tuning: what is said.
        count: how many are to be sent.
        of: how many the plan is for; None = as many.
    """
    pace = tuning.pace or session.settings.retry_pace
    retries = session.services.retries
    many = retries.canary and (of or count) > MANY
    canary = many if tuning.canary is None else tuning.canary
    breaker = retries.breaker if tuning.breaker is None else tuning.breaker
    # Each is read before it is sent, and looked at afterwards.
    rate = retries_a_second(pace, session.launch.requests_per_second)
    at = f"at {pace:g} a second"
    if rate < pace:
        allowed = f"{session.launch.requests_per_second:g} requests a second allow"
        at = f"at about {rate:.2g} a second, as {allowed}"
    yield f"  time    about {duration(count / rate)} {at}"
    if canary and count > 1:
        yield "  canary  one of each cause goes first, the rest of it when that was delivered"
    if breaker and count > breaker:
        failures = "failure" if breaker == 1 else "failures in a row"
        yield f"  breaker stops by itself after {breaker} {failures}"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def due(rows: tuple[Delivery, ...], *, delivered: bool) -> tuple[Delivery, ...]:
    """Those of the rows that will be sent, as far as their rows tell."""
    if delivered:
        return rows
    over = (StatusClass.DELIVERED, StatusClass.PENDING)
    return tuple(row for row in rows if row.status_class not in over)


def _before(now: datetime, choice: Choice) -> Iterator[str]:
    known = [tries[0] for log, tries in choice.earlier.items() if tries and log]
    if not known:
        return
    newest = max(known, key=lambda one: one.at)
    when = f"{newest.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}"
    last = f"last {when}: {newest.outcome.value}"
    were = "was" if len(known) == 1 else "were"
    yield f"  before  {len(known):,} {were} sent from here before, {last}"
    if count := len(choice.left_out):
        are = "is" if count == 1 else "are"
        left = f"may have arrived and {are} left out; --again sends {_them(count)}"
        yield f"  left    {count:,} of them {left}"


def _most(words: Iterator[str]) -> str:
    counts = Counter(words)
    told = [f"{visible(word)} {count:,}" for word, count in counts.most_common(_NAMED)]
    rest = len(counts) - _NAMED
    return ", ".join(told) + (f" and {rest:,} more" if rest > 0 else "") if told else "-"


def duration(seconds: float) -> str:
    """`40 s`, `7 min`, `1 h 20 min`."""
    whole = max(1, round(seconds))
    minutes, hours = round(whole / 60), whole // 3600
    if whole < 100:  # noqa: PLR2004 - as people say it
        return f"{whole} s"
    return f"{minutes} min" if not hours else f"{hours} h {round(whole % 3600 / 60)} min"
