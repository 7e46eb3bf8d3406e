"""The routes of the emulated API: who may call, what is carried out, which shape the answer has."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from functools import partial
from itertools import count
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from vzaps_tui.domain.webhooks import ALL, EVENTS
from vzaps_tui.emulator import shapes
from vzaps_tui.emulator.instances import Instance
from vzaps_tui.emulator.logs import Log
from vzaps_tui.emulator.payloads import sent_text
from vzaps_tui.emulator.scenarios import Fault
from vzaps_tui.emulator.seeded import hexadecimal
from vzaps_tui.emulator.weather import JsonResponse, persistent, weathered
from vzaps_tui.emulator.world import QueueFullError, Received, World

MAX_SIZE = 100
"""The largest page; more is cut to it without a word (the real limit is unknown, CONTRACT 8)."""
MAX_BODY = 1 << 20
_URL_KEYS = ("webhookURL", "webhook_url")
_BARE = frozenset({"token", "list", "get"})
_ID = "/instances/{id}"
_LOGS = f"{_ID}/webhook/logs"


class RefusedCallError(Exception):
    """A call that is answered with an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Call:
    """One call: the request, its body read, and the world it is about."""

    def __init__(self, world: World, request: Request, body: bytes) -> None:
        self.world = world
        self.request = request
        self.raw = body

    def body(self) -> dict[str, Any]:
        """The body as an object; none at all is an empty one (CONTRACT 7, row 15)."""
        if not self.raw.strip():
            return {}
        try:
            value = json.loads(self.raw)
        except (ValueError, RecursionError):
            raise RefusedCallError(400, "the body is not valid JSON") from None
        if not isinstance(value, dict):
            raise RefusedCallError(422, "the body must be an object")
        return cast("dict[str, Any]", value)

    def filter(self, name: str) -> str:
        """A text out of the body's `filter`; empty where there is none."""
        known = self.body().get("filter")
        value = cast("dict[str, Any]", known).get(name) if isinstance(known, dict) else None
        return str(value or "").strip()

    def number(self, name: str, default: int) -> int:
        """A whole number from 1 out of the body."""
        value = self.body().get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise RefusedCallError(422, f"{name} must be a whole number from 1")
        return value

    def owner(self) -> None:
        """Let nobody pass without a good JWT (CONTRACT 1.4)."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RefusedCallError(401, "missing bearer token")
        if not self.world.knows_token(token.strip()):
            raise RefusedCallError(401, "token is invalid or expired")

    def instance(self) -> Instance:
        """The instance in the path, for its owner: a JWT, or instance and client token."""
        headers = self.request.headers
        found = self.world.instance(self.request.path_params["id"])
        if "authorization" in headers:
            self.owner()
        elif "x-instance-token" not in headers:
            raise RefusedCallError(401, "missing credentials")
        client = headers.get("x-client-token")
        if client is not None and client != self.world.client_token:
            raise RefusedCallError(403, "instance and client token do not belong to the same owner")
        if client is None and "authorization" not in headers:
            raise RefusedCallError(401, "missing X-Client-Token")
        if found is None:
            raise RefusedCallError(404, "instance not found")
        if headers.get("x-instance-token", found.token) != found.token:
            raise RefusedCallError(401, "instance token is invalid")
        return found

    def log(self, instance: Instance) -> Log:
        """The row in the path."""
        found = self.world.log(instance, self.request.path_params["log"])
        if found is None:
            raise RefusedCallError(404, "webhook log not found")
        return found


def token(call: Call) -> object:
    """POST /token (CONTRACT 1.3)."""
    body = call.body()
    given = (body.get("client_token"), body.get("client_secret"))
    if not all(isinstance(part, str) and part for part in given):
        raise RefusedCallError(400, "client_token and client_secret are required")
    if given != (call.world.client_token, call.world.client_secret):
        raise RefusedCallError(401, "client token or secret is wrong")
    return {"access_token": call.world.issue_token(), "expires_in": call.world.token_lifetime}


def instances_list(call: Call) -> object:
    """POST /instances/list (CONTRACT 3.1)."""
    call.owner()
    body = call.body()
    number, size = call.number("page", 1), min(call.number("size", 20), MAX_SIZE)
    query = call.filter("query").casefold()
    found = [i for i in call.world.instances if query in f"{i.name}\n{i.id}".casefold()]
    if sort := body.get("sort"):
        backwards = bool(body.get("sort_desc", body.get("sortDesc", False)))
        found.sort(key=_SORTS.get(str(sort), _SORTS["createdAt"]), reverse=backwards)
    start = (number - 1) * size
    rows = [shapes.instance_summary(i, call.world.scenarios) for i in found[start : start + size]]
    summary = {"connected": sum(i.connected for i in found)}
    return {**shapes.page(rows, number, size, len(found)), "summary": summary}


_SORTS: dict[str, Callable[[Instance], Any]] = {
    "createdAt": lambda i: i.created_at,
    "created_at": lambda i: i.created_at,
    "updatedAt": lambda i: i.updated_at,
    "updated_at": lambda i: i.updated_at,
    "name": lambda i: i.name.casefold(),
}


def instances_get(call: Call) -> object:
    """POST /instances/get (CONTRACT 3.2)."""
    call.owner()
    wanted = call.body().get("id")
    if not isinstance(wanted, str) or not wanted:
        raise RefusedCallError(422, "id is required")
    found = call.world.instance(wanted)
    if found is None:
        raise RefusedCallError(404, "instance not found")
    return shapes.instance_summary(found, call.world.scenarios)


def webhook_get(call: Call) -> object:
    """GET /instances/{id}/webhook (CONTRACT 3.3)."""
    return shapes.webhook_read(call.instance())


def webhook_set(call: Call) -> object:
    """POST /instances/{id}/webhook (CONTRACT 3.4); unknown event names are dropped (lineage)."""
    instance = call.instance()
    body, scenarios = call.body(), call.world.scenarios
    events = body.get("events")
    if isinstance(events, str) and "events-list-only" in scenarios:
        raise RefusedCallError(422, "events must be a list")
    names = _names(events)
    given = [spelling for spelling in _URL_KEYS if spelling in body]
    if not given:
        raise RefusedCallError(422, "webhookURL is required")
    only = {f"only-{spelling}" for spelling in _URL_KEYS} & scenarios
    heard = [spelling for spelling in given if not only or f"only-{spelling}" in only]
    if heard:
        url = body[heard[0]]
        if not isinstance(url, str):
            raise RefusedCallError(422, f"{heard[0]} must be a text")
        instance.webhook = url.strip() or None
        instance.events = names or instance.events
        instance.updated_at = call.world.utc()
    return shapes.webhook_written(instance)


def _names(events: object) -> tuple[str, ...] | None:
    """Known names in the order given, without doubles; `All` if none is left; None = not given."""
    if events is None:
        return None
    given = events.split(",") if isinstance(events, str) else events
    if not isinstance(given, list):
        raise RefusedCallError(422, "events must be a text or a list")
    known = dict.fromkeys(
        n for n in cast("list[object]", given) if isinstance(n, str) and n in EVENTS
    )
    return tuple(known) or (ALL,)


def search(call: Call) -> object:
    """POST …/webhook/logs/search (CONTRACT 3.5): newest first; `status` on top or in `filter`."""
    instance = call.instance()
    scenarios = call.world.scenarios
    number, size = call.number("page", 1), min(call.number("size", 20), MAX_SIZE)
    status = call.body().get("status") or call.filter("status")
    statuses = frozenset({str(status).lower()}) if status else None
    if "ignore-filters" in scenarios:
        statuses = None
    if "ignore-paging" in scenarios:
        number = 1
    logs, total = call.world.search(instance, number, size, statuses)
    rows: list[Any] = [shapes.row(instance, log, scenarios) for log in logs]
    if "odd-rows" in scenarios:
        rows = shapes.odd(rows)
    return shapes.page(rows, number, size, total)


def log_get(call: Call) -> object:
    """GET …/webhook/logs/{log} (CONTRACT 3.6)."""
    instance = call.instance()
    log = call.log(instance)
    return shapes.detail(instance, log, call.world.payload(instance, log), call.world.scenarios)


def retry(call: Call) -> object:
    """POST …/webhook/logs/{log}/retry (CONTRACT 3.7)."""
    instance = call.instance()
    log = call.log(instance)
    try:
        target = call.world.retry(instance, log)
    except ValueError as problem:
        raise RefusedCallError(409, str(problem)) from None
    except QueueFullError:
        raise RefusedCallError(503, "too many deliveries are waiting") from None
    return shapes.retry_receipt(log, target, call.world.scenarios)


def session_status(call: Call) -> object:
    """GET …/session/status (CONTRACT 3.8)."""
    return shapes.session(call.instance())


def send_text(call: Call) -> object:
    """POST …/chat/send/text (CONTRACT 3.12): nothing is sent, but the Message event follows."""
    instance = call.instance()
    body = call.body()
    phone, text = body.get("phone"), body.get("message")
    if not isinstance(phone, str) or not isinstance(text, str) or not phone:
        raise RefusedCallError(422, "phone and message are required")
    now = call.world.utc()
    message_id = f"3EB0{hexadecimal(12, phone, text, now.timestamp()).upper()}"
    if instance.webhook and {"Message", ALL} & set(instance.events):
        call.world.emit(instance, "Message", sent_text(text, phone, message_id, now))
    return {"message_id": message_id}


_ROUTES: tuple[tuple[str, str, str, Callable[[Call], object]], ...] = (
    ("token", "POST", "/token", token),
    ("list", "POST", "/instances/list", instances_list),
    ("get", "POST", "/instances/get", instances_get),
    ("webhook-get", "GET", f"{_ID}/webhook", webhook_get),
    ("webhook-set", "POST", f"{_ID}/webhook", webhook_set),
    ("search", "POST", f"{_LOGS}/search", search),
    ("retry", "POST", _LOGS + "/{log:path}/retry", retry),
    ("log", "GET", _LOGS + "/{log:path}", log_get),
    ("session", "GET", f"{_ID}/session/status", session_status),
    ("send-text", "POST", f"{_ID}/chat/send/text", send_text),
)


class _Emulation:
    """Takes calls in, lets the weather at them, signs the answers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = count(1)

    def endpoint(
        self, name: str, handle: Callable[[Call], object]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The Starlette endpoint of one route."""

        async def serve(request: Request) -> Response:
            try:
                call = await self._take_in(request)
            except RefusedCallError as refusal:
                return self._sign(_refused(refusal))
            except ClientDisconnect:
                return Response()
            faults = self._faults(name)
            carry_out = partial(self._carry_out, name, handle, call)
            return self._sign(await weathered(faults, self._world.utc, carry_out))

        return serve

    async def refuse(self, request: Request, problem: Exception) -> Response:
        """The answer to a path or a method that is not there."""
        await self._take_in(request)
        assert isinstance(problem, HTTPException)  # noqa: S101 - registered for nothing else
        text = {404: "page not found", 405: "method not allowed"}.get(problem.status_code, "error")
        body = shapes.refusal(problem.status_code, text)
        return self._sign(JsonResponse(body, problem.status_code, dict(problem.headers or {})))

    async def _take_in(self, request: Request) -> Call:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise RefusedCallError(413, "the body is too large")
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.url.path, headers, bytes(body))
        self._world.requests.append(received)
        return Call(self._world, request, received.body)

    def _faults(self, name: str) -> list[Fault]:
        if not all(allowance.take(name) for allowance in self._world.allowances):
            return [Fault("rate-limit", 1.0)]
        # Without a token nothing can be tried: scenarios spare that route, aimed faults do not.
        faults = [] if name == "token" else persistent(self._world.scenarios)
        aimed = self._world.faults.take(name)
        if any(fault.kind == "expired-token" for fault in aimed):
            self._world.revoke_tokens()
        return [*aimed, *faults]

    async def _carry_out(self, name: str, handle: Callable[[Call], object], call: Call) -> Response:
        try:
            data = handle(call)
        except RefusedCallError as refusal:
            return _refused(refusal)
        return JsonResponse(_shaped(name, data, self._world.scenarios))

    def _sign(self, answer: Response) -> Response:
        answer.headers["X-Request-Id"] = f"req_{next(self._numbers):06x}"
        answer.headers["Date"] = format_datetime(self._world.utc(), usegmt=True)
        return answer


def build(world: World) -> Starlette:
    """The ASGI application of one world."""
    emulation = _Emulation(world)
    return Starlette(
        routes=[
            Route(path, emulation.endpoint(name, handle), methods=[method], name=name)
            for name, method, path, handle in _ROUTES
        ],
        exception_handlers={HTTPException: emulation.refuse},
    )


def _refused(refusal: RefusedCallError) -> Response:
    return JsonResponse(shapes.refusal(refusal.status, refusal.text), refusal.status)


def _shaped(name: str, data: object, scenarios: set[str]) -> object:
    """The body: bare or wrapped as CONTRACT 2 has it, unless a scenario says otherwise."""
    wrapped = name not in _BARE
    if "envelope" in scenarios:
        wrapped = True
    if "bare" in scenarios:
        wrapped = False
    if "camel-case" in scenarios:
        data = shapes.camel(data)
    return shapes.wrap(data) if wrapped else data
