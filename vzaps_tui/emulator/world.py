"""The emulated account: its credentials, instances and deliveries, and what was asked of it."""

from __future__ import annotations

import base64
import json
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from vzaps_tui.emulator.allowance import Allowance
from vzaps_tui.emulator.hostile import hostile_payload
from vzaps_tui.emulator.instances import BACKOFF, Instance, make_instance
from vzaps_tui.emulator.logs import Log, Result, Status
from vzaps_tui.emulator.payloads import payload, weighted
from vzaps_tui.emulator.receivers import is_loopback
from vzaps_tui.emulator.scenarios import Faults, switch_on
from vzaps_tui.emulator.seeded import dice, hexadecimal

QUEUE_LIMIT = 1_000
"""Real deliveries that may wait to be sent; more are refused."""
SLOW_SECONDS = 5.0
"""How long a retry stays pending under the scenario `retry-slow`."""
_BIG = 5_000_000


class Received(NamedTuple):
    """A request as it came in; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Job(NamedTuple):
    """A real POST to be made after `delay` seconds, unless the log's plan has changed by then."""

    instance: Instance
    log: Log
    plan: int
    by_hand: bool
    delay: float = 0.0


class QueueFullError(Exception):
    """More real deliveries are waiting than the emulator holds."""


def _utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the world's own clock where none is injected


class World:
    """One account on one clock. Same seed and same clock: same credentials, history and outcomes.

    May be read and changed from any thread while a server runs it.

    Attributes:
        instances: at least the first three have a webhook and `logs` deliveries each; every fourth
            has no webhook and an empty log.
        requests: what was asked, oldest first, bounded.
        scenarios: names switched on; may be changed while running.
        faults: faults aimed at single routes.
        allowances: how many calls a second are taken; each must allow it.
        outbox: real POSTs that wait to be made; those put off for a backoff are with the server.
        waiting: how many wait in all.
        wake: called when `outbox` has grown; set by the server.
        rate: new events a second while a server runs.
        speed: how many times faster than real time failed deliveries are tried again from now on.
        max_attempts: tries of a real delivery before it has failed for good.
        delivery_timeout: seconds a receiver has for its whole answer.
        token_lifetime: seconds a JWT lives.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        instances: int = 4,
        logs: int = 250,
        rate: float = 0.0,
        scenarios: tuple[str, ...] = (),
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self.seed = seed
        self.now = now or _utc_now
        self.rate = rate
        self.faults = Faults()
        self.allowances: tuple[Allowance, ...] = ()
        self.scenarios = switch_on(scenarios, self.faults)
        self.client_token = f"ct_{hexadecimal(24, seed, 'client token')}"
        self.client_secret = f"cs_{hexadecimal(40, seed, 'client secret')}"
        born = self.utc()
        self.instances = [make_instance(seed, index, born, logs) for index in range(instances)]
        self.requests: deque[Received] = deque(maxlen=10_000)
        self.outbox: deque[Job] = deque()
        self.waiting = 0
        self.wake: Callable[[], object] = lambda: None
        self.speed = 1.0
        self.max_attempts = len(BACKOFF) + 1
        self.delivery_timeout = 10.0
        self.token_lifetime = 3600
        self._tokens: dict[str, datetime] = {}
        self._revoked_once = False
        self._emitted = 0
        self._lock = threading.RLock()

    def utc(self) -> datetime:
        """Now, in UTC."""
        return self.now().astimezone(UTC)

    # Credentials

    def issue_token(self) -> str:
        """A new JWT, good for `token_lifetime` seconds."""
        with self._lock:
            now = self.now()
            self._tokens = {t: end for t, end in self._tokens.items() if end > now}
            number = hexadecimal(12, self.seed, len(self.requests), now.timestamp(), "jwt")
            parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": self.client_token, "jti": number})
            signature = hexadecimal(43, self.seed, number)
            token = ".".join([*(_base64(json.dumps(part)) for part in parts), signature])
            self._tokens[token] = now + timedelta(seconds=self.token_lifetime)
            return token

    def knows_token(self, token: str) -> bool:
        """Whether a JWT was issued here and is still good."""
        with self._lock:
            if "expired-token" in self.scenarios and not self._revoked_once:
                self._revoked_once = True
                self._tokens.clear()
            end = self._tokens.get(token)
            return end is not None and end > self.now()

    def revoke_tokens(self) -> None:
        """Make every JWT issued so far worthless."""
        with self._lock:
            self._tokens.clear()

    # Reading

    def instance(self, instance_id: str) -> Instance | None:
        """The instance with this id."""
        return next((found for found in self.instances if found.id == instance_id), None)

    def search(
        self, instance: Instance, page: int, size: int, statuses: frozenset[str] | None
    ) -> tuple[Sequence[Log], int]:
        """A page of the log, newest first, first page 1; and how many rows match in all."""
        with self._lock:
            self._settle(instance)
            return instance.newest(page, size, statuses)

    def log(self, instance: Instance, log_id: str) -> Log | None:
        """One row as it stands now."""
        with self._lock:
            self._settle(instance)
            return instance.find(log_id)

    def payload(self, instance: Instance, log: Log) -> object:
        """What was sent: a JSON value, or a text where it is no JSON."""
        if "text-payload" in self.scenarios:
            return f"event={log.event}&log={log.id}&this is <not> JSON {{"
        if "hostile-text" in self.scenarios:
            return hostile_payload(len(log.id) + ord(log.id[-1]))
        if log.payload is not None:
            return log.payload
        made = payload(log.event, instance.id, log.id, log.created_at)
        if "big-payload" in self.scenarios:
            return {**made, "attachment": "QUJD" * (_BIG // 4)}
        return made

    # Changing

    def emit(
        self, instance: Instance | None = None, event: str | None = None, payload: object = None
    ) -> Log:
        """Let an event happen now and be delivered to the instance's webhook.

        Without `instance` or `event` they are drawn from the seed. ValueError where there is no
        webhook to deliver to.
        """
        with self._lock:
            self._emitted += 1
            rng = dice(self.seed, "emit", self._emitted)
            chosen = instance or rng.choice([i for i in self.instances if i.webhook] or [None])
            if chosen is None or not chosen.webhook:
                raise ValueError("an event needs an instance with a webhook")
            now = self.utc()
            self._settle(chosen)
            names, weights = weighted(chosen.events)
            log = chosen.append(event or rng.choices(names, weights)[0], now, chosen.webhook)
            log.payload = payload
            if is_loopback(log.url):
                self._send_or_fail(Job(chosen, log, log.plan, by_hand=False))
            else:
                chosen.play(log, now, now, self.speed)
            return log

    def retry(self, instance: Instance, log: Log) -> Log:
        """Send a delivery again, once; gives the row in which the outcome will be seen.

        ValueError where there is no webhook, QueueFullError where too much is waiting already.
        """
        with self._lock:
            if not instance.webhook:
                raise ValueError("no webhook is configured")
            self._settle(instance)
            real = is_loopback(instance.webhook)
            if real and self.waiting >= QUEUE_LIMIT:
                raise QueueFullError
            log.retries += 1
            now = self.utc()
            target = self._copy(instance, log, now) if self._to_new_log() else log
            target.plan += 1
            target.url = instance.webhook
            wait = SLOW_SECONDS if "retry-slow" in self.scenarios else 0.0
            target.next_retry_at = None
            target.status = Status.PENDING
            if real:
                self._post(Job(instance, target, target.plan, by_hand=True, delay=wait))
            elif wait:
                instance.plan(target, now + timedelta(seconds=wait), by_hand=True)
            else:
                self._try_by_hand(instance, target, now)
            return target

    def take(self, job: Job) -> bool:
        """Whether a job from the outbox is still to be sent; it no longer counts as waiting.

        A retry is always sent. A try by itself is not, once a retry was asked for after it.
        """
        with self._lock:
            self.waiting -= 1
            return (job.by_hand or job.plan == job.log.plan) and is_loopback(job.log.url)

    def record(self, job: Job, result: Result, at: datetime) -> None:
        """Write what a real POST came to; plans the next try where one is due."""
        with self._lock:
            stood = job.log.status, job.log.next_retry_at
            job.log.note(result, at)
            if job.plan != job.log.plan:  # the later retry decides where the delivery stands
                job.log.status, job.log.next_retry_at = stood
                return
            tries = len(job.log.attempts)
            if result.ok or job.by_hand or tries >= self.max_attempts:
                return
            wait = BACKOFF[min(tries, len(BACKOFF)) - 1] / self.speed
            job.log.status = Status.RETRYING
            job.log.next_retry_at = self.utc() + timedelta(seconds=wait)
            self._send_or_fail(job._replace(delay=wait))

    # Inside

    def _to_new_log(self) -> bool:
        return not self.scenarios.isdisjoint(("retry-new-log", "retry-new-log-silent"))

    def _copy(self, instance: Instance, log: Log, now: datetime) -> Log:
        copy = instance.append(log.event, now, log.url)
        copy.payload = self.payload(instance, log)
        return copy

    def _try_by_hand(self, instance: Instance, log: Log, at: datetime) -> None:
        instance.try_once(log, at, must_fail="retry-fails" in self.scenarios)

    def _settle(self, instance: Instance) -> None:
        now = self.utc()
        for due in instance.settle(now):
            if due.by_hand:
                self._try_by_hand(instance, due.log, due.at)
            else:
                instance.play(due.log, due.at, now, self.speed)

    def _send_or_fail(self, job: Job) -> None:
        try:
            self._post(job)
        except QueueFullError:
            full = Result(None, f"the emulator's queue is full ({QUEUE_LIMIT} waiting)", "", 0.0)
            job.log.note(full, self.utc())

    def _post(self, job: Job) -> None:
        if self.waiting >= QUEUE_LIMIT:
            raise QueueFullError
        self.waiting += 1
        self.outbox.append(job)
        self.wake()


def _base64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
