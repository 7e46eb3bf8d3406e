"""Headless commands as processes of their own: pipes, signals, and nobody at a terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.headless import credentials, read_lines
from tests.cli.process import PATIENCE, environment, python
from tests.servers import eventually, running
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World

HEAVY = {"textual", "starlette", "uvicorn"}  # httpx itself brings rich where it is installed
REPORT_MODULES = """
import sys
from vzaps_tui.__main__ import main
try:
    main()
except SystemExit as end:
    sys.stdout.flush()
    print(end.code, *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.fixture
def server() -> Iterator[EmulatorServer]:
    with running(World(seed=3, instances=1, logs=2_000)) as found:
        yield found


def variables(home: Path, server: EmulatorServer) -> dict[str, str]:
    return environment(home, credentials(server.world, server.base_url))


def started(home: Path, server: EmulatorServer, *arguments: str) -> subprocess.Popen[str]:
    """A command whose standard streams are pipes."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, "-m", "vzaps_tui", *arguments],
        env=variables(home, server),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_command_loads_no_textual(tmp_path: Path, server: EmulatorServer) -> None:
    done = python(
        tmp_path,
        *("-c", REPORT_MODULES, "logs", "--json", "--limit", "3"),
        extra=credentials(server.world, server.base_url),
    )
    code, *names = done.stderr.splitlines()[-1].split()
    assert code == "0"
    assert len(list(read_lines(done.stdout))) == 3
    assert set(names) & HEAVY == set()


def test_lines_can_be_read_by_another_program(tmp_path: Path, server: EmulatorServer) -> None:
    reader = "import json, sys\nfor line in sys.stdin: print(json.loads(line)['id'])"
    with started(tmp_path, server, "logs", "--all", "--json") as first:
        read = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-c", reader],
            stdin=first.stdout,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        _, words = first.communicate(timeout=PATIENCE)
    assert (first.returncode, words) == (0, "")
    rows = list(reversed(server.world.instances[0].logs))
    assert read.stdout.split() == [log.id for log in rows]


@pytest.mark.parametrize("form", [("--json",), ()], ids=["lines", "table"])
def test_a_reader_that_leaves_ends_it_quietly(
    tmp_path: Path, server: EmulatorServer, form: tuple[str, ...]
) -> None:
    with started(tmp_path, server, "logs", "--all", *form) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        words = process.stderr.read()
        process.wait(PATIENCE)
    assert (process.returncode, words) == (141, "")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_cleanly(
    tmp_path: Path, server: EmulatorServer, number: signal.Signals, code: int
) -> None:
    server.world.faults.next("search", "latency", seconds=0.0)
    server.world.faults.always("search", "no-answer")
    with started(tmp_path, server, "logs", "--all", "--json") as process:
        asked = lambda: any(  # noqa: E731 - read where it is used
            one.path.endswith("/search") for one in list(server.world.requests)
        )
        eventually(asked, PATIENCE)
        process.send_signal(number)
        _, words = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    kept = "stopped while the log was read; what was read is kept, and the next call goes on"
    assert words == f"vzaps-tui: {kept} from there.\n"


def test_a_signal_before_anything_is_sent_says_that_nothing_was(
    tmp_path: Path, server: EmulatorServer
) -> None:
    server.world.faults.always("search", "no-answer")
    with started(tmp_path, server, "retry", "--status", "failed", "--yes", "--no-disk") as process:
        asked = lambda: any(  # noqa: E731 - read where it is used
            one.path.endswith("/search") for one in list(server.world.requests)
        )
        eventually(asked, PATIENCE)
        process.send_signal(signal.SIGTERM)
        out, words = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (143, "")
    lines = ["vzaps-tui: stopped while the log was read.", "vzaps-tui: nothing was sent."]
    assert words.splitlines() == lines
    assert not any(log.retries for log in server.world.instances[0].logs)


@pytest.mark.parametrize("command", ["paths", "--help"])
def test_a_reader_that_has_gone_is_told_by_the_code_alone(tmp_path: Path, command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "vzaps_tui", command],
            env=environment(tmp_path),
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("command", [("logs", "--json"), ("paths",), ("--version",)], ids=" ".join)
def test_a_full_disk_is_told(
    tmp_path: Path, server: EmulatorServer, command: tuple[str, ...]
) -> None:
    full = Path("/dev/full")
    with full.open("w") as out:
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "vzaps_tui", *command],
            env=variables(tmp_path, server),
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert "the answer cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


class Terminal:
    """A command at a terminal of its own, which sees its words and types."""

    def __init__(self, home: Path, server: EmulatorServer, *arguments: str) -> None:
        self._here, there = pty.openpty()
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "vzaps_tui", *arguments],
            env=variables(home, server),
            stdin=there,
            stdout=subprocess.PIPE,
            stderr=there,
            start_new_session=True,
            preexec_fn=_controlling,  # noqa: PLW1509 - no threads of ours in the child
            text=True,
        )
        os.close(there)
        self.seen = ""

    def until(self, words: str) -> None:
        """Read until these words were seen."""
        while words not in self.seen:
            ready, _, _ = select.select([self._here], [], [], PATIENCE)
            assert ready, self.seen
            self.seen += os.read(self._here, 4096).decode(errors="replace")

    def type(self, text: str) -> None:
        """Keys."""
        os.write(self._here, text.encode())

    def end(self, insist: str = "") -> tuple[int, str]:
        """Exit code and standard output, once it has ended; keys to press until then."""
        while insist and self.process.poll() is None:
            self.type(insist)
            self._read_on(0.5)  # pressed again at once it would take away what was just said
        out, _ = self.process.communicate(timeout=PATIENCE)
        self._read_on(0)
        os.close(self._here)
        return self.process.returncode, out

    def _read_on(self, quiet: float) -> None:
        """Read until nothing has come for so long, in seconds."""
        with suppress(OSError):  # EIO: nobody is at the other end any more
            while select.select([self._here], [], [], quiet)[0]:
                self.seen += os.read(self._here, 4096).decode(errors="replace")


def _controlling() -> None:
    import fcntl  # noqa: PLC0415 - in the child
    import termios  # noqa: PLC0415 - same

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize(
    ("keys", "code", "event"),
    [("y\n", 0, "All"), ("n\n", 1, None), ("\x03", 130, None), ("\x04", 130, None)],
    ids=["yes", "no", "ctrl-c", "ctrl-d"],
)
def test_a_question_at_a_terminal(
    tmp_path: Path, server: EmulatorServer, keys: str, code: int, event: str | None
) -> None:
    instance = server.world.instances[0]
    instance.events = ("Message",)
    command = Terminal(tmp_path, server, "webhook", "set", "--events", "all")
    command.until("[y/N]")
    command.type(keys)
    # A key pressed between the question and the reading of the answer would be lost: it is held.
    assert command.end(insist="\x03" if keys == "\x03" else "")[0] == code
    assert instance.events == ((event,) if event else ("Message",))
    assert ("\nvzaps-tui: nothing was sent." in command.seen) is (event is None)


def test_a_bar_is_drawn_for_whoever_looks(tmp_path: Path, server: EmulatorServer) -> None:
    command = Terminal(tmp_path, server, "logs", "--all", "--json")
    command.until("Reading deliveries: ")
    code, out = command.end()
    assert code == 0
    assert len(list(read_lines(out))) == 2_000
