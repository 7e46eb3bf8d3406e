"""Where campaigns are fought: a server, plans on disk, programs, and what must be true."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from typing_extensions import override

from tests.campaign.player import BUG, dice, service
from tests.servers import running
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.instances import InstanceId
from vzaps_tui.domain.plans import Entry, Plan, PlanId, PlanState
from vzaps_tui.domain.retries import Outcome, RetryPlan
from vzaps_tui.emulator.instances import Instance
from vzaps_tui.emulator.logs import Log, Status
from vzaps_tui.emulator.scenarios import Fault, Faults
from vzaps_tui.emulator.world import World
from vzaps_tui.storage.state import StateFile

PATIENCE = 60.0
_ROOT = Path(__file__).parents[2]


class Program:
    """A player: it carries out one plan at a time."""

    def __init__(self) -> None:
        self._steps, told = os.pipe()
        command = [sys.executable, "-m", "tests.campaign.player", str(told)]
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(told,),
            cwd=_ROOT,
            bufsize=0,
        )
        os.close(told)
        self._child = 0
        self.told = 0

    def begin(self, order: dict[str, Any]) -> None:
        """Begin to carry out a plan."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._child = int(self._line())
        self.told = 0

    def kill_after(self, steps: int, seconds: float) -> bool:
        """Kill it so many steps and seconds from now; whether it had not ended by itself."""
        self._until(lambda: self.told >= steps)
        select.select([self._stdout], [], [], seconds)
        if self._has_ended:
            return False
        os.kill(self._child, signal.SIGKILL)
        return True

    def wait_for(self, steps: int) -> None:
        """Wait until so many steps were told."""
        self._until(lambda: self.told >= steps)

    def end(self) -> int:
        """Wait until it has ended; its exit code, or less than 0 for the signal that ended it."""
        self._until(lambda: False)
        code = os.waitstatus_to_exitcode(int(self._line()))
        while select.select([self._steps], [], [], 0)[0]:
            self.told += len(os.read(self._steps, 65536))
        if code == BUG:
            assert self._process.stderr
            raise AssertionError(os.read(self._process.stderr.fileno(), 65536).decode())
        return code

    def run(self, order: dict[str, Any]) -> int:
        """Carry out a plan until it ends by itself; the exit code."""
        self.begin(order)
        return self.end()

    def close(self) -> None:
        """End the program."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe
            pipe.close()
        os.close(self._steps)

    @property
    def _stdout(self) -> int:
        assert self._process.stdout
        return self._process.stdout.fileno()

    @property
    def _has_ended(self) -> bool:
        return bool(select.select([self._stdout], [], [], 0)[0])

    def _until(self, ready: Callable[[], bool]) -> None:
        """Count steps until there were enough, or the program has ended."""
        while not ready():
            found, _, _ = select.select([self._steps, self._stdout], [], [], PATIENCE)
            assert found, f"nothing happens for {PATIENCE:.0f} s after {self.told} steps"
            if self._steps in found:
                self.told += len(os.read(self._steps, 65536))
            elif self._stdout in found:
                return

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([self._stdout], [], [], PATIENCE)
            assert ready, "the player does not answer"
            more = os.read(self._stdout, 1)
            assert more, "the player has died"
            line += more
        return line


@contextmanager
def programs(count: int = 1) -> Generator[list[Program]]:
    """So many players, which end in the end."""
    made = [Program() for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            one.close()


class Storm(Faults):
    """Faults that happen to each call of some routes with a probability, from a seed."""

    def __init__(self, seed: str, kinds: Mapping[str, Sequence[str]], part: float) -> None:
        super().__init__()
        self.seed = seed
        self._dice = dice(seed)
        self._kinds = kinds
        self._part = part
        self.happened: Counter[str] = Counter()

    @override
    def take(self, route: str) -> list[Fault]:
        kinds = self._kinds.get(route)
        if not kinds or self._dice.random() >= self._part:
            return []
        kind = self._dice.choice(kinds)
        self.happened[f"{route} {kind}"] += 1
        return [Fault(kind, 1.0)]


@dataclass
class Verdict:
    """What was lost, doubled or told wrong, by log; and how often each word was told."""

    lost: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    wrong: list[str] = field(default_factory=list[str])
    words: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: Verdict) -> None:
        """Take in those of another plan."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.wrong += other.wrong
        self.words += other.words

    @override
    def __str__(self) -> str:
        words = ", ".join(f"{count} {word}" for word, count in sorted(self.words.items()))
        lost, doubled, wrong = len(self.lost), len(self.doubled), len(self.wrong)
        return f"lost {lost}, doubled {doubled}, wrong {wrong} ({words})"

    def hold(self) -> None:
        """Fail unless all is well."""
        assert (self.lost, self.doubled, self.wrong) == ([], [], []), str(self)


class Arena:
    """A server with a long log, and plans to send again what failed."""

    def __init__(self, base_url: str, world: World, folder: Path) -> None:
        self.world = world
        self.instance: Instance = world.instances[0]
        self.state = folder / "state.db"
        self._order = {
            "state": str(self.state),
            "base_url": base_url,
            "token": world.client_token,
            "secret": world.client_secret,
        }
        self._planned: set[str] = set()

    def order(self, plan: Plan, **more: Any) -> dict[str, Any]:
        """What a program is told to do."""
        return {**self._order, "plan": plan.id, **more}

    def plan(self, count: int, *, seed: int, again: Sequence[Entry] = ()) -> Plan:
        """Write down a plan for so many failed deliveries, never planned before."""
        failed = [log for log in self.instance.logs if log.status == Status.FAILED]
        fresh = [log for log in failed if log.id not in self._planned and not log.retries]
        logs = dice(seed).sample(fresh, count)
        chosen = [self._row(log) for log in logs]
        chosen += [entry.row(entry.before) for entry in again]
        self._planned.update(row.id for row in chosen)
        plan = RetryPlan(InstanceId(self.instance.id), tuple(chosen), origin="campaign")
        return asyncio.run(self._create(plan))

    async def _create(self, plan: RetryPlan) -> Plan:
        state = StateFile(self.state)
        retries, client = service(self._order, state)
        try:
            return await retries.create(plan)
        finally:
            await client.aclose()
            await state.close()

    def look(self, plan: PlanId) -> tuple[Plan, tuple[Entry, ...]]:
        """A plan as it is written down."""
        return asyncio.run(self._look(plan))

    async def _look(self, plan: PlanId) -> tuple[Plan, tuple[Entry, ...]]:
        state = StateFile(self.state)
        retries, client = service(self._order, state)
        try:
            return await retries.entries(plan)
        finally:
            await client.aclose()
            await state.close()

    def let_answer(self) -> None:
        """Wait until the server has dealt with what it got before: nobody restarts so quickly.

        A program that looks before the call of the one that was killed was read sees nothing of it.
        """
        place = urlsplit(str(self._order["base_url"]))
        with closing(HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)) as link:
            for _ in range(2):
                link.request("GET", "/nothing")
                link.getresponse().read()

    def is_done(self, plan: PlanId) -> bool:
        """Whether nothing is left of a plan, as far as is written down."""
        with closing(sqlite3.connect(self.state)) as db:
            (state,) = db.execute("SELECT state FROM plans WHERE id = ?", (plan,)).fetchone()
        return state == PlanState.DONE.value

    def finish(self, program: Program, order: dict[str, Any], most: int = 40) -> int:
        """Resume a plan until nothing is left of it; how often that took."""
        why = ""
        for turn in range(most):
            found, _ = self.look(order["plan"])
            if found.state is PlanState.DONE:
                return turn
            program.run(order)
            why = found.why
        raise AssertionError(f"not done after {most} runs: {why}")

    def judge(self, plan: PlanId) -> Verdict:
        """Compare each final word with the server's own record."""
        verdict = Verdict()
        _, entries = self.look(plan)
        for entry in entries:
            verdict.words[entry.outcome.value] += 1
            log = self.instance.find(entry.log)
            assert log is not None
            words = f"{entry.log}: {entry.outcome.value} · {entry.reason}; asked {log.retries}"
            if log.retries > 1:
                verdict.doubled.append(words)
            if not entry.outcome.is_final or (entry.sent_at is None and log.retries):
                verdict.lost.append(words)
            elif not self._is_true(entry, log):
                verdict.wrong.append(f"{words}, it is {self._shown(log).status}")
        return verdict

    def judge_sent(self, plan: PlanId) -> Verdict:
        """The same of a plan that was stopped: what was not sent is left out."""
        verdict = self.judge(plan)
        verdict.lost = [words for words in verdict.lost if Outcome.QUEUED.value not in words]
        return verdict

    def _is_true(self, entry: Entry, log: Log) -> bool:
        shown = self._shown(log)
        match entry.outcome:
            case Outcome.DELIVERED:
                return log.retries == 1 and shown.status == Status.DELIVERED
            case Outcome.FAILED_AGAIN:
                return log.retries == 1 and shown.status == Status.FAILED
            case Outcome.REFUSED | Outcome.SKIPPED:
                return log.retries == 0
            # Whatever was carried out can be seen on this server: not to know is right only else.
            case Outcome.UNKNOWN:
                return log.retries == 0
            case _:
                return False

    def _shown(self, log: Log) -> Log:
        """The log that shows what a retry came to: the one asked for, or the new one."""
        payload = self.world.payload(self.instance, log)
        copies = [one for one in self.instance.logs if one.payload == payload]
        return copies[-1] if copies else log

    def _row(self, log: Log) -> Delivery:
        last = log.last
        return Delivery(
            id=LogId(log.id),
            key=log.id,
            status=str(log.status),
            event=log.event,
            target=log.url,
            attempts=len(log.attempts),
            http_status=last.http_status if last else None,
            error=last.error if last else None,
            created_at=log.created_at,
        )


@contextmanager
def arena(folder: Path, *, seed: int, logs: int = 3000, **world: Any) -> Generator[Arena]:
    """A server and its plans."""
    made = World(seed=seed, instances=1, logs=logs, **world)
    with running(made) as server:
        yield Arena(server.base_url, made, folder)
