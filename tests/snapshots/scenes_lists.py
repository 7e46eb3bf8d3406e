"""Scenes of the list of deliveries: over time, gaps, loading, order, zone, filters, offline."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from textual.pilot import Pilot
from typing_extensions import override

from tests.builders import NOW, delivered
from tests.fakes import Call, FakeGateway, MemoryViews
from tests.snapshots.stage import (
    LARGE,
    SMALL,
    USUAL,
    Scene,
    asked,
    clock_of,
    outage,
    pressed,
    rows,
)
from tests.ui.harness import IDENTITY, QuickClock, screen_text, settle, until
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.remembered import SavedView
from vzaps_tui.domain.retries import RetryReceipt

_BRAZIL = timezone(timedelta(hours=-3))
_PAGES = 4
"""Pages of a long log that are read before the reading is held."""


class _TravelClock(QuickClock):
    """A clock in Brazil that can show UTC."""

    @override
    def now(self) -> datetime:
        return super().now().astimezone(UTC if self.utc else _BRAZIL)


def _abroad(_: FakeGateway) -> dict[str, Any]:
    return {"clock": _TravelClock()}


def _no_rows(gateway: FakeGateway) -> None:
    gateway.rows.clear()


def _first_delivers(gateway: FakeGateway) -> None:
    def retried(log: LogId) -> RetryReceipt | None:
        gateway.put(delivered(gateway.row(log)))
        return None

    gateway.on_retry = retried


def _long(gateway: FakeGateway) -> None:
    gateway.rows = rows(1250)


async def _load_all(pilot: Pilot[str], gateway: FakeGateway) -> None:
    """Read on until a page that does not come; each page takes its time."""
    clock, first = clock_of(pilot), gateway.count("search")

    def hold(call: Call) -> None:
        if call.name == "search":
            clock.shift(0.4)
            if gateway.count("search") - first == _PAGES:
                gateway.gate("search")

    gateway.hook = hold
    await pilot.press("L")
    await until(pilot, lambda: gateway.count("search") - first > _PAGES)
    await until(pilot, lambda: "Reading" in screen_text(pilot))


def _newer(gateway: FakeGateway, count: int) -> None:
    """So many new deliveries on top of those that are there, one a minute up to now."""
    known = len(gateway.rows)
    new = rows(count)
    gateway.rows = [
        replace(
            row,
            id=LogId(f"log_{known + count - number}"),
            key=f"log_{known + count - number}",
            created_at=NOW + timedelta(minutes=count - number),
            last_attempt_at=NOW + timedelta(minutes=count - number),
        )
        for number, row in enumerate(new)
    ] + gateway.rows


async def _news(pilot: Pilot[str], gateway: FakeGateway) -> None:
    """New deliveries come while one looks at older ones."""
    await pressed(pilot, "pagedown")
    _newer(gateway, 12)
    clock_of(pilot).shift(12 * 60)
    await pressed(pilot, "ctrl+r")


async def _gap(pilot: Pilot[str], gateway: FakeGateway) -> None:
    """More came than a look at the newest reads."""
    _newer(gateway, 900)
    clock_of(pilot).shift(900 * 60)
    await pressed(pilot, "ctrl+r", "g")


async def _goes_down(pilot: Pilot[str], gateway: FakeGateway) -> None:
    """No answer any more; the last one is some time ago."""
    clock_of(pilot).shift(47 * 60)
    gateway.fail("search", UnavailableError("timeout: no answer in 30 s"))
    await pressed(pilot, "ctrl+r")


async def _review(pilot: Pilot[str], _gateway: FakeGateway) -> None:
    await asked(pilot, "a", "r")


def _with_views(_: FakeGateway) -> dict[str, Any]:
    kept = {
        "down right now": "status:failed code:5xx,timeout last:2h",
        "gone receivers": "status:failed code:404,410",
        "receipts that took many tries": "event:ReadReceipt tries:>=5",
        "from an older version": "status:failed colour:red",
    }
    views = MemoryViews()
    for name, query in kept.items():
        views.named[IDENTITY.base_url, IDENTITY.account, name] = SavedView(name, query)
    return {"views": views}


async def _narrowed(pilot: Pilot[str], _gateway: FakeGateway) -> None:
    await pilot.press("colon", *"status:failed code:502,timeout last:8h tries:>=3", "enter")
    await settle(pilot)


SCENES: dict[str, Scene] = {
    "deliveries": Scene(("enter",)),
    "deliveries_empty": Scene(("enter",), prepare=_no_rows),
    "deliveries_failures_marked": Scene(("enter", "f", "space", "space")),
    "deliveries_old": Scene(("enter",), act=_goes_down, sizes=(*USUAL, SMALL)),
    "deliveries_found": Scene(("enter", "slash", "5", "0", "2")),
    "deliveries_retried": Scene(("enter", "f", "r"), prepare=_first_delivers),
    "list_outage": Scene(("enter", "L", "j", "j"), prepare=outage, sizes=(*USUAL, LARGE, SMALL)),
    "list_loading": Scene(("enter",), prepare=_long, act=_load_all, sizes=(*USUAL, SMALL)),
    "list_news": Scene(("enter",), act=_news),
    "list_gap": Scene(("enter",), prepare=_long, act=_gap),
    "list_oldest_first": Scene(("enter", "L", "S", "g"), prepare=outage),
    "list_local": Scene(("enter", "j"), begin=_abroad),
    "list_utc": Scene(("enter", "j", "U"), begin=_abroad),
    "list_narrowed": Scene(("enter", "L"), prepare=outage, act=_narrowed, sizes=(*USUAL, SMALL)),
    "list_copy": Scene(("enter", "j", "y"), sizes=(*USUAL, SMALL)),
    "retry_review": Scene(("enter",), act=_review),
    "query": Scene(("enter", "colon", *"code:5xx las")),
    "query_values": Scene(("enter", "colon", *"status:failed code:"), sizes=(*USUAL, SMALL)),
    "query_wrong": Scene(("enter", "colon", *"code:5xx last:9q", "enter")),
    "filter": Scene(("enter", "F", "space", "tab", "down", "space"), sizes=(*USUAL, SMALL)),
    "views": Scene(("enter", "v", "j"), begin=_with_views, sizes=(*USUAL, SMALL)),
    "view_kept": Scene(("enter", "f", "V", *"night shift"), begin=_with_views),
    "export": Scene(("enter", "f", "x"), sizes=(*USUAL, SMALL)),
}
