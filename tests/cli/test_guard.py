from __future__ import annotations

import stat
from pathlib import Path

import click
import pytest

from tests.cli.process import python
from vzaps_tui.cli import entry
from vzaps_tui.cli.run import Run
from vzaps_tui.domain.problems import (
    AuthError,
    NotFoundError,
    RateLimitedError,
    SettingsError,
    StorageError,
    UnavailableError,
    VzapsError,
)

A_BUG = """
import sys
import vzaps_tui.cli.entry as entry

def buggy():
    secret = "hush-1234"
    raise KeyError("Authorization: Bearer abc.def.ghi for hush-1234 \\x1b[31m")

entry.places = buggy
entry.main()
"""


def test_a_bug_is_a_line_for_people_and_a_masked_traceback_in_the_log(tmp_path: Path) -> None:
    done = python(tmp_path, "-c", A_BUG, "paths", extra={"VZAPS_CLIENT_SECRET": "hush-1234"})
    log = tmp_path / "state/vzaps-tui/log/vzaps-tui.log"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"vzaps-tui: stopped by a bug (KeyError). The log has it: {log}\n"
    text = log.read_text()
    assert "Traceback" in text
    assert "KeyError" in text
    assert "in buggy" in text
    for hidden in ("hush-1234", "abc.def.ghi", "\x1b"):
        assert hidden not in text
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    for folder in (log.parent, log.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_bug_where_no_log_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    done = python(tmp_path, "-c", A_BUG, "paths")
    assert (done.returncode, done.stdout) == (1, "")
    assert "start again with --log-file FILE" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (SettingsError("x"), 2),
        (click.UsageError("x"), 2),
        (AuthError("x"), 3),
        (UnavailableError("x"), 4),
        (VzapsError("x"), 1),
        (NotFoundError("x"), 1),
        (RateLimitedError("x"), 1),
        (StorageError("x"), 1),
        (click.ClickException("x"), 1),
        (KeyboardInterrupt(), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    code: int,
) -> None:
    def fail() -> None:
        raise raised

    monkeypatch.setattr(entry, "places", fail)
    assert entry.guard(["paths"], Run({})) == code
    assert "Traceback" not in capsys.readouterr().err


def test_problems_are_masked_and_made_visible(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise UnavailableError("https://h/x?secret=abc said \x1b[2J hush-1234", hint="Do this.")

    monkeypatch.setattr(entry, "places", fail)
    entry.guard(["paths"], Run({"VZAPS_CLIENT_TOKEN": " hush-1234 "}))
    told = capsys.readouterr().err
    assert told.startswith(
        "vzaps-tui: The API did not answer: https://h/x?secret=••• said ␛[2J •••."
    )
    assert told.endswith("\n  Do this.\n")
