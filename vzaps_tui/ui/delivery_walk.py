"""The list that an open delivery walks along, as the delivery screen needs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vzaps_tui.domain.deliveries import Delivery


class DeliveryWalk(Protocol):
    """Deliveries in an order; perhaps a million, so nobody goes through all of them.

    Each answer comes at once, on the loop's thread.
    """

    def __len__(self) -> int:
        """How many there are."""
        ...

    def at(self, index: int) -> Delivery | None:
        """The delivery at a place, from 0; None for one that was dropped meanwhile."""
        ...

    def index_of(self, key: str) -> int | None:
        """Where the delivery with a key stands; None where it is not among them."""
        ...


class TupleWalk:
    """The same over a few deliveries in memory."""

    def __init__(self, rows: Sequence[Delivery] = ()) -> None:
        self._rows = tuple(rows)
        self._places = {row.key: place for place, row in enumerate(self._rows)}

    def __len__(self) -> int:
        return len(self._rows)

    def at(self, index: int) -> Delivery | None:
        """The delivery at a place; None beyond the last one."""
        return self._rows[index] if 0 <= index < len(self._rows) else None

    def index_of(self, key: str) -> int | None:
        """Where the delivery with a key stands; None where it is not among them."""
        return self._places.get(key)
