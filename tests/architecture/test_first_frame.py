"""The first frame shows what is kept, and loads no more than that takes: each module costs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
INSTANCE = "VZK5DHV8Z4048NUVOFTSCW0WXDLS"

# Keeps an instance and deliveries of it, then starts the program in a new process of Python.
KEEP = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from vzaps_tui.cli import compose
from vzaps_tui.cli.places import deliveries_beside
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.envelope import Envelope
from vzaps_tui.domain.instances import Instance, InstanceId
from vzaps_tui.domain.paging import Listing
from vzaps_tui.domain.selection import Scope
from vzaps_tui.settings.config_file import read_config
from vzaps_tui.settings.loading import load
from vzaps_tui.storage.archive import SqliteArchive
from vzaps_tui.storage.envelopes import SqliteEnvelopes

PLAN

async def keep():
    who = compose.identity(plan)
    store, archive = SqliteEnvelopes(plan.archive), SqliteArchive(deliveries_beside(plan.archive))
    now = datetime.now(UTC)
    rows = Listing((Instance(InstanceId(INSTANCE), name="kept-name"),), 1, 1)
    await store.put(who.ask("instances"), Envelope(rows, now))
    row = Delivery(LogId("log-kept"), "log-kept", "FAILED", "Message", created_at=now)
    await archive.put(Scope(who.base_url, who.account, INSTANCE), [row])
    await store.close()
    await archive.close()

asyncio.run(keep())
"""

SHOW = """
import asyncio, json, sys
from pathlib import Path
from vzaps_tui.cli import compose
from vzaps_tui.cli.run import Run
from vzaps_tui.settings.config_file import read_config
from vzaps_tui.settings.loading import load
from vzaps_tui.ui import beginning
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.board import Board

PLAN
beginning._KEPT = 30.0  # what is in the frame is asked here, not how soon
launch = compose.compose(plan, Run({}).masker)
frames, display = [], VzapsApp._display

def watched(app, screen, renderable):
    if not frames and not app._batch_count and isinstance(screen, Board):
        lines = [strip.text for strip in screen._compositor.render_strips()]
        frames.append({"modules": sorted(sys.modules), "lines": lines})
        shown.set()
    display(app, screen, renderable)

async def main():
    global shown
    shown, VzapsApp._display = asyncio.Event(), watched
    async with VzapsApp(launch).run_test(size=(120, 36)):
        await asyncio.wait_for(shown.wait(), 30)
    print(json.dumps(frames[0]))

asyncio.run(main())
"""

PLAN = f"""
INSTANCE = "{INSTANCE}"
given = dict(VZAPS_CLIENT_TOKEN="ct", VZAPS_CLIENT_SECRET="cs")
flags = dict(base_url="http://127.0.0.1:9", instance_id=sys.argv[2] or None)
settings = load(flags, given, read_config(Path("none")))
plan = compose.Plan(settings, Path("none"), Path(sys.argv[1]) / "archive.db",
                    Path(sys.argv[1]) / "state.db")
"""

LATER = {
    "third parties": ("httpx", "pydantic", "starlette", "uvicorn", "stamina", "aiolimiter"),
    "what sends": (
        "vzaps_tui.api",
        "vzaps_tui.domain.plans",
        "vzaps_tui.domain.retry_reports",
        "vzaps_tui.domain.triage",
        "vzaps_tui.services.related",
        "vzaps_tui.services.retry",
        "vzaps_tui.services.sending",
        "vzaps_tui.services.views",
        "vzaps_tui.services.webhooks",
    ),
    "what writes": (
        "vzaps_tui.storage.archive_details",
        "vzaps_tui.storage.archive_keeping",
        "vzaps_tui.storage.archive_pruning",
        "vzaps_tui.storage.journal",
    ),
    "dialogs": (
        "vzaps_tui.ui.copy_menu",
        "vzaps_tui.ui.dialogs",
        "vzaps_tui.ui.export_form",
        "vzaps_tui.ui.filter_form",
        "vzaps_tui.ui.help",
        "vzaps_tui.ui.retry_lines",
        "vzaps_tui.ui.retry_review",
        "vzaps_tui.ui.view_picker",
    ),
}
"""Beginnings of the names of what no first frame needs."""

SCREENS = "vzaps_tui.ui.screens."


def first_frame(folder: Path, instance: str) -> dict[str, Any]:
    """Lines of the first frame over what is kept of an account, and the modules loaded by then."""
    for script in (KEEP, SHOW):
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
            [sys.executable, "-W", "error", "-c", script.replace("PLAN", PLAN), folder, instance],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("instance", "word", "screens", "most"),
    [("", "kept-name", {"instances"}, 100), (INSTANCE, "FAILED", {"deliveries"}, 121)],
    ids=["instances", "deliveries"],
)
def test_the_first_frame_shows_what_is_kept_and_loads_little(
    tmp_path: Path, instance: str, word: str, screens: set[str], most: int
) -> None:
    frame = first_frame(tmp_path, instance)
    assert any(word in line for line in frame["lines"])
    modules = frame["modules"]
    for what, names in LATER.items():
        assert [one for one in modules if one.startswith(names)] == [], what
    assert {one.removeprefix(SCREENS) for one in modules if one.startswith(SCREENS)} == screens
    assert len([one for one in modules if one.startswith("vzaps_tui")]) <= most
