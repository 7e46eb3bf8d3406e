"""The VZaps API, one typed method an endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx

from vzaps_tui.api import decode, wire
from vzaps_tui.api.auth import AccessToken, Credentials, JwtCache, read_token, token_call
from vzaps_tui.api.call import Call, Reply, Scope, segment
from vzaps_tui.api.transport import Clock, Link, Transport
from vzaps_tui.api.wire_deliveries import read_deliveries, read_detail, read_receipt
from vzaps_tui.api.wire_instances import read_instance, read_instances, read_session
from vzaps_tui.api.wire_webhooks import read_webhook, webhook_body
from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.envelope import Answer
from vzaps_tui.domain.instances import Instance, InstanceId, LinkState, SessionStatus
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    RejectedError,
    VzapsError,
)
from vzaps_tui.domain.retries import RetryReceipt
from vzaps_tui.domain.webhooks import WebhookConfig

T = TypeVar("T")

OFF_LOOP: Final = 200_000
"""Bytes of a body above which it is read in a thread (law 9)."""
_SINGLE_HINT: Final = (
    "Check VZAPS_CLIENT_TOKEN, VZAPS_INSTANCE_ID and VZAPS_INSTANCE_TOKEN, then start again."
)
_MODELS: Final = (Instance, SessionStatus, WebhookConfig, Delivery, DeliveryDetail, RetryReceipt)


class ApiClient:
    """Asks the VZaps API; every method raises a `VzapsError` and nothing else.

    Account mode (with a client secret) sends JWT and client token, and on an instance's routes its
    token too where a list has told it; single-instance mode sends client and instance token only
    (CONTRACT 1.4). Reads may be sent up to three times, `set_webhook` and `retry` once; any call
    is sent once more after a 401.
    """

    def __init__(  # noqa: PLR0913 - named one by one at the composition root
        self,
        *,
        base_url: str,
        credentials: Credentials,
        clock: Clock,
        masker: Masker | None = None,
        requests_per_second: float = 4.0,
        timeout: float = 30.0,
        http_transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Nothing is opened or sent before the first call.

        Args:
            base_url: of the server.
            credentials: which also decide the mode.
            clock: time, for ages of tokens, dates in headers and pauses.
            masker: is taught every secret that comes up, and masks the server's words.
            requests_per_second: mean pace of all calls.
            timeout: seconds without a byte after which an answer is given up.
            http_transport: in place of sockets.
        """
        self._credentials = credentials
        self._clock = clock
        self._masker = masker or Masker()
        for secret in credentials.secrets:
            self._masker.learn(secret)
        link = Link(base_url, requests_per_second, timeout, http_transport)
        self._transport = Transport(link, clock, self._masker)
        self._jwt = JwtCache(self._fetch_token, clock.monotonic)
        self._tokens: dict[str, Secret] = {}
        if credentials.instance_id and credentials.instance_token:
            self._tokens[credentials.instance_id] = credentials.instance_token
        self._is_warm = False
        self._warming = asyncio.Lock()

    async def warm(self) -> None:
        """Do ahead of time what the first call would: HTTP client, certificates, checkers."""
        await self._transport.warm()
        async with self._warming:
            if not self._is_warm:
                await asyncio.to_thread(wire.prepare, *_MODELS)
                self._is_warm = True

    async def aclose(self) -> None:
        """Close the connections; may be called more than once."""
        await self._jwt.aclose()
        await self._transport.aclose()

    # Endpoints

    async def instances(self, page: int, size: int) -> Answer[Page[Instance]]:
        """One page of the account's instances, first page 1 (CONTRACT 3.1).

        In single-instance mode no list is asked for, which would need a JWT: it is that one.
        """
        if not self._credentials.is_account:
            return await self._only_instance(page, size)
        call = Call(
            name="instances",
            method="POST",
            path="/instances/list",
            idempotent=True,
            scope=Scope.ACCOUNT,
            body={"page": page, "size": size, "filter": {}},
        )
        answer = await self._ask(call, lambda found: read_instances(found.payload, page, size))
        self._remember(answer.data.tokens)
        return _carry(answer, answer.data.page)

    async def instance(self, instance: InstanceId) -> Answer[Instance]:
        """One instance (CONTRACT 3.2)."""
        if not self._credentials.is_account:
            return await self._described(instance)
        call = Call(
            name="instance",
            method="POST",
            path="/instances/get",
            idempotent=True,
            scope=Scope.INSTANCE,
            body={"id": instance},
            instance=instance,
        )
        answer = await self._ask(call, lambda found: read_instance(found.payload, instance))
        row, tokens = answer.data
        self._remember(tokens)
        return _carry(answer, row)

    async def session(self, instance: InstanceId) -> Answer[SessionStatus]:
        """Whether WhatsApp is linked (CONTRACT 3.8)."""
        call = _get("session", instance, "session", "status")
        return await self._ask(call, lambda found: read_session(found.payload))

    async def webhook(self, instance: InstanceId) -> Answer[WebhookConfig]:
        """The stored configuration (CONTRACT 3.3)."""
        call = _get("webhook", instance, "webhook")
        return await self._ask(call, lambda found: read_webhook(found.payload))

    async def set_webhook(
        self,
        instance: InstanceId,
        config: WebhookConfig,
        *,
        url_key: str = "webhookURL",
        events_as_list: bool = False,
    ) -> Answer[None]:
        """Send a configuration once, with the given spelling (CONTRACT 3.4; 7, rows 1 and 2).

        Any 2xx without `success: false` is a yes, also an empty or `null` one: what is stored is
        learnt by reading it, as the echo is not to be relied on.
        """
        body = webhook_body(config, url_key=url_key, events_as_list=events_as_list)
        call = _post("set webhook", instance, "webhook", idempotent=False, body=body)
        return await self._ask(call, lambda _: None, empty_ok=True)

    async def search(
        self, instance: InstanceId, page: int, size: int, status: str | None
    ) -> Answer[Page[Delivery]]:
        """One page of the delivery log, first page 1 (CONTRACT 3.5)."""
        body: dict[str, object] = {"page": page, "size": size}
        if status is not None:
            body["status"] = status
        call = _post("search", instance, "webhook", "logs", "search", idempotent=True, body=body)
        return await self._ask(call, lambda found: read_deliveries(found.payload, page, size))

    async def detail(self, instance: InstanceId, log: LogId) -> Answer[DeliveryDetail]:
        """Everything of one delivery (CONTRACT 3.6)."""
        call = _get("detail", instance, "webhook", "logs", _known(log))
        return await self._ask(
            call, lambda found: read_detail(found.payload, found.whole, log, self._masker)
        )

    async def retry(self, instance: InstanceId, log: LogId) -> Answer[RetryReceipt]:
        """Ask for one delivery to be sent again, once (CONTRACT 3.7).

        An empty or `null` 2xx is a yes. A `VzapsError` with `acted` False is a sure no; with True
        it is not known whether the server carried it out.
        """
        call = _post("retry", instance, "webhook", "logs", _known(log), "retry", idempotent=False)
        return await self._ask(
            call, lambda found: read_receipt(found.payload, log, self._masker), empty_ok=True
        )

    # Asking

    async def _ask(
        self, call: Call, read: Callable[[decode.Unwrapped], T], *, empty_ok: bool = False
    ) -> Answer[T]:
        await self.warm()
        reply = await self._reply(call)
        now = self._clock.now()

        def answer() -> Answer[T]:
            try:
                found = decode.unwrap(reply, now=now, hide=self._masker, empty_ok=empty_ok)
                data = read(found)
            except VzapsError as problem:
                problem.status = problem.status or reply.status
                problem.request_id = problem.request_id or decode.request_id(reply)
                if isinstance(problem, AuthError) and not self._credentials.is_account:
                    problem.hint = _SINGLE_HINT
                raise
            return Answer(data, code=found.code, request_id=found.request_id)

        if len(reply.body) <= OFF_LOOP:
            return answer()
        return await asyncio.to_thread(answer)

    async def _reply(self, call: Call) -> Reply:
        """The answer to a call; after a 401 of one resend with a renewed token (law 2)."""
        if call.scope is Scope.NONE or not self._credentials.is_account:
            return await self._transport.send(call, self._headers(call, None))
        jwt = await self._jwt.current()
        reply = await self._transport.send(call, self._headers(call, jwt))
        if reply.status != HTTPStatus.UNAUTHORIZED:
            return reply
        jwt = await self._jwt.instead_of(jwt)
        return await self._transport.send(call, self._headers(call, jwt))

    def _headers(self, call: Call, jwt: Secret | None) -> dict[str, str]:
        """All credentials at hand that the route takes (CONTRACT 1.4; 7, row 23)."""
        if call.scope is Scope.NONE:
            return {}
        headers = {"X-Client-Token": self._credentials.client_token.reveal()}
        if jwt is not None:
            headers["Authorization"] = f"Bearer {jwt.reveal()}"
        token = self._tokens.get(call.instance) if call.instance else None
        if token is not None:
            headers["X-Instance-Token"] = token.reveal()
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                raise AuthError(f"the value for {name} holds characters that cannot be sent")
        return headers

    async def _fetch_token(self) -> AccessToken:
        call = token_call(self._credentials)
        try:
            token = (await self._ask(call, lambda found: read_token(found.payload))).data
        except (RejectedError, ForbiddenError) as no:
            refused = AuthError(no.reason, status=no.status, request_id=no.request_id)
        except NotFoundError as no:
            raise NotOfferedError(
                "there is no /token at the base URL", status=no.status, request_id=no.request_id
            ) from None
        else:
            self._masker.learn(token.secret)
            return token
        raise refused

    def _remember(self, tokens: dict[InstanceId, Secret]) -> None:
        for instance, token in tokens.items():
            self._masker.learn(token)
            self._tokens[instance] = token

    # Single-instance mode

    async def _only_instance(self, page: int, size: int) -> Answer[Page[Instance]]:
        only = self._credentials.instance_id
        if not only:
            raise AuthError(
                "neither a client secret nor an instance id is set",
                hint="Set VZAPS_CLIENT_SECRET, or VZAPS_INSTANCE_ID and VZAPS_INSTANCE_TOKEN.",
            )
        if page > 1:
            return Answer(Page((), page, size, total=1, total_pages=1))
        answer = await self._described(InstanceId(only))
        return _carry(answer, Page((answer.data,), page, size, total=1, total_pages=1))

    async def _described(self, instance: InstanceId) -> Answer[Instance]:
        """An instance put together from what its own token may ask."""
        session = await self.session(instance)
        webhook = await self.webhook(instance)
        state = session.data
        row = Instance(
            id=instance,
            name=instance,
            link=LinkState.CONNECTED if state.connected else LinkState.DISCONNECTED,
            webhook=webhook.data.url,
            events=webhook.data.events,
            phone=state.phone or state.jid,
        )
        return _carry(webhook, row)


def _carry(answer: Answer[Any], data: T) -> Answer[T]:
    """The same answer with other data."""
    return Answer(data, answer.code, answer.success, answer.request_id)


def _path(instance: InstanceId, parts: tuple[str, ...]) -> str:
    return "/".join(("/instances", *(segment(part) for part in (instance, *parts))))


def _get(name: str, instance: InstanceId, *parts: str) -> Call:
    return Call(
        name=name,
        method="GET",
        path=_path(instance, parts),
        idempotent=True,
        scope=Scope.INSTANCE,
        instance=instance,
    )


def _post(
    name: str,
    instance: InstanceId,
    *parts: str,
    idempotent: bool,
    body: dict[str, object] | None = None,
) -> Call:
    path = _path(instance, parts)
    return Call(name, "POST", path, idempotent, Scope.INSTANCE, body, instance)


def _known(log: LogId) -> LogId:
    if not log:
        raise NotFoundError("the log gives this row no id, so it cannot be asked for")
    return log
