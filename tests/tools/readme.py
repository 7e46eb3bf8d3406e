"""Writes the README's generated tables between their marks; with --check only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from vzaps_tui.settings import table
from vzaps_tui.ui.commands import key_table

README = Path(__file__).parents[2] / "README.md"


def generated() -> str:
    """The README with its tables as they should be."""
    text = README.read_text(encoding="utf-8")
    tables = {"keys": key_table(), "settings": table()}
    for mark, content in tables.items():
        block = f"<!-- {mark} -->\n{content.strip()}\n<!-- /{mark} -->"
        text = re.sub(
            rf"<!-- {mark} -->.*?<!-- /{mark} -->", lambda _, b=block: b, text, flags=re.DOTALL
        )
    return text


def main() -> int:
    """Write or compare; 1 if the README is not as it should be."""
    text = generated()
    if "--check" in sys.argv:
        return int(text != README.read_text(encoding="utf-8"))
    README.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
