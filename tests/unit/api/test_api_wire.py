"""Tolerant reading: CONTRACT 3, 7 and 8, each known difference between sources a row."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vzaps_tui.api.wire import Fields, checked, moment, number, pick
from vzaps_tui.api.wire_instances import read_instance, read_instances, read_session
from vzaps_tui.api.wire_pages import read_rows
from vzaps_tui.api.wire_webhooks import read_webhook, webhook_body
from vzaps_tui.domain.instances import Instance, InstanceId, LinkState, SessionStatus
from vzaps_tui.domain.problems import ProtocolError
from vzaps_tui.domain.webhooks import WebhookConfig

DAY = datetime(2026, 9, 17, 13, 31, tzinfo=UTC)


@pytest.mark.parametrize("key", ["message_i_ds", "MessageIDs", "message_ids", "MESSAGE-IDS"])
def test_keys_are_compared_without_case_and_underscores(key: str) -> None:  # row 18
    assert pick({key: ["3EB0"]}, "message_ids") == ["3EB0"]


def test_pick_goes_by_the_order_of_names_and_skips_null() -> None:
    assert pick({"b": 2, "a": None, "A": 1}, "a", "b") == 1
    assert pick({"b": 2, "a": None}, "a", "b") == 2
    assert pick({}, "a") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-09-17T13:31:00Z", DAY),
        ("2026-09-17T10:31:00-03:00", DAY),
        ("2026-09-17T13:31:00", DAY),
        ("2026-09-17 13:31:00", DAY),
        (" 2026-09-17T13:31:00.000Z ", DAY),
        ("2026-09-17T13:31:00.000000000Z", DAY),
        (1789651860, DAY),
        (1789651860.0, DAY),
        (1789651860000, DAY),
        ("1789651860", DAY),
        ("1789651860000", DAY),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-09-17T13:31:00+99:00", None),
        ("yesterday", None),
        ("", None),
        (0, None),
        (-1, None),
        (1e300, None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_times(value: object, expected: datetime | None) -> None:
    found = moment(value)
    assert found == expected
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, 3.0),
        (3.5, 3.5),
        ("3.5", 3.5),
        (" -2 ", -2.0),
        ("3x", None),
        ("1e5", None),
        (True, None),
        (10**400, None),
        (None, None),
    ],
)
def test_numbers(value: object, expected: float | None) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        ("False", False),
        (1, True),
        ("0", False),
        ("maybe", None),
        ([], None),
        (None, None),
    ],
)
def test_flags(value: object, *, expected: bool | None) -> None:
    assert Fields({"x": value}).flag("x") is expected


def test_the_strict_check_names_the_path_and_not_the_value() -> None:
    good = SessionStatus(connected=True)
    bad = SessionStatus(connected=True, phone=["hush"])  # pyright: ignore[reportArgumentType] - on purpose
    with pytest.raises(ProtocolError) as caught:
        checked(SessionStatus, [("$.rows[0]", good), ("$.rows[7]", bad)])
    assert caught.value.reason == "$.rows[7].phone: input should be a valid string"


# Pages: rows 5, 6, 7


@pytest.mark.parametrize(
    ("payload", "path", "size", "total", "pages"),
    [
        ({"content": [{"a": 1}]}, "$.content", 50, None, None),
        ({"items": [{"a": 1}]}, "$.items", 50, None, None),
        ({"data": [{"a": 1}]}, "$.data", 50, None, None),
        ([{"a": 1}], "$", 50, None, None),
        (
            {"content": [{"a": 1}], "size": 20, "total": 41, "total_pages": 3},
            "$.content",
            20,
            41,
            3,
        ),
        ({"content": [{"a": 1}], "pageSize": 20, "totalPages": 3}, "$.content", 20, None, 3),
        ({"Content": [{"a": 1}], "page_size": "20", "total": "41"}, "$.content", 20, 41, None),
        ({"content": [{"a": 1}], "totals": {"total": 41, "total_pages": 1}}, "$.content", 1, 41, 1),
        ({"content": [{"a": 1}], "size": 0, "total": -1}, "$.content", 50, None, None),
        ({"content": [{"a": 1}], "size": 1e18, "total": 2.5}, "$.content", 50, None, None),
        ({"data": {"content": [{"a": 1}], "total": 1}}, "$.content", 50, 1, None),
    ],
)
def test_pages(payload: Any, path: str, size: int, total: int | None, pages: int | None) -> None:
    raw = read_rows(payload, 50)
    assert raw.rows == ((f"{path}[0]", {"a": 1}),)
    assert (raw.size, raw.total, raw.total_pages) == (size, total, pages)


@pytest.mark.parametrize("payload", [{"content": []}, {"content": None}, {"data": None}, []])
def test_empty_pages(payload: Any) -> None:
    assert read_rows(payload, 50).rows == ()


def test_rows_that_are_no_objects_are_counted() -> None:
    rows: list[object] = [{"a": 1}, None, 3, "x", [], {"b": 2}]
    raw = read_rows(rows, 50)
    assert [path for path, _ in raw.rows] == ["$[0]", "$[5]"]
    assert raw.unreadable == 4


@pytest.mark.parametrize("payload", [None, "x", 3, True, {}, {"status": "ok"}, {"content": "x"}])
def test_what_is_no_page(payload: Any) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_rows(payload, 50)
    assert caught.value.reason.startswith("$")


# Instances: rows 3, 10, 11


@pytest.mark.parametrize(
    ("row", "link"),
    [
        ({"connected": True, "status": "disconnected"}, LinkState.CONNECTED),
        ({"connected": False, "status": "connected"}, LinkState.DISCONNECTED),
        ({"connected": None, "status": "CONNECTED"}, LinkState.CONNECTED),
        ({"status": "logged_out"}, LinkState.DISCONNECTED),
        ({"status": "TRIALING"}, LinkState.UNKNOWN),
        ({}, LinkState.UNKNOWN),
    ],
)
def test_link_state(row: dict[str, Any], link: LinkState) -> None:
    page = read_instances({"content": [{"id": "VZ1", **row}]}, 1, 20).page
    assert page.items[0].link is link


@pytest.mark.parametrize("key", ["subscribe", "events", "events_subscribe", "eventsSubscribe"])
@pytest.mark.parametrize(
    "value", [["Message", "", "Presence"], "Message, Presence,", "Message,Presence"]
)
def test_events_in_all_spellings(key: str, value: Any) -> None:
    page = read_instances([{"id": "VZ1", key: value}], 1, 20).page
    assert page.items[0].events == ("Message", "Presence")
    assert read_webhook({"webhook": "u", key: value}).events == ("Message", "Presence")


def test_an_instance_row_in_full() -> None:
    row = {
        "id": "VZ1",
        "name": "Support",
        "token": "inst_1",
        "url": "https://app.vzaps.com/instances/VZ1",
        "webhook": "https://h.example/?k=v",
        "events_subscribe": "All",
        "connected": True,
        "whatsapp_jid": "55@s.whatsapp.net",
        "billing_status": "TRIALING",
        "created_at": "2026-09-17T13:31:00Z",
        "updated_at": 1789651860000,
        "surprise": {"x": 1},
    }
    found = read_instances({"content": [row], "total": 1, "summary": {"x": "y"}}, 1, 20)
    assert found.page.items == (
        Instance(
            id=InstanceId("VZ1"),
            name="Support",
            link=LinkState.CONNECTED,
            webhook="https://h.example/?k=v",
            events=("All",),
            phone="55@s.whatsapp.net",
            billing="TRIALING",
            created_at=DAY,
            updated_at=DAY,
        ),
    )
    assert {name: token.reveal() for name, token in found.tokens.items()} == {"VZ1": "inst_1"}
    assert "inst_1" not in repr(found)


def test_the_page_of_an_instance_is_no_webhook() -> None:
    row = {"id": "VZ1", "url": "https://app.vzaps.com/instances/VZ1", "webhook": ""}
    assert read_instances([row], 1, 20).page.items[0].webhook is None


def test_instances_without_id_are_counted_and_doubles_are_one() -> None:
    rows = [
        {"name": "nobody"},
        {"id": "VZ1", "name": "old", "updated_at": "2026-01-01T00:00:00Z"},
        {"id": "VZ2"},
        {"id": "VZ1", "name": "new", "updated_at": "2026-01-02T00:00:00Z"},
        {"id": "VZ1", "name": "undated"},
        7,
    ]
    page = read_instances(rows, 1, 20).page
    assert [(row.id, row.name) for row in page.items] == [("VZ1", "new"), ("VZ2", "VZ2")]
    assert page.unreadable == 2


def test_the_number_of_a_page_is_the_one_asked_for() -> None:
    assert read_instances({"content": [], "page": 1}, 3, 20).page.number == 3


@pytest.mark.parametrize(
    "payload", [{"id": "VZ9", "name": "N"}, {"instance": {"id": "VZ9", "name": "N"}}]
)
def test_one_instance_keeps_the_id_it_was_asked_by(payload: Any) -> None:
    row, tokens = read_instance(payload, InstanceId("VZ1"))
    assert (row.id, row.name, tokens) == ("VZ1", "N", {})


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"status": "ok"}])
def test_what_is_no_instance(payload: Any) -> None:
    with pytest.raises(ProtocolError):
        read_instance(payload, InstanceId("VZ1"))


# Session: row 12


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"connected": False}, SessionStatus(connected=False)),
        ({"Connected": True}, SessionStatus(connected=True)),
        (
            {"connected": "true", "phone": 55, "whatsapp_jid": "j", "push_name": "P"},
            SessionStatus(connected=True, phone="55", push_name="P", jid="j"),
        ),
    ],
)
def test_session(payload: Any, expected: SessionStatus) -> None:
    assert read_session(payload) == expected


@pytest.mark.parametrize("payload", [{}, {"connected": "perhaps"}, {"connected": None}])
def test_a_session_must_say_whether_it_is_connected(payload: Any) -> None:
    with pytest.raises(ProtocolError, match=r"\$\.connected: input should be a valid boolean"):
        read_session(payload)


# Webhook: rows 1, 2, 3


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"webhook": "u", "subscribe": ["All"]}, WebhookConfig("u", ("All",))),
        ({"webhookURL": "u", "events": "All"}, WebhookConfig("u", ("All",))),
        ({"webhook_url": "u", "events": []}, WebhookConfig("u")),
        ({"url": "u"}, WebhookConfig("u")),
        ({"webhook": {"url": "u", "events": ["All"]}}, WebhookConfig("u", ("All",))),
        ({"webhook": "", "subscribe": [""]}, WebhookConfig()),
        ({"webhook": None, "subscribe": None}, WebhookConfig()),
        ({"webhook": "  "}, WebhookConfig()),
        ({}, WebhookConfig()),
        ({"webhook": "u", "subscribe": ["message", "X", 3]}, WebhookConfig("u", ("message", "X"))),
    ],
)
def test_webhook(payload: Any, expected: WebhookConfig) -> None:
    assert read_webhook(payload) == expected


@pytest.mark.parametrize("payload", [None, [], "u", {"status": "ok"}])
def test_what_is_no_webhook(payload: Any) -> None:
    with pytest.raises(ProtocolError):
        read_webhook(payload)


@pytest.mark.parametrize(
    ("config", "key", "as_list", "body"),
    [
        (WebhookConfig("u", ("A", "B")), "webhookURL", False, {"webhookURL": "u", "events": "A,B"}),
        (
            WebhookConfig("u", ("A", "B")),
            "webhook_url",
            True,
            {"webhook_url": "u", "events": ["A", "B"]},
        ),
        (WebhookConfig("u"), "webhookURL", False, {"webhookURL": "u"}),
    ],
)
def test_webhook_body(config: WebhookConfig, key: str, *, as_list: bool, body: Any) -> None:
    assert webhook_body(config, url_key=key, events_as_list=as_list) == body
