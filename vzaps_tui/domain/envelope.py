"""Values that tell their age, their source and their trouble."""

from __future__ import annotations

from dataclasses import field, replace
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.record import dataclass

T = TypeVar("T")


class Source(StrEnum):
    """LIVE: from the API in this run. CACHE: kept from before (memory or disk)."""

    LIVE = "live"
    CACHE = "cache"


# No slots on generic models: `Answer[int](1)` sets an attribute, which on Python 3.11 a frozen
# class with slots answers with a TypeError.
@dataclass(frozen=True)
class Answer(Generic[T]):
    """What the API said: its own envelope `{code, success, data}`, `data` read into our models.

    Bare bodies (CONTRACT 2.2) get the HTTP status as `code` and True as `success`.
    """

    data: T
    code: int = 200
    success: bool = True
    request_id: str | None = None


@dataclass(frozen=True)
class Envelope(Generic[T]):
    """An answer as it is kept and shown.

    Attributes:
        data: the value.
        fetched_at: when the API gave it, aware.
        source: LIVE or CACHE.
        code: the API's own code.
        success: the API's own flag; always True here, as False is raised as a problem.
        problem: why it could not be made fresher; None where nothing went wrong.
        cause: the problem itself, for those who decide by its kind.
        recalled: of one from CACHE, whether the API gave it in this run, and memory kept it.
    """

    data: T
    fetched_at: datetime
    source: Source = Source.LIVE
    code: int = 200
    success: bool = True
    problem: str | None = None
    cause: VzapsError | None = field(default=None, compare=False, repr=False)
    recalled: bool = field(default=False, compare=False)

    @property
    def is_of_this_run(self) -> bool:
        """Whether the API itself gave it in this run, be it now or before."""
        return self.recalled or self.source is Source.LIVE

    def cached(self) -> Envelope[T]:
        """The same, as one that was kept."""
        return replace(self, source=Source.CACHE, recalled=self.is_of_this_run)

    def from_store(self) -> Envelope[T]:
        """The same, as one that an earlier run left behind."""
        return replace(self, source=Source.CACHE, recalled=False)

    def troubled(self, problem: str, cause: VzapsError | None = None) -> Envelope[T]:
        """The same, kept because of `problem`."""
        return replace(self.cached(), problem=problem, cause=cause)


@dataclass(frozen=True, slots=True)
class Question:
    """What an envelope answers; the key of the cache.

    Identity is part of it, so that no account and no server ever sees another's data.

    Attributes:
        base_url: the server asked.
        account: a digest of the client token, never the token.
        instance: the instance id, empty for questions about the account.
        kind: `instances`, `webhook`, `deliveries`, `delivery`, `session`.
        detail: the rest of the question, canonical text: a server filter, a log id.
    """

    base_url: str
    account: str
    instance: str
    kind: str
    detail: str = ""
