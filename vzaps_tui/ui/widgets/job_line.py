"""One line above the keys while work is under way: a bar with counts, and how to stop."""

from __future__ import annotations

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible

_BAR, _SHORT_BAR = 20, 10
_SHORTER = (6, 4, 0)
_ROOMY = 100


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of work under way.

    Attributes:
        total: how many things are to be done.
        settled: how many are done.
        words: what they came to, the most wanted first.
        rest: what is told where there is room.
        doing: what is being done.
        done: what is said of the settled ones.
        note: what a person must know before the counts; unsafe text.
        keys: what keys do meanwhile.
    """

    total: int = 0
    settled: int = 0
    words: tuple[tuple[str, int], ...] = ()
    rest: tuple[str, ...] = ()
    doing: str = "Retrying"
    done: str = "settled"
    note: str = ""
    keys: str = "X stops"

    @property
    def is_busy(self) -> bool:
        """Whether some are still open."""
        return self.settled < self.total

    @property
    def pieces(self) -> tuple[str, ...]:
        """All that is told beside how far it is, the most wanted first."""
        return (*(f"{count:,} {word}" for word, count in self.words), *self.rest)


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
        keys = Content.styled(f"   {tally.keys}", "$text-muted")
        # What the keys do is never cut off.
        room = max(0, width - keys.cell_length)
        pieces = [f" · {piece}" for piece in tally.pieces]
        told = self._head(_BAR if width >= _ROOMY else _SHORT_BAR, f" {tally.done}")
        every, most = cell_len("".join(pieces)), cell_len("".join(pieces[:1]))
        if told.cell_length > room - every:
            # What must be known stays whole: then the bar is shorter, or there is none.
            ways = [self._head(cells, "") for cells in _SHORTER]
            fitting = [way for way in ways[:-1] if way.cell_length <= room - every]
            fitting += [way for way in ways if way.cell_length <= room - most]
            told = next(iter(fitting), ways[0])
        told = told.truncate(room, ellipsis=True)
        return Content.assemble(told, *_fitting(pieces, room - told.cell_length), keys)

    def _head(self, cells: int, done: str) -> Content:
        tally = self.tally
        note = f" · {visible(tally.note)}" if tally.note else ""
        return Content.assemble(
            f"{tally.doing} ",
            bar(tally.settled, tally.total, cells),
            f"{' ' if cells else ''}{tally.settled:,} of {tally.total:,}{done}",
            (note, "$text-warning"),
        )


def _fitting(pieces: list[str], room: int) -> list[str]:
    """Those that fit, in their order; none is cut."""
    fitting: list[str] = []
    for piece in pieces:
        if cell_len(piece) <= room:
            room -= cell_len(piece)
            fitting.append(piece)
    return fitting
