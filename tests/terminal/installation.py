"""The program as people get it: a wheel, installed into a virtual environment of its own."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
_ROOM = 300


class Installation(NamedTuple):
    """Where things are."""

    wheel: Path
    python: Path
    program: Path


def install(factory: pytest.TempPathFactory) -> Installation:
    """Build the wheel and install it, once for all workers of a test run."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "installation"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        if not done.exists():
            _make(folder)
            done.touch()
    (wheel,) = (folder / "dist").glob("*.whl")
    scripts = folder / "venv" / "bin"
    return Installation(wheel, scripts / "python", scripts / "vzaps-tui")


def _make(folder: Path) -> None:
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder / "dist"), str(CHECKOUT))
    (wheel,) = (folder / "dist").glob("*.whl")
    home = folder / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    _pip("--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    # The libraries are those of this run. A line of a .pth file is searched after the wheel, and
    # its own .pth files (the checkout's) are not read.
    (site,) = home.glob("lib/python*/site-packages")
    found = [one for one in sys.path if one.endswith(("site-packages", "dist-packages"))]
    (site / "libraries.pth").write_text("\n".join(found) + "\n")


def _pip(*arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments],
        capture_output=True,
        text=True,
        timeout=_ROOM,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pip {arguments[0]}: {done.stdout}{done.stderr}")


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A clean terminal and a clean home; nothing of the checkout, nothing of VZaps."""
    folders = {
        f"XDG_{kind}_HOME": str(home / kind.lower())
        for kind in ("CONFIG", "CACHE", "STATE", "DATA")
    }
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "TZ": "America/Sao_Paulo",
        **folders,
        **(extra or {}),
    }
