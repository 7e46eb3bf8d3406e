"""Following many retries with few calls: pages of the list, and new logs found for all at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from tests.builders import INSTANCE, NOW, delivered, delivery, detail
from tests.fakes import Call
from tests.unit.retries.ground import Ground
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryReceipt

MANY = 200


def numbers(first: int, size: int) -> list[int]:
    return list(range(first, first + size))


async def slow(ground: Ground, chosen: list[int], *, after: float = 5.0, pace: float = 50.0) -> int:
    """Carry out a plan whose retries stay pending for a while; how many calls each took."""
    ground.start(pace=pace, breaker=0, canary=False)
    due: dict[str, float] = {}

    def pend(row: Delivery) -> Delivery:
        due[row.id] = ground.clock.monotonic() + after
        return replace(row, status="pending")

    def happen(call: Call) -> None:
        del call
        for log in [log for log, at in due.items() if at <= ground.clock.monotonic()]:
            del due[log]
            ground.server.put(delivered(ground.server.row(LogId(log))))

    ground.server.becomes = dict.fromkeys((f"log_{number}" for number in chosen), pend)
    ground.server.hook = happen
    plan = await ground.plan(*chosen)
    ground.server.calls.clear()
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [Outcome.DELIVERED] * len(chosen)
    assert len(ground.server.acted) == len(set(ground.server.acted)) == len(chosen)
    return len(ground.server.calls)


@pytest.mark.parametrize("first", [1, 400, 900], ids=["oldest", "in the middle", "newest"])
async def test_hundreds_are_followed_with_few_calls_wherever_in_the_log_they_are(
    first: int,
) -> None:
    ground = Ground(1100)
    calls = await slow(ground, numbers(first, MANY)[::-1])
    # A reading before and a retry are needed for each; looking at each by itself is 3 more.
    assert calls < MANY * 2.3


async def test_scattered_over_the_log_it_costs_little_more_than_reading_each() -> None:
    ground = Ground(3000)
    chosen = numbers(1, 3000)[::60]
    calls = await slow(ground, chosen)
    assert calls < len(chosen) * 6.5


async def test_a_few_are_read_each(ground: Ground) -> None:
    plan = await ground.plan(1, 2, 3)
    await ground.resume(plan.id)
    # One search for what is newest before it begins, none to follow.
    assert ground.server.count("search") == 1
    assert ground.server.count("detail") == 6


@pytest.fixture
def ground() -> Ground:
    return Ground()


async def test_where_the_list_tells_too_little_each_is_read() -> None:
    ground = Ground(100)
    bare = {"attempts": None, "last_attempt_at": None, "updated_at": None, "http_status": None}
    full = {row.id: row for row in ground.server.rows}
    ground.server.rows = [replace(row, **bare) for row in ground.server.rows]
    ground.start(pace=50.0, canary=False)
    rows = tuple(full[LogId(f"log_{number}")] for number in numbers(1, 30))
    plan = await ground.service.create(RetryPlan(INSTANCE, rows))
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [Outcome.DELIVERED] * 30


async def test_a_list_that_cannot_be_read_is_no_obstacle() -> None:
    ground = Ground(100)
    ground.server.fail("search", *[UnavailableError("down")] * 100)
    calls = await slow(ground, numbers(1, 30))
    assert calls < 30 * 8


def write_new_logs(ground: Ground, *, named: bool) -> None:
    """Retries are written to new logs, as some servers do."""
    serial = count(5000)

    def write(log: LogId) -> RetryReceipt:
        old = ground.server.row(log)
        number = next(serial)
        made = delivered(delivery(number), created_at=ground.clock.now())
        payload = ground.server.details.get(log, detail(old)).payload
        ground.server.details[made.id] = detail(made, payload=payload)
        ground.server.rows.insert(0, made)
        # And others go on being delivered meanwhile.
        other = delivered(delivery(next(serial)), created_at=ground.clock.now())
        ground.server.rows.insert(0, other)
        return RetryReceipt(made.id if named else None)

    ground.server.becomes = dict.fromkeys((row.id for row in ground.server.rows), None)
    ground.server.on_retry = write


@pytest.mark.parametrize("named", [True, False])
async def test_hundreds_of_new_logs_are_each_found_for_its_own(*, named: bool) -> None:
    ground = Ground(300)
    ground.start(pace=10.0, breaker=0, canary=False)
    write_new_logs(ground, named=named)
    plan = await ground.plan(*numbers(1, MANY))
    await ground.resume(plan.id)
    entries = await ground.entries(plan.id)
    assert {entry.outcome for entry in entries} == {Outcome.DELIVERED}
    vias = [entry.via for entry in entries if entry.via]
    assert len(set(vias)) == MANY
    for entry in entries:
        assert entry.via
        old = detail(delivery(int(entry.log.removeprefix("log_")))).payload
        assert ground.server.details[entry.via].payload == old


async def test_new_logs_are_told_by_the_servers_own_clock() -> None:
    # This machine's clock is an hour ahead of the server's.
    ground = Ground()
    ground.start(pace=10.0, canary=False)
    behind = NOW - timedelta(hours=1)
    ground.server.rows = [replace(row, created_at=behind) for row in ground.server.rows]
    write_new_logs(ground, named=False)
    write = ground.server.on_retry

    def late(log: LogId) -> RetryReceipt | None:
        receipt = write(log) if write else None
        newest = ground.server.rows[:2]
        ground.server.rows[:2] = [
            replace(row, created_at=behind + timedelta(seconds=5)) for row in newest
        ]
        return receipt

    ground.server.on_retry = late
    plan = await ground.plan(1, 2, 3)
    await ground.resume(plan.id)
    assert {entry.outcome for entry in await ground.entries(plan.id)} == {Outcome.DELIVERED}


async def test_what_may_be_anothers_new_log_is_no_proof(ground: Ground) -> None:
    """Two deliveries with one payload: one was sent for certain, one perhaps."""
    same = '{"type": "Message", "same": true}'
    for number in (1, 2):
        ground.server.details[LogId(f"log_{number}")] = detail(delivery(number), payload=same)
    ground.server.becomes = {"log_1": None, "log_2": None}
    ground.server.fail("retry", UnavailableError("reset"))
    plan = await ground.plan(1, 2)
    task = ground.begin(plan.id)
    await ground.clock.advance(7)
    made = replace(delivered(delivery(77)), created_at=NOW + timedelta(seconds=2))
    ground.server.details[made.id] = detail(made, payload=same)
    ground.server.rows.insert(0, made)
    await ground.clock.run(task)
    assert await ground.words(plan.id) == [Outcome.UNKNOWN, Outcome.DELIVERED]


async def test_payloads_that_are_all_alike_prove_nothing(ground: Ground) -> None:
    row = delivery(1, event="Connected")
    ground.server.put(row)
    ground.server.becomes = {"log_1": None}
    ground.server.fail("retry", UnavailableError("reset"))
    plan = await ground.service.create(RetryPlan(INSTANCE, (row,)))
    task = ground.begin(plan.id)
    await ground.clock.advance(1)
    made = replace(delivered(delivery(77, event="Connected")), created_at=NOW)
    ground.server.details[made.id] = detail(made, payload=detail(row).payload)
    ground.server.rows.insert(0, made)
    await ground.clock.run(task)
    assert await ground.words(plan.id) == [Outcome.UNKNOWN]


async def test_logs_that_answers_named_are_not_looked_through_for_a_lost_one() -> None:
    ground = Ground(40)
    ground.start(pace=50.0, breaker=0, canary=False)
    write_new_logs(ground, named=True)
    write = ground.server.on_retry

    def lose(log: LogId) -> RetryReceipt | None:
        receipt = write(log) if write else None
        # The server's clock is behind: others' logs seem nearer to the moment of the retry, after
        # which is waited for two seconds.
        del ground.server.rows[0]  # a delivery that is none of ours
        then = ground.clock.now() - timedelta(seconds=2.2)
        ground.server.rows[0] = replace(ground.server.rows[0], created_at=then)
        if log == "log_10":
            raise UnavailableError("reset")
        return receipt

    ground.server.on_retry = lose
    plan = await ground.plan(*numbers(1, 40))
    await ground.resume(plan.id)
    assert set(await ground.words(plan.id)) == {Outcome.DELIVERED}


async def test_a_log_that_an_answer_named_is_no_proof_for_another_one(ground: Ground) -> None:
    """Two deliveries with one payload: one was sent for certain, one perhaps, and was not."""
    same = '{"type": "Message", "same": true}'
    for number in (1, 2):
        ground.server.details[LogId(f"log_{number}")] = detail(delivery(number), payload=same)
    write_new_logs(ground, named=True)
    ground.server.fail("retry", None, UnavailableError("reset"))
    plan = await ground.plan(1, 2)
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [Outcome.DELIVERED, Outcome.UNKNOWN]


@pytest.mark.parametrize(
    ("is_usual", "outcome", "most"), [(False, Outcome.NO_NEWS, 7), (True, Outcome.DELIVERED, 16)]
)
async def test_where_retries_go_to_new_logs_more_of_them_are_looked_through(
    ground: Ground, *, is_usual: bool, outcome: Outcome, most: int
) -> None:
    write_new_logs(ground, named=False)
    if is_usual:
        await ground.resume((await ground.plan(1)).id)
        ground.start()
    write = ground.server.on_retry
    others = count(7000)

    def busy(log: LogId) -> RetryReceipt | None:
        receipt = write(log) if write else None
        # By the server's clock, which is ahead, ten others seem nearer to the moment of the retry.
        now, rows = ground.clock.now(), ground.server.rows
        rows[1] = replace(rows[1], created_at=now + timedelta(seconds=0.2))
        for _ in range(10):
            late = now + timedelta(seconds=0.1)
            rows.insert(0, delivered(delivery(next(others)), created_at=late))
        return receipt

    ground.server.on_retry = busy
    ground.server.calls.clear()
    plan = await ground.plan(2)
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [outcome]
    assert ground.server.count("detail") <= most
