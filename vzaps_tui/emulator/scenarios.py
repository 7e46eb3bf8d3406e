"""The switches: named oddities and faults, on for good or for the next few calls of one route."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

ROUTES = (
    "token",
    "list",
    "get",
    "webhook-get",
    "webhook-set",
    "search",
    "log",
    "retry",
    "session",
    "send-text",
)
"""Names of the routes, as faults are aimed at them."""

REPLIES: dict[str, str] = {
    "latency": "every answer comes 1.5 s late",
    "rate-limit": "429 with Retry-After in seconds",
    "rate-limit-date": "429 with Retry-After as an HTTP date",
    "rate-limit-bare": "429 without Retry-After",
    "error-500": "500 with an error in JSON",
    "error-503": "503 with an error in JSON",
    "html-error": "502 with an HTML page, as a proxy sends it",
    "portal": "200 with an HTML page, as a captive portal sends it",
    "empty-body": "200 and nothing else, after the call was carried out",
    "cut-body": "the answer ends half way, after the call was carried out",
    "null": "200 with the body null, after the call was carried out",
    "list": "200 with a list where an object should be, after the call was carried out",
    "success-false": "200 with success:false, the call is not carried out",
    "reset": "the connection is reset before the call is carried out",
    "reset-after": "the connection is reset after the call was carried out",
    "no-answer": "the call is carried out and never answered",
    "expired-token": "all tokens are revoked once, at the first call that shows one",
    "unauthorized": "401, whatever the credentials",
    "forbidden": "403",
    "not-found": "404",
    "not-allowed": "405",
    "unprocessable": "422",
}
"""What may happen to an answer; usable as scenarios and, aimed at one route, in tests."""

SHAPES: dict[str, str] = {
    "camel-case": "answers in camelCase instead of snake_case",
    "bare": "no answer is wrapped in code, success, data",
    "envelope": "every answer is wrapped in code, success, data",
    "attempts-number": "attempts is a number everywhere",
    "attempts-list": "attempts is a list everywhere",
    "ignore-filters": "the log search ignores status and filter",
    "ignore-paging": "the log search gives the first page for any page",
    "odd-rows": "unknown status and event names, no ids, doubles, odd times, no objects",
    "hostile-text": "escape sequences, bidi, markup, NUL in names, errors and payloads",
    "big-payload": "payloads of 5 MB",
    "text-payload": "payloads that are not JSON",
    "retry-slow": "a retry stays pending for 5 s",
    "retry-fails": "every retry fails again",
    "retry-new-log": "a retry is written to a new log, and the answer names it",
    "retry-new-log-silent": "a retry is written to a new log, and the answer does not name it",
    "only-webhookURL": "the webhook form knows webhookURL only, another spelling changes nothing",
    "only-webhook_url": "the webhook form knows webhook_url only, another spelling changes nothing",
    "events-list-only": "the webhook form answers 422 to events as a comma string",
}
"""How the emulator differs from the documented shapes while it works."""

SCENARIOS: dict[str, str] = {**REPLIES, **SHAPES}
"""Every name that `--scenario` takes, with one line of help."""

MAX_TIMES = 1_000
"""How often one `--scenario` may be asked for by number."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that happens to an answer; `seconds` is the delay, or the time of Retry-After."""

    kind: str
    seconds: float = 1.5


class Scenario(NamedTuple):
    """One `--scenario`: a name, and what it is aimed at.

    Attributes:
        name: one of `SCENARIOS`.
        route: one of `ROUTES`; None = any.
        times: calls it happens to; None = every one.
    """

    name: str
    route: str | None = None
    times: int | None = None

    @property
    def aimed(self) -> bool:
        """Whether it is a fault for some calls, not a switch for the whole world."""
        return self.route is not None or self.times is not None


def parse_scenario(text: str) -> Scenario:
    """`NAME[:ROUTE][:TIMES]` as it is written on the command line.

    Raises:
        ValueError: a name, route or number that there is not, with those that there are.
    """
    name, *rest = text.split(":")
    if name not in SCENARIOS:
        raise ValueError(f"no scenario is called {name!r}; there are {', '.join(SCENARIOS)}")
    if rest and name not in REPLIES:
        able = ", ".join(REPLIES)
        raise ValueError(f"{name!r} holds for every call and cannot be aimed; these can: {able}")
    route = None
    if rest and not (len(rest) == 1 and rest[0][:1].isdigit()):
        route = _checked_route(rest.pop(0))
    if len(rest) > 1:
        raise ValueError(f"{text!r} has too many parts; write NAME[:ROUTE][:TIMES]")
    return Scenario(name, route, _times(rest[0]) if rest else None)


def _times(text: str) -> int:
    short = text.isascii() and text.isdigit() and len(text) <= len(str(MAX_TIMES))
    if not short or not 1 <= int(text) <= MAX_TIMES:
        raise ValueError(f"{text!r} is no number of times; give one from 1 to {MAX_TIMES}")
    return int(text)


class Faults:
    """Faults aimed at routes: some for the next calls, some for every call until cleared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str | None, deque[Fault]] = {}
        self._always: dict[str, dict[str, Fault]] = {}

    def next(self, route: str | None, kind: str, *, times: int = 1, seconds: float = 1.5) -> None:
        """Let `kind` happen to the next `times` calls of `route`, after what was queued before.

        Without a route: to the next calls of any, where nothing is queued for theirs. The token
        route is spared, as scenarios spare it.
        """
        fault = _checked(route, kind, seconds)
        with self._lock:
            self._next.setdefault(route, deque()).extend([fault] * times)

    def always(self, route: str, kind: str, *, seconds: float = 1.5) -> None:
        """Let `kind` happen to every call of `route` for which nothing is queued.

        Kinds add up; where two of them replace the answer, the later one given does.
        """
        fault = _checked(route, kind, seconds)
        with self._lock:
            kinds = self._always.setdefault(route, {})
            self._always[route] = {kind: fault, **{k: f for k, f in kinds.items() if k != kind}}

    def aim(self, scenario: Scenario) -> None:
        """Do as an aimed scenario says.

        Tokens are revoked once where no number is given: for good, nobody would get in.
        """
        name, route, times = scenario
        if times is None and name == "expired-token":
            times = 1
        if times is not None:
            self.next(route, name, times=times)
        elif route is not None:
            self.always(route, name)

    def clear(self, route: str | None = None) -> None:
        """Forget the faults of one route, or all."""
        with self._lock:
            if route is None:
                self._next.clear()
                self._always.clear()
            else:
                self._next.pop(route, None)
                self._always.pop(route, None)

    def take(self, route: str) -> list[Fault]:
        """The faults for the call that has just come in: a queued one, or those that stand."""
        with self._lock:
            for aim in (route,) if route == "token" else (route, None):
                if queue := self._next.get(aim):
                    return [queue.popleft()]
            return list(self._always.get(route, {}).values())


def _checked_route(route: str) -> str:
    if route not in ROUTES:
        raise ValueError(f"no route is called {route!r}; there are {', '.join(ROUTES)}")
    return route


def _checked(route: str | None, kind: str, seconds: float) -> Fault:
    if route is not None:
        _checked_route(route)
    if kind not in REPLIES:
        raise ValueError(f"no fault is called {kind!r}; there are {', '.join(REPLIES)}")
    return Fault(kind, seconds)


def switch_on(texts: tuple[str, ...], faults: Faults) -> set[str]:
    """Aim what is aimed, in the order given; the names of the rest, as a set that may be changed.

    Raises:
        ValueError: one that `parse_scenario` does not know.
    """
    found = [parse_scenario(text) for text in texts]
    for one in found:
        if one.aimed:
            faults.aim(one)
    return {one.name for one in found if not one.aimed}
