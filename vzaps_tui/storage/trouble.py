"""Tells in words what a disk or a database said no with."""

from __future__ import annotations

import errno
import sqlite3

_NOT_ALLOWED = "this user may not write it"
_FULL = "the disk is full"
_OF_THE_SYSTEM = {
    errno.EEXIST: "a file stands where the folder should be",
    errno.ENOTDIR: "a file stands where the folder should be",
    errno.EISDIR: "a folder stands where the file should be",
    errno.ENOENT: "the folder cannot be made",
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "your share of the disk is used up",
    errno.EIO: "the disk fails",
}
_OF_SQLITE = {
    sqlite3.SQLITE_READONLY: _NOT_ALLOWED,
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: "the disk fails",
    sqlite3.SQLITE_BUSY: "another program is writing all the time",
}


def in_words(problem: Exception) -> str:
    """Why it could not be done, without numbers and without a full stop."""
    if isinstance(problem, OSError):
        said = _OF_THE_SYSTEM.get(problem.errno or 0, problem.strerror or str(problem))
    else:
        code: int = getattr(problem, "sqlite_errorcode", 0)
        # The low byte is the error; the rest says where it was met.
        said = _OF_SQLITE.get(code & 0xFF, str(problem))
    return said
