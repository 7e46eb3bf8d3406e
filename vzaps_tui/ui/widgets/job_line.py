"""One line above the keys while retries are under way: a bar with counts, and how to stop."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

_BAR = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of the retries of this run: how many, how many are settled, and what they came to."""

    total: int = 0
    settled: int = 0
    words: tuple[tuple[str, int], ...] = ()

    @property
    def is_busy(self) -> bool:
        """Whether some are still open."""
        return self.settled < self.total


class JobLine(Widget):
    """Shown only while something is under way."""

    DEFAULT_CSS = """
    JobLine { dock: bottom; height: 1; padding: 0 1; display: none; background: $boost; }
    JobLine.-open { display: block; }
    """

    tally: reactive[Tally] = reactive(Tally())

    def watch_tally(self, tally: Tally) -> None:
        """Come and go with the work."""
        self.set_class(tally.is_busy, "-open")

    @override
    def render(self) -> Text:
        tally = self.tally
        full = 0 if not tally.total else _BAR * tally.settled // tally.total
        text = Text("Retrying ", no_wrap=True, overflow="ellipsis")
        text.append("━" * full, "green")
        text.append("─" * (_BAR - full), "dim")
        text.append(f" {tally.settled} of {tally.total} settled")
        for word, count in tally.words:
            text.append(f" · {count} {word}")
        text.append("   X stops", "dim")
        return text
