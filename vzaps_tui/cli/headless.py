"""Runs a command without a terminal: the same services as the interface, no Textual."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import aclosing, suppress
from dataclasses import field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from vzaps_tui.cli.compose import Plan, compose
from vzaps_tui.cli.output import Output
from vzaps_tui.cli.places import places
from vzaps_tui.domain.instances import Instance, InstanceId, looks_like_id, meant
from vzaps_tui.domain.problems import (
    AuthError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    SettingsError,
    TroubledError,
    UnavailableError,
    VzapsError,
)
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

BROKEN_PIPE: Final = 128 + signal.SIGPIPE
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NAMED: Final = 20
"""Most instances that an error names."""
_NEXT: Final[dict[type[VzapsError], str]] = {
    AuthError: "Check VZAPS_CLIENT_TOKEN and VZAPS_CLIENT_SECRET.",
    NotFoundError: "It may have been removed.",
    RateLimitedError: "Wait a little, then ask again.",
    UnavailableError: "Check the network and the base URL.",
    TroubledError: "Nothing to mend on this side; ask again in a while.",
    ProtocolError: "A proxy or captive portal may be answering in the API's place. "
    "Check the base URL.",
}
"""What to do next where there is no screen to refresh."""


class UsageError(SettingsError):
    """The command line asks for something that cannot be done as it stands."""

    title = "Cannot be done"
    hint = "See --help."


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
        now = self.services.clock.now()
        when = f"{read_at.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}"
        ago = age((now - read_at).total_seconds())
        self.say(f"{about}: as it was when it was read last, {ago} ({when}).")

    def tell(self, problem: VzapsError) -> int:
        """Say a problem; the exit code it stands for."""
        self.output.clear()
        return self.run.note_problem(fitting(problem))

    def put(self, question: Callable[[], T]) -> T:
        """Ask the person at the terminal; ctrl-c there ends the command, with nothing done."""
        return self.course.put(question)

    async def instance(self) -> Instance:
        """The instance that is meant: the one that was named, else the only one there is.

        Raises:
            UsageError: several, none, or none of that name.
            VzapsError: the instances could not be listed.
        """
        wish = self.asked.instance or self.launch.instance or self.launch.named or None
        if wish is not None and looks_like_id(wish):
            kept = self.services.instances.peek()
            rows = kept.data.rows if kept else ()
            found = next((row for row in rows if row.id == wish), None)
            return found or Instance(InstanceId(wish), "")
        listing = (await latest(self.services.instances.load())).data
        return pick(listing, wish)


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


def pick(listing: Listing[Instance], wish: str | None) -> Instance:
    """The instance of this id or name, else the only one.

    Raises:
        UsageError: it cannot be told which; names them.
    """
    found = listing.rows if wish is None else meant(listing.rows, wish)
    if len(found) == 1:
        return found[0]
    if not listing.rows:
        raise UsageError("this account has no instance", hint="Make one first, or use --profile.")
    names = _names(found or listing.rows)
    if wish is None:
        reason = f"there are {len(listing.rows)} instances"
        raise UsageError(reason, hint=f"Name one with --instance: {names}.")
    if found:
        reason = f"{len(found)} instances are named '{wish}'"
        raise UsageError(reason, hint=f"Give the id of one with --instance: {names}.")
    raise UsageError(f"there is no instance '{wish}'", hint=f"There are: {names}.")


def _names(rows: tuple[Instance, ...]) -> str:
    told = ", ".join(f"{row.id} ({row.name})" if row.name else row.id for row in rows[:_NAMED])
    return told if len(rows) <= _NAMED else f"{told} and {len(rows) - _NAMED} more"


def fitting(problem: VzapsError) -> VzapsError:
    """The problem with a next step for the command line, where it has only that of a screen."""
    kind = type(problem)
    if problem.hint == kind.hint and (hint := _NEXT.get(kind)):
        problem.hint = hint
    return problem


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
        return await self._work(session)

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


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant; empty where none is near."""
    folded = {one.casefold(): one for one in known}
    near = get_close_matches(word.casefold(), folded, n=1)
    return folded[near[0]] if near else ""


def shown(text: str | None) -> str:
    """A text for a table, `-` where there is none."""
    return visible(text) if text else "-"
