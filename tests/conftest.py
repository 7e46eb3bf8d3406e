"""What holds for every test: no network but loopback, and a terminal without whims."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import socket
import sys
from collections.abc import Generator
from importlib import import_module
from typing import Any, cast
from unittest.mock import Mock
from weakref import WeakSet

import pytest
from hypothesis import settings

from tests.quiet import BRISK, quiet
from vzaps_tui.storage.archive import SqliteArchive

settings.register_profile("steady", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the developer's terminal or account reaches a test."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TEXTUAL", "TEXTUAL_ANIMATIONS", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CLIENT_TOKEN", "CLIENT_SECRET", "INSTANCE_ID", "INSTANCE_TOKEN", "BASE_URL"):
        monkeypatch.delenv(f"VZAPS_{name}", raising=False)


@pytest.fixture(autouse=True, scope="session")
def frozen_once() -> None:
    """What all tests have in common need not be looked through for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def nothing_else_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One process runs thousands of apps here: what each leaves must be collected."""
    for what in ("freeze", "set_threshold"):
        monkeypatch.setattr(gc, what, Mock())


@pytest.fixture(autouse=True)
def archives_closed(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Of an archive that a test made and left open neither threads nor memory outlive it."""
    made: WeakSet[SqliteArchive] = WeakSet()
    begin = SqliteArchive.__init__

    def noted(self: SqliteArchive, *place: Any, **named: Any) -> None:
        begin(self, *place, **named)
        made.add(self)

    monkeypatch.setattr(SqliteArchive, "__init__", noted)
    yield
    for archive in made:
        if not cast("Any", archive)._access._closed:
            asyncio.run(archive.close())


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Generator[None]:
    """A connection to anywhere but this machine is an error."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            place = ipaddress.ip_address(address[0])
            assert place.is_loopback, f"a test wants to reach {place}"
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(autouse=True, scope="session")
def quiet_pilots() -> Generator[None]:
    """Whoever presses keys waits until all is done, and no longer; nor does what is drawn."""
    with pytest.MonkeyPatch.context() as patch:
        if "textual.app" in sys.modules:
            patch.setattr("textual.app.wait_for_idle", quiet)
            patch.setattr("textual.pilot.wait_for_idle", quiet)
            patch.setattr("textual.screen.UPDATE_PERIOD", BRISK)
            sheets = import_module("tests.sheets")
            patch.setattr("textual.css.stylesheet.Stylesheet._parse_rules", sheets.parsed_once)
        yield
