"""Scenes of instances, one delivery, the webhook form and the dialogs."""

from __future__ import annotations

from typing import Any

from textual.pilot import Pilot

from tests.fakes import FakeGateway
from tests.snapshots.stage import LARGE, SMALL, USUAL, Scene, asked, outage, talks
from tests.ui.harness import settle
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.ui.launch import Missing


def _no_instances(gateway: FakeGateway) -> None:
    gateway.listed.clear()


def _down(gateway: FakeGateway) -> None:
    gateway.fail("instances", UnavailableError("connection refused", acted=False))


def _stores_something_else(gateway: FakeGateway) -> None:
    gateway.obeys_url_key = "nobody's"


async def _dialog(pilot: Pilot[str], _gateway: FakeGateway) -> None:
    await asked(pilot, "ctrl+s")


async def _save(pilot: Pilot[str], gateway: FakeGateway) -> None:
    await _dialog(pilot, gateway)
    await pilot.press("tab", "enter")
    await settle(pilot)


def _without_credentials(_: FakeGateway) -> dict[str, Any]:
    missing = Missing(
        ("VZAPS_CLIENT_TOKEN", "VZAPS_CLIENT_SECRET"), "~/.config/vzaps-tui/config.toml"
    )
    return {"services": None, "missing": missing}


SCENES: dict[str, Scene] = {
    "instances": Scene(sizes=(*USUAL, SMALL)),
    "instances_empty": Scene(prepare=_no_instances),
    "instances_down": Scene(prepare=_down),
    "delivery_attempts": Scene(("enter", "j", "enter"), sizes=(*USUAL, SMALL)),
    "delivery_payload": Scene(("enter", "j", "enter", "2")),
    "compare": Scene(
        ("enter", "j", "enter", "space", *("right_square_bracket",) * 2, "d"),
        prepare=talks,
        sizes=(*USUAL, LARGE),
    ),
    "related": Scene(("enter", "j", "enter", "o", "j"), prepare=talks, sizes=(*USUAL, SMALL)),
    "webhook": Scene(("w",)),
    "webhook_review": Scene(("w", "tab", "j", "j", "j", "space", "k", "space"), act=_dialog),
    "webhook_not_as_sent": Scene(
        ("w", "home", *("delete",) * 5, *"http", "tab", "j", "j", "j", "space"),
        prepare=_stores_something_else,
        act=_save,
    ),
    "help": Scene(("enter", "question_mark")),
    "copy": Scene(("enter", "enter", "y"), sizes=(*USUAL, SMALL)),
    "palette": Scene(("enter", "ctrl+p")),
    "welcome": Scene(begin=_without_credentials),
    "triage": Scene(("enter", "G", "t"), prepare=outage, sizes=(*USUAL, LARGE, SMALL)),
    "triage_still_failing": Scene(("enter", "G", "t", "j", "j", "j"), prepare=outage),
    "triage_opened": Scene(("enter", "G", "t", "j", "enter"), prepare=outage),
}
