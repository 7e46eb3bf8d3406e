"""One line above the keys while work is under way: a bar with counts, and how to stop."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

_BAR = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of work under way.

    Attributes:
        total: how many things are to be done.
        settled: how many are done.
        words: what they came to.
        doing: what is being done.
        done: what is said of the settled ones.
    """

    total: int = 0
    settled: int = 0
    words: tuple[tuple[str, int], ...] = ()
    doing: str = "Retrying"
    done: str = "settled"

    @property
    def is_busy(self) -> bool:
        """Whether some are still open."""
        return self.settled < self.total


class JobLine(Widget):
    """Shown only while something is under way."""

    DEFAULT_CSS = """
    JobLine { height: 1; padding: 0 1; display: none; background: $boost; }
    JobLine.-open { display: block; }
    """

    tally: reactive[Tally] = reactive(Tally())

    def watch_tally(self, tally: Tally) -> None:
        """Come and go with the work."""
        self.set_class(tally.is_busy, "-open")

    @override
    def render(self) -> Content:
        tally = self.tally
        full = 0 if not tally.total else _BAR * tally.settled // tally.total
        counts = "".join(f" · {count} {word}" for word, count in tally.words)
        return Content.assemble(
            f"{tally.doing} ",
            ("━" * full, "$text-success"),
            ("─" * (_BAR - full), "$text-muted"),
            f" {tally.settled:,} of {tally.total:,} {tally.done}{counts}",
            ("   X stops", "$text-muted"),
        )
