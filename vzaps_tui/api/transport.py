"""Sends calls over one polite HTTP client: pace, pauses, limits, tries."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx
import stamina
from aiolimiter import AsyncLimiter
from stamina.instrumentation import set_on_retry_hooks

from vzaps_tui import __version__
from vzaps_tui.api import faults, policy
from vzaps_tui.api.call import Call, Reply
from vzaps_tui.api.decode import Hide, refusal
from vzaps_tui.domain.problems import ProtocolError, UnavailableError, VzapsError

BODY_CAP: Final = 32 * 1024 * 1024
"""Bytes of an answer, decompressed, above which it is not read on."""
_CONNECT_SECONDS: Final = 10.0
_CONNECTIONS: Final = 6
# Below the five seconds after which common servers hang up: a call sent into a connection that is
# just being closed would be lost, and a lost retry is one more UNKNOWN.
_KEEP_ALIVE_SECONDS: Final = 4.0
# httpx measures its timeouts between bytes; a server that drips must end some day too.
_OVERALL: Final = 4.0
_PAUSING: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> datetime:
        """Now, aware."""
        ...

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """Where the API is and how it is spoken to.

    Attributes:
        base_url: of the server, without a path of the API.
        requests_per_second: mean pace; as many may go at once after a silence.
        timeout: seconds without a byte after which an answer is given up.
        http_transport: in place of sockets, for tests and the embedded emulator.
    """

    base_url: str
    requests_per_second: float = 4.0
    timeout: float = 30.0
    http_transport: httpx.AsyncBaseTransport | None = None

    @property
    def is_secure(self) -> bool:
        """Whether certificates are needed."""
        return not self.base_url.lower().startswith("http://")

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, where no proxy leads to."""
        try:
            host = urlsplit(self.base_url).hostname or ""
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


class Transport:
    """One lazily made HTTP client for all calls."""

    def __init__(self, link: Link, clock: Clock, hide: Hide) -> None:
        self._link = link
        self._clock = clock
        self._hide = hide
        self._base = link.base_url.rstrip("/")
        rate = max(link.requests_per_second, 1.0)
        self._pace = AsyncLimiter(rate, rate / link.requests_per_second)
        self._http: httpx.AsyncClient | None = None
        self._making = asyncio.Lock()
        self._closed = False
        self._rest_until = 0.0
        self._strikes = 0
        # stamina would log every wait to stderr, across the screen.
        set_on_retry_hooks([])
        self._again = stamina.AsyncRetryingCaller(
            attempts=policy.TRIES,
            timeout=policy.GIVE_UP,
            wait_initial=0.4,
            wait_max=5.0,
            wait_jitter=0.6,
        )

    async def send(self, call: Call, headers: Mapping[str, str]) -> Reply:
        """Send a call; a read up to three times, anything else once (law 1).

        Returns:
            The answer, of a 2xx or of a 401: renewing the token is not decided here.

        Raises:
            VzapsError: every other answer, or none.
        """
        if call.idempotent:
            return await self._again(policy.backoff, self._once, call, headers)
        return await self._once(call, headers)

    async def aclose(self) -> None:
        """Close the connections; what is sent afterwards fails as a problem, not as a bug."""
        self._closed = True
        client, self._http = self._http, None
        if client is not None:
            await client.aclose()

    async def warm(self) -> None:
        """Make the client ahead of its first use."""
        await self._client()

    async def _once(self, call: Call, headers: Mapping[str, str]) -> Reply:
        await self._rest()
        async with self._pace:
            await self._rest()  # another call may have been asked to, while this one waited
            reply = await self._exchange(call, headers)
        self._heed(reply)
        problem = refusal(reply, now=self._clock.now(), hide=self._hide)
        if problem is not None and reply.status != HTTPStatus.UNAUTHORIZED:
            raise problem
        return reply

    async def _rest(self) -> None:
        wait = self._rest_until - self._clock.monotonic()
        if wait > 0:
            await self._clock.sleep(wait)

    def _heed(self, reply: Reply) -> None:
        """Let all calls rest where the server asks for it."""
        asked = policy.parse_retry_after(reply.headers.get("retry-after"), self._clock.now())
        if reply.status not in _PAUSING:
            self._strikes = 0
            return
        self._strikes += 1
        if asked is None and reply.status != HTTPStatus.TOO_MANY_REQUESTS:
            return
        rest = policy.pause(asked, self._strikes)
        self._rest_until = max(self._rest_until, self._clock.monotonic() + rest)

    async def _exchange(self, call: Call, headers: Mapping[str, str]) -> Reply:
        client = await self._client()
        problem: VzapsError
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(self._link.timeout * _OVERALL):
                request = self._request(client, call, headers)
                response = await client.send(request, stream=True)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except faults.CATCH as error:
            problem = faults.explain(error, reading=response is not None)
        else:
            fields = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, fields, body)
        # Raised outside, so that it does not carry the request, and its headers, along.
        raise problem

    def _request(
        self, client: httpx.AsyncClient, call: Call, headers: Mapping[str, str]
    ) -> httpx.Request:
        content = None
        kind: dict[str, str] = {}
        if call.body is not None:
            content = json.dumps(call.body, separators=(",", ":")).encode()
            kind = {"Content-Type": "application/json"}
        return client.build_request(
            call.method, self._base + call.path, headers={**headers, **kind}, content=content
        )

    async def _client(self) -> httpx.AsyncClient:
        async with self._making:
            if self._closed:
                raise UnavailableError("the program is closing its connections", acted=False)
            if self._http is None:
                self._http = await self._make()
            return self._http

    async def _make(self) -> httpx.AsyncClient:
        link = self._link
        needs_certificates = link.http_transport is None and link.is_secure
        # Reading the certificates takes some 30 ms: not on the event loop. Without TLS an empty
        # store does: it trusts nobody, should it ever be used.
        context = (
            await asyncio.to_thread(httpx.create_ssl_context)
            if needs_certificates
            else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        )
        return httpx.AsyncClient(
            verify=context,
            transport=link.http_transport,
            timeout=httpx.Timeout(link.timeout, connect=min(_CONNECT_SECONDS, link.timeout)),
            limits=httpx.Limits(
                max_connections=_CONNECTIONS,
                max_keepalive_connections=_CONNECTIONS,
                keepalive_expiry=_KEEP_ALIVE_SECONDS,
            ),
            follow_redirects=False,
            trust_env=not link.is_local,
            headers={"Accept": "application/json", "User-Agent": f"vzaps-tui/{__version__}"},
        )


async def _read(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > BODY_CAP:
            raise ProtocolError(f"an answer of more than {BODY_CAP // 1024 // 1024} MiB")
        parts.append(part)
    return b"".join(parts)
