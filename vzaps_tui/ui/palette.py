"""The palette's commands: those of the screen in front, from the registry."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from typing_extensions import override

from vzaps_tui.ui.board import Board
from vzaps_tui.ui.command import Command, show_key
from vzaps_tui.ui.commands import keys_of


class CommandProvider(Provider):
    """Offers every command that acts on the screen in front, with its key."""

    def _commands(self) -> Iterator[tuple[str, Command]]:
        if not isinstance(self.screen, Board):
            return
        board = self.screen
        keymap = board.host.launch.keymap
        for place in reversed(board.PLACES):
            for command in place.commands:
                allowed = board.check_action(command.action.partition("(")[0], ()) and not (
                    command.mutates and board.host.launch.read_only
                )
                if command.palette and command.action and allowed:
                    key = show_key(keys_of(command, keymap).partition(",")[0].strip())
                    yield f"{place.title}, {command.name}: {command.help}  ({key})", command

    @override
    async def discover(self) -> Hits:
        for words, command in self._commands():
            yield DiscoveryHit(Content(words), partial(self.screen.run_action, command.action))

    @override
    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for words, command in self._commands():
            if (score := matcher.match(words)) > 0:
                yield Hit(
                    score, matcher.highlight(words), partial(self.screen.run_action, command.action)
                )
