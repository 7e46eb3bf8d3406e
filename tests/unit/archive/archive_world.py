"""Archives for tests without threads or files, and rows and queries of all kinds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from hypothesis import strategies as st

from tests.builders import NOW
from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.query import NO_ANSWER, CodeMatch, DeliveryQuery
from vzaps_tui.domain.selection import Put, Reading, Scope, Stretch
from vzaps_tui.storage.archive_asking import Asker
from vzaps_tui.storage.archive_question import Asked
from vzaps_tui.storage.archive_rows import micros
from vzaps_tui.storage.archive_schema import set_up
from vzaps_tui.storage.archive_writing import Writer

SCOPE = Scope("https://api.example.com", "acct", "VZ01")
OTHER = Scope("https://api.example.com", "acct", "VZ02")
EMPTY = DeliveryQuery()


class World:
    """An archive in memory, used from one thread."""

    def __init__(self) -> None:
        # Whichever thread comes to collect it closes it.
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        set_up(self.db)
        self.writer = Writer(Masker())
        self.asker = Asker(self.db)

    def __del__(self) -> None:
        # Functions of its own keep a connection until it is closed, and all that it holds.
        self.db.close()

    def put(
        self, rows: Iterable[Delivery], reading: Reading | None = None, scope: Scope = SCOPE
    ) -> Put:
        """As `SqliteArchive.put`."""
        return self.writer.put(self.db, scope, rows, reading, micros(NOW))

    def select(
        self, query: DeliveryQuery = EMPTY, now: datetime = NOW, scope: Scope = SCOPE
    ) -> list[int]:
        """Numbers of the rows that match."""
        return list(self.asker.select(Asked(scope, query, now)).rowids)

    def rows(self, scope: Scope = SCOPE) -> list[Delivery]:
        """All rows, in order."""
        found = [row for row in self.asker.page(self.select(scope=scope)) if row is not None]
        assert len(found) == len(self.select(scope=scope))
        return found

    def all_keys(self, scope: Scope = SCOPE) -> list[str]:
        """All keys, in order."""
        return [row.key for row in self.rows(scope)]

    def coverage(self, server_filter: str | None = None) -> tuple[Stretch, ...]:
        """As `SqliteArchive.coverage`."""
        return self.asker.coverage(SCOPE, server_filter)


# Few letters, so that things meet; some that change their length or form when folded: sharp s,
# long s, the sign for Kelvin, I with a dot.
text = st.text("aBc1_%\\.ß\u017f\u212a\u0130\n\0 é", max_size=6)
maybe_text = st.none() | text
zones = st.sampled_from([UTC, timezone(timedelta(hours=-3)), timezone(timedelta(hours=14))])


def moment(seconds: float, zone: tzinfo) -> datetime:
    """So many seconds after NOW."""
    return (NOW + timedelta(seconds=seconds)).astimezone(zone)


moments = st.builds(moment, st.integers(-5, 5) | st.floats(-1e5, 1e5), zones) | st.sampled_from(
    [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
)
maybe_moment = st.none() | moments
ids = st.text("aB1_%é\0", max_size=3)
targets = st.none() | st.sampled_from(
    [
        "https://Hooks.example.com/Vz?key=secret",
        "https://user:pass@host:8443/a1/b",
        "ftp://h/ß",
        "",
        "aB",
    ]
)
errors = st.none() | text | st.sampled_from(["timeout", "connection refused", "HTTP 500 aB"])
statuses = st.sampled_from(["failed", "FAILED ", "delivered", "pending", "", "aB", "Kelvin"])


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """Any delivery."""
    ident = draw(ids)
    key = draw(st.sampled_from([ident, ident, ident, "no-id:1", "é"])) if ident else "no-id:2"
    return Delivery(
        LogId(ident),
        key,
        draw(statuses),
        draw(st.sampled_from(["Message", "ReadReceipt", "aB", ""])),
        draw(targets),
        draw(st.none() | st.integers(0, 5)),
        draw(st.none() | st.sampled_from([0, 200, 404, 500, 502])),
        draw(errors),
        draw(st.none() | st.floats(0, 1e6)),
        draw(maybe_moment),
        draw(maybe_moment),
        draw(maybe_moment),
        draw(maybe_moment),
    )


codes = st.sampled_from(
    [
        NO_ANSWER,
        CodeMatch.exact(404),
        CodeMatch.of_class(5),
        CodeMatch.of_kind(FailureKind.TIMEOUT),
        CodeMatch.of_kind(FailureKind.OTHER),
        CodeMatch.of_kind(FailureKind.REFUSED),
    ]
)
needles = text | st.text("aB1_%é", min_size=1, max_size=1) | st.sampled_from(["TIMEOUT", "hooks"])


@st.composite
def queries(draw: st.DrawFn) -> DeliveryQuery:
    """Any query; most conditions are not there most of the time."""
    seldom = st.integers(0, 3).map(lambda number: number == 0)
    maybe = st.none()
    return DeliveryQuery(
        draw(st.frozensets(st.sampled_from(StatusClass))) if draw(seldom) else frozenset(),
        draw(st.frozensets(st.sampled_from(["Message", "aB", ""])))
        if draw(seldom)
        else frozenset(),
        draw(needles) if draw(seldom) else "",
        draw(st.frozensets(needles, max_size=2)) if draw(seldom) else frozenset(),
        draw(st.frozensets(codes)) if draw(seldom) else frozenset(),
        draw(moments if draw(seldom) else maybe),
        draw(moments if draw(seldom) else maybe),
        draw(st.timedeltas(timedelta(seconds=1), timedelta(days=2)) if draw(seldom) else maybe),
        draw(st.integers(0, 4)) if draw(seldom) else 0,
    )
