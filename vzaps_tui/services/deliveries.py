"""The delivery log of an instance: read page by page, kept whole, narrowed locally."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from dataclasses import replace

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId, StatusClass
from vzaps_tui.domain.envelope import Answer, Envelope, Question
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.paging import End, Listing, Page
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.merging import fresher, meeting, overlay, updated_by
from vzaps_tui.services.ports import Clock, Gateway
from vzaps_tui.services.walking import PAGE, Edge, Walk

FRESH = 15.0
MAX_ROWS = 20_000
REFRESH_PAGES = 10

_NOT_FAILED = frozenset({StatusClass.DELIVERED, StatusClass.PENDING})
_Reading = tuple[Walk, "_Last"]


class _Last:
    """The last answer of a walk, whose code and request id the envelope carries."""

    __slots__ = ("answer",)

    def __init__(self) -> None:
        self.answer: Answer[Page[Delivery]] | None = None

    def saying(self, listing: Listing[Delivery]) -> Answer[Listing[Delivery]]:
        """The listing, in the envelope of the last answer."""
        said = self.answer
        if said is None:
            return Answer(listing)
        return Answer(listing, said.code, said.success, said.request_id)


class DeliveryService:
    """Lists and opens deliveries.

    A list is kept per instance and server filter: all that was read of it so far, in the server's
    order, up to 20,000 rows. A row that slips into the middle of what is held (an old delivery that
    fails only now) is found when its page is read again.
    """

    def __init__(
        self, gateway: Gateway, cache: EnvelopeCache, identity: Identity, clock: Clock
    ) -> None:
        self._gateway = gateway
        self._cache = cache
        self._identity = identity
        self._clock = clock
        self._edges: dict[Question, Edge] = {}
        self._unfiltered: set[InstanceId] = set()
        self._locks: defaultdict[Question, asyncio.Lock] = defaultdict(asyncio.Lock)

    def peek(
        self, instance: InstanceId, query: DeliveryQuery
    ) -> Envelope[Listing[Delivery]] | None:
        """What memory keeps of the list; never waits. Not narrowed: `DeliveryQuery` does that."""
        return self._cache.peek(self._list_question(instance, query))

    def filters(self, instance: InstanceId) -> bool:
        """Whether the API keeps to the filter it is asked for, as far as was seen."""
        return instance not in self._unfiltered

    def load(
        self, instance: InstanceId, query: DeliveryQuery, *, force: bool = False
    ) -> AsyncGenerator[Envelope[Listing[Delivery]], None]:
        """The kept list, then, unless that is fresh, the API's; not narrowed by its query.

        A refresh reads from the top until it meets what is held, at most ten pages; if it does not
        meet it, the list is those pages: no gap is hidden. See also `EnvelopeCache.ask`.
        """
        question = self._list_question(instance, query)
        return self._cache.ask(
            question,
            lambda: self._refresh(question, instance, query.server_status),
            fresh_for=FRESH,
            force=force,
        )

    async def more(self, instance: InstanceId, query: DeliveryQuery) -> Envelope[Listing[Delivery]]:
        """Read the next page and append it; the list as it is where nothing more can be read.

        Its age stays that of the list's top.

        Raises:
            VzapsError: it could not be read; the list is kept.
        """
        question = self._list_question(instance, query)
        # Whoever asks while a page is being read waits for that page, not for the one after it.
        seen: Envelope[Listing[Delivery]] | None = self._cache.peek(question)
        async with self._locks[question]:
            held: Envelope[Listing[Delivery]] | None = self._cache.peek(question)
            if held is not None:
                grown = seen is not None and len(held.data.rows) > len(seen.data.rows)
                if grown or not _goes_on(held.data):
                    return held
                return await self._append(question, held, query.server_status)
        return await self._cache.fetch(
            question, lambda: self._refresh(question, instance, query.server_status)
        )

    def detail(
        self, instance: InstanceId, log: LogId, *, force: bool = False
    ) -> AsyncGenerator[Envelope[DeliveryDetail], None]:
        """Everything of one delivery; kept in memory only. See `EnvelopeCache.ask`."""
        return self._cache.ask(
            self._identity.ask("delivery", instance, log),
            lambda: self._read_detail(instance, log),
            fresh_for=FRESH,
            force=force,
        )

    async def read(self, instance: InstanceId, log: LogId) -> Envelope[DeliveryDetail]:
        """Everything of one delivery, from the API now, never from a request already under way.

        Raises:
            VzapsError: it could not be read.
        """
        answer = await self._read_detail(instance, log)
        envelope = Envelope(
            answer.data, self._clock.now(), code=answer.code, success=answer.success
        )
        self._cache.put(self._identity.ask("delivery", instance, log), envelope)
        return envelope

    async def newest(self, instance: InstanceId) -> tuple[Delivery, ...]:
        """The first page of the whole log, from the API now; not kept.

        Raises:
            VzapsError: it could not be read.
        """
        return (await self._gateway.search(instance, 1, PAGE, None)).data.items

    def known(self, instance: InstanceId) -> frozenset[str]:
        """Keys of all rows held of an instance."""
        lists = self._cache.held(self._identity.ask("deliveries", instance))
        return frozenset(row.key for _, envelope in lists for row in envelope.data.rows)

    def note(self, instance: InstanceId, delivery: Delivery) -> None:
        """Put a fresher row into every list of the instance that holds it, in memory.

        It stays in a list of failures though it may be delivered by now: its query hides it.
        """
        for question, envelope in self._cache.held(self._identity.ask("deliveries", instance)):
            rows: tuple[Delivery, ...] = envelope.data.rows
            at = next((at for at, row in enumerate(rows) if row.key == delivery.key), None)
            if at is None:
                continue
            noted = fresher(rows[at], delivery)
            if noted == rows[at]:
                continue
            listing = replace(envelope.data, rows=(*rows[:at], noted, *rows[at + 1 :]))
            self._cache.replace(question, replace(envelope, data=listing))

    async def _read_detail(self, instance: InstanceId, log: LogId) -> Answer[DeliveryDetail]:
        answer = await self._gateway.detail(instance, log)
        self.note(instance, answer.data.delivery)
        return answer

    async def _refresh(
        self, question: Question, instance: InstanceId, status: str | None
    ) -> Answer[Listing[Delivery]]:
        async with self._locks[question]:
            walk, last = self._walk(instance, status)
            await walk.start()
            for _ in range(REFRESH_PAGES - 1):
                if self._read_enough(question, walk.listing):
                    break
                await walk.down()
            # Rows may have been noted meanwhile: what is held is read again, not remembered.
            held = self._held(question)
            fresh = walk.listing
            meet = None if fresh.end is End.COMPLETE else meeting(fresh.rows, held.rows)
            rows = overlay(fresh.rows, held.rows, meet)
            grown = len(rows) > len(fresh.rows)
            listing = replace(fresh, rows=rows)
            edge = walk.edge
            if grown:
                edge = Edge(None, edge.stride)
                pages = -(-len(rows) // edge.stride)
                listing = replace(listing, pages=pages, end=held.end, unreadable=held.unreadable)
            elif meet is not None and held.end is End.REPEATS:
                # Known to give page 1 for every page: no need to ask again to say so.
                listing = replace(listing, end=End.REPEATS)
            self._edges[question] = edge
            return last.saying(_capped(listing))

    def _read_enough(self, question: Question, fresh: Listing[Delivery]) -> bool:
        held = self._held(question)
        if not held.rows or not _goes_on(fresh):
            return True
        meet = meeting(fresh.rows, held.rows)
        if meet is None:
            return False
        if held.end is not End.COMPLETE or fresh.total is None:
            return True
        # All of it was read before: then the count tells whether rows came or went further down.
        whole = overlay(fresh.rows, held.rows, meet)
        return len(whole) + held.unreadable == fresh.total

    async def _append(
        self, question: Question, held: Envelope[Listing[Delivery]], status: str | None
    ) -> Envelope[Listing[Delivery]]:
        walk, _ = self._walk(
            InstanceId(question.instance), status, held.data, self._edges.get(question)
        )
        await walk.down()
        self._edges[question] = walk.edge
        now_held = self._held(question)
        # Only where rows were noted meanwhile is there anything to bring together.
        rows = walk.listing.rows
        if now_held is not held.data:
            rows = updated_by(rows, now_held.rows)
        listing = _capped(replace(walk.listing, rows=rows))
        if walk.restarted:
            envelope = Envelope(listing, self._clock.now())
        else:
            envelope = replace(held, data=listing)
        self._cache.put(question, envelope)
        return envelope

    def _walk(
        self,
        instance: InstanceId,
        status: str | None,
        listing: Listing[Delivery] | None = None,
        edge: Edge | None = None,
    ) -> _Reading:
        last = _Last()

        async def ask(number: int) -> Page[Delivery]:
            last.answer = await self._gateway.search(instance, number, PAGE, status)
            page = last.answer.data
            if status is not None and any(r.status_class in _NOT_FAILED for r in page.items):
                self._unfiltered.add(instance)
            return page

        return Walk(ask, listing, edge), last

    def _held(self, question: Question) -> Listing[Delivery]:
        kept = self._cache.peek(question)
        return kept.data if kept else Listing[Delivery]()

    def _list_question(self, instance: InstanceId, query: DeliveryQuery) -> Question:
        return self._identity.ask("deliveries", instance, query.server_status or "")


def _goes_on(listing: Listing[Delivery]) -> bool:
    return listing.end is End.MORE and len(listing.rows) < MAX_ROWS


def _capped(listing: Listing[Delivery]) -> Listing[Delivery]:
    if len(listing.rows) <= MAX_ROWS:
        return listing
    return replace(listing, rows=listing.rows[:MAX_ROWS], end=End.MORE)
