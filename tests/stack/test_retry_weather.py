"""Retries in bad weather: the right word, never sent twice, told from the log where it can be."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.stack.stack import Person, Setup, Times, failed, patience, small, to_failure, working
from tests.ui.harness import choose, row_with
from vzaps_tui.emulator.logs import Log

_NARROW = (98, 30)
"""No preview: a delivery's time stands on one line only."""
_LOST = "the answer was lost; not sent again"
_MAYBE = "the API answered {}: maybe carried out; not sent again"


@dataclass(frozen=True)
class Case:
    """A retry's weather and what becomes of it.

    Attributes:
        told: the words on it, in order, after QUEUED and SENDING.
        status: the row's own word in the end.
        reason: part of the last reason, or of the one before where the log told the outcome.
        asked: how often the API got the call.
        done: how often it carried it out.
    """

    told: str
    status: str = "DELIVERED"
    scenario: str = ""
    fault: str = ""
    reason: str = ""
    asked: int = 1
    done: int = 1
    speed: float = 1.0


CASES = {
    "delivered": Case("ACCEPTED DELIVERED", reason="200 in"),
    "fails again": Case("ACCEPTED FAILED_AGAIN", "FAILED", "retry-fails", reason=" in "),
    "slow": Case("ACCEPTED DELIVERED", scenario="retry-slow", speed=100.0, reason="200 in"),
    "new log, named": Case("ACCEPTED DELIVERED", "FAILED", "retry-new-log"),
    "new log, silent": Case("ACCEPTED DELIVERED", "FAILED", "retry-new-log-silent"),
    "429 with seconds": Case(
        "REFUSED", "FAILED", fault="rate-limit", reason="Too many requests", done=0
    ),
    "429 with a date": Case(
        "REFUSED", "FAILED", fault="rate-limit-date", reason="Too many requests", done=0
    ),
    "429": Case("REFUSED", "FAILED", fault="rate-limit-bare", reason="Too many requests", done=0),
    "success:false": Case(
        "REFUSED", "FAILED", fault="success-false", reason="said no: the operation failed", done=0
    ),
    "403": Case("REFUSED", "FAILED", fault="forbidden", reason="Not allowed", done=0),
    "404": Case("REFUSED", "FAILED", fault="not-found", reason="Not found", done=0),
    "401 for good": Case(
        "REFUSED", "FAILED", fault="unauthorized", reason="Credentials refused", asked=2, done=0
    ),
    "500": Case("UNKNOWN", "FAILED", fault="error-500", reason=_MAYBE.format(500), done=0),
    "502 HTML": Case("UNKNOWN", "FAILED", fault="html-error", reason=_MAYBE.format(502), done=0),
    "captive portal": Case("UNKNOWN", "FAILED", fault="portal", reason=_MAYBE.format(200), done=0),
    "reset before": Case("UNKNOWN", "FAILED", fault="reset", reason=_LOST, done=0),
    "reset after": Case("UNKNOWN DELIVERED", fault="reset-after", reason=_LOST),
    "timeout": Case("UNKNOWN DELIVERED", fault="no-answer", reason=_LOST),
    "cut body": Case("UNKNOWN DELIVERED", fault="cut-body", reason=_LOST),
    "list": Case("UNKNOWN DELIVERED", fault="list", reason=_MAYBE.format(200)),
    "empty body": Case("ACCEPTED DELIVERED", fault="empty-body"),
    "null": Case("ACCEPTED DELIVERED", fault="null"),
}


def line_of(person: Person, log: Log) -> str:
    """The line of a delivery in the list."""
    return row_with(person.screen, f"{log.created_at:%H:%M:%S}")


@pytest.mark.parametrize("name", CASES)
async def test_a_retry_is_sent_once_and_its_outcome_is_told(name: str) -> None:
    case = CASES[name]
    world = small(*case.scenario.split(), now=Times(case.speed))
    async with working(world, Setup(timeout=patience(case.fault), size=_NARROW)) as person:
        log = await to_failure(person)
        if case.fault:
            world.faults.always("retry", case.fault)
        await person.press("r")
        await person.until(lambda: bool(person.outcomes()) and not person.app.jobs.is_busy)
        await person.settled()
        told = [word.replace("_", " ") for word in case.told.split()]
        line = line_of(person, log)
        assert person.outcomes() == ["QUEUED", "SENDING", *told]
        assert case.reason in " ".join(step.reason for step in person.steps)
        assert case.status in line
        assert told[-1] in line.partition(case.status)[2]
        assert told[-1] in person.words.partition(f"{log.id}: ")[2], "the toast names both"
        assert person.asked("retry") == case.asked
        assert log.retries == case.done
        assert person.deliveries.table.cursor_key == log.id


@pytest.mark.parametrize("scenario", ["retry-new-log", "retry-new-log-silent"])
async def test_a_retry_written_to_a_new_log_is_followed_there(scenario: str) -> None:
    async with working(small(scenario)) as person:
        log = await to_failure(person)
        await person.press("r")
        await person.until(lambda: bool(person.steps) and not person.app.jobs.is_busy)
        await person.settled()
        newest = person.world.instances[0].logs[-1]
        assert newest is not log
        assert person.steps[-1].via == newest.id
        await person.press("f", "ctrl+r", "g")
        assert person.deliveries.table.cursor_key == newest.id


async def test_a_log_that_vanished_is_refused_and_nothing_is_sent() -> None:
    async with working() as person:
        log = await to_failure(person)
        vanish(person, log)
        words = await person.press("r")
        assert f"{log.id}: REFUSED · the log is gone" in words
        assert person.asked("retry") == 0


async def test_a_log_that_vanished_is_told_and_the_list_goes_on() -> None:
    async with working() as person:
        log = await to_failure(person)
        vanish(person, log)
        words = await person.press("enter")
        assert "Not found: webhook log not found. It may have been removed." in words
        assert "Could not be read; what the list knew is shown above." in words
        assert "FAILED" in words
        await person.press("escape", "ctrl+r")
        # What was read of it stays, and the cursor with it; the others are there as before.
        assert person.deliveries.table.cursor_key == log.id
        await person.press("j")
        assert person.deliveries.table.cursor_key == failed(person.world.instances[0])[0].id


def vanish(person: Person, log: Log) -> None:
    """The server forgets a delivery."""
    instance = person.world.instances[0]
    instance.logs.remove(log)
    del instance._by_id[log.id]  # pyright: ignore[reportPrivateUsage] - no call of the API does it


@pytest.mark.parametrize(
    ("fault", "done", "asked", "words"),
    [
        ("success-false", [0, 1, 1, 1], 4, "4 retries: 1 REFUSED, 3 DELIVERED"),
        # Nothing was done of it, says a 429: of several, it gets another turn.
        ("rate-limit", [1, 1, 1, 1], 5, "4 retries: 4 DELIVERED"),
    ],
)
async def test_of_several_the_refused_one_is_told_apart_and_none_goes_twice(
    fault: str, done: list[int], asked: int, words: str
) -> None:
    async with working() as person:
        await to_failure(person)
        chosen = failed(person.world.instances[0])[:4]
        await person.press("space", "space", "space", "space")
        person.world.faults.next("retry", fault)
        await person.press("r")
        await choose(person.pilot, "failed")
        await person.until(lambda: bool(person.steps) and not person.app.jobs.is_busy)
        await person.settled()
        assert sorted(log.retries for log in chosen) == done
        assert person.asked("retry") == asked
        assert words in person.words
