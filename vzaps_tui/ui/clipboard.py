"""Brings text to a clipboard by the way that works here, and tells which it was."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import field
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from vzaps_tui.domain.record import dataclass

MOST_BASE64: Final = 74_994
"""Bytes of base64 that terminals are known to take by OSC 52."""
_PATIENCE: Final = 2.0  # seconds that a tool may take
_SCREEN_PIECE: Final = 250  # GNU screen drops longer strings


class Way(StrEnum):
    """What was done with the text: the words that a toast begins with."""

    COPIED = "Copied with"
    HANDED = "Handed to your terminal (OSC 52)"
    BUFFERED = "In the tmux buffer (prefix ] pastes)"
    WRITTEN = "Written to"
    FAILED = "Not copied"


class Handed(NamedTuple):
    """What became of a text.

    Attributes:
        way: what was done.
        where: the tool, the file, or why it failed; empty for OSC 52.
        note: why it was not done in a better way; empty where nothing was tried before.
    """

    way: Way
    where: str = ""
    note: str = ""


class Tool(NamedTuple):
    """A program that fills the clipboard, and the variables one of which says it can."""

    command: tuple[str, ...]
    needs: tuple[str, ...] = ()


_MAC: Final = (Tool(("pbcopy",)),)
_UNIX: Final = (
    Tool(("wl-copy",), ("WAYLAND_DISPLAY",)),
    Tool(("xclip", "-selection", "clipboard", "-in"), ("DISPLAY",)),
    Tool(("xsel", "--clipboard", "--input"), ("DISPLAY",)),
)
_PREFIX, _SUFFIX = "copied-", ".txt"
_REMOTE: Final = ("SSH_CONNECTION", "SSH_TTY")
_MULTIPLEXED: Final = ("TMUX", "STY")

Send = Callable[[str], None]
"""Writes an escape sequence to the terminal."""


@dataclass(frozen=True, slots=True)
class Clipboard:
    """The ways to a clipboard from here.

    Attributes:
        wish: `auto`, or the one way to begin with: `native`, `osc52`, `file`.
        environ: the environment, which says where the program runs.
        folder: where a file goes as the last resort; None leaves no file.
        platform: `sys.platform`.
        find: where a program is, as `shutil.which`; None is that.
    """

    wish: str = "osc52"
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    folder: Path | None = None
    platform: str = sys.platform
    find: Callable[[str], str | None] | None = None

    async def put(self, text: str, send: Send) -> Handed:
        """Bring text to the clipboard: a tool where there is one, OSC 52, a file.

        In a session over ssh, or in tmux or screen, a tool would fill the clipboard of a machine
        where nobody sits; the terminal is asked there. tmux gets it into its own buffer as well:
        unless told otherwise it does not pass on what a program asks of the terminal.
        """
        data = text.encode(errors="backslashreplace")
        notes: list[str] = []
        if self.wish == "native" or (self.wish == "auto" and not self._is_far):
            tool = await asyncio.to_thread(self._by_tool, data, notes)
            if tool:
                return Handed(Way.COPIED, tool)
        if self.wish != "file":
            inside_screen = bool(self.environ.get("STY")) and not self.environ.get("TMUX")
            sequence = osc52(data, screen=inside_screen)
            if sequence is not None:
                send(sequence)
            else:
                notes.append("too large for OSC 52")
            if self.environ.get("TMUX") and await asyncio.to_thread(self._by_tmux, data):
                return Handed(Way.BUFFERED, note=_joined(notes))
            if sequence is not None:
                return Handed(Way.HANDED, note=_joined(notes))
        return await asyncio.to_thread(self._by_file, data, notes)

    @property
    def _is_far(self) -> bool:
        return any(self.environ.get(name) for name in (*_REMOTE, *_MULTIPLEXED))

    def _by_tmux(self, data: bytes) -> bool:
        """Whether tmux took it into its buffer, passing it on by itself; runs in a thread."""
        program = self._finder()("tmux")
        if program is None:
            return False
        # Versions before 3.2 do not know how to pass it on.
        return any(
            _fed((program, "load-buffer", *how, "-"), data, self.environ) for how in (("-w",), ())
        )

    def _finder(self) -> Callable[[str], str | None]:
        import shutil  # noqa: PLC0415 - start-up time

        return self.find or shutil.which

    def _by_tool(self, data: bytes, notes: list[str]) -> str:
        """The tool that took it, empty if none did; runs in a thread."""
        find = self._finder()
        for tool in _MAC if self.platform == "darwin" else _UNIX:
            name = tool.command[0]
            if not all(self.environ.get(variable) for variable in tool.needs):
                continue
            program = find(name)
            if program is None:
                continue
            if _fed((program, *tool.command[1:]), data, self.environ):
                return name
            notes.append(f"{name} failed")
        if self.wish == "native" and not notes:
            notes.append("no clipboard tool was found")
        return ""

    def _by_file(self, data: bytes, notes: list[str]) -> Handed:
        """Write it for its owner alone; runs in a thread."""
        if self.folder is None:
            notes.append("--no-disk leaves no file")
            return Handed(Way.FAILED, _joined(notes))
        import tempfile  # noqa: PLC0415 - start-up time

        for old in copies_in(self.folder):
            with suppress(OSError):  # the last one is enough: these hold what was said in private
                old.unlink()
        for folder in (self.folder, Path(tempfile.gettempdir())):
            try:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                number, name = tempfile.mkstemp(_SUFFIX, _PREFIX, folder)  # 0600
                with os.fdopen(number, "wb") as file:
                    file.write(data)
            except OSError as problem:
                notes.append(f"{folder}: {problem.strerror or 'the disk said no'}")
            else:
                return Handed(Way.WRITTEN, name, _joined(notes))
        return Handed(Way.FAILED, _joined(notes))


def copies_in(folder: Path) -> tuple[Path, ...]:
    """The files that were left there as the last resort."""
    return tuple(sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}")))


def osc52(data: bytes, *, screen: bool = False) -> str | None:
    """The sequence that asks a terminal to take a text; None where it is too large for one.

    tmux takes it as it is and passes it on (`set-clipboard on`); screen passes on only what is
    wrapped for it.
    """
    import base64  # noqa: PLC0415 - start-up time

    text = base64.b64encode(data).decode("ascii")
    if len(text) > MOST_BASE64:
        return None
    sequence = f"\x1b]52;c;{text}\a"
    if not screen:
        return sequence
    parts = (sequence[at : at + _SCREEN_PIECE] for at in range(0, len(sequence), _SCREEN_PIECE))
    return "".join(f"\x1bP{part}\x1b\\" for part in parts)


def _fed(command: tuple[str, ...], data: bytes, environ: Mapping[str, str]) -> bool:
    """Whether a program took what it was given."""
    import subprocess  # noqa: PLC0415 - start-up time; the command is fixed, never a shell's

    try:
        # A session of its own: what holds the selection outlives this program and its terminal.
        done = subprocess.run(  # noqa: S603 - the program is one of ours by name
            command,
            input=data,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
            start_new_session=True,
            env={**environ, "LC_CTYPE": "UTF-8"} if command[0].endswith("pbcopy") else environ,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _joined(notes: list[str]) -> str:
    return ", ".join(notes)
