"""What was delivered: which event it is, and its text for reading (CONTRACT 5.2)."""

from __future__ import annotations

import json
from typing import Final

from vzaps_tui.api.decode import parse
from vzaps_tui.api.hiding import Hide, hide_in, whole_urls
from vzaps_tui.api.wire import Fields, as_list, as_object
from vzaps_tui.domain.problems import ProtocolError

UNKNOWN_EVENT: Final = "?"
_WRAPPERS: Final = ("json_data", "data", "payload", "body")
_DEEPEST: Final = 6


def from_text(value: object) -> object:
    """Parsed JSON where the value is text that begins like an object or a list; else the value."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        try:
            return parse(value)
        except ProtocolError:
            return value
    return value


def event_of(payload: object) -> str:
    """The event's name: the `type` beside an object `event`, however wrapped (shapes A, B and C).

    Where nothing has that shape, the outermost `type` of an object that only lacks the event's
    details is taken; else `?`.
    """
    outermost = ""
    value = from_text(payload)
    for _ in range(_DEEPEST):
        fields = Fields.of(value)
        if fields is None:
            break
        kind = fields.pick("type")
        if isinstance(kind, str) and kind.strip():
            if fields.inner("event") is not None:
                return kind
            outermost = outermost or kind
        inner = (from_text(fields.pick(name)) for name in _WRAPPERS)
        value = next((found for found in inner if as_object(found) is not None), None)
    return outermost or UNKNOWN_EVENT


def pretty(value: object) -> str:
    """Parsed JSON as text to read: two spaces a level, order kept, letters as they are.

    What is nested too deep for that comes on one line, and deeper still as a word about it.
    """
    for indent in (2, None):
        try:
            return json.dumps(value, indent=indent, ensure_ascii=False)
        except RecursionError:
            continue
    return "(nested too deep to be shown)"


def readable(value: object, known: Hide) -> str:
    """Parsed JSON as text to read: known secrets masked, keys included, and whole URLs."""
    return known(pretty(hide_in(value, whole_urls(str))))


def payload_text(value: object, known: Hide) -> tuple[str | None, bool]:
    """A payload for reading, and whether it is JSON; (None, False) where there is none.

    JSON is made readable whether it came as an object or as text; any other text stays verbatim.
    Of secrets, those known are masked, texts below a key such as `token`, and the queries of texts
    that are a URL; the words of messages stay as they were sent.
    """
    if value is None:
        return None, False
    parsed = from_text(value)
    if isinstance(parsed, str):
        return known(parsed), False
    return readable(parsed, known), True


def body_text(value: object, known: Hide) -> str | None:
    """A response body: text verbatim, JSON made readable; known secrets masked."""
    if isinstance(value, str):
        return known(value)
    if as_object(value) is not None or as_list(value) is not None:
        return readable(value, known)
    return None if value is None else str(value)
