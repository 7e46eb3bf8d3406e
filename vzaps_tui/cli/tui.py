"""Runs the interface: settings, terminal, log, composition, app; again for the demo it offers."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import field, replace
from typing import TYPE_CHECKING

from vzaps_tui import __version__
from vzaps_tui.cli.places import Places, places
from vzaps_tui.cli.run import DONE, USAGE
from vzaps_tui.cli.terminal import why_not
from vzaps_tui.domain.instances import looks_like_id
from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible
from vzaps_tui.settings.config_file import read_config
from vzaps_tui.settings.loading import load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vzaps_tui.cli.run import Run
    from vzaps_tui.settings import Settings


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asked for.

    Attributes:
        flags: setting name to value, None where not given.
    """

    demo: bool = False
    profile: str | None = None
    no_disk: bool = False
    flags: Mapping[str, object] = field(default_factory=dict[str, object])


def show(wishes: Wishes, this: Run) -> int:
    """Show the interface until it is left; the exit code.

    Raises:
        SettingsError: settings that cannot be used.
    """
    where = places()
    wish = wishes.flags.get("instance_id")
    name = wish if isinstance(wish, str) and not looks_like_id(wish) else ""
    flags = {**wishes.flags, "instance_id": None} if name else wishes.flags
    settings = load(flags, os.environ, read_config(where.config), wishes.profile)
    if name and not wishes.demo and settings.instance_token and not settings.account_mode:
        raise SettingsError(
            f"--instance '{visible(name)}' is no instance id (VZ…)",
            hint="Names can be looked up with VZAPS_CLIENT_SECRET only; without it give the id.",
        )
    for secret in settings.secrets():
        this.masker.learn(secret)
    refusal = why_not(sys.stdin, sys.stderr, os.environ)
    if refusal is not None:
        this.say(*refusal)
        return USAGE
    return _draw(wishes, settings, where, this, name)


def _draw(wishes: Wishes, settings: Settings, where: Places, this: Run, name: str) -> int:
    # Textual and what is drawn with it: loaded only now that there is a terminal.
    from vzaps_tui.cli.compose import DEMO, Plan, compose  # noqa: PLC0415
    from vzaps_tui.ui.app import VzapsApp  # noqa: PLC0415

    keys, problems = _checked_keys(settings)
    notices = (*this.start_log(disk=not wishes.no_disk), *problems)
    log = logging.getLogger(__name__)
    log.info("vzaps-tui %s starts\n%s", __version__, settings.explain())
    plan = Plan(
        settings=replace(settings, keys=keys),
        config=where.config,
        archive=None if wishes.no_disk else where.archive,
        state=None if wishes.no_disk else where.state,
        demo=wishes.demo,
        named=name,
        notices=notices,
    )
    _measure_where_it_is_drawn()
    app = VzapsApp(compose(plan, this.masker))
    if app.run() == DEMO and not plan.demo:
        app = VzapsApp(compose(replace(plan, demo=True, notices=()), this.masker))
        app.run()
    code = app.return_code or DONE
    log.info("vzaps-tui ends with %s", code)
    return code


def _checked_keys(settings: Settings) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The keys that can be used, and why each other is not."""
    if not settings.keys:
        return settings.keys, ()
    from vzaps_tui.ui.keymap import checked_keymap  # noqa: PLC0415 - only where keys are set

    keymap = checked_keymap(settings.keys)
    return keymap.keys, keymap.problems


def _measure_where_it_is_drawn() -> None:
    """Textual draws on standard error but asks standard output, maybe a file, for the size."""
    out, err = sys.__stdout__, sys.__stderr__
    if err is not None and err.isatty() and not (out is not None and out.isatty()):
        sys.__stdout__ = err
