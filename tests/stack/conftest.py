"""No waits between the tries of a read, whose number counts here; no proxy in between."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import stamina


@pytest.fixture(autouse=True)
def _no_backoff_and_no_proxy(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield
