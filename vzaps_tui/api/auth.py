"""Credentials, and the JWT made from them: kept, renewed early, asked for once at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from vzaps_tui.api.call import Call, Scope
from vzaps_tui.api.decode import need_object
from vzaps_tui.api.wire import Fields
from vzaps_tui.domain.masking import Secret
from vzaps_tui.domain.problems import AuthError, VzapsError

EARLY: Final = 60.0
"""Seconds before its end at which a token is renewed (CONTRACT 1.3)."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a person was given. Account mode needs the secret, single-instance mode the last two.

    Attributes:
        client_token: body of `/token` and header `X-Client-Token`.
        client_secret: body of `/token` only; None in single-instance mode.
        instance_id: the one instance of single-instance mode.
        instance_token: its `X-Instance-Token`.
    """

    client_token: Secret
    client_secret: Secret | None = None
    instance_id: str | None = None
    instance_token: Secret | None = None

    @property
    def is_account(self) -> bool:
        """Whether a JWT can be had, and with it the list of instances (CONTRACT 1.4)."""
        return bool(self.client_secret)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All that must never be shown."""
        found = (self.client_token, self.client_secret, self.instance_token)
        return tuple(secret for secret in found if secret)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A JWT. `lifetime` is in seconds, None where the server did not say: good until refused."""

    secret: Secret
    lifetime: float | None


def token_call(credentials: Credentials) -> Call:
    """`POST /token` (CONTRACT 1.3)."""
    secret = credentials.client_secret or Secret("")
    body = {
        "client_token": credentials.client_token.reveal(),
        "client_secret": secret.reveal(),
    }
    return Call("token", "POST", "/token", idempotent=True, scope=Scope.NONE, body=body)


def read_token(payload: object) -> AccessToken:
    """A token from either casing (CONTRACT 7, row 8).

    Raises:
        ProtocolError: not an object.
        AuthError: an object without a token.
    """
    fields = Fields(need_object(payload))
    text = fields.text("access_token")
    if text is None:
        raise AuthError("the answer to /token holds no access_token")
    lifetime = fields.number("expires_in")
    return AccessToken(Secret(text), lifetime if lifetime is not None and lifetime > 0 else None)


@dataclass(frozen=True, slots=True)
class _Kept:
    secret: Secret
    until: float


class JwtCache:
    """The one JWT of a client.

    A request for a new one is a task of its own, shared by all who wait: one of them giving up does
    not take it from the others, and its failure is told to each, without asking again.
    """

    def __init__(
        self, fetch: Callable[[], Awaitable[AccessToken]], monotonic: Callable[[], float]
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._kept: _Kept | None = None
        self._renewal: asyncio.Task[Secret] | None = None

    async def current(self) -> Secret:
        """The token, a new one if it ends within a minute.

        Raises:
            VzapsError: none could be had; nothing but `/token` was asked, hence `acted` is False.
        """
        if self._kept is not None and self._monotonic() < self._kept.until:
            return self._kept.secret
        return await self._renewed()

    async def instead_of(self, refused: Secret) -> Secret:
        """Another token than the one a server has just refused: newly asked for, unless that has
        already been done for another call (law 2).

        Raises:
            VzapsError: as `current()`.
        """  # noqa: D205 - one sentence
        if self._kept is not None and self._kept.secret != refused:
            return self._kept.secret
        return await self._renewed()

    async def aclose(self) -> None:
        """Stop a request that is under way."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait((self._renewal,))

    async def _renewed(self) -> Secret:
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew(), name="token")
            self._renewal.add_done_callback(self._settle)
        return await asyncio.shield(self._renewal)

    def _settle(self, task: asyncio.Task[Secret]) -> None:
        self._renewal = None
        if not task.cancelled():
            task.exception()  # seen, also where everybody has stopped waiting

    async def _renew(self) -> Secret:
        asked = self._monotonic()
        try:
            token = await self._fetch()
        except VzapsError as problem:
            problem.acted = False
            raise
        lifetime = float("inf") if token.lifetime is None else token.lifetime
        # A life of less than two minutes is used by half, or every call would ask anew.
        self._kept = _Kept(token.secret, asked + lifetime - min(EARLY, lifetime / 2))
        return token.secret
