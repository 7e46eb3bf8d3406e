"""Deliveries: the tolerant map of CONTRACT 3.6, wrappers of 5.2, payloads, the raw view."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from vzaps_tui.api.wire_deliveries import (
    read_deliveries,
    read_delivery,
    read_detail,
    read_receipt,
)
from vzaps_tui.api.wire_payload import event_of
from vzaps_tui.domain.deliveries import DeliveryDetail, LogId, StatusClass
from vzaps_tui.domain.masking import MASK, Masker, Secret
from vzaps_tui.domain.problems import ProtocolError
from vzaps_tui.domain.retries import RetryReceipt

DAY = datetime(2026, 9, 17, 13, 31, tzinfo=UTC)
LATER = datetime(2026, 9, 17, 13, 32, tzinfo=UTC)
STAMP, LATER_STAMP = "2026-09-17T13:31:00Z", "2026-09-17T13:32:00Z"
LOG = LogId("log_1")
A = {"type": "Message", "event": {"info": {"id": "3EB0"}}}


def detail(row: Any, *, whole: Any = None) -> DeliveryDetail:
    masker = Masker((Secret("s3cr3t-value"),))
    return read_detail(row, row if whole is None else whole, LOG, masker)


MAP: list[tuple[dict[str, Any], str, object]] = [
    ({"id": "a"}, "id", "a"),
    ({"log_id": "a"}, "id", "a"),
    ({"deliveryId": 7}, "id", "7"),
    ({"_id": "a"}, "id", "a"),
    ({"id": "a", "log_id": "b"}, "id", "a"),
    ({"id": None, "log_id": "b"}, "id", "b"),
    ({"id": {"$oid": "x"}, "log_id": "b"}, "id", "b"),
    ({"status": "failed"}, "status", "failed"),
    ({"state": "Weird One"}, "status", "Weird One"),
    ({"delivery_status": "ok"}, "status", "ok"),
    ({"status": {"x": 1}}, "status", ""),
    ({"event_type": "Message"}, "event", "Message"),
    ({"EventType": "Presence", "event": "Message"}, "event", "Presence"),
    ({"event": "Message"}, "event", "Message"),
    ({"event": {"x": 1}, "type": "Message"}, "event", "Message"),
    ({"type": "Brand.New"}, "event", "Brand.New"),
    ({"payload": A}, "event", "Message"),
    ({"payload": json.dumps({"json_data": A})}, "event", "Message"),
    ({"json_data": A}, "event", "Message"),
    ({}, "event", "?"),
    ({"url": "u"}, "target", "u"),
    ({"webhookUrl": "u"}, "target", "u"),
    ({"webhook": "u"}, "target", "u"),
    ({"target_url": "u"}, "target", "u"),
    ({"attempts": 3}, "attempts", 3),
    ({"attempts": "3"}, "attempts", 3),
    ({"attempts": [{}, {}]}, "attempts", 2),
    ({"attempts": []}, "attempts", 0),
    ({"attempt": 2}, "attempts", 2),
    ({"attemptCount": 2}, "attempts", 2),
    ({"retry_count": 2}, "attempts", 2),
    ({"attempts": -1}, "attempts", None),
    ({"attempts": 1e30}, "attempts", None),
    ({"attempts": True}, "attempts", None),
    ({"status_code": 502}, "http_status", 502),
    ({"httpStatus": "502"}, "http_status", 502),
    ({"response_status": 200}, "http_status", 200),
    ({"response_code": 200}, "http_status", 200),
    ({"response": {"status": 503}}, "http_status", 503),
    ({"attempts": [{"status_code": 500}, {"status_code": 504}]}, "http_status", 504),
    ({"status_code": 0}, "http_status", None),
    ({"status_code": 1000}, "http_status", None),
    ({"error": "timeout"}, "error", "timeout"),
    ({"error": {"message": "timeout"}}, "error", "timeout"),
    ({"errorMessage": "timeout"}, "error", "timeout"),
    ({"last_error": "timeout"}, "error", "timeout"),
    ({"message": "timeout"}, "error", "timeout"),
    ({"status": "delivered", "message": "all well"}, "error", None),
    ({"error": "", "message": None}, "error", None),
    ({"error": "x" * 9_000}, "error", "x" * 2_000),
    ({"duration_ms": 12}, "duration_ms", 12.0),
    ({"latencyMs": 12.5}, "duration_ms", 12.5),
    ({"duration": "12"}, "duration_ms", 12.0),
    ({"response_time_ms": 0}, "duration_ms", 0.0),
    ({"duration_ms": -1}, "duration_ms", None),
    ({"duration_ms": math.inf}, "duration_ms", None),
    ({"created_at": STAMP}, "created_at", DAY),
    ({"createdAt": 1789651860}, "created_at", DAY),
    ({"created_at": "0001-01-01T00:00:00Z"}, "created_at", None),
    ({"sent_at": STAMP}, "last_attempt_at", DAY),
    ({"delivered_at": STAMP}, "last_attempt_at", DAY),
    ({"last_attempt_at": STAMP, "sent_at": LATER_STAMP}, "last_attempt_at", DAY),
    ({"attempts": [{"at": LATER_STAMP}, {"at": STAMP}]}, "last_attempt_at", LATER),
    ({"next_retry_at": STAMP}, "next_retry_at", DAY),
    ({"updatedAt": STAMP}, "updated_at", DAY),
]


@pytest.mark.parametrize(("row", "field", "value"), MAP)
def test_the_map_of_a_row(row: dict[str, Any], field: str, value: object) -> None:
    assert getattr(read_delivery(row), field) == value


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"status_code": 204}, StatusClass.DELIVERED),
        ({"status_code": 500}, StatusClass.FAILED),
        ({"status": "RETRYING"}, StatusClass.PENDING),
        ({"status": "mystery", "status_code": 500}, StatusClass.OTHER),
        ({}, StatusClass.OTHER),
    ],
)
def test_class_of_a_row(row: dict[str, Any], expected: StatusClass) -> None:
    assert read_delivery(row).status_class is expected


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        (A, "Message"),
        (json.dumps(A), "Message"),
        ({"json_data": A, "instance": "VZ1"}, "Message"),
        ({"json_data": json.dumps(A)}, "Message"),
        ({"jsonData": A}, "Message"),
        ({"id": "evt", "type": "Message", "instance_id": "VZ1", "data": A}, "Message"),
        ({"payload": {"body": {"data": A}}}, "Message"),
        ({"Type": "Message", "Event": {}}, "Message"),
        ({"type": "Connected"}, "Connected"),
        ({"type": "outer", "data": {"type": "Message", "event": {}}}, "Message"),
        ({"data": {"data": {"data": {"data": {"data": {"data": {"data": A}}}}}}}, "?"),
        ({"type": 3, "event": {}}, "?"),
        ({"x": 1}, "?"),
        ([A], "?"),
        ("{broken", "?"),
        ("[" * 100_000, "?"),
        (None, "?"),
        (3, "?"),
    ],
)
def test_the_event_below_any_wrapper(payload: object, event: str) -> None:  # row 17
    assert event_of(payload) == event


def test_rows_without_id_get_a_key_that_stays() -> None:
    one: dict[str, object] = {"status": "failed", "a": 1, "b": 2}
    other: dict[str, object] = {"b": 2, "a": 1, "status": "failed"}
    first, again = read_delivery(one), read_delivery(other)
    assert first.id == ""
    assert first.key.startswith("no-id:")
    assert first.key == again.key
    assert read_delivery({"status": "failed", "a": 2}).key != first.key


def test_of_doubles_the_latest_stays_at_the_first_place() -> None:
    rows = [
        {"id": "a", "status": "failed", "updated_at": STAMP},
        {"id": "b", "status": "failed"},
        {"id": "a", "status": "delivered", "last_attempt_at": LATER_STAMP},
        {"id": "a", "status": "pending"},
        {"status": "failed"},
        {"status": "failed"},
        None,
    ]
    page = read_deliveries({"content": rows, "total": 7}, 2, 50)
    assert [(row.id, row.status) for row in page.items] == [
        ("a", "delivered"),
        ("b", "failed"),
        ("", "failed"),
    ]
    assert (page.number, page.total, page.unreadable) == (2, 7, 1)


@pytest.mark.parametrize(
    ("payload", "text", "is_json"),
    [
        ({"b": 1, "a": "é"}, '{\n  "b": 1,\n  "a": "é"\n}', True),
        ('{"b":1,"a":"\\u00e9"}', '{\n  "b": 1,\n  "a": "é"\n}', True),
        ("[1]", "[\n  1\n]", True),
        ("not json", "not json", False),
        ("{broken", "{broken", False),
        ("<xml/>", "<xml/>", False),
        ("", "", False),
        ("a=1&b=2", "a=1&b=2", False),
        (3, "3", True),
        ('{"n": NaN}', '{\n  "n": NaN\n}', True),
        ({"n": math.inf}, '{\n  "n": Infinity\n}', True),
        ('{"s": "\\ud800"}', '{\n  "s": "\ud800"\n}', True),
        ("\ud800", "\ud800", False),
        ("[" * 100_000, "[" * 100_000, False),
        (None, None, False),
    ],
)
def test_payload_text(payload: object, text: str | None, *, is_json: bool) -> None:
    found = detail({"id": "log_1", "payload": payload})
    assert (found.payload, found.payload_is_json) == (text, is_json)


@pytest.mark.parametrize("name", ["payload", "request_body", "requestBody", "json_data", "data"])
def test_names_of_the_payload(name: str) -> None:
    assert detail({"id": "log_1", name: {"x": 1}}).payload == '{\n  "x": 1\n}'


def test_what_is_nested_too_deep_to_indent_is_still_shown() -> None:
    deep: Any = "end"
    for _ in range(900):
        deep = [deep]
    found = detail({"id": "log_1", "payload": {"x": deep}})
    assert found.payload is not None
    assert "end" in found.payload
    assert "end" in found.raw


def test_attempts_are_told_oldest_first() -> None:
    found = detail(
        {
            "id": "log_1",
            "status": "failed",
            "attempts": [
                {
                    "attempt": 2,
                    "created_at": LATER_STAMP,
                    "status_code": 502,
                    "duration_ms": 20,
                    "response_body": "second",
                },
                {
                    "attempt": 1,
                    "created_at": STAMP,
                    "error": "timeout",
                    "response": {"status": 500, "body": {"x": 1}},
                },
                "junk",
            ],
        }
    )
    first, second = found.attempts
    assert (first.number, first.at, first.http_status, first.error) == (1, DAY, 500, "timeout")
    assert first.response == '{\n  "x": 1\n}'
    assert (second.number, second.http_status, second.duration_ms) == (2, 502, 20.0)
    assert (found.delivery.http_status, found.delivery.attempts) == (502, 3)
    assert found.response == "second"


@pytest.mark.parametrize(
    ("row", "response"),
    [
        ({"response_body": "words"}, "words"),
        ({"response": "words"}, "words"),
        ({"response": {"status": 500, "body": "words"}}, "words"),
        ({"response": {"a": 1}}, '{\n  "a": 1\n}'),
        ({"response_body": None}, None),
        ({"response": 0}, "0"),
    ],
)
def test_response(row: dict[str, Any], response: str | None) -> None:
    assert detail({"id": "log_1", **row}).response == response


def test_a_detail_keeps_the_id_it_was_asked_by() -> None:
    found = detail({"id": "another", "status": "failed"})
    assert (found.delivery.id, found.delivery.key) == ("log_1", "log_1")


def test_a_detail_below_a_name_of_its_own() -> None:
    found = detail({"log": {"id": "log_1", "status": "failed"}})
    assert found.delivery.status == "failed"


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"ok": True}, {"webhook": "u"}])
def test_what_is_no_delivery(payload: Any) -> None:
    with pytest.raises(ProtocolError, match=r"^\$"):
        detail(payload)


def test_secrets_in_raw_and_payload_are_masked() -> None:
    row = {
        "id": "log_1",
        "url": "https://me:pw@h.example/hook?secret=q1w2e3",
        "headers": {"X-Instance-Token": "tok-1", "Authorization": ["Bearer tok-2"]},
        "credentials": {"x": ["tok-5"]},
        "payload": {
            "token": "tok-3",
            "media_url": "https://m.example/a?sig=tok-4",
            "text": "s3cr3t-value and https://pub.example/?page=2 as written",
        },
        "response_body": "echo s3cr3t-value",
    }
    whole = {"code": 200, "success": True, "data": row}
    found = detail(row, whole=whole)
    everything = "\n".join((found.raw, found.payload or "", found.response or ""))
    for hidden in ("pw@", "q1w2e3", "tok-1", "tok-2", "tok-3", "tok-4", "tok-5", "s3cr3t-value"):
        assert hidden not in everything
    # What a stranger wrote in a message is shown as it was sent.
    assert "https://pub.example/?page=2 as written" in (found.payload or "")
    assert found.raw.startswith('{\n  "code": 200,')
    assert MASK in found.raw
    # The row keeps its target: what shows it masks it.
    assert found.delivery.target == "https://me:pw@h.example/hook?secret=q1w2e3"


@pytest.mark.parametrize(
    ("payload", "receipt"),
    [
        (None, RetryReceipt()),
        ({}, RetryReceipt()),
        ({"id": "log_1"}, RetryReceipt()),
        ({"id": "log_2"}, RetryReceipt(new_log=LogId("log_2"))),
        ({"newLogId": "log_2", "id": "log_1"}, RetryReceipt(new_log=LogId("log_2"))),
        ({"log": {"id": "log_2"}}, RetryReceipt(new_log=LogId("log_2"))),
        ({"message": "queued"}, RetryReceipt(message="queued")),
    ],
)
def test_receipts(payload: Any, receipt: RetryReceipt) -> None:
    assert read_receipt(payload, LOG, str) == receipt


@pytest.mark.parametrize("payload", [[], "ok", 3, True])
def test_what_is_no_receipt(payload: Any) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_receipt(payload, LOG, str)
    assert caught.value.acted
