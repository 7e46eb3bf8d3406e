"""The delivery log of an instance: read page by page, kept whole, narrowed locally."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.envelope import Envelope
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.paging import Listing
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.ports import Clock, Gateway


class DeliveryService:
    """Lists and opens deliveries."""

    def __init__(
        self, gateway: Gateway, cache: EnvelopeCache, identity: Identity, clock: Clock
    ) -> None:
        self._gateway = gateway
        self._cache = cache
        self._identity = identity
        self._clock = clock

    def peek(
        self, instance: InstanceId, query: DeliveryQuery
    ) -> Envelope[Listing[Delivery]] | None:
        """What memory keeps of the list; never waits. Not narrowed: see `visible`."""
        raise NotImplementedError

    def load(
        self, instance: InstanceId, query: DeliveryQuery, *, force: bool = False
    ) -> AsyncGenerator[Envelope[Listing[Delivery]], None]:
        """The kept list, then, unless that is fresh, the API's. Not narrowed: see `visible`."""
        raise NotImplementedError

    async def more(self, instance: InstanceId, query: DeliveryQuery) -> Envelope[Listing[Delivery]]:
        """Read the next page and append it."""
        raise NotImplementedError

    def visible(self, listing: Listing[Delivery], query: DeliveryQuery) -> tuple[Delivery, ...]:
        """The rows that match, whatever the server filtered."""
        return tuple(row for row in listing.rows if query.matches(row))

    def detail(
        self, instance: InstanceId, log: LogId, *, force: bool = False
    ) -> AsyncGenerator[Envelope[DeliveryDetail], None]:
        """Everything of one delivery; kept in memory only."""
        raise NotImplementedError

    async def read(self, instance: InstanceId, log: LogId) -> Envelope[DeliveryDetail]:
        """Everything of one delivery, from the API now."""
        raise NotImplementedError

    def note(self, instance: InstanceId, delivery: Delivery) -> None:
        """Put a fresher row into every list of the instance that holds it."""
        raise NotImplementedError
