"""Whatever changes the archive, through the one connection that writes, in its thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from vzaps_tui.storage import archive_details as details
from vzaps_tui.storage import archive_pruning as pruning
from vzaps_tui.storage.archive_writing import Writer, row_number

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.selection import Put, Reading, Scope
    from vzaps_tui.storage.archive_rows import Mask


class Keeper:
    """Changes one database; when it is closed or moved, its keeper goes too."""

    def __init__(self, db: sqlite3.Connection, mask: Mask) -> None:
        self._db = db
        self._writer = Writer(mask)

    def put(
        self, scope: Scope, rows: Iterable[Delivery], reading: Reading | None, moment: int
    ) -> Put:
        """Keep rows, in the server's order; see `DeliveryArchive.put`. Now is in microseconds."""
        return self._writer.put(self._db, scope, rows, reading, moment)

    def vanish(self, scope: Scope, keys: Iterable[str], at: datetime) -> int:
        """Mark rows that the server does not have any more; how many were not marked so before."""
        return self._writer.vanish(self._db, scope, keys, at)

    def keep_detail(self, scope: Scope, row: Delivery, body: bytes, moment: int) -> None:
        """Keep a packed detail, and its row if that is not held."""
        if row_number(self._db, scope, row.key) is None:
            self.put(scope, [row], None, moment)
        details.keep(self._db, row_number(self._db, scope, row.key), body, moment)

    def drop_some(self, before: int, most: int, *, with_details: bool) -> int:
        """Drop one portion of what is too old or too much; see `archive_pruning.drop_some`."""
        self._writer.forget()
        return pruning.drop_some(self._db, before, most, details=with_details)

    def give_back(self) -> bool:
        """Give free pages back to the disk, a portion of them; whether there may be more."""
        return pruning.give_back(self._db)
