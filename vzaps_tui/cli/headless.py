"""Runs a command without a terminal: the same services as the interface, no Textual."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import aclosing, contextmanager, suppress
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from vzaps_tui.cli.compose import Plan, compose
from vzaps_tui.cli.output import Output
from vzaps_tui.cli.places import places
from vzaps_tui.cli.run import BROKEN_PIPE
from vzaps_tui.cli.usage import UsageError, fitting
from vzaps_tui.cli.which_instance import is_known, pick
from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.instances import Instance, InstanceId, looks_like_id
from vzaps_tui.domain.problems import AuthError, NotFoundError, UnavailableError, VzapsError
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.times import age
from vzaps_tui.settings.config_file import read_config
from vzaps_tui.settings.loading import load

if TYPE_CHECKING:
    from datetime import datetime
    from types import FrameType

    from vzaps_tui.cli.run import Run
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.paging import Listing
    from vzaps_tui.settings import Settings
    from vzaps_tui.ui.launch import Launch, Services

T = TypeVar("T")

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the flags that all commands share asked for.

    Attributes:
        instance: id or name of the instance; None where no flag gave one.
        flags: setting name to value, None where not given.
    """

    demo: bool = False
    profile: str | None = None
    instance: str | None = None
    no_disk: bool = False
    as_json: bool = False
    flags: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class Session:
    """The program without its interface.

    Attributes:
        run: words, log and masker of this run.
        output: where answers go.
        course: the run of the command, which knows of signals.
        offline: nothing may be asked of the API.
    """

    run: Run
    output: Output
    asked: Asked
    settings: Settings
    launch: Launch
    services: Services
    course: Course
    offline: bool = False

    def say(self, *lines: str) -> None:
        """Words on standard error."""
        self.output.clear()
        self.run.say(*lines)

    def say_age(self, read_at: datetime | None, about: str) -> None:
        """Say how old an answer is that is no news; `about` comes first."""
        if read_at is None:
            self.say(f"{about}: it is not known when it was read.")
            return
        self.say(f"{about}: as it was when it was read last, {self._ago(read_at)}.")

    def _ago(self, moment: datetime) -> str:
        now = self.services.clock.now()
        when = f"{moment.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}"
        return f"{age((now - moment).total_seconds())} ({when})"

    def tell(self, problem: VzapsError) -> int:
        """Say a problem; the exit code it stands for."""
        self.output.clear()
        return self.run.note_problem(fitting(self.sourced(problem)))

    def sourced(self, problem: VzapsError) -> VzapsError:
        """The problem; where a profile's credentials are refused, that names the profile."""
        sources = self.settings.sources
        told = {sources.get(name) for name in ("client_token", "client_secret", "instance_token")}
        if isinstance(problem, AuthError) and "profile" in told:
            where = "`vzaps-tui paths` says where the config file is."
            problem.hint = f"Check the credentials of profile '{self.settings.profile}'; {where}"
        return problem

    def put(self, question: Callable[[], T]) -> T:
        """Ask the person at the terminal; ctrl-c there ends the command, with nothing done."""
        return self.course.put(question)

    async def instance(self) -> Instance:
        """The instance that is meant: the one that was named, else the only one there is.

        A kept listing that does not hold it is no proof: the API is asked anew then.

        Raises:
            UsageError: several, none, or none of that name.
            VzapsError: the instances could not be listed, or it is not among those kept.
        """
        wish = self._wish
        if wish is not None and looks_like_id(wish):
            kept = self.services.instances.peek()
            rows = kept.data.rows if kept else ()
            found = next((row for row in rows if row.id == wish), None)
            return found or Instance(InstanceId(wish), "")
        envelope = await latest(self.services.instances.load())
        is_old = envelope.source is Source.CACHE and not envelope.problem
        if is_old and not is_known(envelope.data, wish):
            envelope = await latest(self.services.instances.load(force=True))
        return self._picked(envelope, wish)

    def _picked(self, envelope: Envelope[Listing[Instance]], wish: str | None) -> Instance:
        problem = envelope.cause
        if problem is None or is_known(envelope.data, wish):
            return pick(envelope.data, wish)
        which = f"no '{visible(wish)}'" if wish else "none"
        problem.hint = (
            f"Of the instances as they were read last, {self._ago(envelope.fetched_at)}, there is "
            f"{which}; it may be newer. {fitting(self.sourced(problem)).hint}"
        )
        raise problem

    @property
    def _wish(self) -> str | None:
        return self.asked.instance or self.launch.instance or self.launch.named or None

    async def explained(self, problem: NotFoundError) -> VzapsError:
        """What is wrong where something was not found: maybe there is no such instance."""
        if not self.services.instances.lists_all:
            problem.hint = "Check VZAPS_INSTANCE_ID; what was asked for may have been removed, too."
        elif self._wish is not None and not self.offline:
            try:
                self._picked(await latest(self.services.instances.load(force=True)), self._wish)
            except VzapsError as found:
                return found if isinstance(found, UsageError) else problem
        return problem

    @contextmanager
    def unsent(self) -> Generator[None]:
        """Until the block is left nothing is sent: whoever stops it there is told so."""
        try:
            yield
        except asyncio.CancelledError:
            self.say("nothing was sent.")
            raise


async def latest(envelopes: Any) -> Envelope[Any]:  # noqa: ANN401 - an envelope of whatever it is
    """The last of what a service yields.

    Raises:
        VzapsError: there is none.
    """
    last: Envelope[Any] | None = None
    async with aclosing(envelopes) as each:
        async for envelope in each:
            last = envelope
    if last is None:
        raise UnavailableError("nothing was answered", acted=False)
    return last


Work = Callable[[Session], Awaitable[int]]


def run(work: Work, asked: Asked, this: Run, *, offline: bool = False) -> int:
    """Do a command's work; the exit code.

    SIGINT, SIGTERM and SIGHUP cancel the work, each time anew, and make the code 128 and their
    number; so does a reader of standard output that has gone (SIGPIPE, 141).

    Raises:
        VzapsError: a problem that the work did not tell itself.
    """
    gc.enable()
    try:
        return asyncio.run(Course(work, asked, this, offline=offline).run())
    except KeyboardInterrupt:  # before the loop had its own word for it
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # said once; again would break the way out
        return 128 + signal.SIGINT
    except VzapsError as problem:
        raise fitting(problem) from None


def _interrupt_once(_number: int, _frame: FrameType | None) -> None:
    """Ctrl-c ends a question; pressed again, it does not interrupt what follows from that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


class Course:
    """One command from its settings to its end."""

    def __init__(self, work: Work, asked: Asked, this: Run, *, offline: bool) -> None:
        self._work = work
        self._asked = asked
        self._this = this
        self._offline = offline
        self._signal: int | None = None
        self._working: asyncio.Task[int] | None = None

    async def run(self) -> int:
        """Do it all; the exit code."""
        session = self._session()
        working = self._working = asyncio.create_task(self._work_with(session))
        self._listen()
        session.output.on_gone = working.cancel
        try:
            code = await self._outcome(working)
        finally:
            session.output.clear()
            if session.launch.close is not None:
                await session.launch.close()
            self._listen(no_more=True)
        if self._signal is not None:
            return 128 + self._signal
        return BROKEN_PIPE if session.output.gone else code

    async def _outcome(self, working: asyncio.Task[int]) -> int:
        with suppress(asyncio.CancelledError):
            return await working
        return BROKEN_PIPE

    def put(self, question: Callable[[], T]) -> T:
        """Ask at the terminal. Nothing else goes on meanwhile, and ctrl-c ends the command."""
        self._listen(no_more=True)  # the loop, which stands still, could not tell of a signal
        signal.signal(signal.SIGINT, _interrupt_once)
        try:
            return question()
        except (click.Abort, KeyboardInterrupt):
            click.echo(err=True)  # the question is left in the midst of its line
            self._signal = signal.SIGINT
            raise asyncio.CancelledError from None
        finally:
            self._listen()

    def _listen(self, *, no_more: bool = False) -> None:
        loop = asyncio.get_running_loop()
        for number in _STOPPING:
            if not no_more:
                loop.add_signal_handler(number, self._stop, number)
            elif loop.remove_signal_handler(number) and self._signal is not None:
                signal.signal(number, signal.SIG_IGN)  # it is ending already

    async def _work_with(self, session: Session) -> int:
        if session.launch.warm is not None:
            for notice in await session.launch.warm():
                session.say(notice)
        try:
            return await self._work(session)
        except NotFoundError as problem:
            raise await session.explained(problem) from None
        except AuthError as problem:
            raise session.sourced(problem) from None

    def _stop(self, number: int) -> None:
        self._signal = self._signal or number
        if self._working is not None:
            self._working.cancel()

    def _session(self) -> Session:
        asked, this = self._asked, self._this
        where = places()
        wish = asked.instance
        by_id = wish is not None and looks_like_id(wish)
        flags = {**asked.flags, "instance_id": wish if by_id else None}
        settings = load(flags, os.environ, read_config(where.config), asked.profile)
        for secret in settings.secrets():
            this.masker.learn(secret)
        notices = this.start_log(disk=not asked.no_disk)
        plan = Plan(
            settings=replace(settings, notices=()),
            config=where.config,
            archive=None if asked.no_disk else where.archive,
            state=None if asked.no_disk else where.state,
            demo=asked.demo,
            offline=self._offline,
        )
        launch = compose(plan, this.masker)
        if launch.services is None:
            names = ", ".join(launch.missing.names if launch.missing else ())
            raise UsageError(
                f"credentials are missing: {names}",
                hint="Set them in the environment or in a profile, or use --demo. "
                "`vzaps-tui paths` says where the config file is.",
            )
        for notice in (*notices, *(() if asked.demo else settings.notices)):
            this.say(notice)
        logging.getLogger(__name__).info("a command without a terminal\n%s", settings.explain())
        output = Output(
            out=sys.stdout or Path(os.devnull).open("w", encoding="utf-8"),  # noqa: SIM115 - stays open to the end
            err=sys.stderr,
            monotonic=launch.services.clock.monotonic,
            as_json=asked.as_json,
        )
        return Session(
            run=this,
            output=output,
            asked=asked,
            settings=settings,
            launch=launch,
            services=launch.services,
            course=self,
            offline=self._offline,
        )


def read_only(session: Session) -> None:
    """Refuse a command that changes something, where nothing may be changed.

    Raises:
        UsageError: it is so.
    """
    if session.settings.read_only:
        raise UsageError(
            "read-only: nothing is changed", hint="Leave --read-only out, or change the profile."
        )


def shown(text: str | None) -> str:
    """A text for a table, `-` where there is none."""
    return visible(text) if text else "-"
