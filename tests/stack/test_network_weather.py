"""No server, another server, or one that stumbles once; with and without what was known before."""

from __future__ import annotations

import socket
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest

from tests.servers import running
from tests.stack.stack import Person, Setup, at, moments_ago, small, working
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import World

_REFUSED = "The API did not answer: the connection was refused: nothing listens there"
_NEXT = "Check the network and the base URL; refresh with ctrl+r."


@contextmanager
def answering(what: bytes) -> Generator[str]:
    """A server of something else: it answers every connection with these bytes and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(what)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def closed_port() -> str:
    """An address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def nothing_is_known(person: Person, said: str, code: int) -> None:
    """The problem, what to do, and how the program would end."""
    words = person.words
    assert said in words
    assert _NEXT in words
    assert "Nothing could be read." in words
    assert "nothing read" in words
    assert person.app.exit_code == code


async def test_a_host_name_that_is_not_there() -> None:
    async with at("http://api.vzaps.invalid", small()) as person:
        nothing_is_known(person, "The API did not answer: the host name was not found (DNS).", 4)


async def test_the_api_down_at_start_with_nothing_kept(tmp_path: Path) -> None:
    setup = Setup(archive=tmp_path / "archive.db")
    async with at(closed_port(), small(), setup) as person:
        nothing_is_known(person, f"{_REFUSED}.", 4)


@pytest.mark.parametrize(
    "what",
    [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"\x16\x03\x01\x00\x02\x02\x28", b"HTTP/1.1 2"],
    ids=["hangs up", "ssh", "tls", "half a head"],
)
async def test_something_else_listens_there(what: bytes) -> None:
    with answering(what) as base_url:
        async with at(base_url, small()) as person:
            nothing_is_known(person, "The API did not answer: the ", 4)


async def test_the_api_down_at_start_opens_on_what_was_kept(tmp_path: Path) -> None:
    archive, world = tmp_path / "archive.db", small(now=None)
    with running(world) as server:
        base_url = server.base_url
        async with at(base_url, world, Setup(archive)) as person:
            await person.press("enter")
            keys = person.keys
            await person.press("w")
    later = Setup(archive, ahead=timedelta(hours=2, minutes=1))
    async with at(base_url, world, later) as person:
        told_and_old(person, "Support BR")
        assert "4 of 4" in person.words
        await person.press("enter")
        told_and_old(person, "60 loaded of 60")
        assert person.keys == keys
        assert len(keys) == 60
        await person.press("space")
        await person.press("w")
        told_and_old(person, "hooks.acme.example.com/vz?secret=•••")
        await person.press("escape")
        await heals_when_the_api_comes_back(person, world)


def told_and_old(person: Person, known: str) -> None:
    """What is kept is shown, how old it is, and why it is not fresher."""
    words = person.words
    assert known in words
    assert "OLD, 2 h ago" in words
    assert _REFUSED in words
    assert _NEXT in words


async def heals_when_the_api_comes_back(person: Person, world: World) -> None:
    """The same port answers again; the mark that was set meanwhile is still there."""
    port = int(person.app.launch.label.rpartition(":")[2])
    with EmulatorServer(world, port):
        marked = person.marked
        words = await person.press("ctrl+r")
        assert moments_ago("live", words)
        assert _REFUSED not in words
        assert person.marked == marked
        assert len(marked) == 1


STUMBLES = ("error-500", "html-error", "reset", "reset-after", "rate-limit", "rate-limit-date")


@pytest.mark.parametrize("kind", [*STUMBLES, "rate-limit-bare"])
async def test_a_read_that_stumbles_once_is_sent_again_unnoticed(kind: str) -> None:
    async with working() as person:
        await person.press("enter", "space")
        rows, marked, asked = person.rows, person.marked, person.asked("search")
        person.world.faults.next("search", kind)
        words = await person.press("ctrl+r")
        assert moments_ago("live", words)
        assert (person.rows, person.marked) == (rows, marked)
        assert person.asked("search") == asked + 2


async def test_a_wait_longer_than_patience_is_told_at_once() -> None:
    async with working() as person:
        await person.press("enter")
        asked = person.asked("search")
        person.world.faults.next("search", "rate-limit", seconds=60)
        words = await person.press("ctrl+r")
        assert "Too many requests: too many requests" in words
        assert moments_ago("OLD,", words)
        assert person.asked("search") == asked + 1


async def test_what_breaks_between_pages_keeps_the_pages_read() -> None:
    async with working(small(logs=120)) as person:
        person.world.faults.next("search", "latency", seconds=0.0)  # the first page comes
        person.world.faults.always("search", "error-500")
        words = await person.press("enter", "G")
        assert "50 loaded of 120" in words
        assert "The API is in trouble: 500 Internal Server Error: internal error." in words
        person.world.faults.clear()
        await person.press("ctrl+r")
        assert "100 loaded of 120" in person.words
        assert "120 loaded of 120" in await person.press("G")
