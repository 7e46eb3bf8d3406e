"""Lays texts out in columns."""

from __future__ import annotations

from collections.abc import Sequence

_GAP = "  "


def lay_out(
    heads: Sequence[str], lines: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()
) -> str:
    """Heads, a rule, lines; columns numbered in `right` are set flush right.

    ValueError where a line has another number of cells than the heads.
    """
    widths = [len(head) for head in heads]
    for line in lines:
        for at, (_, cell) in enumerate(zip(heads, line, strict=True)):
            widths[at] = max(widths[at], len(cell))

    def shown(line: Sequence[str]) -> str:
        cells = (
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        return _GAP.join(cells).rstrip()

    rule = _GAP.join("-" * width for width in widths)
    return "\n".join([shown(heads), rule, *map(shown, lines)])
