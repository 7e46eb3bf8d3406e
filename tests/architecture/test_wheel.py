"""What the wheel holds, and that what is installed from it is the whole program."""

from __future__ import annotations

import re
import subprocess
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from tests.terminal.installation import CHECKOUT, Installation, environment, install
from vzaps_tui import __version__


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return install(tmp_path_factory)


@pytest.fixture(scope="module")
def names(installed: Installation) -> set[str]:
    with zipfile.ZipFile(installed.wheel) as wheel:
        return set(wheel.namelist())


@pytest.fixture(scope="module")
def metadata(installed: Installation) -> Message:
    with zipfile.ZipFile(installed.wheel) as wheel:
        (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
        return Parser().parsestr(wheel.read(name).decode())


def run(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - what these tests installed
        command,
        env=environment(home),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_everything_of_the_package_is_in_the_wheel_and_nothing_else(names: set[str]) -> None:
    kept = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "vzaps_tui").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {
        "vzaps_tui/py.typed",
        "vzaps_tui/ui/styles/app.tcss",
        "vzaps_tui/ui/styles/later.tcss",
    } <= kept
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == kept


def test_the_wheel_says_what_it_is(names: set[str], metadata: Message) -> None:
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert metadata["Name"] == "vzaps-tui"
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "vzaps-tui" in metadata.get_payload()
    required = {re.split(r"[<>=!~;\[ ]", one)[0] for one in metadata.get_all("Requires-Dist", [])}
    assert {"textual", "httpx", "starlette", "uvicorn", "click"} <= required
    assert not required & {"pytest", "vzaps", "pyte", "hypothesis"}


def test_the_changelog_speaks_of_this_version() -> None:
    headings = re.findall(r"^## (.+)$", (CHECKOUT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert any(__version__ in one or "Unreleased" in one for one in headings)


def test_what_runs_is_the_wheels_own(installed: Installation, tmp_path: Path) -> None:
    done = run(
        tmp_path,
        str(installed.python),
        "-c",
        "import vzaps_tui, textual; print(vzaps_tui.__file__)",
    )
    assert done.returncode == 0, done.stderr
    found = Path(done.stdout.strip())
    assert found.is_relative_to(installed.python.parents[1])
    assert not found.is_relative_to(CHECKOUT)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--version",), f"vzaps-tui {__version__}\n"),
        (("--help",), "Usage: vzaps-tui"),
        (("emulator", "--help"), "--scenario"),
        (("paths",), "archive"),
    ],
)
def test_the_installed_command_answers(
    installed: Installation, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(tmp_path, str(installed.program), *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout
