"""A filter shows what it says, and says what it shows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery, contains

ROW = Delivery(
    LogId("log_123"),
    "log_123",
    "failed",
    "Message",
    target="https://user:word@hooks.ACME.com/vz?token=hidden#piece",
    http_status=502,
    error="Read Timeout: Straße",
)
EMPTY = DeliveryQuery()


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("", True),
        ("LOG_12", True),
        ("message", True),
        ("timeout", True),
        ("STRASSE", True),
        ("502", True),
        ("FAILED", True),
        ("hooks.acme.com/vz", True),
        ("user", False),
        ("word", False),
        ("hidden", False),
        ("token", False),
        ("piece", False),
        ("delivered", False),
    ],
)
def test_text_is_sought_in_what_the_list_shows(needle: str, found: bool) -> None:  # noqa: FBT001 - a table
    assert contains(ROW, needle) is found
    assert DeliveryQuery(text=needle).matches(ROW) is found


def test_a_fragment_is_not_sought() -> None:
    row = replace(ROW, target="https://hooks.acme.com/vz#piece")
    assert contains(row, "/vz")
    assert not contains(row, "piece")


def test_a_row_that_tells_nothing_can_be_sought() -> None:
    bare = Delivery(LogId(""), "k", "", "?")
    assert contains(bare, "unknown")
    assert not contains(bare, "none")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (EMPTY, True),
        (DeliveryQuery(statuses=FAILED_ONLY), True),
        (DeliveryQuery(statuses=frozenset({StatusClass.PENDING})), False),
        (DeliveryQuery(events=frozenset({"Message", "Presence"})), True),
        (DeliveryQuery(events=frozenset({"message"})), False),
        (DeliveryQuery(FAILED_ONLY, frozenset({"Message"}), "timeout"), True),
        (DeliveryQuery(FAILED_ONLY, frozenset({"Message"}), "delivered"), False),
    ],
)
def test_every_condition_must_hold(query: DeliveryQuery, found: bool) -> None:  # noqa: FBT001 - a table
    assert query.matches(ROW) is found


def test_failures_only_is_a_toggle_that_keeps_the_rest() -> None:
    query = DeliveryQuery(events=frozenset({"Message"}), text="x")
    failed = query.toggled_failed()
    assert failed.failed_only
    assert failed.server_status == "failed"
    assert failed.toggled_failed() == query
    assert query.server_status is None
    mixed = replace(query, statuses=frozenset({StatusClass.FAILED, StatusClass.PENDING}))
    assert mixed.server_status is None
    assert mixed.toggled_failed() == failed


def test_chips_name_every_condition() -> None:
    query = DeliveryQuery(
        frozenset({StatusClass.PENDING, StatusClass.FAILED}), frozenset({"b", "a"}), "oops"
    )
    assert query.describe() == ("status: FAILED or PENDING", "event: a or b", 'text: "oops"')
    assert not query.is_empty
    assert EMPTY.is_empty
    assert EMPTY.describe() == ()
