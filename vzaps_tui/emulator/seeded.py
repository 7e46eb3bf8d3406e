"""Chance that repeats: every draw is a function of the seed and of what it is drawn for."""

from __future__ import annotations

import random
from hashlib import blake2b

_SPAN = float(1 << 64)


def draw(*parts: object) -> float:
    """A number in [0, 1) that depends on `parts` alone, not on what was drawn before."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / _SPAN


def dice(*parts: object) -> random.Random:
    """A generator for longer sequences, seeded by `parts`."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311 - a model of traffic, not a secret


def hexadecimal(length: int, *parts: object) -> str:
    """A text of `length` hexadecimal digits that depends on `parts` alone."""
    text = "/".join(map(str, parts)).encode()
    return blake2b(text, digest_size=(length + 1) // 2).hexdigest()[:length]
