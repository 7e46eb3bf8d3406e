"""Envelopes on disk: what was known last time, without tokens, payloads or the secrets of URLs."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from vzaps_tui.domain.envelope import Envelope, Question, Source
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.storage.codec import Mask, UnstorableError, decode, encode
from vzaps_tui.storage.files import make_private, move_aside, remove

T = TypeVar("T")

SCHEMA = 1
MAX_AGE = 7 * 86400.0
MAX_BYTES = 50 * 1024 * 1024
_BUSY = 1.0
_TURNS, _TURN = 20, 0.02
_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

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


class _NewerError(Exception):
    """The file is of a newer version of the program."""


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
        self._notices: list[str] = []

    @property
    def notices(self) -> tuple[str, ...]:
        """What a person should know of the file so far."""
        return tuple(self._notices)

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
                self._connection = self._open_or_mend()
            return otherwise if self._connection is None else work(self._connection)
        except UnstorableError:
            return otherwise
        except (sqlite3.Error, UnicodeError, OverflowError) as problem:
            self._lament(problem)
            return otherwise

    def _lament(self, problem: Exception) -> None:
        """After a failed call: mend a damaged file; go on with any other."""
        if not _is_corrupt(problem):
            return
        self._drop_connection()
        self._connection = self._open_or_mend(damaged=True)

    def _open_or_mend(self, *, damaged: bool = False) -> sqlite3.Connection | None:
        try:
            if damaged:
                self._set_aside("bad", "was damaged")
            try:
                return self._connect()
            except _NewerError:
                self._set_aside("newer", "was made by a newer version")
            except sqlite3.DatabaseError as problem:
                if not _is_corrupt(problem):
                    raise
                self._set_aside("bad", "was damaged")
            return self._connect()
        except (OSError, sqlite3.Error, _NewerError) as problem:
            self._notices.append(
                f"{self._path.name} cannot be used ({problem}): nothing is kept between runs"
            )
            return None

    def _set_aside(self, why: str, words: str) -> None:
        aside = move_aside(self._path, why)
        self._notices.append(f"{self._path.name} {words} and moved aside to {aside.name}")

    def _connect(self) -> sqlite3.Connection:
        make_private(self._path)
        db = sqlite3.connect(self._path, timeout=_BUSY, isolation_level=None)
        try:
            for turn in range(_TURNS):
                try:
                    _set_up(db)
                    break
                except sqlite3.OperationalError as problem:
                    # Going over to WAL does not wait for another program that does so too.
                    if _code(problem) != sqlite3.SQLITE_BUSY or turn == _TURNS - 1:
                        raise
                    Event().wait(_TURN)
        except BaseException:
            db.close()
            raise
        return db

    def _drop_connection(self) -> None:
        if self._connection is None:
            return
        with suppress(sqlite3.Error):  # what cannot be written back is forgotten
            self._connection.close()
        self._connection = None

    def _prune(self, db: sqlite3.Connection) -> None:
        db.execute(_PRUNE_AGE, (self._now() - MAX_AGE,))
        db.execute(_PRUNE_SIZE, (self._max_bytes,))
        db.execute("PRAGMA incremental_vacuum").fetchall()

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
        raise _NewerError(f"version {version}")
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


def _is_corrupt(problem: Exception) -> bool:
    return _code(problem) in _CORRUPT


def _code(problem: Exception) -> int:
    code: int = getattr(problem, "sqlite_errorcode", 0)
    # The low byte is the error; the rest says where it was met.
    return code & 0xFF


def clear(path: Path) -> int:
    """Remove the database, SQLite's files beside it and what was moved aside.

    Returns:
        Bytes freed.

    Raises:
        StorageError: the disk said no.
    """
    try:
        return remove(path)
    except OSError as problem:
        raise StorageError(str(problem)) from problem
