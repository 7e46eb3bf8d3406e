"""What is on screen as a command of this program: to run again, or to put into a script."""

from __future__ import annotations

from collections.abc import Sequence

from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.query import DeliveryQuery

_NAME = "vzaps-tui"


def logs_command(instance: InstanceId, query: DeliveryQuery, flags: Sequence[str] = ()) -> str:
    """The command that lists what a filter lets through, for a shell.

    Args:
        instance: whose deliveries.
        query: the filter; its moments name their zone, so that it means the same anywhere.
        flags: what the account is chosen by, such as `--profile`, `acme`.
    """
    from vzaps_tui.domain.query_language import to_text  # noqa: PLC0415 - start-up time

    line = to_text(query)
    told = ("--query", line) if line else ()
    return _command("logs", "--instance", instance, *told, *flags)


def show_command(instance: InstanceId, log: LogId, flags: Sequence[str] = ()) -> str:
    """The command that shows one delivery, for a shell; `flags` as above."""
    last = ("--", log) if log.startswith("-") else (log,)
    return _command("show", "--instance", instance, *flags, *last)


def _command(*words: str) -> str:
    return " ".join((_NAME, *map(_quoted, words)))


def _quoted(word: str) -> str:
    """A word for a shell; pasted into a terminal, nothing of it acts."""
    import shlex  # noqa: PLC0415 - start-up time

    if word.isprintable():
        return shlex.quote(word)
    # bash, zsh and ksh read escapes in these quotes.
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(char: str) -> str:
    if char in "\\'":
        return f"\\{char}"
    return char if char.isprintable() else f"\\U{ord(char):08x}"
