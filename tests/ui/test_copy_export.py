"""Copying and exporting by keys: the menu, the form, the file, the words after."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.builders import INSTANCE, delivery
from tests.builders import detail as detail_of
from tests.fakes import FakeGateway
from tests.ui.harness import choose, dialog, front, launch, press, screen_text, shown, toasts, until
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.exporting import Export
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.clipboard import Clipboard
from vzaps_tui.ui.copy_menu import CopyMenu
from vzaps_tui.ui.export_form import ExportForm
from vzaps_tui.ui.screens.deliveries import DeliveriesScreen
from vzaps_tui.ui.screens.delivery import DeliveryScreen
from vzaps_tui.ui.widgets.check_list import CheckList
from vzaps_tui.ui.widgets.job_line import JobLine

NAME = "vzaps-VZ01-20260314-1200"
TARGET = "https://hooks.example.com/vz?secret=s3cret"


def some(count: int = 6) -> list[Delivery]:
    """Newest first; every second failed, with a phone and a name in its error."""
    return [
        delivery(
            number,
            status="failed" if number % 2 else "success",
            http_status=500 if number % 2 else 200,
            error="no contact Ana Souza (+55 11 98888-7777)" if number % 2 else None,
            target=TARGET,
        )
        for number in range(count, 0, -1)
    ]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files go to a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@asynccontextmanager
async def listed(
    rows: list[Delivery] | None = None, **changes: Any
) -> AsyncGenerator[tuple[VzapsApp, Pilot[str]]]:
    gateway = FakeGateway(some() if rows is None else rows)
    async with shown(launch(gateway, instance=INSTANCE, **changes)) as (app, pilot):
        front(pilot, DeliveriesScreen)
        yield app, pilot


def names(folder: Path) -> list[str]:
    return [one.name for one in folder.iterdir()]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


async def words(app: VzapsApp, pilot: Pilot[str], part: str) -> str:
    """Wait for a toast that holds these words; all toasts."""
    await until(pilot, lambda: part in toasts(app))
    return toasts(app)


# -- copying ---------------------------------------------------------------------------------------


async def test_the_toast_says_what_was_done_with_the_text(here: Path) -> None:
    clipboard = Clipboard(wish="file", folder=here / "cache")
    async with listed(clipboard=clipboard) as (app, pilot):
        await press(pilot, "y", "i")
        said = await words(app, pilot, "Written to")
        (file,) = (here / "cache").iterdir()
        assert f"Written to {file}: log id, 5 characters." in said
        assert file.read_text() == "log_6"
        assert "opied" not in said.replace(str(file), "")


async def test_the_last_one_chosen_is_the_last_one_there(here: Path) -> None:
    clipboard = Clipboard(wish="file", folder=here / "cache")
    async with listed(clipboard=clipboard) as (_, pilot):
        await pilot.press("y", "i", "y", "n")
        await press(pilot)
        (file,) = (here / "cache").iterdir()
        assert file.read_text() == "Message"


async def test_the_terminal_gets_one_sequence_and_no_text_that_acts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = "\x1b]52;c;ZXZpbA==\a"
    row = delivery(1, error=error)
    async with listed([row]) as (app, pilot):
        sent: list[str] = []
        driver = app._driver  # pyright: ignore[reportPrivateUsage] - no public way
        assert driver is not None
        monkeypatch.setattr(driver, "write", sent.append)
        await press(pilot, "y", "e")
        await words(app, pilot, "Handed to your terminal")
        assert app.clipboard == error
        (sequence,) = [one for one in sent if "]52;" in one]
        assert sequence.count("\x1b") == 1
        assert error not in toasts(app)


async def test_a_failed_delivery_offers_error_and_curl() -> None:
    row = delivery(1, target=TARGET, error="oops")
    gateway = FakeGateway([row])
    gateway.details[row.id] = detail_of(row, payload='{"a": "it\'s"}')
    async with shown(launch(gateway, instance=INSTANCE)) as (app, pilot):
        await press(pilot, "enter")
        front(pilot, DeliveryScreen)
        menu = await press(pilot, "y")
        front(pilot, CopyMenu)
        assert "s3cret" not in menu
        await press(pilot, "c")
        assert app.clipboard == (
            "curl -X POST 'https://hooks.example.com/vz?secret=•••' -H 'Content-Type: "
            "application/json' --data-binary @- <<'EOF'\n{\"a\": \"it's\"}\nEOF\n"
        )
        await press(pilot, "y", "e")
        assert app.clipboard == "oops"


# -- exporting -------------------------------------------------------------------------------------


async def test_what_matches_is_written_without_personal_data(here: Path) -> None:
    async with listed() as (app, pilot):
        text = await press(pilot, "f", "x")
        front(pilot, ExportForm)
        assert "Writes 3 deliveries that match, of 3 loaded of 3" in text
        assert f"{NAME}.jsonl" in text
        await press(pilot, "ctrl+s")
        front(pilot, DeliveriesScreen)
        said = await words(app, pilot, "3 deliveries written to")
        path = here / f"{NAME}.jsonl"
        assert str(path) in said.replace("\n", "")
        assert "personal data hidden" in said
        assert [row["id"] for row in lines(path)] == ["log_5", "log_3", "log_1"]
        assert lines(path)[0]["error"] == "no contact ••• (•••)"
        assert "s3cret" not in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600


async def test_what_is_said_of_an_export_takes_the_place_of_the_one_before(here: Path) -> None:
    async with listed() as (app, pilot):
        await press(pilot, "x", "ctrl+s")
        await words(app, pilot, "6 deliveries written to")
        await press(pilot, "f", "x", "ctrl+s")
        await choose(pilot, "yes")
        await words(app, pilot, "3 deliveries written to")
        assert toasts(app).count("written to") == 1
        assert len(names(here)) == 1


@pytest.mark.parametrize(
    ("keys", "end", "begins"),
    [
        ([], "jsonl", '{"id":"log_6"'),
        (["down", "space"], "csv", "id,time,status"),
        (["down", "down", "space"], "md", "# Webhook deliveries of"),
    ],
)
async def test_each_form_has_its_name_and_its_text(
    here: Path, keys: list[str], end: str, begins: str
) -> None:
    async with listed() as (app, pilot):
        await press(pilot, "x", *keys)
        assert front(pilot, ExportForm).query_one("#path", Input).value == f"{NAME}.{end}"
        await press(pilot, "ctrl+s")
        await words(app, pilot, "6 deliveries")
        assert (here / f"{NAME}.{end}").read_text().startswith(begins)


@pytest.mark.parametrize("ticks", [True, False])
async def test_a_hasty_key_after_a_tick_writes_what_was_ticked(here: Path, *, ticks: bool) -> None:
    async with listed() as (app, pilot):
        await press(pilot, "x")
        form = front(pilot, ExportForm)
        forms = form.query_one("#forms", CheckList)
        if ticks:
            forms.action_cursor_down()
            forms.action_tick()
        form.action_write()  # before any word of the tick was heard
        await words(app, pilot, "6 deliveries")
        (name,) = names(here)
        assert name == (f"{NAME}.csv" if ticks else f"{NAME}.jsonl")
        assert (here / name).read_text().startswith("id,") is ticks


async def test_only_the_list_that_has_the_keys_shows_a_cursor() -> None:
    async with listed() as (_, pilot):
        await press(pilot, "x")
        form = front(pilot, ExportForm)

        def bars() -> list[str]:
            return [
                box.id or ""
                for box in form.query(CheckList)
                if any("▌" in box.render_line(y).text for y in range(box.size.height))
            ]

        assert bars() == ["forms"]
        await press(pilot, "tab")
        assert bars() == []
        await press(pilot, "tab")
        assert bars() == ["keep"]
        text = await press(pilot, "shift+tab", "shift+tab")
        assert bars() == ["forms"]
        assert "[x]  JSON Lines" in text


def test_a_key_before_the_form_is_drawn_does_nothing() -> None:
    ExportForm("", lambda form: form.value, None).action_write()


async def test_personal_data_stays_when_it_is_ticked(here: Path) -> None:
    async with listed() as (app, pilot):
        await press(pilot, "x")
        form = front(pilot, ExportForm)
        assert not form.query_one("#keep", CheckList).chosen
        await press(pilot, "tab", "tab", "space", "ctrl+s")
        assert "personal data kept" in await words(app, pilot, "6 deliveries")
        text = (here / f"{NAME}.jsonl").read_text()
        assert "Ana Souza (+55 11 98888-7777)" in text
        assert "s3cret" not in text


async def test_a_path_typed_keeps_its_stem_when_the_form_changes(here: Path) -> None:
    async with listed() as (app, pilot):
        await press(pilot, "x")
        box = front(pilot, ExportForm).query_one("#path", Input)
        box.value = "mine.jsonl"
        await press(pilot, "down", "space")
        assert box.value == "mine.csv"
        box.focus()
        await press(pilot, "enter")
        await words(app, pilot, "mine.csv")
        assert (here / "mine.csv").exists()


@pytest.mark.parametrize(("answer", "replaced"), [("cancel", False), ("yes", True)])
async def test_a_file_is_replaced_only_after_a_yes(
    here: Path, answer: str, *, replaced: bool
) -> None:
    path = here / f"{NAME}.jsonl"
    path.write_text("mine")
    async with listed() as (app, pilot):
        await press(pilot, "x", "ctrl+s")
        assert "is there already" in (await dialog(pilot)).replace("\n", "")
        await choose(pilot, answer)
        if replaced:
            await words(app, pilot, "6 deliveries")
        front(pilot, DeliveriesScreen)
    assert (path.read_text() == "mine") is not replaced
    assert names(here) == [path.name]


async def test_what_goes_wrong_is_told_and_the_form_remembers(here: Path) -> None:
    async with listed() as (app, pilot):
        await press(pilot, "x", "down", "space")
        front(pilot, ExportForm).query_one("#path", Input).value = "missing/out.csv"
        await press(pilot, "ctrl+s")
        said = await words(app, pilot, "Not exported")
        assert "there is no folder" in said
        assert "Make it, or choose another path." in said
        await press(pilot, "x")
        form = front(pilot, ExportForm)
        assert form.query_one("#path", Input).value == "missing/out.csv"
        assert form.query_one("#forms", CheckList).chosen == {"CSV"}
        (here / "missing").mkdir()
        await press(pilot, "ctrl+s")
        await words(app, pilot, "6 deliveries")
        await press(pilot, "x")
        assert front(pilot, ExportForm).query_one("#path", Input).value == f"{NAME}.csv"


async def test_the_form_can_be_left(here: Path) -> None:
    async with listed() as (_, pilot):
        await press(pilot, "x", "escape")
        front(pilot, DeliveriesScreen)
    assert not names(here)


async def test_nothing_to_export_is_said() -> None:
    async with listed([]) as (app, pilot):
        await press(pilot, "x")
        front(pilot, DeliveriesScreen)
        assert "nothing to export" in toasts(app)


async def test_the_form_has_room_where_there_is_little() -> None:
    gateway = FakeGateway(some())
    async with shown(launch(gateway, instance=INSTANCE), size=(60, 20)) as (_, pilot):
        text = await press(pilot, "x")
        for part in ("JSON Lines", "CSV", "Markdown", "File", "keep personal data", "Write"):
            assert part in text


class HeldSheet:
    """Writes the ids of rows; waits for a gate before all but the first ones."""

    def __init__(self, gate: threading.Event) -> None:
        self._gate = gate
        self._begun = False

    def begin(self) -> str:
        return ""

    def rows(self, rows: Sequence[Delivery]) -> str:
        if self._begun:
            self._gate.wait(20)
        self._begun = True
        return "".join(f"{row.id}\n" for row in rows)

    def front(self) -> str:
        return "ids\n"


@asynccontextmanager
async def held(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[threading.Event]:
    """Exports that stop after their first two rows until the event is set."""
    gate = threading.Event()
    monkeypatch.setattr("vzaps_tui.ui.exports._AT_ONCE", 2)

    def sheet(_: Export) -> HeldSheet:
        return HeldSheet(gate)

    monkeypatch.setattr("vzaps_tui.services.exporting.sheet", sheet)
    try:
        yield gate
    finally:
        gate.set()


async def begun(pilot: Pilot[str]) -> None:
    await press(pilot, "x")
    await pilot.press("ctrl+s")
    await until(pilot, lambda: "Exporting" in screen_text(pilot))


async def test_a_bar_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    async with held(monkeypatch) as gate, listed() as (app, pilot):
        await begun(pilot)
        await until(pilot, lambda: "2 of 6 rows written" in screen_text(pilot))
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ExportForm))
        await pilot.press("ctrl+s")
        await words(app, pilot, "An export is under way; X stops it.")
        gate.set()
        await words(app, pilot, "6 deliveries written")
        assert not app.screen.query_one(JobLine).has_class("-open")
        assert (here / f"{NAME}.jsonl").read_text().splitlines() == [
            "ids",
            *(row.id for row in some()),
        ]


@pytest.mark.parametrize("key", ["X", "q"])
async def test_it_can_be_called_off_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, here: Path, key: str
) -> None:
    async with held(monkeypatch) as gate, listed() as (app, pilot):
        await begun(pilot)
        await pilot.press(key)
        if key == "q":
            assert "An export is being written" in await dialog(pilot)
            await pilot.press("right", "enter")
            gate.set()
        else:
            await words(app, pilot, "Export stopped")
            gate.set()
            await until(pilot, lambda: not app.exports.is_busy)
            await press(pilot, "X")
            assert "Nothing is under way" in toasts(app)
    await asyncio.get_running_loop().shutdown_default_executor()  # its thread ends by itself
    assert not names(here)
