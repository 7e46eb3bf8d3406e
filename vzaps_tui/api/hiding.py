"""Masks parsed JSON by its structure, in one pass: the names of keys tell most."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, cast

from vzaps_tui.api.wire import as_list, as_object, blind
from vzaps_tui.domain.masking import MASK, mask_url

_NAMES: Final = re.compile(
    "token|secret|password|passwd|passphrase|authorization|credential|apikey|accesskey|privatekey"
)
_WHOLE_URL: Final = re.compile(r"[a-zA-Z][\w+.-]{1,20}://\S+")
_LONGEST_NAME: Final = 200

Hide = Callable[[str], str]


def is_secret_name(name: str) -> bool:
    """Whether a text below a key of this name is a secret, whatever it looks like."""
    return len(name) <= _LONGEST_NAME and _NAMES.search(blind(name)) is not None


def whole_urls(hide: Hide) -> Hide:
    """Adds to `hide` the masking of texts that are a URL and nothing else."""

    def leaf(text: str) -> str:
        return hide(mask_url(text) if _WHOLE_URL.fullmatch(text) else text)

    return leaf


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
            cast("dict[str, object]", table)[key] = masked(item, secret=is_secret_name(key))
        if listed is not None:
            listed[:] = [masked(item, secret=secret) for item in listed]
    return box[0]
