"""The archive's tables, the steps that lead to them from older versions, and its connections.

A delivery is kept in two parts. What many have in common (status, event, code, error, target) is a
*fact*, kept once: conditions on it are judged once a fact, in Python, by the very rules the screen
uses. A row holds what is its own: key, times, tries.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from random import getrandbits

from vzaps_tui.storage.opening import NewerError

FIRST: tuple[str, ...] = (
    """CREATE TABLE scopes (
        id INTEGER PRIMARY KEY,
        base_url TEXT NOT NULL, account TEXT NOT NULL, instance TEXT NOT NULL,
        born INTEGER NOT NULL,
        UNIQUE (base_url, account, instance)
    )""",
    # Numbers are never given twice (AUTOINCREMENT): others may hold them for rows that are gone.
    """CREATE TABLE facts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scope INTEGER NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        rows INTEGER NOT NULL DEFAULT 0,
        named INTEGER NOT NULL, timed INTEGER NOT NULL,
        status TEXT NOT NULL, event TEXT NOT NULL, code INTEGER, error TEXT, target TEXT
    )""",
    "CREATE INDEX facts_of_scope ON facts (scope)",
    # Times are microseconds since 1970; `at` and `rank` are the order: newest, then lowest first.
    """CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scope INTEGER NOT NULL, key TEXT NOT NULL, log TEXT,
        at INTEGER NOT NULL, rank REAL NOT NULL,
        fact INTEGER NOT NULL, attempts INTEGER, duration REAL,
        created INTEGER, last INTEGER, next INTEGER, updated INTEGER,
        gone INTEGER, whole INTEGER, failed INTEGER
    )""",
    "CREATE UNIQUE INDEX by_key ON deliveries (scope, key)",
    "CREATE INDEX by_time ON deliveries (scope, at DESC, rank, fact, attempts)",
    "CREATE INDEX by_fact ON deliveries (scope, fact, at DESC, rank, attempts)",
    # `whole` and `failed` of a row point here, as does `joined` where two became one.
    """CREATE TABLE stretches (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        scope INTEGER NOT NULL, filter TEXT NOT NULL, joined INTEGER,
        newest INTEGER, oldest INTEGER, rows INTEGER NOT NULL,
        since INTEGER NOT NULL, until INTEGER NOT NULL, topped INTEGER, ended INTEGER NOT NULL
    )""",
    "CREATE INDEX stretches_of_scope ON stretches (scope, filter)",
)

STRETCHES: dict[str, str] = {"": "whole", "failed": "failed"}
"""The column that names a row's stretch in a list, by the list's filter."""

BLOCK = 2**32
"""Numbers of one archive: each takes its own block of them, so that none stands for two rows."""
_RANDOM = 20
_BEGIN_AT = "INSERT INTO sqlite_sequence (name, seq) VALUES ('deliveries', ?)"

SECOND: tuple[str, ...] = (
    # Payloads and responses, where a person wants them kept; `read` is microseconds since 1970.
    """CREATE TABLE details (
        delivery INTEGER PRIMARY KEY,
        read INTEGER NOT NULL, size INTEGER NOT NULL, body BLOB NOT NULL
    )""",
    "CREATE INDEX details_by_read ON details (read, size)",
)

THIRD: tuple[str, ...] = (
    # What each of the last writes put, changed or dropped: numbers as 64-bit words; NULL: too many.
    "CREATE TABLE changes (revision INTEGER PRIMARY KEY AUTOINCREMENT, rows BLOB)",
)

MIGRATIONS: list[tuple[str, ...]] = [FIRST, SECOND, THIRD]
"""Statement by statement, from no version to 1, from 1 to 2, and so on."""


def column(server_filter: str | None) -> str:
    """The column that names a row's stretch in a list.

    Raises:
        ValueError: no such filter is documented (CONTRACT 3.5).
    """
    found = STRETCHES.get(server_filter or "")
    if found is None:
        raise ValueError(f"no list is filtered by {server_filter!r}")
    return found


def schema() -> int:
    """The version of this program."""
    return len(MIGRATIONS)


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None, None, None]:
    """All of it or nothing, and nobody else writes meanwhile."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


@contextmanager
def snapshot(db: sqlite3.Connection) -> Generator[None, None, None]:
    """Several reads of one and the same state."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def set_up(db: sqlite3.Connection, above: int = 0) -> None:
    """Bring a writing connection and its file to this version.

    Args:
        db: the connection.
        above: a number; those of a new archive are higher, and none of another archive's.

    Raises:
        NewerError: the file is of a newer version.
        sqlite3.Error: it cannot be used.
    """
    if _version(db) == 0:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    # Nothing in here is secret, and overwriting what is dropped takes most of the time of dropping.
    db.execute("PRAGMA secure_delete = OFF")
    db.execute("PRAGMA cache_size = -32000")
    db.execute("PRAGMA wal_autocheckpoint = 4000")
    if _version(db) == schema():
        return
    with transaction(db):
        # Another program may have done it in the meantime.
        is_new = _version(db) == 0
        for number in range(_version(db), schema()):
            for statement in MIGRATIONS[number]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number + 1}")
        if is_new:
            db.execute(_BEGIN_AT, ((above // BLOCK + 1 + getrandbits(_RANDOM)) * BLOCK,))


def last_number(db: sqlite3.Connection) -> int:
    """The highest number given to a row; 0 if none was."""
    number = sequence(db)
    return number if number % BLOCK else 0


def sequence(db: sqlite3.Connection) -> int:
    """The number below that of the next new row."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'").fetchone()
    return 0 if row is None else int(row[0])


def copy_into(db: sqlite3.Connection, place: str, most: int) -> bool:
    """Copy an archive of this version into an empty one, numbers and all.

    Args:
        db: the one to copy.
        place: the empty one, as a URI.
        most: bytes from which on it is too much.

    Returns:
        Whether it was copied.

    Raises:
        sqlite3.Error: it could not be read.
    """
    if _version(db) != schema() or used_bytes(db) > most:
        return False
    db.execute("ATTACH ? AS empty", (place,))
    db.execute("BEGIN")
    for table in ("scopes", "facts", "deliveries", "stretches"):
        db.execute(f"INSERT INTO empty.{table} SELECT * FROM main.{table}")  # noqa: S608 - constants
    db.execute("DELETE FROM empty.sqlite_sequence")
    db.execute("INSERT INTO empty.sqlite_sequence SELECT * FROM main.sqlite_sequence")
    db.execute("COMMIT")
    return True


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of a database that hold something."""
    count, free, size = (
        int(db.execute(f"PRAGMA {word}").fetchone()[0])
        for word in ("page_count", "freelist_count", "page_size")
    )
    return (count - free) * size


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > schema():
        raise NewerError(f"version {version}")
    return version
