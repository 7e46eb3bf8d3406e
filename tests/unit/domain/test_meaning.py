"""What payloads mean: every event, wrapper and casing of the contract, and anything at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.meaning import (
    NOTHING,
    Meaning,
    meaning_of,
    meaning_of_text,
    read_in_slices,
)
from vzaps_tui.emulator.payloads import NAMES, payload

INFO: dict[str, Any] = {
    "id": "3EB0AAAA",
    "chat": "111@lid",
    "sender": "111@lid",
    "sender_alt": "5511988887777@s.whatsapp.net",
    "is_from_me": False,
    "is_group": False,
    "push_name": "Ana",
    "type": "text",
}


def message(content: dict[str, Any] | None = None, **info: Any) -> dict[str, Any]:
    said = {"conversation": "hello"} if content is None else content
    return {"type": "Message", "event": {"info": INFO | info, "message": said}}


def receipt(**changes: Any) -> dict[str, Any]:
    event = {"chat": "5511988887777@s.whatsapp.net", "message_i_ds": ["3EB0BBBB", "3EB0CCCC"]}
    return {"type": "ReadReceipt", "state": "Delivered", "event": event} | changes


def about(kind: str, **event: Any) -> dict[str, Any]:
    return {"type": kind, "event": event}


GROUP = "1203@g.us"
LINES: list[tuple[dict[str, Any], str]] = [
    (message(), "Ana (5511988887777): text: hello"),
    (message(sender_alt=None), "Ana (111@lid): text: hello"),
    (message(push_name=""), "5511988887777: text: hello"),
    (message(push_name=None, sender_alt="", sender=None, chat=None), "Someone: text: hello"),
    (message(sender_alt="5511:12@s.whatsapp.net"), "Ana (5511): text: hello"),
    (message(chat=GROUP, is_group=True), "Ana (5511988887777) in group 1203@g.us: text: hello"),
    (message(chat=None, is_group=True), "Ana (5511988887777) in a group: text: hello"),
    (message(is_from_me=True), "This account to 111@lid: text: hello"),
    (
        message(is_from_me=True, recipient_alt="5522@s.whatsapp.net"),
        "This account to 5522: text: hello",
    ),
    (
        message({"extended_text_message": {"text": "see\nthis"}}),
        "Ana (5511988887777): text: see this",
    ),
    (
        message({"image_message": {"caption": "the receipt"}}),
        "Ana (5511988887777): image: the receipt",
    ),
    (message({"document_message": {"file_name": "a.pdf"}}), "Ana (5511988887777): document: a.pdf"),
    (message({"audio_message": {"seconds": 3}}), "Ana (5511988887777): audio"),
    (message({"audio_message": {}}, media_type="ptt"), "Ana (5511988887777): voice message"),
    (message({"audio_message": {"PTT": True}}), "Ana (5511988887777): voice message"),
    (message({"sticker_message": {}}), "Ana (5511988887777): sticker"),
    (
        message({"sender_key_distribution_message": {}, "video_message": {}}),
        "Ana (5511988887777): video",
    ),
    (message({}, media_type="ptt"), "Ana (5511988887777): voice message"),
    (message({}), "Ana (5511988887777): text"),
    (message({"conversation": ""}, type=""), "Ana (5511988887777): message"),
    (receipt(), "Delivered: 2 messages in chat 5511988887777"),
    (receipt(state="Read", event={"message_ids": ["A"]}), "Read: 1 message"),
    (receipt(state="ReadSelf", event={}), "Read by this account itself: messages"),
    (
        receipt(state=None, event={"type": "read", "chat": GROUP}),
        "read: messages in chat 1203@g.us",
    ),
    (about("Presence", **{"from": "55@s.whatsapp.net"}) | {"state": "online"}, "55 is online"),
    (about("Presence", **{"from": "55@s.whatsapp.net", "unavailable": True}), "55 is offline"),
    (about("Presence", unavailable=False), "Someone is online"),
    (about("Presence"), "Someone"),
    (about("ChatPresence", chat="5@x", sender="5@x", state="composing"), "5 is typing"),
    (
        about("ChatPresence", chat=GROUP, sender="5@x", state="composing", media="audio"),
        "5 is recording in chat 1203@g.us",
    ),
    (about("ChatPresence", sender="5@x", state="paused"), "5 stopped typing"),
    (
        about("GroupParticipantsAdd", jid=GROUP, sender="5@x", join=["a", "b", "c"]),
        "3 members added to 1203@g.us by 5",
    ),
    (
        about("GroupParticipantsRemove", jid=GROUP, leave=["a"]),
        "1 member removed from 1203@g.us",
    ),
    (about("GroupParticipantsRemove", participants=["a", "b"]), "2 members removed from a group"),
    (about("GroupParticipantsAdd"), "members added to a group"),
    (about("Connected"), "WhatsApp is connected"),
    (about("Disconnected", reason="x"), "WhatsApp is disconnected"),
    ({"type": "Connected"}, "WhatsApp is connected"),
    (
        about("HistorySync", data={"progress": 40, "conversations": [{}, {}]}),
        "History synced · 40 % · 2 conversations",
    ),
    (about("HistorySync"), "History synced"),
    (about("CallOffer") | {"state": "ringing"}, "CallOffer · ringing"),
    (about("CallOffer"), "CallOffer"),
]


def test_every_event_of_the_contract_has_a_line_here() -> None:
    assert {str(shape["type"]) for shape, _ in LINES} >= set(NAMES)


def wrapped(shape: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        "A": shape,
        "B": {"instance_id": "VZ1", "json_data": shape},
        "B as text": {"json_data": json.dumps(shape)},
        "C": {"id": "evt_1", "type": shape["type"], "instance_id": "VZ1", "data": shape},
        "C as text": {"id": "evt_1", "type": "Wrapper", "data": json.dumps(shape)},
        "deep": {"body": {"payload": {"data": {"json_data": shape}}}},
    }


def camel(value: Any) -> Any:
    """The same shape with keys as Go writes them."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {"".join(map(str.title, key.split("_"))): camel(fields[key]) for key in fields}
    return [camel(one) for one in cast("list[Any]", value)] if isinstance(value, list) else value


@pytest.mark.parametrize(("shape", "line"), LINES, ids=[line for _, line in LINES])
def test_the_line(shape: dict[str, Any], line: str) -> None:
    found = meaning_of(shape)
    assert (found.event, found.line) == (shape["type"], line)
    if "event" not in shape:
        return
    for name, whole in wrapped(shape).items():
        for text in (json.dumps(whole), json.dumps(whole, indent=2, ensure_ascii=False)):
            assert meaning_of_text(text) == found, name
        assert meaning_of(whole) == found, name
    assert meaning_of(camel(shape)) == found


@pytest.mark.parametrize(
    ("shape", "chat", "ids"),
    [
        (message(), "111@lid", ("3EB0AAAA",)),
        (message(chat=GROUP), GROUP, ("3EB0AAAA",)),
        (receipt(), "5511988887777@s.whatsapp.net", ("3EB0BBBB", "3EB0CCCC")),
        (receipt(event={"MessageIDs": ["A", 5, None, ""]}), None, ("A",)),
        (about("Custom", message_id="M1"), None, ("M1",)),
        (about("ChatPresence", chat="5@x"), "5@x", ()),
        (about("Presence", **{"from": "5@x"}), "5@x", ()),
        (about("GroupParticipantsAdd", JID=GROUP), GROUP, ()),
        (about("Connected"), None, ()),
    ],
)
def test_the_chat_and_the_messages(
    shape: dict[str, Any], chat: str | None, ids: tuple[str, ...]
) -> None:
    found = meaning_of_text(json.dumps(shape))
    assert (found.chat, found.message_ids) == (chat, ids)


@pytest.mark.parametrize(
    "text",
    [
        *("", "hello", "<html>", "5", "null", "[]", "{}", '{"a": 1}', '{"event": {}}'),
        *('{"type": 5, "event": {}}', '{"type": "", "event": {}}', '{"type": "Message", "event"'),
        *("[" * 100_000, "{" * 5000),
    ],
    ids=range(14),
)
def test_what_tells_nothing(text: str) -> None:
    assert meaning_of_text(text) == NOTHING == Meaning("?", "", None, ())


def test_the_emulators_events_are_understood() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    for name in NAMES:
        for number in range(30):
            whole = payload(name, "VZ1", f"log_{number}", moment)
            found = meaning_of(whole)
            assert found.event == name
            assert found.line
            assert "Someone" not in found.line
            assert found == meaning_of_text(json.dumps(whole))
            assert bool(found.message_ids) is (name in {"Message", "ReadReceipt"})


def test_a_large_payload_is_read_in_slices() -> None:
    talks = [{"id": f"55119{n}@s.whatsapp.net", "name": "Ana"} for n in range(20_000)]
    shape = about("HistorySync", data={"progress": 40, "conversations": talks})
    for whole in (shape, {"json_data": json.dumps(shape)}):
        work = read_in_slices(json.dumps(whole))
        assert sum(1 for _ in work) > 10
        assert (
            meaning_of_text(json.dumps(whole)).line
            == "History synced · 40 % · 10,000 conversations"
        )


def test_a_long_text_is_cut_and_stays_on_one_line() -> None:
    found = meaning_of(message({"conversation": "a\n\tb " * 100_000}))
    assert "\n" not in found.line
    assert found.line.endswith("…")
    assert len(found.line) < 350


KEYS = st.sampled_from(
    (
        *("type", "event", "state", "json_data", "data", "payload", "body", "info", "message"),
        *("Info", "chat", "sender", "senderAlt", "push_name", "id", "is_from_me", "is_group"),
        *("message_i_ds", "conversation", "image_message", "audioMessage", "text", "caption"),
        *("from", "jid", "join", "progress", "conversations", "media", "unavailable"),
    )
)
KINDS = st.sampled_from(
    [*NAMES, "message", "?", "X", "composing", "a@g.us", "5@lid", "@", ":@", "{", "[1"]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6), KINDS
)
SHAPES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS, inner, max_size=6)
        | st.fixed_dictionaries({"type": KINDS, "event": inner})
        | inner.map(json.dumps)
    ),
    max_leaves=25,
)


@given(value=SHAPES)
def test_any_json_has_a_meaning(value: object) -> None:
    for found in (meaning_of(value), meaning_of_text(json.dumps(value))):
        assert found.event
        assert "\n" not in found.line
        assert len(found.line) < 2000
        assert all(isinstance(one, str) and one for one in found.message_ids)
        assert found.chat is None or found.chat


@given(text=st.text(st.characters(codec=None)))
def test_any_text_has_a_meaning(text: str) -> None:
    assert meaning_of_text(text).event
    assert meaning_of({"json_data": text, "type": text, "event": text, "state": text}).event


def test_a_value_that_holds_itself_ends() -> None:
    loop: dict[str, Any] = {"type": "Message"}
    loop["data"] = loop
    assert meaning_of(loop).event == "Message"


CHATS: list[tuple[dict[str, object], tuple[str, ...]]] = [
    ({"chat": "111@lid", "sender_alt": "551@s.whatsapp.net"}, ("111@lid", "551@s.whatsapp.net")),
    ({"chat": "111@lid", "sender_alt": "111@lid"}, ("111@lid",)),
    (
        {"chat": "9@lid", "is_from_me": True, "sender_alt": "me@x", "recipient_alt": "551@x"},
        ("9@lid", "551@x"),
    ),
    ({"chat": "222@g.us", "sender_alt": "551@s.whatsapp.net"}, ("222@g.us",)),
    ({}, ()),
]


@pytest.mark.parametrize(("info", "chats"), CHATS)
def test_the_names_of_a_chat(info: dict[str, object], chats: tuple[str, ...]) -> None:
    payload = {"type": "Message", "event": {"info": info, "message": {"conversation": "x"}}}
    assert meaning_of(payload).chats == chats
