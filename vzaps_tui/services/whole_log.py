"""Whether the whole log is held: then each of its lists is, however little of it was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from vzaps_tui.domain.selection import Scope, Stretch
    from vzaps_tui.services.ports import DeliveryArchive


async def is_held_below(archive: DeliveryArchive, scope: Scope, top: Stretch) -> bool:
    """Whether all that lies below the top of a filtered list is held, by the list without filter.

    Args:
        archive: where rows are kept.
        scope: whose log.
        top: what is held of the filtered list from its top without a gap.
    """
    whole = next(iter(await archive.coverage(scope, None)), None)
    if whole is None or whole.top_at is None or not whole.reached_end or top.top_at is None:
        return False
    if whole.top_at >= top.top_at or top.oldest == whole.newest:
        return True
    # What came since is held by the filtered list alone, down to its oldest row.
    oldest = await time_of(archive, scope, top.oldest)
    newest = await time_of(archive, scope, whole.newest)
    return oldest is not None and newest is not None and oldest < newest


async def time_of(archive: DeliveryArchive, scope: Scope, key: str | None) -> datetime | None:
    """When the delivery of a key was; None if it is not held, or has no time."""
    number = None if key is None else archive.place(scope, key)
    if number is None:
        return None
    row = (await archive.fetch([number]))[0]
    return None if row is None else row.time
