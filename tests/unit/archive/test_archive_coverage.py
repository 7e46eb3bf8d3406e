"""Coverage against a model server: no gap is claimed away, nothing is doubled, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, delivery
from tests.unit.archive.archive_world import OTHER, SCOPE, World
from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.selection import Put, Reading, Stretch
from vzaps_tui.storage import archive_pruning, archive_writing
from vzaps_tui.storage.archive_coverage import column

SIZE = 3
"""Rows of a page of the model server."""


@dataclass
class Log:
    """A delivery on the server; `listed` tells since which tick it has its place in a list."""

    number: int
    row: Delivery
    listed: dict[str, int]


class Server:
    """A delivery log that pages can be read of, newest first."""

    def __init__(self, *, by_change: bool = False, timeless: bool = False) -> None:
        self.by_change = by_change
        self.timeless = timeless
        self.tick = 0
        self.logs: list[Log] = []
        self._count = 0

    @property
    def now(self) -> datetime:
        """The moment of the tick."""
        return NOW + timedelta(seconds=self.tick)

    def arrive(self, failed: Sequence[bool]) -> None:
        """New logs come, two at a time with the very same time."""
        self.tick += 1
        for one in failed:
            self.tick += self._count % 2
            self._count += 1
            moment = None if self.timeless else self.now
            row = delivery(
                self._count,
                status="failed" if one else "delivered",
                http_status=500 if one else 200,
                created_at=moment,
                last_attempt_at=moment,
                updated_at=moment,
                attempts=1,
            )
            listed = {"": self.tick} | ({"failed": self.tick} if one else {})
            self.logs.append(Log(self._count, row, listed))
        self.tick += 1

    def change(self, at: int) -> Delivery | None:
        """A log is tried again, and its outcome is the opposite."""
        if not self.logs:
            return None
        log = self.logs[at % len(self.logs)]
        self.tick += 1
        failed = log.row.status_class is not StatusClass.FAILED
        moment = None if self.timeless else self.now
        log.row = replace(
            log.row,
            status="failed" if failed else "delivered",
            http_status=500 if failed else 200,
            attempts=(log.row.attempts or 0) + 1,
            last_attempt_at=moment,
            updated_at=moment,
        )
        if failed:
            log.listed["failed"] = self.tick
        else:
            log.listed.pop("failed", None)
        if self.by_change:
            log.listed[""] = self.tick
            self.logs.remove(log)
            self.logs.append(log)
        self.tick += 1
        return log.row

    def vanish(self, at: int) -> None:
        """A log is dropped."""
        if self.logs:
            self.tick += 1
            del self.logs[at % len(self.logs)]

    def list(self, server_filter: str | None) -> list[Log]:
        """What can be paged through."""
        return [log for log in reversed(self.logs) if (server_filter or "") in log.listed]


class Sync:
    """Reads pages of the server into an archive, as a service would."""

    def __init__(self, server: Server, server_filter: str | None = None) -> None:
        self.server = server
        self.server_filter = server_filter
        self.world = World()
        self.read_keys: set[str] = set()
        self._page = 0
        self._state = (-1, -1)
        self._last: str | None = None

    def top(self, *, twice: bool = False) -> Put:
        """Read page 1."""
        self._page = 0
        return self.down(twice=twice)

    def down(self, *, twice: bool = False) -> Put:
        """Read the next page; sure to follow only if nothing happened in between."""
        rows = [log.row for log in self.server.list(self.server_filter)]
        mine = rows[self._page * SIZE : (self._page + 1) * SIZE]
        quiet = self._state == (self.server.tick, self._page)
        self._page += 1
        reading = Reading(
            self.server_filter,
            self.server.now,
            top=self._page == 1,
            end=self._page * SIZE >= len(rows),
            follows=self._last if quiet and self._page > 1 else None,
        )
        put = self.world.put([*mine, *mine[:1]] if twice else mine, reading)
        if not mine and len(rows) > 0:
            return put
        self._last = mine[-1].key if mine else None
        self._state = (self.server.tick, self._page)
        self.read_keys |= {row.key for row in mine}
        return put

    def whole(self) -> None:
        """Read everything."""
        self.top()
        while self._page * SIZE < len(self.server.list(self.server_filter)):
            self.down()

    def stretches(self) -> tuple[Stretch, ...]:
        """What the archive says it holds."""
        return self.world.coverage(self.server_filter)


def tick_of(moment: datetime) -> int:
    return int((moment - NOW).total_seconds())


def number_of(key: str) -> int:
    return int(key.removeprefix("log_"))


def check(sync: Sync) -> None:
    """Everything the archive says is true."""
    keys = sync.world.all_keys()
    assert len(keys) == len(set(keys))
    assert set(keys) >= sync.read_keys
    for stretch in sync.stretches():
        if stretch.newest is None or stretch.oldest is None:
            assert stretch.reached_end
            assert stretch.rows == 0
            continue
        if sync.server.by_change:
            check_whole(sync, stretch, set(keys))
        else:
            check_range(sync, stretch, set(keys))
    check_numbers(sync.world)


def check_range(sync: Sync, stretch: Stretch, held: set[str]) -> None:
    """Of a list in the order of creation: what must be there between the ends, and beyond."""
    assert stretch.newest is not None
    assert stretch.oldest is not None
    newest, oldest = number_of(stretch.newest), number_of(stretch.oldest)
    assert newest >= oldest
    name = sync.server_filter or ""
    for log in sync.server.list(sync.server_filter):
        if log.row.key in held:
            continue
        # Where nothing can come in between, it does not matter when a row was listed.
        since = tick_of(stretch.since) if name else sync.server.tick
        assert not (oldest <= log.number <= newest and log.listed[name] <= since), "a gap"
        if stretch.top_at is not None and log.number > newest:
            top = min(tick_of(stretch.top_at), since)
            assert log.listed[name] > top, "not the top"
        if stretch.reached_end and log.number < oldest:
            assert log.listed[name] > since, "not the end"


def check_whole(sync: Sync, stretch: Stretch, held: set[str]) -> None:
    """Of a list where what changes moves to the top: all that had its place when that was read."""
    if stretch.top_at is None or not stretch.reached_end:
        return
    for log in sync.server.list(sync.server_filter):
        if log.listed[sync.server_filter or ""] <= tick_of(stretch.top_at):
            assert log.row.key in held, "not all of it"


def check_numbers(world: World) -> None:
    """Stretches and facts count their rows right."""
    for name, server_filter in (("whole", ""), ("failed", "failed")):
        counted = dict(
            world.db.execute(
                f"SELECT coalesce(s.joined, s.id), count(*) FROM deliveries d"  # noqa: S608 - ours
                f" JOIN stretches s ON s.id = d.{name} GROUP BY 1"
            ).fetchall()
        )
        kept = world.db.execute(
            "SELECT id, rows FROM stretches WHERE filter = ? AND joined IS NULL AND rows <> 0",
            (server_filter,),
        ).fetchall()
        assert dict(kept) == counted
    facts = "SELECT fact, count(*) FROM deliveries GROUP BY fact ORDER BY fact"
    kept = world.db.execute("SELECT id, rows FROM facts WHERE rows <> 0 ORDER BY id").fetchall()
    assert kept == world.db.execute(facts).fetchall()


LOGS = st.lists(st.booleans(), min_size=1, max_size=2 * SIZE)
PLACES = st.integers(0, 20)
STEPS = st.lists(
    # What comes often is there often.
    st.one_of(
        st.tuples(st.just("arrive"), LOGS),
        st.tuples(st.just("arrive"), LOGS),
        st.tuples(st.sampled_from(["change", "note", "vanish"]), PLACES),
        st.tuples(st.just("top"), st.booleans()),
        st.tuples(st.just("top"), st.booleans()),
        st.tuples(st.just("down"), st.booleans()),
        st.tuples(st.just("whole"), st.none()),
        st.tuples(st.just("stir"), PLACES),
        st.tuples(st.just("prune"), st.integers(1, 4)),
    ),
    min_size=4,
    max_size=30,
)


def run(sync: Sync, steps: Sequence[tuple[str, Any]], patch: pytest.MonkeyPatch) -> None:
    """Take the steps; what is said is checked after each."""

    def note(at: int) -> None:
        row = sync.server.change(at)
        if row is not None and row.key in sync.read_keys:
            sync.world.put([row])

    def stir(at: int) -> None:
        sync.server.arrive([True] * (SIZE + 1))
        sync.server.change(at)
        sync.top()

    def prune(count: int) -> None:
        patch.setattr(archive_pruning, "AT_ONCE", count)
        archive_pruning.drop_oldest(sync.world.db)
        sync.world.writer.forget()
        sync.read_keys &= set(sync.world.all_keys())

    ways: dict[str, Callable[[Any], object]] = {
        "arrive": sync.server.arrive,
        "change": sync.server.change,
        "note": note,
        "vanish": sync.server.vanish,
        "top": lambda twice: sync.top(twice=twice),
        "down": lambda twice: sync.down(twice=twice),
        "stir": stir,
        "prune": prune,
        "whole": lambda _: sync.whole(),
    }
    for name, value in steps:
        ways[name](value)
        check(sync)


@pytest.mark.parametrize("server_filter", [None, "failed"])
@given(STEPS)
@settings(max_examples=150)
def test_what_is_said_to_be_held_is_held(
    server_filter: str | None, steps: list[tuple[str, Any]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        run(Sync(Server(), server_filter), steps, patch)


@pytest.mark.parametrize("server_filter", [None, "failed"])
@given(STEPS)
@settings(max_examples=150)
def test_a_server_that_sorts_by_change_leads_to_no_false_word(
    server_filter: str | None, steps: list[tuple[str, Any]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        run(Sync(Server(by_change=True), server_filter), steps, patch)


@given(st.lists(st.sampled_from(["arrive", "top", "whole"]), max_size=12))
def test_a_log_without_times_stays_in_the_servers_order(steps: list[str]) -> None:
    sync = Sync(Server(timeless=True))
    for step in steps:
        if step == "arrive":
            sync.server.arrive([True] * 4)
        elif step == "top":
            sync.top()
        else:
            sync.whole()
        numbers = [number_of(key) for key in sync.world.all_keys()]
        first, *others = sync.stretches() or (None,)
        if first is not None and not others:
            assert numbers == sorted(numbers, reverse=True)
    sync.whole()
    numbers = [number_of(key) for key in sync.world.all_keys()]
    assert numbers == [log.number for log in sync.server.list(None)]


def synced(count: int) -> Sync:
    sync = Sync(Server())
    sync.server.arrive([True] * count)
    sync.whole()
    return sync


def test_a_quiet_log_is_held_in_one_stretch() -> None:
    sync = synced(10)
    (stretch,) = sync.stretches()
    assert (stretch.newest, stretch.oldest, stretch.rows) == ("log_10", "log_1", 10)
    assert stretch.reached_end
    assert stretch.top_at == sync.server.now
    assert sync.world.all_keys() == [f"log_{number}" for number in range(10, 0, -1)]


def test_a_few_new_logs_join_what_is_held() -> None:
    sync = synced(10)
    sync.server.arrive([True] * (SIZE - 1))
    put = sync.top()
    assert (put.new, put.changed, put.met) == (2, 0, True)
    assert put.new_keys == ("log_12", "log_11")
    (stretch,) = sync.stretches()
    assert stretch == put.stretch
    assert (stretch.newest, stretch.oldest, stretch.rows) == ("log_12", "log_1", 12)


def test_many_new_logs_leave_a_gap_until_reading_meets_what_was_held() -> None:
    sync = synced(10)
    sync.server.arrive([True] * 2 * SIZE)
    put = sync.top()
    assert not put.met
    top, below = sync.stretches()
    assert (top.newest, top.oldest, top.rows) == ("log_16", "log_14", SIZE)
    assert (below.newest, below.oldest, below.rows) == ("log_10", "log_1", 10)
    assert not top.reached_end
    assert sync.down().stretch != top
    assert len(sync.stretches()) == 2
    assert sync.down().met
    (stretch,) = sync.stretches()
    assert (stretch.newest, stretch.oldest, stretch.rows) == ("log_16", "log_1", 16)
    assert stretch.reached_end
    assert stretch.since == below.since


def test_a_row_that_changed_proves_nothing() -> None:
    sync = synced(6)
    sync.server.arrive([True] * 2 * SIZE)
    row = sync.server.change(0)
    assert row is not None
    put = sync.world.put([row], Reading(None, sync.server.now, top=True))
    assert (put.changed, put.met) == (1, False)
    assert len(sync.stretches()) == 2


def test_a_row_noted_as_changed_in_between_proves_nothing_either() -> None:
    sync = synced(6)
    row = sync.server.change(0)
    assert row is not None
    sync.world.put([row])
    assert not sync.world.put([row], Reading(None, sync.server.now, top=True)).met


def test_an_empty_log_is_known_until_something_comes() -> None:
    sync = Sync(Server())
    put = sync.top()
    assert put.stretch is not None
    assert (put.stretch.newest, put.stretch.reached_end) == (None, True)
    assert sync.stretches() == (put.stretch,)
    sync.server.arrive([True])
    sync.top()
    (stretch,) = sync.stretches()
    assert stretch.newest == "log_1"


def test_an_empty_page_below_is_the_end() -> None:
    sync = Sync(Server())
    sync.server.arrive([True] * 2)
    row = sync.server.list(None)[0].row
    sync.world.put([row], Reading(None, sync.server.now, top=True))
    put = sync.world.put([], Reading(None, sync.server.now, end=True, follows=row.key))
    assert put.stretch is not None
    assert put.stretch.reached_end
    assert sync.world.put([], Reading(None, sync.server.now)).stretch is None
    assert sync.world.put([], Reading(None, sync.server.now, follows="no such")).stretch is None


def test_lists_and_scopes_are_apart() -> None:
    sync = synced(2)
    assert sync.world.coverage("failed") == ()
    assert sync.world.asker.coverage(OTHER, None) == ()
    rows = sync.world.rows()
    sync.world.put(rows, Reading("failed", sync.server.now, top=True, end=True))
    assert len(sync.world.coverage("failed")) == len(sync.stretches()) == 1


def test_a_filter_nobody_knows_of_is_refused_and_nothing_is_kept() -> None:
    world = World()
    with pytest.raises(ValueError, match="odd"):
        world.put([delivery()], Reading("odd", NOW))
    assert world.all_keys() == []
    assert column(None) == "whole"


def test_pruning_ends_a_stretch_where_its_rows_end() -> None:
    sync = synced(10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_pruning, "AT_ONCE", 4)
        assert archive_pruning.drop_oldest(sync.world.db) == 4
        (stretch,) = sync.stretches()
        assert (stretch.oldest, stretch.rows, stretch.reached_end) == ("log_5", 6, False)
        archive_pruning.drop_oldest(sync.world.db)
        assert archive_pruning.drop_oldest(sync.world.db) == 2
    assert sync.stretches() == ()
    assert archive_pruning.drop_oldest(sync.world.db) == 0


@contextmanager
def broken_after_the_rows() -> Generator[None, None, None]:
    """The program ends between the rows and what they make certain."""

    class BrokenError(Exception):
        pass

    def join(*_: object) -> None:
        raise BrokenError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive_writing.Coverage, "join", join)
        with pytest.raises(BrokenError):
            yield


def test_rows_and_what_they_make_certain_are_kept_together_or_not_at_all() -> None:
    sync = synced(3)
    sync.server.arrive([False] * 2)
    with broken_after_the_rows():
        sync.top()
    assert sync.world.all_keys() == ["log_3", "log_2", "log_1"]
    assert sync.top().new == 2
    check(sync)
    assert sync.world.select(scope=SCOPE)
