"""The README says what the program does: its tables are those of the registries."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tools.readme import README, generated
from vzaps_tui import __version__
from vzaps_tui.domain.retries import Outcome

ROOT = README.parent


def test_the_generated_tables_are_current() -> None:
    assert README.read_text(encoding="utf-8") == generated(), "run python -m tests.tools.readme"


def test_every_picture_and_page_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text(encoding="utf-8"))
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_outcome_word_is_explained() -> None:
    text = README.read_text(encoding="utf-8")
    shown = set(Outcome) - {Outcome.QUEUED, Outcome.SENDING}
    assert [word for word in shown if f"`{word.value}`" not in text] == []


def test_the_version_has_a_heading_in_the_changelog() -> None:
    assert f"## [{__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_document_names_a_path_of_one_machine() -> None:
    pages = [*ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "pyproject.toml", Path(ROOT / ".ci/run")]
    found = [p.name for p in pages if re.search(r"/(home|root|Users)/\w", p.read_text("utf-8"))]
    assert found == []
