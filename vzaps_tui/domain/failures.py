"""Why a delivery failed, read from its HTTP status and the words of its error."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache, lru_cache

from vzaps_tui.domain.deliveries import Delivery, StatusClass, classify


class FailureKind(StrEnum):
    """What went wrong, as far as it can be told; the values are words of the query language."""

    DNS = "dns"
    REFUSED = "refused"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    HTTP_4XX = "4xx"
    HTTP_5XX = "5xx"
    OTHER = "other"


# The first that is found counts, so the order is a rule: a look-up that timed out is a matter of
# DNS, a TLS handshake that timed out one of time, and a bad certificate may close a connection.
_SIGNS: dict[FailureKind, tuple[str, ...]] = {
    FailureKind.DNS: (
        r"\bdns\b|no such host|unknown host|enotfound|eai_again|nxdomain|getaddrinfo",
        r"name resolution|resolv(?:e|ing) host|name or service not known",
        r"nodename nor servname|dial tcp: lookup|server misbehaving",
    ),
    FailureKind.REFUSED: (r"connection refused|econnrefused|actively refused",),
    FailureKind.TIMEOUT: (r"time-?out|timed[ -]?out|deadline exceeded|took too long",),
    FailureKind.TLS: (
        r"\btls\b|\bssl|x509|certificate|\bcert_|unable_to_verify|self[- ]signed|handshake fail",
    ),
    FailureKind.RESET: (
        r"connection reset|reset by peer|econnreset|econnaborted|epipe|broken pipe",
        r"hang up|hung up|\beof\b|server disconnected|connection (?:was )?(?:closed|aborted)",
        r"(?:closed|closing) (?:the )?connection|without (?:sending )?a(?:ny)? response",
    ),
}
_READ = 2000
"""Characters of an error that are looked at: a stranger may have sent a whole page."""
_CLIENT, _SERVER, _BEYOND = 400, 500, 600


def failure_kind(row: Delivery) -> FailureKind:
    """Why the last try of a delivery failed.

    An HTTP status from 400 on counts before the words of the error: there was an answer. OTHER
    where nothing tells it, which is also what a delivered row or one never tried is.
    """
    return _kind(row.status, row.http_status, row.error[:_READ] if row.error else "")


_SILENT = frozenset(
    {
        FailureKind.DNS,
        FailureKind.REFUSED,
        FailureKind.TLS,
        FailureKind.TIMEOUT,
        FailureKind.RESET,
    }
)


def got_no_answer(row: Delivery) -> bool:
    """Whether the last try of a delivery surely met with no answer: no code, and an error says so.

    A code of 0 stands for none, as in a query.
    """
    return not row.http_status and failure_kind(row) in _SILENT


@cache
def _readers() -> tuple[tuple[FailureKind, re.Pattern[str]], ...]:
    """Compiled when the first error is read, not at the start of the program."""
    return tuple(
        (kind, re.compile("|".join(signs), re.IGNORECASE)) for kind, signs in _SIGNS.items()
    )


@lru_cache(maxsize=4096)
def _kind(status: str, code: int | None, error: str) -> FailureKind:
    """The same few come often, and this is asked of every row."""
    if classify(status, code) is StatusClass.DELIVERED:
        return FailureKind.OTHER
    code = code or 0
    if _CLIENT <= code < _SERVER:
        return FailureKind.HTTP_4XX
    if _SERVER <= code < _BEYOND:
        return FailureKind.HTTP_5XX
    return next((kind for kind, signs in _readers() if signs.search(error)), FailureKind.OTHER)
