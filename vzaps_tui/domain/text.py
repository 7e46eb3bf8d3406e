"""The one function that makes strangers' text fit to be shown (law 3)."""

from __future__ import annotations

import unicodedata

_C0 = {code: chr(0x2400 + code) for code in range(0x20)}
_NAMED = {
    0x7F: "\u2421",
    0x061C: "‹ALM›",
    0x200E: "‹LRM›",
    0x200F: "‹RLM›",
    0x202A: "‹LRE›",
    0x202B: "‹RLE›",
    0x202C: "‹PDF›",
    0x202D: "‹LRO›",
    0x202E: "‹RLO›",
    0x2066: "‹LRI›",
    0x2067: "‹RLI›",
    0x2068: "‹FSI›",
    0x2069: "‹PDI›",
    0x2028: "‹LS›",
    0x2029: "‹PS›",
    0xFEFF: "‹BOM›",
}
_KEPT_FORMAT = {0x200C, 0x200D}  # joiners: scripts and emoji need them to be whole
_ACTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shown(char: str) -> str:
    code = ord(char)
    if code in _C0:
        return _C0[code]
    if code in _NAMED:
        return _NAMED[code]
    category = unicodedata.category(char)
    if category not in _ACTING or code in _KEPT_FORMAT:
        return char
    # The flags of England, Scotland and Wales are spelt with tags; alone they are invisible text.
    return f"‹{code:02X}›"


def visible(text: str) -> str:
    """One line in which every control, bidi and unassigned character is a visible mark.

    Nothing is dropped: `\\x1b` becomes `␛`, `\\n` becomes `␊`, U+202E becomes `‹RLO›`, a lone
    surrogate `‹D800›`. Joiners, wide and combining characters stay as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if " " <= char <= "~" else _shown(char) for char in text)


def visible_lines(text: str) -> list[str]:
    """Split at line feeds (CR LF too), each line made visible; tabs become four spaces."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [visible(line.replace("\t", "    ")) for line in lines]
