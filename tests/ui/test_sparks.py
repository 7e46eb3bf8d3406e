"""Which sparks are read: those on screen, cheap ones first, anew when their cause has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.builders import NOW
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.triage import Axis, Cause, CauseKey
from vzaps_tui.ui.sparks import Sparks

AXIS = Axis(NOW - timedelta(hours=8), NOW, 8)


def cause(event: str = "Message", count: int = 3) -> Cause:
    same = CauseKey(FailureKind.HTTP_5XX, 503, "hooks.example.com", event)
    return Cause(same, count, 0.5, NOW - timedelta(hours=1), NOW, 7)


def asked(*causes: Cause) -> Sparks:
    sparks = Sparks()
    sparks.turn_to(AXIS)
    for one in causes:
        sparks.want(one)
    return sparks


def test_only_the_first_wanted_begins_the_reading() -> None:
    sparks = Sparks()
    assert not sparks.want(cause()), "nothing can be read over no time"
    sparks.turn_to(AXIS)
    assert sparks.want(cause())
    assert not sparks.want(cause())
    assert not sparks.want(cause("Presence"))


def test_a_reading_goes_on_while_the_same_causes_are_found_again() -> None:
    sparks = asked(cause())
    wanted = sparks.cheapest()
    assert wanted is not None
    sparks.turn_to(AXIS)
    again = cause()
    assert not sparks.want(again), "the reading under way will answer"
    sparks.learn(*wanted, (3,))
    assert sparks.cheapest() is None
    assert sparks.known(again) == (3,)
    assert sparks.want(replace(again, count=4)), "the reading has come to its end"


def test_the_cheapest_is_read_first_and_each_once() -> None:
    many, few = cause("many", 900), cause("few", 2)
    sparks = asked(many, few)
    assert sparks.cheapest() == (few, AXIS)
    sparks.learn(few, AXIS, (1, 1))
    assert sparks.cheapest() == (many, AXIS)
    assert sparks.is_wanted
    sparks.learn(many, AXIS, None)
    assert sparks.cheapest() is None
    assert not sparks.is_wanted
    assert not sparks.want(few)
    assert not sparks.want(many), "what cannot be told is not asked again"
    assert (sparks.known(few), sparks.known(many)) == ((1, 1), ())


def test_a_cause_that_changed_is_read_anew_and_its_old_spark_stays_until_then() -> None:
    before = cause()
    sparks = asked(before)
    sparks.learn(before, AXIS, (3,))
    assert sparks.cheapest() is None
    sparks.turn_to(AXIS)
    assert not sparks.want(before)
    after = replace(before, count=4)
    assert sparks.want(after)
    assert sparks.known(after) == (3,)


def test_over_another_time_all_are_read_anew_and_late_answers_count_for_nothing() -> None:
    sparks = asked(cause())
    sparks.turn_to(Axis(AXIS.start, AXIS.end, 4))
    sparks.learn(cause(), AXIS, (1, 2, 3))
    assert sparks.known(cause()) == ()
    assert sparks.want(cause())
