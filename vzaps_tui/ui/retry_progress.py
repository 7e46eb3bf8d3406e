"""How the plans under way go, taken together, for the panel and the line above the keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.retries import Outcome

if TYPE_CHECKING:
    from vzaps_tui.domain.plans import RunStatus

_ERRORS = 3
LEFT = (Outcome.QUEUED, Outcome.SENDING)


@dataclass(frozen=True, slots=True)
class Progress:
    """Plans under way, and those that stopped by themselves and wait for a person's word.

    Attributes:
        plans: how many.
        counts: their deliveries by outcome.
        paused: a person paused them.
        halted: why some are not sent, as far as that is not a person's doing; unsafe text.
        stuck: nothing is sent because of that.
        over: nothing is awaited any more, either: going on takes the plan up anew.
        waiting: seconds for which the server does not want to be asked.
        away: that the API does not answer, and why, where that is what is waited for.
        rate: retries a second of late; None = too few to tell.
        eta: seconds until the last one is sent; None = it cannot be told.
        errors: what went wrong last, the newest last; unsafe text.
    """

    plans: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter[Outcome])
    paused: bool = False
    halted: str = ""
    stuck: bool = False
    over: bool = False
    waiting: float = 0.0
    away: str = ""
    rate: float | None = None
    eta: float | None = None
    errors: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All of them."""
        return self.counts.total()

    @property
    def left(self) -> int:
        """Not sent yet."""
        return sum(self.counts[kind] for kind in LEFT)

    @property
    def settled(self) -> int:
        """Of which nothing more will be heard."""
        return sum(count for kind, count in self.counts.items() if kind.is_final)

    @property
    def is_sending(self) -> bool:
        """Whether something is sent from time to time."""
        return bool(self.plans and self.left) and not (self.paused or self.stuck)


def rests(status: RunStatus) -> bool:
    """Whether a plan that runs sends nothing until a person says so."""
    # What canaries hold back does not stop the others.
    return status.paused or bool(status.halted and not status.sends)


def together(going: Sequence[RunStatus], halted: Sequence[RunStatus]) -> Progress:
    """What plans that run, and those that stopped by themselves, come to together."""
    every = (*going, *halted)
    counts: Counter[Outcome] = Counter()
    for status in every:
        counts.update(status.counts)
    rates = [status.rate for status in going if status.rate]
    etas = [status.eta for status in going if status.sends]
    known = [eta for eta in etas if eta is not None]
    return Progress(
        plans=len(every),
        counts=counts,
        paused=bool(going) and all(status.paused for status in going),
        stuck=bool(every) and all(map(rests, going)) and any(one.halted for one in every),
        halted="; ".join(status.halted for status in every if status.halted),
        over=not going,
        waiting=max((status.waiting for status in going), default=0.0),
        away=next((status.away for status in going if status.away), ""),
        rate=sum(rates) if rates else None,
        eta=max(known) if known and len(known) == len(etas) else None,
        errors=tuple(word for status in every for word in status.errors)[-_ERRORS:],
    )
