"""The switches: named oddities and faults, on for good or for the next few calls of one route."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that happens to an answer; `seconds` is the delay, or the time of Retry-After."""

    kind: str
    seconds: float = 1.5


class Faults:
    """Faults aimed at routes: some for the next calls, some for every call until cleared."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str, deque[Fault]] = {}
        self._always: dict[str, Fault] = {}

    def next(self, route: str, kind: str, *, times: int = 1, seconds: float = 1.5) -> None:
        """Let `kind` happen to the next `times` calls of `route`, after what was queued before."""
        fault = _checked(route, kind, seconds)
        with self._lock:
            self._next.setdefault(route, deque()).extend([fault] * times)

    def always(self, route: str, kind: str, *, seconds: float = 1.5) -> None:
        """Let `kind` happen to every call of `route` for which nothing is queued."""
        fault = _checked(route, kind, seconds)
        with self._lock:
            self._always[route] = fault

    def clear(self, route: str | None = None) -> None:
        """Forget the faults of one route, or all."""
        with self._lock:
            for known in (self._next, self._always):
                if route is None:
                    known.clear()
                else:
                    known.pop(route, None)

    def take(self, route: str) -> Fault | None:
        """The fault for the call that has just come in, if there is one."""
        with self._lock:
            if queue := self._next.get(route):
                return queue.popleft()
            return self._always.get(route)


def _checked(route: str, kind: str, seconds: float) -> Fault:
    if route not in ROUTES:
        raise ValueError(f"no route is called {route!r}; there are {', '.join(ROUTES)}")
    if kind not in REPLIES:
        raise ValueError(f"no fault is called {kind!r}; there are {', '.join(REPLIES)}")
    return Fault(kind, seconds)


def check_scenarios(names: tuple[str, ...]) -> set[str]:
    """The names as a set that may be changed; ValueError for one that does not exist."""
    if unknown := [name for name in names if name not in SCENARIOS]:
        raise ValueError(f"no scenario is called {unknown[0]!r}; there are {', '.join(SCENARIOS)}")
    return set(names)
