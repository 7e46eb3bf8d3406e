"""The fields of the query language, with help and values worth offering."""

from __future__ import annotations

from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.webhooks import ALL, EVENTS


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the language: its help, and values worth offering with theirs."""

    help: str
    values: dict[str, str]
    once: bool = False


_SPANS = {
    "30m": "half an hour",
    "2h": "two hours",
    "24h": "a day",
    "7d": "a week",
    "30d": "a month",
}
FIELDS: dict[str, Field] = {
    "status": Field(
        "what became of it; several with commas",
        {
            "failed": "given up or refused",
            "pending": "not delivered yet",
            "delivered": "the target took it",
            "other": "a status word of no known meaning",
        },
    ),
    "event": Field(
        "kind of event; several with commas",
        {name: meaning for name, meaning in EVENTS.items() if name != ALL},
    ),
    "code": Field(
        "HTTP code, class of codes or kind of failure",
        {
            "4xx": "the target refused it",
            "5xx": "the target broke",
            "timeout": "no answer in time",
            "refused": "nobody listened there",
            "dns": "the host's name was not found",
            "tls": "no trusted connection",
            "reset": "the connection broke off",
            "other": "failed in another way",
            "none": "no HTTP code at all",
            **dict.fromkeys(("404", "500", "502", "503", "504"), ""),
        },
    ),
    "last": Field("a span that ends now", _SPANS, once=True),
    "since": Field(
        "first moment: a day, a date, a time",
        {"today": "from midnight on", "yesterday": "from its beginning on"},
        once=True,
    ),
    "until": Field(
        "last moment: a day with all of it",
        {"today": "to its end", "yesterday": "to its end"},
        once=True,
    ),
    "tries": Field(
        "at least so many tries",
        {">=2": "sent again", ">=3": "sent again twice", ">=5": "sent again four times"},
        once=True,
    ),
    "text": Field("any part of id, event, error, status, code or target", {}),
}
ALIASES = {"attempts": "tries", "from": "since", "to": "until"}
"""Other names of fields that are taken as well."""
OTHER_NAMES = {
    "after": "since", "before": "until", "error": "code", "events": "event", "http": "code",
    "period": "last", "state": "status", "time": "since", "type": "event",
}  # fmt: skip
"""What people write instead."""
TEXT_NAMES = {
    "body", "contains", "domain", "host", "id", "log", "message", "path", "search", "target", "url",
}  # fmt: skip
"""What people would name that is found by its text alone."""
