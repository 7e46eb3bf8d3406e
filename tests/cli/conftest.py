from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.process import environment


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, for this process and those it starts."""
    for name in [*environment(tmp_path), "VZAPS_CLIENT_TOKEN", "VZAPS_CLIENT_SECRET"]:
        if name.startswith(("VZAPS_", "XDG_")):
            monkeypatch.delenv(name, raising=False)
    for name, value in environment(tmp_path).items():
        if name == "HOME" or name.startswith("XDG_"):
            monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Puts logging back as it was, and closes what was opened."""
    root, ours = logging.getLogger(), logging.getLogger("vzaps_tui")
    before = (root.handlers[:], root.level, ours.level)
    yield
    logging.captureWarnings(capture=False)
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
