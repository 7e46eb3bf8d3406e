"""What a command is, how its keys read, and what Textual is told of it."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from vzaps_tui.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class Command:
    """One thing a person can do.

    Attributes:
        id: `place.name`; what `[keys]` in the config file remaps.
        keys: comma-separated Textual key names; the first is the one shown.
        action: name of the screen's or app's action; empty where a widget itself acts.
        label: one or two words for the footer; empty = not in the footer.
        help: what it does, in a sentence without a full stop.
        mutates: whether it changes something outside this program (refused when read-only).
        palette: whether the palette offers it; keys that move or peel are left out.
    """

    id: str
    keys: str
    action: str
    label: str
    help: str
    mutates: bool = False
    palette: bool = True

    @property
    def name(self) -> str:
        """The command's own words: `mark all` for `deliveries.mark_all`."""
        return self.id.partition(".")[2].replace("_", " ")


@dataclass(frozen=True, slots=True)
class Place:
    """Where commands belong, and the heading they stand under in help and README."""

    name: str
    title: str
    commands: tuple[Command, ...]


_DISPLAY = {
    "question_mark": "?", "colon": ":", "slash": "/", "escape": "esc", "left_square_bracket": "[",
    "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}",
    "pagedown": "pgdn", "pageup": "pgup",
    "down": "↓", "up": "↑", "left": "←", "right": "→", "f5": "F5", "f1": "F1",
}  # fmt: skip


def show_key(key: str) -> str:
    """A key as a person reads it: `?` for question_mark, `esc` for escape."""
    return _DISPLAY.get(key, key)


def show_keys(keys: str) -> str:
    """All keys of a command, for help and README."""
    return " ".join(show_key(key) for key in keys.split(",") if key)


def bindings(*places: Place) -> list[BindingType]:
    """Textual bindings of the commands that a screen or the app acts on itself."""
    return [
        Binding(
            command.keys,
            command.action,
            command.label or command.help,
            id=command.id,
            tooltip=command.help,
        )
        for place in places
        for command in place.commands
        if command.action and command.keys
    ]
