"""What terminals differ in: size, pastes, no colours."""

from __future__ import annotations

import re

import pyte.screens

from tests.terminal.conftest import Opener
from tests.terminal.terminal import USUAL, Size, Terminal
from vzaps_tui.ui.commands import COMMANDS

HELP_OF_MARK = next(one.help for one in COMMANDS if one.id == "deliveries.mark")
_LEGIBLE = 4.5  # contrast of small text, WCAG AA


def test_a_tiny_terminal_asks_for_room_and_then_shows_the_list(vzaps: Opener) -> None:
    with vzaps("--demo", size=Size(20, 5)) as terminal:
        terminal.wait("enlarge")
        terminal.resize(USUAL)
        assert "enlarge" not in terminal.wait("Instances", "Support BR", "· live")
        terminal.resize(Size(20, 5))
        terminal.wait("enlarge")
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_over() == []


def test_pasted_text_runs_no_command(vzaps: Opener) -> None:
    with vzaps("--demo") as terminal:
        terminal.wait("Support BR", "4 of 4", "· live")
        terminal.paste("rrr q\rw")
        terminal.press("/")
        terminal.wait_until(lambda text: "\n /\n" in text, "the find bar")
        terminal.paste("Vendas")
        terminal.wait("1 found")  # where text belongs, it is taken as text
        terminal.press("escape")
        terminal.wait_gone("1 found")
        terminal.press("enter")
        terminal.wait("Vendas", "› Deliveries", "DELIVERED", "· live")
        terminal.press("f")
        terminal.wait_until(lambda text: "FAILED" in text and "DELIVERED" not in text, "failures")
        terminal.paste("rrr q\r\x11")
        terminal.press("?")
        terminal.wait(HELP_OF_MARK)
        terminal.press("escape")
        text = terminal.wait("› Deliveries", "FAILED")
        assert "Retry" not in text
        assert "Asking VZaps" not in terminal.plain
        assert "Attempts" not in terminal.plain
        terminal.press("q")
        assert terminal.wait_end() == 0


def brightness(colour: str, default: str) -> float:
    """Relative luminance, 0 to 1."""
    assert colour == "default" or re.fullmatch("[0-9a-f]{6}", colour), colour
    value = default if colour == "default" else colour
    parts = (int(value[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(cell: pyte.screens.Char) -> float:
    """WCAG contrast of a cell, 1 to 21."""
    both = sorted((brightness(cell.fg, "ffffff"), brightness(cell.bg, "000000")))
    return (both[1] + 0.05) / (both[0] + 0.05)


def is_grey(cell: pyte.screens.Char) -> bool:
    values = [one for one in (cell.fg, cell.bg) if one != "default"]
    return all(one[:2] == one[2:4] == one[4:] for one in values)


def hard_to_read(terminal: Terminal, *words: str) -> dict[str, float]:
    """Of these words, those with too little contrast."""
    found = {word: min(map(contrast, terminal.cells(word))) for word in words}
    return {word: value for word, value in found.items() if value < _LEGIBLE}


def test_without_colours_marks_cursor_and_status_are_still_told(vzaps: Opener) -> None:
    with vzaps("--demo", extra={"NO_COLOR": "1"}) as terminal:
        terminal.wait("Support BR", "· live", "connected")
        terminal.press("enter")
        terminal.wait("Deliveries", "FAILED", "DELIVERED", "· live")
        terminal.press("space")
        terminal.wait("1 marked", "●")
        words = ("▌", "●", "FAILED", "DELIVERED", "Status", "1 marked", "quit", "· live")
        assert hard_to_read(terminal, *words) == {}
        assert all(is_grey(cell) for word in words for cell in terminal.cells(word))
        cursor = terminal.line("▌")
        assert "●" not in cursor  # the mark stayed on its row, the cursor went on
        terminal.press("w")
        terminal.wait("[x]  Message", "[ ]  Connected", "Nothing yet.")
        assert hard_to_read(terminal, "[x]", "[ ]", "Message", "Nothing yet.") == {}
        terminal.press("tab", "escape")
        terminal.wait("› Deliveries", "●")
        terminal.press("q")
        assert terminal.wait_end() == 0
