from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.cli.headless import Done, Shell, credentials, read_lines
from tests.cli.process import PATIENCE, environment
from tests.servers import Receiver, eventually, running
from vzaps_tui.emulator.instances import Instance
from vzaps_tui.emulator.logs import Log, Status
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World

pytestmark = pytest.mark.usefixtures("home", "own_logging")
KEYS = [
    "plan", "log", "event", "host", "outcome", "reason", "sent_at", "settled_at", "code", "tries",
    "via",
]  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


@pytest.fixture
def server(receiver: Receiver) -> Iterator[EmulatorServer]:
    with running(World(seed=3, instances=1, logs=80)) as found:
        found.world.instances[0].webhook = receiver.url
        yield found


@pytest.fixture
def shell(
    server: EmulatorServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    return Shell(server, monkeypatch, capsys)


def failed(instance: Instance) -> list[Log]:
    """The failed deliveries, newest first."""
    return [log for log in reversed(instance.logs) if log.status == Status.FAILED]


def plan_of(done: Done) -> str:
    """The id of the plan that a command spoke of."""
    found = re.search(r"plan (\S+): ", done.err)
    assert found, done.err
    return found[1]


def sent(server: EmulatorServer) -> dict[str, int]:
    """How often each delivery was asked to be sent again, as the server has it."""
    logs = server.world.instances[0].logs
    return {log.id: log.retries for log in logs if log.retries}


def test_all_that_failed_is_sent_once_and_told_line_by_line(shell: Shell) -> None:
    wanted = [log.id for log in failed(shell.world.instances[0])]
    assert len(wanted) > 3
    told = shell("retry", "--status", "failed", "--yes", "--json")
    assert told.code == 0, told.err
    assert all(list(one) == KEYS for one in told.objects)
    assert {one["log"]: one["outcome"] for one in told.objects} == dict.fromkeys(
        wanted, "DELIVERED"
    )
    assert {one["code"] for one in told.objects} == {200}
    assert sent(shell.server) == dict.fromkeys(wanted, 1)
    assert f"{len(wanted)} to send again" in told.err
    assert f"{len(wanted)} delivered." in told.err
    again = shell("retry", "--status", "failed", "--yes", "--json")
    assert (again.code, again.out) == (0, "")
    assert "nothing to send" in again.err


def test_the_readme_names_the_keys() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert ", ".join(f"`{key}`" for key in KEYS) in readme


def test_what_fails_again_is_told_and_the_code_says_so(shell: Shell, receiver: Receiver) -> None:
    receiver.status = 503
    log = failed(shell.world.instances[0])[0].id
    told = shell("retry", log, "--yes", "--json")
    assert told.code == 5
    assert [(one["log"], one["outcome"], one["code"]) for one in told.objects] == [
        (log, "FAILED AGAIN", 503)
    ]
    words = shell("retry", log, "--yes")
    assert (words.code, words.lines[0].split()[:2]) == (5, ["FAILED", "AGAIN"])
    assert sent(shell.server) == {log: 2}


def test_it_stops_by_itself_and_is_resumed(shell: Shell, receiver: Receiver) -> None:
    receiver.status = 500
    wanted = [log.id for log in failed(shell.world.instances[0])]
    told = shell(
        *("retry", "--status", "failed", "--yes", "--json", "--no-canary"),
        *("--breaker", "2", "--pace", "5"),
    )
    assert told.code == 5
    plan = plan_of(told)
    assert "failures in a row" in told.err
    assert f"--resume {plan}" in told.err
    before = sent(shell.server)
    assert 2 <= len(before) < len(wanted)
    receiver.status = 200
    resumed = shell("retry", "--resume", plan, "--yes", "--json")
    assert resumed.code == 5
    assert {one["log"] for one in resumed.objects} == set(wanted) - set(before)
    assert {one["outcome"] for one in resumed.objects} == {"DELIVERED"}
    assert sent(shell.server) == dict.fromkeys(wanted, 1)
    over = shell("retry", "--resume", plan, "--yes", "--json")
    assert (over.code, over.out) == (5, "")
    assert "nothing is left of it" in over.err


def test_a_plan_is_resumed_at_another_pace_and_keeps_it(
    shell: Shell, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.status = 500
    told = shell("retry", "--status", "failed", "--yes", "--canary", "--breaker", "0")
    plan = plan_of(told)
    first = sent(shell.server)
    dry = shell("retry", "--resume", plan, "--dry-run", "--pace", "2", "--no-canary")
    assert (dry.code, dry.out) == (0, "")
    assert "at 2 a second" in dry.err
    assert "goes first" not in dry.err
    assert as_written(tmp_path, plan) == (None, True, 0)
    assert sent(shell.server) == first
    tuned = ("--pace", "1.5", "--no-canary", "--breaker", "1")
    resumed = shell("retry", "--resume", plan, "--yes", *tuned)
    assert resumed.code == 5
    assert "at 1.5 a second" in resumed.err
    assert "stops by itself after 1 failure" in resumed.err
    assert "in a row, the last: 500" in resumed.err
    assert as_written(tmp_path, plan) == (1.5, False, 1)
    assert len(first) < len(sent(shell.server)) < len(failed(shell.world.instances[0]))
    receiver.status = 200
    kept = shell("retry", "--resume", plan, "--dry-run")
    assert "at 1.5 a second" in kept.err
    last = shell("retry", "--resume", plan, "--yes", "--pace", "100")
    assert " not sent" not in last.err.splitlines()[-1]
    assert as_written(tmp_path, plan) == (100, False, 1)
    assert set(sent(shell.server).values()) == {1}


def as_written(home: Path, plan: str) -> tuple[float | None, bool | None, int | None]:
    """Pace, canary and breaker of a plan as they are on the disk."""
    with closing(sqlite3.connect(home / "state" / "vzaps-tui" / "state.db")) as db:
        row = db.execute("SELECT pace, canary, breaker FROM plans WHERE id = ?", (plan,)).fetchone()
    pace, canary, breaker = row
    return pace, None if canary is None else bool(canary), breaker


def test_past_plans_are_listed_and_exported(shell: Shell) -> None:
    none = shell("plans", "--json")
    assert (none.code, none.out) == (0, "")
    wanted = [log.id for log in failed(shell.world.instances[0])][:3]
    plan = plan_of(shell("retry", *wanted, "--yes"))
    (one,) = shell("plans", "--json").objects
    assert (one["plan"], one["state"], one["deliveries"]) == (plan, "done", 3)
    assert one["outcomes"] == {"DELIVERED": 3}
    rows = shell("plan", plan, "--json").objects
    assert [row["log"] for row in rows] == wanted
    assert all(list(row) == KEYS for row in rows)
    assert all(row[name].endswith("Z") for row in rows for name in ("sent_at", "settled_at"))
    over = shell("plan", plan, "--discard")
    assert (over.code, over.out) == (0, "")
    assert "is done already: nothing of it is to be sent" in over.err
    assert shell("plans", "--json").objects[0]["state"] == "done"
    assert plan in shell("plans").out
    assert shell("plan", plan).out.count("DELIVERED") == 3
    unknown = shell("plan", "0000-none")
    assert (unknown.code, unknown.out) == (1, "")
    assert "There is no such plan" in unknown.err


def test_what_is_left_of_a_plan_is_given_up(shell: Shell, receiver: Receiver) -> None:
    receiver.status = 500
    plan = plan_of(shell("retry", "--status", "failed", "--yes", "--canary", "--breaker", "0"))
    before = sent(shell.server)
    for words in ("is discarded: what was left of it", "is discarded already"):
        told = shell("plan", plan, "--discard")
        assert (told.code, told.out) == (0, "")
        assert words in told.err
    gone = shell("retry", "--resume", plan, "--yes")
    assert (gone.code, gone.out, "Plan " in gone.err) == (1, "", False)
    assert "was discarded" in gone.err
    assert shell("plans", "--json").objects[0]["state"] == "discarded"
    assert sent(shell.server) == before


def test_the_time_it_takes_is_what_the_limit_of_requests_allows(shell: Shell) -> None:
    count = len(failed(shell.world.instances[0]))
    free = shell("retry", "--status", "failed", "--dry-run", "--pace", "40")
    assert "at 40 a second" in free.err
    shell.set({"VZAPS_REQUESTS_PER_SECOND": "5"})
    slow = shell("retry", "--status", "failed", "--dry-run", "--pace", "40")
    assert f"about {count / 2:.0f} s at about 2 a second, as 5 requests" in slow.err


def test_a_dry_run_shows_all_and_sends_nothing(shell: Shell) -> None:
    wanted = [log.id for log in failed(shell.world.instances[0])]
    told = shell("retry", "--status", "failed", "--dry-run", "--json")
    assert told.code == 0
    assert [one["log"] for one in told.objects] == wanted[::-1], "the oldest first"
    newest = shell("retry", "--status", "failed", "--limit", "2", "--dry-run", "--json")
    assert [one["log"] for one in newest.objects] == wanted[1::-1]
    assert {(one["plan"], one["outcome"]) for one in told.objects} == {(None, "QUEUED")}
    table = shell("retry", "--status", "failed,delivered", "--limit", "20", "--dry-run")
    assert table.lines[0].split() == ["Log", "Event", "Host", "Would", "be", "Reason"]
    assert len(table.lines) == 21
    assert "already delivered or pending" in table.out
    assert "--resend-delivered sends them, too" in table.err
    assert (sent(shell.server), shell("plans", "--json").out) == ({}, "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--status", "failed"], 2, "nobody can be asked here"),
        (["--yes"], 2, "nothing says what to send again"),
        (["log_1", "--status", "failed", "--yes"], 2, "log ids and filters"),
        (["--status", "failed", "--yes", "--read-only"], 2, "read-only"),
        (["--status", "fialed", "--yes"], 2, "Did you mean failed"),
        (["--resume", "0000-none", "--yes"], 1, "There is no such plan"),
        (["--resume", "x", "log_1", "--yes"], 2, "takes the deliveries of its plan"),
        (["--resume", "x", "--again", "--yes"], 2, "takes the deliveries of its plan"),
        (["--resume", "x", "--past-canary", "--canary", "--yes"], 2, "leave --canary out"),
        (["--resume", "x", "--pace", "0", "--yes"], 2, "not in the range"),
        (["--past-canary", "--status", "failed"], 2, "needs --resume"),
        (["--pace", "nan", "--status", "failed"], 2, "not in the range"),
        (["log_none", "--yes"], 1, "Not found"),
        (["--text", "no such words", "--yes"], 0, "nothing to send"),
    ],
    ids=str,
)
def test_what_sends_nothing(shell: Shell, arguments: list[str], code: int, said: str) -> None:
    told = shell("retry", "--json", *arguments)
    assert (told.code, told.out) == (code, "")
    assert said in told.err
    assert sent(shell.server) == {}


def test_what_may_have_arrived_is_left_out_until_it_is_asked_for(shell: Shell) -> None:
    log = failed(shell.world.instances[0])[0]
    shell.world.scenarios.add("retry-new-log-silent")
    first = shell("retry", log.id, "--yes", "--json")
    assert first.objects[-1]["outcome"] == "DELIVERED"
    assert log.status == Status.FAILED  # its own log says nothing of it
    second = shell("retry", "--status", "failed", "--text", log.id, "--yes", "--json")
    assert (second.code, second.out) == (0, "")
    assert "1 of them may have arrived and is left out; --again sends it" in second.err
    third = shell("retry", log.id, "--again", "--dry-run", "--json")
    assert [one["outcome"] for one in third.objects] == ["QUEUED"]
    assert log.retries == 1


@pytest.mark.parametrize(("typed", "code"), [("{}", 0), ("yes", 1), ("", 1)])
def test_above_a_hundred_the_count_is_typed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    wanted = len(failed(shell.world.instances[0]))
    ask = Mock(return_value=typed.format(wanted))
    monkeypatch.setattr("click.prompt", ask)
    monkeypatch.setattr("vzaps_tui.cli.retry.can_ask", Mock(return_value=True))
    monkeypatch.setattr("vzaps_tui.cli.retry._TYPED_ABOVE", 2)
    told = shell("retry", "--status", "failed", "--json")
    assert told.code == code
    assert ask.call_args.args == (f"Type {wanted} to send them again",)
    assert len(sent(shell.server)) == (0 if code else wanted)


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (1, ("DELIVERED",), "1 is delivered already; the receiver may get it twice"),
        (2, ("DELIVERED",), "2 are delivered already; the receiver may get them twice"),
        (2, ("DELIVERED", "PENDING"), "1 is pending; the receiver may get it twice"),
    ],
    ids=str,
)
def test_what_may_arrive_twice_is_said_before_it_is_sent(
    shell: Shell, count: int, words: tuple[str, ...], said: str
) -> None:
    logs = shell.world.instances[0].logs[-count:]
    for place, log in enumerate(logs):
        log.status = Status[words[place % len(words)]]
    ids = [log.id for log in logs]
    told = shell("retry", *ids, "--resend-delivered", "--dry-run")
    assert said in told.err
    quiet = shell("retry", *ids, "--dry-run")
    assert "twice" not in quiet.err
    assert "0 to send again" not in quiet.err
    assert "time " not in quiet.err


def test_the_review_says_what_holds_back_and_what_stops(shell: Shell) -> None:
    wanted = len(failed(shell.world.instances[0]))
    asked = ("retry", "--status", "failed", "--dry-run")
    told = shell(*asked, "--canary", "--breaker", "2").err
    assert "one of each cause goes first, the rest of it when that was delivered" in told
    assert "stops by itself after 2 failures in a row" in told
    without = shell(*asked, "--no-canary", "--breaker", "0").err
    assert "goes first" not in without
    assert "in a row" not in without
    assert f"{wanted} to send again" in without


def test_one_that_was_sent_before_is_one(shell: Shell) -> None:
    log = failed(shell.world.instances[0])[0]
    shell("retry", log.id, "--yes")
    told = shell("retry", log.id, "--again", "--resend-delivered", "--dry-run").err
    assert "1 was sent from here before" in told
    left = shell("retry", log.id, "--dry-run").err
    assert "1 of them may have arrived and is left out; --again sends it" in left


def test_why_it_waits_is_said_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vzaps_tui.cli.retry._STANDING", 0.0)
    monkeypatch.setattr("vzaps_tui.cli.retry._TICK", 0.01)
    wanted = [log.id for log in failed(shell.world.instances[0])][:2]
    shell("logs", "--all")
    shell.world.faults.next("log", "error-503", times=9)
    told = shell("retry", *wanted, "--yes", "--json", "--breaker", "0")
    assert told.code == 0, told.err
    waits = [line for line in told.err.splitlines() if "waiting: " in line]
    assert len(waits) == len(set(waits)) == 1, told.err


def test_what_canaries_held_back_is_resumed_past_them(shell: Shell, receiver: Receiver) -> None:
    receiver.status = 500
    told = shell("retry", "--status", "failed", "--yes", "--canary", "--breaker", "0")
    assert told.code == 5
    assert f"--resume {plan_of(told)} --past-canary`" in told.err
    assert "held back" in told.err


# -- processes -----------------------------------------------------------------------------------


def started(home: Path, server: EmulatorServer, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, "-m", "vzaps_tui", "retry", "--json", *arguments],
        env=environment(home, credentials(server.world, server.base_url)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def check_journal(shell: Shell, plan: str) -> None:
    """What is written down is what the server has: each at most once, none forgotten."""
    asked = sent(shell.server)
    rows = shell("plan", plan, "--json").objects
    assert set(asked) <= {row["log"] for row in rows}
    for row in rows:
        assert asked.get(row["log"], 0) == (0 if row["outcome"] == "QUEUED" else 1), row


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_it_with_a_true_journal_and_it_is_resumed(
    home: Path, shell: Shell, number: signal.Signals, code: int
) -> None:
    wanted = [log.id for log in failed(shell.world.instances[0])]
    arguments = ("--status", "failed", "--yes", "--pace", "4", "--no-canary")
    with started(home, shell.server, *arguments) as process:
        eventually(lambda: len(sent(shell.server)) >= 2, PATIENCE)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, err
    lines = list(read_lines(out))
    assert "Traceback" not in err
    assert "stopped: stopped" not in err
    plan = plan_of(Done(process.returncode, out, err))
    assert f"--resume {plan}" in err
    assert 2 <= len(lines) < len(wanted)
    check_journal(shell, plan)
    resumed = shell("retry", "--resume", plan, "--yes", "--json")
    assert resumed.code == 0, resumed.err
    assert sent(shell.server) == dict.fromkeys(wanted, 1)
    told = {one["log"] for one in [*lines, *resumed.objects]}
    assert told == set(wanted)


def test_a_reader_that_leaves_stops_it_with_a_true_journal(home: Path, shell: Shell) -> None:
    wanted = len(failed(shell.world.instances[0]))
    with started(
        home, shell.server, "--status", "failed", "--yes", "--pace", "4", "--no-canary"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.wait(PATIENCE)
    assert process.returncode == 141, err
    assert len(list(read_lines(first))) == 1
    check_journal(shell, plan_of(Done(process.returncode, first, err)))
    assert len(sent(shell.server)) < wanted


def test_two_programs_cannot_have_one_plan(home: Path, shell: Shell) -> None:
    arguments = ("--status", "failed", "--yes", "--pace", "2", "--no-canary")
    with started(home, shell.server, *arguments) as process:
        eventually(lambda: len(sent(shell.server)) >= 1, PATIENCE)
        (one,) = shell("plans", "--json").objects
        second = shell("retry", "--resume", one["plan"], "--yes", "--json")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
    assert (second.code, second.out) == (1, "")
    assert "This plan is being carried out already" in second.err
    check_journal(shell, one["plan"])


def test_it_works_where_nobody_is(home: Path, shell: Shell) -> None:
    """As cron runs it: no terminal, no home of its own but what is needed, standard input shut."""
    log = failed(shell.world.instances[0])[0].id
    with started(home, shell.server, log, "--yes") as process:
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert [one["outcome"] for one in read_lines(out)] == ["DELIVERED"]
