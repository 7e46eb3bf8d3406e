"""What a delivery's payload means in WhatsApp's words: who, where, what (CONTRACT 5.2 and 5.3)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Final, TypeAlias, cast

from vzaps_tui.domain.json_skim import looks_like_json, skimmed
from vzaps_tui.domain.json_text import at_once
from vzaps_tui.domain.record import dataclass

UNKNOWN_EVENT: Final = "?"
_WRAPPERS: Final = ("json_data", "data", "payload", "body")
_DEEPEST_WRAPPER: Final = 6
_MAY_BE_TEXT: Final = frozenset({"jsondata", "data", "payload", "body", "event"})
_MOST_IDS: Final = 1_000
_LONGEST_TEXT: Final = 280
_STATES: Final = {"readself": "Read by this account itself"}

_Fields: TypeAlias = Mapping[object, object]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a payload says. All text is unsafe and personal: for the screen, never for a disk.

    Attributes:
        event: the event's name; `?` where the payload does not tell.
        line: a sentence such as `Ana (5511988887777): text: hello`; empty where nothing is known.
        chat: the chat's id, such as `111@lid` or `222@g.us`; None where the payload tells none.
        message_ids: ids of the messages it is about.
        chats: all names of that chat: its alias (`@lid`) and the phone's, where both are told.
    """

    event: str
    line: str
    chat: str | None = None
    message_ids: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()


NOTHING: Final = Meaning(UNKNOWN_EVENT, "")


def meaning_of_text(text: str) -> Meaning:
    """What a payload given as text means; never fails. Takes about 0.1 s a megabyte."""
    return at_once(read_in_slices(text))


def read_in_slices(text: str) -> Generator[None, None, Meaning]:
    """The same, pausing (yielding) every few milliseconds."""
    value = yield from skimmed(text)
    yield from _open_texts(value)
    return meaning_of(value)


def _open_texts(value: object) -> Generator[None, None, None]:
    """Replace texts that hold JSON by what they hold, where an object is looked for."""
    for _ in range(_DEEPEST_WRAPPER):
        if not isinstance(value, dict):
            return
        fields = cast("dict[object, object]", value)
        for key in [key for key in fields if _plain(key) in _MAY_BE_TEXT]:
            held = fields[key]
            if isinstance(held, str) and looks_like_json(held):
                fields[key] = yield from skimmed(held)
        inner = (_pick(fields, name) for name in _WRAPPERS)
        value = next((found for found in inner if _is_object(found)), None)


def meaning_of(payload: object) -> Meaning:
    """What a parsed payload means, in any of the wrappers A, B and C and any casing; never fails.

    Text that holds JSON is read where an object is looked for.
    """
    kind, inner, fields = _unwrapped(payload)
    if not kind:
        return NOTHING
    state = _text(inner, "state") or _text(fields, "state")
    say = _SAYS.get(_plain(kind), _other)
    line = say(_Event(kind, state, fields))
    return Meaning(kind, line, _chat(fields), _ids(fields), _chats(fields))


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str
    state: str
    fields: _Fields


# -- finding things ------------------------------------------------------------------------------


def _plain(name: object) -> str:
    """A key for comparing: `message_i_ds` and `MessageIDs` are one (CONTRACT 5.2)."""
    return name.replace("_", "").lower() if isinstance(name, str) else ""


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _pick(fields: _Fields, *names: str) -> object:
    """The first of some keys that is there and not null, in any casing."""
    for name in names:
        wanted = _plain(name)
        for key, value in fields.items():
            if value is not None and _plain(key) == wanted:
                return value
    return None


def _text(fields: _Fields, *names: str) -> str:
    """The first of some keys that holds words, on one line and not too long; else nothing."""
    for name in names:
        value = _pick(fields, name)
        if isinstance(value, str) and (words := " ".join(value[: 4 * _LONGEST_TEXT].split())):
            return words if len(words) <= _LONGEST_TEXT else f"{words[:_LONGEST_TEXT]}…"
    return ""


def _object(value: object) -> _Fields | None:
    """An object, also one written as text."""
    if isinstance(value, str) and looks_like_json(value):
        value = at_once(skimmed(value))
    return cast("_Fields", value) if isinstance(value, Mapping) else None


def _fields(fields: _Fields, *names: str) -> _Fields:
    for name in names:
        value = _object(_pick(fields, name))
        if value is not None:
            return value
    return {}


def _list(fields: _Fields, *names: str) -> list[object]:
    for name in names:
        value = _pick(fields, name)
        if isinstance(value, list):
            return cast("list[object]", value)
    return []


def _unwrapped(payload: object) -> tuple[str, _Fields, _Fields]:
    """The event's name, the object it stands in, and its details; the name is empty if unknown."""
    outermost = ""
    at_outermost: _Fields = {}
    value = _object(payload)
    for _ in range(_DEEPEST_WRAPPER):
        if value is None:
            break
        kind = _text(value, "type")
        if kind and (event := _object(_pick(value, "event"))) is not None:
            return kind, value, event
        if kind and not outermost:
            outermost, at_outermost = kind, value
        inner = (_object(_pick(value, name)) for name in _WRAPPERS)
        value = next((found for found in inner if found is not None), None)
    return outermost, at_outermost, {}


def _user(jid: str) -> str:
    """The phone or number of `5511988887777:12@s.whatsapp.net`; a group's id stays whole."""
    name, at, server = jid.partition("@")
    if server == "g.us":
        return jid
    name = name.partition(":")[0]
    return jid if server == "lid" or not name else name if at else jid


def _chat(fields: _Fields) -> str | None:
    info = _fields(fields, "info")
    return _text(info, "chat") or _text(fields, "chat", "jid", "group_jid", "group", "from") or None


def _chats(fields: _Fields) -> tuple[str, ...]:
    """The chat, and the other name of the person at its other end; a group has one name only."""
    chat = _chat(fields)
    if chat is None:
        return ()
    if chat.endswith("@g.us"):
        return (chat,)
    info = _fields(fields, "info") or fields
    other = "recipient_alt" if _pick(info, "is_from_me") is True else "sender_alt"
    alias = _text(info, other)
    return (chat, alias) if alias and alias != chat else (chat,)


def _ids(fields: _Fields) -> tuple[str, ...]:
    info = _fields(fields, "info")
    found = [_pick(info, "id"), *_list(fields, "message_ids")[:_MOST_IDS]]
    if not any(found):
        found = [_pick(fields, "message_id")]
    return tuple(one[:_LONGEST_TEXT] for one in found if isinstance(one, str) and one)


# -- saying them -----------------------------------------------------------------------------------


def _person(fields: _Fields) -> str:
    """A sender as a person reads it: the name, and the phone or what stands for it."""
    name = _text(fields, "push_name")
    # Where the sender is an alias (`@lid`), the phone is beside it, unless this copy came early.
    jid = _text(fields, "sender_alt", "sender", "chat")
    who = _user(jid)
    return f"{name} ({who})" if name and who else name or who


def _message(event: _Event) -> str:
    info, message = _fields(event.fields, "info"), _fields(event.fields, "message")
    chat = _text(info, "chat")
    if _pick(info, "is_from_me") is True:
        to = _user(_text(info, "recipient_alt", "chat")) or "someone"
        who = f"This account to {to}"
    else:
        who = _person(info) or "Someone"
        if chat.endswith("@g.us") or _pick(info, "is_group") is True:
            who += f" in group {chat}" if chat else " in a group"
    return f"{who}: {_content(info, message)}"


def _content(info: _Fields, message: _Fields) -> str:
    """The kind of a message and its words: `text: hello`, `image: the receipt`."""
    # What only prepares a message may stand before it.
    for key in sorted(message, key=lambda key: _plain(key).startswith(_PREPARING)):
        name, value = _plain(key), message[key]
        if name == "conversation" and (words := _text(message, "conversation")):
            return f"text: {words}"
        if name.endswith("message") and (node := _object(value)) is not None:
            return _node(name.removesuffix("message"), info, node)
    kind = _text(info, "media_type", "type") or "message"
    return _MEDIA.get(kind.lower(), kind)


_MEDIA: Final = {"ptt": "voice message", "extendedtext": "text", "pollcreation": "poll"}
_PREPARING: Final = ("senderkeydistribution", "protocol")


def _node(name: str, info: _Fields, node: _Fields) -> str:
    kind = _MEDIA.get(name, name) or "message"
    if name == "audio" and (_text(info, "media_type") == "ptt" or _pick(node, "ptt") is True):
        kind = _MEDIA["ptt"]
    words = _text(node, "text", "caption", "file_name", "title", "name", "display_name")
    return f"{kind}: {words}" if words else kind


def _receipt(event: _Event) -> str:
    ids = _ids(event.fields)
    what = f"{len(ids):,} message{'' if len(ids) == 1 else 's'}" if ids else "messages"
    chat = _text(event.fields, "chat", "sender")
    where = f" in chat {_user(chat)}" if chat else ""
    state = event.state or _text(event.fields, "type") or "receipt"
    return f"{_STATES.get(_plain(state), state)}: {what}{where}"


def _presence(event: _Event) -> str:
    who = _user(_text(event.fields, "from", "sender", "chat", "jid")) or "Someone"
    away = _pick(event.fields, "unavailable")
    state = event.state or ("offline" if away is True else "online" if away is False else "")
    return f"{who} is {state}" if state else who


def _chat_presence(event: _Event) -> str:
    sender, chat = _text(event.fields, "sender", "from"), _text(event.fields, "chat")
    who = _user(sender or chat) or "Someone"
    state = _text(event.fields, "state") or event.state
    if _plain(state) == "composing":
        state = "recording" if _text(event.fields, "media") == "audio" else "typing"
    done = "stopped typing" if _plain(state) == "paused" else f"is {state}" if state else ""
    where = f"in chat {_user(chat)}" if chat and _user(chat) != who else ""
    return " ".join(filter(None, (who, done, where)))


def _group(event: _Event) -> str:
    added = _plain(event.kind).endswith("add")
    members = _list(event.fields, "join" if added else "leave", "participants")
    group = _text(event.fields, "jid", "chat", "group_jid", "group") or "a group"
    count = len(members)
    what = f"{count:,} member{'' if count == 1 else 's'}" if count else "members"
    by = _user(_text(event.fields, "sender"))
    done = "added to" if added else "removed from"
    return f"{what} {done} {group}{f' by {by}' if by else ''}"


def _history(event: _Event) -> str:
    data = _fields(event.fields, "data") or event.fields
    progress = _pick(data, "progress")
    talks = len(_list(data, "conversations"))
    told = [f"{progress} %"] if isinstance(progress, int) else []
    if talks:
        told.append(f"{talks:,} conversation{'' if talks == 1 else 's'}")
    return " · ".join(["History synced", *told])


def _other(event: _Event) -> str:
    return " · ".join(filter(None, (event.kind, event.state)))


_SAYS: Final[dict[str, Callable[[_Event], str]]] = {
    "message": _message,
    "readreceipt": _receipt,
    "presence": _presence,
    "chatpresence": _chat_presence,
    "groupparticipantsadd": _group,
    "groupparticipantsremove": _group,
    "historysync": _history,
    "connected": lambda _: "WhatsApp is connected",
    "disconnected": lambda _: "WhatsApp is disconnected",
}
