"""The curl command: run by a real shell, it is what it says, whatever strangers put in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzaps_tui.domain.curl import LONGEST, curl_command

URL = "https://hooks.example.com/vz?secret=s3cret"


@pytest.fixture(scope="module")
def fake_curl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `curl` that prints its arguments, NUL-ended, then what it is sent."""
    folder = tmp_path_factory.mktemp("bin")
    program = folder / "curl"
    program.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\nprintf '\\0'\ncat\n")
    program.chmod(0o755)
    return folder


def run(command: str, folder: Path) -> tuple[list[str], bytes]:
    """Arguments and body that a shell makes of a command."""
    done = subprocess.run(
        ["/bin/sh"],
        input=command.encode(),
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert not done.stderr
    head, _, body = done.stdout.partition(b"\0\0")
    return head.decode().split("\0"), body


def test_it_reads_as_a_person_writes_it() -> None:
    assert curl_command(URL, '{\n  "a": "it\'s"\n}', is_json=True) == (
        "curl -X POST 'https://hooks.example.com/vz?secret=•••' "
        "-H 'Content-Type: application/json' --data-binary @- <<'EOF'\n"
        '{\n  "a": "it\'s"\n}\n'
        "EOF\n"
    )


@pytest.mark.parametrize("target", ["", "ftp://h/x", "-o/etc/passwd", "file:///etc/passwd"])
def test_only_http_targets_have_one(target: str) -> None:
    assert curl_command(target, "{}", is_json=True) is None


@pytest.mark.parametrize(
    "payload",
    [
        "$(touch pwned) `id` $HOME \\",
        "a\nEOF\nrm -rf x\nEOF_1\n",
        "esc \x1b[201~ rm",
        "nul \0 and cr \r",
        "bidi \u202e",
        "olá 😀",
        "x" * 5000 + "\t",
        "\n\n",
    ],
)
def test_the_body_arrives_as_it_is(payload: str, fake_curl: Path) -> None:
    command = curl_command(URL, payload, is_json=False)
    assert command is not None
    assert command.replace("\n", "").isprintable()
    args, body = run(command, fake_curl)
    assert body.removesuffix(b"\n") == payload.encode().removesuffix(b"\n")
    assert args[:3] == ["-X", "POST", "https://hooks.example.com/vz?secret=•••"]


@settings(max_examples=25, deadline=None)
@given(path=st.text(max_size=30))
def test_a_target_is_one_argument(path: str, fake_curl: Path) -> None:
    command = curl_command(f"https://h.example/{path}", "{}", is_json=True)
    assert command is not None
    args, _ = run(command, fake_curl)
    method, verb, url, *rest = (arg for arg in args if arg != "--globoff")
    assert (method, verb) == ("-X", "POST")
    assert url.startswith("https://h.example/")
    assert url.isprintable()
    assert rest == ["-H", "Content-Type: application/json", "--data-binary", "@-"]


def test_brackets_are_no_patterns() -> None:
    command = curl_command("https://h.example/{a,b}", "{}", is_json=True)
    assert command is not None
    assert " --globoff " in command


def test_what_is_too_long_to_paste_has_none() -> None:
    assert curl_command(URL, "x" * LONGEST, is_json=False) is not None
    assert curl_command(URL, "x" * (LONGEST + 1), is_json=False) is None
