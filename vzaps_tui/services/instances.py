"""The account's instances, all of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from vzaps_tui.domain.envelope import Answer, Envelope
from vzaps_tui.domain.instances import Instance, InstanceId
from vzaps_tui.domain.paging import End, Listing, Page

if TYPE_CHECKING:
    from vzaps_tui.services.cache import EnvelopeCache
    from vzaps_tui.services.identity import Identity
    from vzaps_tui.services.ports import Gateway

FRESH = 30.0
PAGE, MAX_PAGES = 50, 20


class InstanceService:
    """Lists instances. Their link state stays UNKNOWN where the list does not tell it."""

    def __init__(
        self, gateway: Gateway, cache: EnvelopeCache, identity: Identity, *, names: bool = True
    ) -> None:
        """Names: whether the API tells an instance's name: in account mode (CONTRACT 1.4)."""
        self._gateway = gateway
        self._names = names
        self._cache = cache
        self._question = identity.ask("instances")

    @property
    def lists_all(self) -> bool:
        """Whether the account's instances can be listed, not only the one that is set."""
        return self._names

    def peek(self) -> Envelope[Listing[Instance]] | None:
        """What memory keeps; never waits."""
        return self._cache.peek(self._question)

    async def kept(self) -> Envelope[Listing[Instance]] | None:
        """What memory keeps, else the disk; nobody else is asked."""
        return await self._cache.kept(self._question)

    def load(self, *, force: bool = False) -> AsyncGenerator[Envelope[Listing[Instance]], None]:
        """The kept list, then, unless that is fresh, the API's; see `EnvelopeCache.ask`."""
        return self._cache.ask(self._question, self._read, fresh_for=FRESH, force=force)

    async def find(self, instance: InstanceId) -> Instance | None:
        """One instance by its id, from the kept list if it is there, else from the API.

        None where the API tells no names, and so nothing that is worth a request.

        Raises:
            VzapsError: it could not be read.
        """
        kept: Envelope[Listing[Instance]] | None = await self._cache.kept(self._question)
        rows = kept.data.rows if kept else ()
        found = next((row for row in rows if row.id == instance), None)
        if found is None and self._names:
            return (await self._gateway.instance(instance)).data
        return found

    async def _read(self) -> Answer[Listing[Instance]]:
        answer = await self._gateway.instances(1, PAGE)
        listing = _appended(Listing[Instance](), answer.data)
        while listing.end is End.MORE and listing.pages < MAX_PAGES:
            page = (await self._gateway.instances(listing.pages + 1, PAGE)).data
            listing = _appended(listing, page)
        return Answer(listing, answer.code, answer.success, answer.request_id)


def _appended(listing: Listing[Instance], page: Page[Instance]) -> Listing[Instance]:
    """The listing with the rows of its next page that it does not hold yet."""
    known = {row.id for row in listing.rows}
    added = {row.id: row for row in page.items if row.id not in known}
    # A page of nothing but known rows, and more to come: the server gives the same page again.
    end = End.COMPLETE if page.is_last else End.MORE if added else End.REPEATS
    return Listing(
        (*listing.rows, *added.values()),
        page.total,
        listing.pages + 1,
        end,
        listing.unreadable + (page.unreadable if end is not End.REPEATS else 0),
    )
