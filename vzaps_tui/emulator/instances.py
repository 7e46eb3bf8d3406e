"""One instance of the emulated world: its facts, and its delivery log made when first looked at."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from vzaps_tui.emulator.logs import Log, Status
from vzaps_tui.emulator.payloads import weighted
from vzaps_tui.emulator.receivers import Outage, fail, outages, outcome
from vzaps_tui.emulator.seeded import dice, draw, hexadecimal

BACKOFF = (5.0, 30.0, 120.0, 600.0)
"""Seconds before the second, third, … try; one more than these and a delivery has failed."""
KEPT = 250_000
"""Rows kept of one instance's log while events keep coming; the oldest tenth goes at once."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_LENGTH = 26


@dataclass(frozen=True, slots=True)
class _Role:
    name: str
    host: str | None
    events: tuple[str, ...]
    updated_hours_ago: float
    connected: bool = True


_ROLES = (
    _Role("Support BR", "hooks.acme.example.com/vz", ("Message", "ReadReceipt"), 50),
    _Role("Vendas São Paulo 🛵", "n8n.loja-azul.example.com/webhook/vzaps", ("All",), 5.5),
    _Role(
        "Cobrança / Filial Nº 2",
        "api.cobranca.example.net/callbacks/whatsapp",
        ("Message", "Connected", "Disconnected", "GroupParticipantsAdd"),
        200,
        connected=False,
    ),
    _Role("Sandbox", None, ("All",), 0.3, connected=False),
)


class Due(NamedTuple):
    """A try planned for `at`; one not asked for by hand lapses if the log's plan changes."""

    at: datetime
    serial: int
    log: Log
    plan: int
    by_hand: bool


@dataclass(slots=True, eq=False)
class Instance:
    """An instance; `webhook` None = not set.

    Its log holds `history` rows between `begins` and `born` before anything happens, sent to
    `past_webhook`, of `past_events`: what is configured later does not change the past.
    """

    index: int
    id: str
    name: str
    token: str
    webhook: str | None
    events: tuple[str, ...]
    connected: bool
    phone: str
    created_at: datetime
    updated_at: datetime
    seed: int
    born: datetime
    begins: datetime
    history: int
    past_webhook: str | None
    past_events: tuple[str, ...]
    outages: tuple[Outage, ...]
    _logs: list[Log] | None = None
    _by_id: dict[str, Log] = field(default_factory=dict[str, Log])
    _due: list[Due] = field(default_factory=list[Due])
    _serial: int = 0

    @property
    def subscribed(self) -> tuple[str, ...]:
        """The events that are sent: none where no webhook is set, whatever is stored for one."""
        return self.events if self.webhook else ()

    @property
    def logs(self) -> list[Log]:
        """The delivery log, oldest first; made from the seed when first looked at."""
        if self._logs is None:
            self._logs = []
            self._remember_history()
        return self._logs

    def find(self, log_id: str) -> Log | None:
        """The row with this id."""
        return self._by_id.get(log_id) if self.logs else None

    def newest(
        self, page: int, size: int, statuses: frozenset[str] | None
    ) -> tuple[Sequence[Log], int]:
        """A page of the log, newest first, first page 1; and how many rows there are in all."""
        logs = self.logs
        if statuses is not None:
            logs = [log for log in logs if log.status in statuses]
        end = max(0, len(logs) - (page - 1) * size)
        return logs[max(0, end - size) : end][::-1], len(logs)

    def append(self, event: str, at: datetime, url: str) -> Log:
        """Write a new row at the end of the log, not tried yet."""
        logs = self.logs
        log = self._row(event, at, url)
        if len(logs) > KEPT:
            for old in logs[: KEPT // 10]:
                del self._by_id[old.id]
            del logs[: KEPT // 10]
        return log

    def plan(self, log: Log, at: datetime, *, by_hand: bool) -> None:
        """Plan a try of the model at `at`; it happens when somebody looks at the log after that."""
        self._serial += 1
        log.next_retry_at = at
        heapq.heappush(self._due, Due(at, self._serial, log, log.plan, by_hand))

    def settle(self, now: datetime) -> list[Due]:
        """Take out the planned tries whose time has come, without those that lapsed."""
        ripe: list[Due] = []
        while self._due and self._due[0].at <= now:
            due = heapq.heappop(self._due)
            if due.by_hand or due.plan == due.log.plan:
                ripe.append(due)
        return ripe

    def play(self, log: Log, at: datetime, now: datetime, speed: float = 1.0) -> None:
        """Try a row at `at` and, after failures, again by the backoff, as far as `now` reaches.

        The backoff is divided by `speed`.
        """
        while True:
            number = len(log.attempts) + 1
            log.note(outcome(self.outages, at, self.seed, log.id, number), at)
            if log.status == Status.DELIVERED or number > len(BACKOFF):
                return
            at += timedelta(seconds=BACKOFF[number - 1] / speed)
            if at > now:
                log.status = Status.RETRYING
                self.plan(log, at, by_hand=False)
                return

    def try_once(self, log: Log, at: datetime, *, must_fail: bool) -> None:
        """One try of the model, none after it."""
        key = (self.seed, log.id, len(log.attempts) + 1)
        result = outcome(self.outages, at, *key)
        if must_fail and result.ok:
            result = fail(("502", "500", "503"), draw(*key, "pace"), *key)
        log.note(result, at)

    def _row(self, event: str, at: datetime, url: str) -> Log:
        number = len(self._by_id)
        log_id = f"log_{hexadecimal(12, self.seed, self.id, number, at.timestamp())}"
        log = Log(log_id, event, url, at)
        self._by_id[log_id] = log
        self.logs.append(log)
        return log

    def _remember_history(self) -> None:
        if self.past_webhook is None:
            return
        rng = dice(self.seed, self.index, "history")
        names, weights = weighted(self.past_events)
        chosen = rng.choices(names, weights, k=self.history)
        moments = sorted(self._moments())
        for event, second in zip(chosen, moments, strict=True):
            at = self.begins + timedelta(milliseconds=round(second * 1000))
            self.play(self._row(event, at, self.past_webhook), at, self.born)

    def _moments(self) -> list[float]:
        """Seconds after `begins` at which events come.

        More by day (in UTC-3) than by night, and one in eight while the receiver was last out:
        a small log holds failures too.
        """
        rng = dice(self.seed, self.index, "moments")
        span = (self.born - self.begins).total_seconds()
        offset = self.begins.hour * 3600 + self.begins.minute * 60
        last = self.outages[-1]
        out = (last.begins - self.begins).total_seconds(), (last.ends - self.begins).total_seconds()
        found = [rng.uniform(*out) for _ in range(self.history // 8)]
        while len(found) < self.history:
            second = rng.random() * span
            hour = ((offset + second) / 3600 - 3) % 24
            if rng.random() < 0.55 + 0.45 * math.sin((hour - 9) / 24 * math.tau):
                found.append(second)
        return found


def make_instance(seed: int, index: int, born: datetime, history: int) -> Instance:
    """The instance number `index` of a world: the same for the same seed and time."""
    role = _ROLES[index % len(_ROLES)]
    rng = dice(seed, index, "instance")
    again = index // len(_ROLES)
    begins = born - timedelta(hours=rng.uniform(30, 46))
    webhook = None
    if role.host:
        webhook = f"https://{role.host}?secret={hexadecimal(20, seed, index, 'secret')}"
    return Instance(
        index=index,
        id="VZ" + "".join(rng.choices(_ALPHABET, k=_ID_LENGTH)),
        name=f"{role.name} {again + 1}" if again else role.name,
        token=f"inst_{hexadecimal(32, seed, index, 'token')}",
        webhook=webhook,
        events=role.events,
        connected=role.connected,
        phone=f"55119{rng.randrange(10_000_000, 99_999_999)}",
        created_at=born - timedelta(days=30 + 17 * index, hours=rng.uniform(0, 20)),
        updated_at=born - timedelta(hours=role.updated_hours_ago + again),
        seed=seed,
        born=born,
        begins=begins,
        history=history,
        past_webhook=webhook,
        past_events=role.events,
        outages=outages(seed, index, begins, born),
    )
