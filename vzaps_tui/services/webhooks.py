"""An instance's webhook: read it, change it, and tell what the server made of the change."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import TYPE_CHECKING

from vzaps_tui.domain.masking import MASK, unmask_url
from vzaps_tui.domain.problems import RejectedError, VzapsError
from vzaps_tui.domain.webhooks import SaveReport, WebhookConfig
from vzaps_tui.services.cache import EnvelopeCache, words

if TYPE_CHECKING:
    from vzaps_tui.domain.envelope import Answer, Envelope, Question
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.services.identity import Identity
    from vzaps_tui.services.ports import Gateway

FRESH = 60.0
FIRST_SPELLING, OTHER_SPELLING = "webhookURL", "webhook_url"
_WRONG_FORM = (400, 422)


class WebhookService:
    """Reads and writes an instance's webhook configuration."""

    def __init__(self, gateway: Gateway, cache: EnvelopeCache, identity: Identity) -> None:
        self._gateway = gateway
        self._cache = cache
        self._identity = identity

    def peek(self, instance: InstanceId) -> Envelope[WebhookConfig] | None:
        """What memory keeps; never waits. One from disk has its URL masked."""
        return self._cache.peek(self._question(instance))

    def load(
        self, instance: InstanceId, *, force: bool = False
    ) -> AsyncGenerator[Envelope[WebhookConfig], None]:
        """The kept configuration, then, unless that is fresh, the API's (`EnvelopeCache.ask`)."""
        question = self._question(instance)
        return self._cache.ask(
            question, lambda: self._gateway.webhook(instance), fresh_for=FRESH, force=force
        )

    async def read(self, instance: InstanceId) -> Envelope[WebhookConfig]:
        """The configuration as the API holds it now.

        Raises:
            VzapsError: it could not be read.
        """
        return await self._cache.fetch(
            self._question(instance), lambda: self._gateway.webhook(instance)
        )

    async def save(self, instance: InstanceId, config: WebhookConfig) -> SaveReport:
        """Write a configuration and read it back (CONTRACT 3.4; 7, rows 1 and 2).

        Hidden parts of the URL are put back from what the server holds. The write is sent once;
        once more with events as a list if the server rejects their form, and once more under the
        other name of the URL if the read-back shows that the URL did not change.

        Returns:
            What was sent and what is stored now; with a note where an answer was lost.

        Raises:
            VzapsError: nothing was changed: the server could not be read before, or it refused.
        """
        before = (await self.read(instance)).data
        config = _unhidden(config, before)
        writing = _Writing(self._gateway, instance, config)
        try:
            await writing.send(FIRST_SPELLING)
        finally:
            await self._forget(instance)
        stored = await self._read_back(instance, writing)
        # A lost answer may have been a success that is yet to show: never write over it.
        ignored = stored is not None and stored.url == before.url != config.url
        if ignored and not writing.lost:
            try:
                await writing.send(OTHER_SPELLING)
            except VzapsError as problem:
                writing.note(f"The other spelling was refused: {words(problem)}")
            finally:
                await self._forget(instance)
            stored = await self._read_back(instance, writing)
        return SaveReport(config, stored, writing.spelling, " ".join(writing.notes))

    async def _read_back(self, instance: InstanceId, writing: _Writing) -> WebhookConfig | None:
        try:
            return (await self.read(instance)).data
        except VzapsError as problem:
            writing.note(f"It could not be read back: {words(problem)}")
            return None

    async def _forget(self, instance: InstanceId) -> None:
        base_url, account = self._identity.base_url, self._identity.account
        await self._cache.forget(base_url, account, instance, frozenset({"webhook"}))
        # The list of instances shows the URL too; it belongs to no single instance.
        await self._cache.forget(base_url, account, "", frozenset({"instances"}))

    def _question(self, instance: InstanceId) -> Question:
        return self._identity.ask("webhook", instance)


class _Writing:
    """One save's writes: which form the server takes, and what was odd."""

    def __init__(self, gateway: Gateway, instance: InstanceId, config: WebhookConfig) -> None:
        self._gateway = gateway
        self._instance = instance
        self._config = config
        self._as_list = False
        self.spelling = FIRST_SPELLING
        self.lost = False
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        """Something for the report."""
        self.notes.append(text)

    async def send(self, spelling: str) -> None:
        """Send once; once more with events as a list where their form may be what was rejected.

        Raises:
            VzapsError: the server certainly did not act on it.
        """
        self.spelling = spelling
        try:
            await self._send_once()
        except RejectedError as problem:
            if problem.status not in _WRONG_FORM or self._as_list:
                raise
            self._as_list = True
            await self._send_once()

    async def _send_once(self) -> Answer[None] | None:
        try:
            return await self._gateway.set_webhook(
                self._instance, self._config, url_key=self.spelling, events_as_list=self._as_list
            )
        except VzapsError as problem:
            if not problem.acted:
                raise
            self.lost = True
            self.note(
                f"The answer to the write was lost, it was not sent again: {problem.summary}."
            )
            return None


def _unhidden(config: WebhookConfig, before: WebhookConfig) -> WebhookConfig:
    """The configuration with the hidden parts of its URL put back.

    Raises:
        RejectedError: a hidden part is not among those that the server holds.
    """
    url = None if config.url is None else unmask_url(config.url, before.url)
    if url and MASK in url:
        raise RejectedError(
            f"a hidden part ({MASK}) of the URL is not known",
            hint="Type that part of the URL in full, then save again.",
        )
    return replace(config, url=url)
