"""The program against an API in another process: modes, cache, refusals, what it never tells."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import Emulated, Opener
from tests.terminal.terminal import USUAL, Terminal
from vzaps_tui.emulator.world import World


@pytest.fixture
def dead_end() -> Iterator[str]:
    """The address of a port that refuses: taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def quit_by_key(terminal: Terminal) -> int:
    terminal.press("q")
    code = terminal.wait_end()
    assert terminal.left_over() == []
    return code


def secrets_of(emulated: Emulated) -> dict[str, bytes]:
    """Everything that nobody may see, by what it is."""
    world = World()
    told = emulated.told
    assert told["client_secret"] == world.client_secret  # the same seed: the same webhooks
    found = {"client token": told["client_token"], "client secret": told["client_secret"]}
    found |= {f"token of {one['name']}": one["token"] for one in told["instances"]}
    found |= {
        f"webhook secret of {one.name}": one.webhook.partition("secret=")[2]
        for one in world.instances
        if one.webhook
    }
    assert all(len(secret) > 10 for secret in found.values())
    return {**{name: text.encode() for name, text in found.items()}, "a session token": b"eyJhbGci"}


def leaks(secrets: dict[str, bytes], places: dict[str, bytes]) -> list[str]:
    """Which secret is where; empty when all are kept."""
    return [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, data in places.items()
        if secret in data
    ]


def test_leaks_are_found() -> None:
    assert leaks({"x": b"hush", "y": b"other"}, {"log": b"a hush b", "db": b"-"}) == ["x in log"]


def test_account_mode_keeps_what_it_saw_and_tells_no_secret(
    vzaps: Opener, emulator: Emulated, tmp_path: Path
) -> None:
    with vzaps(extra=emulator.account) as first:
        first.wait("Support BR", "4 of 4", "· live", "hooks.acme.example.com/vz?")
        first.press("enter")
        first.wait("Support BR › Deliveries", "DELIVERED", "of 250", "· live")
        first.press("enter")
        first.wait("1 Attempts", "· live")
        for part, shown in (("2", '"type"'), ("3", '"ok"'), ("4", "attempts")):
            first.press(part)
            first.wait(shown)
        first.press("escape")
        first.wait_gone("1 Attempts")
        first.press("w")
        first.wait("Support BR › Webhook", "secret=•••", "Nothing yet.")
        first.press("escape")
        first.wait("Support BR › Deliveries")
        assert quit_by_key(first) == 0

    assert emulator.stop() == 0

    with vzaps(extra=emulator.account, size=USUAL) as second:
        second.wait("Support BR", "OLD", "The API did not answer")
        second.press("enter")
        second.wait("Support BR › Deliveries", "DELIVERED", "of 250", "ago")
        second.press("ctrl+r")
        second.wait("OLD", "The API did not answer", "DELIVERED")
        quit_by_key(second)

    kept = {str(path.relative_to(tmp_path)): path for path in tmp_path.rglob("*") if path.is_file()}
    assert {Path(name).name for name in kept} >= {"archive.db", "vzaps-tui.log"}
    modes = {name: stat.S_IMODE(path.stat().st_mode) for name, path in kept.items()}
    assert set(modes.values()) == {0o600}, modes
    places = {name: path.read_bytes() for name, path in kept.items()}
    for name, terminal in {"first": first, "second": second}.items():
        places[f"bytes of the {name} terminal"] = bytes(terminal.raw)
        places[f"words of the {name} terminal"] = terminal.plain.encode()
    assert leaks(secrets_of(emulator), places) == []


def test_single_instance_mode_opens_on_the_deliveries(vzaps: Opener, emulator: Emulated) -> None:
    with vzaps(extra=emulator.single(0)) as terminal:
        terminal.wait("Deliveries", "DELIVERED", "of 250", "· live")
        assert "Instances" not in terminal.plain
        terminal.press("f")
        terminal.wait_until(lambda text: "FAILED" in text and "DELIVERED" not in text, "failures")
        terminal.press("escape")
        terminal.wait("DELIVERED")
        terminal.press("whole escape")  # the first screen: stays
        terminal.press("w")
        terminal.wait("Webhook", "hooks.acme.example.com/vz?secret=•••")
        terminal.press("escape")
        terminal.wait("Deliveries")
        assert quit_by_key(terminal) == 0
        places = {"bytes": bytes(terminal.raw), "words": terminal.plain.encode()}
        assert leaks(secrets_of(emulator), places) == []


def test_a_wrong_secret_is_told_and_decides_the_exit_code(
    vzaps: Opener, emulator: Emulated
) -> None:
    wrong = {**emulator.account, "VZAPS_CLIENT_SECRET": "cs_not_the_right_one"}
    with vzaps(extra=wrong, size=USUAL) as terminal:
        terminal.wait("Credentials refused", "VZAPS_CLIENT_SECRET", "nothing read")
        assert quit_by_key(terminal) == 3
        assert "cs_not_the_right_one" not in terminal.plain


def test_without_an_answer_and_without_a_cache(vzaps: Opener, dead_end: str) -> None:
    account = {
        "VZAPS_BASE_URL": dead_end,
        "VZAPS_CLIENT_TOKEN": "ct_1234567890",
        "VZAPS_CLIENT_SECRET": "cs_1234567890",
    }
    with vzaps(extra=account, size=USUAL) as terminal:
        terminal.wait("The API did not answer", "nothing read", "Nothing could be read.")
        assert quit_by_key(terminal) == 4
