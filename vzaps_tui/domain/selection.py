"""What is asked of the delivery archive, and what it answers: plain values, no database."""

from __future__ import annotations

from array import array
from dataclasses import field
from datetime import datetime

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose deliveries: nothing of one scope is ever seen in another.

    Attributes:
        base_url: the server.
        account: a digest of the client token, never the token.
        instance: its id.
    """

    base_url: str
    account: str
    instance: str


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows that match a query.

    Attributes:
        rowids: their numbers in the archive, newest first, type code `q`.
        held: rows held of the scope, whether they match or not.
    """

    rowids: array[int]
    held: int

    @property
    def matched(self) -> int:
        """How many match."""
        return len(self.rowids)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is certain of rows put into the archive: they are a run of the server's list.

    The run is in the server's order, newest first, and nothing lay between its rows when it was
    read. It joins every stretch of which it holds a row that did not change since, and that of
    `follows`.

    Attributes:
        server_filter: the filter of the list, as in `DeliveryQuery.server_status`.
        at: when it was read, aware.
        top: nothing in the list was newer.
        end: nothing in the list was older.
        follows: key of the row that lay right above the first one, if the caller is sure of that.
    """

    server_filter: str | None
    at: datetime
    top: bool = False
    end: bool = False
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the server's list that the archive holds without a gap.

    Every log between `newest` and `oldest` that was in the list at `since`, and stayed there
    unchanged, is held. Of a list in the order of creation and without a filter that is every log.

    Attributes:
        newest: key of its first row; None where the list was empty.
        oldest: key of its last row, where reading goes on downwards; None likewise.
        rows: how many rows it has.
        since: when the longest known part of it was read.
        until: when something of it was read last.
        top_at: when it was last seen that nothing was newer; None if it never was.
        reached_end: whether it goes down to the oldest log that the server has.
    """

    newest: str | None
    oldest: str | None
    rows: int
    since: datetime
    until: datetime
    top_at: datetime | None
    reached_end: bool


@dataclass(frozen=True, slots=True)
class Put:
    """What became of rows that were put.

    Attributes:
        new: how many were not known before.
        changed: how many were known, and are told differently now.
        new_keys: keys of the new ones, in the order they came.
        met: whether they joined a stretch that was there before; then all above it is held.
        stretch: the stretch they are in now; None without a reading.
    """

    new: int = 0
    changed: int = 0
    new_keys: tuple[str, ...] = ()
    met: bool = False
    stretch: Stretch | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Deliveries of one status that were answered alike, by one host, of one event.

    Attributes:
        status: their class.
        code: HTTP status; None where there was none.
        kind: why they failed, as `failure_kind` reads it.
        host: host and port of the target; empty where it is not known.
        event: name of the event.
        count: how many.
        first: time of the oldest; None if no row of it has a time.
        last: time of the newest; likewise.
        sample: row number of the newest, for `page`.
    """

    status: StatusClass
    code: int | None
    kind: FailureKind
    host: str
    event: str
    count: int
    first: datetime | None
    last: datetime | None
    sample: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Deliveries over time in equal buckets, oldest first.

    Attributes:
        start: where the first bucket begins.
        end: where the last one ends.
        delivered: how many were delivered, bucket by bucket.
        failed: how many failed.
        unread: which buckets lie where not all deliveries were read; empty: none.
    """

    start: datetime
    end: datetime
    delivered: tuple[int, ...] = field(default=())
    failed: tuple[int, ...] = field(default=())
    unread: tuple[bool, ...] = field(default=())
