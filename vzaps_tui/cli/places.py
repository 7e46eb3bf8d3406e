"""Where files are kept (DESIGN 5), and how folders of ours are made."""

from __future__ import annotations

import os
from stat import S_IMODE
from typing import TYPE_CHECKING, NamedTuple

from vzaps_tui.domain.problems import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

APP = "vzaps-tui"
_PRIVATE = 0o700


class Places(NamedTuple):
    """One path for each kind of file; none of them need exist."""

    config: Path
    archive: Path
    deliveries: Path
    state: Path
    log: Path

    def lines(self, *, log: Path | None = None) -> tuple[str, ...]:
        """One line a place, name and path; `log` is the file asked for with `--log-file`."""
        pairs = (
            ("config", self.config),
            ("archive", self.archive),
            ("deliveries", self.deliveries),
            ("state", self.state),
            ("log", log or self.log),
        )
        return tuple(f"{name:<10} {path}" for name, path in pairs)


def places() -> Places:
    """The places of this user on this system.

    Raises:
        SettingsError: the system does not say where the user's home is.
    """
    import platformdirs  # noqa: PLC0415 - --help needs no folder

    archive = platformdirs.user_cache_path(APP, appauthor=False) / "archive.db"
    found = Places(
        config=platformdirs.user_config_path(APP, appauthor=False) / "config.toml",
        archive=archive,
        deliveries=deliveries_beside(archive),
        state=platformdirs.user_state_path(APP, appauthor=False) / "state.db",
        log=platformdirs.user_log_path(APP, appauthor=False) / f"{APP}.log",
    )
    if not all(one.is_absolute() for one in found):
        raise SettingsError(
            "the home folder of this user is not known",
            hint="Set HOME to an absolute path, and start again.",
        )
    return found


def deliveries_beside(archive: Path) -> Path:
    """Where delivery rows are kept, beside the other answers of the API."""
    return archive.with_name("deliveries.db")


def make_private(folder: Path) -> None:
    """Make a folder of ours, and those above it that are missing, for the owner alone.

    A folder that is there already and bears the program's name is closed to others.

    Raises:
        OSError: it cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=_PRIVATE, exist_ok=True)
    for one in (folder, *folder.parents):
        status = one.stat()
        if one.name == APP and status.st_uid == os.getuid() and S_IMODE(status.st_mode) & 0o077:
            one.chmod(_PRIVATE)
