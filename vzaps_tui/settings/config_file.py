"""Reads the config file, which people write by hand, and says in words what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from stat import S_ISREG
from typing import Final, cast

from vzaps_tui.domain.masking import Secret
from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible
from vzaps_tui.settings.model import EMPTY, NOTHING, declared
from vzaps_tui.settings.values import accept, is_blank

_MAX_BYTES: Final = 1_000_000
_TOP: Final = ("default_profile", "profiles", "keys")
_AT: Final = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class Config:
    """The config file, checked.

    Attributes:
        profiles: profile name to setting name to value, blank ones left out.
        general: setting name to value, of those that stand in no profile.
        keys: command id to keys, comma-separated.
        exposed: it holds secrets, and others than its owner may read it.
    """

    path: Path
    profiles: Mapping[str, Mapping[str, object]] = field(
        default_factory=dict[str, Mapping[str, object]]
    )
    general: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    default_profile: str | None = None
    keys: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    exposed: bool = False

    def choose(self, wanted: str | None) -> str | None:
        """The profile to read: the wanted one, else the default one, else the only one.

        Raises:
            SettingsError: there is none of that name; those there are, are told.
        """
        name = self.default_profile if wanted is None else wanted
        if name is None:
            return next(iter(self.profiles)) if len(self.profiles) == 1 else None
        if name in self.profiles:
            return name
        asked = "default_profile" if wanted is None else "--profile"
        names = ", ".join(map(visible, self.profiles)) or "none"
        raise SettingsError(
            f"{asked} names '{visible(name)}', which {visible(str(self.path))} does not have",
            hint=_advice(_nearest(name, self.profiles), f"Profiles there: {names}."),
        )


def read_config(path: Path) -> Config:
    """The config file; an empty Config where there is none.

    Raises:
        SettingsError: unreadable, not TOML, unknown keys, values of the wrong kind.
    """
    text, mode = _text_of(path)
    top = _toml(path, text)
    shown = visible(str(path))
    tables = dict.fromkeys(one.table for one in declared() if one.table)
    _refuse_unknown(top, (*_TOP, *tables), f"at the top of {shown}")
    default = top.get("default_profile")
    if default is not None and not isinstance(default, str):
        raise _wrong(shown, "default_profile", "the name of a profile")
    named = _table(shown, "profiles", top.get("profiles", {}))
    profiles = {name: _settings(shown, f"profiles.{name}", one) for name, one in named.items()}
    general: dict[str, object] = {}
    for table in tables:
        general |= _settings(shown, table, top.get(table, {}), table)
    held = any(isinstance(value, Secret) for one in profiles.values() for value in one.values())
    return Config(
        path=path,
        profiles=profiles,
        general=general,
        default_profile=default or None,
        keys=_keys(shown, _table(shown, "keys", top.get("keys", {}))),
        exposed=held and bool(mode & 0o077),
    )


def _text_of(path: Path) -> tuple[str, int]:
    """The file's text and mode; empty text where there is no file."""
    shown, hint = visible(str(path)), "Mend the file or move it aside, and start again."
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise SettingsError(f"{shown} is not a file", hint=hint)
        if status.st_size > _MAX_BYTES:
            raise SettingsError(f"{shown} is larger than 1 MB", hint=hint)
        return path.read_bytes().decode("utf-8-sig"), status.st_mode
    except FileNotFoundError:
        return "", 0
    except OSError as problem:
        reason = f"{shown} cannot be read: {problem.strerror or problem}"
        raise SettingsError(reason, hint="Check who may read it and its folder.") from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        # The decoder's error carries the whole file, secrets and all: it is not kept.
        raise SettingsError(f"{shown} is not UTF-8 text (line {line})", hint=hint) from None


def _toml(path: Path, text: str) -> Mapping[str, object]:
    if not text:
        return {}
    import tomllib  # noqa: PLC0415 - only where there is a file to read: --help must stay quick

    try:
        return tomllib.loads(text)
    except RecursionError:
        said = " it nests too deeply"
    except ValueError as problem:  # TOMLDecodeError is one; a number of 5,000 digits raises it bare
        found = _AT.search(str(problem))
        place = ""
        if found:
            place = f" line {found[1]}, column {found[2]}:" if found[1] else " at its end:"
        said = f"{place} {visible(_AT.sub('', str(problem)))}"
    # Raised outside the handlers: newer decoder errors carry the whole file, secrets and all.
    raise SettingsError(
        f"{visible(str(path))} is not valid TOML:{said}",
        hint="Mend that line and start again. Profiles are [profiles.NAME], then name = value.",
    )


def _wrong(shown: str, key: str, kind: str) -> SettingsError:
    return SettingsError(f"{visible(key)} in {shown} must be {kind}", hint="Mend it, start again.")


def _table(shown: str, key: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _wrong(shown, key, f"a table: [{visible(key)}]")
    return cast("dict[str, object]", value)  # the keys of TOML are text


def _nearest(name: str, names: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 - only after a mistake: --help must stay quick

    near = difflib.get_close_matches(name, list(names), n=1)
    return f"Did you mean '{visible(near[0])}'?" if near else ""


def _advice(*sentences: str) -> str:
    return " ".join(one for one in sentences if one)


def _refuse_unknown(found: Iterable[str], valid: tuple[str, ...], where: str) -> None:
    for name in found:
        if name not in valid:
            raise SettingsError(
                f"unknown key '{visible(name)}' {where}",
                hint=_advice(_nearest(name, valid), f"Valid there: {', '.join(valid)}."),
            )


def _settings(
    shown: str, place: str, value: object, table: str | None = None
) -> Mapping[str, object]:
    """Setting name to value: of a profile, or of the table of that name."""
    found = _table(shown, place, value)
    known = {one.key: one for one in declared() if one.table == table}
    where = f"in [{visible(place)}] of {shown}"
    _refuse_unknown(found, tuple(known), where)
    return {
        known[key].name: accept(known[key], given, f"{key} {where}")
        for key, given in found.items()
        if not is_blank(given)
    }


def _keys(shown: str, found: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Command id to keys. An unquoted `group.command = …` is a table to TOML: joined again here."""
    keys: dict[str, str] = {}
    for name, value in found.items():
        command = f"{prefix}{name}"
        if isinstance(value, dict):
            keys |= _keys(shown, cast("dict[str, object]", value), f"{command}.")
            continue
        many = cast("list[object]", value) if isinstance(value, list) else [value]
        texts = [one.strip() for one in many if isinstance(one, str) and one.strip()]
        if not texts or len(texts) != len(many):
            raise _wrong(shown, f"keys.{command}", "text like 'r', or a list of such")
        keys[command] = ",".join(texts)
    return keys
