"""Two lines under the top bar that say what went wrong; gone when nothing is."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from vzaps_tui.domain.text import visible


class ProblemBar(Static):
    """Hidden while there is nothing to say."""

    DEFAULT_CSS = """
    ProblemBar {
        height: auto; max-height: 3; padding: 0 1; display: none;
        background: $error-muted; color: $text-error;
    }
    ProblemBar.-open { display: block; }
    """

    def say(self, problem: str) -> None:
        """Show a problem, or hide when it is empty."""
        self.set_class(bool(problem), "-open")
        self.update(Content(f"! {visible(problem)}") if problem else "")
