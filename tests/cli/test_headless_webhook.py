from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest
from typing_extensions import override

from tests.cli.headless import Done, Shell
from tests.servers import running
from vzaps_tui.emulator.world import World

pytestmark = pytest.mark.usefixtures("home", "own_logging")
URL = "https://hooks.example.com/vz?key=s3cret"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    with running(World(seed=3, instances=1, logs=5)) as server:
        shell = Shell(server, monkeypatch, capsys)
        shell.world.instances[0].webhook = URL
        shell.world.instances[0].events = ("Message",)
        yield shell


def webhook(shell: Shell, *arguments: str) -> Done:
    return shell("webhook", *arguments)


def writes(shell: Shell) -> int:
    """How many requests so far asked to store a webhook."""
    return sum(
        one.path.endswith("/webhook") and one.method != "GET" for one in list(shell.world.requests)
    )


def test_get_shows_url_and_events_and_hides_the_secret(shell: Shell) -> None:
    told = webhook(shell, "get")
    assert told.code == 0
    assert told.lines == ["URL     https://hooks.example.com/vz?key=•••", "Events  Message"]
    (one,) = webhook(shell, "get", "--json").objects
    assert list(one) == ["instance", "url", "events", "fetched_at"]
    assert (one["url"], one["events"]) == ("https://hooks.example.com/vz?key=•••", ["Message"])


def test_set_writes_once_reads_back_and_keeps_hidden_parts(shell: Shell) -> None:
    told = webhook(
        shell, "set", "--url", "https://hooks.example.com/new?key=•••", "--yes", "--json"
    )
    assert told.code == 0
    (one,) = told.objects
    assert list(one) == ["instance", "sent", "confirmed", "before", "stored", "note"]
    assert one["confirmed"] is True
    assert one["stored"]["url"] == "https://hooks.example.com/new?key=•••"
    assert "- https://hooks.example.com/vz?key=•••" in told.err
    stored = shell.world.instances[0]
    assert stored.webhook == "https://hooks.example.com/new?key=s3cret"
    assert list(stored.events) == ["Message"]
    assert writes(shell) == 1
    again = webhook(shell, "set", "--event", "Message", "--yes", "--json")
    assert (again.code, again.objects[0]["sent"], again.objects[0]["confirmed"]) == (0, None, True)
    assert "nothing to save" in again.err
    assert writes(shell) == 1


def test_events_by_name_all_or_from_a_file(shell: Shell, tmp_path: Path) -> None:
    instance = shell.world.instances[0]
    assert webhook(shell, "set", "--event", "Presence,Message", "--yes").code == 0
    assert list(instance.events) == ["Message", "Presence"]
    assert webhook(shell, "set", "--events", "all", "--yes").code == 0
    assert list(instance.events) == ["All"]
    file = tmp_path / "webhook.json"
    file.write_text(json.dumps({"url": "https://b.example.com/x", "events": ["Connected"]}))
    assert webhook(shell, "diff", "--from-file", str(file)).code == 1
    assert webhook(shell, "set", "--from-file", str(file), "--yes").code == 0
    assert webhook(shell, "diff", "--from-file", str(file)).code == 0
    assert (instance.webhook, list(instance.events)) == ("https://b.example.com/x", ["Connected"])


def test_what_get_gives_can_be_put_back(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "webhook.json"
    file.write_text(webhook(shell, "get", "--json").out)
    assert webhook(shell, "diff", "--from-file", str(file)).code == 0


def test_diff_tells_what_differs_and_sends_nothing(shell: Shell) -> None:
    told = webhook(
        shell, "diff", "--event", "Presence", "--url", "https://hooks.example.com/vz?key=x"
    )
    assert told.code == 1
    assert told.lines == [
        "URL",
        "- https://hooks.example.com/vz?key=•••",
        "+ https://hooks.example.com/vz?key=•••",
        "  (a hidden part of it differs)",
        "Events",
        "- Message",
        "+ Presence",
    ]
    (one,) = webhook(shell, "diff", "--event", "Presence", "--json").objects
    assert (one["same"], one["added"], one["removed"]) == (False, ["Presence"], ["Message"])
    same = webhook(shell, "diff", "--event", "Message", "--json")
    assert (same.code, same.objects[0]["same"]) == (0, True)
    assert writes(shell) == 0


def test_diff_says_which_name_nobody_knows(shell: Shell) -> None:
    told = webhook(shell, "diff", "--event", "Mesage", "--json")
    assert (told.code, told.objects[0]["added"]) == (1, ["Mesage"])
    assert "'Mesage' is not an event the API documents; did you mean Message?" in told.err
    assert webhook(shell, "diff", "--event", "Message", "--json").err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["set", "--url", "https://x.example.com"], "nobody can be asked here"),
        (["set", "--yes"], "nothing was given"),
        (["set", "--events", "none", "--yes"], "Choose at least one event"),
        (["set", "--url", "ftp://x.example.com", "--yes"], "must begin with https://"),
        (["set", "--url", "https://x.example.com/?other=•••", "--yes"], "hidden part"),
        (["set", "--event", "Message", "--events", "all", "--yes"], "--event and --events"),
        (["set", "--url", "https://x.example.com", "--yes", "--read-only"], "read-only"),
        (["set", "--event", "Mesage", "--yes"], "did you mean Message?"),
        (["set", "--event", "message", "--yes"], "did you mean Message?"),
        (["set", "--event", "Message,Zzz", "--yes"], "'Zzz' is not an event"),
        (["diff", "--from-file", "nowhere.json"], "cannot be read"),
        (["diff"], "nothing was given"),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_refused_before_it_is_sent(
    shell: Shell, arguments: list[str], said: str
) -> None:
    told = webhook(shell, *arguments)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
    assert writes(shell) == 0


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"url": 5}', '{"events": "Message"}', '{"events": [1]}', "[" * 99_999],
    ids=["empty", "list", "cut", "url", "events", "numbers", "deep"],
)
def test_files_of_something_else_are_refused(shell: Shell, tmp_path: Path, text: str) -> None:
    file = tmp_path / "webhook.json"
    file.write_text(text)
    told = webhook(shell, "set", "--from-file", str(file), "--yes")
    assert (told.code, told.out) == (2, "")
    assert "is no webhook configuration" in told.err


def test_a_lost_answer_is_not_sent_again_and_the_reading_back_decides(shell: Shell) -> None:
    shell.world.faults.next("webhook-set", "reset-after")
    told = webhook(shell, "set", "--events", "all", "--yes", "--json")
    assert (told.code, told.objects[0]["confirmed"], writes(shell)) == (0, True, 1)
    assert "was not sent again" in told.err
    shell.world.faults.next("webhook-set", "reset")
    lost = webhook(shell, "set", "--event", "Message", "--yes", "--json")
    assert (lost.code, lost.objects[0]["confirmed"], writes(shell)) == (1, False, 2)
    assert lost.objects[0]["stored"]["events"] == ["All"]


class Keyboard(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("answer", "code", "sent"), [("y\n", 0, 1), ("n\n", 1, 0), ("\n", 1, 0)])
def test_on_a_terminal_it_asks(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, sent: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(answer))
    monkeypatch.setattr("vzaps_tui.cli.webhook.can_ask", Mock(return_value=True))
    told = webhook(shell, "set", "--events", "all", "--json")
    assert (told.code, writes(shell)) == (code, sent)
    assert "Save the webhook of" in told.err
    assert len(told.objects) == sent


def test_an_unknown_event_is_sent_where_it_is_meant(shell: Shell) -> None:
    told = webhook(shell, "set", "--event", "CallOffer", "--yes", "--force-event")
    assert writes(shell) == 1  # what the server makes of it, the reading back tells
    assert "CallOffer" in told.err


def test_an_unknown_event_that_the_api_holds_may_stay(shell: Shell) -> None:
    shell.world.instances[0].events = ("CallOffer",)
    told = webhook(shell, "set", "--event", "CallOffer,Message", "--yes")
    assert (writes(shell), list(shell.world.instances[0].events)[:1]) == (1, ["Message"])
    assert "did you mean" not in told.err


@pytest.mark.parametrize(
    ("answers", "code", "sent"), [((True, True), 1, 1), ((False,), 2, 0), ((True, False), 1, 0)]
)
def test_on_a_terminal_an_unknown_event_is_asked_for(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    answers: tuple[bool, ...],
    code: int,
    sent: int,
) -> None:
    ask = Mock(side_effect=answers)
    monkeypatch.setattr("click.confirm", ask)
    monkeypatch.setattr("vzaps_tui.cli.webhook.can_ask", Mock(return_value=True))
    told = webhook(shell, "set", "--event", "Mesage")
    assert (told.code, writes(shell)) == (code, sent)
    assert "did you mean Message?" in ask.call_args_list[0].args[0]
    assert ask.call_count == len(answers)
