from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.headless import Shell
from tests.servers import running
from vzaps_tui.cli.logs_query import BrokenQueryError, question
from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.query import NO_ANSWER, CodeMatch, DeliveryQuery
from vzaps_tui.emulator.logs import Status
from vzaps_tui.emulator.world import World

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
FAILED = frozenset({StatusClass.FAILED})
POSSIBLE = (
    "Possible: 100 to 599, a class such as 4xx or 5xx, timeout, refused, dns, tls, reset, other, "
    "none"
)


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        ({}, DeliveryQuery()),
        ({"status": ("failed",)}, DeliveryQuery(statuses=FAILED)),
        (
            {"status": ("failed,pending",)},
            DeliveryQuery(statuses=FAILED | {StatusClass.PENDING}),
        ),
        (
            {"status": ("failed",), "query": "status:pending"},
            DeliveryQuery(statuses=FAILED | {StatusClass.PENDING}),
        ),
        (
            {"event": ("message", "Odd Name")},
            DeliveryQuery(events=frozenset({"Message", "Odd Name"})),
        ),
        (
            {"code": ("5xx", "404")},
            DeliveryQuery(codes=frozenset({CodeMatch.of_class(5), CodeMatch.exact(404)})),
        ),
        (
            {"code": ("100,599,TIMEOUT", " none ")},
            DeliveryQuery(
                codes=frozenset(
                    {
                        CodeMatch.exact(100),
                        CodeMatch.exact(599),
                        CodeMatch.of_kind(FailureKind.TIMEOUT),
                        NO_ANSWER,
                    }
                )
            ),
        ),
        ({"query": "code:999"}, DeliveryQuery(codes=frozenset({CodeMatch.exact(999)}))),
        ({"since": "2h"}, DeliveryQuery(last=timedelta(hours=2))),
        (
            {"since": "2026-11-20 14:00", "until": "2026-11-21"},
            DeliveryQuery(
                since=datetime(2026, 11, 20, 14, tzinfo=UTC),
                until=datetime(2026, 11, 22, tzinfo=UTC),
            ),
        ),
        (
            {"text": ("connect timeout", 'a "quoted", status:x')},
            DeliveryQuery(text="connect timeout", also=frozenset({'a "quoted", status:x'})),
        ),
        ({"attempts": 3}, DeliveryQuery(min_attempts=3)),
        ({"tries": 3}, DeliveryQuery(min_attempts=3)),
        (
            {"from_": "yesterday", "to": "14:00"},
            DeliveryQuery(since_word="yesterday", until_word="14:00"),
        ),
        ({"last": "2h"}, DeliveryQuery(last=timedelta(hours=2))),
        ({"since": "yesterday"}, DeliveryQuery(since_word="yesterday")),
        ({"query": "code:timeout tries:>=2"}, None),
    ],
    # A set is spelt in another order by each process: only of the flags is the name made.
    ids=lambda value: None if isinstance(value, DeliveryQuery) else str(value),
)
def test_flags_and_the_line_are_one_question(
    filters: dict[str, Any], wanted: DeliveryQuery | None
) -> None:
    found = question(filters, NOW)
    assert wanted is None or found == wanted
    assert not (filters and found.is_empty)


@pytest.mark.parametrize(
    ("filters", "reason", "hint"),
    [
        ({"status": ("fialed",)}, "--status: There is no status fialed", "Did you mean failed?"),
        ({"status": ("",)}, "--status: a value is missing in ''", "Possible: failed, pending"),
        ({"code": ("abc",)}, "--code: There is no code abc", POSSIBLE),
        ({"code": ("404,6xx",)}, "--code: There is no code 6xx", POSSIBLE),
        ({"code": ("404", "4x")}, "--code: There is no code 4x", POSSIBLE),
        ({"code": ("700",)}, "--code: There is no code 700 in HTTP", f"{POSSIBLE}. Where"),
        ({"code": ("5xx,999",)}, "--code: There is no code 999 in HTTP", "--query code:999 finds"),
        ({"code": ("99",)}, "--code: There is no code 99", POSSIBLE),
        ({"code": ("-1",)}, "--code: There is no code -1", POSSIBLE),
        ({"code": ("40 4",)}, "--code: There is no code 40 4", POSSIBLE),
        (
            {"code": ("timout",)},
            "--code: There is no code timout",
            "Did you mean timeout? Possible",
        ),
        ({"code": ("5xx,,404",)}, "--code: a value is missing in '5xx,,404'", POSSIBLE),
        ({"code": ("",)}, "--code: a value is missing in ''", POSSIBLE),
        ({"event": ("Message,",)}, "--event: a value is missing in 'Message,'", "See --help"),
        ({"since": "soon"}, "--since: soon is no moment", "Such as 2h"),
        (
            {"query": "status:failed stats:x"},
            "--query: There is no field stats",
            "status:failed stats:x\n              ^^^^^^\nDid you mean status?",
        ),
        (
            {"query": "日本 last:never"},
            "--query: never is no span",
            "日本 last:never\n          ^^^^^\n",
        ),
        ({"query": 'text:"open'}, "--query: The quote is not closed", 'text:"open\n     ^^^^^'),
        (
            {"since": "2h", "query": "last:1h"},
            "the flags together: last can be told only once",
            "last:1h",
        ),
        (
            {"since": "2026-11-21", "until": "2026-11-20"},
            "the flags together: The period ends before it begins",
            "Swap",
        ),
        (
            {"since": "1h", "until": "2h"},
            "the flags together: The period ends before it begins",
            "since:1h until:2h\n         ^^^^^^^^\nSwap",
        ),
        ({"query": "-status:failed"}, "--query: There is no NOT", "status:pending,delivered"),
        ({"last": "today"}, "--last: today is no span", "since:today"),
        ({"since": "2026-02-3"}, "--since: 2026-02-3 is no moment", "2026-11-20"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_pointed_at(filters: dict[str, Any], reason: str, hint: str) -> None:
    with pytest.raises(BrokenQueryError) as problem:
        question(filters, NOW)
    assert problem.value.reason.startswith(reason)
    assert hint in problem.value.hint


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    with running(World(seed=3, instances=1, logs=40)) as server:
        yield Shell(server, monkeypatch, capsys)


@pytest.mark.usefixtures("home", "own_logging")
@pytest.mark.parametrize("command", [("logs",), ("retry", "--yes")], ids=" ".join)
def test_an_impossible_code_ends_it_before_anybody_is_asked(
    shell: Shell, command: tuple[str, ...]
) -> None:
    for code in ("700", "5xx,700", "6xx", "nonsense", ","):
        told = shell(*command, "--code", code, "--json")
        assert (told.code, told.out) == (2, "")
        assert POSSIBLE in told.err
    assert not shell.asked("/logs/search")


@pytest.mark.usefixtures("home", "own_logging")
@pytest.mark.parametrize("command", [("logs",), ("retry", "--dry-run")], ids=" ".join)
def test_possible_codes_of_all_kinds_go_together(shell: Shell, command: tuple[str, ...]) -> None:
    told = shell(*command, "--code", "4xx,404,timeout", "--code", "NONE", "--json")
    assert (told.code, "Possible" in told.err) == (0, False)


@pytest.mark.usefixtures("home", "own_logging")
@pytest.mark.parametrize("command", [("logs",), ("retry", "--dry-run")], ids=" ".join)
def test_an_event_that_nobody_knows_is_said_and_sought(
    shell: Shell, command: tuple[str, ...]
) -> None:
    for log in shell.world.instances[0].logs[:2]:
        log.event, log.status = "CallOffer", Status.FAILED
    typed = shell(*command, "--event", "mesage", "--json")
    assert (typed.code, typed.out) == (0, "")
    assert typed.err.count("no event 'mesage' is known; did you mean 'Message'?") == 1
    odd = shell(*command, "--query", r'event:"Zz\u{1b}"', "--json")
    assert (odd.code, odd.out) == (0, "")
    assert "no event 'Zz" in odd.err
    assert "\x1b" not in odd.err
    assert "known are Message, ReadReceipt, " in odd.err
    near = shell(*command, "--event", "calloffer", "--json")
    assert "no event 'calloffer' is known; did you mean 'CallOffer'?" in near.err
    found = shell(*command, "--event", "CallOffer", "--json")
    assert [one["event"] for one in found.objects] == ["CallOffer"] * 2
    assert "is known" not in found.err
    usual = shell(*command, "--event", "message", "--json")
    assert {one["event"] for one in usual.objects} == {"Message"}
    assert "is known" not in usual.err


WORDS = st.text(max_size=30)


@given(st.lists(WORDS, max_size=2), st.none() | WORDS, st.none() | WORDS)
def test_any_words_are_a_question_or_a_named_problem(
    texts: list[str], query: str | None, since: str | None
) -> None:
    filters = {"text": tuple(texts), "event": tuple(texts), "query": query, "since": since}
    try:
        question(filters, NOW)
    except BrokenQueryError as problem:
        pointed = problem.hint.split("\n")[:-1]
    else:
        pointed = []
    assert all(line.isprintable() for line in pointed)
