"""The seeded history: it repeats, holds outages that end, and answers retries by its model."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from vzaps_tui.emulator import instances as instances_module
from vzaps_tui.emulator.instances import BACKOFF, Instance
from vzaps_tui.emulator.logs import Log, Status
from vzaps_tui.emulator.payloads import NAMES, payload
from vzaps_tui.emulator.receivers import FAILURES, Outage, is_loopback
from vzaps_tui.emulator.world import World

NOON = datetime(2026, 9, 17, 12, tzinfo=UTC)


class Time:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def _world(**options: Any) -> World:
    return World(now=Time(), **options)


def _facts(log: Log) -> tuple[object, ...]:
    return log.id, log.event, log.status, log.created_at, tuple(log.attempts), log.next_retry_at


def _history(world: World) -> list[list[tuple[object, ...]]]:
    return [[_facts(log) for log in instance.logs] for instance in world.instances]


def _failed(instance: Instance) -> list[Log]:
    return [log for log in instance.logs if log.status == Status.FAILED]


def test_same_seed_and_clock_give_the_same_world() -> None:
    one, other = _world(seed=7), _world(seed=7)
    assert _history(one) == _history(other)
    assert [one.client_token, one.client_secret] == [other.client_token, other.client_secret]
    assert [(i.id, i.name, i.token, i.webhook) for i in one.instances] == [
        (i.id, i.name, i.token, i.webhook) for i in other.instances
    ]


def test_another_seed_gives_another_world() -> None:
    one, other = _world(seed=7), _world(seed=8)
    assert one.client_secret != other.client_secret
    assert one.instances[0].id != other.instances[0].id
    assert _history(one) != _history(other)


def test_looking_at_instances_in_another_order_changes_nothing() -> None:
    one, other = _world(), _world()
    backwards = [[_facts(log) for log in instance.logs] for instance in other.instances[::-1]]
    assert backwards[::-1] == _history(one)


def test_the_instances_are_of_every_kind() -> None:
    world = _world(instances=6, logs=40)
    assert [len(instance.logs) for instance in world.instances] == [40, 40, 40, 0, 40, 40]
    assert [instance.connected for instance in world.instances[:4]] == [True, True, False, False]
    assert world.instances[3].webhook is None
    assert len({instance.id for instance in world.instances}) == 6
    assert len({instance.name for instance in world.instances}) == 6
    for instance in world.instances:
        assert instance.id.startswith("VZ")
        if instance.webhook:
            assert instance.webhook.startswith("https://")
            assert "?secret=" in instance.webhook
            assert not is_loopback(instance.webhook)


@pytest.mark.parametrize("seed", range(1, 9))
def test_deliveries_lie_in_the_last_two_days_with_a_share_of_failures(seed: int) -> None:
    instance = _world(seed=seed, logs=1000).instances[0]
    times = [log.created_at for log in instance.logs]
    assert times == sorted(times)
    assert len({log.id for log in instance.logs}) == 1000
    assert NOON - timedelta(hours=48) < times[0]
    assert times[-1] <= NOON
    assert times[-1] - times[0] > timedelta(hours=24)
    assert 20 <= len(_failed(instance)) <= 250
    assert max(log.created_at for log in _failed(instance)) > NOON - timedelta(hours=3)


def test_failures_come_in_outages_and_end_with_them() -> None:
    instance = _world(logs=3000).instances[0]
    assert len(instance.outages) == 3
    for outage in instance.outages:
        assert outage.begins < outage.ends < NOON
    inside = [
        log
        for log in _failed(instance)
        if any(o.begins <= log.created_at < o.ends for o in instance.outages)
    ]
    assert len(inside) >= 0.95 * len(_failed(instance))


def test_failures_are_of_many_kinds() -> None:
    kinds: Counter[str] = Counter()
    for seed in range(1, 20):
        for log in _failed(_world(seed=seed, logs=300).instances[0]):
            assert log.last
            assert log.last.error
            kinds[log.last.error] += 1
    assert kinds.keys() == {failure.error for failure in FAILURES.values()}


def test_a_failed_delivery_was_tried_with_backoff() -> None:
    instance = _world(logs=1000).instances[0]
    for log in _failed(instance):
        moments = [attempt.at for attempt in log.attempts]
        gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
        assert gaps == list(BACKOFF)
        assert [attempt.number for attempt in log.attempts] == [1, 2, 3, 4, 5]
        assert moments[0] == log.created_at


def test_some_deliveries_came_through_at_a_later_try() -> None:
    instance = _world(logs=2000).instances[0]
    late = [
        log for log in instance.logs if log.status == Status.DELIVERED and len(log.attempts) > 1
    ]
    assert late
    assert all(not attempt.result.ok for log in late for attempt in log.attempts[:-1])


def test_a_retry_after_the_outage_mostly_delivers_and_counts() -> None:
    world = _world(logs=2000)
    instance = world.instances[0]
    failed = _failed(instance)
    for log in failed:
        assert world.retry(instance, log) is log
        assert log.retries == 1
        assert len(log.attempts) == 6
        assert log.attempts[-1].at == NOON
    assert len(_failed(instance)) < 0.05 * len(failed)


def test_the_newest_failure_of_the_default_world_is_delivered_by_a_retry() -> None:
    for instance in _world().instances[:3]:
        world = _world()
        same = world.instances[instance.index]
        assert world.retry(same, _failed(same)[-1]).status == Status.DELIVERED


def test_a_planned_try_happens_when_its_time_has_come() -> None:
    time = Time()
    world = World(logs=20, now=time)
    instance = world.instances[0]
    instance.outages = (Outage(NOON, NOON + timedelta(seconds=20), ("502",)),)
    log = next(
        log for log in (world.emit(instance) for _ in range(5)) if log.status == Status.RETRYING
    )
    assert log.next_retry_at == NOON + timedelta(seconds=5)
    time.pass_by(4)
    assert world.log(instance, log.id) is log
    assert len(log.attempts) == 1
    time.pass_by(2)
    world.log(instance, log.id)
    assert [len(log.attempts), log.status] == [2, Status.RETRYING]
    time.pass_by(60)
    world.search(instance, 1, 10, None)
    assert [len(log.attempts), log.status, log.next_retry_at] == [3, Status.DELIVERED, None]


def test_a_retry_makes_the_planned_try_lapse() -> None:
    time = Time()
    world = World(logs=20, now=time)
    instance = world.instances[0]
    instance.outages = (Outage(NOON, NOON + timedelta(hours=2), ("502",)),)
    log = next(
        log for log in (world.emit(instance) for _ in range(5)) if log.status == Status.RETRYING
    )
    world.retry(instance, log)
    tries = len(log.attempts)
    time.pass_by(3600)
    world.log(instance, log.id)
    assert len(log.attempts) == tries


def test_pages_are_newest_first_and_cover_the_log_once() -> None:
    world = _world(logs=105)
    instance = world.instances[0]
    pages = [world.search(instance, page, 20, None) for page in range(1, 8)]
    assert [len(rows) for rows, _ in pages] == [20, 20, 20, 20, 20, 5, 0]
    assert {total for _, total in pages} == {105}
    assert [log for rows, _ in pages for log in rows] == instance.logs[::-1]


def test_a_page_of_failures_holds_failures() -> None:
    world = _world(logs=1000)
    instance = world.instances[0]
    rows, total = world.search(instance, 1, 5, frozenset({"failed"}))
    assert list(rows) == _failed(instance)[::-1][:5]
    assert total == len(_failed(instance))


def test_the_log_forgets_its_oldest_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances_module, "KEPT", 50)
    world = _world(logs=50)
    instance = world.instances[0]
    oldest = instance.logs[0]
    newest = world.emit(instance)
    assert len(instance.logs) == 46
    assert world.log(instance, oldest.id) is None
    assert world.log(instance, newest.id) is newest


def test_emit_needs_a_webhook() -> None:
    world = _world()
    with pytest.raises(ValueError, match="webhook"):
        world.emit(world.instances[3])
    with pytest.raises(ValueError, match="no webhook"):
        world.retry(world.instances[3], world.instances[0].logs[0])


def test_a_hundred_thousand_rows_have_ids_of_their_own() -> None:
    instance = _world(instances=1, logs=100_000).instances[0]
    assert len({log.id for log in instance.logs}) == 100_000


@pytest.mark.parametrize("event", [*NAMES, "SomethingNew"])
def test_payloads_have_one_of_three_wrappers(event: str) -> None:
    wrappers: Counter[str] = Counter()
    for number in range(60):
        made = payload(event, "VZ1", f"log_{number}", NOON)
        assert made == payload(event, "VZ1", f"log_{number}", NOON)
        if "json_data" in made:
            wrappers["B"] += 1
            inner = made["json_data"]
        elif "data" in made:
            wrappers["C"] += 1
            assert made["id"] == f"evt_{number}"
            assert made["created_at"] == "2026-09-17T12:00:00.000Z"
            inner = made["data"]
        else:
            wrappers["A"] += 1
            inner = made
        assert inner["type"] == event
        assert isinstance(inner["event"], dict)
    assert wrappers.keys() == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8000/hook?secret=x", True),
        ("http://127.9.9.9/", True),
        ("https://localhost/hook", True),
        ("http://[::1]:9/", True),
        ("http://localhost.example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://127.0.0.1@example.com/", False),
        ("https://hooks.example.com/?u=127.0.0.1", False),
        ("http://10.0.0.1/", False),
        ("http://0.0.0.0/", False),
        ("ftp://127.0.0.1/", False),
        ("http://127.0.0.1:99999/", False),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_only_this_machine_is_loopback(url: str, *, here: bool) -> None:
    assert is_loopback(url) is here
