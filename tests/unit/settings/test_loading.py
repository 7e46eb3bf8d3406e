from __future__ import annotations

from pathlib import Path

import pytest

from vzaps_tui import settings
from vzaps_tui.domain.masking import MASK, Secret
from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.settings import DEFAULT_BASE_URL, Kind, Settings, declared
from vzaps_tui.settings.config_file import Config
from vzaps_tui.settings.loading import load

FILE = Path("/etc/somewhere/config.toml")
VALUES: dict[str, tuple[str, object]] = {
    # setting: (text of the environment, value of it)
    "client_token": ("ct-env", Secret("ct-env")),
    "client_secret": ("cs-env", Secret("cs-env")),
    "instance_id": ("VZENV", "VZENV"),
    "instance_token": ("it-env", Secret("it-env")),
    "base_url": ("https://env.example/", "https://env.example"),
    "read_only": ("yes", True),
    "requests_per_second": ("7", 7.0),
    "retry_pace": ("0.5", 0.5),
    "retry_breaker": ("25", 25),
    "retry_canary": ("off", False),
    "refresh_seconds": ("2.5", 2.5),
    "clipboard": (" OSC52 ", "osc52"),
    "archive_payloads": ("on", True),
    "archive_max_mb": (" 20 ", 20),
    "archive_max_days": ("7", 7),
}
KEPT: dict[str, object] = {
    "client_token": Secret("ct-file"),
    "client_secret": Secret("cs-file"),
    "instance_id": "VZFILE",
    "instance_token": Secret("it-file"),
    "base_url": "https://file.example",
    "read_only": True,
    "requests_per_second": 2.0,
    "retry_pace": 0.25,
    "retry_breaker": 3,
    "retry_canary": False,
    "refresh_seconds": 0.0,
    "clipboard": "file",
}
GENERAL: dict[str, object] = {
    # of no profile
    "archive_payloads": True,
    "archive_max_mb": 10,
    "archive_max_days": 1,
}
FLAGS: dict[str, tuple[object, object]] = {
    "instance_id": ("VZFLAG", "VZFLAG"),
    "base_url": ("http://localhost:8780/", "http://localhost:8780"),
    "read_only": (True, True),
}


def config(**profiles: dict[str, object]) -> Config:
    return Config(path=FILE, profiles=profiles, general=GENERAL if profiles else {})


def test_every_setting_is_in_the_tables_of_this_test() -> None:
    names = [one.name for one in declared()]
    assert list(VALUES) == names
    assert [*KEPT, *GENERAL] == names
    assert list(GENERAL) == [one.name for one in declared() if one.table]
    assert list(FLAGS) == [one.name for one in declared() if one.flag]


@pytest.mark.parametrize("name", VALUES)
def test_precedence(name: str) -> None:
    text, from_env = VALUES[name]
    env = {f"VZAPS_{name.upper()}": text}
    file = config(acme=KEPT)
    default = getattr(Settings(), name)
    assert getattr(load({}, {}, config()), name) == default
    assert getattr(load({}, {}, file), name) == {**KEPT, **GENERAL}[name]
    assert getattr(load({}, env, file), name) == from_env
    assert load({}, env, file).sources[name] == f"VZAPS_{name.upper()}"
    if name in FLAGS:
        given, from_flag = FLAGS[name]
        assert getattr(load({name: given}, env, file), name) == from_flag


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_variables_count_as_not_set(blank: str) -> None:
    env = {one.env: blank for one in declared()}
    assert load({}, env, config()) == Settings(sources={})


@pytest.mark.parametrize("name", ["instance_id", "base_url"])
def test_a_blank_flag_is_an_error(name: str) -> None:
    with pytest.raises(SettingsError, match="is empty"):
        load({name: " "}, {}, config())


def test_a_secret_is_never_a_flag() -> None:
    assert {one.kind for one in declared() if one.flag} & {Kind.HIDDEN} == set()
    found = load({"client_secret": "from the process list"}, {}, config())
    assert found.client_secret is None


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("read_only", "perhaps", "VZAPS_READ_ONLY is 'perhaps' and must be true or false"),
        ("requests_per_second", "fast", "is 'fast' and must be a number"),
        ("requests_per_second", "nan", "above 0"),
        ("requests_per_second", "inf", "above 0"),
        ("requests_per_second", "0", "above 0"),
        ("retry_pace", "-1", "above 0"),
        ("refresh_seconds", "often", "is 'often' and must be a number of seconds"),
        ("refresh_seconds", "0.5", "is 0.5 and must be 0, or from 1 to 86,400"),
        ("refresh_seconds", "nan", "must be 0, or from 1"),
        ("refresh_seconds", "inf", "must be 0, or from 1"),
        ("archive_max_mb", "0", "VZAPS_ARCHIVE_MAX_MB is 0 and must be from 1 to 1,000,000"),
        ("archive_max_mb", "1.5", "is '1.5' and must be a whole number"),
        ("archive_max_mb", "9" * 5000, "must be a whole number"),
        ("archive_max_days", "-3", "from 1 to"),
        ("archive_max_days", "10000000", "from 1 to"),
        ("archive_payloads", "some", "must be true or false"),
        ("base_url", "api.vzaps.com", "must be an address"),
        ("instance_id", "VZ\x1b[31m", "printable ASCII"),
    ],
)
def test_bad_variables_are_named_with_what_they_must_be(name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({}, {f"VZAPS_{name.upper()}": text}, config())
    assert said in caught.value.reason
    assert caught.value.reason.isprintable()


def test_a_bad_secret_is_not_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        load({}, {"VZAPS_CLIENT_TOKEN": "hush\x00hush"}, config())
    assert "VZAPS_CLIENT_TOKEN must hold printable ASCII" in caught.value.reason
    assert "hush" not in caught.value.summary


CLIENT, SECRET = "VZAPS_CLIENT_TOKEN", "VZAPS_CLIENT_SECRET"
ID, TOKEN = "VZAPS_INSTANCE_ID", "VZAPS_INSTANCE_TOKEN"


@pytest.mark.parametrize(
    ("held", "account", "single", "missing"),
    [
        ((), False, False, (CLIENT, SECRET)),
        ((CLIENT,), False, False, (SECRET,)),
        ((SECRET,), False, False, (CLIENT,)),
        ((CLIENT, SECRET), True, False, ()),
        ((CLIENT, SECRET, ID, TOKEN), True, False, ()),
        ((CLIENT, ID, TOKEN), False, True, ()),
        ((CLIENT, TOKEN), False, False, (ID,)),
        ((TOKEN,), False, False, (CLIENT, ID)),
        ((CLIENT, ID), False, False, (SECRET,)),
        ((SECRET, ID, TOKEN), False, False, (CLIENT,)),
    ],
)
def test_modes_and_what_is_missing(
    held: tuple[str, ...],
    account: bool,  # noqa: FBT001 - a column of the table
    single: bool,  # noqa: FBT001 - same
    missing: tuple[str, ...],
) -> None:
    found = load({}, dict.fromkeys(held, "VZ1"), config())
    assert (found.account_mode, found.single_mode, found.missing()) == (account, single, missing)


def test_the_profile_is_the_wanted_one_else_the_default_else_the_only_one() -> None:
    two: dict[str, dict[str, object]] = {"a": {"instance_id": "VZA"}, "b": {"instance_id": "VZB"}}
    both = Config(path=FILE, profiles=two, default_profile="b")
    neither = Config(path=FILE, profiles=two)
    assert load({}, {}, both, "a").instance_id == "VZA"
    assert load({}, {}, both).profile == "b"
    assert load({}, {}, config(a=two["a"])).profile == "a"
    assert load({}, {}, neither).profile is None
    assert "No profile was chosen of a, b" in load({}, {}, neither).notices[0]
    assert load({}, {CLIENT: "ct"}, neither).notices == ()


@pytest.mark.parametrize("wanted", ["acmee", ""])
def test_an_unknown_profile_names_those_there_are(wanted: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({}, {}, config(acme={}, other={}), wanted)
    assert f"--profile names '{wanted}'" in caught.value.reason
    assert str(FILE) in caught.value.reason
    assert "acme, other" in caught.value.hint
    assert ("Did you mean 'acme'?" in caught.value.hint) == bool(wanted)


def test_an_unknown_default_profile_is_named_as_such() -> None:
    with pytest.raises(SettingsError, match="default_profile names 'gone'"):
        Config(path=FILE, profiles={}, default_profile="gone").choose(None)


def test_a_variable_that_overrules_the_profile_is_told() -> None:
    file = config(acme={"client_token": Secret("one"), "client_secret": Secret("two")})
    found = load({}, {CLIENT: "other", SECRET: "two"}, file)
    assert found.notices == (f"{CLIENT} takes the place of client_token in profile 'acme'.",)


def test_a_variable_that_overrules_a_table_is_told() -> None:
    found = load({}, {"VZAPS_ARCHIVE_PAYLOADS": "no"}, config(acme={}))
    assert not found.archive_payloads
    assert found.notices == ("VZAPS_ARCHIVE_PAYLOADS takes the place of archive.payloads.",)
    assert "archive_max_mb = 10 ([archive])" in found.explain()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://api.example", True),
        ("https://api.example", False),
        ("http://localhost:8780", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:1", False),
        ("http://127.0.0.1.example", True),
    ],
)
def test_tokens_over_plain_http_are_told(url: str, told: bool) -> None:  # noqa: FBT001 - a table
    assert any("not https" in one for one in load({"base_url": url}, {}, config()).notices) is told


def test_with_the_accounts_secret_an_instance_may_be_named() -> None:
    account = {"VZAPS_CLIENT_TOKEN": "ct", "VZAPS_CLIENT_SECRET": "cs"}
    assert load({}, {**account, "VZAPS_INSTANCE_ID": "Sales"}, config()).notices == ()


def test_an_odd_instance_id_is_taken_and_told() -> None:
    found = load({"instance_id": "log_1"}, {}, config())
    assert found.instance_id == "log_1"
    assert "does not look like" in found.notices[0]


def test_secrets_of_a_config_file_that_others_can_read_are_told() -> None:
    file = Config(path=FILE, profiles={"acme": {}}, exposed=True)
    assert f"{FILE} holds secrets" in load({}, {}, file).notices[0]


def test_no_secret_in_any_text_of_the_settings() -> None:
    hush = ("ct-5e1f2a", "cs-9b8c7d", "it-0f1e2d")
    env: dict[str, str] = dict(zip((CLIENT, SECRET, TOKEN), hush, strict=True))
    found = load({}, env, config())
    for text in (repr(found), str(found), found.explain(), f"{found}"):
        assert not any(one in text for one in hush)
    assert f"client_secret = {MASK} (VZAPS_CLIENT_SECRET)" in found.explain()
    assert "instance_id = not set (default)" in found.explain()
    assert f"base_url = {DEFAULT_BASE_URL} (default)" in found.explain()
    assert {one.reveal() for one in found.secrets()} == set(hush)


def test_the_table_has_a_row_a_setting() -> None:
    rows = settings.table().splitlines()
    assert len(rows) == len(declared()) + 2
    assert {row.count("|") for row in rows} == {6}
    assert "| `base_url` | `VZAPS_BASE_URL` | `--base-url` | `https://api.vzaps.com` |" in rows[6]
    assert "| `archive.payloads` | `VZAPS_ARCHIVE_PAYLOADS` |  | `false` |" in rows[-3]
    assert "| `client_secret` | `VZAPS_CLIENT_SECRET` | never |" in rows[3]
