"""The picture over the list: deliveries over time, delivered and failed, a row of blocks each."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget
from typing_extensions import override

from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.span import between, bucket_of, roughly
from vzaps_tui.domain.text import visible

if TYPE_CHECKING:
    from vzaps_tui.domain.selection import Histogram

BLOCKS = " ▁▂▃▄▅▆▇█"
"""Heights of a column; none is blank, and whatever is not none can be seen."""
_LOW = 24
"""Lines of a screen up to which the picture has one line of it."""
_NARROW = 76
"""Columns of a screen from which on it may have two."""
_SIDES = 2
_NAME = len("delivered ")
_NAMES = len("delivered   failed ")
_WORDS_LEAST, _WORDS_MOST = 38, 54
_WORDS_ONE_LINE = 38
_FEWEST = 5
_GAP = "  "
_DOT = "·"
_UNREAD = "dots: not read"

_GOOD, _BAD, _DIM, _HERE = "$text-success", "$text-error", "$text-muted", "$accent on $accent 40%"


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is drawn; equal ones are drawn alike.

    Attributes:
        histogram: the counts.
        here: number of the part of the row under the cursor; None if it is in none.
        loaded: rows held.
        words: the stretch of time.
        outside: rows that are not in it.
    """

    histogram: Histogram
    here: int | None
    loaded: int
    words: str
    outside: int

    @property
    def is_told(self) -> bool:
        """Whether each part without a delivered one surely has none."""
        counts, unread = self.histogram.delivered, self.histogram.unread
        return all(count or not lacks for count, lacks in zip(counts, unread, strict=False))


class Picture(Widget):
    """Two sparklines, each to its own height, which is told: `peak 412`.

    They stand below each other, or side by side where the screen is low or narrow. The part of the
    row under the cursor has the cursor's colour in both.
    """

    DEFAULT_CSS = """
    Picture { height: auto; padding: 0 1; }
    """

    shown: reactive[_Shown | None] = reactive(None)

    def show(
        self,
        histogram: Histogram | None,
        cursor: datetime | None,
        loaded: int,
        now: datetime,
        *,
        words: str = "",
        outside: int = 0,
    ) -> None:
        """Draw; what changes nothing to see costs nothing.

        Args:
            histogram: what to draw, of any number of parts: too many are joined; None draws
                nothing and keeps the room.
            cursor: the time of the row under the cursor.
            loaded: how many rows are held, matching or not.
            now: aware, in the zone to show.
            words: the stretch of time, as in `Frame`; made of the histogram's own ends if empty.
            outside: rows that match and cannot be in the picture.
        """
        if histogram is None or not histogram.delivered:
            self.shown = None
            return
        begins, ends = histogram.start, histogram.end
        here = cursor and bucket_of(cursor, begins, ends, len(histogram.delivered))
        self.shown = _Shown(
            histogram, here, loaded, words or between(begins, ends, now), max(0, outside)
        )

    @property
    def buckets(self) -> int:
        """How many parts there is room for now."""
        screen = self.screen.size
        width = self.size.width or screen.width - _SIDES
        if self._is_low(screen):
            return max(_FEWEST, (width - _NAMES - _WORDS_ONE_LINE) // 2)
        least = min(_WORDS_MOST, max(_WORDS_LEAST, width * 9 // 20))
        return max(_FEWEST, width - _NAME - least)

    @staticmethod
    def _is_low(screen: Size) -> bool:
        return screen.height <= _LOW or screen.width < _NARROW

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 if self._is_low(viewport) else 2

    @override
    def render(self) -> Content:
        shown = self.shown
        if shown is None:
            return Content("")
        if self.content_size.height > 1:
            return self._two_lines(shown)
        return self._one_line(shown)

    def _two_lines(self, shown: _Shown) -> Content:
        histogram, most = shown.histogram, self.buckets
        delivered, here = joined(histogram.delivered, most, shown.here)
        failed, _ = joined(histogram.failed, most, shown.here)
        room = self.content_size.width - _NAME - max(len(delivered), len(failed)) - len(_GAP)
        peaks = _figures("peak", max(delivered), max(failed))
        lacks = _lacking(shown, most)
        heres = ("", "") if here is None else _figures("here", delivered[here], failed[here])
        if here is not None and here in lacks:
            heres = (f"{heres[0][:-1]}?", heres[1])
        parts = len(histogram.delivered)
        each = roughly((histogram.end - histogram.start) / parts * _joint(parts, most))
        note = f"{each} each" if shown.is_told else _UNREAD
        over = f"{shown.outside:,} with impossible times" if shown.outside else ""
        upper, lower = _paired(
            room,
            [(2, peaks[0]), (4, heres[0]), (1, shown.words), (3, note)],
            [(2, peaks[1]), (4, heres[1]), (1, f"of {shown.loaded:,} loaded"), (3, over)],
        )
        return Content.assemble(
            ("delivered ", _GOOD),
            *_spark(delivered, here, _GOOD, lacks),
            (_GAP + upper, _DIM),
            ("\nfailed    ", _BAD),
            *_spark(failed, here, _BAD),
            (_GAP + lower, _DIM),
        )

    def _one_line(self, shown: _Shown) -> Content:
        histogram, most = shown.histogram, self.buckets
        delivered, here = joined(histogram.delivered, most, shown.here)
        failed, _ = joined(histogram.failed, most, shown.here)
        room = self.content_size.width - _NAMES - len(delivered) - len(failed) - len(_GAP)
        peak = f"peaks {max(delivered):,} and {max(failed):,}"
        over = f"{shown.outside:,} outside" if shown.outside else ""
        loaded = f"of {shown.loaded:,} loaded" if shown.is_told else _UNREAD
        told = [(1, shown.words), (2, loaded), (3, peak), (4, over)]
        return Content.assemble(
            ("delivered ", _GOOD),
            *_spark(delivered, here, _GOOD, _lacking(shown, most)),
            ("  failed ", _BAD),
            *_spark(failed, here, _BAD),
            (_GAP + _fitting(room, told), _DIM),
        )


def joined(
    counts: tuple[int, ...], most: int, here: int | None = None
) -> tuple[tuple[int, ...], int | None]:
    """Counts with neighbours added up until at most so many are left; and where `here` is now."""
    if len(counts) <= most:
        return counts, here
    size = _joint(len(counts), most)
    sums = tuple(sum(counts[at : at + size]) for at in range(0, len(counts), size))
    return sums, None if here is None else here // size


def _joint(parts: int, most: int) -> int:
    """How many neighbours are added up."""
    return -(-parts // max(1, most))


def heights(counts: tuple[int, ...]) -> str:
    """A block a count, the greatest a full one; blank for none and for nothing else."""
    most = max(counts, default=0)
    top = len(BLOCKS) - 1
    return "".join(BLOCKS[-(-max(0, count) * top // most)] if most > 0 else " " for count in counts)


def _lacking(shown: _Shown, most: int) -> frozenset[int]:
    """The columns, at most so many, without a delivered one where not all was read."""
    counts, unread = shown.histogram.delivered, shown.histogram.unread
    size = _joint(len(counts), most)
    return frozenset(
        at // size
        for at in range(0, len(counts), size)
        if any(unread[at : at + size]) and not any(counts[at : at + size])
    )


def _spark(
    counts: tuple[int, ...], here: int | None, tone: str, lacking: Container[int] = ()
) -> list[tuple[str, str]]:
    """A block a column; a dot where it is not known."""
    drawn: list[tuple[str, str]] = []
    for at, block in enumerate(heights(counts)):
        lacks = at in lacking
        style = _HERE if at == here else _DIM if lacks else tone
        drawn.append((_DOT if lacks else block, style))
    return [
        ("".join(block for block, _ in run), style) for style, run in groupby(drawn, itemgetter(1))
    ]


def _figures(word: str, upper: int, lower: int) -> tuple[str, str]:
    """A number of both lines, of the same width."""
    width = max(len(f"{upper:,}"), len(f"{lower:,}"))
    return f"{word} {upper:>{width},}", f"{word} {lower:>{width},}"


_Told: TypeAlias = list[tuple[int, str]]
"""Words with their rank, the lowest the most wanted, in the order they stand in."""
_IN_BOTH: Final = (2, 4)
"""Ranks of figures that say something only beside those of the other line."""


def _paired(room: int, upper: _Told, lower: _Told) -> tuple[str, str]:
    """Two lines, each with as much as there is room for; figures stand in both or in none."""
    both = _ranks(room, upper) & _ranks(room, lower)
    lone = {rank for rank in _IN_BOTH if rank not in both}
    kept = [[(rank, words) for rank, words in told if rank not in lone] for told in (upper, lower)]
    return _fitting(room, kept[0]), _fitting(room, kept[1])


def _fitting(room: int, told: _Told) -> str:
    """As much as there is room for, the lower numbers before the higher; in the order given."""
    kept = _ranks(room, told)
    line = " · ".join(visible(words) for rank, words in told if rank in kept)
    return line or visible(min(told)[1])[: max(0, room)]


def _ranks(room: int, told: _Told) -> set[int]:
    """The ranks of what there is room for."""
    kept: set[int] = set()
    used = -len(" · ")
    for rank, words in sorted(told):
        width = len(visible(words)) + len(" · ")
        if not words:
            continue
        used += width
        if used > room:
            break
        kept.add(rank)
    return kept
