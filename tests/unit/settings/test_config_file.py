from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.masking import Secret
from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.settings import declared
from vzaps_tui.settings.config_file import read_config
from vzaps_tui.settings.loading import load

GOOD = """\
default_profile = "acme"

[profiles.acme]
client_token = "ct-1"
client_secret = "cs-1"
base_url = "https://API.acme.example/v1/"
read_only = true
requests_per_second = 2
retry_pace = 0.5
instance_id = ""

[profiles."other one"]
instance_id = "VZ2"

[archive]
payloads = true
max_days = 30

[keys]
quit = "Q"
"deliveries.retry" = ["r", "ctrl+j"]
webhook.save = "f2"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(0o600)
    return path


def test_no_file_is_an_empty_config(path: Path) -> None:
    found = read_config(path)
    assert (found.profiles, found.default_profile, found.keys, found.exposed) == (
        {},
        None,
        {},
        False,
    )


def test_a_good_file(path: Path) -> None:
    found = read_config(write(path, GOOD))
    assert found.general == {"archive_payloads": True, "archive_max_days": 30}
    assert found.profiles["acme"] == {
        "client_token": Secret("ct-1"),
        "client_secret": Secret("cs-1"),
        "base_url": "https://api.acme.example/v1",
        "read_only": True,
        "requests_per_second": 2.0,
        "retry_pace": 0.5,
    }
    assert found.profiles["other one"] == {"instance_id": "VZ2"}
    assert found.keys == {"quit": "Q", "deliveries.retry": "r,ctrl+j", "webhook.save": "f2"}
    assert load({}, {}, found).account_mode
    assert load({}, {}, found, "other one").instance_id == "VZ2"
    assert "cs-1" not in repr(found)


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""], ids=["BOM", "none"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"], ids=["CRLF", "LF"])
def test_editors_of_other_systems(path: Path, start: bytes, end: bytes) -> None:
    content = start + GOOD.encode().replace(b"\n", end)
    assert read_config(write(path, content)).default_profile == "acme"


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        (
            "clint_token = 'x'",
            "unknown key 'clint_token' at the top of",
            "Valid there: default_profile",
        ),
        ("profile = 'x'", "unknown key 'profile'", "Did you mean 'profiles'?"),
        (
            "[profiles.a]\nclint_token = 'x'",
            "unknown key 'clint_token' in [profiles.a]",
            "'client_token'",
        ),
        ("[profiles.a]\nred_only = true", "unknown key 'red_only'", "Did you mean 'read_only'?"),
        (
            "[profiles.a]\nzzz = true",
            "unknown key 'zzz'",
            "Valid there: client_token, client_secret",
        ),
        ("[profiles.a]\nread_only = 'yes'", "read_only in [profiles.a]", "Mend"),
        ("[profiles.a]\nread_only = 1", "is 1 and must be true or false", "Mend"),
        ("[profiles.a]\nretry_pace = true", "is True and must be a number", "Mend"),
        ("[profiles.a]\nretry_pace = '1'", "is '1' and must be a number", "Mend"),
        ("[profiles.a]\nretry_pace = nan", "must be above 0 and at most 1000", "Mend"),
        ("[profiles.a]\nretry_pace = 1e400", "must be above 0 and at most 1000", "Mend"),
        ("[profiles.a]\nbase_url = 5", "must be an address", "Mend"),
        ("[profiles.a]\nclient_token = 5", "client_token in [profiles.a] of", "Mend"),
        ("[archive]\nmax_mb = 0", "max_mb in [archive] of", "Mend"),
        ("[archive]\nmax_days = 1.5", "is 1.5 and must be a whole number", "Mend"),
        ("[archive]\npayloads = 'yes'", "is 'yes' and must be true or false", "Mend"),
        ("[archive]\npayload = true", "unknown key 'payload' in [archive]", "'payloads'"),
        ("[profiles.a]\narchive_payloads = true", "unknown key 'archive_payloads'", "Valid"),
        ("archive = 5", "archive in", "Mend"),
        ("[profiles]\na = 5", "profiles.a in", "Mend"),
        ("profiles = 5", "profiles in", "Mend"),
        ("keys = []", "keys in", "Mend"),
        ("[keys]\nquit = 5", "keys.quit in", "Mend"),
        ("[keys]\nquit = ''", "keys.quit in", "Mend"),
        ("[keys]\na.b.c = [1]", "keys.a.b.c in", "Mend"),
        ("default_profile = 5", "default_profile in", "Mend"),
        ("a = ?\n", "line 1, column 5: Invalid value", "Mend that line"),
        ("\n\n[profiles.a\n", "line 3, column 12:", "Mend that line"),
        ("a = 1\na = 2", "at its end: Cannot overwrite a value", "Mend that line"),
        ('a = "', "at its end: Unterminated string", "Mend that line"),
        ("a = " + "[" * 5000, "nests too deeply", "Mend that line"),
        ("a = " + "9" * 5000, "not valid TOML", "Mend that line"),
        ("x" * 1_000_001, "larger than 1 MB", "Mend the file"),
        (b"a = 1\nb = '\xff'", "not UTF-8 text (line 2)", "Mend the file"),
    ],
)
def test_what_is_wrong_is_named(path: Path, content: str | bytes, said: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_config(write(path, content))
    assert said in caught.value.reason
    assert str(path) in caught.value.reason
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [
        "client_secret = 'hush-1'",
        "[profiles.a]\nclient_secret = ['hush-1']",
        '[profiles.a]\nclient_secret = "hush-1\\u0000"',
        "[profiles.a]\nclient_secret = 'hush-1",
        "[profiles.a]\nclient_secret = 'hush-1'\nclient_secret = 'hush-1'",
        b"[profiles.a]\nclient_secret = 'hush-1\xff'",
    ],
)
def test_no_problem_shows_a_secret(path: Path, content: str | bytes) -> None:
    with pytest.raises(SettingsError) as caught:
        read_config(write(path, content))
    problem: BaseException | None = caught.value
    while problem is not None:  # nor does what it was raised from: tracebacks are logged
        assert "hush-1" not in f"{problem!r} {problem} {vars(problem)}"
        problem = None if problem.__suppress_context__ else problem.__context__


def test_things_that_are_no_readable_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(SettingsError, match="is not a file"):
        read_config(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_config(write(path.parent / "file", "") / "config.toml")
    os.mkfifo(path.parent / "pipe")
    with pytest.raises(SettingsError, match="is not a file"):
        read_config(path.parent / "pipe")


@pytest.mark.parametrize(
    ("mode", "content", "exposed"),
    [
        (0o600, GOOD, False),
        (0o644, GOOD, True),
        (0o640, GOOD, True),
        (0o644, "[profiles.a]\ninstance_id = 'VZ1'", False),
    ],
)
def test_secrets_that_others_can_read(
    path: Path,
    mode: int,
    content: str,
    exposed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    write(path, content).chmod(mode)
    assert read_config(path).exposed is exposed


_KEYS = st.sampled_from(
    ["default_profile", "profiles", "keys", "archive", *(one.key for one in declared())]
) | st.text(st.characters(codec="utf-8"), max_size=5)
_VALUES = st.recursive(
    st.sampled_from(
        [
            "1",
            "-0",
            "1e999",
            "nan",
            "inf",
            "true",
            "''",
            '"VZ1"',
            "[]",
            "{}",
            '"\\u202e"',
            '"\\u001b"',
            "1979-05-27",
            "07:32:00",
            "0xff",
            "9" * 5000,
            '"https://x"',
            '"http://u:p@h?q"',
            "'''",
            "=",
        ]
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda many: f"[{','.join(many)}]"),
        st.lists(st.tuples(_KEYS, inner), max_size=3).map(
            lambda many: "{" + ",".join(f"{key} = {value}" for key, value in many) + "}"
        ),
    ),
    max_leaves=5,
)
_LINES = st.one_of(
    st.tuples(_KEYS, _VALUES).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    st.lists(_KEYS, min_size=1, max_size=3).map(lambda many: f"[{'.'.join(many)}]"),
    st.text(st.characters(codec="utf-8"), max_size=10),
)


@given(st.lists(_LINES, max_size=8).map(lambda lines: "\n".join(lines).encode()) | st.binary())
def test_any_file_is_a_config_or_a_settings_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = write(tmp_path_factory.getbasetemp() / "any.toml", content)
    try:
        load({}, {}, read_config(path))
    except SettingsError as problem:
        assert problem.summary.isprintable()  # noqa: PT017 - either is right
        assert problem.hint.isprintable()  # noqa: PT017
