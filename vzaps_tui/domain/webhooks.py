"""A webhook's configuration, the rules for it, and what a change would do."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from enum import StrEnum
from urllib.parse import urlsplit

from vzaps_tui.domain.masking import MASK
from vzaps_tui.domain.record import dataclass

ALL = "All"

EVENTS: dict[str, str] = {
    "All": "every webhook event type",
    "Message": "messages in and out",
    "ReadReceipt": "delivery and read receipts",
    "Connected": "WhatsApp paired, session up",
    "Disconnected": "WhatsApp or session down",
    "Presence": "a contact comes online or goes",
    "ChatPresence": "typing, recording, ...",
    "HistorySync": "progress of the history sync",
    "GroupParticipantsAdd": "members added to a group",
    "GroupParticipantsRemove": "members removed from a group",
}
"""The ten names the API takes, exact spelling, with their meaning (CONTRACT 4)."""


@dataclass(frozen=True, slots=True)
class WebhookConfig:
    """What is configured: `url` None where not set; `events` verbatim, also names unknown to us."""

    url: str | None = None
    events: tuple[str, ...] = ()


class Level(StrEnum):
    """An ERROR stops a save, a WARNING is said and may be overruled."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark of a check, in words for the form."""

    level: Level
    text: str


_PRIVATE_SUFFIXES = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
_NEVER_IN_A_HOST = frozenset('<>"\\^`{|}%*')


def _host_warning(host: str) -> str | None:
    name = host.rstrip(".")
    if name == "localhost" or name.endswith(_PRIVATE_SUFFIXES):
        return f"{host} is a private name: VZaps may not be able to reach it."
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None if "." in name else f"{host} has no domain: VZaps may not be able to reach it."
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        address = mapped
    if address.is_multicast or not address.is_global:
        return f"{host} is a private address: VZaps may not be able to reach it."
    return None


def _unreadable(url: str) -> str | None:
    """Why the text is no URL at all."""
    if not url.strip():
        return "A webhook needs a URL. Clearing it is not offered by the API."
    if MASK[0] in url:
        return f"The URL still holds a hidden part ({MASK}): type the hidden part anew."
    if any(char.isspace() or not char.isprintable() for char in url):
        return "The URL holds spaces or invisible characters."
    return None


def _unusable(url: str) -> str | None:
    """Why the URL cannot be called."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "The URL cannot be read: check host and port."
    if parts.scheme not in ("http", "https"):
        return "The URL must begin with https:// or http://."
    if not host or not host.strip("."):
        return "The URL has no host."
    if port == 0 or _NEVER_IN_A_HOST.intersection(host):
        return "The URL cannot be read: check host and port."
    return None


def check_url(url: str) -> tuple[Finding, ...]:
    """Remarks on a webhook URL as typed; an ERROR among them means it must not be sent.

    A URL that still holds the mask is an ERROR: the hidden part would be lost on the server.
    """
    if wrong := _unreadable(url) or _unusable(url):
        return (Finding(Level.ERROR, wrong),)
    parts = urlsplit(url)
    warnings: list[str] = []
    if parts.scheme == "http":
        warnings.append("http:// is not encrypted: payloads travel in the open.")
    if warning := _host_warning(parts.hostname or ""):
        warnings.append(warning)
    if parts.fragment:
        warnings.append("The part after # is never sent to a server.")
    return tuple(Finding(Level.WARNING, text) for text in warnings)


def check_events(events: Iterable[str]) -> tuple[Finding, ...]:
    """Remarks on a choice of events; none chosen is an ERROR.

    What `events: ""` means to the server is undefined (CONTRACT 3.4); so is a name with a comma, as
    names travel joined by commas.
    """
    chosen = tuple(name for name in events if name)
    if not chosen:
        return (Finding(Level.ERROR, "Choose at least one event."),)
    if any("," in name for name in chosen):
        return (Finding(Level.ERROR, "The name of an event cannot hold a comma."),)
    if unknown := [name for name in chosen if name not in EVENTS]:
        names = ", ".join(unknown)
        return (Finding(Level.WARNING, f"Not among the ten documented names: {names}."),)
    return ()


def canonical_events(events: Iterable[str]) -> tuple[str, ...]:
    """The documented order, unknown names last, no doubles; `All` alone if it is among them."""
    chosen = dict.fromkeys(name for name in events if name)
    if ALL in chosen:
        return (ALL,)
    known = [name for name in EVENTS if name in chosen]
    return (*known, *(name for name in chosen if name not in EVENTS))


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """The difference between two configurations, for review and for the read-back."""

    before: WebhookConfig
    after: WebhookConfig

    @property
    def url_changed(self) -> bool:
        """Whether the URL differs, hidden parts included."""
        return self.before.url != self.after.url

    @property
    def added(self) -> tuple[str, ...]:
        """Events that would be subscribed."""
        return tuple(name for name in self.after.events if name not in self.before.events)

    @property
    def removed(self) -> tuple[str, ...]:
        """Events that would no longer be subscribed."""
        return tuple(name for name in self.before.events if name not in self.after.events)

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.url_changed or self.added or self.removed)


def same_config(one: WebhookConfig, other: WebhookConfig) -> bool:
    """Whether two configurations mean the same, whatever the order of their events."""
    return one.url == other.url and set(one.events) == set(other.events)


@dataclass(frozen=True, slots=True)
class SaveReport:
    """What a save led to: what was sent, what the server holds now.

    Attributes:
        sent: what was asked for.
        stored: what a read after the write returned; None where that read failed.
        spelling: the URL key that was used last, `webhookURL` or `webhook_url` (CONTRACT 7, row 1).
        note: why the read-back failed, or what is odd about it; empty where all is well.
    """

    sent: WebhookConfig
    stored: WebhookConfig | None
    spelling: str
    note: str = ""

    @property
    def confirmed(self) -> bool:
        """Whether the server was seen to hold what was sent."""
        return self.stored is not None and same_config(self.sent, self.stored)
