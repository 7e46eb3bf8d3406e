"""Masks parsed JSON by its structure, in one pass: the names of keys tell most."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, cast

from vzaps_tui.api.wire import as_list, as_object, blind
from vzaps_tui.domain.masking import MASK, Masker, mask_url

_NAMES: Final = re.compile(
    "token|secret|password|passwd|passphrase|authorization|credential|apikey|accesskey|privatekey"
)
_WHOLE_URL: Final = re.compile(r"[a-zA-Z][\w+.-]{1,20}://\S+")
_LONGEST_NAME: Final = 200
_LONGEST_SCHEME: Final = 24
# Without one of these, none of the masker's patterns can match; a test holds the two together.
_TRACES: Final = (
    ":/",
    ":\\/",
    "eyj",
    "bearer",
    "token",
    "secret",
    "pass",
    "authorization",
    "credential",
    "jwt",
    "key",
)
_PIECE: Final = 32_000
_BETWEEN: Final = re.compile(r"\n|,(?=\\*\")")

Hide = Callable[[str], str]


@lru_cache(maxsize=2048)
def is_secret_name(name: str) -> bool:
    """Whether a text below a key of this name is a secret, whatever it looks like."""
    return len(name) <= _LONGEST_NAME and _NAMES.search(blind(name)) is not None


def whole_urls(hide: Hide) -> Hide:
    """Adds to `hide` the masking of texts that are a URL and nothing else."""

    def leaf(text: str) -> str:
        is_url = "://" in text[:_LONGEST_SCHEME] and _WHOLE_URL.fullmatch(text)
        return hide(mask_url(text) if is_url else text)

    return leaf


def thorough(masker: Masker) -> Hide:
    """All that a masker does, at the speed a body of megabytes needs.

    Texts that cannot hold what its patterns look for are spared them. Long ones go piece by piece,
    cut where no secret can be: between pieces other threads get their turn, which they do not get
    within one search of a pattern.
    """

    def piece(text: str) -> str:
        lower = text.lower()
        return masker(text) if any(trace in lower for trace in _TRACES) else text

    def leaf(text: str) -> str:
        known = masker.known(text)
        return piece(known) if len(known) <= _PIECE else "".join(map(piece, _pieces(known)))

    return leaf


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        cut = _BETWEEN.search(text, start + _PIECE, start + 2 * _PIECE)
        end = cut.end() if cut else start + 2 * _PIECE
        yield text[start:end]
        start = end


def hide_in(value: object, hide: Hide) -> object:
    """Mask every text below `value`, in place: it must be the caller's own, fresh from the parser.

    Args:
        value: parsed JSON of any depth; not walked by recursion, so that none is too deep.
        hide: masks one text.

    Returns:
        The value; a text at the top comes back masked.
    """
    box: list[object] = [value]
    todo: list[tuple[object, bool]] = [(box, False)]

    def masked(item: object, *, secret: bool) -> object:
        if isinstance(item, str):
            return MASK if secret and item else hide(item)
        if not isinstance(item, int | float):
            todo.append((item, secret))
        return item

    while todo:
        node, secret = todo.pop()
        table, listed = as_object(node), as_list(node)
        for key, item in (table or {}).items():
            cast("dict[str, object]", table)[key] = masked(
                item, secret=secret or is_secret_name(key)
            )
        if listed is not None:
            listed[:] = [masked(item, secret=secret) for item in listed]
    return box[0]
