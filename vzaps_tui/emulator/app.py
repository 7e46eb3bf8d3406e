"""The routes of the emulated API: who may call, what is carried out, which shape the answer has."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from itertools import count
from typing import Any

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
from vzaps_tui.emulator.seeded import hexadecimal
from vzaps_tui.emulator.weather import JsonResponse, persistent, weathered
from vzaps_tui.emulator.world import QueueFullError, Received, World

MAX_SIZE = 100
"""The largest page; more is cut to it without a word (the real limit is unknown, CONTRACT 8)."""
MAX_BODY = 1 << 20
_BARE = frozenset({"token", "list", "get"})
_ID = "/instances/{id}"
_LOGS = f"{_ID}/webhook/logs"


class Refusal(Exception):
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
        except ValueError:
            raise Refusal(400, "the body is not valid JSON") from None
        if not isinstance(value, dict):
            raise Refusal(422, "the body must be an object")
        return value  # pyright: ignore[reportUnknownVariableType] - JSON, keys are str

    def number(self, name: str, default: int) -> int:
        """A whole number from 1 out of the body."""
        value = self.body().get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise Refusal(422, f"{name} must be a whole number from 1")
        return value

    def owner(self) -> None:
        """Let nobody pass without a good JWT (CONTRACT 1.4)."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "missing bearer token")
        if not self.world.knows_token(token.strip()):
            raise Refusal(401, "token is invalid or expired")

    def instance(self) -> Instance:
        """The instance in the path, for its owner: a JWT, or instance and client token."""
        headers = self.request.headers
        found = self.world.instance(self.request.path_params["id"])
        if "authorization" in headers:
            self.owner()
        elif "x-instance-token" not in headers:
            raise Refusal(401, "missing credentials")
        client = headers.get("x-client-token")
        if client is not None and client != self.world.client_token:
            raise Refusal(403, "instance and client token do not belong to the same owner")
        if client is None and "authorization" not in headers:
            raise Refusal(401, "missing X-Client-Token")
        if found is None:
            raise Refusal(404, "instance not found")
        if headers.get("x-instance-token", found.token) != found.token:
            raise Refusal(401, "instance token is invalid")
        return found

    def log(self, instance: Instance) -> Log:
        """The row in the path."""
        found = self.world.log(instance, self.request.path_params["log"])
        if found is None:
            raise Refusal(404, "webhook log not found")
        return found


def token(call: Call) -> Any:
    """POST /token (CONTRACT 1.3)."""
    body = call.body()
    given = (body.get("client_token"), body.get("client_secret"))
    if not all(isinstance(part, str) and part for part in given):
        raise Refusal(400, "client_token and client_secret are required")
    if given != (call.world.client_token, call.world.client_secret):
        raise Refusal(401, "client token or secret is wrong")
    return {"access_token": call.world.issue_token(), "expires_in": call.world.token_lifetime}


def instances_list(call: Call) -> Any:
    """POST /instances/list (CONTRACT 3.1)."""
    call.owner()
    body = call.body()
    number, size = call.number("page", 1), min(call.number("size", 20), MAX_SIZE)
    wanted = body.get("filter")
    query = str((wanted if isinstance(wanted, dict) else {}).get("query") or "").strip().casefold()
    found = [i for i in call.world.instances if query in f"{i.name}\n{i.id}".casefold()]
    if sort := body.get("sort"):
        backwards = bool(body.get("sort_desc", body.get("sortDesc", False)))
        found.sort(key=_SORTS.get(str(sort), _SORTS["createdAt"]), reverse=backwards)
    start = (number - 1) * size
    rows = [shapes.instance_summary(i, call.world.scenarios) for i in found[start : start + size]]
    return {
        **shapes.page(rows, number, size, len(found)),
        "summary": {"connected": sum(i.connected for i in found)},
    }


_SORTS: dict[str, Callable[[Instance], Any]] = {
    "createdAt": lambda i: i.created_at,
    "created_at": lambda i: i.created_at,
    "updatedAt": lambda i: i.updated_at,
    "updated_at": lambda i: i.updated_at,
    "name": lambda i: i.name.casefold(),
}


def instances_get(call: Call) -> Any:
    """POST /instances/get (CONTRACT 3.2)."""
    call.owner()
    wanted = call.body().get("id")
    if not isinstance(wanted, str) or not wanted:
        raise Refusal(422, "id is required")
    found = call.world.instance(wanted)
    if found is None:
        raise Refusal(404, "instance not found")
    return shapes.instance_summary(found, call.world.scenarios)


def webhook_get(call: Call) -> Any:
    """GET /instances/{id}/webhook (CONTRACT 3.3)."""
    return shapes.webhook_read(call.instance())


def webhook_set(call: Call) -> Any:
    """POST /instances/{id}/webhook (CONTRACT 3.4): unknown event names are dropped, as in the lineage."""
    instance = call.instance()
    body, scenarios = call.body(), call.world.scenarios
    events = body.get("events")
    if isinstance(events, str) and "events-list-only" in scenarios:
        raise Refusal(422, "events must be a list")
    names = _names(events)
    spellings = [k for k in ("webhookURL", "webhook_url") if k in body]
    if not spellings:
        raise Refusal(422, "webhookURL is required")
    refused = {
        other
        for other in ("webhookURL", "webhook_url")
        if not scenarios.isdisjoint({"only-webhookURL", "only-webhook_url"} - {f"only-{other}"})
    }
    heard = [k for k in spellings if k not in refused]
    if heard:
        url = body[heard[0]]
        if not isinstance(url, str):
            raise Refusal(422, f"{heard[0]} must be a text")
        instance.webhook = url.strip() or None
        if names is not None:
            instance.events = names
        instance.updated_at = call.world.now()
    return shapes.webhook_written(instance)


def _names(events: Any) -> tuple[str, ...] | None:
    """Known names in the order given, without doubles; `All` if none is left; None = not given."""
    if events is None:
        return None
    given: list[Any] = events.split(",") if isinstance(events, str) else events
    if not isinstance(given, list):
        raise Refusal(422, "events must be a text or a list")
    known = dict.fromkeys(n for n in given if isinstance(n, str) and n in EVENTS)
    return tuple(known) or (ALL,)


def search(call: Call) -> Any:
    """POST …/webhook/logs/search (CONTRACT 3.5): newest first; `status` on top or in `filter`."""
    instance = call.instance()
    body, scenarios = call.body(), call.world.scenarios
    number, size = call.number("page", 1), min(call.number("size", 20), MAX_SIZE)
    wanted = body.get("filter")
    status = body.get("status") or (wanted if isinstance(wanted, dict) else {}).get("status")
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


def log_get(call: Call) -> Any:
    """GET …/webhook/logs/{log} (CONTRACT 3.6)."""
    instance = call.instance()
    log = call.log(instance)
    return shapes.detail(instance, log, call.world.payload(instance, log), call.world.scenarios)


def retry(call: Call) -> Any:
    """POST …/webhook/logs/{log}/retry (CONTRACT 3.7)."""
    instance = call.instance()
    log = call.log(instance)
    try:
        target = call.world.retry(instance, log)
    except ValueError as problem:
        raise Refusal(409, str(problem)) from None
    except QueueFullError:
        raise Refusal(503, "too many deliveries are waiting") from None
    return shapes.retry_receipt(log, target, call.world.scenarios)


def session_status(call: Call) -> Any:
    """GET …/session/status (CONTRACT 3.8)."""
    return shapes.session(call.instance())


def send_text(call: Call) -> Any:
    """POST …/chat/send/text (CONTRACT 3.12): nothing is sent, but the Message event follows."""
    instance = call.instance()
    body = call.body()
    phone, text = body.get("phone"), body.get("message")
    if not isinstance(phone, str) or not isinstance(text, str) or not phone:
        raise Refusal(422, "phone and message are required")
    now = call.world.now()
    message_id = f"3EB0{hexadecimal(12, phone, text, now.timestamp()).upper()}"
    if instance.webhook and {"Message", ALL} & set(instance.events):
        call.world.emit(instance, "Message", sent_text(text, phone, message_id, now))
    return {"message_id": message_id}


_ROUTES: tuple[tuple[str, str, str, Callable[[Call], Any]], ...] = (
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


def build(world: World) -> Starlette:
    """The ASGI application of one world."""
    numbers = count(1)

    def sign(answer: Response) -> Response:
        answer.headers["X-Request-Id"] = f"req_{next(numbers):06x}"
        answer.headers["Date"] = formatdate(usegmt=True)
        return answer

    async def receive(request: Request) -> Call:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise Refusal(413, "the body is too large")
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = Received(request.method, request.url.path, headers, bytes(body))
        world.requests.append(received)
        return Call(world, request, received.body)

    def route(name: str, handle: Callable[[Call], Any]) -> Callable[[Request], Awaitable[Response]]:
        async def carry_out(call: Call) -> Response:
            try:
                data = handle(call)
            except Refusal as refusal:
                return JsonResponse(shapes.refusal(refusal.status, refusal.text), refusal.status)
            return JsonResponse(_shaped(name, data, world.scenarios))

        async def serve(request: Request) -> Response:
            try:
                call = await receive(request)
            except Refusal as refusal:
                body = shapes.refusal(refusal.status, refusal.text)
                return sign(JsonResponse(body, refusal.status))
            except ClientDisconnect:
                return Response()
            faults = [] if name == "token" else persistent(world.scenarios)
            if fault := world.faults.take(name):
                faults.insert(0, fault)
                if fault.kind == "expired-token":
                    world.revoke_tokens()
            return sign(await weathered(faults, world.now, lambda: carry_out(call)))

        return serve

    async def refuse(request: Request, problem: Exception) -> Response:
        await receive(request)
        status = problem.status_code if isinstance(problem, HTTPException) else 500
        headers = dict(problem.headers or {}) if isinstance(problem, HTTPException) else {}
        text = {404: "page not found", 405: "method not allowed"}.get(status, "error")
        return sign(JsonResponse(shapes.refusal(status, text), status, headers))

    return Starlette(
        routes=[
            Route(path, route(name, handle), methods=[method], name=name)
            for name, method, path, handle in _ROUTES
        ],
        exception_handlers={HTTPException: refuse},
    )


def _shaped(name: str, data: Any, scenarios: set[str]) -> Any:
    """The answer's body: bare or wrapped as CONTRACT 2 has it, unless a scenario says otherwise."""
    wrapped = name not in _BARE
    if "envelope" in scenarios:
        wrapped = True
    if "bare" in scenarios:
        wrapped = False
    if "camel-case" in scenarios:
        data = shapes.camel(data)
    return shapes.wrap(data) if wrapped else data
