"""Bad weather on real loopback sockets: what breaks, and how it is told."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.unit.api.api_bench import SINGLE, VZ, StillClock
from vzaps_tui.api import faults
from vzaps_tui.api.client import ApiClient
from vzaps_tui.domain.deliveries import LogId
from vzaps_tui.domain.problems import ProtocolError, UnavailableError, VzapsError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Server:
    """Reads one request's head per connection, then does as the script says."""

    def __init__(self, act: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> None:
        self._act = act
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await reader.read(65536))
            await self._act(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(act: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> AsyncGenerator[Server]:
    script = Server(act)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    async with server:
        yield script


def real_client(port: int, *, scheme: str = "http", timeout: float = 5.0) -> ApiClient:
    return ApiClient(
        base_url=f"{scheme}://127.0.0.1:{port}",
        credentials=SINGLE,
        clock=StillClock(),
        requests_per_second=10_000,
        timeout=timeout,
    )


async def _says(writer: asyncio.StreamWriter, *parts: bytes) -> None:
    for part in parts:
        writer.write(part)
        await writer.drain()


async def _nothing(writer: asyncio.StreamWriter) -> None:
    await _says(writer)


async def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _cut(writer: asyncio.StreamWriter) -> None:
    await _says(writer, HEAD + b"Content-Length: 100\r\n\r\n", b'{"code":200,')


async def _cut_chunks(writer: asyncio.StreamWriter) -> None:
    await _says(writer, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b'5\r\n{"cod\r\n')


async def _garbage(writer: asyncio.StreamWriter) -> None:
    await _says(writer, b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


async def _redirect(writer: asyncio.StreamWriter) -> None:
    await _says(
        writer, b"HTTP/1.1 307 x\r\nLocation: http://evil.example/?t=1\r\nContent-Length: 0\r\n\r\n"
    )


async def _good(writer: asyncio.StreamWriter) -> None:
    body = b'{"code":200,"success":true,"data":{"connected":true}}'
    await _says(writer, HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body), body)


async def test_a_good_answer() -> None:
    async with serving(_good) as server:
        api = real_client(server.port)
        assert (await api.session(VZ)).data.connected
        await api.aclose()


@pytest.mark.parametrize(
    ("act", "kind", "words", "tries"),
    [
        (_nothing, UnavailableError, "without an answer", 3),
        (_reset, UnavailableError, "reset", 3),
        (_garbage, UnavailableError, "without an answer", 3),
        (_cut, ProtocolError, "cut off", 1),
        (_cut_chunks, ProtocolError, "cut off", 1),
        (_redirect, ProtocolError, "307 Temporary Redirect to evil.example", 1),
    ],
)
async def test_broken_answers(
    act: Callable[[asyncio.StreamWriter], Awaitable[None]],
    kind: type[VzapsError],
    words: str,
    tries: int,
) -> None:
    async with serving(act) as server:
        api = real_client(server.port)
        with pytest.raises(kind) as read:
            await api.session(VZ)
        assert len(server.requests) == tries
        with pytest.raises(kind) as change:
            await api.retry(VZ, LogId("log_1"))
        assert len(server.requests) == tries + 1  # law 1, as the server sees it
        await api.aclose()
    assert words in read.value.reason
    assert change.value.acted is True


async def test_a_server_that_never_answers() -> None:
    async with serving(lambda _: asyncio.Event().wait()) as server:  # pyright: ignore[reportArgumentType] - never returns
        api = real_client(server.port, timeout=0.05)
        with pytest.raises(UnavailableError, match="no answer in time") as caught:
            await api.retry(VZ, LogId("log_1"))
        await api.aclose()
        assert caught.value.acted is True
        assert len(server.requests) == 1
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


async def test_a_server_that_drips_is_given_up_in_the_end() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        await _says(writer, HEAD + b"Content-Length: 100000000\r\n\r\n")
        while not writer.is_closing():
            await _says(writer, b" ")
            await asyncio.sleep(0.005)

    async with serving(drip) as server:
        api = real_client(server.port, timeout=0.05)
        with pytest.raises(UnavailableError, match="took too long"):
            await api.retry(VZ, LogId("log_1"))
        await api.aclose()


async def test_nothing_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        api = real_client(taken.getsockname()[1])
        with pytest.raises(UnavailableError, match="refused: nothing listens") as caught:
            await api.retry(VZ, LogId("log_1"))
        await api.aclose()
    assert caught.value.acted is False
    assert caught.value.__context__ is None


async def test_no_tls_where_it_is_expected() -> None:
    async with serving(_good) as server:
        api = real_client(server.port, scheme="https")
        with pytest.raises(UnavailableError, match="TLS") as caught:
            await api.session(VZ)
        await api.aclose()
    assert caught.value.acted is False


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "not found (DNS)"),
        (ConnectionRefusedError(111, "x"), "refused"),
        (ExceptionGroup("all", [OSError(101, "x"), ConnectionRefusedError(111, "x")]), "refused"),
        (TimeoutError(), "no connection in time"),
        (OSError(101, "Network is unreachable"), "network or the host is down"),
        (None, "network or the host is down"),
    ],
)
def test_why_there_is_no_connection(cause: BaseException | None, words: str) -> None:
    error = httpx.ConnectError("x")
    middle = OSError("All connection attempts failed")
    middle.__cause__ = cause
    error.__cause__ = middle
    middle.__context__ = error  # a ring must not be walked for ever
    problem = faults.explain(error, reading=False)
    assert words in problem.reason
    assert problem.acted is False
