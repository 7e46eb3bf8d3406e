"""Events as VZaps sends them: the shapes of CONTRACT 5.3 in the three wrappers of CONTRACT 5.2."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

from vzaps_tui.emulator.seeded import dice

_PEOPLE = (
    "Ana",
    "João",
    "Zoë",
    "Márcia 🌻",
    "Seu Antônio",
    "Łukasz",
    "李雷",
    "Fatima",
    "Bia",
    "نور",
)
_TEXTS = (
    "oi, tudo bem?",
    "Quanto custa o frete para 04538-133?",
    "My order #4812 has not arrived yet",
    "obrigada!! 🙏",
    "Pode confirmar o horário das 15h?",
    "👍🏽",
    "Bom dia, preciso da 2ª via do boleto",
    "sim",
    "Is the store open on Sunday?",
    "Segue o comprovante",
)
_WEIGHTS = {
    "Message": 50,
    "ReadReceipt": 28,
    "Presence": 6,
    "ChatPresence": 8,
    "HistorySync": 1,
    "GroupParticipantsAdd": 2,
    "GroupParticipantsRemove": 1,
    "Connected": 1,
    "Disconnected": 1,
}
NAMES = tuple(_WEIGHTS)
"""The event names that are sent; `All` is a subscription, not an event."""


def weighted(subscribed: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Event names that a subscription lets through, and how often each comes."""
    names = NAMES if "All" in subscribed else tuple(n for n in NAMES if n in subscribed)
    names = names or ("Message",)
    return names, tuple(_WEIGHTS[name] for name in names)


def _phone(rng: Random) -> str:
    return f"55119{rng.randrange(10_000_000, 99_999_999)}@s.whatsapp.net"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _message(rng: Random, at: datetime) -> dict[str, Any]:
    lid = f"{rng.randrange(10**11, 10**12)}@lid"
    media = rng.random() < 0.2  # noqa: PLR2004 - one message in five is not text
    event: dict[str, Any] = {
        "info": {
            "id": f"3EB0{rng.getrandbits(48):012X}",
            "chat": lid,
            "sender": lid,
            "sender_alt": _phone(rng),
            "is_from_me": rng.random() < 0.15,  # noqa: PLR2004 - most messages come in
            "is_group": False,
            "push_name": rng.choice(_PEOPLE),
            "timestamp": _stamp(at),
            "type": "media" if media else "text",
        },
        "message": {"conversation": rng.choice(_TEXTS)},
    }
    body: dict[str, Any] = {"type": "Message", "event": event}
    if media:
        event["info"]["media_type"] = "ptt"
        event["message"] = {
            "audio_message": {"mimetype": "audio/ogg; codecs=opus", "seconds": rng.randrange(2, 90)}
        }
        body["media_url"] = f"https://media.example.com/{rng.getrandbits(64):016x}.ogg"
    return body


def _receipt(rng: Random, at: datetime) -> dict[str, Any]:
    state, kind = rng.choice((("Delivered", ""), ("Read", "read"), ("ReadSelf", "read-self")))
    who = _phone(rng)
    ids = [f"3EB0{rng.getrandbits(48):012X}" for _ in range(rng.choice((1, 1, 1, 2, 5)))]
    event = {
        "chat": who,
        "sender": who,
        "is_from_me": state == "ReadSelf",
        "is_group": False,
        "message_i_ds": ids,
        "timestamp": _stamp(at),
        "type": kind,
    }
    return {"type": "ReadReceipt", "state": state, "event": event}


def _presence(rng: Random, at: datetime) -> dict[str, Any]:
    away = rng.random() < 0.5  # noqa: PLR2004 - one half comes, one half goes
    seen = _stamp(at) if away else "0001-01-01T00:00:00Z"
    event = {"from": _phone(rng), "unavailable": away, "last_seen": seen}
    return {"type": "Presence", "state": "offline" if away else "online", "event": event}


def _chat_presence(rng: Random, _at: datetime) -> dict[str, Any]:
    who = _phone(rng)
    state, media = rng.choice((("composing", ""), ("composing", "audio"), ("paused", "")))
    event = {"chat": who, "sender": who, "state": state, "media": media}
    return {"type": "ChatPresence", "event": event}


def _history(rng: Random, at: datetime) -> dict[str, Any]:
    talks = [
        {"id": _phone(rng), "name": rng.choice(_PEOPLE), "last": _stamp(at)}
        for _ in range(rng.randrange(3, 40))
    ]
    data = {
        "sync_type": 3,
        "progress": rng.randrange(1, 101),
        "chunk_order": rng.randrange(1, 9),
        "conversations": talks,
    }
    return {"type": "HistorySync", "event": {"data": data}}


def _group(kind: str, key: str) -> Callable[[Random, datetime], dict[str, Any]]:
    def make(rng: Random, at: datetime) -> dict[str, Any]:
        event: dict[str, Any] = {
            "jid": f"{rng.randrange(10**17, 10**18)}@g.us",
            "sender": _phone(rng),
            "timestamp": _stamp(at),
            key: [_phone(rng) for _ in range(rng.choice((1, 1, 2, 6)))],
        }
        return {"type": kind, "event": event}

    return make


def _empty(kind: str) -> Callable[[Random, datetime], dict[str, Any]]:
    return lambda _rng, _at: {"type": kind, "event": {}}


_MAKERS: dict[str, Callable[[Random, datetime], dict[str, Any]]] = {
    "Message": _message,
    "ReadReceipt": _receipt,
    "Presence": _presence,
    "ChatPresence": _chat_presence,
    "HistorySync": _history,
    "Connected": _empty("Connected"),
    "Disconnected": _empty("Disconnected"),
    "GroupParticipantsAdd": _group("GroupParticipantsAdd", "join"),
    "GroupParticipantsRemove": _group("GroupParticipantsRemove", "leave"),
}


def payload(event: str, instance_id: str, log_id: str, at: datetime) -> dict[str, Any]:
    """The body of one delivery: the same for the same arguments; wrapper A, B or C by the log's id.

    An event name that is not known here gets `{"type": name, "event": {}}` inside.
    """
    rng = dice("payload", log_id)
    inner = _MAKERS.get(event, _empty(event))(rng, at)
    wrapper = rng.choice("ABBC")
    if wrapper == "A":
        return inner
    if wrapper == "B":
        return {"instance_id": instance_id, "json_data": inner}
    return {
        "id": f"evt_{log_id.removeprefix('log_')}",
        "type": event,
        "instance_id": instance_id,
        "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z",
        "data": inner,
    }


def sent_text(text: str, phone: str, message_id: str, at: datetime) -> dict[str, Any]:
    """The Message event that follows a text sent through the API (CONTRACT 3.12)."""
    info = {
        "id": message_id,
        "chat": f"{phone}@s.whatsapp.net",
        "sender": "5511900000000@s.whatsapp.net",
        "is_from_me": True,
        "is_group": False,
        "push_name": "",
        "timestamp": _stamp(at),
        "type": "text",
    }
    return {"type": "Message", "event": {"info": info, "message": {"conversation": text}}}
