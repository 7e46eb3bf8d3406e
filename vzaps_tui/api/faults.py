"""What httpx may raise, in the product's words, and whether the server may have acted."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Final, cast

import httpx

from vzaps_tui.domain.problems import ProtocolError, UnavailableError, VzapsError

CATCH: Final = (
    httpx.RequestError,
    httpx.InvalidURL,
    httpx.StreamError,
    TimeoutError,
    OSError,
    UnicodeError,
)
"""Everything that sending may raise; each is named, what is not here is a bug."""

_NEVER_SENT: Final = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
    httpx.InvalidURL,
    UnicodeError,
)
_WORDS: Final[dict[type[BaseException], str]] = {
    httpx.ConnectTimeout: "no connection in time",
    httpx.PoolTimeout: "no free connection in time: too many calls at once",
    httpx.ReadTimeout: "connected, but no answer in time",
    httpx.WriteTimeout: "the request could not be sent in time",
    httpx.UnsupportedProtocol: "the base URL must begin with https:// or http://",
    httpx.InvalidURL: "the base URL cannot be read",
    httpx.LocalProtocolError: "the request could not be built from the settings",
    httpx.ProxyError: "the proxy refused the connection",
    httpx.RemoteProtocolError: "the server closed the connection without an answer",
    httpx.ReadError: "the connection was reset before the answer was complete",
    httpx.WriteError: "the connection was reset while sending",
    TimeoutError: "the answer took too long",
    UnicodeError: "the host name cannot be used",
}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all it stands for: causes, contexts, members of groups."""
    seen: set[int] = set()
    todo: list[BaseException] = [error]
    while todo:
        found = todo.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if isinstance(found, BaseExceptionGroup):
            todo.extend(cast("tuple[BaseException, ...]", found.exceptions))
        todo.extend(e for e in (found.__cause__, found.__context__) if e is not None)


def _connecting(error: BaseException) -> str:
    """Why there is no connection: name, certificate, refusal, or nothing more than that."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "the host name was not found (DNS)"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the server's certificate is not trusted (TLS: {cause.verify_message})"
        if isinstance(cause, ssl.SSLError):
            return f"no secure connection (TLS: {cause.reason or 'handshake failed'})"
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "the connection was refused: nothing listens there"
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return _WORDS[httpx.ConnectTimeout]
    return "no connection could be made: the network or the host is down"


def explain(error: BaseException, *, reading: bool) -> VzapsError:
    """The problem behind an error of the transport.

    The error's own text is not used: it may quote a header, and with it a token.

    Args:
        error: one of `CATCH`.
        reading: whether the head of the answer had come: what breaks later cuts the body.
    """
    if reading and isinstance(error, httpx.RemoteProtocolError):
        return ProtocolError("the answer was cut off before its end")
    if isinstance(error, httpx.DecodingError):
        return ProtocolError("the answer's compression cannot be read")
    if isinstance(error, httpx.ConnectError):
        return UnavailableError(_connecting(error), acted=False)
    words = next((text for kind, text in _WORDS.items() if isinstance(error, kind)), "")
    return UnavailableError(
        words or f"the connection failed ({type(error).__name__})",
        acted=not isinstance(error, _NEVER_SENT),
    )
