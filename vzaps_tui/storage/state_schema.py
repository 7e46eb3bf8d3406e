"""The tables of what must not be forgotten, and the steps that lead to them from older versions.

Times are microseconds since 1970. Text that is no Unicode is kept as bytes.
"""

from __future__ import annotations

import sqlite3

from vzaps_tui.storage.archive_schema import transaction
from vzaps_tui.storage.opening import NewerError

_JOURNAL: tuple[str, ...] = (
    # `step` counts what was sent, by any plan: clocks jump, it does not.
    """CREATE TABLE plans (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        base_url TEXT NOT NULL, account TEXT NOT NULL, instance TEXT NOT NULL,
        created INTEGER NOT NULL, step INTEGER NOT NULL,
        name TEXT NOT NULL, origin TEXT NOT NULL, query TEXT NOT NULL,
        resend INTEGER NOT NULL, pace REAL, canary INTEGER, breaker INTEGER,
        state TEXT NOT NULL, why TEXT NOT NULL, began INTEGER, ended INTEGER
    )""",
    "CREATE INDEX plans_of_account ON plans (base_url, account, number)",
    """CREATE TABLE entries (
        plan INTEGER NOT NULL REFERENCES plans (number), place INTEGER NOT NULL,
        log TEXT NOT NULL, key TEXT NOT NULL, event TEXT NOT NULL, host TEXT NOT NULL,
        cause TEXT NOT NULL, created INTEGER,
        outcome TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL,
        before TEXT NOT NULL, payload BLOB, floor INTEGER,
        step INTEGER, sent INTEGER, settled INTEGER, new_log TEXT, via TEXT, result TEXT,
        PRIMARY KEY (plan, place)
    ) WITHOUT ROWID""",
    "CREATE INDEX entries_by_log ON entries (log)",
    "CREATE INDEX entries_by_step ON entries (step) WHERE step IS NOT NULL",
)

_VIEWS: tuple[str, ...] = (
    """CREATE TABLE looked (
        base_url TEXT NOT NULL, account TEXT NOT NULL, instance TEXT NOT NULL,
        query TEXT NOT NULL, oldest_first INTEGER NOT NULL, preview INTEGER NOT NULL,
        PRIMARY KEY (base_url, account, instance)
    ) WITHOUT ROWID""",
    """CREATE TABLE views (
        base_url TEXT NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL,
        PRIMARY KEY (base_url, account, name)
    ) WITHOUT ROWID""",
)

MIGRATIONS: list[tuple[str, ...]] = [_JOURNAL, _VIEWS]
"""Statement by statement, from no version to 1, from 1 to 2, and so on. Add; never change one."""


def set_up(db: sqlite3.Connection) -> None:
    """Bring a connection and its file to this version; a commit outlives a power cut from here on.

    Raises:
        NewerError: the file is of a newer version.
        sqlite3.DatabaseError: it is damaged, or cannot be used.
    """
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    # Of use on macOS only: there, what is synchronous else need not be on the disk yet.
    db.execute("PRAGMA fullfsync = ON")
    db.execute("PRAGMA foreign_keys = ON")
    # What a person was promised to find again is looked at before it is built upon.
    found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise _damaged(str(found))
    if _version(db) == len(MIGRATIONS):
        return
    with transaction(db):
        # Another program may have done it in the meantime.
        for number in range(_version(db), len(MIGRATIONS)):
            for statement in MIGRATIONS[number]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number + 1}")


def _damaged(words: str) -> sqlite3.DatabaseError:
    problem = sqlite3.DatabaseError(words)
    problem.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return problem


def _version(db: sqlite3.Connection) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise NewerError(f"version {version}")
    return version
