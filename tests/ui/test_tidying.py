"""What closed screens leave behind is collected, once, when nobody closes another."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, cast

import pytest
from textual.app import App

from tests.fakes import FakeGateway
from tests.ui.harness import launch, shown
from vzaps_tui.ui.tidying import Tidying


class _Timer:
    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.stopped = False
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def stop(self) -> None:
        self.stopped = True


class _App:
    def __init__(self) -> None:
        self.timers: list[_Timer] = []

    def set_timer(self, seconds: float, call: Callable[[], None]) -> _Timer:
        assert seconds > 1
        self.timers.append(_Timer(call))
        return self.timers[-1]


def test_only_the_last_one_left_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    collected: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda: collected.append("all"))
    app = _App()
    tidying = Tidying(cast("App[Any]", app))
    for _ in range(3):
        tidying.soon()
    assert [timer.stopped for timer in app.timers] == [True, True, False]
    assert not collected
    app.timers[-1].call()
    assert collected == ["all"]
    tidying.soon()
    assert len(app.timers) == 4
    assert not app.timers[2].stopped


def test_whoever_goes_on_pressing_keys_does_not_wait_for_it() -> None:
    app = _App()
    tidying = Tidying(cast("App[Any]", app))
    tidying.put_off()
    tidying.soon()
    tidying.put_off()
    assert [timer.resets for timer in app.timers] == [1]


async def test_keys_are_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    put_off: list[Tidying] = []

    def note(tidying: Tidying) -> None:
        put_off.append(tidying)

    monkeypatch.setattr(Tidying, "put_off", note)
    async with shown(launch(FakeGateway())) as (_, pilot):
        put_off.clear()
        await pilot.press("down")
        assert put_off
