"""What the headless commands say: answers on standard output, words and bars on standard error."""

from __future__ import annotations

import json
import math
import os
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import TextIOWrapper
from shutil import get_terminal_size
from typing import Any, Final, TextIO, TypeAlias, cast

from vzaps_tui.cli.run import unwritten
from vzaps_tui.domain.text import visible

Row: TypeAlias = Sequence[str]
Json: TypeAlias = Mapping[str, object]

_GAP: Final = "  "
_BAR: Final = 24  # cells
_STEP: Final = 0.1  # seconds between two drawings of a bar
_WIDE: Final = frozenset({"W", "F"})
_NO_CELL: Final = frozenset({"Mn", "Me", "Cf"})


def cells(text: str) -> int:
    """How many columns of a terminal a text takes, as far as Unicode tells."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(char) in _NO_CELL
        else 2
        if unicodedata.east_asian_width(char) in _WIDE
        else 1
        for char in text
    )


def padded(text: str, width: int) -> str:
    """The text with spaces up to a width; never cut."""
    return text + " " * (width - cells(text))


def cut(text: str, width: int) -> str:
    """The text, or as much of it as fits with a `…` behind."""
    if cells(text) <= width:
        return text
    while text and cells(text) >= width:
        text = text[: -max(1, (cells(text) - width) // 2)]
    return f"{text}…"


def json_line(value: object, *, embedded: Mapping[str, str] | None = None) -> str:
    """An object as one line of JSON without control, bidi or other characters that act.

    Args:
        value: what the line holds.
        embedded: more of its keys, with text that is JSON already and is taken over digit by digit.
    """
    line = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for key, text in (embedded or {}).items():
        # Outside of texts JSON has no meaningful white space, and inside no bare line feed.
        flat = text.replace("\r", " ").replace("\n", " ").replace("\t", " ")
        comma = "" if line == "{}" else ","
        line = f"{line[:-1]}{comma}{json.dumps(key)}:{flat}}}"
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def is_strict_json(text: str) -> bool:
    """Whether any reader of JSON can read it: no `NaN`, and not nested beyond measure."""
    try:
        json.loads(text, parse_constant=_refuse, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(word: str) -> object:
    raise ValueError(word)


class Table:
    """Rows in columns that stay aligned from one batch to the next; the last one is not padded."""

    def __init__(self, *titles: str, right: Iterable[str] = (), width: int | None = None) -> None:
        """Begin with titles.

        Args:
            titles: of the columns.
            right: those whose cells are flush right.
            width: cells that a line may take; what is longer ends in `…`. None = any.
        """
        self._width = width
        self._titles = titles
        self._right = frozenset(right)
        self._widths = [cells(title) for title in titles]

    def lines(self, rows: Sequence[Row], *, head: bool = False) -> str:
        """A batch of rows as text, each line ended; every cell made visible."""
        shown = [[visible(cell) for cell in row] for row in rows]
        for row in shown:
            for place, cell in enumerate(row):
                self._widths[place] = max(self._widths[place], cells(cell))
        every = [list(self._titles), *shown] if head else shown
        return "".join(f"{self._line(row)}\n" for row in every)

    def _line(self, row: Row) -> str:
        line = _GAP.join(
            " " * (width - cells(cell)) + cell if title in self._right else padded(cell, width)
            for title, width, cell in zip(self._titles, self._widths, row, strict=True)
        ).rstrip()
        return line if self._width is None else cut(line, self._width)


@dataclass
class Output:
    """Both streams of a command. Nothing but answers goes to standard output.

    Writing never raises when whoever reads has gone (`| head`): `gone` tells, `on_gone` is called
    once, and what is said from then on is dropped.

    Attributes:
        out: standard output.
        err: standard error.
        as_json: JSON Lines instead of tables.
        monotonic: seconds that only go forward, for how often a bar is drawn.
    """

    out: TextIO
    err: TextIO
    monotonic: Callable[[], float]
    as_json: bool = False
    gone: bool = False
    on_gone: Callable[[], object] = field(default=lambda: None)
    _drawn_at: float = field(default=float("-inf"), init=False)
    _drawn: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """JSON is UTF-8 wherever it runs; a table does without what the terminal cannot spell."""
        if not isinstance(self.out, TextIOWrapper):
            return
        stream = cast("TextIOWrapper[Any]", self.out)
        if self.as_json:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        else:
            stream.reconfigure(errors="backslashreplace")

    def line(self, value: object, *, embedded: Mapping[str, str] | None = None) -> None:
        """One JSON object."""
        self.write(json_line(value, embedded=embedded) + "\n")

    def write(self, text: str) -> None:
        """Text of an answer, on its way at once."""
        if self.gone or not text:
            return
        self.clear()
        try:
            self.out.write(text)
            self.out.flush()
        except BrokenPipeError:
            self._lose()
        except OSError as problem:
            self._lose()
            raise unwritten(problem) from problem

    def _lose(self) -> None:
        self.gone = True
        # What is left in the buffer goes nowhere: at exit it would be tried, and told, again.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.out.fileno())
        os.close(nowhere)
        self.on_gone()

    # -- bars ------------------------------------------------------------------------------------

    def bar(self, words: str, done: int, total: int | None) -> None:
        """How far it is: drawn in place, on a terminal only, ten times a second at most."""
        now = self.monotonic()
        if not self.is_watched or now - self._drawn_at < _STEP:
            return
        self._drawn_at = now
        count = f"{done:,}" if total is None else f"{done:,} of {total:,}"
        full = 0 if not total else min(_BAR, done * _BAR // total)
        drawn = "" if total is None else f"  {'█' * full}{'░' * (_BAR - full)}"
        line = f"{visible(words)} {count}{drawn}"
        blank = " " * (self._drawn - cells(line))
        self._drawn = cells(line)
        self.err.write(f"\r{line}{blank}")
        self.err.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self.err.write(f"\r{' ' * self._drawn}\r")
            self.err.flush()
            self._drawn, self._drawn_at = 0, float("-inf")

    @property
    def width(self) -> int | None:
        """Columns of the terminal that answers go to; None where they go elsewhere, uncut."""
        return get_terminal_size().columns if _is_terminal(self.out) else None

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks at the words: standard error is a terminal."""
        return _is_terminal(self.err)


def stamp(moment: datetime | None) -> str | None:
    """A moment in UTC, ISO 8601, as exports write it; None where it is not told."""
    if moment is None:
        return None
    try:
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # the edge of the calendar, as Go's zero time in some zones
        return moment.isoformat()


def finite(value: float | None) -> float | None:
    """A number that JSON can tell."""
    return value if value is None or math.isfinite(value) else None


def can_ask(stdin: TextIO | None, stderr: TextIO | None) -> bool:
    """Whether a question can be put: words are seen, and answers come from a keyboard."""
    return _is_terminal(stdin) and _is_terminal(stderr)


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False
