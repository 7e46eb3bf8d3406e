"""How lists were looked at: remembered by itself for each instance, else by name."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import field
from typing import TYPE_CHECKING, Final

from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.query_language import QueryError, parse, to_text
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.remembered import KeptView, SavedView

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.services.identity import Identity
    from vzaps_tui.services.ports import Clock, ViewStore

log = logging.getLogger(__name__)

PAUSE: Final = 0.5
"""Seconds of the real clock for which changes are gathered before they are written."""


@dataclass(frozen=True, slots=True)
class LastView:
    """How an instance's list was last looked at.

    Attributes:
        query: the filter.
        oldest_first: whether the list began with the oldest.
        preview: whether the preview was wanted.
        dropped: the filter's text where it cannot be read any more; unsafe; the filter is empty
            then.
    """

    query: DeliveryQuery = field(default_factory=DeliveryQuery)
    oldest_first: bool = False
    preview: bool = True
    dropped: str = ""


class ViewService:
    """Views of one account. What is noted is written soon after, and by `settle` at the latest."""

    def __init__(self, store: ViewStore, identity: Identity, clock: Clock) -> None:
        self._store = store
        self._whose = (identity.base_url, identity.account)
        self._clock = clock
        self._noted: dict[InstanceId, KeptView] = {}
        self._waiting: dict[InstanceId, KeptView] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    async def last(self, instance: InstanceId) -> LastView | None:
        """How an instance's list was last looked at; None if it never was, or nobody knows."""
        try:
            kept = self._noted.get(instance) or await self._store.last(*self._whose, instance)
        except StorageError as problem:
            log.warning("%s", problem.summary)
            return None
        if kept is None:
            return None
        self._noted.setdefault(instance, kept)
        query = self.read(kept.query)
        if query is None:
            return LastView(DeliveryQuery(), kept.oldest_first, kept.preview, kept.query)
        return LastView(query, kept.oldest_first, kept.preview)

    def note(
        self, instance: InstanceId, query: DeliveryQuery, *, oldest_first: bool, preview: bool
    ) -> None:
        """Remember how a list is looked at from now on; called on the loop, never waits."""
        kept = KeptView(to_text(query), oldest_first, preview)
        if self._noted.get(instance, KeptView()) == kept:
            return
        self._noted[instance] = self._waiting[instance] = kept
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self._begin)

    async def settle(self) -> None:
        """Write what waits; before the store is closed."""
        if self._timer is not None:
            self._timer.cancel()
            self._begin()
        if self._writing is not None:
            await self._writing

    async def saved(self) -> tuple[SavedView, ...]:
        """Views with a name, in the order of names.

        Raises:
            StorageError: they cannot be read.
        """
        return await self._store.saved(*self._whose)

    async def save(self, name: str, query: DeliveryQuery) -> None:
        """Keep a filter under a name, in place of what had that name.

        Raises:
            StorageError: it cannot be kept.
        """
        await self._store.save(*self._whose, SavedView(name, to_text(query)))

    async def drop(self, name: str) -> None:
        """Forget the view of a name, if there is one.

        Raises:
            StorageError: it cannot be done.
        """
        await self._store.drop(*self._whose, name)

    def read(self, text: str) -> DeliveryQuery | None:
        """The filter of a kept line; None where it cannot be read any more."""
        try:
            return parse(text, self._clock.now(), kept=True)
        except QueryError:
            return None

    def _begin(self) -> None:
        self._timer = None
        before = self._writing
        self._writing = asyncio.create_task(self._write(before), name="note views")

    async def _write(self, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        waiting, self._waiting = self._waiting, {}
        for instance, kept in waiting.items():
            try:
                await self._store.note(*self._whose, instance, kept)
            except StorageError as problem:
                log.warning("%s", problem.summary)
