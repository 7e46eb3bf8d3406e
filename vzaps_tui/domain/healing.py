"""What must happen before a failed delivery can be sent again with success, by kind and code."""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus

from vzaps_tui.domain.failures import FailureKind


class Cure(Enum):
    """What stands between a failure and a retry that helps.

    MEND: address, credentials or certificate are wrong for whatever is sent.
    CONTENT: the receiver refuses what these deliveries carry, though it may take others.
    WAIT: the receiver is away or overloaded, and may come back by itself.
    HANDLER: the receiver's own code fails.
    UNCLEAR: it cannot be told.
    """

    MEND = "mend"
    CONTENT = "content"
    WAIT = "wait"
    HANDLER = "handler"
    UNCLEAR = "unclear"


_ANSWERED: dict[int, tuple[Cure, str]] = {
    401: (
        Cure.MEND,
        "The receiver refuses the credentials: mend the secret in the webhook URL, or its check.",
    ),
    403: (
        Cure.MEND,
        "The receiver forbids it: mend its rules or firewall, or the secret in the webhook URL.",
    ),
    404: (
        Cure.MEND,
        "There is nothing at this path: mend the webhook URL or the receiver's route.",
    ),
    405: (Cure.MEND, "This path takes no POST: mend the webhook URL or the receiver's route."),
    408: (Cure.WAIT, "The receiver waited in vain for the request: see its load and its proxy."),
    410: (Cure.MEND, "The receiver says this address is gone for good: set another webhook URL."),
    413: (Cure.CONTENT, "The payload is too large for the receiver: raise its limit for bodies."),
    425: (Cure.WAIT, "The receiver wants it later."),
    429: (Cure.WAIT, "The receiver takes no more for now: give it time, raise its limit."),
    500: (Cure.HANDLER, "The handler fails: the receiver's log says why."),
    501: (Cure.HANDLER, "The handler does not know what it was sent: the receiver's log says why."),
    502: (Cure.WAIT, "A proxy answers, the service behind it does not: see that service."),
    503: (Cure.WAIT, "The receiver is overloaded or being deployed: see its health."),
    504: (Cure.WAIT, "A proxy waited in vain for the service behind it: see that service's load."),
}
_BY_KIND: dict[FailureKind, tuple[Cure, str]] = {
    FailureKind.DNS: (
        Cure.WAIT,
        "The host's name is not found: check its spelling in the webhook URL and its DNS records.",
    ),
    FailureKind.REFUSED: (
        Cure.WAIT,
        "Nothing listens there: start the receiver, or check port and firewall.",
    ),
    FailureKind.TLS: (Cure.MEND, "The certificate or the TLS set-up is wrong: mend that."),
    FailureKind.TIMEOUT: (
        Cure.WAIT,
        "The answer comes too late or never: see its load; let it answer first, work afterwards.",
    ),
    FailureKind.RESET: (
        Cure.WAIT,
        "The connection broke before an answer: see the receiver and its proxy for crashes.",
    ),
    FailureKind.HTTP_4XX: (
        Cure.CONTENT,
        "The receiver refuses what it was sent: mend its handler to take it.",
    ),
    FailureKind.HTTP_5XX: (Cure.WAIT, "The receiver is in trouble: its log says why."),
    FailureKind.OTHER: (Cure.UNCLEAR, "The sample's own words say more."),
}
_REDIRECTED = (Cure.MEND, "The receiver redirects: set the webhook URL to where it leads.")
_REDIRECTS, _ERRORS = 300, 400

_NAMES: dict[FailureKind, str] = {
    FailureKind.DNS: "DNS: no such host",
    FailureKind.REFUSED: "connection refused",
    FailureKind.TLS: "TLS: certificate or handshake",
    FailureKind.TIMEOUT: "timeout",
    FailureKind.RESET: "connection broke",
    FailureKind.OTHER: "unknown reason",
}


def cure(kind: FailureKind, code: int | None) -> Cure:
    """What a failure of this kind and HTTP code needs."""
    return _facts(kind, code)[0]


def remedy(kind: FailureKind, code: int | None) -> str:
    """What is wrong and what to do about it, in a sentence."""
    return _facts(kind, code)[1]


def _facts(kind: FailureKind, code: int | None) -> tuple[Cure, str]:
    if kind is FailureKind.OTHER and code is not None and _REDIRECTS <= code < _ERRORS:
        return _REDIRECTED
    if code is not None and kind in (FailureKind.HTTP_4XX, FailureKind.HTTP_5XX):
        return _ANSWERED.get(code) or _BY_KIND[kind]
    return _BY_KIND[kind]


def name_of(kind: FailureKind, code: int | None) -> str:
    """A failure in a few words: `502 Bad Gateway`, `timeout`, `DNS: no such host`."""
    if code is None:
        return _NAMES.get(kind, kind.value)
    if kind not in (FailureKind.HTTP_4XX, FailureKind.HTTP_5XX, FailureKind.OTHER):
        return f"{_NAMES[kind]} (HTTP {code})"
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"HTTP {code}"
