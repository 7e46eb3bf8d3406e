"""The main job by keys, from the installed wheel, in a real terminal."""

from __future__ import annotations

import pytest

from tests.terminal.conftest import Opener
from tests.terminal.terminal import USUAL, WIDE, Size, Terminal


def cursor_line(terminal: Terminal) -> str:
    return terminal.line("▌")


def retry_until_delivered(terminal: Terminal) -> None:
    """Retry failures from the list, one after another, until one is delivered."""
    for _ in range(5):
        before = cursor_line(terminal)
        assert "FAILED" in before
        time = before.split()[1]
        terminal.press("r")
        terminal.wait_until(
            lambda text, time=time: any(
                time in line and ("DELIVERED" in line or "FAILED AGAIN" in line)
                for line in text.splitlines()
            ),
            f"an outcome of {time}",
        )
        if "FAILED AGAIN" not in terminal.line(time):
            return
        terminal.press("down")
        terminal.wait_until(lambda text, old=before: old not in text, "the next failure")
    raise AssertionError(f"five retries failed\n{terminal.text}")


@pytest.mark.parametrize("size", [WIDE, USUAL], ids=["120x36", "80x24"])
def test_a_failure_is_found_sent_again_and_the_webhook_changed(vzaps: Opener, size: Size) -> None:
    with vzaps("--demo", size=size) as terminal:
        terminal.wait("Support BR", "Sandbox", "4 of 4", "· live", "connected")
        assert "Support BR" in cursor_line(terminal)
        terminal.press("enter")
        terminal.wait("Support BR › Deliveries", "DELIVERED", "· live")
        terminal.press("f")
        terminal.wait_until(
            lambda text: "FAILED" in text and "DELIVERED" not in text and "· live" in text,
            "failures only",
        )
        terminal.press("enter")
        terminal.wait("1 Attempts", "log_", "· live")
        terminal.press("2")
        terminal.wait('"type"', "· live")
        terminal.press("escape")
        terminal.wait_gone("1 Attempts")
        retry_until_delivered(terminal)
        terminal.press("w")
        terminal.wait("Support BR › Webhook", "Nothing yet.", "[x]  Message")
        terminal.press("tab")
        terminal.wait("▌")
        while "[ ]  Connected" not in cursor_line(terminal):
            old = cursor_line(terminal)
            terminal.press("down")
            terminal.wait_gone(old)
        terminal.press("space")
        terminal.wait("[x]  Connected", "+ Connected")
        terminal.press("ctrl+s")
        terminal.wait("Save the webhook of Support BR?", "+ Connected", "Cancel")
        terminal.press("right")
        terminal.press("enter")
        terminal.wait("Saved and read back")
        terminal.press("escape")
        terminal.wait("Support BR › Deliveries", "DELIVERED")
        terminal.press("w")
        terminal.wait("Support BR › Webhook", "[x]  Connected", "Nothing yet.")
        terminal.press("escape")
        terminal.wait("Support BR › Deliveries", "DELIVERED")
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_over() == []
