"""Filters in state.db: the last one of each instance's list, and those with a name."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.remembered import KeptView, SavedView
from vzaps_tui.storage.journal_rows import Mask, packed, unpacked

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.storage.state import StateFile

T = TypeVar("T")

_GET: Final = """
SELECT query, oldest_first, preview FROM looked
WHERE base_url = ? AND account = ? AND instance = ?
"""
_NOTE: Final = """
INSERT INTO looked (base_url, account, instance, query, oldest_first, preview)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET
    query = excluded.query, oldest_first = excluded.oldest_first, preview = excluded.preview
"""
_ALL: Final = "SELECT name, query FROM views WHERE base_url = ? AND account = ?"
_SAVE: Final = """
INSERT INTO views (base_url, account, name, query) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET query = excluded.query
"""
_DROP: Final = "DELETE FROM views WHERE base_url = ? AND account = ? AND name = ?"


class SqliteViews:
    """A `ViewStore` in a state file; in memory where that has no path."""

    def __init__(self, state: StateFile, *, mask: Mask | None = None) -> None:
        """Prepare; nothing is opened yet.

        Args:
            state: where it is kept.
            mask: finds secrets in text; by default those that look like secrets.
        """
        self._state = state
        self._mask = mask or Masker()

    async def last(self, base_url: str, account: str, instance: InstanceId) -> KeptView | None:
        """As `ViewStore`."""

        def work(db: sqlite3.Connection) -> KeptView | None:
            found = db.execute(_GET, (base_url, account, packed(instance))).fetchone()
            if found is None:
                return None
            return KeptView(unpacked(found[0]), bool(found[1]), bool(found[2]))

        return await self._ask(work)

    async def note(self, base_url: str, account: str, instance: InstanceId, view: KeptView) -> None:
        """As `ViewStore`."""
        query = "" if self._is_secret(view.query) else view.query
        row = (packed(instance), packed(query), view.oldest_first, view.preview)
        await self._ask(lambda db: db.execute(_NOTE, (base_url, account, *row)))

    async def saved(self, base_url: str, account: str) -> tuple[SavedView, ...]:
        """As `ViewStore`."""

        def work(db: sqlite3.Connection) -> list[SavedView]:
            rows = db.execute(_ALL, (base_url, account))
            return [SavedView(unpacked(name), unpacked(query)) for name, query in rows]

        return tuple(sorted(await self._ask(work), key=lambda view: (view.name.casefold(), view)))

    async def save(self, base_url: str, account: str, view: SavedView) -> None:
        """As `ViewStore`."""
        if self._is_secret(view.query) or self._is_secret(view.name):
            raise StorageError(
                "the view holds what looks like a secret",
                hint="Secrets are not written down: take it out of the filter.",
            )
        row = (packed(view.name), packed(view.query))
        await self._ask(lambda db: db.execute(_SAVE, (base_url, account, *row)))

    async def drop(self, base_url: str, account: str, name: str) -> None:
        """As `ViewStore`."""
        await self._ask(lambda db: db.execute(_DROP, (base_url, account, packed(name))))

    def _is_secret(self, text: str) -> bool:
        return self._mask(text) != text

    async def _ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._state.ask(work)
        except StorageError as problem:
            # The file's own words are about what is sent, which none of this is.
            why = problem.__cause__ or "it is closed, or was found damaged"
            raise StorageError(
                f"filters and views cannot be kept: {why}",
                hint="Mend or free the disk (vzaps-tui paths says where state.db is).",
            ) from problem
