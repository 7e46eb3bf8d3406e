from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.settings import declared
from vzaps_tui.settings.values import accept, from_text

SETTINGS = {one.name: one for one in declared()}
URL = SETTINGS["base_url"]


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://api.vzaps.com", "https://api.vzaps.com"),
        ("https://api.vzaps.com/", "https://api.vzaps.com"),
        ("  HTTPS://API.VZAPS.com// ", "https://api.vzaps.com"),
        ("http://127.0.0.1:8780", "http://127.0.0.1:8780"),
        ("http://[::1]:8780/", "http://[::1]:8780"),
        ("https://h/Base/Path/", "https://h/Base/Path"),
    ],
)
def test_addresses_are_brought_to_one_form(given_url: str, kept: str) -> None:
    assert accept(URL, given_url, "--base-url") == kept


@pytest.mark.parametrize(
    "text",
    [
        "api.vzaps.com",
        "ftp://h",
        "https://",
        "https:///x",
        "https://h:99999",
        "https://h:x",
        "https://[",
        "https://h?a=1",
        "https://h?",
        "https://h#x",
        "https://u@h",
        "https://u:pw@h",
        "https://a b",
        "javascript:alert(1)",
        "https://ex\u00e4mple",
        "https://h\x1b[2J",
        "//h",
    ],
)
def test_what_is_no_address_of_an_api(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        accept(URL, text, "--base-url")
    assert "--base-url" in caught.value.reason
    assert caught.value.reason.isprintable()
    assert "pw" not in caught.value.reason


@given(st.text())
def test_any_text_is_an_address_in_one_form_or_a_settings_error(text: str) -> None:
    try:
        kept = accept(URL, text, "x")
    except SettingsError:
        return
    assert accept(URL, kept, "x") == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("1", True),
        ("TRUE", True),
        (" yes ", True),
        ("On", True),
        ("0", False),
        ("false", False),
        ("No", False),
        ("off", False),
    ],
)
def test_switches_of_the_environment(text: str, kept: bool) -> None:  # noqa: FBT001 - a table
    assert from_text(SETTINGS["read_only"], text, "x") is kept


@pytest.mark.parametrize("value", ["", "tmux", 1, True, ["auto"]])
def test_ways_to_copy(value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        accept(SETTINGS["clipboard"], value, "clipboard")
    assert "must be auto, native, osc52 or file" in caught.value.reason
    assert accept(SETTINGS["clipboard"], " Native", "clipboard") == "native"


@pytest.mark.parametrize("value", [0, -1, 1_000_001, True, 1.0, "1", None, [1]])
def test_what_is_no_count(value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        accept(SETTINGS["archive_max_mb"], value, "max_mb")
    assert "max_mb is" in caught.value.reason
    assert accept(SETTINGS["archive_max_mb"], 1, "max_mb") == 1
    assert accept(SETTINGS["archive_max_mb"], 1_000_000, "max_mb") == 1_000_000


@pytest.mark.parametrize(("value", "kept"), [(0, 0.0), (1, 1.0), (15.5, 15.5), (86_400, 86_400.0)])
def test_seconds_may_be_none_at_all(value: float, kept: float) -> None:
    assert accept(SETTINGS["refresh_seconds"], value, "x") == kept


@pytest.mark.parametrize("value", [-1, 0.1, 86_401, True, "15", None])
def test_what_are_no_seconds(value: object) -> None:
    with pytest.raises(SettingsError) as caught:
        accept(SETTINGS["refresh_seconds"], value, "refresh_seconds")
    assert "refresh_seconds is" in caught.value.reason


def test_a_long_value_is_cut() -> None:
    with pytest.raises(SettingsError) as caught:
        accept(URL, "x" * 500, "--base-url")
    assert len(caught.value.reason) < 200
