"""The JSON of answers: the documented shapes, and the ways in which scenarios bend them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, cast

from vzaps_tui.emulator.hostile import hostile
from vzaps_tui.emulator.instances import Instance
from vzaps_tui.emulator.logs import Attempt, Log
from vzaps_tui.emulator.receivers import is_loopback

Json = dict[str, Any]
_VERBATIM = frozenset({"payload", "response_body"})


def stamp(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds and `Z`."""
    if at is None:
        return None
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def instance_summary(instance: Instance, scenarios: Collection[str]) -> Json:
    """The public instance summary, all documented fields (CONTRACT 3.1)."""
    strange = "hostile-text" in scenarios
    return {
        "id": instance.id,
        "name": f"{instance.name} {hostile(instance.index)}" if strange else instance.name,
        "token": instance.token,
        "url": f"https://app.vzaps.com/instances/{instance.id}",
        "webhook": instance.webhook or "",
        "events_subscribe": ",".join(instance.subscribed),
        "connected": instance.connected,
        "connected_at": stamp(instance.updated_at) if instance.connected else None,
        "whatsapp_push_name": instance.name if instance.connected else None,
        "whatsapp_jid": f"{instance.phone}@s.whatsapp.net" if instance.connected else None,
        "billing_status": "ACTIVE" if instance.connected else "TRIALING",
        "reject_calls": False,
        "auto_read_messages": False,
        "created_at": stamp(instance.created_at),
        "updated_at": stamp(instance.updated_at),
        "cancel_at": None,
        "expired_at": None,
    }


def page(content: list[Any], number: int, size: int, total: int) -> Json:
    """A page object (CONTRACT 3.1, 3.5)."""
    return {
        "page": number,
        "size": size,
        "total": total,
        "total_pages": -(-total // size),
        "content": content,
    }


def webhook_read(instance: Instance) -> Json:
    """Answer of webhook get; not set is `""` and `[""]`, as in the lineage (CONTRACT 3.3)."""
    return {"webhook": instance.webhook or "", "subscribe": list(instance.subscribed) or [""]}


def webhook_written(instance: Instance) -> Json:
    """Answer of webhook set: `events` is a comma string here (CONTRACT 3.4)."""
    return {"webhook": instance.webhook or "", "events": ",".join(instance.subscribed)}


def session(instance: Instance) -> Json:
    """Answer of session/status: nothing but `connected` when the link is down (CONTRACT 3.8)."""
    if not instance.connected:
        return {"connected": False}
    return {
        "connected": True,
        "phone": instance.phone,
        "whatsapp_jid": f"{instance.phone}@s.whatsapp.net",
        "push_name": instance.name,
        "business_name": instance.name,
    }


def row(instance: Instance, log: Log, scenarios: Collection[str]) -> Json:
    """A list row: everything but payload and response (names are inferred, CONTRACT 3.6)."""
    last = log.last
    error = last.error if last else None
    if error and "hostile-text" in scenarios:
        error = f"{error} {hostile(len(log.attempts) + ord(log.id[-1]))}"
    return {
        "id": log.id,
        "instance_id": instance.id,
        "event_type": log.event,
        "status": str(log.status),
        "url": log.url,
        "attempts": _tries(log, scenarios) if "attempts-list" in scenarios else len(log.attempts),
        "status_code": last.http_status if last else None,
        "error": error,
        "duration_ms": last.duration_ms if last else None,
        "created_at": stamp(log.created_at),
        "last_attempt_at": stamp(log.attempts[-1].at) if log.attempts else None,
        "next_retry_at": stamp(log.next_retry_at),
        "updated_at": stamp(log.updated_at),
    }


def detail(instance: Instance, log: Log, payload: object, scenarios: Collection[str]) -> Json:
    """One delivery whole: the row, its tries one by one, payload and last response."""
    found = row(instance, log, scenarios)
    if "attempts-number" not in scenarios:
        found["attempts"] = _tries(log, scenarios)
    found["payload"] = payload
    found["response_body"] = _response(log.attempts[-1], scenarios) if log.attempts else None
    return found


def _response(attempt: Attempt, scenarios: Collection[str]) -> str:
    text = attempt.result.response
    return f"{text} {hostile(attempt.number)}" if "hostile-text" in scenarios else text


def _tries(log: Log, scenarios: Collection[str]) -> list[Json]:
    return [
        {
            "attempt": attempt.number,
            "sent_at": stamp(attempt.at),
            "status_code": attempt.result.http_status,
            "duration_ms": attempt.result.duration_ms,
            "error": attempt.result.error,
            "response_body": _response(attempt, scenarios),
        }
        for attempt in log.attempts
    ]


def retry_receipt(asked: Log, target: Log, scenarios: Collection[str]) -> Json:
    """Answer of retry: accepted, nothing more; names a new log only where one was made and told."""
    kind = "a real POST" if is_loopback(target.url) else "the modelled receiver"
    found: Json = {"message": f"retry accepted, sent to {kind}", "id": asked.id}
    if target is not asked and "retry-new-log-silent" not in scenarios:
        found["new_log_id"] = target.id
    return found


def _unknown_status(row: Json, _before: Json) -> object:
    return {**row, "status": "quarantined"}


def _unknown_event(row: Json, _before: Json) -> object:
    return {**row, "event_type": "PollVote"}


def _no_id(row: Json, _before: Json) -> object:
    return {key: value for key, value in row.items() if key != "id"}


def _same_id(row: Json, before: Json) -> object:
    return {**row, "id": before["id"]}


def _moment(row: Json) -> datetime:
    return datetime.fromisoformat(row["created_at"])


def _naive(row: Json, _before: Json) -> object:
    return {**row, "created_at": _moment(row).strftime("%Y-%m-%d %H:%M:%S")}


def _seconds(row: Json, _before: Json) -> object:
    return {**row, "created_at": int(_moment(row).timestamp())}


def _milliseconds(row: Json, _before: Json) -> object:
    return {**row, "created_at": int(_moment(row).timestamp() * 1000)}


def _offset(row: Json, _before: Json) -> object:
    there = _moment(row) - timedelta(hours=3)
    return {**row, "created_at": there.strftime("%Y-%m-%dT%H:%M:%S.%f-03:00")}


def _no_object(_row: Json, _before: Json) -> object:
    return "not a row"


def _bare_row(row: Json, _before: Json) -> object:
    return {"id": row["id"]}


_ODDITIES: tuple[Callable[[Json, Json], object] | None, ...] = (
    None,
    _unknown_status,
    _unknown_event,
    _no_id,
    _same_id,
    _naive,
    _seconds,
    _milliseconds,
    _offset,
    _no_object,
    _bare_row,
)


def odd(rows: list[Json]) -> list[object]:
    """The scenario `odd-rows`: each row odd in another way, the first as it should be."""
    found: list[object] = []
    for index, this in enumerate(rows):
        oddity = _ODDITIES[index % len(_ODDITIES)]
        found.append(oddity(this, rows[index - 1]) if oddity else this)
    return found


def camel(value: object) -> object:
    """The same value with keys in camelCase; what was sent to a receiver stays as it was sent."""
    if isinstance(value, list):
        return [camel(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {
            _camel_key(key): item if key in _VERBATIM else camel(item)
            for key, item in cast("Json", value).items()
        }
    return value


def _camel_key(key: str) -> str:
    head, *rest = key.split("_")
    return head + "".join(part.capitalize() for part in rest)


def wrap(data: object) -> Json:
    """The success envelope (CONTRACT 2.1)."""
    return {"code": 200, "success": True, "data": data}


def refusal(status: int, text: str) -> Json:
    """The error body of the lineage (CONTRACT 2.3)."""
    return {"code": status, "error": text, "success": False}
