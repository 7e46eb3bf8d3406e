"""An HTTP answer becomes the API's payload, or a problem in the product's words; no I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from vzaps_tui.api.call import Reply
from vzaps_tui.api.policy import parse_retry_after
from vzaps_tui.api.wire import Fields, as_list, as_object
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    TroubledError,
    UnavailableError,
    VzapsError,
)

REASON_LENGTH: Final = 300
# Masking runs before the cut, or half a secret could stay; it runs on no more than this.
_MASKED_LENGTH: Final = 4_000
_HTML: Final = "an HTML page instead of JSON"
_SIMPLE: Final[dict[int, type[VzapsError]]] = {
    401: AuthError,
    403: ForbiddenError,
    404: NotFoundError,
    405: NotOfferedError,
    408: UnavailableError,
}
_ERROR, _SERVER_ERROR, _REDIRECT, _OK = 400, 500, 300, 200

Hide = Callable[[str], str]
"""Masks secrets in a text."""


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """What an answer held.

    Attributes:
        payload: the envelope's `data`, or the body itself where it is bare (CONTRACT 2.2);
            None where the answer was empty or `null` and that was allowed.
        code: the envelope's code, else the HTTP status.
        whole: the body as parsed, for the raw view.
    """

    payload: object
    code: int
    request_id: str | None
    whole: object


def tidy(text: str, hide: Hide) -> str:
    """A server's words, on one line, masked, at most 300 characters."""
    words = hide(" ".join(text[:_MASKED_LENGTH].split()))
    return words if len(words) <= REASON_LENGTH else words[: REASON_LENGTH - 1] + "…"


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    return dict(pairs)


def parse(body: bytes | str) -> object:
    """JSON to objects; a problem that says what is odd otherwise. NaN and lone surrogates survive.

    Raises:
        ProtocolError: not JSON, cut short, or nested too deep.
    """
    # The hook costs nothing and is the only point where the parser, running in a thread, lets the
    # event loop have a turn: without it a body of megabytes holds up the screen.
    try:
        return json.loads(body, object_pairs_hook=_table)
    except json.JSONDecodeError as error:
        reason = f"not JSON, or cut short ({error.msg} at character {error.pos} of {len(body)})"
    except RecursionError:
        reason = "nested too deep to be read"
    except ValueError as error:  # bytes that are no text, numbers of thousands of digits
        reason = f"not readable as JSON ({type(error).__name__})"
    raise ProtocolError(reason)


def request_id(reply: Reply) -> str | None:
    """The server's `X-Request-Id`, cut to a sensible length."""
    return reply.headers.get("x-request-id", "")[:100] or None


def _is_html(reply: Reply) -> bool:
    return "html" in reply.headers.get("content-type", "").lower() or reply.body[
        :200
    ].lstrip().startswith(b"<")


def _is_blank(body: bytes) -> bool:
    return not body.strip(b" \t\r\n")


def message_of(body: object) -> str:
    """The server's words in an error body, by the order of CONTRACT 7 row 13; empty if none."""
    fields = Fields.of(body)
    if fields is None:
        return ""
    first = next(iter(as_list(fields.pick("errors")) or ()), None)
    listed = first if isinstance(first, str) else (Fields.of(first) or Fields({})).text("message")
    if listed:
        return listed
    for name in ("error", "message", "detail"):
        value = fields.pick(name)
        inner = Fields.of(value)
        words = (
            inner.text("message", "error", "detail") if inner else Fields({"x": value}).text("x")
        )
        if words:
            return words
    data = Fields.of(fields.pick("data"))
    return (data.text("error", "message") if data else None) or ""


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _words(reply: Reply) -> str:
    if _is_blank(reply.body):
        return ""
    if _is_html(reply):
        return "(HTML page)"
    try:
        body = parse(reply.body)
    except ProtocolError:
        return reply.body[:_MASKED_LENGTH].decode("utf-8", "replace")
    return body if isinstance(body, str) else message_of(body)


def refusal(reply: Reply, *, now: datetime, hide: Hide) -> VzapsError | None:
    """The problem an HTTP status means, or None for 2xx (CONTRACT 2.4).

    Args:
        reply: the answer.
        now: aware; against it a `Retry-After` date is reckoned.
        hide: masks the server's words.
    """
    status, trace = reply.status, request_id(reply)
    if _OK <= status < _REDIRECT:
        return None
    if status < _ERROR:
        return _redirected(reply)
    words, phrase = _words(reply), _phrase(status)
    bare = not words or words == "(HTML page)"
    told = tidy(f"{phrase} {words}".strip() if bare else words, hide)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = parse_retry_after(reply.headers.get("retry-after"), now)
        return RateLimitedError(told, retry_after=wait, request_id=trace)
    kind = _SIMPLE.get(status, TroubledError if status >= _SERVER_ERROR else RejectedError)
    if issubclass(kind, UnavailableError) and not bare:
        told = tidy(f"{phrase}: {words}", hide)
    return kind(told, status=status, request_id=trace)


def _redirected(reply: Reply) -> ProtocolError:
    try:
        host = urlsplit(reply.headers.get("location", "")).hostname
    except ValueError:
        host = None
    return ProtocolError(
        f"{_phrase(reply.status)}" + (f" to {host[:100]}" if host else ""),
        status=reply.status,
        request_id=request_id(reply),
        hint="The base URL answers with a redirect, which is not followed, as it would carry the"
        " credentials along. Set VZAPS_BASE_URL to the address it leads to.",
    )


def unwrap(reply: Reply, *, now: datetime, hide: Hide = str, empty_ok: bool = False) -> Unwrapped:
    """The payload of an answer (CONTRACT 2).

    Args:
        reply: the answer.
        now: aware; against it a `Retry-After` date is reckoned.
        hide: masks the server's words in a problem.
        empty_ok: whether an empty or `null` body is a yes, as for calls whose answer says no more.

    Raises:
        VzapsError: any refusal by status; `RejectedError` for a 2xx that says `success: false`;
            `ProtocolError` for a body that is not what the API speaks.
    """
    problem = refusal(reply, now=now, hide=hide)
    if problem is not None:
        raise problem
    trace = request_id(reply)
    try:
        body = _body(reply, empty_ok=empty_ok)
    except ProtocolError as odd:
        raise ProtocolError(odd.reason, status=reply.status, request_id=trace) from None
    fields = Fields.of(body)
    code = (fields.integer("code") if fields else None) or reply.status
    if fields is not None and _says_no(fields, code):
        told = tidy(message_of(body), hide) or "success is false, and no reason is given"
        raise RejectedError(told, status=reply.status, request_id=trace)
    wrapped = fields is not None and fields.has("data") and (fields.has("code", "success"))
    payload = fields.pick("data") if wrapped and fields is not None else body
    return Unwrapped(payload, code, trace, body)


def _body(reply: Reply, *, empty_ok: bool) -> object:
    if _is_blank(reply.body):
        if empty_ok:
            return None
        raise ProtocolError("an empty answer")
    if _is_html(reply):
        raise ProtocolError(_HTML)
    body = parse(reply.body)
    if body is None and not empty_ok:
        raise ProtocolError("null, where an object should be")
    if body == [] and not empty_ok:
        # Read as a page it would say "there is nothing", and wipe out what is known.
        raise ProtocolError("an empty list, where an object should be")
    return body


def _says_no(fields: Fields, code: int) -> bool:
    """`success: false`; or, where the flag is missing, an error code beside an error text."""
    success = fields.flag("success")
    if success is not None:
        return not success
    return code >= _ERROR and fields.has("code") and bool(fields.text("error"))


def need_object(payload: object, path: str = "$") -> dict[str, object]:
    """The payload as an object.

    Raises:
        ProtocolError: it is something else.
    """
    found = as_object(payload)
    if found is None:
        kind = "null" if payload is None else type(payload).__name__
        raise ProtocolError(f"{path}: an object should be here, not {kind}")
    return found
