"""Plans from the journal: paused, stopped, resumed, cut short, on full disks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import INSTANCE, NOW, delivered, delivery, detail, failed_again
from tests.fakes import idle
from tests.unit.retries.ground import WHOSE, Ground
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.plans import PlanBusyError, PlanId, PlanState, UnknownPlanError
from vzaps_tui.domain.problems import (
    AuthError,
    ForbiddenError,
    NotFoundError,
    NotOfferedError,
    RateLimitedError,
    RejectedError,
    StorageError,
    TroubledError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.domain.retries import Outcome, RetryPlan
from vzaps_tui.services.identity import Identity

Q, S, A = Outcome.QUEUED, Outcome.SENDING, Outcome.ACCEPTED
D, F, U = Outcome.DELIVERED, Outcome.FAILED_AGAIN, Outcome.UNKNOWN
LOST = UnavailableError("timeout")


@pytest.fixture
def ground() -> Ground:
    return Ground()


async def test_a_plan_is_written_down_and_carried_out(ground: Ground) -> None:
    plan = await ground.plan(1, 2, 3, name="Support BR", origin="3 marked", query="is:failed")
    assert ground.sent == []
    assert await ground.words(plan.id) == [Q, Q, Q]
    steps = await ground.resume(plan.id)
    assert [(step.outcome, step.plan, step.place) for step in steps] == [
        (D, plan.id, 0),
        (D, plan.id, 1),
        (D, plan.id, 2),
    ]
    found, entries = await ground.service.entries(plan.id)
    assert (found.state, found.why, found.name) == (PlanState.DONE, "", "Support BR")
    assert [entry.reason for entry in entries] == ["200 in 42 ms"] * 3
    assert all(entry.sent_at and entry.settled_at and entry.payload for entry in entries)
    assert await ground.service.unfinished() == ()


async def test_each_step_is_on_disk_before_it_happens(ground: Ground) -> None:
    plan = await ground.plan(1)
    gate = ground.server.gate("retry")
    task = ground.begin(plan.id)
    await ground.clock.advance(0)
    (entry,) = await ground.entries(plan.id)
    assert (entry.outcome, entry.before.tries, entry.before.status) == (S, 3, "failed")
    assert ground.server.acted == []
    gate.set()
    await ground.clock.run(task)


async def test_paused_it_sends_nothing_and_goes_on_without_a_burst(ground: Ground) -> None:
    plan = await ground.plan(1, 2, 3, 4)
    task = ground.begin(plan.id)
    await ground.clock.advance(0.5)
    ground.service.pause(plan.id)
    await ground.clock.advance(3600)
    assert ground.sent == ["log_1"]
    status = ground.service.status(plan.id)
    assert status
    assert (status.paused, status.left, status.eta) == (True, 3, None)
    at: list[float] = []
    ground.server.hook = lambda call: (
        at.append(ground.clock.monotonic()) if call.name == "retry" else None
    )
    ground.service.go_on(plan.id)
    await ground.clock.run(task)
    assert [moment - at[0] for moment in at] == [0, 1, 2]


async def test_stopped_it_finishes_what_is_in_flight_and_keeps_the_rest(ground: Ground) -> None:
    plan = await ground.plan(1, 2, 3)
    gate = ground.server.gate("retry")
    task = ground.begin(plan.id)
    await ground.clock.advance(0)
    ground.service.stop(plan.id)
    await idle()
    gate.set()
    await ground.clock.run(task)
    assert await ground.words(plan.id) == [D, Q, Q]
    (left,) = await ground.service.unfinished()
    assert (left.words, left.plan.state, left.plan.why) == (
        "2 of 3 left",
        PlanState.STOPPED,
        "stopped",
    )
    ground.start()
    await ground.resume(plan.id)
    assert ground.sent == ["log_1", "log_2", "log_3"]
    assert await ground.words(plan.id) == [D, D, D]


async def test_stopped_twice_what_was_accepted_is_followed_by_the_next_run(ground: Ground) -> None:
    ground.server.becomes["log_1"] = None
    plan = await ground.plan(1, 2)
    task = ground.begin(plan.id)
    await ground.clock.advance(0)
    ground.service.stop(plan.id)
    ground.service.stop(plan.id)
    steps = await ground.clock.run(task)
    assert [step.outcome for step in steps] == [A, Q]
    assert await ground.words(plan.id) == [A, Q]
    (left,) = await ground.service.unfinished()
    assert left.words == "1 of 2 left, 1 awaited"
    ground.server.put(failed_again(delivery(1)))
    ground.start()
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [F, D]
    assert ground.sent == ["log_1", "log_2"]


@pytest.mark.parametrize("arrived", [True, False])
async def test_cut_short_while_sending_it_is_looked_for_and_never_sent_again(
    ground: Ground, *, arrived: bool
) -> None:
    plan = await ground.plan(1, 2)
    ground.server.gate("retry")
    task = ground.begin(plan.id)
    await ground.clock.advance(0)
    await ground.kill(task)
    ground.server.gate("retry").set()
    if arrived:  # the call had left already
        ground.server.carry_out(LogId("log_1"))
    (left,) = await ground.start().unfinished()
    assert left.words == "1 of 2 left, 1 unknown"
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [D if arrived else U, D]
    assert ground.sent == ["log_1", "log_2"]
    first = ground.told[0]
    assert (first.outcome, first.reason) == (U, "cut short while sending; being looked for")
    assert (await ground.service.unfinished()) == ()


async def test_what_is_unknown_is_sent_again_by_a_persons_word_only(ground: Ground) -> None:
    ground.server.becomes["log_1"] = None
    ground.server.fail("retry", LOST)
    plan = await ground.plan(1, 2)
    await ground.resume(plan.id)
    ground.server.becomes.clear()
    ground.start()
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [U, D]
    assert ground.sent == ["log_1", "log_2"]
    again = await ground.service.again(plan.id)
    assert again.origin == f"UNKNOWN of {plan.id}"
    await ground.resume(again.id)
    assert ground.sent == ["log_1", "log_2", "log_1"]
    assert await ground.words(again.id) == [D]
    assert await ground.words(plan.id) == [U, D], "what is written down stays true"


async def test_unknown_is_looked_for_again_when_a_plan_is_resumed(ground: Ground) -> None:
    ground.server.becomes["log_1"] = None
    ground.server.fail("retry", LOST)
    plan = await ground.plan(1, 2)
    await ground.resume(plan.id)
    ground.server.put(delivered(delivery(1)))
    ground.start()
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [D, D]


async def test_what_was_refused_before_it_was_sent_is_sent_when_resumed(ground: Ground) -> None:
    ground.server.fail("detail", *[RejectedError("maintenance")] * 2)
    ground.server.fail("retry", RejectedError("too old"))
    plan = await ground.plan(1, 2, 3)
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [Outcome.REFUSED] * 3
    ground.start()
    await ground.resume(plan.id)
    # The third was sent, and refused for good.
    assert await ground.words(plan.id) == [D, D, Outcome.REFUSED]
    assert ground.sent == ["log_3", "log_1", "log_2"]


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (AuthError("revoked"), "Credentials refused: revoked"),
        (ForbiddenError("revoked"), "Not allowed: revoked"),
    ],
)
@pytest.mark.parametrize("call", ["detail", "retry"])
async def test_credentials_that_are_refused_stop_it_and_lose_nothing(
    ground: Ground, call: str, problem: VzapsError, why: str
) -> None:
    plan = await ground.plan(1, 2, 3)
    # Of reads, the look at the first one is refused, too.
    ground.server.fail(call, None, *[problem] * (2 if call == "detail" else 1))
    steps = await ground.resume(plan.id)
    assert [step.outcome for step in steps] == [D, Q, Q]
    assert Outcome.REFUSED not in {step.outcome for step in ground.told}
    found, entries = await ground.service.entries(plan.id)
    assert (found.state, found.why) == (PlanState.STOPPED, why)
    assert [entry.outcome for entry in entries] == [D, Q, Q]
    ground.start()
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [D, D, D]


async def test_answers_that_never_come_stop_it_and_lose_nothing(ground: Ground) -> None:
    ground.start(breaker=3)
    ground.server.fail("detail", *[UnavailableError("down")] * 3)
    plan = await ground.plan(*range(1, 7))
    await ground.resume(plan.id)
    found, _ = await ground.service.entries(plan.id)
    assert found.why == ("3 failures in a row, the last: not sent: The API did not answer: down")
    assert await ground.words(plan.id) == [Q] * 6
    await ground.resume(plan.id)
    assert sorted(ground.sent) == [f"log_{number}" for number in range(1, 7)]


async def test_what_is_never_answered_is_given_up_and_told(ground: Ground) -> None:
    ground.start(breaker=0)
    ground.server.fail("detail", None, *[UnavailableError("down")] * 20)
    plan = await ground.plan(2, 1)
    gone = [step for step in await ground.resume(plan.id) if step.outcome is Outcome.REFUSED]
    assert [step.reason for step in gone] == ["not sent: The API did not answer: down"]
    assert ground.sent == ["log_2"]


@pytest.mark.parametrize("what", ["begin", "note", "mark", "create"])
async def test_a_full_disk_stops_it_before_it_sends_what_is_not_written(
    ground: Ground, what: str
) -> None:
    rows = (delivery(1), delivery(2))
    if what == "create":
        ground.disk.full = frozenset({what})
        work = ground.service.run(RetryPlan(INSTANCE, rows), ground.told.append)
        steps = await ground.run(work)
        assert [step.reason for step in steps] == ["not sent: Cannot use the disk: disk full"] * 2
        assert ground.told == list(steps)
        assert ground.sent == []
        return
    plan = await ground.plan(1, 2)
    ground.disk.full = frozenset({what})
    if what == "mark":
        with pytest.raises(StorageError):
            await ground.resume(plan.id)
        assert ground.sent == []
        return
    steps = await ground.resume(plan.id)
    found, _ = await ground.service.entries(plan.id)
    assert (found.state, found.why) == (PlanState.STOPPED, "Cannot use the disk: disk full")
    if what == "begin":
        assert ground.sent == []
        assert [step.outcome for step in steps] == [Q, Q]
        assert ground.told[-1].reason == "Cannot use the disk: disk full"
        assert await ground.words(plan.id) == [Q, Q]
    else:
        # The answer could not be written down: what is on disk says that it may have been sent.
        assert ground.sent == ["log_1"]
        assert await ground.words(plan.id) == [S, Q]
    ground.disk.full = frozenset()
    ground.start()
    await ground.resume(plan.id)
    assert ground.sent == ["log_1", "log_2"]
    assert await ground.words(plan.id) == [D, D]


async def test_canaries_first_and_what_they_hold_back(ground: Ground) -> None:
    ground.server.becomes["log_1"] = failed_again
    plan = await ground.plan(1, 2, 3, canary=True)
    await ground.resume(plan.id)
    assert ground.sent == ["log_1"]
    found, entries = await ground.service.entries(plan.id)
    assert found.state is PlanState.STOPPED
    assert found.why.startswith("2 held back, the first of 500 Internal Server Error of hooks.")
    assert [entry.outcome for entry in entries] == [F, Q, Q]
    # Not mended: one more is sent to find that out.
    ground.server.becomes["log_2"] = failed_again
    ground.start()
    await ground.resume(plan.id)
    assert ground.sent == ["log_1", "log_2"]
    # Mended.
    await ground.resume(plan.id)
    assert ground.sent == ["log_1", "log_2", "log_3"]
    assert await ground.words(plan.id) == [F, F, D]


async def test_past_an_old_canary_by_a_persons_word(ground: Ground) -> None:
    ground.server.becomes = dict.fromkeys(("log_1", "log_2", "log_3"), failed_again)
    plan = await ground.plan(1, 2, 3, canary=True)
    await ground.resume(plan.id)
    await ground.resume(plan.id, past_canary=True)
    assert ground.sent == ["log_1", "log_2", "log_3"]


async def test_failures_that_earlier_runs_left_do_not_count_any_more(ground: Ground) -> None:
    ground.start(breaker=2)
    ground.server.becomes = {"log_1": None, "log_2": None}
    plan = await ground.plan(1, 2, 3, 4)
    task = ground.begin(plan.id)
    await ground.clock.advance(1.5)
    ground.service.stop(plan.id)
    ground.service.stop(plan.id)
    await ground.clock.run(task)
    assert await ground.words(plan.id) == [A, A, Q, Q]
    for number in (1, 2):
        ground.server.put(failed_again(delivery(number)))
    ground.start(breaker=2)
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [F, F, D, D]


@pytest.mark.parametrize(
    ("count", "setting", "wish", "first"),
    [(20, True, None, 20), (21, True, None, 1), (21, False, None, 21), (3, True, True, 1)],
)
async def test_when_canaries_go_first(
    *, count: int, setting: bool, wish: bool | None, first: int
) -> None:
    ground = Ground(count)
    ground.start(canary=setting, breaker=0)
    ground.server.becomes = dict.fromkeys((f"log_{n}" for n in range(1, count + 1)), failed_again)
    plan = await ground.plan(*range(1, count + 1), canary=wish)
    await ground.resume(plan.id)
    assert len(ground.sent) == first


async def test_it_goes_on_past_a_canary_and_failures_by_a_persons_word(ground: Ground) -> None:
    ground.start(breaker=2)
    ground.server.becomes = dict.fromkeys(("log_1", "log_2", "log_3"), failed_again)
    ground.server.becomes["log_9"] = lambda row: replace(row, status="pending")
    plan = await ground.plan(9, 1, 2, 3, 4, 5)
    task = ground.begin(plan.id)
    await ground.clock.advance(12)
    status = ground.service.status(plan.id)
    assert status
    assert status.halted == "2 failures in a row, the last: 503 in 1.2 s"
    assert status.eta is None
    assert [error.partition(": ")[0] for error in status.errors] == ["log_1", "log_2"]
    sent = len(ground.sent)
    assert sent < 5
    ground.service.go_on(plan.id)
    await ground.clock.run(task)
    assert len(ground.sent) == 6
    assert ground.service.status(plan.id) is None
    assert ground.service.running == ()


async def test_a_429_is_waited_for_by_all_plans(ground: Ground) -> None:
    first, second = await ground.plan(1, 2), await ground.plan(3, 4)
    ground.server.fail("retry", RateLimitedError("slow", retry_after=30))
    at: dict[str, float] = {}
    ground.server.hook = lambda call: (
        at.update({call.args[1]: ground.clock.monotonic()}) if call.name == "retry" else None
    )
    one, other = ground.begin(first.id), ground.begin(second.id)
    await ground.clock.advance(10)
    assert len(at) == 1
    status = ground.service.status(second.id)
    assert status
    assert 19 < status.waiting <= 30
    await ground.clock.run(one)
    await ground.clock.run(other)
    assert sorted(ground.server.acted) == ["log_1", "log_2", "log_3", "log_4"]


async def test_a_delivery_that_another_plan_has_sent_meanwhile_is_skipped(ground: Ground) -> None:
    first, second = await ground.plan(1, 2), await ground.plan(2, 3)
    ground.server.becomes["log_2"] = failed_again
    await ground.resume(first.id)
    await ground.resume(second.id)
    assert ground.sent == ["log_1", "log_2", "log_3"]
    (skipped, _) = await ground.entries(second.id)
    assert skipped.reason == f"plan {first.id} has sent it meanwhile"
    # A plan that is made later knows of it: a person has agreed to it.
    third = await ground.plan(2)
    await ground.resume(third.id)
    assert ground.sent[-1] == "log_2"


async def test_earlier_retries_of_a_delivery_are_known_after_a_restart(ground: Ground) -> None:
    plan = await ground.plan(1)
    await ground.resume(plan.id)
    found = await ground.start().earlier(INSTANCE, [LogId("log_1"), LogId("log_2")])
    (one,) = found[LogId("log_1")]
    assert (one.plan, one.outcome, one.reason, one.at) == (plan.id, D, "200 in 42 ms", NOW)
    assert LogId("log_2") not in found


async def test_one_plan_is_carried_out_once_at_a_time(ground: Ground) -> None:
    plan = await ground.plan(1, 2)
    task = ground.begin(plan.id)
    await ground.clock.advance(0)
    with pytest.raises(PlanBusyError):
        await ground.service.resume(plan.id, ground.told.append)
    with pytest.raises(PlanBusyError):
        await ground.service.discard(plan.id)
    await ground.clock.run(task)
    assert ground.sent == ["log_1", "log_2"]


async def test_a_discarded_plan_is_past(ground: Ground) -> None:
    plan = await ground.plan(1, 2)
    await ground.service.discard(plan.id)
    assert await ground.service.unfinished() == ()
    with pytest.raises(UnknownPlanError, match="was discarded"):
        await ground.resume(plan.id)
    (past,) = await ground.service.history(10)
    assert past.plan.state is PlanState.DISCARDED
    assert (await ground.service.entries(plan.id))[0].why == "discarded"


async def test_plans_of_another_account_are_not_there(ground: Ground) -> None:
    plan = await ground.plan(1)
    ground.start(Identity(WHOSE.base_url, "another"))
    assert await ground.service.unfinished() == ()
    assert await ground.service.history(10) == ()
    for ask in (ground.service.entries, ground.service.discard, ground.service.again):
        with pytest.raises(UnknownPlanError):
            await ask(plan.id)
    with pytest.raises(UnknownPlanError):
        await ground.resume(PlanId("nothing"))


async def test_the_status_tells_counts_rate_and_time_left() -> None:
    ground = Ground(30)
    plan = await ground.plan(*range(1, 31), canary=False)
    task = ground.begin(plan.id)
    await ground.clock.advance(10.5)
    status = ground.service.status(plan.id)
    assert status
    assert (status.total, status.left, status.pace) == (30, 19, 1.0)
    assert status.counts == Counter({D: 10, A: 1, Q: 19})
    assert 0.95 < (status.rate or 0.0) < 1.05
    assert 18.5 < (status.eta or 0.0) < 20
    assert ground.service.running == (plan.id,)
    task.cancel()
    await ground.clock.run(task)


def copied(row: Delivery) -> Delivery:
    """The new log that a retry of a row is written to."""
    number = 100 + int(row.id.removeprefix("log_"))
    return replace(delivered(delivery(number)), created_at=NOW + timedelta(seconds=number))


async def test_cut_short_while_sending_a_new_log_with_its_payload_is_proof(ground: Ground) -> None:
    ground.server.becomes = {"log_1": None, "log_2": None}
    plan = await ground.plan(1, 2)
    for number in (1, 2):
        row = delivery(number)
        made = detail(copied(row), payload=detail(row).payload)
        ground.server.details[made.delivery.id] = made
    ground.server.gate("retry")
    task = ground.begin(plan.id)
    await ground.clock.advance(0)
    await ground.kill(task)
    ground.server.gate("retry").set()
    ground.server.rows.insert(0, copied(delivery(1)))
    ground.start()
    # The new log is held here by now: that it is known is no reason to overlook it.
    await ground.deliveries.note(INSTANCE, copied(delivery(1)))
    task = ground.begin(plan.id)
    await ground.clock.advance(0.5)
    ground.server.rows.insert(0, copied(delivery(2)))
    await ground.clock.run(task)
    entries = await ground.entries(plan.id)
    assert [(entry.outcome, entry.via) for entry in entries] == [(D, "log_101"), (D, "log_102")]
    assert ground.sent == ["log_1", "log_2"]


async def test_stopped_before_it_has_begun_nothing_is_sent(ground: Ground) -> None:
    plan = await ground.plan(1, 2)
    gate = ground.server.gate("search")
    task = ground.begin(plan.id)
    await ground.clock.advance(0)
    task.cancel()
    steps = await ground.clock.run(task)
    gate.set()
    assert [step.outcome for step in steps] == [Q, Q]
    assert ground.sent == []
    (left,) = await ground.service.unfinished()
    assert (left.words, left.plan.why, left.holder) == ("2 of 2 left", "stopped", "")
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [D, D]


async def test_what_could_not_be_read_is_awaited_and_followed_when_resumed(ground: Ground) -> None:
    plan = await ground.plan(1)
    ground.server.fail("detail", None, *[UnavailableError("down")] * 6)
    steps = await ground.resume(plan.id)
    words = "accepted; it could not be read yet: The API did not answer: down"
    assert [(step.outcome, step.reason) for step in steps] == [(A, words)]
    assert await ground.words(plan.id) == [A]
    (left,) = await ground.service.unfinished()
    assert (left.words, left.plan.state) == ("0 of 1 left, 1 awaited", PlanState.STOPPED)
    ground.start()
    await ground.resume(plan.id)
    assert (await ground.words(plan.id), ground.sent) == ([D], ["log_1"])


@pytest.mark.parametrize("problem", [NotFoundError("no"), NotOfferedError("no")])
async def test_a_log_that_is_not_there_to_be_read_is_no_news(
    ground: Ground, problem: VzapsError
) -> None:
    ground.server.fail("detail", None, *[problem] * 50)
    plan = await ground.plan(1)
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [Outcome.NO_NEWS]
    assert await ground.service.unfinished() == ()


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (
            TroubledError("oops", status=500),
            "the API answered 500: maybe carried out; not sent again",
        ),
        (LOST, "the answer was lost; not sent again"),
    ],
)
async def test_an_answer_that_says_nothing_is_told_from_one_that_was_lost(
    ground: Ground, problem: VzapsError, words: str
) -> None:
    ground.server.becomes["log_1"] = None
    ground.server.fail("retry", problem)
    plan = await ground.plan(1)
    (step,) = await ground.resume(plan.id)
    assert (step.outcome, step.reason) == (U, words)


async def test_an_api_that_does_not_answer_is_not_waited_for_without_end(ground: Ground) -> None:
    ground.server.fail("detail", *[UnavailableError("connection refused", acted=False)] * 6)
    plan = await ground.plan(*range(1, 7))
    task = ground.begin(plan.id)
    await ground.clock.advance(1.5)
    status = ground.service.status(plan.id)
    assert status
    assert status.waiting > 0
    assert status.away == "the API does not answer: connection refused"
    await ground.clock.run(task)
    assert 60 <= ground.clock.monotonic() <= 75
    found, _ = await ground.service.entries(plan.id)
    assert (found.state, found.why) == (PlanState.STOPPED, status.away)
    assert await ground.words(plan.id) == [Q] * 6
    await ground.resume(plan.id)
    assert await ground.words(plan.id) == [D] * 6


async def test_a_wait_that_the_api_asks_for_is_no_outage(ground: Ground) -> None:
    ground.server.fail("retry", *[RateLimitedError("slow", retry_after=50)] * 3)
    plan = await ground.plan(1, 2)
    task = ground.begin(plan.id)
    await ground.clock.advance(10)
    status = ground.service.status(plan.id)
    assert status
    assert (status.waiting > 0, status.away) == (True, "")
    await ground.clock.run(task)
    assert await ground.words(plan.id) == [D, D]
