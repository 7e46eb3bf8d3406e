"""Real deliveries: what a receiver on this machine gets, and what the log then says."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typing_extensions import override

from tests.servers import Receiver, eventually, running
from vzaps_tui.emulator import world as world_module
from vzaps_tui.emulator.courier import BODY_LIMIT
from vzaps_tui.emulator.instances import Instance
from vzaps_tui.emulator.logs import Log, Status
from vzaps_tui.emulator.server import EmulatorServer
from vzaps_tui.emulator.world import QueueFullError, World


@pytest.fixture
def world() -> World:
    made = World(logs=5)
    made.speed, made.max_attempts = 1000.0, 2
    return made


@pytest.fixture
def server(world: World) -> Iterator[EmulatorServer]:
    with running(world) as made:
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def _aim(world: World, receiver: Receiver) -> Instance:
    instance = world.instances[0]
    instance.webhook = receiver.url
    return instance


def _done(log: Log) -> bool:
    return log.status in (Status.DELIVERED, Status.FAILED)


def _settled(log: Log) -> Any:
    eventually(lambda: _done(log))
    assert log.last
    return log.last


@pytest.mark.usefixtures("server")
def test_an_event_is_posted_once_as_the_log_says(world: World, receiver: Receiver) -> None:
    receiver.status, receiver.body = 202, b"noted"
    instance = _aim(world, receiver)
    log = world.emit(instance, "Presence")
    last = _settled(log)
    assert [last.http_status, last.response, last.error] == [202, "noted", None]
    assert [log.status, len(log.attempts), len(receiver.posts)] == [Status.DELIVERED, 1, 1]
    assert 0 < last.duration_ms < 10_000
    post = receiver.posts[0]
    assert post.path == "/hook?secret=s3cret"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["x-instance-id"] == instance.id
    assert b'"type": "Presence"' in post.body


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("status", [199 + 1, 204, 299, 300, 302, 404, 410, 500, 503])
def test_success_is_2xx_and_nothing_else(world: World, receiver: Receiver, status: int) -> None:
    receiver.status = status
    receiver.body = b"" if status == 204 else b"x"
    log = world.emit(_aim(world, receiver))
    last = _settled(log)
    ok = 200 <= status < 300
    assert log.status == (Status.DELIVERED if ok else Status.FAILED)
    assert [last.http_status, last.error] == [status, None if ok else f"HTTP {status}"]
    assert len(receiver.posts) == (1 if ok else 2)


@pytest.mark.usefixtures("server")
def test_a_redirect_is_not_followed(world: World, receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": "http://192.0.2.1/elsewhere"}
    log = world.emit(_aim(world, receiver))
    assert _settled(log).http_status == 307


@pytest.mark.usefixtures("server")
def test_a_large_answer_is_cut(world: World, receiver: Receiver) -> None:
    receiver.body = b"y" * (BODY_LIMIT * 3)
    log = world.emit(_aim(world, receiver))
    assert _settled(log).response == "y" * BODY_LIMIT


@pytest.mark.usefixtures("server")
def test_an_answer_that_is_no_text(world: World, receiver: Receiver) -> None:
    receiver.body = b"\xff\x00ok"
    log = world.emit(_aim(world, receiver))
    assert _settled(log).response == "\ufffd\x00ok"


@pytest.mark.usefixtures("server")
def test_a_slow_receiver_times_out(world: World, receiver: Receiver) -> None:
    world.delivery_timeout, receiver.delay = 0.1, 30
    log = world.emit(_aim(world, receiver))
    last = _settled(log)
    assert [last.http_status, last.error] == [None, "timeout: no answer within 0.1 s"]
    assert last.duration_ms >= 100


@pytest.mark.usefixtures("server")
def test_nobody_listens(world: World) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        world.instances[0].webhook = f"http://127.0.0.1:{port}/hook"
        log = world.emit(world.instances[0])
        last = _settled(log)
    assert last.http_status is None
    assert last.error == "connection refused"
    assert len(log.attempts) == 2


@contextmanager
def _raw(answer: bytes) -> Generator[int]:
    """A port where every connection gets `answer`, whatever it says, and is closed."""

    class Handler(socketserver.BaseRequestHandler):
        @override
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", "RemoteProtocolError: "),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "RemoteProtocolError: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "RemoteProtocolError: "),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf", "Decod"),
        (b"HTTP/1.1 099 Odd\r\n\r\n", "RemoteProtocolError: "),
        (b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n", "RemoteProtocolError: "),
    ],
)
def test_a_receiver_that_speaks_no_good_http(world: World, answer: bytes, error: str) -> None:
    with _raw(answer) as port:
        world.instances[0].webhook = f"http://127.0.0.1:{port}/hook"
        log = world.emit(world.instances[0])
        last = _settled(log)
    assert [last.http_status, log.status] == [None, Status.FAILED]
    assert last.error.startswith(error)


@pytest.mark.usefixtures("server")
def test_a_receiver_without_tls_behind_https(world: World) -> None:
    with _raw(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        world.instances[0].webhook = f"https://127.0.0.1:{port}/hook"
        last = _settled(world.emit(world.instances[0]))
    assert last.error.startswith("cannot connect: ")


@pytest.mark.usefixtures("server")
def test_a_failure_is_tried_again_until_it_works(world: World, receiver: Receiver) -> None:
    world.max_attempts, world.speed = 5, 25.0
    receiver.status = 500
    log = world.emit(_aim(world, receiver))
    receiver.wait(lambda posts: len(posts) >= 1)
    eventually(lambda: log.status == Status.RETRYING)
    assert log.next_retry_at
    receiver.status = 200
    _settled(log)
    assert log.status == Status.DELIVERED
    assert [attempt.result.http_status for attempt in log.attempts][-2:] == [500, 200]
    assert len(receiver.posts) == len(log.attempts)
    assert len({post.body for post in receiver.posts}) == 1


@pytest.mark.usefixtures("server")
def test_a_retry_is_one_post_whatever_it_meets(world: World, receiver: Receiver) -> None:
    receiver.status = 500
    instance = _aim(world, receiver)
    log = world.emit(instance)
    _settled(log)
    before = len(receiver.posts)
    world.max_attempts = 20  # were this no retry, it would be tried again
    world.retry(instance, log)
    assert log.status == Status.PENDING
    eventually(lambda: log.status != Status.PENDING)
    assert [log.status, log.next_retry_at] == [Status.FAILED, None]
    receiver.status = 200
    world.retry(instance, log)
    _settled(log)
    assert log.status == Status.DELIVERED
    assert [len(receiver.posts) - before, log.retries] == [2, 2]


@pytest.mark.usefixtures("server")
def test_a_retry_goes_to_the_webhook_of_today(world: World, receiver: Receiver) -> None:
    instance = world.instances[0]
    log = instance.logs[0]
    assert log.url.startswith("https://hooks.acme")
    _aim(world, receiver)
    world.retry(instance, log)
    _settled(log)
    assert [log.url, len(receiver.posts)] == [receiver.url, 1]


@pytest.mark.usefixtures("server")
def test_a_retry_takes_the_place_of_the_planned_try(world: World, receiver: Receiver) -> None:
    world.max_attempts, world.speed = 5, 10.0
    receiver.status = 500
    instance = _aim(world, receiver)
    log = world.emit(instance)
    eventually(lambda: log.status == Status.RETRYING)
    receiver.status = 200
    world.retry(instance, log)
    _settled(log)
    eventually(lambda: world.waiting == 0)  # the planned try has come up, and lapsed
    assert [len(receiver.posts), log.status] == [2, Status.DELIVERED]


@pytest.mark.usefixtures("server")
def test_many_retries_at_once_are_many_posts(world: World, receiver: Receiver) -> None:
    instance = _aim(world, receiver)
    for log in instance.logs:
        for _ in range(4):
            world.retry(instance, log)
    receiver.wait(lambda posts: len(posts) >= 20)
    eventually(lambda: all(_done(log) for log in instance.logs))
    assert [len(receiver.posts), world.waiting] == [20, 0]


@pytest.mark.usefixtures("server")
def test_an_overtaken_try_does_not_decide(world: World, receiver: Receiver) -> None:
    receiver.status, receiver.delay = 500, 0.3
    instance = _aim(world, receiver)
    log = world.emit(instance)
    receiver.wait(lambda posts: len(posts) == 1)  # the first try is under way
    receiver.status, receiver.delay = 200, 0.0
    world.retry(instance, log)
    eventually(lambda: len(log.attempts) == 2)
    assert {a.result.http_status for a in log.attempts} == {200, 500}
    assert log.status == Status.DELIVERED


@pytest.mark.usefixtures("server")
def test_a_payload_that_is_no_json_is_sent_as_it_is(world: World, receiver: Receiver) -> None:
    world.scenarios.add("text-payload")
    log = world.emit(_aim(world, receiver), "Message")
    _settled(log)
    assert receiver.posts[0].body.decode() == f"event=Message&log={log.id}&this is <not> JSON {{"


@pytest.mark.usefixtures("server")
def test_a_slow_retry_waits_before_it_is_sent(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world_module, "SLOW_SECONDS", 0.2)
    world.scenarios.add("retry-slow")
    instance = _aim(world, receiver)
    log = instance.logs[0]
    world.retry(instance, log)
    assert [log.status, len(receiver.posts)] == [Status.PENDING, 0]
    _settled(log)
    assert [log.status, len(receiver.posts)] == [Status.DELIVERED, 1]


def test_the_queue_is_bounded(world: World, receiver: Receiver) -> None:
    instance = _aim(world, receiver)  # no server: nothing leaves the outbox
    logs = [world.emit(instance, "Message") for _ in range(world_module.QUEUE_LIMIT)]
    assert {log.status for log in logs} == {Status.PENDING}
    last = world.emit(instance, "Message")
    assert last.status == Status.FAILED
    assert last.last
    assert last.last.error == "the emulator's queue is full (1000 waiting)"
    with pytest.raises(QueueFullError):
        world.retry(instance, logs[0])
    assert logs[0].retries == 0


def test_what_waits_is_sent_when_the_world_is_served_again(
    world: World, receiver: Receiver
) -> None:
    world.speed = 0.001  # the second try is hours away
    receiver.status = 500
    with running(world):
        log = world.emit(_aim(world, receiver))
        eventually(lambda: log.status == Status.RETRYING)
    assert world.waiting == 1
    receiver.status = 200
    with running(world):
        _settled(log)
    assert [log.status, len(receiver.posts), world.waiting] == [Status.DELIVERED, 2, 0]


def test_stopping_breaks_off_what_is_under_way(world: World, receiver: Receiver) -> None:
    receiver.delay = 30
    instance = _aim(world, receiver)
    with running(world):
        world.retry(instance, instance.logs[0])
        receiver.wait(lambda posts: len(posts) == 1)
    last = instance.logs[0].last
    assert last
    assert [last.error, instance.logs[0].status] == ["the emulator was stopped", Status.FAILED]


def test_events_keep_coming_at_the_rate(receiver: Receiver) -> None:
    world = World(instances=1, logs=0, rate=200)
    _aim(world, receiver)
    with running(world):
        receiver.wait(lambda posts: len(posts) >= 20)
    assert len(world.instances[0].logs) >= 20


def test_a_world_without_webhooks_has_no_events() -> None:
    world = World(instances=1, logs=0, rate=500)
    world.instances[0].webhook = None
    with running(world) as server:
        eventually(lambda: bool(server.base_url))
        world.instances[0].webhook = "https://hooks.example.com/"
        eventually(lambda: bool(world.instances[0].logs))
    assert world.instances[0].logs[0].url == "https://hooks.example.com/"
