"""The first run: no credentials anywhere."""

from __future__ import annotations

import pytest

from tests.terminal.conftest import Opener
from tests.terminal.terminal import USUAL, WIDE, Size


@pytest.mark.parametrize("size", [WIDE, USUAL], ids=["120x36", "80x24"])
def test_it_says_what_to_set_and_opens_the_demo(vzaps: Opener, size: Size) -> None:
    with vzaps(size=size) as terminal:
        text = terminal.wait("VZAPS_CLIENT_TOKEN", "VZAPS_CLIENT_SECRET", "d opens the demo")
        assert "vzaps-tui/config.toml" in text.replace("\n", "").replace(" ", "")
        terminal.press("d")
        terminal.wait("Support BR", "demo · live")
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_over() == []


def test_it_can_be_left(vzaps: Opener) -> None:
    with vzaps() as terminal:
        terminal.wait("VZAPS_CLIENT_TOKEN")
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_over() == []
