"""What a fault does to an answer, on the wire: a broken connection here is really broken."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from email.utils import format_datetime

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from vzaps_tui.emulator.scenarios import REPLIES, Fault
from vzaps_tui.emulator.shapes import refusal

_PROXY_PAGE = (
    "<html><head><title>502 Bad Gateway</title></head>"
    "<body><h1>502 Bad Gateway</h1><hr>cloud-proxy</body></html>"
)
_PORTAL_PAGE = (
    "<!doctype html><html><head><title>Free Wi-Fi</title></head>"
    "<body><form>Accept the terms to go online</form></body></html>"
)

_ERRORS: dict[str, tuple[int, str]] = {
    "error-500": (500, "internal error"),
    "error-503": (503, "the service is being restarted"),
    "unauthorized": (401, "token is invalid or expired"),
    "forbidden": (403, "instance and client token do not belong to the same owner"),
    "not-found": (404, "not found"),
    "not-allowed": (405, "method not allowed"),
    "unprocessable": (422, "the request cannot be processed"),
}
_AFTER = frozenset({"empty-body", "cut-body", "null", "list", "reset-after", "no-answer"})


class JsonResponse(Response):
    """JSON; text that UTF-8 cannot carry is escaped instead of refused."""

    media_type = "application/json"

    def __init__(
        self, content: object, status_code: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        try:
            body = text.encode()
        except UnicodeEncodeError:
            body = json.dumps(content, separators=(",", ":")).encode()
        super().__init__(body, status_code, headers)


class Reset(Response):
    """No answer: the connection is reset (RST, not FIN)."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["state"]["transport"]
        connection = transport.get_extra_info("socket")
        linger = struct.pack("ii", 1, 0)  # close at once and throw away what is in flight
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()


class Silence(Response):
    """No answer: the client waits until it gives up."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class Cut(Response):
    """The head promises the whole body; half of it comes, then the connection is closed."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["state"]["transport"]
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport.close()


def _limited(fault: Fault, now: datetime) -> Response:
    headers: dict[str, str] = {}
    if fault.kind == "rate-limit":
        headers["Retry-After"] = f"{max(1, round(fault.seconds))}"
    elif fault.kind == "rate-limit-date":
        until = now + timedelta(seconds=max(1, round(fault.seconds)))
        headers["Retry-After"] = format_datetime(until, usegmt=True)
    return JsonResponse(refusal(429, "too many requests"), 429, headers)


def instead(fault: Fault, now: datetime) -> Response | None:
    """The answer that comes in place of carrying the call out; None = it is carried out."""
    if fault.kind in _ERRORS:
        status, text = _ERRORS[fault.kind]
        return JsonResponse(refusal(status, text), status)
    if fault.kind.startswith("rate-limit"):
        return _limited(fault, now)
    if fault.kind == "success-false":
        return JsonResponse(refusal(200, "the operation failed"))
    if fault.kind == "html-error":
        return HTMLResponse(_PROXY_PAGE, 502)
    if fault.kind == "portal":
        return HTMLResponse(_PORTAL_PAGE)
    return Reset() if fault.kind == "reset" else None


def afterwards(fault: Fault, answer: Response) -> Response:
    """What becomes of the answer to a call that was carried out."""
    if fault.kind == "cut-body":
        return Cut(answer.body, answer.status_code, media_type="application/json")
    made: dict[str, Response] = {
        "empty-body": Response(b"", media_type="application/json"),
        "null": JsonResponse(None),
        "list": JsonResponse([]),
        "reset-after": Reset(),
        "no-answer": Silence(),
    }
    return made.get(fault.kind, answer)


async def weathered(
    faults: list[Fault], now: Callable[[], datetime], carry_out: Callable[[], Awaitable[Response]]
) -> Response:
    """The answer to one call under `faults`; the first that replaces the answer wins."""
    for fault in faults:
        if fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
    for fault in faults:
        if answer := instead(fault, now()):
            return answer
    answer = await carry_out()
    after = next((fault for fault in faults if fault.kind in _AFTER), None)
    return afterwards(after, answer) if after else answer


def persistent(scenarios: set[str]) -> list[Fault]:
    """The scenarios that are faults, in a fixed order."""
    return [Fault(kind) for kind in REPLIES if kind in scenarios]
