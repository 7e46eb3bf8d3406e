"""One line above the keys while work is under way: a bar with counts, and how to stop."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible

_BAR, _SHORT_BAR, _SHORTEST_BAR = 20, 10, 6
_ROOMY = 100


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of work under way.

    Attributes:
        total: how many things are to be done.
        settled: how many are done.
        words: what they came to.
        doing: what is being done.
        done: what is said of the settled ones.
        note: what a person must know before the counts; unsafe text.
        keys: what keys do meanwhile.
    """

    total: int = 0
    settled: int = 0
    words: tuple[tuple[str, int], ...] = ()
    doing: str = "Retrying"
    done: str = "settled"
    note: str = ""
    keys: str = "X stops"

    @property
    def is_busy(self) -> bool:
        """Whether some are still open."""
        return self.settled < self.total


def bar(settled: int, total: int, width: int) -> Content:
    """How far something is, as a line of `width` cells."""
    full = 0 if not total else width * settled // total
    return Content.assemble(("━" * full, "$text-success"), ("─" * (width - full), "$text-muted"))


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
        tally, width = self.tally, self.content_size.width
        counts = "".join(f" · {count:,} {word}" for word, count in tally.words)
        note = f" · {visible(tally.note)}" if tally.note else ""
        keys = Content.styled(f"   {tally.keys}", "$text-muted")
        # What the keys do is never cut off.
        room = max(0, width - keys.cell_length)
        cells = _BAR if width >= _ROOMY else _SHORT_BAR
        for done in (f" {tally.done}", ""):
            told = Content.assemble(
                f"{tally.doing} ",
                bar(tally.settled, tally.total, cells),
                f" {tally.settled:,} of {tally.total:,}{done}",
                (note, "$text-warning"),
                counts,
            )
            if told.cell_length <= room:
                return Content.assemble(told, keys)
            cells = min(cells, _SHORTEST_BAR)
        return Content.assemble(told.truncate(room, ellipsis=True), keys)
