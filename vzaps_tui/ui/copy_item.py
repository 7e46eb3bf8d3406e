"""Something that can be copied."""

from __future__ import annotations

from vzaps_tui.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class CopyItem:
    """Something to copy: its key in the menu, what it is, and the text exactly as it is."""

    key: str
    label: str
    text: str
