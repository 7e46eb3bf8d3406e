"""The journal of retries: what both of its kinds promise, and what the one on disk survives."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import INSTANCE, NOW, delivery
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.plans import (
    Entry,
    Evidence,
    Plan,
    PlanBusyError,
    PlanId,
    PlanState,
    Tuning,
    UnknownPlanError,
    freeze,
)
from vzaps_tui.domain.problems import StorageError
from vzaps_tui.domain.retries import Outcome, RetryPlan
from vzaps_tui.services.memory_journal import MemoryJournal
from vzaps_tui.services.ports import RetryJournal
from vzaps_tui.storage.journal import SqliteJournal
from vzaps_tui.storage.state import StateFile

URL, ACCOUNT = "https://api.example.com", "acct"


def plan(**changes: object) -> Plan:
    values: dict[str, object] = {
        "id": PlanId(""),
        "base_url": URL,
        "account": ACCOUNT,
        "instance": INSTANCE,
        "created": NOW,
        "name": "Support BR",
        "origin": "3 marked",
        "query": "status:FAILED",
    }
    return Plan(**(values | changes))  # pyright: ignore[reportArgumentType] - a builder


def entries(*numbers: int) -> tuple[Entry, ...]:
    return freeze(RetryPlan(INSTANCE, tuple(map(delivery, numbers))), NOW)


@pytest.fixture(params=["memory", "sqlite", "file"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[RetryJournal]:
    if request.param == "memory":
        yield MemoryJournal()
        return
    state = StateFile(None if request.param == "sqlite" else tmp_path / "state.db")
    yield SqliteJournal(state)
    await state.close()


@contextmanager
def another(program: str, path: Path, made: Plan) -> Generator[subprocess.Popen[bytes]]:
    """Another program at the same file; it is killed in the end."""
    command = [sys.executable, "-c", program, str(path), made.id]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:  # noqa: S603 - ourselves
        try:
            yield other
        finally:
            other.kill()


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


@asynccontextmanager
async def at(path: Path) -> AsyncGenerator[SqliteJournal]:
    state = StateFile(path)
    try:
        yield SqliteJournal(state)
    finally:
        await state.close()


async def test_a_plan_comes_back_as_it_was(journal: RetryJournal) -> None:
    made = await journal.create(plan(pace=2.5, canary=False, breaker=7), entries(1, 2, 3))
    assert made.id.startswith("0314-")
    assert await journal.plan(made.id) == made
    assert await journal.entries(made.id) == entries(1, 2, 3)
    assert await journal.plan(PlanId("nothing")) is None
    assert await journal.entries(PlanId("nothing")) == ()


async def test_every_step_is_kept(journal: RetryJournal) -> None:
    made = await journal.create(plan(), entries(1, 2))
    first = (await journal.entries(made.id))[0]
    step = replace(
        first,
        outcome=Outcome.SENDING,
        reason="so",
        before=Evidence("failed", 500, 3, NOW, 1.5),
        payload=b"\x00print",
        floor=NOW,
        sent_at=NOW,
    )
    assert await journal.begin(made, step) is None
    assert (await journal.entries(made.id))[0] == step
    step = replace(
        step,
        outcome=Outcome.DELIVERED,
        settled_at=NOW + timedelta(seconds=3),
        new_log=LogId("a"),
        via=LogId("b"),
        result=Evidence("delivered", 200, 4, NOW, 42),
    )
    await journal.note(made.id, [step])
    assert await journal.entries(made.id) == (step, entries(1, 2)[1])
    assert await journal.claimed(URL, ACCOUNT, INSTANCE) == {"b"}
    assert await journal.claimed(URL, "another", INSTANCE) == frozenset()


async def test_where_a_plan_stands_is_kept(journal: RetryJournal) -> None:
    made = await journal.create(plan(), entries(1))
    await journal.mark(made.id, PlanState.RUNNING, "", NOW)
    await journal.mark(made.id, PlanState.STOPPED, "10 failures in a row", NOW)
    now = await journal.plan(made.id)
    assert now == replace(
        made, state=PlanState.STOPPED, why="10 failures in a row", began=NOW, ended=NOW
    )


async def test_how_a_plan_is_carried_out_may_be_changed(journal: RetryJournal) -> None:
    made = await journal.create(plan(pace=2.5, canary=True), entries(1))
    await journal.mark(made.id, PlanState.STOPPED, "stopped", NOW)
    tuned = made.tuned(Tuning(pace=4, breaker=0))
    assert (tuned.pace, tuned.canary, tuned.breaker) == (4, True, 0)
    await journal.tune(tuned)
    now = await journal.plan(made.id)
    assert now == replace(tuned, state=PlanState.STOPPED, why="stopped", ended=NOW)
    assert made.tuned(Tuning()) == made
    assert made.tuned(Tuning(canary=False)).canary is False


async def test_what_is_not_there_cannot_be_changed(journal: RetryJournal) -> None:
    ghost = replace(plan(), id=PlanId("ghost"))
    with pytest.raises(UnknownPlanError):
        await journal.mark(ghost.id, PlanState.DONE, "", NOW)
    with pytest.raises(UnknownPlanError):
        await journal.note(ghost.id, entries(1))
    with pytest.raises(UnknownPlanError):
        await journal.begin(ghost, entries(1)[0])
    with pytest.raises(UnknownPlanError):
        await journal.tune(ghost)


async def test_unfinished_plans_and_the_past(journal: RetryJournal) -> None:
    made = [await journal.create(plan(), entries(1, 2, 3)) for _ in range(4)]
    await journal.create(plan(account="another"), entries(1))
    await journal.mark(made[0].id, PlanState.DONE, "", NOW)
    await journal.mark(made[1].id, PlanState.DISCARDED, "", NOW)
    one, two, three = entries(1, 2, 3)
    await journal.begin(made[2], replace(one, outcome=Outcome.SENDING))
    await journal.note(made[2].id, [replace(two, outcome=Outcome.UNKNOWN)])
    await journal.note(
        made[3].id, [replace(each, outcome=Outcome.UNKNOWN) for each in (one, two, three)]
    )
    (found,) = await journal.unfinished(URL, ACCOUNT)
    assert found.plan.id == made[2].id
    assert found.counts == Counter({Outcome.SENDING: 1, Outcome.UNKNOWN: 1, Outcome.QUEUED: 1})
    assert found.words == "1 of 3 left, 2 unknown"
    past = await journal.history(URL, ACCOUNT, 3)
    assert [one.plan.id for one in past] == [each.id for each in reversed(made[1:])]
    rest = await journal.history(URL, ACCOUNT, 3, past[-1].plan.id)
    assert [one.plan.id for one in rest] == [made[0].id]


async def test_earlier_retries_of_a_log_over_all_plans(journal: RetryJournal) -> None:
    for number in range(2):
        made = await journal.create(plan(), entries(1, 2))
        first = (await journal.entries(made.id))[0]
        at_ = NOW + timedelta(hours=number)
        await journal.begin(made, replace(first, outcome=Outcome.SENDING, sent_at=at_))
    found = await journal.earlier(URL, ACCOUNT, INSTANCE, [LogId("log_1"), LogId("log_2")])
    assert set(found) == {"log_1"}
    assert [one.at for one in found[LogId("log_1")]] == [NOW + timedelta(hours=1), NOW]
    assert [one.outcome for one in found[LogId("log_1")]] == [Outcome.SENDING] * 2
    for elsewhere in [("x", ACCOUNT, INSTANCE), (URL, "x", INSTANCE), (URL, ACCOUNT, "x")]:
        base_url, account, instance = elsewhere
        logs = [LogId("log_1")]
        assert not await journal.earlier(base_url, account, InstanceId(instance), logs)


@pytest.mark.parametrize(
    ("outcome", "conflicts"),
    [
        (Outcome.SENDING, True),
        (Outcome.ACCEPTED, True),
        (Outcome.DELIVERED, True),
        (Outcome.FAILED_AGAIN, True),
        (Outcome.UNKNOWN, True),
        (Outcome.REFUSED, False),
        (Outcome.QUEUED, False),
    ],
)
async def test_what_another_plan_sent_since_this_one_was_made_is_told(
    journal: RetryJournal, outcome: Outcome, *, conflicts: bool
) -> None:
    one = replace(entries(1)[0], outcome=Outcome.SENDING)
    old = await journal.create(plan(), entries(1))
    await journal.begin(old, one)
    mine = await journal.create(plan(), entries(1, 2))
    # Sent before: a person was told so when this plan was made.
    assert await journal.begin(mine, one) is None
    await journal.note(mine.id, entries(1))
    other = await journal.create(plan(), entries(1))
    purpose = await journal.create(plan(resend_delivered=True), entries(1))
    foreign = await journal.create(plan(account="another"), entries(1))
    # By the clock it was sent long ago; but clocks jump.
    await journal.note(mine.id, entries(1))
    await journal.begin(replace(other, resend_delivered=True), replace(one, sent_at=NOW.min))
    await journal.note(other.id, [replace(one, sent_at=NOW, outcome=outcome)])
    assert await journal.begin(mine, one) == (other.id if conflicts else None)
    assert await journal.begin(foreign, one) is None
    assert await journal.begin(purpose, one) is None


@pytest.mark.parametrize("place", ["memory", "sqlite", "file"])
async def test_a_plan_is_held_by_one(place: str, tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state.db" if place == "file" else None)
    journal: RetryJournal = MemoryJournal() if place == "memory" else SqliteJournal(state)
    made = await journal.create(plan(), entries(1))
    async with journal.hold(made.id):
        with pytest.raises(PlanBusyError):
            async with journal.hold(made.id):
                raise AssertionError
        (found,) = await journal.unfinished(URL, ACCOUNT)
        assert found.holder == await journal.holder(made.id) == "this program"
    (found,) = await journal.unfinished(URL, ACCOUNT)
    assert found.holder == await journal.holder(made.id) == ""
    async with journal.hold(made.id):
        pass
    await state.close()
    assert not [file for file in files(tmp_path) if file.suffix == ".lock"]


_HOLDER = """
import asyncio, sys
from pathlib import Path
from vzaps_tui.storage.journal import SqliteJournal
from vzaps_tui.storage.state import StateFile

async def hold():
    async with SqliteJournal(StateFile(Path(sys.argv[1]))).hold(sys.argv[2]):
        print("held", flush=True)
        await asyncio.sleep(60)

asyncio.run(hold())
"""


async def test_another_program_is_kept_out_until_it_dies(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with at(path) as journal:
        made = await journal.create(plan(), entries(1))
        with another(_HOLDER, path, made) as other:
            assert other.stdout
            assert other.stdout.readline() == b"held\n"
            with pytest.raises(PlanBusyError, match=f"process {other.pid} on "):
                async with journal.hold(made.id):
                    raise AssertionError
            (found,) = await journal.unfinished(URL, ACCOUNT)
            assert found.holder.startswith(f"process {other.pid} on ")
            assert await journal.holder(made.id) == found.holder
            other.kill()
            other.wait()
        (found,) = await journal.unfinished(URL, ACCOUNT)
        assert found.holder == ""
        async with journal.hold(made.id):
            pass


async def test_the_next_program_finds_it_all(tmp_path: Path) -> None:
    async with at(tmp_path / "state.db") as journal:
        made = await journal.create(plan(), entries(1, 2))
    async with at(tmp_path / "state.db") as journal:
        assert await journal.plan(made.id) == made
        assert await journal.entries(made.id) == entries(1, 2)


async def test_only_the_owner_reads_it(tmp_path: Path) -> None:
    async with at(tmp_path / "deep" / "state.db") as journal:
        made = await journal.create(plan(), entries(1))
        async with journal.hold(made.id):
            found = files(tmp_path / "deep")
            assert len(found) >= 3
            assert {file.stat().st_mode & 0o777 for file in found} == {0o600}
    assert (tmp_path / "deep").stat().st_mode & 0o777 == 0o700


async def test_no_secret_and_no_query_of_a_target_reaches_the_disk(tmp_path: Path) -> None:
    row = delivery(1, target="https://me:pw4711@hooks.example.com/vz?secret=s4711")
    rows = freeze(RetryPlan(INSTANCE, (row,)), NOW)
    async with at(tmp_path / "state.db") as journal:
        made = await journal.create(plan(query="text:token=t4711"), rows)
        words = "Bearer b4711xyz refused"
        await journal.begin(made, replace(rows[0], reason=words, outcome=Outcome.SENDING))
        await journal.mark(made.id, PlanState.STOPPED, "password: p4711", NOW)
    kept = b"".join(file.read_bytes() for file in files(tmp_path))
    assert b"hooks.example.com" in kept
    assert b"4711" not in kept


@pytest.mark.parametrize("why", ["bad", "newer", "torn"])
async def test_an_unusable_file_goes_aside_with_a_word(tmp_path: Path, why: str) -> None:
    path = tmp_path / "state.db"
    async with at(path) as journal:
        await journal.create(plan(), entries(*range(1, 200)))
    if why == "bad":
        path.write_bytes(b"no database " * 1000)
    elif why == "torn":
        whole = path.read_bytes()
        path.write_bytes(whole[:8192] + b"\xff" * 4096 + whole[12288:])
    else:
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA user_version = 99")
        db.close()
    state = StateFile(path)
    (notice,) = await state.open()
    assert f"moved aside to state.db.{'newer' if why == 'newer' else 'bad'}-" in notice
    journal = SqliteJournal(state)
    assert await journal.history(URL, ACCOUNT, 10) == ()
    await journal.create(plan(), entries(1))
    await state.close()


async def test_where_it_cannot_be_kept_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    state = StateFile(tmp_path / "file" / "state.db")
    (notice,) = await state.open()
    assert "cannot be written down first" in notice
    with pytest.raises(StorageError, match="cannot be written down first"):
        await SqliteJournal(state).create(plan(), entries(1))
    await state.close()


async def test_on_a_full_disk_it_is_refused_and_what_was_kept_stays(tmp_path: Path) -> None:
    state = StateFile(tmp_path / "state.db")
    journal = SqliteJournal(state)
    made = await journal.create(plan(), entries(1, 2))

    def fill(db: sqlite3.Connection) -> None:
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")

    await state.ask(fill)
    with pytest.raises(StorageError, match="full"):
        await journal.create(plan(), entries(*range(1, 500)))
    assert await journal.entries(made.id) == entries(1, 2)
    assert [one.plan.id for one in await journal.history(URL, ACCOUNT, 9)] == [made.id]
    await state.close()
    with pytest.raises(StorageError, match="closed"):
        await journal.create(plan(), entries(1))


_WRITER = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from vzaps_tui.domain.plans import PlanId
from vzaps_tui.domain.retries import Outcome
from vzaps_tui.storage.journal import SqliteJournal
from vzaps_tui.storage.state import StateFile

async def write():
    journal = SqliteJournal(StateFile(Path(sys.argv[1])))
    plan = await journal.plan(PlanId(sys.argv[2]))
    for entry in await journal.entries(plan.id):
        await journal.begin(plan, replace(entry, outcome=Outcome.SENDING))
        print(entry.place, flush=True)

asyncio.run(write())
"""


async def test_what_was_written_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with at(path) as journal:
        made = await journal.create(plan(), entries(*range(1, 400)))
        with another(_WRITER, path, made) as other:
            assert other.stdout
            told = [other.stdout.readline() for _ in range(50)]
            other.kill()
            told += other.stdout.readlines()
        sending = [e for e in await journal.entries(made.id) if e.outcome is Outcome.SENDING]
        # What was said to be written is; one more may be, whose word was cut short.
        whole = [line for line in told if line.endswith(b"\n")]
        assert len(whole) <= len(sending) <= len(whole) + 1
        assert sending[len(whole) - 1].place == int(whole[-1])


_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


@settings(max_examples=60, deadline=None)
@given(log=_TEXT.filter(bool), key=_TEXT, event=_TEXT, reason=_TEXT, status=_TEXT)
async def test_whatever_a_server_calls_its_logs_they_come_back(
    log: str, key: str, event: str, reason: str, status: str
) -> None:
    state = StateFile(None)
    journal = SqliteJournal(state, mask=str)
    row = delivery(1, id=LogId(log), key=key, event=event, status=status)
    made = await journal.create(plan(), freeze(RetryPlan(INSTANCE, (row,)), NOW))
    (entry,) = await journal.entries(made.id)
    assert (entry.log, entry.key, entry.event) == (log, key, event)
    step = replace(entry, reason=reason, outcome=Outcome.SENDING, sent_at=NOW)
    assert await journal.begin(made, step) is None
    found = await journal.earlier(URL, ACCOUNT, INSTANCE, [LogId(log)])
    assert [one.log for one in found[LogId(log)]] == [log]
    await state.close()


async def test_a_cancelled_write_is_written_all_the_same(tmp_path: Path) -> None:
    async with at(tmp_path / "state.db") as journal:
        made = await journal.create(plan(), entries(1))
        step = replace(entries(1)[0], outcome=Outcome.SENDING)
        writing = asyncio.create_task(journal.begin(made, step))
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert (await journal.entries(made.id))[0] == step
