"""Deliveries, read from the wire by the tolerant map of CONTRACT 3.6."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

from vzaps_tui.api.decode import Hide, need_object, tidy
from vzaps_tui.api.hiding import hide_in, thorough
from vzaps_tui.api.wire import Fields, checked
from vzaps_tui.api.wire_pages import merge, page_of, read_rows
from vzaps_tui.api.wire_payload import body_text, event_of, payload_text, pretty
from vzaps_tui.domain.deliveries import (
    Attempt,
    Delivery,
    DeliveryDetail,
    LogId,
    StatusClass,
    classify,
)
from vzaps_tui.domain.masking import Masker
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.problems import ProtocolError
from vzaps_tui.domain.retries import RetryReceipt

_IDS: Final = ("id", "log_id", "delivery_id", "_id")
_STATUS: Final = ("status", "state", "delivery_status")
_TARGETS: Final = ("url", "webhook_url", "webhook", "target_url")
_CODES: Final = ("status_code", "http_status", "response_status", "response_code")
_ERRORS: Final = ("error", "error_message", "last_error")
_DURATIONS: Final = ("duration_ms", "latency_ms", "duration", "response_time_ms")
_PAYLOADS: Final = ("payload", "request_body", "body", "json_data", "data")
_CREATED: Final = ("created_at",)
_LAST: Final = ("last_attempt_at", "delivered_at", "sent_at")
_KNOWN: Final = (*_IDS, *_STATUS, "event_type", "event", "attempts", *_PAYLOADS, *_CREATED)

_LONGEST_ERROR: Final = 2_000
_MOST_ATTEMPTS: Final = 1_000_000
_LONGEST_MS: Final = 1e10
_HTTP: Final = range(100, 600)
_DAWN: Final = datetime(1, 1, 1, tzinfo=UTC)


def _http_status(fields: Fields) -> int | None:
    found = fields.integer(*_CODES)
    if found is None:
        answer = fields.inner("response")
        found = answer.integer(*_CODES, "status", "code") if answer else None
    return found if found in _HTTP else None


def _duration(fields: Fields) -> float | None:
    found = fields.number(*_DURATIONS)
    return found if found is not None and 0 <= found < _LONGEST_MS else None


def _error(fields: Fields, *more: str) -> str | None:
    names = (*_ERRORS, *more)
    inner = fields.inner(*names)
    found = fields.text(*names) or (inner.text("message", "error", "detail") if inner else None)
    return found[:_LONGEST_ERROR] if found else None


def _tries(fields: Fields) -> list[Fields]:
    """The attempts as objects, oldest first; empty where only their number is told."""
    listed = fields.items("attempts", "attempt") or []
    tries = [found for item in listed if (found := Fields.of(item)) is not None]
    return sorted(tries, key=_order)


def _order(attempt: Fields) -> tuple[datetime, int]:
    return _attempt_time(attempt) or _DAWN, attempt.integer("number", "attempt") or 0


def _attempt_time(attempt: Fields) -> datetime | None:
    return attempt.moment("at", "attempted_at", "started_at", *_CREATED, *_LAST, "timestamp")


def _attempt_count(fields: Fields) -> int | None:
    listed = fields.items("attempts")
    if listed is not None:
        return len(listed)
    found = fields.integer("attempts", "attempt", "attempt_count", "retry_count")
    return found if found is not None and 0 <= found < _MOST_ATTEMPTS else None


def _event(fields: Fields) -> str:
    for name in ("event_type", "event", "type"):
        value = fields.pick(name)
        if isinstance(value, str) and value.strip():
            return value
    return next((e for n in _PAYLOADS if (e := event_of(fields.pick(n))) != "?"), "?")


def _key(row: dict[str, object]) -> str:
    try:
        text = json.dumps(row, sort_keys=True)
    except RecursionError:
        text = "".join(sorted(row))
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12)
    return f"no-id:{digest.hexdigest()}"


def read_delivery(row: dict[str, object], asked: LogId | None = None) -> Delivery:
    """One row, from a list or of a detail.

    Args:
        row: the JSON object.
        asked: the id it was asked for by; the row keeps that identity, whatever it says itself.
    """
    fields = Fields(row)
    ident = asked or fields.text(*_IDS)
    tries = _tries(fields)
    last = tries[-1] if tries else Fields({})
    status = (fields.text(*_STATUS) or "").strip()
    http_status = _http_status(fields) or _http_status(last)
    # A message beside a success is no error.
    good = classify(status, http_status) is StatusClass.DELIVERED
    duration = _duration(fields)
    return Delivery(
        id=LogId(ident or ""),
        key=ident or _key(row),
        status=status,
        event=_event(fields),
        target=fields.text(*_TARGETS),
        attempts=_attempt_count(fields),
        http_status=http_status,
        error=_error(fields, *(() if good else ("message",))) or (None if good else _error(last)),
        duration_ms=_duration(last) if duration is None else duration,
        created_at=fields.moment(*_CREATED),
        last_attempt_at=fields.moment(*_LAST) or _attempt_time(last),
        next_retry_at=fields.moment("next_retry_at"),
        updated_at=fields.moment("updated_at"),
    )


def _age(row: Delivery) -> datetime:
    return max(row.updated_at or _DAWN, row.last_attempt_at or _DAWN)


def read_deliveries(payload: object, number: int, size: int) -> Page[Delivery]:
    """One page of the log. Of rows with one id the one with the latest news stays.

    Raises:
        ProtocolError: there is no list of rows.
    """
    raw = read_rows(payload, size)
    rows = checked(Delivery, ((path, read_delivery(row)) for path, row in raw.rows))
    single = merge(list(rows), lambda row: row.key, lambda one, other: _age(one) > _age(other))
    return page_of(raw, number, tuple(single))


def _attempt(fields: Fields, position: int, known: Hide) -> Attempt:
    answer = fields.inner("response")
    body = answer.pick("body", "text", "data") if answer else None
    return Attempt(
        number=fields.integer("number", "attempt", "attempt_number") or position,
        at=_attempt_time(fields),
        http_status=_http_status(fields),
        duration_ms=_duration(fields),
        error=_error(fields),
        response=body_text(body or fields.pick("response_body", "response"), known),
    )


def _response(fields: Fields, attempts: tuple[Attempt, ...], known: Hide) -> str | None:
    answer = fields.inner("response")
    body = answer.pick("body", "text", "data") if answer else None
    found = body_text(fields.pick("response_body") or body or fields.pick("response"), known)
    return found if found is not None or not attempts else attempts[-1].response


def read_detail(payload: object, whole: object, asked: LogId, masker: Masker) -> DeliveryDetail:
    """Everything of one delivery.

    Args:
        payload: the unwrapped answer.
        whole: the answer before unwrapping, for the raw view; masked in place, hence read last.
        asked: the id it was asked for by.
        masker: hides secrets; in payload and responses only known ones and those with telling keys.

    Raises:
        ProtocolError: not an object, or none of the fields of a delivery.
    """
    row = need_object(payload)
    fields = Fields(row)
    inner = fields.inner("log", "delivery")
    if inner is not None and not fields.has(*_KNOWN):
        name = next(n for n in row if Fields.of(row[n]) is not None)
        row, fields = need_object(row[name]), inner
    if not fields.has(*_KNOWN):
        raise ProtocolError("$.id: a delivery should be here")
    delivery = read_delivery(row, asked)
    attempts = tuple(
        _attempt(item, position, masker.known) for position, item in enumerate(_tries(fields), 1)
    )
    text, is_json = payload_text(fields.pick(*_PAYLOADS), masker.known)
    detail = DeliveryDetail(
        delivery=delivery,
        attempts=attempts,
        payload=text,
        payload_is_json=is_json,
        response=_response(fields, attempts, masker.known),
        raw=masker.known(pretty(hide_in(whole, thorough(masker)))),
    )
    return checked(DeliveryDetail, [("$", detail)])[0]


def read_receipt(payload: object, asked: LogId, hide: Hide) -> RetryReceipt:
    """What a retry's answer tells beyond "accepted"; its shape is unknown (CONTRACT 3.7).

    An empty or `null` answer is accepted and tells nothing. An id other than the one asked for is
    that of a new log.

    Raises:
        ProtocolError: something else than an object: whether it was accepted is not known.
    """
    if payload is None:
        return RetryReceipt()
    fields = Fields(need_object(payload))
    log = fields.inner("log", "delivery") or fields
    named = fields.text("new_log_id", "new_id", "retry_log_id") or log.text(*_IDS)
    receipt = RetryReceipt(
        new_log=LogId(named) if named and named != asked else None,
        message=tidy(fields.text("message", "detail") or "", hide),
    )
    return checked(RetryReceipt, [("$", receipt)])[0]
