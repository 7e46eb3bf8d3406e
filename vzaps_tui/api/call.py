"""One question to the API and its undecoded answer, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from vzaps_tui.domain.instances import InstanceId

_DOTS: Final = {".": "%2E", "..": "%2E%2E"}


class Scope(StrEnum):
    """Which credentials a route wants (CONTRACT 1.4)."""

    NONE = "none"
    ACCOUNT = "account"
    INSTANCE = "instance"


@dataclass(frozen=True, slots=True)
class Call:
    """One endpoint, asked once.

    Attributes:
        name: what it is, for words: `retry`.
        path: below the base URL, parts already encoded.
        idempotent: whether it may be sent again unasked (law 1). The HTTP method does not tell:
            lists and searches are POSTs.
        body: sent as JSON; None sends no body. Not in the repr: it may hold the client secret.
        instance: whose token is sent along, on routes of an instance.
    """

    name: str
    method: str
    path: str
    idempotent: bool
    scope: Scope
    body: Mapping[str, object] | None = field(default=None, repr=False)
    instance: InstanceId | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole and undecoded; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)


def segment(text: str) -> str:
    """A path parameter, percent-encoded with no safe characters, as every SDK does (CONTRACT 3).

    `.` and `..` are encoded too, as they would climb out of the route.
    """
    return _DOTS.get(text) or quote(text, safe="", errors="surrogatepass")
