"""Finds the value in force of every setting: flag, environment, config file or default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.domain.text import visible
from vzaps_tui.settings.model import Declaration, Settings, declared
from vzaps_tui.settings.values import accept, from_text, is_blank

if TYPE_CHECKING:
    from vzaps_tui.settings.config_file import Config

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


def load(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    config: Config,
    profile: str | None = None,
) -> Settings:
    """The settings in force.

    Args:
        flags: setting name to value; None for a flag that was not given.
        environ: the environment; empty variables count as not set.
        config: from `read_config`.
        profile: the name given with `--profile`.

    Raises:
        SettingsError: a value that cannot be used, or no such profile.
    """
    chosen = config.choose(profile)
    kept = {**config.general, **({} if chosen is None else config.profiles[chosen])}
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for one in declared():
        source, value = _find(one, flags, environ, kept)
        if source:
            values[one.name], sources[one.name] = value, source
    found = Settings(**values, profile=chosen, keys=config.keys, sources=sources)
    return replace(found, notices=tuple(_notices(found, config, kept)))


def _find(
    one: Declaration,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    kept: Mapping[str, object],
) -> tuple[str, object]:
    """Source in words (empty: nowhere) and value."""
    given = flags.get(one.name)
    if given is not None and one.flag:
        if is_blank(given):
            raise SettingsError(f"{one.flag} is empty", hint="Give a value, or leave it out.")
        return one.flag, accept(one, given, one.flag)
    text = environ.get(one.env, "")
    if not is_blank(text):
        return one.env, from_text(one, text, one.env)
    if one.name in kept:
        return "profile" if one.table is None else f"[{one.table}]", kept[one.name]
    return "", None


def _notices(found: Settings, config: Config, kept: Mapping[str, object]) -> Iterator[str]:
    profile, path = visible(found.profile or ""), visible(str(config.path))
    for one in declared():
        overruled = found.sources.get(one.name) == one.env and one.name in kept
        if overruled and kept[one.name] != getattr(found, one.name):
            where = f"{one.path} in profile '{profile}'" if one.table is None else one.path
            yield f"{one.env} takes the place of {where}."
    if config.exposed:
        yield f"{path} holds secrets and others can read it: chmod 600 it."
    if found.profile is None and config.profiles and found.client_token is None:
        names = ", ".join(map(visible, config.profiles))
        yield f"No profile was chosen of {names}: give --profile, or set default_profile in {path}."
    address = urlsplit(found.base_url)
    if address.scheme == "http" and address.hostname not in _LOOPBACK:
        yield f"Tokens travel readable by others: {found.base_url} is not https."
    name = found.instance_id
    # With the account's secret a name is looked up.
    if name and not found.account_mode and not (name.startswith("VZ") and name.isalnum()):
        yield f"Instance '{name}' does not look like an instance id (VZ…)."
