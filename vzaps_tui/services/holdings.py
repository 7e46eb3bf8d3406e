"""What is held of deliveries, asked of the archive by instance."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Container, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from typing_extensions import override

from vzaps_tui.domain.selection import Group, Histogram, Scope, Selection

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.services.identity import Identity
    from vzaps_tui.services.ports import Clock, DeliveryArchive


class _Known(Container[str]):
    """Keys of the rows of a scope that were held at a moment."""

    def __init__(self, archive: DeliveryArchive, scope: Scope, newest: int) -> None:
        self._archive = archive
        self._scope = scope
        self._newest = newest

    @override
    def __contains__(self, key: object) -> bool:
        number = self._archive.place(self._scope, key) if isinstance(key, str) else None
        return number is not None and number <= self._newest


class Holdings:
    """Questions about the rows that are held; none of them asks the API.

    Row numbers never change and are never given again. A query's `last` hours are counted back from
    now. Cancelling a question interrupts it.
    """

    def __init__(self, archive: DeliveryArchive, identity: Identity, clock: Clock) -> None:
        self._archive = archive
        self._identity = identity
        self._clock = clock

    async def select(
        self, instance: InstanceId, query: DeliveryQuery, *, also: Collection[int] = ()
    ) -> Selection:
        """The numbers of all rows that match, newest first, and those of `also` in their place."""
        return await self._archive.select(self.scope(instance), query, self._clock.now(), also)

    async def first(self, instance: InstanceId, query: DeliveryQuery, limit: int) -> array[int]:
        """The newest numbers of those, at most `limit`; does not wait for `select`."""
        return await self._archive.first(self.scope(instance), query, limit, self._clock.now())

    async def count(self, instance: InstanceId, query: DeliveryQuery) -> int:
        """How many match."""
        return await self._archive.count(self.scope(instance), query, self._clock.now())

    async def groups(self, instance: InstanceId, query: DeliveryQuery) -> tuple[Group, ...]:
        """Those that match, folded by how they were answered; most rows first."""
        return await self._archive.groups(self.scope(instance), query, self._clock.now())

    async def histogram(
        self,
        instance: InstanceId,
        query: DeliveryQuery,
        span: tuple[datetime, datetime],
        buckets: int,
    ) -> Histogram:
        """Delivered and failed ones of those that match, over a span of (aware) time."""
        scope, now = self.scope(instance), self._clock.now()
        return await self._archive.histogram(scope, query, span, buckets, now)

    async def events(self, instance: InstanceId) -> tuple[str, ...]:
        """Names of the events that rows have, in order."""
        return await self._archive.events(self.scope(instance))

    def rows(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """The rows of these numbers, at once: what is on screen. None for one that was dropped."""
        return self._archive.page(rowids)

    async def fetch(self, rowids: Sequence[int]) -> list[Delivery | None]:
        """The same of any number of rows, off the loop."""
        return await self._archive.fetch(rowids)

    def place(self, instance: InstanceId, key: str) -> int | None:
        """The number of a row, at once; None if it is not held."""
        return self._archive.place(self.scope(instance), key)

    def gone(self, rowids: Sequence[int]) -> frozenset[int]:
        """Which of these rows the server is known not to have any more."""
        return self._archive.gone(rowids)

    async def note(self, instance: InstanceId, delivery: Delivery) -> None:
        """Put a fresher row into the archive; a staler one changes nothing.

        It stays where a list of failures held it though it may be delivered by now: its query hides
        it.
        """
        await self._archive.put(self.scope(instance), (delivery,))

    async def known(self, instance: InstanceId) -> Container[str]:
        """Keys of all rows held of an instance at this moment; later ones are not in it."""
        newest = await self._archive.newest_number()
        return _Known(self._archive, self.scope(instance), newest)

    def scope(self, instance: InstanceId) -> Scope:
        """Under which name the archive keeps an instance's rows."""
        return Scope(self._identity.base_url, self._identity.account, instance)
