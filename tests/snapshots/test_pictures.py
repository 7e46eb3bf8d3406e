"""Pictures of every screen at the two sizes people have most; each was looked at when accepted.

Look for: nothing cut without an ellipsis, columns aligned, the cursor visible, age and counts on
the first two lines, the keys on the last.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.snapshots.scenes import SCENES

SIZES = {"120x36": (120, 36), "80x24": (80, 24)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", SCENES)
def test_picture(snap_compare: Callable[..., bool], name: str, size: str) -> None:
    app, play = SCENES[name].stage()
    assert snap_compare(app, terminal_size=SIZES[size], run_before=play)


def test_picture_of_a_tiny_terminal(snap_compare: Callable[..., bool]) -> None:
    app, play = SCENES["deliveries"].stage()
    assert snap_compare(app, terminal_size=(20, 5), run_before=play)
