"""What scenes are made of: an API with some of everything, keys, and what else is done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ParamSpec, TypeAlias, TypeVar

from textual.pilot import Pilot
from typing_extensions import override

from tests.builders import NOW, delivered, delivery, detail, instance
from tests.fakes import FakeClock, FakeGateway
from tests.ui.harness import launch, settle, until
from vzaps_tui.domain.deliveries import Attempt, Delivery, DeliveryDetail
from vzaps_tui.domain.instances import Instance, LinkState
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.ui.app import VzapsApp

P = ParamSpec("P")
T = TypeVar("T")
Act: TypeAlias = Callable[[Pilot[str], FakeGateway], Awaitable[None]]
Prepare: TypeAlias = Callable[[FakeGateway], None]
Begin: TypeAlias = Callable[[FakeGateway], dict[str, Any]]

URL = "https://hooks.acme.example.com/vz?secret=s3cret"
USUAL = ("120x36", "80x24")
"""The sizes people have most."""
SMALL, LARGE = "60x20", "200x50"

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


def outage(gateway: FakeGateway) -> None:
    """A receiver that was down in the night, a path that is gone, another that is down still."""
    made: list[Delivery] = []
    at = NOW
    for number in range(120):
        at -= timedelta(minutes=2 + number * 7 % 9)
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
            event = "Presence" if number % 7 == 0 else "Message"
            row = delivery(120 - number, target=URL, created_at=at, event=event, attempts=0)
            row = delivered(row, last_attempt_at=at)
        made.append(row)
    gateway.rows = made


def talks(gateway: FakeGateway) -> None:
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


class AtOnce(ThreadPoolExecutor):
    """Does everything at once: which of several threads is quicker changes no picture."""

    @override
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def _nothing_else(_: FakeGateway) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Scene:
    """A picture: how the API is, which keys are pressed, what else is done, at which sizes.

    `prepare` changes the API before the start; `begin` says what the program is started with.
    """

    keys: tuple[str, ...] = ()
    prepare: Prepare | None = None
    act: Act | None = None
    begin: Begin = _nothing_else
    sizes: tuple[str, ...] = USUAL

    def stage(self) -> tuple[VzapsApp, Callable[[Pilot[str]], Awaitable[None]]]:
        """The app of this scene, not yet running, and what is done with it."""
        gateway = world()
        if self.prepare is not None:
            self.prepare(gateway)

        async def play(pilot: Pilot[str]) -> None:
            asyncio.get_running_loop().set_default_executor(AtOnce())
            await settle(pilot)
            for key in self.keys:
                await pilot.press(key)
                await settle(pilot)
            if self.act is not None:
                await self.act(pilot, gateway)
            pilot.app.clear_notifications()
            await settled(pilot)

        return VzapsApp(launch(gateway, **({"label": "acme-prod"} | self.begin(gateway)))), play


async def settled(pilot: Pilot[str]) -> None:
    """Wait until everything is drawn and nothing runs but what a gate holds."""
    if any(worker.group in _HELD for worker in pilot.app.workers if not worker.is_finished):
        for _ in range(5):
            await pilot.pause()
    else:
        await settle(pilot)


_HELD = ("sync", "retry")
"""Groups of workers that scenes hold on purpose."""


def clock_of(pilot: Pilot[str]) -> FakeClock:
    """The clock of the app, to let time pass."""
    app = pilot.app
    assert isinstance(app, VzapsApp)
    assert app.launch.services is not None
    clock = app.launch.services.clock
    assert isinstance(clock, FakeClock)
    return clock


async def pressed(pilot: Pilot[str], *keys: str) -> None:
    """Press keys one after another, each until all is settled."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def asked(pilot: Pilot[str], *keys: str) -> None:
    """Press keys, and wait for the dialog that a worker opens after them."""
    boards = len(pilot.app.screen_stack)
    await pilot.press(*keys)
    await until(pilot, lambda: len(pilot.app.screen_stack) > boards)
