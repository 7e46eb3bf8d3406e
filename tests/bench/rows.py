"""Deliveries by their numbers: a million of them take no room until they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.builders import INSTANCE, delivery
from vzaps_tui.domain.deliveries import Delivery
from vzaps_tui.domain.selection import Scope
from vzaps_tui.services.identity import Identity

WHOSE = Identity("http://127.0.0.1", "bench")
SCOPE = Scope(WHOSE.base_url, WHOSE.account, INSTANCE)
RARE = "jammed"
"""The error of one delivery in forty; no other text of a row has its first letter."""
EVERY_FAILED, EVERY_RARE = 4, 40
_APART = timedelta(seconds=2)
_EVENTS = ("Message", "ReadReceipt", "Presence")


@dataclass(frozen=True, slots=True)
class Numbered:
    """The deliveries 1, 2, 3 …, two seconds apart; `begins` is when number 0 would have been."""

    begins: datetime

    @classmethod
    def ending(cls, count: int, epoch: float) -> Numbered:
        """Those of which number `count` was a day before `epoch`, so that more can follow."""
        end = datetime.fromtimestamp(epoch, UTC) - timedelta(days=1)
        return cls(end - count * _APART)

    def row(self, number: int) -> Delivery:
        """One of them: each fourth failed, each fortieth in a rare way."""
        moment = self.begins + number * _APART
        event = _EVENTS[number % len(_EVENTS)]
        dates = {"created_at": moment, "last_attempt_at": moment, "updated_at": moment}
        if number % EVERY_FAILED:
            return delivery(
                number, status="delivered", event=event, http_status=200, error=None, **dates
            )
        error = RARE if number % EVERY_RARE == 0 else ("busy", "bad gateway")[number // 4 % 2]
        return delivery(number, event=event, http_status=500 + number % 4, error=error, **dates)

    def rows(self, newest: int, oldest: int) -> tuple[Delivery, ...]:
        """From one number down to another, both among them."""
        return tuple(map(self.row, range(newest, oldest - 1, -1)))
