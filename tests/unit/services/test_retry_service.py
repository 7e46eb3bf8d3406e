"""Retries: each sent at most once, every outcome told by its word, stopped between deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from tests.archives import InlineArchive
from tests.builders import INSTANCE, NOW, delivered, delivery, detail, failed_again
from tests.fakes import Call, FakeClock, FakeGateway, idle
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.envelope import Answer
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.retries import Outcome, RetryPlan, RetryReceipt, RetryStep
from vzaps_tui.services.cache import EnvelopeCache
from vzaps_tui.services.deliveries import DeliveryService
from vzaps_tui.services.identity import Identity
from vzaps_tui.services.retrying import RetryService

Q, S, A = Outcome.QUEUED, Outcome.SENDING, Outcome.ACCEPTED
LOST = UnavailableError("timeout after 30 s")


class _Gateway(FakeGateway):
    """Remembers which retries it may have carried out."""

    def __init__(self, rows: Sequence[Delivery]) -> None:
        super().__init__(rows)
        self.acted: list[str] = []

    @override
    async def retry(self, instance: InstanceId, log: LogId) -> Answer[RetryReceipt]:
        try:
            answer = await super().retry(instance, log)
        except VzapsError as problem:
            if problem.acted:
                self.acted.append(log)
            raise
        self.acted.append(log)
        return answer


class World:
    """Ten failed deliveries; `becomes` says what a row is some seconds after it was sent again."""

    def __init__(self, count: int = 10) -> None:
        self.gateway = _Gateway([delivery(number) for number in range(count, 0, -1)])
        self.clock = FakeClock()
        identity = Identity("https://api.example.com", "acct")
        cache = EnvelopeCache(None, self.clock)
        archive = InlineArchive()
        self.deliveries = DeliveryService(self.gateway, cache, archive, identity, self.clock)
        self.service = RetryService(self.gateway, self.deliveries, self.clock)
        self.told: list[RetryStep] = []
        self.sent_at: list[tuple[str, float]] = []
        self._due: list[tuple[float, Callable[[], None]]] = []
        self.effects: dict[LogId, list[tuple[float, Callable[[], None]]]] = {}
        self.gateway.hook = self._happen

    def becomes(self, row: Delivery, after: float = 0.5) -> None:
        self.after_retry(row.id, lambda: self.gateway.put(row), after)

    def after_retry(self, log: LogId, effect: Callable[[], None], after: float = 0.5) -> None:
        self.effects.setdefault(log, []).append((after, effect))

    def _happen(self, call: Call) -> None:
        now = self.clock.monotonic()
        if call.name == "retry":
            self.sent_at.append((call.args[1], now))
            self._due += [(now + after, do) for after, do in self.effects.get(call.args[1], [])]
        for due, do in [entry for entry in self._due if entry[0] <= now]:
            self._due.remove((due, do))
            do()

    def start(self, *numbers: int, resend: bool = False) -> asyncio.Task[tuple[RetryStep, ...]]:
        rows = tuple(delivery(number) for number in numbers)
        return self.start_rows(*rows, resend=resend)

    def start_rows(
        self, *rows: Delivery, resend: bool = False
    ) -> asyncio.Task[tuple[RetryStep, ...]]:
        plan = RetryPlan(INSTANCE, rows, resend)
        return asyncio.create_task(self.service.run(plan, self.told.append))

    async def run(self, *numbers: int, resend: bool = False) -> tuple[RetryStep, ...]:
        return await self.clock.run(self.start(*numbers, resend=resend))

    async def one(self, *, resend: bool = False) -> RetryStep:
        (step,) = await self.run(1, resend=resend)
        return step

    @property
    def words(self) -> list[Outcome]:
        return [step.outcome for step in self.told]

    @property
    def acted(self) -> list[str]:
        return self.gateway.acted

    @property
    def retried(self) -> list[str]:
        return [call.args[1] for call in self.gateway.named("retry")]


@pytest.fixture
def world() -> World:
    return World()


async def test_accepted_then_delivered(world: World) -> None:
    world.becomes(delivered(delivery(1)))
    step = await world.one()
    assert world.words == [Q, S, A, Outcome.DELIVERED]
    assert (step.reason, step.result, step.via) == ("200 in 42 ms", delivered(delivery(1)), None)
    assert step.at == NOW + timedelta(seconds=1)
    assert [call.name for call in world.gateway.calls] == ["detail", "retry", "detail"]


async def test_accepted_then_failed_again(world: World) -> None:
    world.becomes(failed_again(delivery(1)), after=2)
    step = await world.one()
    assert world.words == [Q, S, A, Outcome.FAILED_AGAIN]
    assert step.reason == "503 in 1.2 s"
    # Read before, and 1 and 3 s after.
    assert world.gateway.count("detail") == 3


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (delivery(1), "accepted; unchanged after 8 s"),
        (replace(delivery(1), status="retrying"), "accepted; still PENDING after 60 s"),
        (replace(delivery(1), status="weird"), "accepted; now WEIRD after 8 s"),
    ],
)
async def test_no_news(world: World, after: Delivery, words: str) -> None:
    world.becomes(after)
    step = await world.one()
    assert world.words == [Q, S, A, Outcome.NO_NEWS]
    assert step.reason == words
    assert f"after {world.clock.monotonic():.0f} s" in words
    assert world.retried == ["log_1"]


async def test_pending_and_then_delivered(world: World) -> None:
    world.becomes(replace(delivery(1), status="pending"))
    world.becomes(delivered(delivery(1)), after=5)
    step = await world.one()
    assert step.outcome is Outcome.DELIVERED
    assert world.clock.monotonic() == 8


async def test_an_outcome_is_found_though_a_reading_fails(world: World) -> None:
    world.becomes(delivered(delivery(1)))
    world.gateway.fail("detail", None, UnavailableError("down"))
    step = await world.one()
    assert step.outcome is Outcome.DELIVERED
    assert world.clock.monotonic() == 3


async def test_awaited_where_the_log_cannot_be_read_afterwards(world: World) -> None:
    world.gateway.fail("detail", None, *[UnavailableError("down")] * 6)
    step = await world.one()
    assert step.outcome is A
    assert "could not be read yet" in step.reason
    assert "down" in step.reason


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_answer_is_unknown_and_never_sent_again(
    world: World, *, arrived: bool
) -> None:
    if arrived:
        world.becomes(delivered(delivery(1)))
    world.gateway.fail("retry", LOST)
    step = await world.one()
    found = [Outcome.DELIVERED] if arrived else []
    assert world.words == [Q, S, Outcome.UNKNOWN, *found]
    assert world.told[2].reason == "the answer was lost; not sent again"
    assert step.outcome is (Outcome.DELIVERED if arrived else Outcome.UNKNOWN)
    assert world.retried == ["log_1"]


@pytest.mark.parametrize(
    "problem",
    [
        RejectedError("retry limit reached", status=409),
        ForbiddenError("not yours"),
        NotFoundError("no such log"),
        RateLimitedError("slow down", retry_after=3),
        UnavailableError("connection refused", acted=False),
    ],
)
async def test_a_refusal_is_told_with_its_reason(world: World, problem: VzapsError) -> None:
    world.gateway.fail("retry", problem)
    step = await world.one()
    assert world.words == [Q, S, Outcome.REFUSED]
    assert step.reason == problem.summary
    assert world.gateway.count("detail") == 1


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (NotFoundError("gone"), "the log is gone"),
        (RateLimitedError("slow down"), "not sent: Too many requests: slow down"),
        (UnavailableError("down"), "not sent: The API did not answer: down"),
        (AuthError("revoked"), "not sent: Credentials refused: revoked"),
        (ForbiddenError("no"), "not sent: Not allowed: no"),
    ],
)
async def test_what_cannot_be_read_before_is_not_sent(
    world: World, problem: VzapsError, words: str
) -> None:
    world.gateway.fail("detail", problem)
    step = await world.one()
    assert world.words == [Q, Outcome.REFUSED]
    assert step.reason == words
    assert world.retried == []


@pytest.mark.parametrize("problem", [NotOfferedError("405"), ProtocolError("HTML")])
async def test_where_details_are_not_offered_the_row_as_known_must_do(
    world: World, problem: VzapsError
) -> None:
    world.becomes(delivered(delivery(1)))
    world.gateway.fail("detail", problem)
    assert (await world.one()).outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (delivered(delivery(1)), "already delivered"),
        (replace(delivery(1), status="queued"), "still pending"),
    ],
)
async def test_what_needs_no_retry_any_more_is_skipped_unless_asked_for(
    world: World, row: Delivery, words: str
) -> None:
    world.gateway.put(row)
    step = await world.one()
    assert (world.words, step.reason) == ([Q, Outcome.SKIPPED], words)
    assert world.retried == []
    await world.one(resend=True)
    assert world.retried == ["log_1"]


async def test_a_delivered_one_sent_on_purpose_is_told_by_its_new_try(world: World) -> None:
    first = delivered(delivery(1))
    world.gateway.put(first)
    world.becomes(replace(first, attempts=5, last_attempt_at=NOW + timedelta(seconds=1)))
    assert (await world.one(resend=True)).outcome is Outcome.DELIVERED


async def test_a_row_without_an_id_and_a_double_are_skipped(world: World) -> None:
    bare = replace(delivery(2), id=LogId(""), key="digest")
    steps = await world.clock.run(world.start_rows(bare, delivery(1), delivery(1)))
    assert [(step.outcome, step.reason) for step in (steps[0], steps[2])] == [
        (Outcome.SKIPPED, "this row has no id"),
        (Outcome.SKIPPED, "already being retried"),
    ]
    assert world.retried == ["log_1"]


async def test_two_runs_never_send_the_same_delivery(world: World) -> None:
    first, second = world.start(1, 2), world.start(2, 3)
    await world.clock.run(asyncio.gather(first, second))
    assert sorted(world.retried) == ["log_1", "log_2", "log_3"]
    assert second.result()[0].reason == "already being retried"


async def test_it_may_be_retried_again_when_its_outcome_is_known(world: World) -> None:
    world.becomes(failed_again(delivery(1)))
    await world.one()
    await world.one()
    assert world.retried == ["log_1", "log_1"]


async def test_one_after_another_at_the_pace(world: World) -> None:
    steps = await world.run(1, 2, 3, 4)
    assert [step.log_id for step in steps] == ["log_1", "log_2", "log_3", "log_4"]
    assert world.sent_at == [("log_1", 0), ("log_2", 1), ("log_3", 2), ("log_4", 3)]
    assert world.gateway.max_in_flight["retry"] == 1
    # The last was sent after 3 s and followed for 8.
    assert world.clock.monotonic() == 11


async def test_two_runs_share_the_pace(world: World) -> None:
    await world.clock.run(asyncio.gather(world.start(1, 2), world.start(3, 4)))
    assert sorted(at for _, at in world.sent_at) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("retry_after", "waited"),
    [(5.0, 5), (0.0, 1 / 0.7), (600.0, 600), (6000.0, 900), (None, 2), (-3.0, 1 / 0.7)],
)
async def test_a_429_holds_the_next_one_back(
    world: World, retry_after: float | None, waited: float
) -> None:
    world.gateway.fail("retry", RateLimitedError("slow", retry_after=retry_after))
    steps = await world.run(1, 2)
    # Nothing was done of what was answered with a 429: it gets its turn after the others.
    assert [step.outcome for step in steps] == [Outcome.NO_NEWS] * 2
    assert world.acted == ["log_2", "log_1"]
    assert [(log, round(at, 6)) for log, at in world.sent_at[:2]] == [
        ("log_1", 0),
        ("log_2", round(waited, 6)),
    ]


async def test_429_without_a_time_waits_longer_each_time(world: World) -> None:
    world.gateway.fail("retry", *[RateLimitedError("slow")] * 3)
    await world.run(1, 2, 3, 4, 5)
    assert [at for _, at in world.sent_at][:4] == [0, 2, 6, 14]
    assert sorted(world.acted) == ["log_1", "log_2", "log_3", "log_4", "log_5"]


async def test_a_new_log_that_the_answer_names_is_followed(world: World) -> None:
    new = replace(delivered(delivery(11)), attempts=1)
    world.gateway.on_retry = lambda _: RetryReceipt(LogId("log_11"), "queued")
    world.after_retry(LogId("log_1"), lambda: world.gateway.rows.insert(0, new))
    step = await world.one()
    assert (step.outcome, step.via, step.result) == (Outcome.DELIVERED, "log_11", new)
    assert world.told[2].reason == "queued"


async def test_a_new_log_that_cannot_be_read_leaves_the_word_to_the_old_one(world: World) -> None:
    world.gateway.on_retry = lambda _: RetryReceipt(LogId("nonsense"))
    world.becomes(delivered(delivery(1)))
    step = await world.one()
    assert (step.outcome, step.via) == (Outcome.DELIVERED, None)


PAYLOAD = '{"same": "payload"}'


def add_copy(world: World, number: int, **changes: Any) -> None:
    """Have the retry of log 1 write a new row with the same payload."""
    new = replace(delivered(delivery(number)), created_at=NOW, **changes)
    world.gateway.details[new.id] = detail(new, payload=PAYLOAD)
    world.after_retry(LogId("log_1"), lambda: world.gateway.rows.insert(0, new))


async def test_a_new_log_that_nobody_named_is_found_by_its_payload(world: World) -> None:
    world.gateway.details[LogId("log_1")] = detail(payload=PAYLOAD)
    async for _ in world.deliveries.load(INSTANCE, DeliveryQuery()):
        pass
    add_copy(world, 12)
    other = replace(delivery(13), created_at=NOW)
    world.after_retry(LogId("log_1"), lambda: world.gateway.rows.insert(0, other))
    step = await world.one()
    assert (step.outcome, step.via) == (Outcome.DELIVERED, "log_12")
    assert world.gateway.count("search") == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "ReadReceipt"},
        {"created_at": NOW - timedelta(hours=1)},
        {"created_at": None},
        {"id": LogId("")},
    ],
)
async def test_a_row_that_cannot_be_the_new_log_is_not_taken_for_it(
    world: World, changes: dict[str, Any]
) -> None:
    world.gateway.details[LogId("log_1")] = detail(payload=PAYLOAD)
    new = replace(delivered(delivery(12)), **({"created_at": NOW} | changes))
    world.gateway.details[new.id] = detail(new, payload=PAYLOAD)
    world.after_retry(LogId("log_1"), lambda: world.gateway.rows.insert(0, new))
    step = await world.one()
    assert (step.outcome, step.via) == (Outcome.NO_NEWS, None)


async def test_a_copy_known_before_is_not_taken_for_the_new_log(world: World) -> None:
    copy = replace(delivered(delivery(12)), created_at=NOW)
    world.gateway.rows.insert(0, copy)
    for log in ("log_1", "log_12"):
        world.gateway.details[LogId(log)] = detail(payload=PAYLOAD)
    async for _ in world.deliveries.load(INSTANCE, DeliveryQuery()):
        pass
    assert (await world.one()).outcome is Outcome.NO_NEWS


async def test_one_new_log_is_never_the_outcome_of_two_retries(world: World) -> None:
    for log in ("log_1", "log_2"):
        world.gateway.details[LogId(log)] = detail(payload=PAYLOAD)
    add_copy(world, 12)
    steps = await world.run(1, 2)
    assert [step.via for step in steps] == ["log_12", None]
    assert [step.outcome for step in steps] == [Outcome.DELIVERED, Outcome.NO_NEWS]


@pytest.mark.parametrize("missing", ["payload", "search", "its detail", "another payload"])
async def test_where_no_new_log_can_be_told_there_is_no_news(world: World, missing: str) -> None:
    text = None if missing == "payload" else PAYLOAD
    world.gateway.details[LogId("log_1")] = detail(payload=text)
    add_copy(world, 12)
    if missing == "search":
        world.gateway.fail("search", UnavailableError("down"))
    if missing == "another payload":
        del world.gateway.details[LogId("log_12")]
    if missing == "its detail":
        world.gateway.fail("detail", None, None, None, None, UnavailableError("down"))
    step = await world.one()
    assert (step.outcome, step.via) == (Outcome.NO_NEWS, None)


async def test_at_most_three_details_are_read_to_find_a_new_log(world: World) -> None:
    world.gateway.details[LogId("log_1")] = detail(payload=PAYLOAD)
    for number in range(21, 30):
        other = replace(delivery(number), created_at=NOW)
        world.gateway.rows.insert(0, other)
    assert (await world.one()).outcome is Outcome.NO_NEWS
    # Before, three times after, three candidates.
    assert world.gateway.count("detail") == 7


async def test_a_new_log_and_the_old_one_both_unreadable_is_no_news(world: World) -> None:
    world.gateway.on_retry = lambda _: RetryReceipt(LogId("nonsense"))
    world.gateway.fail("detail", None, None, None, None, UnavailableError("down"))
    step = await world.one()
    assert step.outcome is Outcome.NO_NEWS
    assert "Not found" in step.reason


async def test_fresh_results_reach_the_lists(world: World) -> None:
    async for _ in world.deliveries.load(INSTANCE, DeliveryQuery()):
        pass
    world.becomes(delivered(delivery(1)))
    await world.one()
    place = world.deliveries.place(INSTANCE, "log_1")
    assert place is not None
    assert world.deliveries.rows([place]) == [delivered(delivery(1))]


async def test_stopping_finishes_the_one_being_sent_and_leaves_the_rest(world: World) -> None:
    world.becomes(delivered(delivery(1)))
    gate = world.gateway.gate("retry")
    task = world.start(1, 2, 3)
    await idle()
    assert world.words[-1] is S
    task.cancel()
    await idle()
    assert not task.done()
    gate.set()
    steps = await world.clock.run(task)
    assert [step.outcome for step in steps] == [Outcome.DELIVERED, Q, Q]
    assert world.retried == ["log_1"]
    assert not task.cancelled()


async def test_stopping_while_it_is_read_before_sends_nothing(world: World) -> None:
    gate = world.gateway.gate("detail")
    task = world.start(1, 2)
    await idle()
    task.cancel()
    await idle()
    gate.set()
    assert [step.outcome for step in await task] == [Q, Q]
    assert world.retried == []


async def test_stopping_between_two_is_at_once(world: World) -> None:
    world.gateway.fail("retry", RejectedError("slow"), RateLimitedError("slow", retry_after=60))
    task = world.start(1, 2)
    await idle()
    task.cancel()
    steps = await task
    assert [step.outcome for step in steps] == [Outcome.REFUSED, Q]
    assert world.clock.monotonic() == 0
    # What was not sent may be sent by another run.
    await world.run(2)
    assert world.retried == ["log_1", "log_2"]


async def test_stopping_when_all_is_sent_ends_the_following(world: World) -> None:
    world.gateway.fail("retry", None, LOST)
    task = world.start(1, 2)
    await world.clock.advance(1)
    task.cancel()
    steps = await task
    assert [(step.outcome, step.reason) for step in steps] == [
        (A, "accepted; no longer followed"),
        (Outcome.UNKNOWN, "the answer was lost; not sent again"),
    ]


async def test_killed_while_sending_it_is_unknown(world: World) -> None:
    world.gateway.gate("retry")
    task = world.start(1, 2)
    await idle()
    task.cancel()
    await idle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert world.words[-1] is Outcome.UNKNOWN
    assert world.told[-1].reason == "stopped while sending; not sent again"


answers = st.sampled_from(
    [
        None,
        LOST,
        ProtocolError("HTML"),
        RejectedError("no", status=409),
        RateLimitedError("slow", retry_after=2),
        UnavailableError("refused", acted=False),
    ]
)
readings = st.sampled_from([None, None, UnavailableError("down"), NotFoundError("gone")])


def untried(row: Delivery) -> Delivery:
    return row


outcomes: list[Callable[[Delivery], Delivery]] = [delivered, failed_again, untried]
ends = st.sampled_from(outcomes)


@settings(max_examples=150, deadline=None)
@given(
    plan=st.lists(st.integers(1, 6), max_size=8),
    answers=st.lists(answers, min_size=8, max_size=8),
    readings=st.lists(readings, max_size=20),
    ends=st.lists(ends, min_size=6, max_size=6),
    stop=st.none() | st.integers(0, 12),
)
async def test_whatever_happens_nothing_is_sent_twice_and_every_word_is_true(
    plan: list[int],
    answers: list[VzapsError | None],
    readings: list[VzapsError | None],
    ends: list[Callable[[Delivery], Delivery]],
    stop: int | None,
) -> None:
    world = World(6)
    for number, end in enumerate(ends, start=1):
        world.becomes(end(delivery(number)), after=number)
    world.gateway.fail("retry", *answers)
    world.gateway.fail("detail", *readings)
    task = world.start(*plan)
    if stop is not None:
        await world.clock.advance(stop)
        task.cancel()
    steps = await world.clock.run(task)
    assert len(world.acted) == len(set(world.acted))
    assert [step.log_id for step in steps] == [f"log_{number}" for number in plan]
    for step in steps:
        if step.outcome in (Outcome.DELIVERED, Outcome.FAILED_AGAIN):
            assert step.result == world.gateway.row(step.log_id)
            assert step.log_id in world.retried
        if step.outcome in (A, Outcome.NO_NEWS, Outcome.UNKNOWN):
            assert step.log_id in world.retried
        if step.outcome is Q:
            assert stop is not None
            assert step.log_id not in world.acted
        assert step.outcome is not S
        if step.outcome is A:
            assert stop is not None or "could not be read yet" in step.reason
    # The last word told of each delivery is the one that is returned.
    last = {step.log_id: step for step in world.told if step.outcome is not Outcome.SKIPPED}
    assert all(last[step.log_id] == step for step in steps if step.outcome is not Outcome.SKIPPED)
