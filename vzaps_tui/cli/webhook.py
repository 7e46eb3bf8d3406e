"""`vzaps-tui webhook get|set|diff`: shows, writes once and reads back, or compares."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import click

from vzaps_tui.cli.headless import Session, latest, read_only
from vzaps_tui.cli.output import can_ask, stamp
from vzaps_tui.cli.run import DONE, FAILED, UNREACHABLE
from vzaps_tui.cli.usage import UsageError, nearest
from vzaps_tui.domain.masking import mask_url, unmask_url
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.webhooks import (
    ALL,
    EVENTS,
    Level,
    SaveReport,
    WebhookChange,
    WebhookConfig,
    canonical_events,
    check_events,
    check_url,
    same_config,
)

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import InstanceId

DIFFERS: Final = FAILED
_LARGEST: Final = 1_000_000
"""Characters of a file; a configuration has some hundreds."""


# -- get ---------------------------------------------------------------------------------------


async def show_webhook(session: Session) -> int:
    """Show what is configured; the exit code.

    Raises:
        VzapsError: it could not be read, and nothing is kept.
    """
    instance = (await session.instance()).id
    envelope = await latest(session.services.webhooks.load(instance, force=True))
    config: WebhookConfig = envelope.data
    if session.output.as_json:
        told = {"instance": instance, **_object(session, config)}
        session.output.line({**told, "fetched_at": stamp(envelope.fetched_at)})
    else:
        session.output.write(f"URL     {_url(session, config)}\nEvents  {_events(config)}\n")
    if envelope.problem:
        session.say(envelope.problem)
        session.say_age(envelope.fetched_at, "not fresh")
        return UNREACHABLE
    return DONE


def _object(session: Session, config: WebhookConfig) -> dict[str, object]:
    url = session.run.masker(mask_url(config.url)) if config.url else None
    return {"url": url, "events": list(config.events)}


def _url(session: Session, config: WebhookConfig) -> str:
    return visible(session.run.masker(mask_url(config.url))) if config.url else "not set"


def _events(config: WebhookConfig) -> str:
    return visible(", ".join(config.events) or "no events")


# -- what is wished for --------------------------------------------------------------------------


class _Wish:
    """URL and events as flags or a file give them; None is what was not given."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """Read them.

        Raises:
            UsageError: nothing was given, one thing twice, or the file cannot be used.
        """
        url, events = options.get("url"), _named_events(options)
        if (name := options.get("from_file")) is not None:
            kept_url, kept_events = _file(name)
            if (url is not None and kept_url is not None) or (events and kept_events is not None):
                raise UsageError("the file and a flag give the same thing", hint="Give it once.")
            url = kept_url if url is None else url
            events = kept_events if events is None else events
        if url is None and events is None:
            raise UsageError(
                "nothing was given to set or compare",
                hint="Give --url, --event, --events or --from-file.",
            )
        self._url: str | None = url
        self._events = events

    def config(self, before: WebhookConfig) -> WebhookConfig:
        """The configuration that is wished for; what was not given is as before."""
        url = before.url if self._url is None else unmask_url(self._url, before.url)
        events = before.events if self._events is None else canonical_events(self._events)
        return WebhookConfig(url or None, events)


def _named_events(options: Mapping[str, Any]) -> tuple[str, ...] | None:
    names = tuple(
        name.strip() for told in options.get("names") or () for name in cast("str", told).split(",")
    )
    every = options.get("events")
    if every and names:
        raise UsageError("--event and --events were given", hint="Give one of them.")
    if every:
        return (ALL,) if every == "all" else ()
    return names or None


def _file(name: str) -> tuple[str | None, tuple[str, ...] | None]:
    """URL and events of a file; None where it does not tell.

    Raises:
        UsageError: it cannot be read, or says something else.
    """
    try:
        text = _typed() if name == "-" else _text(Path(name))
        value: object = json.loads(text)
    except OSError as problem:
        reason = f"{name} cannot be read: {problem.strerror or problem}"
        raise UsageError(reason, hint="Check the path.") from problem
    except (ValueError, RecursionError) as problem:
        raise _unfit(name, "it is not JSON") from problem
    if not isinstance(value, dict):
        raise _unfit(name, "it is not an object")
    told = cast("dict[str, object]", value)
    url, events = told.get("url"), told.get("events")
    if not isinstance(url, str | None):
        raise _unfit(name, "`url` is not a text")
    if events is not None and not _is_texts(events):
        raise _unfit(name, "`events` is not a list of texts")
    return url, None if events is None else tuple(cast("list[str]", events))


def _typed() -> str:
    if sys.stdin is None:  # the shell closed it
        raise UsageError("standard input is closed", hint="Give a file.")
    return sys.stdin.read(_LARGEST)


def _text(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read(_LARGEST)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, str) for one in cast("list[object]", value)
    )


def _unfit(name: str, why: str) -> UsageError:
    hint = 'Write {"url": "https://...", "events": ["Message"]}; either may be left out.'
    return UsageError(f"{name} is no webhook configuration: {why}", hint=hint)


# -- diff ----------------------------------------------------------------------------------------


async def compare_webhook(session: Session, options: Mapping[str, Any]) -> int:
    """Say what differs between what the API holds and what is given: 0 nothing, 1 something.

    Raises:
        UsageError: what is given cannot be compared.
        VzapsError: what the API holds could not be read.
    """
    wish = _Wish(options)
    instance = (await session.instance()).id
    before = (await session.services.webhooks.read(instance)).data
    after = wish.config(before)
    for name in _unknown(before, after):
        session.say(_told_unknown(name, before))
    same = same_config(before, after)
    if session.output.as_json:
        session.output.line(_change_object(session, instance, before, after))
    elif not same:
        session.output.write("\n".join(_change(session, before, after)) + "\n")
    return DONE if same else DIFFERS


def _change_object(
    session: Session, instance: InstanceId, before: WebhookConfig, after: WebhookConfig
) -> dict[str, object]:
    change = WebhookChange(before, after)
    return {
        "instance": instance,
        "same": same_config(before, after),
        "url_differs": change.url_changed,
        "added": list(change.added),
        "removed": list(change.removed),
        "before": _object(session, before),
        "after": _object(session, after),
    }


def _change(session: Session, before: WebhookConfig, after: WebhookConfig) -> Iterator[str]:
    change = WebhookChange(before, after)
    if change.url_changed:
        was, comes = _url(session, before), _url(session, after)
        yield "URL"
        yield f"- {was}"
        yield f"+ {comes}"
        if was == comes:
            yield "  (a hidden part of it differs)"
    if change.added or change.removed:
        yield "Events"
        yield from (f"- {visible(name)}" for name in change.removed)
        yield from (f"+ {visible(name)}" for name in change.added)


# -- set -----------------------------------------------------------------------------------------


async def change_webhook(
    session: Session, options: Mapping[str, Any], *, agreed: bool, forced: bool = False
) -> int:
    """Write what is wished for, once, and read it back: 0 if it was seen to be held, else 1.

    Args:
        session: whose services to use.
        options: flag to value.
        agreed: nobody is asked.
        forced: names of events that are not documented are meant as they are.

    Raises:
        UsageError: it must not be sent, or nobody can be asked.
        VzapsError: nothing was changed.
    """
    read_only(session)
    wish = _Wish(options)
    if not agreed and not can_ask(sys.stdin, sys.stderr):
        raise UsageError("nobody can be asked here", hint="Give --yes to save without a question.")
    instance = await session.instance()
    before = (await session.services.webhooks.read(instance.id)).data
    after = wish.config(before)
    _refuse(session, after)
    if not forced:
        _refuse_unknown(session, before, after, may_ask=not agreed)
    if same_config(before, after):
        session.say("nothing to save: the API holds this already.")
        if session.output.as_json:
            session.output.line(_saved_object(session, instance.id, before, None))
        return DONE
    for line in _change(session, before, after):
        click.echo(line, err=True)
    with session.unsent():
        sure = agreed or _consent(session, instance.name or instance.id)
    if not sure:
        session.say("nothing was sent.")
        return FAILED
    # Once the write is on its way it is seen to its end, whoever wants to stop.
    saving = asyncio.create_task(session.services.webhooks.save(instance.id, after))
    report = await _finished(saving)
    return _tell(session, instance.id, before, report)


def _refuse(session: Session, config: WebhookConfig) -> None:
    findings = (*check_url(config.url or ""), *check_events(config.events))
    if errors := [found.text for found in findings if found.level is Level.ERROR]:
        raise UsageError(errors[0].rstrip("."), hint="Nothing was sent.")
    for found in findings:
        session.say(found.text)


def _refuse_unknown(
    session: Session, before: WebhookConfig, after: WebhookConfig, *, may_ask: bool
) -> None:
    """A mistyped name would end what the webhook gets: it is asked for, or not sent.

    Raises:
        UsageError: a name that is neither documented nor held already was not said to be meant.
    """
    for name in _unknown(before, after):
        told = _told_unknown(name, before)
        question = f"{told} Send it as it is?"
        if may_ask and session.put(partial(click.confirm, question, default=False, err=True)):
            continue
        known = "" if told.endswith("?") else f" Known: {', '.join(EVENTS)}."
        hint = f"Nothing was sent. --force-event sends the name as it is.{known}"
        raise UsageError(told, hint=hint)


def _unknown(before: WebhookConfig, after: WebhookConfig) -> list[str]:
    """Names that are neither documented nor held by the API already."""
    return [name for name in after.events if name not in (*EVENTS, *before.events)]


def _told_unknown(name: str, before: WebhookConfig) -> str:
    near = nearest(name, (*EVENTS, *before.events))
    mean = f"; did you mean {visible(near)}?" if near else "."
    return f"'{visible(name)}' is not an event the API documents{mean}"


def _consent(session: Session, name: str) -> bool:
    question = f"Save the webhook of {visible(name)}?"
    return session.put(lambda: click.confirm(question, default=False, err=True))


async def _finished(saving: asyncio.Task[SaveReport]) -> SaveReport:
    while not saving.done():
        try:
            await asyncio.shield(saving)
        except asyncio.CancelledError:
            continue
    return saving.result()


def _tell(session: Session, instance: InstanceId, before: WebhookConfig, report: SaveReport) -> int:
    if session.output.as_json:
        session.output.line(_saved_object(session, instance, before, report))
    elif report.confirmed:
        session.output.write("Saved and read back: the API holds what was sent.\n")
    elif report.stored is None:
        session.output.write("Sent, not confirmed: it could not be read back.\n")
    else:
        stored = f"{_url(session, report.stored)}  {_events(report.stored)}"
        session.output.write(f"NOT AS SENT: the API holds something else.\nStored  {stored}\n")
    if report.note:
        session.say(report.note)
    return DONE if report.confirmed else FAILED


def _saved_object(
    session: Session, instance: InstanceId, before: WebhookConfig, report: SaveReport | None
) -> dict[str, object]:
    """What a save led to; without a report nothing was sent, as it was so before."""
    stored = before if report is None else report.stored
    return {
        "instance": instance,
        "sent": None if report is None else _object(session, report.sent),
        "confirmed": report is None or report.confirmed,
        "before": _object(session, before),
        "stored": None if stored is None else _object(session, stored),
        "note": "" if report is None else session.run.masker(report.note),
    }
