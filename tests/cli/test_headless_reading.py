from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.cli.headless import Done, Shell
from tests.servers import running
from vzaps_tui.cli.output import Output
from vzaps_tui.emulator.logs import Status
from vzaps_tui.emulator.world import World

KEYS = [
    "id", "time", "status", "event", "http_status", "failure", "error", "attempts", "duration_ms",
    "target", "created_at", "last_attempt_at", "next_retry_at", "updated_at", "status_told",
]  # fmt: skip

_AGO = r"(just now|[1-5]?\d s ago) \(20"
_MOMENTS_OLD = rf"offline: as it was when it was read last, {_AGO}"

pytestmark = pytest.mark.usefixtures("home", "own_logging")


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    with running(World(seed=3, instances=4, logs=250)) as server:
        yield Shell(server, monkeypatch, capsys)


def first(shell: Shell) -> str:
    return shell.world.instances[0].id


def ids_of(shell: Shell, *, failed: bool = False) -> list[str]:
    """The first instance's deliveries, newest first."""
    rows = reversed(shell.world.instances[0].logs)
    return [log.id for log in rows if not failed or log.status == Status.FAILED]


def logs(shell: Shell, *arguments: str) -> Done:
    return shell("logs", "--instance", first(shell), *arguments)


def test_the_readme_names_the_keys_and_commands(shell: Shell) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert ", ".join(f"`{key}`" for key in KEYS) in readme
    commands = re.findall(r"^  (\w+) ", shell("--help").out.partition("Commands:")[2], re.MULTILINE)
    assert len(commands) > 8
    assert [name for name in commands if f"vzaps-tui {name}" not in readme] == []


# -- instances -----------------------------------------------------------------------------------


def test_instances_as_table_and_as_lines(shell: Shell) -> None:
    table = shell("instances")
    assert table.code == 0
    assert table.lines[0].split() == ["Id", "Name", "Link", "Webhook", "Events"]
    assert [line.split()[0] for line in table.lines[1:]] == [i.id for i in shell.world.instances]
    told = shell("instances", "--json")
    assert (told.code, told.err) == (0, "")
    assert [row["id"] for row in told.objects] == [i.id for i in shell.world.instances]
    assert list(told.objects[0]) == [
        "id", "name", "link", "status", "webhook", "events", "phone", "created_at", "updated_at",
    ]  # fmt: skip


def test_which_instance_is_asked_or_told(shell: Shell) -> None:
    for command in ([], ["logs"]):
        assert "--instance ID|NAME" in shell(*command, "--help").out
    unnamed = shell("logs")
    assert (unnamed.code, unnamed.out) == (2, "")
    for one in shell.world.instances:
        assert f"{one.id} ({one.name})" in unnamed.err
    unknown = shell("--instance", "Nobody", "logs")
    assert (unknown.code, unknown.out) == (2, "")
    assert "there is no instance 'Nobody'" in unknown.err
    for command in (["logs"], ["show", "log_1"], ["webhook", "get"], ["retry", "log_1", "--yes"]):
        by_id = shell("--instance", "VZ0NOBODY", *command)
        assert (by_id.code, by_id.out) == (2, "")
        assert "there is no instance 'VZ0NOBODY'" in by_id.err
        assert all(f"{one.id} ({one.name})" in by_id.err for one in shell.world.instances)
    name = shell.world.instances[0].name
    by_name = shell("logs", "--instance", name, "--limit", "1", "--json")
    assert [row["id"] for row in by_name.objects] == ids_of(shell)[:1]
    before = shell("--instance", name.upper(), "--no-disk", "logs", "--limit", "1", "--json")
    assert before.objects == by_name.objects


def test_a_name_that_the_kept_listing_lacks_is_asked_for_anew(shell: Shell) -> None:
    assert shell("instances").code == 0
    asked = shell.asked("/instances/list")
    new = World(seed=3, instances=6, logs=5).instances[5]
    shell.world.instances.append(new)
    told = shell("logs", "--instance", new.name, "--json")
    assert (told.code, len(told.objects)) == (0, 5)
    assert shell.asked("/instances/list") == asked + 1
    assert shell("logs", "--instance", new.name, "--json").code == 0
    assert shell.asked("/instances/list") == asked + 1
    assert "there is no instance 'Nobody'" in shell("logs", "--instance", "Nobody").err


@pytest.mark.parametrize("command", [["logs"], ["logs", "--offline"], ["show", "log_1"]])
def test_a_name_that_only_an_old_listing_lacks_is_not_denied(
    shell: Shell, command: list[str]
) -> None:
    assert shell("instances").code == 0
    shell.server.stop()
    told = shell("--instance", "Nobody", *command)
    assert (told.code, told.out) == (4, "")
    assert "there is no instance" not in told.err
    assert "ctrl+r" not in told.err
    assert re.search(rf"read last, {_AGO}[^)]*\), there is no 'Nobody'; it may be newer", told.err)


def test_the_only_instance_needs_no_name(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with running(World(seed=3, instances=1, logs=5)) as server:
        shell = Shell(server, monkeypatch, capsys)
        assert len(shell("logs", "--json").objects) == 5
        shell.set({"VZAPS_INSTANCE_ID": first(shell)})
        assert "`vzaps-tui logs` shows what there is" in shell("show", "log_none").err
        shell.set({"VZAPS_INSTANCE_TOKEN": shell.world.instances[0].token})
        monkeypatch.delenv("VZAPS_CLIENT_SECRET")
        assert len(shell("logs", "--json").objects) == 5
        assert "Check VZAPS_INSTANCE_ID" in shell("show", "log_none").err
        assert [row["id"] for row in shell("instances", "--json").objects] == [first(shell)]


# -- logs ----------------------------------------------------------------------------------------


def test_logs_are_lines_with_the_keys_of_an_export_newest_first(shell: Shell) -> None:
    told = logs(shell, "--all", "--json")
    assert (told.code, told.err) == (0, "")
    assert [row["id"] for row in told.objects] == ids_of(shell)
    assert all(list(row) == KEYS for row in told.objects)


def test_a_limit_is_told_and_the_default_is_in_the_help(shell: Shell) -> None:
    assert "[default: 100; x>=1]" in shell("logs", "--help").out
    told = logs(shell, "--json")
    assert told.code == 0
    assert [row["id"] for row in told.objects] == ids_of(shell)[:100]
    assert "cut: the newest 100" in told.err
    assert "--all gives all" in told.err
    few = logs(shell, "--limit", "7", "--json")
    assert [row["id"] for row in few.objects] == ids_of(shell)[:7]
    assert "cut: the newest 7" in few.err
    both = logs(shell, "--limit", "7", "--all")
    assert (both.code, both.out) == (2, "")


def test_only_what_matches_is_shown_and_none_is_left_out(shell: Shell) -> None:
    failed = logs(shell, "--status", "failed", "--all", "--json")
    assert failed.code == 0
    assert [row["id"] for row in failed.objects] == ids_of(shell, failed=True)
    same = logs(shell, "--query", "status:failed", "--all", "--json")
    assert same.objects == failed.objects
    code = failed.objects[0]["http_status"]
    coded = logs(shell, "--status", "failed", "--code", str(code or "none"), "--all", "--json")
    wanted = [row for row in failed.objects if (row["http_status"] or 0) == (code or 0)]
    assert coded.objects == wanted
    nothing = logs(shell, "--text", "no such words", "--json")
    assert (nothing.code, nothing.out) == (0, "")
    assert "no delivery matches" in nothing.err


def test_a_second_call_reads_only_the_top(shell: Shell) -> None:
    logs(shell, "--all", "--json")
    before = shell.asked("/logs/search")
    again = logs(shell, "--all", "--json")
    assert len(again.objects) == 250
    assert shell.asked("/logs/search") - before == 1


def test_a_period_is_read_no_further_than_it_goes(shell: Shell) -> None:
    everything = logs(shell, "--no-disk", "--all", "--json").objects
    whole = shell.asked("/logs/search")
    moment = everything[20]["time"]
    told = logs(shell, "--no-disk", "--since", moment, "--all", "--json")
    # The server goes on delivering what was pending: a row may have changed meanwhile.
    first = datetime.fromisoformat(moment).replace(microsecond=0)  # a period has whole seconds
    wanted = [row["id"] for row in everything if datetime.fromisoformat(row["time"]) >= first]
    assert (told.code, [row["id"] for row in told.objects]) == (0, wanted)
    assert shell.asked("/logs/search") - whole < whole


def test_the_table_is_aligned_and_holds_the_same(shell: Shell) -> None:
    told = logs(shell, "--limit", "5")
    head, *rows = told.lines
    assert head.split() == ["Time", "Status", "Code", "Tries", "Took", "Event", "Id", "Error"]
    place = head.index("Id ")
    assert [row[place:].split()[0] for row in rows] == ids_of(shell)[:5]


def test_offline_asks_nobody_and_says_how_old_it_is(shell: Shell) -> None:
    empty = logs(shell, "--offline", "--json")
    assert (empty.code, empty.out) == (1, "")
    assert "nothing is known of this log here yet" in empty.err
    logs(shell, "--all", "--json")
    before = len(shell.world.requests)
    told = logs(shell, "--offline", "--all", "--json")
    assert len(shell.world.requests) == before
    assert (told.code, [row["id"] for row in told.objects]) == (0, ids_of(shell))
    assert re.search(_MOMENTS_OLD, told.err)
    by_name = shell("logs", "--offline", "--instance", shell.world.instances[0].name, "--json")
    assert by_name.code == 4


def test_a_broken_filter_points_at_the_word(shell: Shell) -> None:
    told = logs(shell, "--query", "status:failed stats:x")
    assert (told.code, told.out) == (2, "")
    assert told.err.splitlines() == [
        "vzaps-tui: The filter cannot be read: --query: There is no field stats.",
        "  status:failed stats:x",
        "                ^^^^^^",
        "  Did you mean status? Put text with a colon in quotes.",
    ]
    assert not shell.world.requests


# -- show ----------------------------------------------------------------------------------------


def test_show_tells_everything_of_one_delivery(shell: Shell) -> None:
    log = ids_of(shell, failed=True)[0]
    told = shell("show", log, "--instance", first(shell), "--json")
    assert (told.code, told.err) == (0, "")
    (one,) = told.objects
    assert one["instance"] == first(shell)
    assert [key for key in KEYS if key in one] == KEYS
    assert one["id"] == log
    assert one["status"] == "FAILED"
    assert [item["number"] for item in one["tries"]] == list(range(1, one["attempts"] + 1))
    assert one["payload_is_json"] is True
    assert isinstance(one["payload"], dict)
    read = shell("show", log, "--instance", first(shell))
    for word in ("Log id    " + log, "Status    FAILED", "Payload", "Response", "Try  Time"):
        assert word in read.out
    raw = shell("show", log, "--raw", "--instance", first(shell))
    assert log in json.dumps(json.loads(raw.out))
    line = shell("show", log, "--raw", "--json", "--instance", first(shell))
    assert line.objects == [{"raw": json.loads(raw.out)}]


def test_a_delivery_that_is_not_there(shell: Shell) -> None:
    told = shell("show", "log_nothing", "--instance", first(shell), "--json")
    assert (told.code, told.out) == (1, "")
    assert "Not found" in told.err
    assert "ctrl+r" not in told.err


@pytest.mark.parametrize("scenario", ["hostile-text", "text-payload"])
def test_strangers_text_acts_nowhere(shell: Shell, scenario: str) -> None:
    shell.world.scenarios = {scenario}
    log = ids_of(shell)[0]
    for arguments in (("show", log), ("show", log, "--raw"), ("logs",), ("instances",)):
        told = shell(*arguments, "--instance", first(shell))
        assert told.code == 0
        assert [c for c in told.out if not c.isprintable() and c not in "\n\u200c\u200d"] == []
        assert shell(*arguments, "--instance", first(shell), "--json").objects


def test_offline_shows_what_is_held_of_a_delivery(shell: Shell) -> None:
    log = ids_of(shell)[0]
    none = shell("show", log, "--offline", "--instance", first(shell))
    assert (none.code, none.out) == (2, "")
    logs(shell, "--limit", "1")
    shell.server.stop()
    (one,) = shell("show", log, "--offline", "--instance", first(shell), "--json").objects
    assert (one["id"], one["payload"], one["fetched_at"]) == (log, None, None)
    told = shell("show", log, "--offline", "--instance", first(shell))
    assert "Payload\n  (not told)" in told.out
    assert "are not kept" in told.err


def test_offline_opens_a_delivery_whose_payload_is_kept(shell: Shell) -> None:
    shell.set({"VZAPS_ARCHIVE_PAYLOADS": "true"})
    log = ids_of(shell)[0]
    (live,) = shell("show", log, "--instance", first(shell), "--json").objects
    shell.server.stop()
    kept = shell("show", log, "--offline", "--instance", first(shell), "--json")
    assert {key for key in live if live[key] != kept.objects[0][key]} <= {"fetched_at"}
    assert re.search(_MOMENTS_OLD, kept.err)
    away = shell("show", log, "--instance", first(shell), "--json")
    assert (away.code, away.objects) == (4, kept.objects)
    assert "what is held: as it was when it was read last, " in away.err


# -- exit codes ----------------------------------------------------------------------------------


def test_exit_codes_and_a_clean_standard_output(shell: Shell) -> None:
    shell.set({"VZAPS_CLIENT_SECRET": "wrong-one"})
    refused = logs(shell, "--json", "--no-disk")
    assert (refused.code, refused.out) == (3, "")
    assert "Check VZAPS_CLIENT_TOKEN and VZAPS_CLIENT_SECRET." in refused.err
    away = logs(shell, "--json", "--no-disk", "--base-url", "http://127.0.0.1:9")
    assert (away.code, away.out) == (4, "")
    assert "ctrl+r" not in away.err
    shell.set({"VZAPS_CLIENT_SECRET": "", "VZAPS_CLIENT_TOKEN": ""})
    none = logs(shell, "--json")
    assert (none.code, none.out) == (2, "")
    assert "VZAPS_CLIENT_TOKEN, VZAPS_CLIENT_SECRET" in none.err


def test_what_is_held_is_shown_when_the_api_goes_away_and_the_code_tells(shell: Shell) -> None:
    logs(shell, "--all", "--json")
    shell.server.stop()
    told = logs(shell, "--all", "--json")
    assert told.code == 4
    assert len(told.objects) == 250
    assert "The API did not answer" in told.err
    assert "what is held: as it was when it was read last, " in told.err
    failed = logs(shell, "--status", "failed", "--json")
    assert failed.code == 4
    assert "what is held: as it was when it was read last, " in failed.err
    log = ids_of(shell)[0]
    one = shell("show", log, "--instance", first(shell), "--json")
    assert (one.code, [row["id"] for row in one.objects]) == (4, [log])
    assert "what is held: as it was when it was read last, " in one.err
    assert "Only what the list knew" in one.err
    none = shell("show", "log_nothing", "--instance", first(shell), "--json")
    assert (none.code, none.out) == (4, "")


def test_instances_that_are_kept_say_how_old_they_are(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vzaps_tui.services.instances.FRESH", 0.0)
    shell("instances")
    shell.server.stop()
    told = shell("instances", "--json")
    assert (told.code, len(told.objects)) == (4, 4)
    assert "not fresh: as it was when it was read last, " in told.err


def test_pages_that_repeat_are_no_whole_answer(shell: Shell) -> None:
    shell.world.scenarios = {"ignore-paging"}
    told = logs(shell, "--all", "--json", "--no-disk")
    assert told.code == 1
    assert 0 < len(told.objects) < 250
    assert "gives the same page again" in told.err


def test_the_demo_needs_no_account(shell: Shell) -> None:
    told = shell("--demo", "instances", "--json")
    assert (told.code, len(told.objects)) == (0, 4)
    clash = shell("logs", "--demo", "--base-url", "http://127.0.0.1:1")
    assert (clash.code, clash.out) == (2, "")


def test_what_comes_while_it_is_read_is_told_as_that(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = shell.world.instances[0]

    def bar(_: Output, _words: str, _done: int, _total: int | None) -> None:
        instance.append("Message", shell.world.utc(), instance.webhook or "")

    monkeypatch.setattr(Output, "bar", bar)
    told = logs(shell, "--all", "--json")
    assert told.code == 0
    assert "came meanwhile: the next call shows them." in told.err
    assert "and gave" not in told.err


def test_refused_credentials_leave_what_is_held_and_its_age(shell: Shell) -> None:
    assert logs(shell, "--all").code == 0
    shell.set({"VZAPS_CLIENT_SECRET": "wrong-secret-of-somebody"})
    told = logs(shell, "--json")
    assert (told.code, len(told.objects)) == (3, 100)
    assert "what is held: as it was when it was read last, " in told.err


def test_refused_credentials_of_a_profile_are_looked_for_there(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "config" / "vzaps-tui" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[profiles.prod]\nclient_token = "ct-1"\nclient_secret = "cs-1"\n')
    ours = shell("instances", "--profile", "prod")
    assert ours.code == 0, "the environment's count"
    shell.set({"VZAPS_CLIENT_SECRET": "wrong-secret-of-somebody"})
    assert (
        "Check VZAPS_CLIENT_TOKEN and VZAPS_CLIENT_SECRET." in shell("instances", "--no-disk").err
    )
    monkeypatch.delenv("VZAPS_CLIENT_TOKEN")
    monkeypatch.delenv("VZAPS_CLIENT_SECRET")
    for command in (("instances",), ("logs", "--instance", first(shell))):
        told = shell(*command, "--profile", "prod", "--no-disk")
        assert (told.code, told.out) == (3, "")
        assert "Check the credentials of profile 'prod'; `vzaps-tui paths` says" in told.err
