"""Values for tests: sensible defaults, override by keyword."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from vzaps_tui.domain.deliveries import Delivery, DeliveryDetail, LogId
from vzaps_tui.domain.instances import Instance, InstanceId, LinkState
from vzaps_tui.domain.paging import Page

T = TypeVar("T")

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
INSTANCE = InstanceId("VZ01")


def delivery(number: int = 1, **changes: Any) -> Delivery:
    """Delivery `log_<number>`, failed; created `number` seconds after midnight of NOW's day."""
    name = f"log_{number}"
    moment = NOW.replace(hour=0) + timedelta(seconds=number)
    values: dict[str, Any] = {
        "id": LogId(name),
        "status": "failed",
        "event": "Message",
        "target": "https://hooks.example.com/vz",
        "attempts": 3,
        "http_status": 500,
        "error": "server error",
        "duration_ms": 120.0,
        "created_at": moment,
        "last_attempt_at": moment,
        "updated_at": moment,
    }
    values.update(changes)
    values.setdefault("key", values["id"])
    return Delivery(**values)


def delivered(row: Delivery, **changes: Any) -> Delivery:
    """The same delivery after one more try that went well, at NOW."""
    return _tried(
        row, "delivered", {"http_status": 200, "duration_ms": 42.0, "error": None} | changes
    )


def failed_again(row: Delivery, **changes: Any) -> Delivery:
    """The same delivery after one more try that failed, at NOW."""
    return _tried(row, "failed", {"http_status": 503, "duration_ms": 1200.0} | changes)


def _tried(row: Delivery, status: str, changes: dict[str, Any]) -> Delivery:
    tries = (row.attempts or 0) + 1
    tried = replace(row, status=status, attempts=tries, last_attempt_at=NOW, updated_at=NOW)
    return replace(tried, **changes)


def detail(row: Delivery | None = None, **changes: Any) -> DeliveryDetail:
    """Everything of a delivery, with a small JSON payload of its own."""
    row = row or delivery()
    values: dict[str, Any] = {
        "delivery": row,
        "payload": f'{{\n  "type": "{row.event}",\n  "id": "{row.id}"\n}}',
        "payload_is_json": True,
        "response": "oops",
        "raw": "{}",
    }
    return DeliveryDetail(**(values | changes))


def instance(number: int = 1, **changes: Any) -> Instance:
    """Instance `VZ<number>`, connected, with a webhook."""
    values: dict[str, Any] = {
        "id": InstanceId(f"VZ{number:02d}"),
        "name": f"Instance {number}",
        "link": LinkState.CONNECTED,
        "webhook": "https://hooks.example.com/vz",
        "events": ("Message",),
        "updated_at": NOW,
    }
    return Instance(**(values | changes))


def page(items: Iterable[T], number: int = 1, size: int = 50, **changes: Any) -> Page[T]:
    """One page; the totals are not told unless given."""
    return Page[T](tuple(items), number, size, **changes)
