"""`vzaps-tui instances`: the instances of the account, as a table or as JSON Lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vzaps_tui.cli.headless import latest, shown
from vzaps_tui.cli.output import Table, stamp
from vzaps_tui.cli.run import DONE, FAILED, UNREACHABLE
from vzaps_tui.domain.masking import mask_url
from vzaps_tui.domain.paging import End

if TYPE_CHECKING:
    from vzaps_tui.cli.headless import Session
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.paging import Listing


async def show_instances(session: Session) -> int:
    """List them all; the exit code.

    Raises:
        VzapsError: they could not be read, and none are kept.
    """
    envelope = await latest(session.services.instances.load())
    listing: Listing[Instance] = envelope.data
    _write(session, listing.rows)
    code = DONE
    if envelope.problem:
        session.say(envelope.problem)
        session.say_age(envelope.fetched_at, "not fresh")
        code = UNREACHABLE
    if not listing.rows:
        session.say("this account has no instance.")
    if listing.unreadable:
        session.say(f"{listing.unreadable:,} of them could not be read and are left out.")
    if listing.end is not End.COMPLETE:
        whole = "more" if listing.total is None else f"{listing.total:,}"
        session.say(f"not all of them could be read: there are {whole}.")
        code = code or FAILED
    return code


def _write(session: Session, rows: tuple[Instance, ...]) -> None:
    if session.output.as_json:
        for row in rows:
            session.output.line(_object(session, row))
        return
    table = Table("Id", "Name", "Link", "Webhook", "Events", width=session.output.width)
    session.output.write(table.lines([_cells(session, row) for row in rows], head=True))


def _object(session: Session, row: Instance) -> dict[str, object]:
    mask = session.run.masker
    return {
        "id": row.id,
        "name": mask(row.name),
        "link": row.link.value,
        "status": row.status,
        "webhook": mask(mask_url(row.webhook)) if row.webhook else None,
        "events": list(row.events),
        "phone": row.phone,
        "created_at": stamp(row.created_at),
        "updated_at": stamp(row.updated_at),
    }


def _cells(session: Session, row: Instance) -> tuple[str, ...]:
    mask = session.run.masker
    return (
        row.id,
        shown(mask(row.name)),
        row.link.value,
        shown(mask(mask_url(row.webhook)) if row.webhook else None),
        shown(", ".join(row.events)),
    )
