"""Checks the `[keys]` of the config file: only what a person can mean reaches the app."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Final

from textual.binding import Binding
from textual.keys import Keys

from vzaps_tui.domain.record import dataclass
from vzaps_tui.ui.command import Command, show_key
from vzaps_tui.ui.commands import (
    COMMANDS,
    DELIVERIES,
    DELIVERY,
    EVERYWHERE,
    FINDING,
    INSTANCES,
    JSON,
    MOVING,
    OPENING,
    TRIAGE,
    WEBHOOK,
)

_ALWAYS: Final = (EVERYWHERE, FINDING, MOVING, OPENING)
TOGETHER: Final = tuple(
    tuple(command for place in (*_ALWAYS, *own) for command in place.commands)
    for own in ((INSTANCES,), (DELIVERIES,), (TRIAGE,), (DELIVERY, JSON), (WEBHOOK,))
)
"""Commands that are usable at the same place, where a key can mean but one of them."""

_KNOWN: Final = {command.id: command for command in COMMANDS}
_MODIFIERS: Final = {"alt", "ctrl", "shift"}
# A terminal sends the same bytes for both: two names, one key.
_SAME: Final = {
    "ctrl+h": "backspace",
    "ctrl+i": "tab",
    "ctrl+left_square_bracket": "escape",
    "ctrl+m": "enter",
    "return": "enter",
}


@dataclass(frozen=True, slots=True)
class Keymap:
    """What is left of `[keys]`.

    Attributes:
        keys: command id to comma-separated key names, the entries that can be used.
        problems: why each other entry is not used, in words.
    """

    keys: Mapping[str, str]
    problems: tuple[str, ...] = ()


def checked_keymap(wanted: Mapping[str, str]) -> Keymap:
    """Leave out entries of no known command, of no known key, or of another command's key.

    Two commands may swap their keys: only what both would have in the end counts. Where two
    entries want the same key, the one that changes something outside gives way, else the later.

    Args:
        wanted: command id to comma-separated key names, as a person wrote them.
    """
    keys: dict[str, str] = {}
    problems: list[str] = []
    if not wanted:
        return Keymap(keys)
    for name, text in wanted.items():
        if problem := _entry_problem(name, text):
            problems.append(f"[keys] {problem} Not used.")
        else:
            keys[name] = ",".join(_spelled(key.strip()) for key in text.split(","))
    while clash := next(_clashes(keys), None):
        for loser in clash.losers(tuple(keys)):
            del keys[loser.id]
            problems.append(clash.words(loser))
    return Keymap(keys, tuple(problems))


# -- one entry -------------------------------------------------------------------------------------


def _entry_problem(name: str, text: str) -> str:
    command = _KNOWN.get(name)
    if command is None:
        return f"{name}: no such command{_hint(_nearest(name, _KNOWN))}."
    if not command.keys:
        return f"{name} is done by the keys of move.open: remap those."
    for key in (key.strip() for key in text.split(",")):
        if not key_name(key):
            return f'{name}: there is no key "{key}"{_hint(_nearest_key(key))}.'
    return ""


def key_name(key: str) -> str:
    """The one name of a key, as events carry it; empty if there is no such key.

    Args:
        key: a character, or a name such as `f5` or `ctrl+shift+left`, as a person wrote it.
    """
    if len(key) == 1:
        return _name_of(key) if key.isprintable() and not key.isspace() else ""
    *modifiers, base = key.split("+")
    if len(base) == 1 and not base.isupper() and base.isprintable() and not base.isspace():
        base = _name_of(base)
    if base not in _BASES or not _modified(modifiers, base):
        return ""
    name = "+".join((*sorted(modifiers), base))
    return _SAME.get(name, name)


def _modified(modifiers: list[str], base: str) -> bool:
    """Whether modifiers fit: a shifted character is the character it gives, `R` or `?`."""
    if not set(modifiers) <= _MODIFIERS or len(set(modifiers)) != len(modifiers):
        return False
    return not modifiers or (
        not base.isupper() and (modifiers != ["shift"] or base not in _PRINTED)
    )


def _name_of(character: str) -> str:
    if character == ",":  # it parts the keys of a binding
        return "comma"
    return next(iter(Binding.make_bindings([Binding(character, "")]))).key


_PRINTED: Final = {_name_of(one) for one in string.printable if not one.isspace()}
_BASES: Final = _PRINTED | {
    key.value for key in Keys if key.value.isalnum() and not key.value.isspace()
}


def _spelled(key: str) -> str:
    """A key for bindings; a character stays as written, it reads best in hints."""
    return key if len(key) == 1 else key_name(key)


def _nearest_key(key: str) -> str:
    *modifiers, base = key.lower().split("+")
    if modifiers == ["shift"] and len(base) == 1:
        return base.upper()
    fixed = "+".join((*(_nearest(one, _MODIFIERS) for one in modifiers), _nearest(base, _BASES)))
    return fixed if key_name(fixed) else ""


def _nearest(name: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only after a mistake: start-up time

    return next(iter(get_close_matches(name, sorted(names), n=1)), "")


def _hint(name: str) -> str:
    return f"; nearest is {name}" if name else ""


# -- entries together ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Clash:
    """A key that two commands of one place would have."""

    key: str
    one: Command
    other: Command

    def losers(self, remapped: tuple[str, ...]) -> tuple[Command, ...]:
        """Whose entries to leave out; `remapped` in the order of the file."""
        moved = [one for one in (self.one, self.other) if one.id in remapped]
        changing = tuple(one for one in moved if one.mutates)
        return changing or (max(moved, key=lambda one: remapped.index(one.id)),)

    def words(self, loser: Command) -> str:
        kept = self.other if loser is self.one else self.one
        key = show_key(self.key)
        return f'[keys] {loser.id}: "{key}" is also the key of {kept.id}. Not used.'


def _clashes(keys: Mapping[str, str]) -> Iterator[_Clash]:
    for commands in TOGETHER:
        names = {command: _names(keys.get(command.id, command.keys)) for command in commands}
        for one, other in combinations(commands, 2):
            for key in sorted(names[one] & names[other]):
                yield _Clash(key, one, other)


def _names(keys: str) -> set[str]:
    return {key_name(key) for key in keys.split(",") if key}
