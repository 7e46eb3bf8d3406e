"""Runs the program in a process of its own, in a home of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PATIENCE = 60


def environment(home: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment without anything of VZaps, with every folder under `home`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VZAPS_", "_VZAPS", "XDG_", "COV_"))
    }
    folders = {
        f"XDG_{kind}_HOME": str(home / kind.lower())
        for kind in ("CONFIG", "CACHE", "STATE", "DATA")
    }
    root = str(Path(__file__).resolve().parents[2])
    return {**kept, "HOME": str(home), "PYTHONPATH": root, **folders, **(extra or {})}


def python(
    home: Path, *arguments: str, extra: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter; its standard streams are pipes."""
    return subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [sys.executable, *arguments],
        env=environment(home, extra),
        cwd=home,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def vzaps(
    home: Path, *arguments: str, extra: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`vzaps-tui ARGUMENTS`."""
    return python(home, "-m", "vzaps_tui", *arguments, extra=extra)
