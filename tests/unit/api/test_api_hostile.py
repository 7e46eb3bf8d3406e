"""Whatever a server sends, a reader gives a model or a VzapsError; secrets do not come through."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.api.api_bench import VZ, Script, client
from vzaps_tui.api.auth import read_token
from vzaps_tui.api.hiding import hide_in, thorough
from vzaps_tui.api.wire import as_list, as_object, moment
from vzaps_tui.api.wire_deliveries import (
    read_deliveries,
    read_delivery,
    read_detail,
    read_receipt,
)
from vzaps_tui.api.wire_instances import read_instance, read_instances, read_session
from vzaps_tui.api.wire_payload import event_of
from vzaps_tui.api.wire_webhooks import read_webhook
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.masking import Masker, Secret
from vzaps_tui.domain.problems import VzapsError

HUSH = "hu5h-hu5h-token"
KEYS = [
    "id",
    "log_id",
    "status",
    "state",
    "event",
    "type",
    "event_type",
    "url",
    "webhook",
    "subscribe",
    "events",
    "attempts",
    "attempt",
    "status_code",
    "response",
    "response_body",
    "error",
    "message",
    "duration_ms",
    "payload",
    "json_data",
    "data",
    "created_at",
    "updated_at",
    "last_attempt_at",
    "content",
    "items",
    "total",
    "total_pages",
    "size",
    "page",
    "connected",
    "phone",
    "name",
    "token",
    "access_token",
    "expires_in",
    "code",
    "success",
    "errors",
    "log",
    "instance",
    "number",
    "at",
    "totals",
]
LOG = LogId("log_1")

texts = st.text(st.characters(), max_size=20) | st.sampled_from(
    [
        "",
        "failed",
        "true",
        "2026-09-17T13:31:00Z",
        "1789651860",
        '{"type":"Message","event":{}}',
        "[",
    ]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.sampled_from([10**300, 1e308])
)
jsons = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | texts, inner, max_size=8)
    ),
    max_leaves=25,
)
READERS: dict[str, Callable[[object], object]] = {
    "instances": lambda p: read_instances(p, 1, 20),
    "instance": lambda p: read_instance(p, VZ),
    "session": read_session,
    "webhook": read_webhook,
    "deliveries": lambda p: read_deliveries(p, 1, 50),
    "detail": lambda p: read_detail(p, p, LOG, Masker((Secret(HUSH),))),
    "receipt": lambda p: read_receipt(p, LOG, str),
    "token": read_token,
    "event": event_of,
    "moment": moment,
}


@pytest.mark.parametrize("name", READERS)
@settings(deadline=None, max_examples=150)
@given(payload=jsons)
@example(payload={"content": [{"id": "x", "status": 10**300, "created_at": 10**300}]})
@example(payload={"id": 1e308, "attempts": [{"number": 1e308, "at": float("nan")}]})
def test_any_json_is_a_model_or_a_problem(name: str, payload: object) -> None:
    try:
        READERS[name](payload)
    except VzapsError as problem:
        assert problem.reason  # noqa: PT017 - either way is right


@pytest.mark.parametrize("name", ["deliveries", "detail", "instances", "webhook"])
@settings(deadline=None, max_examples=60)
@given(rows=st.lists(st.dictionaries(st.sampled_from(KEYS), jsons, max_size=10), max_size=4))
def test_any_rows_are_models(name: str, rows: list[dict[str, object]]) -> None:
    payload = {"content": rows, "id": "log_1", "webhook": ""}
    assert READERS[name](payload)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=jsons.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=80))
async def test_any_body_through_the_client(body: bytes) -> None:
    script = Script(httpx.Response(200, content=body))
    api = client(script)
    for ask in (
        lambda: api.instances(1, 20),
        lambda: api.search(VZ, 1, 50, "failed"),
        lambda: api.detail(VZ, LOG),
        lambda: api.retry(VZ, LOG),
    ):
        try:
            await ask()
        except VzapsError as problem:
            assert "client-secret-1" not in str(problem)  # noqa: PT017 - either way is right
    await api.aclose()


def _plant(value: object) -> object:
    """The same with the secret in every text."""
    if isinstance(value, str):
        return f"{value[:3]} {HUSH} {value[3:]}"
    listed, table = as_list(value), as_object(value)
    if listed is not None:
        return [_plant(item) for item in listed]
    if table is not None:
        return {key: _plant(item) for key, item in table.items()}
    return value


@settings(deadline=None)
@given(payload=jsons)
def test_a_known_secret_never_comes_through(payload: object) -> None:
    row = {"id": "log_1", "payload": _plant(payload), "response": _plant(payload)}
    found = read_detail(row, {"data": row}, LOG, Masker((Secret(HUSH),)))
    assert HUSH not in "".join((found.raw, found.payload or "", found.response or ""))
    assert all(HUSH not in (attempt.response or "") for attempt in found.attempts)


def test_hiding_is_not_stopped_by_depth() -> None:
    deep: list[object] = [HUSH]
    for _ in range(50_000):
        deep = [deep]
    found = hide_in(deep, Masker((Secret(HUSH),)))
    while (inner := as_list(found)) is not None:
        (found,) = inner
    assert found == "•••"


def test_what_cannot_be_written_is_said() -> None:
    deep: object = "end"
    for _ in range(50_000):
        deep = [deep]
    row: dict[str, object] = {"status": "failed", "payload": deep}
    assert read_delivery(row).key.startswith("no-id:")
    found = read_detail(row, row, LOG, Masker())
    assert found.payload == found.raw == "(nested too deep to be shown)"


pieces = st.lists(
    st.sampled_from(
        [
            "token", "Secret", "PASSWORD", "passwd", "passphrase", "authorization", "credentials",
            "jwt", "api_key", "access-key", "=", ": ", "%3D", '"', "'", "\\", " ", "\n", "Bearer ",
            "abc123", "eyJhbGciOi.eyJzdWIiOi.sig", "https://", "http:\\/\\/", "h.example/p?k=v",
            "postgres://me:pw@db/", "?", "&", "#x", "{", "}", "[", ",", HUSH, "é",
        ]
    ),
    max_size=14,
)  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(parts=pieces)
def test_the_fast_way_hides_what_the_masker_hides(parts: list[str]) -> None:
    masker = Masker((Secret(HUSH),))
    text = "".join(parts)
    assert thorough(masker)(text) == masker(text)


@pytest.mark.parametrize("between", ['","', "\n", "x"])
def test_a_long_text_is_hidden_piece_by_piece(between: str) -> None:
    masker = Masker((Secret(HUSH),))
    filler = f"some words{between}" * 10_000
    text = (
        f'{{"token":"t0k3n-a","a":"{filler}","token":"t0k3n-b","u":"https://h/?k=t0k3n-c {HUSH}"}}'
    )
    found = thorough(masker)(text)
    assert "t0k3n" not in found
    assert HUSH not in found
    assert filler in found
