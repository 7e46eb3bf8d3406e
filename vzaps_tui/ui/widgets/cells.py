"""Fit strangers' words into terminal cells: safe, whole where they fit, exact in width."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import Literal, TypeAlias

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style

from vzaps_tui.domain.text import visible

Tone: TypeAlias = Literal["plain", "dim", "strong", "good", "bad", "wait", "accent"]
TONES: tuple[Tone, ...] = ("plain", "dim", "strong", "good", "bad", "wait", "accent")
Cell: TypeAlias = str | tuple[str, Tone]
Align: TypeAlias = Literal["left", "right"]
Span: TypeAlias = tuple[int, int]

ELLIPSIS = "…"
_JOINER = "\u200d"
_NON_JOINER = "\u200c"
_JOINER_MARK = "\u2039ZWJ\u203a"  # as `visible` spells its marks
_EMOJI_VARIANT = "\ufe0f"
_MOST_JOINERS = 3  # in one emoji: a family of four
_VIRAMA = 9  # canonical combining class of the signs that ask for a joiner
_MOST_CHARS = 4096  # a cell that needs more characters than this is made of combining marks


def parts(cell: Cell) -> tuple[str, Tone]:
    """Words and tone of a cell; a plain string has the plain tone."""
    return (cell, "plain") if isinstance(cell, str) else cell


def shown(text: str) -> str:
    """One safe line whose width is the same for us and for the terminal.

    Beyond `visible`: Rich measures a zero width joiner and what follows it as nothing. Terminals
    do so for emoji only, so a joiner that joins anything else is followed by a non-joiner (after
    a virama) or becomes a visible mark; otherwise a stranger could write past the right edge.
    """
    text = visible(text)
    return _honest_joiners(text) if _JOINER in text else text


def _honest_joiners(text: str) -> str:
    pieces = text.split(_JOINER)
    out = [pieces[0]]
    run = 0
    for before, after in pairwise(pieces):
        joined = _ends_as_emoji(before) and _begins_as_emoji(after)
        run = (run + 1 if _is_one_emoji(before) else 1) if joined else 0
        if joined and run <= _MOST_JOINERS:
            out.append(_JOINER)
        elif before and unicodedata.combining(before[-1]) == _VIRAMA and after[:1].isalpha():
            out.append(_JOINER + _NON_JOINER)
        else:
            out.append(_JOINER_MARK)
        out.append(after)
    return "".join(out)


def _is_one_emoji(text: str) -> bool:
    """Whether `text`, known to end as an emoji, has no other before it."""
    bases = (char for char in text if unicodedata.category(char) not in {"Mn", "Sk"})
    return sum(1 for _ in bases) == 1


def _begins_as_emoji(text: str) -> bool:
    return bool(text) and text[0] >= "\u2190" and unicodedata.category(text[0]) == "So"


def _ends_as_emoji(text: str) -> bool:
    if not text:
        return False
    return text[-1] == _EMOJI_VARIANT or (
        text[-1] >= "\u2190" and unicodedata.category(text[-1]) in {"So", "Sk"}
    )


def width_of(text: str) -> int:
    """Width in cells of text that came from `shown`."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: str, width: int, align: Align = "left") -> str:
    """Make any text exactly `width` cells: safe, padded, or cut with an ellipsis.

    A wide character that would be halved is left out, with a space in its place.
    """
    if width <= 0:
        return ""
    line, whole = _head(text, width)
    if line.isascii():
        line, used = _fit_ascii(line, width, whole=whole)
    else:
        line, used = _fit_wide(line, width, whole=whole)
    padding = " " * (width - used)
    return padding + line if align == "right" else line + padding


def _head(text: str, width: int) -> tuple[str, bool]:
    """As much of `text` as can matter in `width` cells, made safe; and whether that was all."""
    limit = 4 * width + 16
    while len(text) > limit:
        line = shown(text[:limit])
        if limit >= _MOST_CHARS or width_of(line) > width:
            return line, False
        limit *= 4
    return shown(text), True


def _fit_ascii(line: str, width: int, *, whole: bool) -> tuple[str, int]:
    if whole and len(line) <= width:
        return line, len(line)
    cut = line[: width - 1] + ELLIPSIS
    return cut, len(cut)


def _fit_wide(line: str, width: int, *, whole: bool) -> tuple[str, int]:
    spans, total = split_graphemes(line)
    if whole and total <= width:
        return line, total
    used = end = 0
    for _start, stop, size in spans:
        if used + size > width - 1:
            break
        used += size
        end = stop
    return line[:end] + ELLIPSIS, used + 1


def needle_pattern(needle: str) -> re.Pattern[str] | None:
    """A pattern that finds `needle` literally, in any case; None for an empty one."""
    return re.compile(re.escape(needle), re.IGNORECASE) if needle else None


def match_spans(pattern: re.Pattern[str], line: str) -> list[Span]:
    """Where `pattern` occurs in a line from `shown`, widened to whole characters on screen."""
    found = [match.span() for match in pattern.finditer(line)]
    if not found or line.isascii():
        return found
    edges = [start for start, _stop, _size in split_graphemes(line)[0]] + [len(line)]
    return list(_widened(found, edges))


def _widened(found: Iterable[Span], edges: list[int]) -> Iterator[Span]:
    """Move each span outwards to the nearest edges; both are in ascending order."""
    at = 0
    for start, stop in found:
        while edges[at + 1] <= start:
            at += 1
        end = at
        while edges[end] < stop:
            end += 1
        yield edges[at], edges[end]


def paint(line: str, styles: list[Style], runs: Iterable[tuple[int, int, int]]) -> list[Segment]:
    """Cut a line into segments.

    Args:
        line: text from `shown`.
        styles: what the numbers in `runs` mean; the first is for all the rest.
        runs: start, stop, number of the style; later runs cover earlier ones.
    """
    numbers = [0] * len(line)
    for start, stop, number in runs:
        numbers[start:stop] = [number] * (stop - start)
    if not line.isascii():
        # A style that began inside a character on screen would tear it, and change its width.
        for start, stop, _size in split_graphemes(line)[0]:
            if stop - start > 1:
                numbers[start:stop] = [numbers[start]] * (stop - start)
    segments: list[Segment] = []
    at = 0
    for number, group in groupby(numbers):
        end = at + sum(1 for _ in group)
        segments.append(Segment(line[at:end], styles[number]))
        at = end
    return segments


def crop(segments: Iterable[Segment], start: int, stop: int) -> list[Segment]:
    """The cells from `start` to `stop` of a line; a character that is cut becomes spaces.

    Unlike `Strip.crop` this never tears a joined character, which would change its width.
    """
    kept: list[Segment] = []
    at = 0
    for segment in segments:
        size = width_of(segment.text)
        if at >= start and at + size <= stop:
            kept.append(segment)
        elif at < stop and at + size > start:
            kept.append(Segment(cut(segment.text, start - at, stop - at), segment.style))
        at += size
    return kept


def cut(text: str, start: int, stop: int) -> str:
    """The cells from `start` to `stop` of a text from `shown`, as in `crop`."""
    if text.isascii():
        return text[max(0, start) : stop]
    pieces: list[str] = []
    at = 0
    for first, last, size in split_graphemes(text)[0]:
        end = at + size
        whole = at >= start and end <= stop
        pieces.append(text[first:last] if whole else " " * (min(end, stop) - max(at, start)))
        at = end
    return "".join(pieces)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` cells each, broken at spaces where possible; words made safe."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        safe = shown(paragraph)
        broken = textwrap.wrap(safe, max(1, width))
        if any(width_of(line) > width for line in broken):
            # A character has two cells at most, so half as many are sure to fit.
            broken = textwrap.wrap(safe, max(1, width // 2))
        lines.extend(broken or [""])
    return lines
