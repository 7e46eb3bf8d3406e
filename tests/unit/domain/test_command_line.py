"""Commands that equal a view: what a shell makes of them is what was meant, and nothing acts."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.command_line import logs_command, show_command
from vzaps_tui.domain.deliveries import LogId, StatusClass
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.query_language import parse, to_text

ONE = InstanceId("VZ1")
NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
_ANY = st.text(st.characters())


@pytest.mark.parametrize(
    ("query", "flags", "command"),
    [
        (DeliveryQuery(), (), "vzaps-tui logs --instance VZ1"),
        (
            DeliveryQuery(
                statuses=frozenset({StatusClass.FAILED}),
                text="it's",
            ),
            ("--p", "my acme"),
            "vzaps-tui logs --instance VZ1 --query 'status:failed it'\"'\"'s' --p 'my acme'",
        ),
        (
            DeliveryQuery(since=NOW),
            ("--demo",),
            "vzaps-tui logs --instance VZ1 --query 'since:\"2026-03-14 12:00Z\"' --demo",
        ),
    ],
)
def test_lists(query: DeliveryQuery, flags: tuple[str, ...], command: str) -> None:
    assert logs_command(ONE, query, flags) == command


@pytest.mark.parametrize(
    ("log", "command"),
    [
        ("log_1", "vzaps-tui show --instance VZ1 log_1"),
        ("a b", "vzaps-tui show --instance VZ1 'a b'"),
        ("--raw", "vzaps-tui show --instance VZ1 -- --raw"),
        ("a\nrm", "vzaps-tui show --instance VZ1 $'a\\U0000000arm'"),
        ("'\\\x1b", "vzaps-tui show --instance VZ1 $'\\'\\\\\\U0000001b'"),
    ],
)
def test_deliveries(log: str, command: str) -> None:
    assert show_command(ONE, LogId(log)) == command


def read_again(command: str) -> list[str]:
    """What a shell with these quotes makes of it."""
    words: list[str] = []
    for quoted, plain in re.findall(
        r"\$'((?:[^'\\]|\\.)*)'|((?:[^\s'\"]|'[^']*'|\"[^\"]*\")+)", command
    ):
        if plain:
            words += shlex.split(plain)
        else:
            words.append(
                re.sub(
                    r"\\(?:U([0-9a-f]{8})|(.))",
                    lambda found: chr(int(found[1], 16)) if found[1] else found[2],
                    quoted,
                )
            )
    return words


@given(text=_ANY, flag=_ANY.filter(bool))
def test_any_text_arrives_as_it_was_and_nothing_in_it_acts(text: str, flag: str) -> None:
    query = DeliveryQuery(text=text)
    command = logs_command(ONE, query, (flag,))
    assert command.isprintable()
    line = to_text(query)
    told = ["--query", line] if line else []
    assert read_again(command) == ["vzaps-tui", "logs", "--instance", "VZ1", *told, flag]
    assert parse(line, NOW) == query
