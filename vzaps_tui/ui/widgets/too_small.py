"""What is shown instead of a screen that a terminal has no room for."""

from __future__ import annotations

from textual.widgets import Static

SMALLEST = (60, 20)


class TooSmall(Static):
    """Covers the screen below 60×20; the screen beneath keeps its focus and its state."""

    DEFAULT_CSS = """
    TooSmall {
        layer: cover; dock: top; width: 100%; height: 100%; display: none;
        background: $background; color: $foreground;
        content-align: center middle; text-align: center;
    }
    """

    def __init__(self) -> None:
        super().__init__(f"Please enlarge to {SMALLEST[0]}×{SMALLEST[1]}\nq leaves", markup=False)
