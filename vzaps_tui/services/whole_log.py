"""What is held of the whole log is held of each of its lists, and the other way round is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.domain.selection import Scope, Stretch
    from vzaps_tui.services.ports import DeliveryArchive


async def is_held_below(archive: DeliveryArchive, scope: Scope, top: Stretch) -> bool:
    """Whether all that lies below the top of a filtered list is held, by the list without filter.

    Args:
        archive: where rows are kept.
        scope: whose log.
        top: what is held of the filtered list from its top without a gap.
    """
    whole = await _going_on(archive, scope, top)
    return whole is not None and whole.reached_end


async def gap_below(
    archive: DeliveryArchive, scope: Scope, query: DeliveryQuery, coverage: Sequence[Stretch]
) -> tuple[bool, datetime | None]:
    """Whether older rows of a list are held though something between them and its top is not.

    They may have been read in another list of the same log: who looks at failures, and then at all,
    sees failures below the rows that were read of all.

    Args:
        archive: where rows are kept.
        scope: whose log.
        query: what the server lets through.
        coverage: what is held of the list without gaps; the first part is at its top, and does not
            reach the end.

    Returns:
        And the time of the last row above it; None if there is none, or it has no time.
    """
    top, parts = coverage[0], len(coverage)
    reached = await time_of(archive, scope, top.oldest)
    whole = await _going_on(archive, scope, top) if query.statuses else None
    further = None if whole is None else await time_of(archive, scope, whole.oldest)
    if further is not None and (reached is None or further < reached):
        reached, parts = further, 1
    below = parts > 1
    if not below and reached is not None:
        below = bool(await archive.first(scope, replace(query, until=reached), 1))
    return below, reached if below else None


async def span(archive: DeliveryArchive, scope: Scope) -> tuple[datetime | None, datetime] | None:
    """From when (None: from the first delivery on) until when all of a log is held; None: none."""
    whole = next(iter(await archive.coverage(scope, None)), None)
    if whole is None or whole.top_at is None:
        return None
    if whole.reached_end:
        return None, whole.top_at
    return await time_of(archive, scope, whole.oldest) or whole.top_at, whole.top_at


async def _going_on(archive: DeliveryArchive, scope: Scope, top: Stretch) -> Stretch | None:
    """What is held from the top of the list without filter, if no gap is between that and `top`."""
    whole = next(iter(await archive.coverage(scope, None)), None)
    if whole is None or whole.top_at is None or top.top_at is None:
        return None
    if whole.top_at >= top.top_at or top.oldest == whole.newest:
        return whole
    # What came since is held by the filtered list alone, down to its oldest row.
    oldest = await time_of(archive, scope, top.oldest)
    newest = await time_of(archive, scope, whole.newest)
    return whole if oldest is not None and newest is not None and oldest < newest else None


async def time_of(archive: DeliveryArchive, scope: Scope, key: str | None) -> datetime | None:
    """When the delivery of a key was; None if it is not held, or has no time."""
    number = None if key is None else archive.place(scope, key)
    if number is None:
        return None
    row = (await archive.fetch([number]))[0]
    return None if row is None else row.time
