"""The model of receivers that are never contacted: ordinary days, outages that begin and end."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from vzaps_tui.emulator.logs import Result
from vzaps_tui.emulator.seeded import dice, draw


@dataclass(frozen=True, slots=True)
class Failure:
    """One way in which a receiver fails; times in milliseconds."""

    http_status: int | None
    error: str
    response: str
    shortest: float
    longest: float


_NGINX = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)

FAILURES: dict[str, Failure] = {
    "500": Failure(
        500, "HTTP 500 Internal Server Error", '{"error":"database is locked"}', 60, 900
    ),
    "502": Failure(502, "HTTP 502 Bad Gateway", _NGINX.format("502 Bad Gateway"), 20, 240),
    "503": Failure(
        503, "HTTP 503 Service Unavailable", _NGINX.format("503 Service Unavailable"), 15, 180
    ),
    "timeout": Failure(None, "timeout: no answer within 10 s", "", 10_000, 10_004),
    "refused": Failure(None, "connection refused", "", 1, 30),
    "dns": Failure(None, "DNS: no such host", "", 4, 90),
    "401": Failure(401, "HTTP 401 Unauthorized", '{"error":"bad or missing secret"}', 30, 200),
    "404": Failure(404, "HTTP 404 Not Found", '{"detail":"Not Found"}', 25, 160),
}

_MIXES: tuple[tuple[str, ...], ...] = (
    ("502", "502", "502", "timeout"),
    ("timeout", "timeout", "503"),
    ("503", "503", "502", "refused"),
    ("refused", "refused", "502"),
    ("dns",),
    ("401",),
    ("404", "404", "502"),
    ("500", "500", "500", "timeout"),
)
_FAILS_IN_OUTAGE = 0.985
_FAILS_OTHERWISE = 0.006


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which a receiver fails nearly always, and the ways in which it fails."""

    begins: datetime
    ends: datetime
    kinds: tuple[str, ...]


def outages(seed: int, index: int, begins: datetime, now: datetime) -> tuple[Outage, ...]:
    """Three outages of an instance's receiver between `begins` and `now`, all over by `now`.

    The last ended less than an hour ago, so that there is something fresh to mend.
    """
    rng = dice(seed, index, "outages")
    span = now - begins
    mixes = rng.sample(_MIXES, 3)
    found: list[Outage] = []
    for place, mix in zip((0.18, 0.55), mixes, strict=False):
        start = begins + span * (place + rng.uniform(-0.06, 0.06))
        found.append(Outage(start, start + timedelta(minutes=rng.uniform(50, 120)), mix))
    end = now - timedelta(minutes=rng.uniform(24, 48))
    found.append(Outage(end - timedelta(minutes=rng.uniform(50, 95)), end, mixes[2]))
    return tuple(found)


def outcome(known: tuple[Outage, ...], at: datetime, *key: object) -> Result:
    """What a try at `at` comes to; `key` names the try, so that asking twice gives the same."""
    outage = next((o for o in known if o.begins <= at < o.ends), None)
    limit = _FAILS_IN_OUTAGE if outage else _FAILS_OTHERWISE
    pace = draw(*key, "pace")
    if draw(*key, "fails") >= limit:
        return Result(200, None, '{"ok":true}', round(35 + 900 * pace**4, 1))
    return fail(outage.kinds if outage else ("timeout", "502", "500"), pace, *key)


def fail(kinds: tuple[str, ...], pace: float, *key: object) -> Result:
    """A failure of one of `kinds`; `pace` in [0, 1) says how slow."""
    failure = FAILURES[kinds[int(draw(*key, "kind") * len(kinds))]]
    took = failure.shortest + (failure.longest - failure.shortest) * pace
    return Result(failure.http_status, failure.error, failure.response, round(took, 1))


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine: only such a one is ever contacted."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
