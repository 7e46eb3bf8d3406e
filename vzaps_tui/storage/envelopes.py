"""Envelopes on disk: what was known last time, without tokens, payloads or the secrets of URLs."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from vzaps_tui.domain.envelope import Envelope, Question, Source
from vzaps_tui.domain.masking import Masker
from vzaps_tui.storage.codec import Mask, UnstorableError, decode, encode
from vzaps_tui.storage.opening import BUSY, NewerError, Opening, close, is_corrupt

T = TypeVar("T")

SCHEMA = 1
MAX_AGE = 7 * 86400.0
MAX_BYTES = 50 * 1024 * 1024

_MAKE = """
CREATE TABLE IF NOT EXISTS envelopes (
    base_url TEXT NOT NULL, account TEXT NOT NULL, instance TEXT NOT NULL,
    kind TEXT NOT NULL, detail TEXT NOT NULL,
    fetched_at REAL NOT NULL, code INTEGER NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (base_url, account, instance, kind, detail)
)
"""
_KEY = "base_url = ? AND account = ? AND instance = ? AND kind = ?"
_GET = f"SELECT fetched_at, code, body FROM envelopes WHERE {_KEY} AND detail = ?"  # noqa: S608 - a constant
_DROP = f"DELETE FROM envelopes WHERE {_KEY} AND detail = ?"  # noqa: S608 - a constant
_FORGET = f"DELETE FROM envelopes WHERE {_KEY}"  # noqa: S608 - a constant
_PUT = "INSERT OR REPLACE INTO envelopes VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_PRUNE_AGE = "DELETE FROM envelopes WHERE fetched_at < ?"
_PRUNE_SIZE = """
DELETE FROM envelopes WHERE rowid IN (
    SELECT id FROM (
        SELECT rowid AS id, sum(length(body)) OVER (ORDER BY fetched_at DESC, rowid) AS running
        FROM envelopes
    ) WHERE running > ?
)
"""


class SqliteEnvelopes:
    """An envelope store in one SQLite file, used from one thread of its own.

    The disk's troubles are never raised: what cannot be kept is forgotten, and `notices` says why.
    Two programs may use the file at once. It opens at the first use, or by `open`.
    """

    def __init__(
        self,
        path: Path,
        *,
        mask: Mask | None = None,
        now: Callable[[], float] = time.time,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        """Prepare; nothing is opened yet.

        Args:
            path: the database file.
            mask: hides secrets in free text; by default those that look like secrets.
            now: seconds since the epoch, for the age cap.
            max_bytes: most bytes of bodies that are kept over a close or open.
        """
        self._path = path
        self._mask = mask or Masker()
        self._now = now
        self._max_bytes = max_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="envelopes")
        self._connection: sqlite3.Connection | None = None
        self._tried = False
        self._closed = False
        self._opening = Opening(path, self._connect, _set_up)

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of the file so far."""
        return tuple(self._opening.notices)

    async def open(self) -> tuple[str, ...]:
        """Open the file and drop what is too old or too much.

        Returns:
            What a person should know: that it was damaged, is newer, or cannot be used.
        """
        await self._do(self._prune, None)
        return self.notices

    async def close(self) -> None:
        """Prune and close; later calls keep and find nothing."""
        if self._closed:
            return
        if self._tried:
            await self._do(self._prune, None)
            await asyncio.get_running_loop().run_in_executor(self._thread, self._drop_connection)
        self._closed = True
        self._thread.shutdown(wait=False)

    async def get(self, question: Question) -> Envelope[Any] | None:
        """The kept envelope (source CACHE), or None."""
        return await self._do(lambda db: self._get(db, question), None)

    async def put(self, question: Question, envelope: Envelope[Any]) -> None:
        """Keep an envelope, masked; kinds that hold payloads are not kept."""
        await self._do(lambda db: self._put(db, question, envelope), None)

    async def forget(
        self, base_url: str, account: str, instance: str, kinds: frozenset[str]
    ) -> None:
        """Drop what is kept of these kinds of an instance."""
        keys = [(base_url, account, instance, kind) for kind in kinds]

        def delete(db: sqlite3.Connection) -> None:
            db.executemany(_FORGET, keys)

        await self._do(delete, None)

    async def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if self._closed:
            return otherwise
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._work, work, otherwise)

    def _work(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Do something with the database, in its thread."""
        try:
            if not self._tried:
                self._tried = True
                self._connection = self._opening.open()
            return otherwise if self._connection is None else work(self._connection)
        except UnstorableError:
            return otherwise
        except (sqlite3.Error, UnicodeError, OverflowError) as problem:
            self._lament(problem)
            return otherwise

    def _lament(self, problem: Exception) -> None:
        """After a failed call: mend a damaged file; go on with any other."""
        if not is_corrupt(problem):
            return
        self._drop_connection()
        self._connection = self._opening.open(damaged=True)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=BUSY, isolation_level=None)

    def _drop_connection(self) -> None:
        close(self._connection)
        self._connection = None

    def _prune(self, db: sqlite3.Connection) -> None:
        db.execute(_PRUNE_AGE, (self._now() - MAX_AGE,))
        db.execute(_PRUNE_SIZE, (self._max_bytes,))
        # As a script: `execute` takes but one of its steps, and each gives back one page.
        db.executescript("PRAGMA incremental_vacuum")

    def _get(self, db: sqlite3.Connection, question: Question) -> Envelope[Any] | None:
        row = db.execute(_GET, _key(question)).fetchone()
        if row is None:
            return None
        try:
            fetched_at = datetime.fromtimestamp(float(row[0]), UTC)
            value = decode(question.kind, bytes(row[2]))
            code = int(row[1])
        except (ValueError, TypeError, OverflowError, OSError):
            db.execute(_DROP, _key(question))
            return None
        if self._now() - fetched_at.timestamp() > MAX_AGE:
            return None
        return Envelope(value, fetched_at, Source.CACHE, code)

    def _put(self, db: sqlite3.Connection, question: Question, envelope: Envelope[Any]) -> None:
        body = encode(question.kind, envelope.data, self._mask)
        stamp = envelope.fetched_at.timestamp()
        db.execute(_PUT, (*_key(question), stamp, envelope.code, body))


def _set_up(db: sqlite3.Connection) -> None:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > SCHEMA:
        raise NewerError(f"version {version}")
    if version < SCHEMA:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    if version < SCHEMA:
        db.execute(_MAKE)
        db.execute(f"PRAGMA user_version = {SCHEMA}")


def _key(question: Question) -> tuple[str, str, str, str, str]:
    return (
        question.base_url,
        question.account,
        question.instance,
        question.kind,
        question.detail,
    )
