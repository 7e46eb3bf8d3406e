"""An instance: one WhatsApp number's runtime."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NewType

from vzaps_tui.domain.record import dataclass

InstanceId = NewType("InstanceId", str)


class LinkState(StrEnum):
    """Whether WhatsApp is linked; UNKNOWN where the API did not say."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Instance:
    """One row of the instances list (CONTRACT 3.1). Never holds the instance token.

    Attributes:
        id: `VZ…`, opaque.
        name: as given by its owner; unsafe text.
        link: derived from `connected`, else `status` (CONTRACT 7, row 11).
        status: the API's own word, verbatim, if it sent one.
        webhook: the configured URL; None where not set or not told. May hold secrets: mask to show.
        events: subscribed event names, verbatim; empty where not told.
        phone: number or JID of the linked account, if told.
        updated_at: when it was last changed, aware.
    """

    id: InstanceId
    name: str
    link: LinkState = LinkState.UNKNOWN
    status: str | None = None
    webhook: str | None = None
    events: tuple[str, ...] = ()
    phone: str | None = None
    billing: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """Answer of session/status (CONTRACT 3.8); all but `connected` is optional."""

    connected: bool
    phone: str | None = None
    push_name: str | None = None
    jid: str | None = None


def looks_like_id(text: str) -> bool:
    """Whether a text is an instance id rather than a name: `VZ…`, letters and digits."""
    return text.startswith("VZ") and text.isalnum() and any(map(str.isdigit, text))


def meant(rows: Sequence[Instance], wish: str) -> tuple[Instance, ...]:
    """Those of this id or name; if none is exactly so, those of that name in other letter cases."""
    exact = tuple(row for row in rows if wish in (row.id, row.name))
    folded = wish.strip().casefold()
    return exact or tuple(row for row in rows if row.name.casefold() == folded)
