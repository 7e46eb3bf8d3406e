"""Serves a world on loopback from a thread of its own, with an event loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from types import TracebackType
from typing import Any, Self

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from vzaps_tui.emulator.app import build
from vzaps_tui.emulator.courier import Courier
from vzaps_tui.emulator.world import World

HOST = "127.0.0.1"
_START_SECONDS = 20.0
_GRACE_SECONDS = 0.2


class _Protocol(H11Protocol):
    """Hands its connection to the application, so that a fault can break it."""

    def __init__(
        self,
        config: uvicorn.Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, dict(app_state), _loop)

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.app_state["transport"] = transport


class _Server(uvicorn.Server):
    """uvicorn without its ten ticks a second, and without a wait at the end."""

    def __init__(self, config: uvicorn.Config, world: World, ready: threading.Event) -> None:
        super().__init__(config)
        self._world = world
        self._ready = ready
        self._leave = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """Ask the server to end; from any thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._leave.set)

    @override
    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(Courier(self._world).run())]
        if self._world.rate > 0:
            tasks.append(asyncio.create_task(self._happen()))
        self._ready.set()
        await self._leave.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _happen(self) -> None:
        """Let `rate` new events a second happen."""
        loop = asyncio.get_running_loop()
        began, done = loop.time(), 0
        while True:
            await asyncio.sleep(max(0.01, began + (done + 1) / self._world.rate - loop.time()))
            due = int((loop.time() - began) * self._world.rate)
            for _ in range(due - done):
                if any(instance.webhook for instance in self._world.instances):
                    self._world.emit()
            done = due

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if tasks := list(self.server_state.tasks):
            await asyncio.wait(tasks, timeout=_GRACE_SECONDS)
        for task in list(self.server_state.tasks):
            task.cancel()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # one turn, in which the transports close their sockets
        await self.lifespan.shutdown()


class EmulatorServer:
    """A world on 127.0.0.1. `port` 0 takes a free one; `base_url` is known after `start()`."""

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        self.base_url = ""
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Serve; returns when connections are accepted.

        Raises:
            OSError: the port is taken or may not be used, in words for a person.
        """
        listener = _bind(self._port)
        self.base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            build(self.world),
            http=_Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=75,
        )
        ready = threading.Event()
        self._server = _Server(config, self.world, ready)
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="vzaps-emulator", daemon=True
        )
        self._thread.start()
        if not ready.wait(_START_SECONDS):
            raise OSError(f"the emulator did not start within {_START_SECONDS:g} s")

    def stop(self) -> None:
        """Stop listening, end what is under way, wait for the thread. May be called twice."""
        if self._server is None or self._thread is None:
            return
        self._server.leave()
        self._thread.join(_START_SECONDS)
        self._server = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _bind(port: int) -> socket.socket:
    # With the protocol named, asyncio sets TCP_NODELAY; without it every answer takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except (OSError, OverflowError) as problem:
        listener.close()
        reason = getattr(problem, "strerror", None) or str(problem)
        raise OSError(
            f"cannot listen on {HOST}:{port}: {reason}. "
            "Choose another port with --port; 0 takes a free one."
        ) from problem
    return listener
