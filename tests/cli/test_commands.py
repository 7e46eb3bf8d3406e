from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.process import PATIENCE, environment, python, vzaps
from vzaps_tui import __version__

HEAVY = {"textual", "rich", "httpx", "pydantic", "starlette", "uvicorn", "sqlite3", "asyncio"}

REPORT_MODULES = """
import sys
from vzaps_tui.__main__ import main
try:
    main()
except SystemExit as end:
    sys.stdout.flush()
    print(end.code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def loaded_by(home: Path, *arguments: str) -> tuple[str, set[str]]:
    """Exit code and top-level modules loaded by a command, in a fresh interpreter."""
    code, *names = python(home, "-c", REPORT_MODULES, *arguments).stderr.splitlines()[-1].split()
    return code, set(names)


@pytest.mark.parametrize("flag", ["--help", "-h", "--version"])
def test_help_and_version_load_nothing_heavy(tmp_path: Path, flag: str) -> None:
    code, names = loaded_by(tmp_path, flag)
    assert code == "0"
    assert "click" in names
    assert names & (HEAVY | {"tomllib", "platformdirs", "logging"}) == set()


@pytest.mark.parametrize(
    "arguments",
    [["emulator", "--help"], ["paths"], ["completion", "zsh"], []],
    ids=["emulator help", "paths", "completion", "no terminal"],
)
def test_what_draws_nothing_loads_no_textual(tmp_path: Path, arguments: list[str]) -> None:
    _, names = loaded_by(tmp_path, *arguments)
    assert names & (HEAVY - {"sqlite3", "asyncio"}) == set()


def test_version_and_help(tmp_path: Path) -> None:
    assert vzaps(tmp_path, "--version").stdout == f"vzaps-tui {__version__}\n"
    told = vzaps(tmp_path, "--help").stdout
    for word in ("--demo", "--profile NAME", "--instance ID", "--base-url URL", "--read-only"):
        assert word in told
    for word in (
        "--no-disk",
        "--log-file F",
        "--version",
        "emulator",
        "paths",
        "cache",
        "completion",
    ):
        assert word in told
    assert "--client" not in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--nonsense"], "No such option"),
        (["nonsense"], "No such command"),
        (["completion", "tcsh"], "tcsh"),
        (["cache"], "clear"),
        (["emulator", "--port", "x"], "--port"),
        (["emulator", "--port", "70000"], "--port"),
        (["emulator", "--rate", "-1"], "--rate"),
        (["emulator", "--rate", "nan"], "nan is not in the range 0<=x<=1000"),
        (["emulator", "--speed", "0"], "0.0 is not in the range 0.001<=x<=10000"),
        (
            ["emulator", "--scenario", "reset:nowhere"],
            "no route is called 'nowhere'; there are token",
        ),
        (["emulator", "--scenario", "reset:list:0"], "'0' is no number of times; give one from 1"),
        (["emulator", "--scenario", "bare:list"], "cannot be aimed; these can: latency, "),
        (
            ["emulator", "--scenario", "sunshine"],
            "no scenario is called 'sunshine'; there are latency, ",
        ),
        (["emulator", "--allow", "0"], "'0' is no number of calls a second above 0"),
        (["emulator", "--allow", "2:nowhere"], "no route is called 'nowhere'; there are token"),
        (["--demo", "--base-url", "http://127.0.0.1:1"], "leave --base-url out"),
        (["--base-url", "nonsense"], "--base-url is 'nonsense' and must be an address"),
        (["--base-url", ""], "--base-url is empty"),
        (["--profile", "nope"], "--profile names 'nope'"),
        (["--profile", "", "logs"], "--profile was given without a value"),
        (["--instance", ""], "--instance was given without a value"),
        (["logs", "--instance", " "], "--instance was given without a value: is a variable empty?"),
        (["retry", "--resume", "", "--yes"], "--resume was given without a value"),
    ],
)
def test_usage_and_settings_errors_exit_with_2(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = vzaps(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_errors_say_what_why_and_what_next(tmp_path: Path) -> None:
    file = tmp_path / "config" / "vzaps-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[profiles.acme]\nclient_tokn = 'hush-hush'\n")
    done = vzaps(tmp_path)
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    what = "Settings cannot be used: unknown key 'client_tokn' in [profiles.acme] of"
    assert first == f"vzaps-tui: {what} {file}."
    assert second.startswith("  Did you mean 'client_token'? Valid there: client_token, ")
    assert "hush" not in done.stderr
    # The commands that help to mend it work all the same.
    assert vzaps(tmp_path, "paths").returncode == 0
    assert vzaps(tmp_path, "--help").returncode == 0


def test_a_bad_variable_is_an_error_before_the_terminal_is_looked_at(tmp_path: Path) -> None:
    done = vzaps(tmp_path, extra={"VZAPS_RETRY_PACE": "often"})
    assert done.returncode == 2
    assert "VZAPS_RETRY_PACE is 'often' and must be a number" in done.stderr


def test_without_a_terminal_it_says_what_to_do_instead(tmp_path: Path) -> None:
    done = vzaps(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a terminal" in done.stderr
    assert "vzaps-tui emulator" in done.stderr
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_exit_with_2(tmp_path: Path, closed: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", f'exec "$0" -m vzaps_tui {closed}', sys.executable],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_paths(tmp_path: Path) -> None:
    found = dict(line.split(maxsplit=1) for line in vzaps(tmp_path, "paths").stdout.splitlines())
    assert found == {
        "config": str(tmp_path / "config/vzaps-tui/config.toml"),
        "archive": str(tmp_path / "cache/vzaps-tui/archive.db"),
        "deliveries": str(tmp_path / "cache/vzaps-tui/deliveries.db"),
        "state": str(tmp_path / "state/vzaps-tui/state.db"),
        "log": str(tmp_path / "state/vzaps-tui/log/vzaps-tui.log"),
    }
    assert list(tmp_path.iterdir()) == []
    other = vzaps(tmp_path, "--log-file", "my.log", "paths").stdout
    assert other.endswith(f"{tmp_path / 'my.log'}\n")


def test_cache_clear_removes_what_is_kept_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "cache/vzaps-tui"
    archive, deliveries, copied = (
        folder / name for name in ("archive.db", "deliveries.db", "copied-ab12.txt")
    )
    folder.mkdir(parents=True)
    archive.write_bytes(b"x" * 1000)
    archive.with_name("archive.db-wal").write_bytes(b"y" * 234)
    deliveries.write_bytes(b"x" * 20)
    copied.write_bytes(b"private")
    neighbour = archive.with_name("other.txt")
    neighbour.touch()
    done = vzaps(tmp_path, "cache", "clear")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"Removed {archive}: 1,234 bytes.",
        f"Removed {deliveries}: 20 bytes.",
        f"Removed {copied}: 7 bytes.",
    ]
    assert list(folder.iterdir()) == [neighbour]
    again = vzaps(tmp_path, "cache", "clear")
    nothing = f"Nothing is kept at {archive}.\nNothing is kept at {deliveries}.\n"
    assert (again.returncode, again.stdout) == (0, nothing)


def test_what_cannot_be_cleared_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "cache/vzaps-tui"
    (folder / "copied-1.txt").mkdir(parents=True)  # no file: it cannot be unlinked, whoever asks
    done = vzaps(tmp_path, "cache", "clear")
    assert done.returncode == 1
    assert "Nothing is kept" in done.stdout
    assert f"{folder / 'copied-1.txt'} cannot be removed: " in done.stderr
    assert "Remove it by hand" in done.stderr
    assert "Traceback" not in done.stderr


READER = """
import asyncio, sys
from pathlib import Path
from tests.builders import NOW, delivery
from vzaps_tui.domain.envelope import Envelope, Question
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.selection import Scope
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.storage.envelopes import SqliteEnvelopes

SCOPE = Scope("https://api.example.com", "acct", "VZ01")
HOOK = Question("https://api.example.com", "acct", "VZ01", "webhook")

async def use(folder):
    archive = SqliteArchive(folder / "deliveries.db", now=NOW.timestamp)
    store = SqliteEnvelopes(folder / "archive.db", now=NOW.timestamp)
    config = Envelope(WebhookConfig("https://example.com"), NOW)
    for turn in ("before", "after"):
        await archive.put(SCOPE, [delivery(number) for number in range(900, 0, -1)])
        await store.put(HOOK, config)
        found = await archive.select(SCOPE, DeliveryQuery())
        rows = [row for row in archive.page(found.rowids) if row]
        hook = await store.get(HOOK)
        print(turn, len(rows), hook is not None, flush=True)
        sys.stdin.readline()
        gone = archive.page(found.rowids).count(None)
        print(gone, (await archive.select(SCOPE, DeliveryQuery())).held, flush=True)
    await archive.close()
    await store.close()
    print(*archive.notices, *store.notices, flush=True)

asyncio.run(use(Path(sys.argv[1])))
"""


def test_cache_clear_empties_what_another_copy_uses_and_that_one_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "cache/vzaps-tui"
    reader = subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", READER, str(folder)],
        env=environment(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stdout.readline() == "before 900 True\n"
        done = vzaps(tmp_path, "cache", "clear")
        assert (done.returncode, done.stderr) == (0, "")
        first, second = done.stdout.splitlines()
        in_use = "which another copy of vzaps-tui uses: "
        assert first.startswith(f"Emptied {folder / 'archive.db'}, {in_use}")
        assert second.startswith(f"Emptied {folder / 'deliveries.db'}, {in_use}")
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "900 0\n"
        assert reader.stdout.readline() == "after 900 True\n"
        rest, problems = reader.communicate("\n", PATIENCE)
        assert (rest, problems) == ("0 900\n\n", "")
    assert reader.returncode == 0
    # And when it has ended, what it kept meanwhile is removed.
    assert "Removed" in vzaps(tmp_path, "cache", "clear").stdout
    assert list(folder.iterdir()) == []


STATUSES = ("pending", "delivered", "other")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(tmp_path: Path, shell: str) -> None:
    done = vzaps(tmp_path, "completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_VZAPS_TUI_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("vzaps-tui ca", {"cache"}),
        ("vzaps-tui --re", {"--read-only"}),
        ("vzaps-tui --profile ", {"acme", "beta"}),
        ("vzaps-tui emulator --scenario retry-f", {"retry-fails"}),
        ("vzaps-tui emulator --scenario reset-after:re", {"reset-after:retry"}),
        ("vzaps-tui emulator --scenario bare:re", set[str]()),
        ("vzaps-tui completion ", {"bash", "zsh", "fish"}),
        ("vzaps-tui logs --profile b", {"beta"}),
        ("vzaps-tui retry --status ", {"failed", "pending", "delivered", "other"}),
        ("vzaps-tui logs --status failed,p", {"failed,pending"}),
        ("vzaps-tui logs --status failed,", {f"failed,{w}" for w in STATUSES}),
        ("vzaps-tui logs --event mess", {"Message"}),
        ("vzaps-tui logs --event a", set[str]()),
        ("vzaps-tui webhook set --event a", {"All"}),
        ("vzaps-tui webhook diff --event Pres", {"Presence"}),
        ("vzaps-tui logs --code t", {"timeout", "tls"}),
        ("vzaps-tui retry --code 5", {"5xx", "500", "502", "503", "504"}),
        ("vzaps-tui logs --last 2", {"2h", "24h"}),
        ("vzaps-tui logs --since y", {"yesterday"}),
        ("vzaps-tui logs --until t", {"today"}),
    ],
)
def test_bash_completes(tmp_path: Path, words: str, offered: set[str]) -> None:
    file = tmp_path / "config" / "vzaps-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[profiles.acme]\n[profiles.beta]\n")
    door = tmp_path / "vzaps-tui"
    door.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vzaps_tui "$@"\n')
    door.chmod(0o700)
    asked = words.split(" ")
    script = (
        f'eval "$({door} completion bash)"\n'
        f"COMP_WORDS=({' '.join(one or chr(39) * 2 for one in asked)})\n"
        f"COMP_CWORD={len(asked) - 1}\n"
        f'_vzaps_tui_completion {door}; printf "%s\\n" "${{COMPREPLY[@]}}"\n'
    )
    done = subprocess.run(  # noqa: S603 - our own script
        ["bash", "--norc", "-c", script],  # noqa: S607 - whichever bash there is
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert set(done.stdout.split()) == offered


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_emulator_tells_how_to_connect_and_ends_cleanly(
    tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "vzaps_tui",
            "emulator",
            "--port",
            "0",
            "--instances",
            "2",
            "--json",
        ],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        told = json.loads(process.stdout.readline())
        assert set(told) == {"base_url", "client_token", "client_secret", "instances"}
        assert len(told["instances"]) == 2
        assert told["base_url"].startswith("http://127.0.0.1:")
        port = int(told["base_url"].rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


def test_the_emulator_on_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = vzaps(tmp_path, "emulator", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
