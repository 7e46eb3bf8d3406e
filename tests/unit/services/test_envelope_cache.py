"""The envelope cache: what is kept at once, then fresher; nothing kept outlives a change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.fakes import FakeClock, MemoryStore, idle
from vzaps_tui.domain.envelope import Answer, Envelope, Question, Source
from vzaps_tui.domain.problems import UnavailableError, VzapsError
from vzaps_tui.services.cache import KIND_LIMITS, LIMIT, EnvelopeCache
from vzaps_tui.services.identity import Identity

ME = Identity("https://api.example.com", "acct")
ASKED = ME.ask("webhook", "VZ01")


class Server:
    """Answers 1, 2, 3, ... when its gate is open; raises what it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.cancelled = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.problems: list[VzapsError] = []

    async def __call__(self) -> Answer[int]:
        self.asked += 1
        number = self.asked
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.problems:
            raise self.problems.pop(0)
        return Answer(number, code=207)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server() -> Server:
    return Server()


async def all_of(envelopes: AsyncIterator[Envelope[Any]]) -> list[tuple[Any, Source]]:
    return [(envelope.data, envelope.source) async for envelope in envelopes]


async def test_nothing_kept_is_asked_once_and_then_kept(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    assert cache.peek(ASKED) is None
    (envelope,) = [found async for found in cache.ask(ASKED, server, fresh_for=30)]
    assert envelope == Envelope(1, NOW, Source.LIVE, 207)
    assert cache.peek(ASKED) == envelope


@pytest.mark.parametrize(
    ("age", "force", "expected"),
    [
        (0, False, [(1, Source.CACHE)]),
        (29.9, False, [(1, Source.CACHE)]),
        (30, False, [(1, Source.CACHE), (2, Source.LIVE)]),
        (1, True, [(1, Source.CACHE), (2, Source.LIVE)]),
        (-5, False, [(1, Source.CACHE), (2, Source.LIVE)]),
    ],
)
async def test_a_kept_value_comes_first_and_is_freshened_when_old(
    clock: FakeClock, server: Server, age: float, *, force: bool, expected: list[Any]
) -> None:
    cache = EnvelopeCache(None, clock)
    await all_of(cache.ask(ASKED, server, fresh_for=30))
    clock.shift(age)
    assert await all_of(cache.ask(ASKED, server, fresh_for=30, force=force)) == expected
    assert server.asked == len(expected)


async def test_the_kept_value_does_not_wait_for_the_api(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    cache.put(ASKED, Envelope(0, NOW))
    server.gate.clear()
    asking = cache.ask(ASKED, server, fresh_for=0)
    assert (await anext(asking)).data == 0
    assert server.asked == 0
    await asking.aclose()


async def test_a_failed_refresh_keeps_the_value_and_says_why(
    clock: FakeClock, server: Server
) -> None:
    cache = EnvelopeCache(None, clock)
    cache.put(ASKED, Envelope(7, NOW))
    server.problems = [UnavailableError("timeout after 30 s", request_id="req-9")]
    first, second = [found async for found in cache.ask(ASKED, server, fresh_for=0)]
    assert first.problem is None
    assert (second.data, second.fetched_at, second.source) == (7, NOW, Source.CACHE)
    for word in ("The API did not answer", "timeout after 30 s", "req-9", "Check the network"):
        assert word in (second.problem or "")
    kept = cache.peek(ASKED)
    assert kept
    assert kept.problem is None


async def test_a_failure_with_nothing_kept_is_raised(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    server.problems = [UnavailableError("down")]
    with pytest.raises(UnavailableError):
        await all_of(cache.ask(ASKED, server, fresh_for=30))
    assert await all_of(cache.ask(ASKED, server, fresh_for=30)) == [(2, Source.LIVE)]


async def test_the_same_question_in_flight_is_asked_once(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    server.gate.clear()
    asking = [asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=0))) for _ in range(5)]
    other = asyncio.create_task(all_of(cache.ask(ME.ask("session"), server, fresh_for=0)))
    await idle()
    assert server.asked == 2
    server.gate.set()
    assert await asyncio.gather(*asking) == [[(1, Source.LIVE)]] * 5
    assert await other == [(2, Source.LIVE)]


async def test_a_problem_reaches_all_who_wait(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    server.gate.clear()
    asking = [asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=0))) for _ in range(3)]
    await idle()
    server.problems = [UnavailableError("down")]
    server.gate.set()
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(result) for result in results] == [UnavailableError] * 3


async def test_one_leaving_does_not_stop_the_others(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    server.gate.clear()
    leaving, staying = (
        asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=0))) for _ in range(2)
    )
    await idle()
    leaving.cancel()
    await idle()
    server.gate.set()
    assert await staying == [(1, Source.LIVE)]
    assert leaving.cancelled()
    assert (server.asked, server.cancelled) == (1, 0)


async def test_a_request_nobody_waits_for_is_cancelled(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    server.gate.clear()
    asking = [asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=0))) for _ in range(2)]
    await idle()
    for task in asking:
        task.cancel()
    newcomer = asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=0)))
    await idle()
    assert (server.asked, server.cancelled) == (2, 1)
    server.gate.set()
    assert await newcomer == [(2, Source.LIVE)]


async def test_a_fetch_from_before_a_change_is_made_again(clock: FakeClock, server: Server) -> None:
    cache = EnvelopeCache(None, clock)
    server.gate.clear()
    early = asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=30)))
    await idle()
    await cache.forget(ME.base_url, ME.account, "VZ01", frozenset({"webhook"}))
    late = asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=30)))
    await idle()
    server.gate.set()
    assert await late == [(2, Source.LIVE)]
    # The early one asked before the change: it asked again.
    assert await early == [(3, Source.LIVE)]
    assert server.asked == 3


async def test_a_value_overtaken_twice_is_handed_over_but_not_kept(clock: FakeClock) -> None:
    store = MemoryStore()
    cache = EnvelopeCache(store, clock)
    asked = 0

    async def overtaken() -> Answer[int]:
        nonlocal asked
        asked += 1
        await cache.forget(ME.base_url, ME.account, "VZ01", frozenset({"webhook"}))
        return Answer(asked)

    assert await all_of(cache.ask(ASKED, overtaken, fresh_for=30)) == [(2, Source.LIVE)]
    await cache.settle()
    assert cache.peek(ASKED) is None
    assert store.kept == {}


async def test_what_was_forgotten_is_not_shown_again_when_the_refresh_fails(
    clock: FakeClock, server: Server
) -> None:
    cache = EnvelopeCache(None, clock)
    cache.put(ASKED, Envelope(0, NOW))
    asking = cache.ask(ASKED, server, fresh_for=0)
    await anext(asking)
    server.gate.clear()
    waiting = asyncio.create_task(all_of(asking))
    await idle()
    await cache.forget(ME.base_url, ME.account, "VZ01", frozenset({"webhook"}))
    server.problems = [UnavailableError("down")]
    server.gate.set()
    with pytest.raises(UnavailableError):
        await waiting


async def test_the_store_answers_after_a_restart(clock: FakeClock, server: Server) -> None:
    store = MemoryStore()
    before = EnvelopeCache(store, clock)
    await all_of(before.ask(ASKED, server, fresh_for=30))
    await before.settle()
    after = EnvelopeCache(store, clock)
    assert after.peek(ASKED) is None
    assert await all_of(after.ask(ASKED, server, fresh_for=30)) == [(1, Source.CACHE)]
    assert after.peek(ASKED)
    assert store.calls == ["get", "put", "get"]


async def test_payloads_never_go_to_the_store(clock: FakeClock, server: Server) -> None:
    store = MemoryStore()
    cache = EnvelopeCache(store, clock)
    await all_of(cache.ask(ME.ask("delivery", "VZ01", "log_1"), server, fresh_for=30))
    await cache.settle()
    assert store.calls == []


async def test_a_store_read_from_before_a_change_is_not_kept(
    clock: FakeClock, server: Server
) -> None:
    store = MemoryStore()
    store.kept[ASKED] = Envelope(0, NOW)
    store.gate = asyncio.Event()
    cache = EnvelopeCache(store, clock)
    asking = asyncio.create_task(all_of(cache.ask(ASKED, server, fresh_for=30)))
    await idle()
    await cache.forget(ME.base_url, ME.account, "VZ01", frozenset({"webhook"}))
    store.gate.set()
    assert await asking == [(1, Source.LIVE)]
    await cache.settle()
    assert store.kept[ASKED].data == 1


async def test_a_write_to_the_store_does_not_outlive_a_change(clock: FakeClock) -> None:
    store = MemoryStore()
    cache = EnvelopeCache(store, clock)
    cache.put(ASKED, Envelope(0, NOW))
    await cache.forget(ME.base_url, ME.account, "VZ01", frozenset({"webhook"}))
    await cache.settle()
    assert store.kept == {}


async def test_memory_is_bounded_and_the_longest_unused_goes_first(clock: FakeClock) -> None:
    cache = EnvelopeCache(None, clock)
    for kind, limit in (("webhook", LIMIT), ("delivery", KIND_LIMITS["delivery"])):
        questions = [ME.ask(kind, "VZ01", str(number)) for number in range(limit + 1)]
        for question in questions[:limit]:
            cache.put(question, Envelope(0, NOW))
        cache.peek(questions[0])
        cache.put(questions[limit], Envelope(0, NOW))
        kept = [question for question in questions if cache.peek(question)]
        assert kept == [questions[0], *questions[2:]]


questions = st.builds(
    Question,
    base_url=st.sampled_from(["https://a.example.com", "https://b.example.com"]),
    account=st.sampled_from(["one", "two"]),
    instance=st.sampled_from(["", "VZ01"]),
    kind=st.sampled_from(["instances", "webhook", "delivery"]),
    detail=st.sampled_from(["", "failed"]),
)
acts = st.lists(st.tuples(st.sampled_from(["ask", "force", "forget", "wait"]), questions))


@given(acts)
async def test_no_identity_ever_sees_anothers_value(acts: list[tuple[str, Question]]) -> None:
    clock = FakeClock()
    cache = EnvelopeCache(MemoryStore(), clock)
    changes: dict[tuple[str, ...], int] = {}

    def fetch_for(asked: Question) -> Callable[[], Awaitable[Answer[Any]]]:
        async def fetch() -> Answer[Any]:
            await asyncio.sleep(0)
            return Answer((asked, changes.get(_group(asked), 0)))

        return fetch

    for act, asked in acts:
        if act == "wait":
            clock.shift(20)
        elif act == "forget":
            changes[_group(asked)] = changes.get(_group(asked), 0) + 1
            await cache.forget(*_group(asked)[:3], frozenset({asked.kind}))
        else:
            seen = await all_of(
                cache.ask(asked, fetch_for(asked), fresh_for=30, force=act == "force")
            )
            # Nobody else's, and never from before the last change.
            assert {data for data, _ in seen} == {(asked, changes.get(_group(asked), 0))}
    await cache.settle()


def _group(asked: Question) -> tuple[str, str, str, str]:
    return (asked.base_url, asked.account, asked.instance, asked.kind)


def test_identity_is_part_of_every_question() -> None:
    asked = ME.ask("deliveries", "VZ01", "failed")
    assert asked == Question("https://api.example.com", "acct", "VZ01", "deliveries", "failed")
    assert replace(ME, account="other").ask("deliveries", "VZ01", "failed") != asked
