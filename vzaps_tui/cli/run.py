"""One run of the program: what it hides, where it logs, and how it tells its end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

import click

from vzaps_tui.cli.places import APP, places
from vzaps_tui.domain.problems import (
    AuthError,
    SettingsError,
    StorageError,
    UnavailableError,
    VzapsError,
)
from vzaps_tui.settings import declared

if TYPE_CHECKING:
    from pathlib import Path

    from vzaps_tui.domain.masking import Masker

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
UNREACHABLE: Final = 4
BROKEN_PIPE: Final = 128 + 13
"""Whoever read standard output has gone: SIGPIPE."""


def unwritten(problem: OSError) -> StorageError:
    """That standard output takes no more, in words."""
    reason = f"the answer cannot be written: {problem.strerror or problem}"
    return StorageError(reason, hint="What was written is not whole.")


class Run:
    """What every command shares.

    Attributes:
        log_file: the file asked for with `--log-file`.
        log: where the log is written, None while it is not.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.log_file: Path | None = None
        self.log: Path | None = None

    @cached_property
    def masker(self) -> Masker:
        """Hides secrets in all that is logged or said; from the start those of the environment."""
        from vzaps_tui.domain.masking import Masker, Secret  # noqa: PLC0415 - --help must stay quick

        found = (self._environ.get(one.env, "").strip() for one in declared() if one.secret)
        return Masker(tuple(Secret(text) for text in found if text))

    def log_to(self, name: str) -> None:
        """Log to this file, not to the usual one."""
        from pathlib import Path  # noqa: PLC0415 - --help must stay quick

        self.log_file = Path(name).absolute()

    def start_log(self, *, disk: bool = True) -> tuple[str, ...]:
        """Log from now on, to the file asked for, else to the usual one if the disk may be used.

        Returns:
            Words to say where that does not work.
        """
        from vzaps_tui.cli.log_file import start_log  # noqa: PLC0415 - --help needs no logging

        usual = places().log if disk else None
        self.log, notices = start_log(
            self.log_file or usual, self.masker, own_folder=self.log_file is None
        )
        return notices

    def note_bug(self, error: Exception) -> None:
        """Write a bug to the log, masked, and say so in a line."""
        import logging  # noqa: PLC0415 - --help needs no logging

        if self.log is None and not logging.getLogger().handlers:
            try:
                self.start_log()
            except VzapsError as problem:
                self.say(problem.summary)
        logging.getLogger(__name__).critical("stopped by a bug", exc_info=error)
        kind = type(error).__name__
        self.say(
            f"stopped by a bug ({kind}). The log has it: {self.log}"
            if self.log
            else f"stopped by a bug ({kind}). To see more, start again with --log-file FILE."
        )

    def note_problem(self, problem: VzapsError) -> int:
        """Say a problem: what, why, what next; the exit code (DESIGN 6)."""
        end = "" if problem.summary.endswith((".", "?", "!")) else "."
        self.say(f"{problem.summary}{end}", *problem.hint.split("\n"))
        match problem:
            case SettingsError():
                return USAGE
            case AuthError():
                return REFUSED
            case UnavailableError():
                return UNREACHABLE
            case _:
                return FAILED

    def say(self, *lines: str) -> None:
        """Lines on standard error, masked, the first with the program's name."""
        from vzaps_tui.domain.text import visible  # noqa: PLC0415 - --help must stay quick

        shown = [visible(self.masker(line)) for line in lines if line]
        click.echo(f"{APP}: " + "\n  ".join(shown), err=True)
