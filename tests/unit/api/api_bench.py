"""A client on a scripted server, with a clock that moves only when it is slept on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from vzaps_tui.api.auth import Credentials
from vzaps_tui.api.call import Reply
from vzaps_tui.api.client import ApiClient
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.masking import Masker, Secret

NOW = datetime(2026, 9, 17, 12, 0, 0, tzinfo=UTC)
VZ = InstanceId("VZ1")
ACCOUNT = Credentials(Secret("client-token-1"), Secret("client-secret-1"))
SINGLE = Credentials(Secret("client-token-1"), None, "VZ1", Secret("inst_single_1"))

Step = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class StillClock:
    """Time moves by being slept on, at once."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds


class Script:
    """Answers `/token` by itself, and every other call with the next step; the last one stays."""

    def __init__(self, *steps: Step, lifetime: object = 3600) -> None:
        self.steps = list(steps)
        self.lifetime = lifetime
        self.calls: list[httpx.Request] = []
        self.tokens: list[httpx.Request] = []
        self.token_steps: list[Step] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            self.tokens.append(request)
            if self.token_steps:
                return self._play(self.token_steps.pop(0), request)
            body = {"access_token": f"jwt-{len(self.tokens)}", "expires_in": self.lifetime}
            return httpx.Response(200, json=body)
        self.calls.append(request)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        return self._play(step, request)

    @staticmethod
    def _play(step: Step, request: httpx.Request) -> httpx.Response:
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            # A response is used up by being read: each call gets its own.
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)
        return step(request)


def client(
    script: Callable[[httpx.Request], httpx.Response],
    *,
    credentials: Credentials = ACCOUNT,
    clock: StillClock | None = None,
    masker: Masker | None = None,
) -> ApiClient:
    return ApiClient(
        base_url="http://api.test/",
        credentials=credentials,
        clock=clock or StillClock(),
        masker=masker,
        requests_per_second=10_000,
        http_transport=httpx.MockTransport(script),
    )


def ok(data: Any, code: int = 200) -> httpx.Response:
    """Data in the API's envelope."""
    return httpx.Response(200, json={"code": code, "success": True, "data": data})


def reply(status: int, body: bytes | str = b"", **headers: str) -> Reply:
    """An undecoded answer; `retry_after` becomes `retry-after`."""
    raw = body.encode() if isinstance(body, str) else body
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw)
