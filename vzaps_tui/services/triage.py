"""Looks for the causes of failures among the deliveries that are held; no row stays in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Final

from vzaps_tui.domain.deliveries import Delivery, StatusClass
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.query import FAILED_ONLY, DeliveryQuery
from vzaps_tui.domain.selection import Group
from vzaps_tui.domain.triage import (
    Axis,
    Cause,
    Findings,
    credible_only,
    examine,
    has_odd_times,
    with_times_of,
)
from vzaps_tui.services.holdings import Holdings
from vzaps_tui.services.ports import Clock

_DELIVERED: Final = DeliveryQuery(statuses=frozenset({StatusClass.DELIVERED}))
_AT_ONCE: Final = 2000
"""Rows that are fetched in one go."""


class Triage:
    """Questions about causes, each answered off the loop; cancelling one interrupts it."""

    def __init__(self, held: Holdings, clock: Clock) -> None:
        self._held = held
        self._clock = clock

    async def look(self, instance: InstanceId, query: DeliveryQuery) -> Findings:
        """The causes of the failures that match; of the query any status is taken for failed.

        What a host took since is looked for among all that was delivered, whatever the query says.
        """
        failed = await self._groups(instance, replace(query, statuses=FAILED_ONLY))
        delivered = await self._groups(instance, _DELIVERED) if failed else ()
        found = examine(failed, delivered, self._clock.now())
        samples = await self._held.fetch([cause.number for cause in found.causes])
        told = zip(found.causes, samples, strict=True)
        return replace(found, causes=tuple(replace(cause, sample=sample) for cause, sample in told))

    async def _groups(self, instance: InstanceId, query: DeliveryQuery) -> tuple[Group, ...]:
        """Groups whose times can be meant."""
        groups = await self._held.groups(instance, query)
        now = self._clock.now()
        if not has_odd_times(groups, now):
            return groups
        return with_times_of(groups, await self._held.groups(instance, credible_only(query, now)))

    async def spark(
        self, instance: InstanceId, query: DeliveryQuery, cause: Cause, axis: Axis
    ) -> tuple[int, ...] | None:
        """How many of a cause's failures fell into each column of an axis.

        None where it cannot be told: a query knows hosts as text only, and may find others, too.
        """
        asked = cause.narrowed(query)
        span = (axis.start, axis.end)
        failed = (await self._held.histogram(instance, asked, span, axis.columns)).failed
        return failed if sum(failed) <= cause.count else None

    async def taken_since(self, instance: InstanceId, cause: Cause) -> int:
        """How many deliveries of the kind that counts the cause's host took after it."""
        query = cause.went_through()
        if query is None:
            return 0
        found = await self._held.groups(instance, credible_only(query, self._clock.now()))
        return sum(group.count for group in found if group.host == cause.same.host)

    async def members(
        self, instance: InstanceId, query: DeliveryQuery, cause: Cause
    ) -> AsyncGenerator[Delivery, None]:
        """The very failures of a cause among those that match, newest first."""
        numbers = (await self._held.select(instance, cause.alike(query))).rowids
        for start in range(0, len(numbers), _AT_ONCE):
            for row in await self._held.fetch(numbers[start : start + _AT_ONCE]):
                if row is not None and cause.holds(row):
                    yield row
