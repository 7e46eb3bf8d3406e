"""`vzaps-tui show LOG`: everything of one delivery, to read or as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Final

from vzaps_tui.cli.headless import Session, shown
from vzaps_tui.cli.logs import json_rows, local, read_at
from vzaps_tui.cli.output import Table, finite, is_strict_json, padded, stamp
from vzaps_tui.cli.run import DONE
from vzaps_tui.cli.usage import UsageError
from vzaps_tui.domain.deliveries import DeliveryDetail, LogId
from vzaps_tui.domain.failures import got_no_answer
from vzaps_tui.domain.json_text import at_once
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.meaning import read_in_slices
from vzaps_tui.domain.problems import UnavailableError, VzapsError
from vzaps_tui.domain.text import visible, visible_lines
from vzaps_tui.domain.times import took

if TYPE_CHECKING:
    from datetime import datetime

    from vzaps_tui.domain.deliveries import Attempt, Delivery
    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.masking import Masker

_LABEL: Final = 10  # cells


async def show_delivery(session: Session, log: str, *, raw: bool) -> int:
    """Show one delivery as the API tells it now; the exit code.

    Raises:
        VzapsError: it could not be read.
    """
    if not log.strip():
        raise UsageError("no log id was given", hint="`vzaps-tui logs` shows them.")
    instance = (await session.instance()).id
    detail, at, code = await _read(session, instance, LogId(log))
    if raw:
        _write_raw(session, detail.raw)
    elif session.output.as_json:
        _write_object(session, instance, detail, at)
    else:
        now = session.services.clock.now()
        session.output.write("\n".join(_lines(session, detail, now)) + "\n")
    return code


async def _read(
    session: Session, instance: InstanceId, log: LogId
) -> tuple[DeliveryDetail, datetime | None, int]:
    """What there is of it, from when, and the exit code.

    Raises:
        VzapsError: it could not be read, and nothing is held.
    """
    code, about = DONE, "offline"
    if not session.offline:
        try:
            envelope = await session.services.deliveries.read(instance, log)
        except UnavailableError as problem:
            if not _is_held(session, instance, log):
                raise
            code, about = session.tell(problem), "what is held"
        else:
            return envelope.data, envelope.fetched_at, DONE
    return *await _kept(session, instance, log, about), code


def _is_held(session: Session, instance: InstanceId, log: LogId) -> bool:
    return session.services.deliveries.place(instance, log) is not None


async def _kept(
    session: Session, instance: InstanceId, log: LogId, about: str
) -> tuple[DeliveryDetail, datetime | None]:
    """What is held of it: all, where payloads are kept, else what the list knew; and from when.

    Raises:
        UsageError: nothing is.
    """
    service = session.services.deliveries
    with suppress(VzapsError):
        async with aclosing(service.detail(instance, log)) as each:
            async for envelope in each:
                session.say_age(envelope.fetched_at, about)
                return envelope.data, envelope.fetched_at
    number = service.place(instance, log)
    row = None if number is None else service.rows([number])[0]
    if row is None:
        reason = f"nothing is held of {log} here"
        raise UsageError(reason, hint="Leave --offline out.") from None
    session.say_age(await read_at(session, instance), about)
    session.say("Only what the list knew: tries, payload and response are not kept.")
    return DeliveryDetail(row), None


def _write_raw(session: Session, raw: str) -> None:
    if not session.output.as_json:
        session.output.write("\n".join(visible_lines(raw)) + "\n")
    elif is_strict_json(raw):
        session.output.line({}, embedded={"raw": raw})
    else:
        session.output.line({"raw": raw})


# -- as JSON -----------------------------------------------------------------------------------


def _write_object(
    session: Session, instance: InstanceId, detail: DeliveryDetail, at: datetime | None
) -> None:
    mask = session.run.masker
    head: dict[str, object] = json.loads(json_rows(session, instance, (detail.delivery,)))
    value = {
        "instance": instance,
        **head,
        "tries": [_try(one, mask) for one in detail.attempts],
        "response": detail.response,
        "fetched_at": stamp(at),
        "payload_is_json": False,
    }
    if detail.payload is not None and detail.payload_is_json and is_strict_json(detail.payload):
        value["payload_is_json"] = True
        session.output.line(value, embedded={"payload": detail.payload})
    else:
        session.output.line({**value, "payload": detail.payload})


def _try(attempt: Attempt, mask: Masker) -> dict[str, object]:
    return {
        "number": attempt.number,
        "at": stamp(attempt.at),
        "http_status": attempt.http_status,
        "duration_ms": finite(attempt.duration_ms),
        "error": mask(attempt.error) if attempt.error else attempt.error,
        "response": attempt.response,
    }


# -- to read -----------------------------------------------------------------------------------


def _lines(session: Session, detail: DeliveryDetail, now: datetime) -> Iterator[str]:
    yield from (
        f"{padded(label, _LABEL)}{visible(value)}"
        for label, value in _facts(session, detail.delivery, now)
    )
    if says := at_once(read_in_slices(detail.payload or "")).line:
        yield f"{padded('Says', _LABEL)}{visible(says)}"
    yield ""
    yield from _tries(session, detail, now)
    unanswered = got_no_answer(detail.delivery)
    for title, text, silent in (
        ("Payload", detail.payload, False),
        ("Response", detail.response, unanswered),
    ):
        yield ""
        yield title
        none = "(no answer came)" if silent else "(empty)" if text == "" else "(not told)"
        yield from visible_lines(text) if text else (f"  {none}",)


def _facts(session: Session, row: Delivery, now: datetime) -> Iterator[tuple[str, str]]:
    mask = session.run.masker
    yield "Log id", row.id or "-"
    yield "Status", row.status_word
    yield "Event", row.event
    yield "Code", "-" if row.http_status is None else str(row.http_status)
    yield "Tries", "-" if row.attempts is None else str(row.attempts)
    yield "Took", took(row.duration_ms)
    yield "Created", local(row.created_at, now)
    if row.last_attempt_at:
        yield "Last try", local(row.last_attempt_at, now)
    if row.next_retry_at:
        yield "Next try", local(row.next_retry_at, now)
    if row.error:
        yield "Error", mask(row.error)
    yield "Target", mask(mask_url(row.target)) if row.target else "-"


def _tries(session: Session, detail: DeliveryDetail, now: datetime) -> Iterator[str]:
    if not detail.attempts:
        yield "Tries: the API lists none."
        return
    mask = session.run.masker
    table = Table("Try", "Time", "Code", "Took", "Error", right=("Try", "Code", "Took"))
    rows = [
        (
            str(one.number),
            local(one.at, now),
            "-" if one.http_status is None else str(one.http_status),
            took(one.duration_ms),
            shown(mask(one.error) if one.error else None),
        )
        for one in detail.attempts
    ]
    yield table.lines(rows, head=True).rstrip("\n")
