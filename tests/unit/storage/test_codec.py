"""Any value survives the way to disk and back, masked; any bytes are read or refused, no more."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import instance
from vzaps_tui.domain.instances import Instance
from vzaps_tui.domain.log_state import LogState
from vzaps_tui.domain.paging import End, Listing
from vzaps_tui.domain.webhooks import WebhookConfig
from vzaps_tui.storage.codec import UnstorableError, decode, encode

KINDS = ("instances", "webhook", "deliveries", "session")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
moments = st.none() | st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001 - same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3)), timezone(timedelta(hours=14))]),
)
states = st.builds(
    LogState,
    held=st.integers(0, 10**6),
    total=st.none() | st.integers(0, 10**12),
    end=st.sampled_from(End),
    unreadable=st.integers(0, 50),
    gap=moments,
    has_gap=st.booleans(),
)
listings = st.builds(
    Listing[Instance],
    rows=st.lists(
        st.builds(instance, st.integers(0, 9), name=texts, updated_at=moments), max_size=5
    ).map(tuple),
    total=st.none() | st.integers(0, 10**6),
    pages=st.integers(0, 400),
    end=st.sampled_from(End),
    unreadable=st.integers(0, 50),
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@given(states)
def test_any_state_of_a_log_comes_back_whole(state: LogState) -> None:
    assert decode("deliveries", encode("deliveries", state, str)) == state


@given(listings)
def test_any_list_comes_back_whole(listing: Listing[Instance]) -> None:
    assert decode("instances", encode("instances", listing, str)) == listing


@pytest.mark.parametrize("kind", [*KINDS, "delivery", "nonsense"])
@given(body=st.binary(max_size=60) | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(kind: str, body: bytes) -> None:
    try:
        decode(kind, body)
    except UnstorableError:
        return
    assert kind in KINDS


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("delivery", WebhookConfig()),
        ("webhook", Listing[Any]()),
        ("deliveries", WebhookConfig()),
        ("deliveries", Listing[Any]()),
        ("webhook", WebhookConfig("https://example.com", ("\ud800",))),
    ],
)
def test_what_is_not_kept_is_refused(kind: str, value: object) -> None:
    with pytest.raises(UnstorableError):
        encode(kind, value, str)


@given(secret=st.text("abcdef0123456789", min_size=8, max_size=20))
def test_no_query_value_reaches_the_disk(secret: str) -> None:
    secret = f"S{secret}S"
    url = f"https://u:{secret}@example.com/p?k={secret}&{secret}#{secret}"
    listing = Listing((instance(webhook=url),))
    assert secret.encode() not in encode("instances", listing, str)
    assert secret.encode() not in encode("webhook", WebhookConfig(url), str)
