"""Ways to a clipboard: which is taken where, what is left on disk, what is said."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.ui.clipboard import MOST_BASE64, Clipboard, Handed, Way, osc52
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.copying import said

TEXT = "olá \x1b[31m ' \" $x"
DESK = {"DISPLAY": ":0", "PATH": "/usr/bin:/bin"}
WAYLAND = {**DESK, "WAYLAND_DISPLAY": "wayland-0"}
ALL_TOOLS = ("pbcopy", "wl-copy", "xclip", "xsel")


def tools(folder: Path, *names: str, ends: int = 0) -> Callable[[str], str | None]:
    """Stand-ins that keep what they are fed in `<name>.got`; those absent are not found."""
    for name in names:
        program = folder / name
        program.write_text(f"#!/bin/sh\ncat > '{folder}/{name}.got'\nexit {ends}\n")
        program.chmod(0o700)
    return lambda name: str(folder / name) if name in names else None


def names(folder: Path, pattern: str = "*") -> set[str]:
    return {one.name for one in folder.glob(pattern)}


def content(path: str) -> str:
    return Path(path).read_text()


def mode(path: str | Path) -> int:
    return Path(path).stat().st_mode & 0o777


async def put(text: str = TEXT, **wishes: Any) -> tuple[Handed, list[str]]:
    sent: list[str] = []
    values: dict[str, Any] = {"wish": "auto", "platform": "linux"}
    handed = await Clipboard(**(values | wishes)).put(text, sent.append)
    return handed, sent


def text_in(sequence: str) -> str:
    """What an OSC 52 sequence carries."""
    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\a")
    return base64.b64decode(sequence[7:-1]).decode()


@pytest.mark.parametrize(
    ("platform", "environ", "present", "tool"),
    [
        ("darwin", {}, ALL_TOOLS, "pbcopy"),
        ("linux", WAYLAND, ALL_TOOLS, "wl-copy"),
        ("linux", WAYLAND, ("xclip",), "xclip"),
        ("linux", DESK, ALL_TOOLS, "xclip"),
        ("linux", DESK, ("xsel",), "xsel"),
    ],
)
async def test_a_tool_is_used_where_somebody_sits(
    tmp_path: Path, platform: str, environ: dict[str, str], present: tuple[str, ...], tool: str
) -> None:
    handed, sent = await put(
        platform=platform, environ=environ, find=tools(tmp_path, *present), folder=tmp_path
    )
    assert handed == (Way.COPIED, tool, "")
    assert (tmp_path / f"{tool}.got").read_text() == TEXT
    assert not sent


@pytest.mark.parametrize(
    "environ",
    [
        {**DESK, "SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"},
        {**DESK, "SSH_TTY": "/dev/pts/1"},
        {**DESK, "TMUX": "/tmp/tmux-1/default,1,0"},  # noqa: S108 - a value, no file
        {},
        {"DISPLAY": ""},
    ],
)
async def test_the_terminal_is_asked_where_nobody_does(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    handed, sent = await put(environ=environ, find=tools(tmp_path, *ALL_TOOLS), folder=tmp_path)
    assert handed.way is Way.HANDED
    assert [text_in(one) for one in sent] == [TEXT]
    assert not names(tmp_path, "*.got")


async def test_screen_gets_it_in_pieces_it_passes_on(tmp_path: Path) -> None:
    _, (sequence,) = await put("x" * 1000, environ={"STY": "1.pts"}, folder=tmp_path)
    pieces = sequence.removesuffix("\x1b\\").split("\x1b\\")
    assert len(pieces) > 3
    assert all(one.startswith("\x1bP") and len(one) < 256 for one in pieces)
    assert text_in("".join(one.removeprefix("\x1bP") for one in pieces)) == "x" * 1000


@pytest.mark.parametrize("present", [("xclip",), ()])
async def test_where_a_tool_fails_the_terminal_is_asked_and_it_is_said(
    tmp_path: Path, present: tuple[str, ...]
) -> None:
    find = tools(tmp_path, *present, ends=1)
    handed, sent = await put(wish="native", environ=DESK, find=find, folder=tmp_path)
    note = "xclip failed" if present else "no clipboard tool was found"
    assert handed == (Way.HANDED, "", note)
    assert len(sent) == 1


async def test_a_tool_that_is_gone_is_no_crash(tmp_path: Path) -> None:
    find = {name: str(tmp_path / name) for name in ALL_TOOLS}.get
    handed, _ = await put(environ=DESK, find=find, folder=tmp_path)
    assert handed == (Way.HANDED, "", "xclip failed, xsel failed")


async def test_a_tool_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vzaps_tui.ui.clipboard._PATIENCE", 0.05)
    program = tmp_path / "xclip"
    program.write_text("#!/bin/sh\nexec sleep 30\n")
    program.chmod(0o700)
    find = {"xclip": str(program)}.get
    handed, _ = await put(environ=DESK, find=find, folder=tmp_path)
    assert handed == (Way.HANDED, "", "xclip failed")


async def test_native_is_obeyed_also_in_tmux(tmp_path: Path) -> None:
    environ = {**DESK, "TMUX": "x"}
    handed, _ = await put(wish="native", environ=environ, find=tools(tmp_path, "xclip"))
    assert handed.way is Way.COPIED


IN_TMUX = {**DESK, "TMUX": "/run/tmux/default,1,0"}


async def test_in_tmux_its_own_buffer_gets_the_text_and_the_terminal_is_asked_too(
    tmp_path: Path,
) -> None:
    handed, sent = await put(environ=IN_TMUX, find=tools(tmp_path, "tmux", "xclip"))
    assert handed == (Way.BUFFERED, "", "")
    assert (tmp_path / "tmux.got").read_text() == TEXT
    assert [text_in(one) for one in sent] == [TEXT]
    assert not (tmp_path / "xclip.got").exists()


async def test_outside_of_tmux_it_is_not_asked(tmp_path: Path) -> None:
    handed, _ = await put(wish="osc52", environ=DESK, find=tools(tmp_path, "tmux"))
    assert handed.way is Way.HANDED
    assert not names(tmp_path, "*.got")


async def test_an_old_tmux_that_cannot_pass_it_on_takes_it(tmp_path: Path) -> None:
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\n[ $2 = -w ] && exit 1\ncat > '{tmp_path}/tmux.got'\n")
    program.chmod(0o700)
    handed, _ = await put(environ=IN_TMUX, find={"tmux": str(program)}.get)
    assert handed.way is Way.BUFFERED
    assert (tmp_path / "tmux.got").read_text() == TEXT


@pytest.mark.parametrize("trouble", ["exit 1", "exec sleep 30"])
async def test_a_tmux_that_fails_or_hangs_leaves_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    monkeypatch.setattr("vzaps_tui.ui.clipboard._PATIENCE", 0.05)
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\n{trouble}\n")
    program.chmod(0o700)
    handed, sent = await put(environ=IN_TMUX, find={"tmux": str(program)}.get)
    assert handed == (Way.HANDED, "", "")
    assert len(sent) == 1


async def test_tmux_takes_what_is_too_large_for_the_terminal(tmp_path: Path) -> None:
    text = "x" * MOST_BASE64
    find = tools(tmp_path, "tmux")
    handed, sent = await put(text, environ=IN_TMUX, find=find, folder=tmp_path / "cache")
    assert handed == (Way.BUFFERED, "", "too large for OSC 52")
    assert (tmp_path / "tmux.got").read_text() == text
    assert not sent
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(("size", "way"), [(0, Way.HANDED), (3, Way.WRITTEN)])
async def test_what_is_too_large_for_the_terminal_goes_to_a_file(
    tmp_path: Path, size: int, way: Way
) -> None:
    text = "x" * (MOST_BASE64 // 4 * 3 + size)
    folder = tmp_path / "cache"
    handed, sent = await put(text, wish="osc52", folder=folder)
    assert handed.way is way
    if way is Way.HANDED:
        assert text_in(sent[0]) == text
        assert not folder.exists()
        return
    assert Path(handed.where).parent == folder
    assert content(handed.where) == text
    assert (mode(handed.where), mode(folder)) == (0o600, 0o700)
    assert handed.note == "too large for OSC 52"
    assert not sent


async def test_of_files_only_the_last_stays_and_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_text("mine")
    for text in ("one", "two"):
        handed, _ = await put(text, wish="file", folder=tmp_path)
    assert names(tmp_path) == {"archive.db", Path(handed.where).name}
    assert content(handed.where) == "two"


async def test_a_folder_that_cannot_be_used_gives_way_to_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    handed, _ = await put(wish="file", folder=tmp_path / "file")
    assert handed.way is Way.WRITTEN
    assert Path(handed.where).parent == tmp_path
    assert "file" in handed.note
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    handed, _ = await put(wish="file", folder=tmp_path / "file")
    assert handed.way is Way.FAILED


async def test_without_a_disk_nothing_is_left_on_it() -> None:
    handed, sent = await put("x" * MOST_BASE64, wish="osc52", folder=None)
    assert handed == (Way.FAILED, "too large for OSC 52, --no-disk leaves no file", "")
    assert not sent


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_no_text_breaks_out_of_its_sequence(text: str) -> None:
    sequence = osc52(text.encode(errors="backslashreplace"))
    assert sequence is not None
    assert sequence[:7] == "\x1b]52;c;"
    assert sequence[7:-1].isascii()
    assert sequence[7:-1].isprintable()


@pytest.mark.parametrize(
    ("handed", "begins", "copied"),
    [
        (Handed(Way.COPIED, "wl-copy"), "Copied with wl-copy: payload, 1,234 characters.", True),
        (Handed(Way.HANDED), "Handed to your terminal (OSC 52): payload, 1,234 ch", False),
        (
            Handed(Way.HANDED, note="xclip failed"),
            "Handed to your terminal (OSC 52) (xclip failed): payload",
            False,
        ),
        (Handed(Way.BUFFERED), "In the tmux buffer (prefix ] pastes): payload, 1,234 char", False),
        (Handed(Way.WRITTEN, "/c/x", "too large"), "Written to /c/x (too large): pay", False),
        (Handed(Way.FAILED, "no disk"), "Not copied: payload, 1,234 characters: no disk.", False),
    ],
)
def test_words_never_claim_more_than_is_known(handed: Handed, begins: str, *, copied: bool) -> None:
    words = said(CopyItem("p", "payload", "x" * 1234), handed)
    assert words.startswith(begins)
    assert words.startswith("Copied") is copied
    assert "xxx" not in words
