"""What a screen says about how fresh its value is."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from vzaps_tui.domain.envelope import Envelope, Source
from vzaps_tui.domain.record import dataclass


class Phase(StrEnum):
    """IDLE: nothing is asked. ASKING: a request is under way. FAILED: it brought nothing."""

    IDLE = "idle"
    ASKING = "asking"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Freshness:
    """Age and source of what is shown, and what goes on about it.

    Attributes:
        fetched_at: when the API gave the value; None where there is none yet.
        source: LIVE if the API gave it in this run, at whatever time of it: the age tells that.
        phase: what goes on.
        problem: why it is not fresher, in words for the screen; empty if nothing is wrong.
    """

    fetched_at: datetime | None = None
    source: Source = Source.CACHE
    phase: Phase = Phase.IDLE
    problem: str = ""

    @property
    def is_live(self) -> bool:
        """Whether the API itself gave the value in this run."""
        return self.source is Source.LIVE

    @classmethod
    def of(cls, envelope: Envelope[Any], *, asking: bool) -> Freshness:
        """The freshness of an envelope; `asking` while a fresher one is awaited."""
        phase = Phase.ASKING if asking else Phase.FAILED if envelope.problem else Phase.IDLE
        source = Source.LIVE if envelope.is_of_this_run else Source.CACHE
        return cls(envelope.fetched_at, source, phase, envelope.problem or "")
