"""What closed screens leave behind is collected, once, when nobody closes another."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, cast

import pytest
from textual.app import App

from vzaps_tui.ui.tidying import Tidying


class _Timer:
    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.stopped = False

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
