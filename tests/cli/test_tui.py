from __future__ import annotations

import logging
import os
import subprocess
import sys
import termios
from pathlib import Path
from typing import ClassVar

import pytest

from tests.cli.process import PATIENCE, environment, python
from vzaps_tui.cli.run import Run
from vzaps_tui.cli.tui import Wishes, show
from vzaps_tui.domain.masking import MASK
from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.ui.launch import Launch

pytestmark = pytest.mark.usefixtures("home", "own_logging")


class StubApp:
    """Takes the app's place: remembers its launches, answers and ends as told."""

    launches: ClassVar[list[Launch]] = []
    answers: ClassVar[list[str | None]] = []
    codes: ClassVar[list[int | None]] = []

    def __init__(self, launch: Launch) -> None:
        self.launches.append(launch)
        self.return_code: int | None = None

    def run(self) -> str | None:
        self.return_code = self.codes.pop(0)
        return self.answers.pop(0)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> type[StubApp]:
    def drawable(*_: object) -> None:
        return None

    StubApp.launches.clear()
    StubApp.answers[:] = [None, None]
    StubApp.codes[:] = [0, 0]
    monkeypatch.setattr("vzaps_tui.ui.app.VzapsApp", StubApp)
    monkeypatch.setattr("vzaps_tui.cli.tui.why_not", drawable)
    return StubApp


def shown(*, demo: bool = False, no_disk: bool = False) -> int:
    return show(Wishes(demo=demo, no_disk=no_disk), Run({}))


@pytest.mark.parametrize("code", [None, 0, 1, 3, 4, 143])
def test_the_exit_code_is_the_apps(app: type[StubApp], code: int | None) -> None:
    app.codes[:] = [code]
    assert shown() == (code or 0)
    assert len(app.launches) == 1


def test_the_demo_is_begun_when_the_first_run_asks_for_it(app: type[StubApp]) -> None:
    app.answers[:] = ["demo", None]
    app.codes[:] = [0, 4]
    assert shown() == 4
    first, second = app.launches
    assert first.missing is not None
    assert (second.missing, second.label) == (None, "demo")


def test_the_demo_does_not_begin_again_after_the_demo(app: type[StubApp]) -> None:
    app.answers[:] = ["demo"]
    assert shown(demo=True) == 0
    assert [one.label for one in app.launches] == ["demo"]


@pytest.mark.parametrize(
    ("wish", "told"),
    [("VZ6CMG6", ("VZ6CMG6", "")), ("Suporte São Paulo", (None, "Suporte São Paulo"))],
)
def test_an_instance_is_given_by_its_id_or_its_name(
    app: type[StubApp],
    monkeypatch: pytest.MonkeyPatch,
    wish: str,
    told: tuple[str | None, str],
) -> None:
    monkeypatch.setenv("VZAPS_CLIENT_TOKEN", "ct-1234")
    monkeypatch.setenv("VZAPS_CLIENT_SECRET", "cs-1234")
    show(Wishes(flags={"instance_id": wish}), Run({}))
    assert [(launch.instance, launch.named) for launch in app.launches] == [told]


def test_in_single_instance_mode_a_name_is_refused(
    app: type[StubApp], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VZAPS_CLIENT_TOKEN", "ct-1234")
    monkeypatch.setenv("VZAPS_INSTANCE_TOKEN", "it-1234")
    with pytest.raises(SettingsError, match="'Support BR' is no instance id") as refused:
        show(Wishes(flags={"instance_id": "Support BR"}), Run({}))
    assert "without it give the id" in refused.value.hint
    assert not app.launches


def test_the_log_has_the_settings_but_no_secret(
    app: type[StubApp], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VZAPS_CLIENT_SECRET", "hush-1234")
    shown()
    logging.getLogger("vzaps_tui").warning("and hush-1234")
    logging.getLogger().handlers[0].flush()
    text = (home / "state/vzaps-tui/log/vzaps-tui.log").read_text()
    assert f"client_secret = {MASK} (VZAPS_CLIENT_SECRET)" in text
    assert "hush" not in text
    assert app.launches[0].masker("hush-1234") == MASK


def test_without_the_disk_nothing_is_written(app: type[StubApp], home: Path) -> None:
    assert shown(no_disk=True) == 0
    assert app.launches
    assert list(home.iterdir()) == []


def test_a_log_file_asked_for_is_written_also_without_the_disk(
    app: type[StubApp], home: Path
) -> None:
    run = Run({})
    run.log_to(str(home / "my.log"))
    show(Wishes(no_disk=True), run)
    assert app.launches
    assert [one.name for one in home.iterdir()] == ["my.log"]


def test_troubles_at_the_start_are_notices(app: type[StubApp], home: Path) -> None:
    file = home / "config" / "vzaps-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[keys]\n'no.such' = 'x'\n'deliveries.retry' = 'f'\n'app.quit' = 'Q'\n")
    (home / "state").touch()
    shown()
    told = " ".join(app.launches[0].notices)
    assert "There is no log" in told
    assert "no.such" in told
    assert '"f" is also the key of deliveries.failures' in told
    assert app.launches[0].keymap == {"app.quit": "Q"}


SIZE = """
import shutil
from vzaps_tui.cli import tui
tui._measure_where_it_is_drawn()
print(*shutil.get_terminal_size())
"""


def test_the_size_is_that_of_the_terminal_also_where_standard_output_is_a_file(home: Path) -> None:
    master, slave = os.openpty()
    with os.fdopen(master), os.fdopen(slave) as terminal:
        termios.tcsetwinsize(slave, (33, 117))
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-c", SIZE],
            env={**environment(home), "COLUMNS": "", "LINES": ""},
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=terminal,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stdout) == (0, "117 33\n")


FIRST_FRAME = """
import asyncio, sys
from pathlib import Path
import vzaps_tui.__main__
from vzaps_tui.cli.run import Run
from vzaps_tui.cli import entry, tui, compose
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.board import Board
from vzaps_tui.settings.config_file import read_config
from vzaps_tui.settings.loading import load

given = {"VZAPS_CLIENT_TOKEN": "ct", "VZAPS_CLIENT_SECRET": "cs"}
settings = load({"base_url": "http://127.0.0.1:9"}, given, read_config(Path("none")))
plan = compose.Plan(settings, Path("none"), Path.cwd() / "archive.db", demo="demo" in sys.argv)
launch = compose.compose(plan, Run({}).masker)

loaded, display = [], VzapsApp._display

def watched(app, screen, renderable):
    if not loaded and renderable is not None and isinstance(screen, Board):
        loaded.extend({name.partition(".")[0] for name in sys.modules})
        shown.set()
    display(app, screen, renderable)

async def main():
    global shown
    shown, VzapsApp._display = asyncio.Event(), watched
    async with VzapsApp(launch).run_test(size=(120, 36)):
        await asyncio.wait_for(shown.wait(), 30)
    print(*sorted(loaded))

asyncio.run(main())
"""


@pytest.mark.parametrize("mode", ["demo", "account"])
def test_the_first_frame_waits_for_no_http_client_and_no_server(tmp_path: Path, mode: str) -> None:
    done = python(tmp_path, "-W", "error", "-c", FIRST_FRAME, mode)
    assert (done.returncode, done.stderr) == (0, "")
    names = set(done.stdout.split())
    assert "textual" in names
    assert names & {"httpx", "pydantic", "starlette", "uvicorn", "stamina", "aiolimiter"} == set()
