"""Instances and their session, read from the wire (CONTRACT 3.1, 3.2, 3.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from vzaps_tui.api.decode import need_object
from vzaps_tui.api.wire import Fields, checked
from vzaps_tui.api.wire_pages import merge, page_of, read_rows
from vzaps_tui.api.wire_webhooks import EVENT_KEYS, URL_KEYS, read_webhook_fields
from vzaps_tui.domain.instances import Instance, InstanceId, LinkState, SessionStatus
from vzaps_tui.domain.masking import Secret
from vzaps_tui.domain.paging import Page
from vzaps_tui.domain.problems import ProtocolError

_UP: Final = frozenset({"connected", "open", "online", "linked", "paired", "ready"})
_DOWN: Final = frozenset({"disconnected", "closed", "close", "offline", "unlinked", "loggedout"})


@dataclass(frozen=True, slots=True)
class FoundInstances:
    """A page, and the tokens its rows held: kept apart, as a model never holds a secret."""

    page: Page[Instance]
    tokens: dict[InstanceId, Secret]


def _link(fields: Fields, status: str | None) -> LinkState:
    connected = fields.flag("connected")
    if connected is not None:
        return LinkState.CONNECTED if connected else LinkState.DISCONNECTED
    word = (status or "").strip().lower().replace("_", "").replace(" ", "")
    if word in _UP:
        return LinkState.CONNECTED
    return LinkState.DISCONNECTED if word in _DOWN else LinkState.UNKNOWN


def _instance(fields: Fields, ident: str) -> Instance:
    status = fields.text("status", "state")
    told = fields.has(*URL_KEYS, *EVENT_KEYS)
    webhook = read_webhook_fields(fields) if told else None
    return Instance(
        id=InstanceId(ident),
        name=fields.text("name", "instance_name") or ident,
        link=_link(fields, status),
        status=status,
        webhook=webhook.url if webhook else None,
        events=webhook.events if webhook else (),
        phone=fields.text("phone", "whatsapp_jid", "jid"),
        billing=fields.text("billing_status"),
        created_at=fields.moment("created_at"),
        updated_at=fields.moment("updated_at"),
    )


def _newer(one: Instance, other: Instance) -> bool:
    if one.updated_at is None or other.updated_at is None:
        return one.updated_at is not None
    return one.updated_at > other.updated_at


def read_instances(payload: object, number: int, size: int) -> FoundInstances:
    """One page of instances. Rows without an id count as unreadable: nothing can be asked of them.

    Raises:
        ProtocolError: there is no list of rows.
    """
    raw = read_rows(payload, size)
    found: list[tuple[str, Instance]] = []
    tokens: dict[InstanceId, Secret] = {}
    for path, row in raw.rows:
        fields = Fields(row)
        ident = fields.text("id", "instance_id")
        if ident is not None:
            found.append((path, _instance(fields, ident)))
            tokens |= _token(fields, ident)
    rows = checked(Instance, found)
    single = merge(list(rows), lambda row: row.id, _newer)
    page = page_of(raw, number, tuple(single), unreadable=len(raw.rows) - len(found))
    return FoundInstances(page, tokens)


def _token(fields: Fields, ident: str) -> dict[InstanceId, Secret]:
    token = fields.text("token", "instance_token")
    return {InstanceId(ident): Secret(token)} if token else {}


def read_instance(payload: object, asked: InstanceId) -> tuple[Instance, dict[InstanceId, Secret]]:
    """One instance, bare or below `instance`; and its token, if it came along.

    Raises:
        ProtocolError: not an object, or none of the fields of an instance.
    """
    fields = Fields(need_object(payload))
    fields = fields.inner("instance") or fields
    if not fields.has("id", "instance_id", "name"):
        raise ProtocolError("$.id: an instance should be here")
    instance = _instance(fields, asked)
    return checked(Instance, [("$", instance)])[0], _token(fields, asked)


def read_session(payload: object) -> SessionStatus:
    """Whether WhatsApp is linked; all but `connected` is optional (CONTRACT 7, row 12).

    Raises:
        ProtocolError: not an object, or no `connected`.
    """
    fields = Fields(need_object(payload))
    # A missing flag is left to the strict check, which names its path.
    connected = cast("bool", fields.flag("connected", "is_connected"))
    status = SessionStatus(
        connected=connected,
        phone=fields.text("phone"),
        push_name=fields.text("push_name", "whatsapp_push_name"),
        jid=fields.text("whatsapp_jid", "jid"),
    )
    return checked(SessionStatus, [("$", status)])[0]
