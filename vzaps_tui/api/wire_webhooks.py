"""A webhook's configuration, read from and written for the wire (CONTRACT 3.3, 3.4)."""

from __future__ import annotations

from typing import Final

from vzaps_tui.api.decode import need_object
from vzaps_tui.api.wire import Fields, checked
from vzaps_tui.domain.problems import ProtocolError
from vzaps_tui.domain.webhooks import WebhookConfig

URL_KEYS: Final = ("webhook", "webhook_url", "webhook_u_r_l", "url")
EVENT_KEYS: Final = ("subscribe", "events", "events_subscribe")


def read_webhook_fields(fields: Fields, urls: tuple[str, ...] = URL_KEYS[:3]) -> WebhookConfig:
    """URL and events of an object that is known to hold them; empty ones are "not set".

    `url` alone is no webhook on an instance row: there it is the instance's page (CONTRACT 1.1).
    """
    return WebhookConfig(
        url=(fields.text(*urls) or "").strip() or None,
        events=fields.words(*EVENT_KEYS) or (),
    )


def read_webhook(payload: object) -> WebhookConfig:
    """The stored configuration; missing, null and empty mean "not set" (CONTRACT 3.3).

    Raises:
        ProtocolError: not an object, or an object of something else.
    """
    source = need_object(payload)
    fields = Fields(source)
    fields = fields.inner("webhook") or fields
    if source and not fields.has(*URL_KEYS, *EVENT_KEYS):
        raise ProtocolError("$.webhook: a webhook's configuration should be here")
    return checked(WebhookConfig, [("$", read_webhook_fields(fields, URL_KEYS))])[0]


def webhook_body(config: WebhookConfig, *, url_key: str, events_as_list: bool) -> dict[str, object]:
    """What a save sends: the URL, and the events as a comma string without spaces, or as a list.

    Without events the key is left out, which keeps the stored ones; an empty string is undefined.
    """
    body: dict[str, object] = {url_key: config.url or ""}
    if config.events:
        body["events"] = list(config.events) if events_as_list else ",".join(config.events)
    return body
