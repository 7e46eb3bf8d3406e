"""Pictures of every screen at the sizes people have; each was looked at when accepted.

Look for: nothing cut without an ellipsis, columns aligned, the cursor visible, age and counts on
the first two lines, the keys on the last.
"""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import Mock

import pytest

from tests.snapshots import scenes, scenes_lists, scenes_retries
from tests.snapshots.stage import AtOnce, Scene
from vzaps_tui.storage import archive_lane
from vzaps_tui.ui import jobs
from vzaps_tui.ui.widgets.top_bar import TopBar

SCENES: dict[str, Scene] = scenes.SCENES | scenes_lists.SCENES | scenes_retries.SCENES
PICTURES = [(name, size) for name, scene in SCENES.items() for size in scene.sizes]


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions to the archive are answered in the order they are asked in."""
    monkeypatch.setattr(archive_lane, "ThreadPoolExecutor", AtOnce)


@pytest.fixture(autouse=True)
def no_last_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """An API that is held in the middle of an answer gives none when the picture is taken."""
    monkeypatch.setattr(jobs, "_LAST_WAIT", 0.0)


@pytest.fixture(autouse=True)
def no_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a slow machine takes for a picture is not to be read on it."""
    monkeypatch.setattr(TopBar, "_aged", Mock())


@pytest.mark.parametrize(("name", "size"), PICTURES, ids=map("-".join, PICTURES))
def test_picture(snap_compare: Callable[..., bool], name: str, size: str) -> None:
    app, play = SCENES[name].stage()
    width, height = map(int, size.split("x"))
    assert snap_compare(app, terminal_size=(width, height), run_before=play)


def test_picture_of_a_tiny_terminal(snap_compare: Callable[..., bool]) -> None:
    app, play = SCENES["deliveries"].stage()
    assert snap_compare(app, terminal_size=(20, 5), run_before=play)
