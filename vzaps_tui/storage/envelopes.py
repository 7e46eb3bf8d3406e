"""Envelopes on disk: what was known last time, without tokens, payloads or the secrets of URLs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vzaps_tui.domain.envelope import Envelope, Question


class SqliteEnvelopes:
    """An envelope store in one SQLite file. The disk's troubles are never raised: it forgets."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def open(self) -> tuple[str, ...]:
        """Open the file; returns what a person should know of it."""
        raise NotImplementedError

    async def close(self) -> None:
        """Prune and close."""
        raise NotImplementedError

    async def get(self, question: Question) -> Envelope[Any] | None:
        """The kept envelope, or None."""
        raise NotImplementedError

    async def put(self, question: Question, envelope: Envelope[Any]) -> None:
        """Keep an envelope, masked; kinds that hold payloads are not kept."""
        raise NotImplementedError

    async def forget(
        self, base_url: str, account: str, instance: str, kinds: frozenset[str]
    ) -> None:
        """Drop what is kept of these kinds of an instance."""
        raise NotImplementedError


def clear(path: Path) -> int:
    """Remove the file and its companions; returns the bytes freed."""
    raise NotImplementedError
