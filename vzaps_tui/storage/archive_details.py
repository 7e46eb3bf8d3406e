"""Payloads and responses that were read, where a person wants them kept: masked, compressed."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from vzaps_tui.domain.deliveries import Attempt, DeliveryDetail
from vzaps_tui.domain.masking import MASK, mask_url
from vzaps_tui.storage.archive_rows import Mask, kept, moment_of, storable
from vzaps_tui.storage.archive_schema import transaction

MOST: Final = 8 * 1024 * 1024
"""Bytes, compressed, from which on a delivery is not kept."""
AT_ONCE: Final = 20
"""Details dropped in one transaction."""
_LONG: Final = 1 << 16
_MEMORY: Final = 4096
"""Texts whose mask is remembered: names of fields come again and again."""

_SAMPLE: Final = "abcd1234"
_TOKEN: Final = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*+")(?P<colon>\s*+:)?|(?P<number>-?\d[\d.eE+-]*+)|[\]}]'
)
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""The beginning of half a character in JSON, which may stand alone there."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DeliveryDetail).decode


def keep(db: sqlite3.Connection, number: int | None, body: bytes, now: int) -> None:
    """Keep what `pack` made, for the row of that number.

    Args:
        db: the connection that writes.
        number: of the row.
        body: what is to be kept.
        now: when it was read, in microseconds.
    """
    with transaction(db):
        db.execute(
            "INSERT OR REPLACE INTO details (delivery, read, size, body)"
            " SELECT id, ?, ?, ? FROM deliveries WHERE id = ?",
            (now, len(body), body, number),
        )


def find(db: sqlite3.Connection, number: int | None) -> tuple[DeliveryDetail, datetime] | None:
    """What is kept for a row, and when it was read."""
    row = db.execute("SELECT body, read FROM details WHERE delivery = ?", (number,)).fetchone()
    if row is None:
        return None
    try:
        return unpack(row[0]), moment_of(row[1])
    except ValueError:
        return None  # of no use, but nothing worse: it is read anew and replaced


def drop_some(db: sqlite3.Connection) -> int:
    """Drop one portion of the details, those first that were read longest ago.

    Returns:
        How many were dropped.
    """
    with transaction(db):
        done = db.execute(
            "DELETE FROM details WHERE delivery IN"
            " (SELECT delivery FROM details ORDER BY read LIMIT ?)",
            (AT_ONCE,),
        )
        return max(0, done.rowcount)


def bytes_of_details(db: sqlite3.Connection) -> int:
    """Bytes that details take."""
    return int(db.execute("SELECT coalesce(sum(size), 0) FROM details").fetchone()[0])


def pack(detail: DeliveryDetail, mask: Mask) -> bytes | None:
    """A detail as it goes to disk; None if it is too large or cannot be told in JSON.

    Every secret that can be told is masked, and JSON stays JSON.
    """
    hide = _Hider(mask)
    row = kept(detail.delivery)
    masked = DeliveryDetail(
        delivery=replace(
            row,
            target=None if row.target is None else mask(mask_url(row.target)),
            error=None if row.error is None else mask(row.error),
        ),
        attempts=tuple(_attempt(one, hide) for one in detail.attempts),
        payload=hide(detail.payload),
        payload_is_json=detail.payload_is_json,
        response=hide(detail.response),
        raw=hide(detail.raw) or "",
    )
    try:
        body = zlib.compress(_encode(masked), 1)
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None
    return body if len(body) <= MOST else None


def unpack(body: bytes) -> DeliveryDetail:
    """What `pack` made of a detail, as one again.

    Raises:
        ValueError: it is something else.
    """
    try:
        return _decode(zlib.decompress(body))
    except (zlib.error, msgspec.MsgspecError, RecursionError) as problem:
        raise ValueError(str(problem)) from problem


def _attempt(one: Attempt, hide: Callable[[str | None], str | None]) -> Attempt:
    return replace(one, error=hide(one.error), response=hide(one.response))


class _Hider:
    """Masks one detail after another text of it."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._tokens: dict[str, str] = {}
        self._secret: dict[str, bool] = {}
        self._below_secret = False

    def __call__(self, text: str | None) -> str | None:
        """The text without secrets, and such that it can be stored."""
        if text is None:
            return None
        text = storable(text)
        if _is_json(text):
            self._below_secret = False
            return _TOKEN.sub(self._token, text)
        if len(text) < _LONG:
            return self._mask(text)
        # Line by line: one mask of all of it would hold up every other thread.
        return "\n".join(map(self._mask, text.split("\n")))

    def _token(self, found: re.Match[str]) -> str:
        text, colon, number = found.group("text", "colon", "number")
        if number is not None:
            hidden = self._below_secret or self._mask(number) != number
            return f'"{MASK}"' if hidden else number
        if text is None:
            self._below_secret = False
            return found.group()
        if colon is not None:
            self._below_secret = self._names_secret(text)
        elif self._below_secret:
            return f'"{MASK}"'
        return f"{self._masked(text)}{colon or ''}"

    def _names_secret(self, name: str) -> bool:
        known = self._secret.get(name)
        if known is None:
            known = self._secret[name] = _SAMPLE not in self._mask(f'{name}: "{_SAMPLE}"')
        return known

    def _masked(self, token: str) -> str:
        """A text of JSON, in its quotes, masked."""
        known = self._tokens.get(token)
        if known is not None:
            return known
        words = json.loads(token, strict=False)
        masked = self._mask(words)
        result = token if masked == words else storable(json.dumps(masked, ensure_ascii=False))
        if len(self._tokens) < _MEMORY:
            self._tokens[token] = result
        return result


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        # Looked over only, not made into objects: that would hold up every other thread.
        # Halves of characters that stand alone are JSON, but not to msgspec.
        msgspec.json.decode(_SURROGATE.sub(r"\\u00", text), type=msgspec.Raw)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
