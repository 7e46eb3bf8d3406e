"""Real servers for tests, on free loopback ports: the emulator, and a webhook receiver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from typing_extensions import override

from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World


@contextmanager
def running(world: World | None = None) -> Generator[EmulatorServer]:
    """The emulator with this world (`server.world`) at `server.base_url`."""
    with EmulatorServer(world or World()) as server:
        yield server


class Posted(NamedTuple):
    """A POST as the receiver got it; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class Receiver:
    """A developer's webhook handler: answers as told, remembers every POST.

    Attributes:
        status: of the next answers.
        body: of the next answers.
        delay: seconds before the next answers; broken off when the receiver closes.
        posts: what came in, oldest first.
    """

    def __init__(self, status: int = 200, body: bytes = b'{"ok":true}') -> None:
        self.status = status
        self.body = body
        self.delay = 0.0
        self.headers: dict[str, str] = {}
        self.posts: list[Posted] = []
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens, with a secret in the query as users have it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hook?secret=s3cret"

    def wait(self, ready: Callable[[list[Posted]], bool], timeout: float = 10.0) -> None:
        """Wait until `ready(posts)` holds; AssertionError if it does not in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: ready(self.posts), timeout):
                raise AssertionError(f"not in {timeout} s; {len(self.posts)} POSTs came")

    def close(self) -> None:
        """Stop listening."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                posted = Posted(self.path, headers, self.rfile.read(length))
                status, body, delay = receiver.status, receiver.body, receiver.delay
                with receiver._changed:
                    receiver.posts.append(posted)
                    receiver._changed.notify_all()
                if delay:
                    receiver._closing.wait(delay)
                try:
                    self.send_response(status)
                    for name, value in receiver.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except ConnectionError:
                    self.close_connection = True  # whoever asked has gone

            @override
            def log_message(self, format: str, *args: Any) -> None:
                return

        return Handler


def eventually(probe: Callable[[], bool], timeout: float = 10.0) -> None:
    """Wait, without blocking the interpreter, until `probe()` holds."""
    never = threading.Event()
    for _ in range(int(timeout / 0.01)):
        if probe():
            return
        never.wait(0.01)
    raise AssertionError(f"not in {timeout} s")
