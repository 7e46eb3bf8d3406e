"""Copies what was chosen, one after another, and says which way it went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from vzaps_tui.ui.clipboard import Clipboard, Handed, Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App

    from vzaps_tui.ui.clipboard import Send
    from vzaps_tui.ui.copy_item import CopyItem

_LONG = 8.0  # seconds that words with a path or a doubt stay


class Copying:
    """Owned by the app: what was begun goes on when a screen is left."""

    def __init__(
        self, app: App[Any], clipboard: Clipboard, send: Send, say: Callable[..., None]
    ) -> None:
        self._app = app
        self._clipboard = clipboard
        self._send = send
        self._say = say
        self._turn = asyncio.Lock()  # the last one chosen is the last one there

    def start(self, item: CopyItem) -> None:
        """Begin; returns at once."""
        self._app.run_worker(self._run(item), name="copy", group="copy", exclusive=False)

    async def _run(self, item: CopyItem) -> None:
        async with self._turn:
            handed = await self._clipboard.put(item.text, self._send)
        words = said(item, handed)
        if handed.way is Way.FAILED:
            self._say(words, severity="error", timeout=_LONG)
        elif handed.way is Way.COPIED:
            self._say(words)
        else:
            self._say(words, timeout=_LONG)


def said(item: CopyItem, handed: Handed) -> str:
    """What became of a copy, in words: never "copied" where that is not known."""
    what = f"{item.label}, {len(item.text):,} characters"
    why = f" ({handed.note})" if handed.note else ""
    match handed.way:
        case Way.COPIED:
            return f"{handed.way} {handed.where}: {what}."
        case Way.HANDED:
            return (
                f"{handed.way}{why}: {what}. If pasting brings nothing, your terminal or tmux "
                "does not allow it."
            )
        case Way.BUFFERED:
            return (
                f"{handed.way}{why}: {what}. If pasting elsewhere brings nothing, tmux does not "
                "allow it (set-clipboard)."
            )
        case Way.WRITTEN:
            return f"{handed.way} {handed.where}{why}: {what}."
        case Way.FAILED:
            return (
                f"{handed.way}: {what}: {handed.where}. Set `clipboard` (VZAPS_CLIPBOARD) to "
                "another way, or select it with the mouse while holding shift."
            )
