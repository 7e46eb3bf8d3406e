"""The programs that ours is held against: each the least that Textual can do for its job.

`python -m tests.bench.baselines NAME [SIZE]`
"""

from __future__ import annotations

import json
import sys

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import DataTable, Footer, Header, Static, TextArea
from typing_extensions import override

READY = "BASELINE"


class Minimal(App[None]):
    """A header, a full table (Textual's own list), a footer."""

    @override
    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable[str](cursor_type="row")
        yield Footer()

    def __init__(self, rows: int = 36) -> None:
        super().__init__()
        self._count = rows

    def on_mount(self) -> None:
        table = self.query_one(DataTable[str])
        table.add_columns("Time", "Status", "Event", "Code", "Tries", "Took", "Id")
        for line in range(self._count):
            last = READY if line == min(35, self._count - 1) else f"log_{line:04}"
            table.add_row("14:02:11", "FAILED", "Message", "502", str(line), "1.2s", last)
        table.focus()


class Floor(App[None]):
    """One text, updated by every key: what Textual needs for a key and a frame."""

    @override
    def compose(self) -> ComposeResult:
        yield Static(READY)

    def on_key(self, event: events.Key) -> None:
        self._pressed = getattr(self, "_pressed", 0) + 1
        self.query_one(Static).update(f"{READY} {self._pressed} {event.key}")


class Area(App[None]):
    """Opens a JSON text in a TextArea that does not wrap, at the key enter."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._text = json.dumps(json_of(size), indent=2)

    @override
    def compose(self) -> ComposeResult:
        yield Static(READY)

    def on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            area = TextArea(self._text, read_only=True, soft_wrap=False, show_line_numbers=False)
            self.query_one(Static).display = False
            self.mount(area)


def json_of(size: int) -> dict[str, object]:
    """A payload of about `size` bytes once it is pretty-printed; FIRSTLINE stands on its top."""
    item = {"id": "3EB0", "from": "5511999990000@s.whatsapp.net", "n": 1, "read": False}
    lines = len(json.dumps([item], indent=2)) + 8
    items = [{**item, "n": number} for number in range(size // lines)]
    return {"FIRSTLINE": True, "items": items}


def main() -> None:
    """Run the one asked for."""
    name, *rest = sys.argv[1:]
    match name:
        case "minimal":
            Minimal(*map(int, rest)).run()
        case "floor":
            Floor().run()
        case "area":
            Area(int(rest[0])).run()
        case _:
            sys.exit(f"no such baseline: {name}")


if __name__ == "__main__":
    main()
