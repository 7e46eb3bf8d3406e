"""The one function that makes strangers' text fit to be shown (law 3)."""

from __future__ import annotations

import unicodedata

_OPEN, _CLOSE = "\u2039", "\u203a"  # single angle quotation marks: seldom in text, never markup
_C0_PICTURES = 0x2400
_NAMES = {
    0x061C: "ALM",
    0x200E: "LRM",
    0x200F: "RLM",
    0x202A: "LRE",
    0x202B: "RLE",
    0x202C: "PDF",
    0x202D: "LRO",
    0x202E: "RLO",
    0x2066: "LRI",
    0x2067: "RLI",
    0x2068: "FSI",
    0x2069: "PDI",
    0x2028: "LS",
    0x2029: "PS",
    0xFEFF: "BOM",
}
_JOINERS = (0x200C, 0x200D)  # scripts and emoji need them to be whole
_ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_REMEMBERED = 4096


class _Marks(dict[int, str]):
    """Code point to what is shown for it; learns as it goes, up to a size strangers cannot grow."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        shown = f"{_OPEN}{code:02X}{_CLOSE}" if unicodedata.category(char) in _ACTING else char
        if len(self) < _REMEMBERED:
            self[code] = shown
        return shown


_MARKS = _Marks(
    {code: chr(_C0_PICTURES + code) for code in range(0x20)}
    | {0x7F: "\u2421"}
    | {code: f"{_OPEN}{name}{_CLOSE}" for code, name in _NAMES.items()}
    | {code: chr(code) for code in _JOINERS}
)


def visible(text: str) -> str:
    r"""One line in which every control, bidi and unassigned character is a visible mark.

    Nothing is dropped: `\x1b` becomes its picture U+241B, `\n` U+240A; U+202E becomes `RLO`, a lone
    surrogate `D800`, between single angle quotation marks (U+2039, U+203A). Joiners, wide and
    combining characters stay as they are. The flags of England, Scotland and Wales come apart: they
    are spelt with tag characters, which are invisible text anywhere else.
    """
    return text if text.isprintable() else text.translate(_MARKS)


def visible_lines(text: str) -> list[str]:
    """Split at line feeds (CR LF too), each line made visible; tabs become four spaces."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [visible(line.replace("\t", "    ")) for line in lines]
