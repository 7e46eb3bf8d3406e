"""No waits between the tries of a read: their number is what counts here."""

from __future__ import annotations

from collections.abc import Generator

import pytest
import stamina


@pytest.fixture(autouse=True)
def _no_backoff() -> Generator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield
