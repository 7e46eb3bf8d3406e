"""Scenes for the pictures: what the API holds, and the keys that lead there."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeAlias

from textual.pilot import Pilot

from tests.builders import NOW, delivered, delivery, detail, instance
from tests.fakes import FakeGateway
from tests.ui.harness import launch, settle, until
from vzaps_tui.domain.deliveries import Attempt, Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.instances import Instance, LinkState
from vzaps_tui.domain.problems import UnavailableError
from vzaps_tui.domain.retries import RetryReceipt
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.ui.app import VzapsApp
from vzaps_tui.ui.launch import Missing

Act: TypeAlias = Callable[[Pilot[str], FakeGateway], Awaitable[None]]
URL = "https://hooks.acme.example.com/vz?secret=s3cret"

_ERRORS: tuple[tuple[str, int | None, str | None, float], ...] = (
    ("delivered", 200, None, 42.0),
    ("failed", 502, "HTTP 502 Bad Gateway", 1234.0),
    ("delivered", 200, None, 310.0),
    ("failed", None, "timeout: no answer within 10 s", 10_000.0),
    ("pending", 503, "HTTP 503 Service Unavailable", 87.0),
    ("failed", 500, "HTTP 500 Internal Server Error", 95.0),
    ("quarantined", None, None, 12.0),
)
_EVENTS = ("Message", "ReadReceipt", "Message", "GroupParticipantsRemove", "Message")


def rows(count: int = 60) -> list[Delivery]:
    """A log with some of everything, newest first, going back past midnight."""
    made: list[Delivery] = []
    for number in range(count):
        status, code, error, took = _ERRORS[number % len(_ERRORS)]
        at = NOW - timedelta(minutes=17 * number)
        made.append(
            delivery(
                count - number,
                status=status,
                event=_EVENTS[number % len(_EVENTS)],
                http_status=code,
                error=error,
                duration_ms=took,
                target=URL,
                created_at=at,
                last_attempt_at=at + timedelta(seconds=35),
                attempts=1 if status == "delivered" else 3,
            )
        )
    return made


def instances() -> list[Instance]:
    """One of each link state; names as people give them."""
    return [
        instance(1, name="Support BR", webhook=URL, events=("Message", "ReadReceipt")),
        instance(2, name="Vendas São Paulo", webhook=URL, events=("All",)),
        instance(
            3, name="客服 北京", link=LinkState.DISCONNECTED, updated_at=NOW - timedelta(days=8)
        ),
        instance(
            4, name="Sandbox", link=LinkState.UNKNOWN, status="QRCODE", webhook=None, events=()
        ),
    ]


def whole(row: Delivery) -> DeliveryDetail:
    """A delivery with attempts, a payload and a response."""
    payload = {
        "type": "Message",
        "instance_id": "VZ01",
        "event": {
            "info": {
                "id": "3EB0AAAA",
                "chat": "5511988887777@s.whatsapp.net",
                "is_from_me": False,
                "push_name": "Ana \U0001f600",
                "timestamp": "2026-03-14T11:43:00Z",
            },
            "message": {"conversation": "bom dia [/red] \x1b[31m tudo bem?"},
        },
    }
    first = row.created_at or NOW
    tries = (
        Attempt(1, first, 502, 1234.0, "HTTP 502 Bad Gateway"),
        Attempt(2, first + timedelta(seconds=5), None, 10_000.0, "timeout: no answer within 10 s"),
        Attempt(3, first + timedelta(seconds=35), row.http_status, row.duration_ms, row.error),
    )
    text = json.dumps(payload, indent=2, ensure_ascii=False)
    return detail(row, attempts=tries, payload=text, response="<h1>502 Bad Gateway</h1>", raw=text)


def world() -> FakeGateway:
    """The API of all scenes."""
    gateway = FakeGateway(rows(), instances())
    gateway.details = {row.id: whole(row) for row in gateway.rows}
    for row in gateway.listed:
        gateway.webhooks[row.id] = WebhookConfig(row.webhook, row.events)
    return gateway


@dataclass(frozen=True)
class Scene:
    """A picture: how the API is, which keys are pressed, what else is done."""

    keys: tuple[str, ...] = ()
    prepare: Callable[[FakeGateway], None] | None = None
    act: Act | None = None
    begin: dict[str, Any] = field(default_factory=dict[str, Any])

    def stage(self) -> tuple[VzapsApp, Callable[[Pilot[str]], Awaitable[None]]]:
        """The app of this scene, not yet running, and what is done with it."""
        gateway = world()
        if self.prepare is not None:
            self.prepare(gateway)

        async def play(pilot: Pilot[str]) -> None:
            await settle(pilot)
            for key in self.keys:
                await pilot.press(key)
                await settle(pilot)
            if self.act is not None:
                await self.act(pilot, gateway)
            pilot.app.clear_notifications()
            await settle(pilot)

        return VzapsApp(launch(gateway, **({"label": "acme-prod"} | self.begin))), play


def _no_rows(gateway: FakeGateway) -> None:
    gateway.rows.clear()


def _no_instances(gateway: FakeGateway) -> None:
    gateway.listed.clear()


def _down(gateway: FakeGateway) -> None:
    gateway.fail("instances", UnavailableError("connection refused", acted=False))


def _first_delivers(gateway: FakeGateway) -> None:
    def retried(log: LogId) -> RetryReceipt | None:
        gateway.put(delivered(gateway.row(log)))
        return None

    gateway.on_retry = retried


def _stores_something_else(gateway: FakeGateway) -> None:
    gateway.obeys_url_key = "nobody's"


async def _goes_down(pilot: Pilot[str], gateway: FakeGateway) -> None:
    gateway.fail("search", UnavailableError("timeout: no answer in 30 s"))
    await pilot.press("ctrl+r")
    await settle(pilot)


async def _dialog(pilot: Pilot[str], _gateway: FakeGateway) -> None:
    """Wait for the dialog that a worker opens."""
    boards = len(pilot.app.screen_stack)
    await pilot.press("ctrl+s")
    await until(pilot, lambda: len(pilot.app.screen_stack) > boards)


async def _save(pilot: Pilot[str], gateway: FakeGateway) -> None:
    await _dialog(pilot, gateway)
    await pilot.press("tab", "enter")
    await settle(pilot)


async def _review(pilot: Pilot[str], _gateway: FakeGateway) -> None:
    await pilot.press("a", "r")
    await until(pilot, lambda: type(pilot.app.screen).__name__ == "ConfirmScreen")


def _without_credentials() -> dict[str, Any]:
    missing = Missing(
        ("VZAPS_CLIENT_TOKEN", "VZAPS_CLIENT_SECRET"), "~/.config/vzaps-tui/config.toml"
    )
    return {"services": None, "missing": missing}


def _outage(gateway: FakeGateway) -> None:
    """A receiver that was down in the night, a path that is gone, another that is down still."""
    made: list[Delivery] = []
    for number in range(120):
        at = NOW - timedelta(minutes=1 + 6 * number)
        failed: dict[str, Any] = {"status": "failed", "created_at": at, "last_attempt_at": at}
        if 40 <= number < 75:
            code = None if number % 4 == 0 else 502
            error = "timeout: no answer within 10 s" if code is None else "HTTP 502 Bad Gateway"
            row = delivery(120 - number, **failed, http_status=code, error=error, target=URL)
        elif number % 5 == 1:
            old = "https://old.acme.example.com/hook"
            row = delivery(120 - number, **failed, http_status=404, error="Not Found", target=old)
        elif number < 30 and number % 3 == 0:
            down = {"http_status": None, "error": "dial tcp 203.0.113.9:3000: connection refused"}
            bot = "http://bot.acme.example.com:3000/"
            row = delivery(120 - number, **failed, **down, target=bot, event="ReadReceipt")
        else:
            row = delivered(delivery(120 - number, target=URL, created_at=at), last_attempt_at=at)
        made.append(row)
    gateway.rows = made


def _talks(gateway: FakeGateway) -> None:
    """Three chats take turns; each delivery says something else."""
    people = (("5511988887777", "Ana"), ("5521977776666", "Bruno"), ("4915112345678", "Jürgen"))
    words = ("bom dia", "o boleto venceu", "obrigada!", "segue o comprovante")
    for number, row in enumerate(gateway.rows):
        phone, name = people[number % len(people)]
        info: dict[str, Any] = {
            "id": f"3EB0{number:04X}",
            "chat": f"{phone}@s.whatsapp.net",
            "push_name": name,
            "is_from_me": False,
            "timestamp": (row.created_at or NOW).isoformat(),
        }
        if number % 2:
            info["edit"] = "1"
        message = {"conversation": words[number % len(words)]}
        payload = {"type": "Message", "event": {"info": info, "message": message}}
        text = json.dumps(payload, indent=2, ensure_ascii=False)
        gateway.details[row.id] = replace(gateway.details[row.id], payload=text)


SCENES: dict[str, Scene] = {
    "instances": Scene(),
    "instances_empty": Scene(prepare=_no_instances),
    "instances_down": Scene(prepare=_down),
    "deliveries": Scene(("enter",)),
    "deliveries_empty": Scene(("enter",), prepare=_no_rows),
    "deliveries_failures_marked": Scene(("enter", "f", "space", "space")),
    "deliveries_old": Scene(("enter",), act=_goes_down),
    "deliveries_found": Scene(("enter", "slash", "5", "0", "2")),
    "deliveries_retried": Scene(("enter", "f", "r"), prepare=_first_delivers),
    "retry_review": Scene(("enter",), act=_review),
    "query": Scene(("enter", "colon", *"code:5xx las")),
    "query_wrong": Scene(("enter", "colon", *"code:5xx last:9q", "enter")),
    "filter": Scene(("enter", "F", "space", "tab", "down", "space")),
    "delivery_attempts": Scene(("enter", "j", "enter")),
    "delivery_payload": Scene(("enter", "j", "enter", "2")),
    "compare": Scene(
        ("enter", "j", "enter", "space", *("right_square_bracket",) * 2, "d"), prepare=_talks
    ),
    "related": Scene(("enter", "j", "enter", "o", "j"), prepare=_talks),
    "webhook": Scene(("w",)),
    "webhook_review": Scene(("w", "tab", "j", "j", "j", "space", "k", "space"), act=_dialog),
    "webhook_not_as_sent": Scene(
        ("w", "home", *("delete",) * 5, *"http", "tab", "j", "j", "j", "space"),
        prepare=_stores_something_else,
        act=_save,
    ),
    "help": Scene(("enter", "question_mark")),
    "copy": Scene(("enter", "enter", "y")),
    "palette": Scene(("enter", "ctrl+p")),
    "welcome": Scene(begin=_without_credentials()),
    "triage": Scene(("enter", "G", "t"), prepare=_outage),
    "triage_opened": Scene(("enter", "G", "t", "j", "enter"), prepare=_outage),
}
