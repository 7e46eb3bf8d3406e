"""How it ends when it is told to, and where it does not begin."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.terminal.conftest import Opener
from tests.terminal.installation import Installation, environment
from tests.terminal.terminal import Streams, Terminal


def log_of(home: Path) -> str:
    return (home / "state/vzaps-tui/log/vzaps-tui.log").read_text()


told_to_end = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["TERM", "HUP"]
)


@told_to_end
def test_a_signal_leaves_the_terminal_clean(
    vzaps: Opener, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with vzaps("--demo") as terminal:
        terminal.wait("Support BR", "· live")
        terminal.press("enter")
        terminal.wait("Deliveries", "· live")
        terminal.signal(number)
        assert terminal.wait_end() == code
        assert terminal.left_over() == []
    assert f"ends with {code}" in log_of(tmp_path)


@told_to_end
def test_a_signal_before_the_first_frame_leaves_the_terminal_clean(
    vzaps: Opener, number: signal.Signals, code: int
) -> None:
    with vzaps("--demo") as terminal:
        terminal.wait_until(lambda _: 1049 in terminal.modes(), "the other screen")
        terminal.signal(number)
        assert terminal.wait_end() == code
        assert terminal.left_over() == []


def test_what_is_left_over_is_seen(vzaps: Opener) -> None:
    with vzaps("--demo") as terminal:
        terminal.wait("Support BR", "· live")
        terminal.signal(signal.SIGKILL)
        assert terminal.wait_end() == -signal.SIGKILL
        left = " ".join(terminal.left_over())
    for one in ("1049 is on", "25 is off", "1000 is on", "keyboard", "lflag"):
        assert one in left


def test_a_closed_window_ends_it_quietly(vzaps: Opener, tmp_path: Path) -> None:
    with vzaps("--demo") as terminal:
        terminal.wait("Support BR", "· live")
        terminal.hang_up()
        assert terminal.wait_end() == 129
    assert "Traceback" not in log_of(tmp_path)


@pytest.mark.parametrize(
    ("streams", "term", "said"),
    [
        (Streams(stdin=subprocess.DEVNULL), "xterm-256color", "standard input"),
        (Streams(), "dumb", "TERM=dumb"),
    ],
    ids=["stdin", "dumb"],
)
def test_without_a_terminal_to_read_it_says_what_to_do(
    vzaps: Opener, streams: Streams, term: str, said: str
) -> None:
    with vzaps("--demo", streams=streams, extra={"TERM": term}) as terminal:
        assert terminal.wait_end() == 2
        assert said in terminal.plain
        assert terminal.modes() == {}


def test_without_a_terminal_to_draw_on_the_words_are_on_stderr(
    vzaps: Opener, tmp_path: Path
) -> None:
    with (
        (tmp_path / "stderr").open("w") as stderr,
        vzaps("--demo", streams=Streams(stderr=stderr)) as terminal,
    ):
        assert terminal.wait_end() == 2
        assert terminal.raw == b""
    words = (tmp_path / "stderr").read_text()
    assert "standard error" in words
    assert "`--help`" in words


def test_standard_output_may_be_a_file(vzaps: Opener, tmp_path: Path) -> None:
    with (
        (tmp_path / "stdout").open("w") as stdout,
        vzaps("--demo", streams=Streams(stdout=stdout)) as terminal,
    ):
        terminal.wait("Support BR", "· live")
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_over() == []
    assert (tmp_path / "stdout").read_bytes() == b""


def test_in_the_background_it_says_so_instead_of_hanging(
    installed: Installation, tmp_path: Path
) -> None:
    command = ["sh", "-c", f"timeout 60 {installed.program} --demo; echo ended with $?"]
    with Terminal(command, environment(tmp_path)) as terminal:
        terminal.wait("in the background", "timeout --foreground", "ended with 2")
