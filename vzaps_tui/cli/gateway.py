"""The API behind a door that opens at its first use: the first frame waits for no HTTP client."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.record import dataclass

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
    from vzaps_tui.domain.envelope import Answer
    from vzaps_tui.domain.instances import Instance, InstanceId, SessionStatus
    from vzaps_tui.domain.paging import Page
    from vzaps_tui.domain.retries import RetryReceipt
    from vzaps_tui.domain.webhooks import WebhookConfig
    from vzaps_tui.services.ports import Gateway


@dataclass(frozen=True, slots=True)
class Connection:
    """What opening makes.

    Attributes:
        gateway: the API.
        stop: ends what was started with it (the embedded emulator); may block, runs in a thread.
    """

    gateway: Gateway
    stop: Callable[[], None] | None = None


class DeferredGateway:
    """A Gateway (services.ports) that makes the real one in a thread, once, at the first use.

    A failure is told as a VzapsError, and the next use tries again.
    """

    def __init__(self, make: Callable[[], Connection]) -> None:
        self._make = make
        self._opening: asyncio.Task[Connection] | None = None
        self._closed = False

    async def open(self) -> Gateway:
        """The real gateway, made if it is not there yet.

        Raises:
            VzapsError: it cannot be made, or the program is closing.
        """
        self._refuse_if_closed()
        if self._opening is None or _has_failed(self._opening):
            self._opening = asyncio.create_task(self._open_once(), name="open the gateway")
            # Seen even where everyone who waited is gone, else asyncio complains.
            self._opening.add_done_callback(_has_failed)
        # One asker's cancellation must not cut the opening short for the others.
        connection = await asyncio.shield(self._opening)
        self._refuse_if_closed()
        return connection.gateway

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise UnavailableError("the connection is closed", acted=False)

    async def _open_once(self) -> Connection:
        try:
            return await asyncio.to_thread(self._make)
        except (OSError, ImportError) as problem:
            reason = f"the connection cannot be set up: {problem}"
            raise UnavailableError(reason, acted=False) from problem

    async def aclose(self) -> None:
        """Close what was opened; never opens. A second call does nothing."""
        self._closed = True
        opening, self._opening = self._opening, None
        if opening is None:
            return
        await asyncio.wait((opening,))
        if _has_failed(opening):
            return
        connection = opening.result()
        try:
            await connection.gateway.aclose()
        finally:
            if connection.stop is not None:
                await asyncio.to_thread(connection.stop)

    async def instances(self, page: int, size: int) -> Answer[Page[Instance]]:
        """See Gateway."""
        return await (await self.open()).instances(page, size)

    async def instance(self, instance: InstanceId) -> Answer[Instance]:
        """See Gateway."""
        return await (await self.open()).instance(instance)

    async def session(self, instance: InstanceId) -> Answer[SessionStatus]:
        """See Gateway."""
        return await (await self.open()).session(instance)

    async def webhook(self, instance: InstanceId) -> Answer[WebhookConfig]:
        """See Gateway."""
        return await (await self.open()).webhook(instance)

    async def set_webhook(
        self,
        instance: InstanceId,
        config: WebhookConfig,
        *,
        url_key: str = "webhookURL",
        events_as_list: bool = False,
    ) -> Answer[None]:
        """See Gateway."""
        gateway = await self.open()
        return await gateway.set_webhook(
            instance, config, url_key=url_key, events_as_list=events_as_list
        )

    async def search(
        self, instance: InstanceId, page: int, size: int, status: str | None
    ) -> Answer[Page[Delivery]]:
        """See Gateway."""
        return await (await self.open()).search(instance, page, size, status)

    async def detail(self, instance: InstanceId, log: LogId) -> Answer[DeliveryDetail]:
        """See Gateway."""
        return await (await self.open()).detail(instance, log)

    async def retry(self, instance: InstanceId, log: LogId) -> Answer[RetryReceipt]:
        """See Gateway."""
        return await (await self.open()).retry(instance, log)


def _has_failed(opening: asyncio.Task[Connection]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
