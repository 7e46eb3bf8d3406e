"""Real deliveries: POSTs to receivers on this machine, never to another."""

from __future__ import annotations

import asyncio
import json

import httpx

from vzaps_tui.emulator.logs import Result
from vzaps_tui.emulator.world import Job, World

CONCURRENCY = 8
"""POSTs under way at once."""
BODY_LIMIT = 64 * 1024
"""Bytes of a receiver's answer that are read and kept."""


class Courier:
    """Empties the world's outbox while it runs. Lives on one event loop."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._woken = asyncio.Event()
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self._under_way: set[asyncio.Task[None]] = set()
        self._put_by: dict[asyncio.TimerHandle, Job] = {}
        self._client: httpx.AsyncClient | None = None

    async def run(self) -> None:
        """Deliver until cancelled; then break off what is under way; what waits stays waiting."""
        loop = asyncio.get_running_loop()
        self._world.wake = lambda: loop.call_soon_threadsafe(self._woken.set)
        self._woken.set()
        try:
            while True:
                await self._woken.wait()
                self._woken.clear()
                while self._world.outbox:
                    await self._hand_out(self._world.outbox.popleft())
        finally:
            self._world.wake = lambda: None
            await self._stop()

    async def _hand_out(self, job: Job) -> None:
        if job.delay > 0:
            self._put_off(job)
            return
        await self._slots.acquire()
        if not self._world.take(job):
            self._slots.release()
            return
        task = asyncio.create_task(self._deliver(job))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._slots.release()
        if not task.cancelled() and (problem := task.exception()):
            raise problem

    def _put_off(self, job: Job) -> None:
        now = job._replace(delay=0.0)

        def due() -> None:
            del self._put_by[handle]
            self._world.outbox.append(now)
            self._woken.set()

        handle = asyncio.get_running_loop().call_later(job.delay, due)
        self._put_by[handle] = now

    async def _deliver(self, job: Job) -> None:
        at = self._world.utc()
        try:
            result = await self._post(job)
        except asyncio.CancelledError:
            self._world.record(job, Result(None, "the emulator was stopped", "", 0.0), at)
            raise
        self._world.record(job, result, at)

    async def _post(self, job: Job) -> Result:
        payload = self._world.payload(job.instance, job.log)
        text = payload if isinstance(payload, str) else json.dumps(payload)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "vzaps-emulator",
            "X-Instance-ID": job.instance.id,
        }
        loop = asyncio.get_running_loop()
        began = loop.time()
        status: int | None = None
        body = ""
        try:
            async with asyncio.timeout(self._world.delivery_timeout):
                status, body = await self._exchange(job.log.url, text.encode(), headers)
            error = None if 200 <= status < 300 else f"HTTP {status}"  # noqa: PLR2004 - success
        except TimeoutError:
            error = f"timeout: no answer within {self._world.delivery_timeout:g} s"
        except httpx.ConnectError as problem:
            error = "connection refused" if _refused(problem) else f"cannot connect: {problem}"
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            error = f"{type(problem).__name__}: {problem}"
        return Result(status, error, body, round((loop.time() - began) * 1000, 1))

    async def _exchange(self, url: str, content: bytes, headers: dict[str, str]) -> tuple[int, str]:
        if self._client is None:
            # No proxy from the environment and no redirect may lead away from this machine.
            self._client = httpx.AsyncClient(trust_env=False, timeout=None)  # noqa: S113 - one deadline above
        async with self._client.stream("POST", url, content=content, headers=headers) as answer:
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) >= BODY_LIMIT:
                    break
            return answer.status_code, bytes(body[:BODY_LIMIT]).decode(errors="replace")

    async def _stop(self) -> None:
        for handle, job in self._put_by.items():
            handle.cancel()
            self._world.outbox.append(job)  # for whoever serves this world next
        tasks = list(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()


def _refused(problem: BaseException | None) -> bool:
    """Whether nobody listens, which httpx tells only by what lies under its error."""
    while problem is not None:
        if isinstance(problem, ConnectionRefusedError):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
