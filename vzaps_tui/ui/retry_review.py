"""From chosen rows to a plan: at once for one failure, by a dialog for everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from string import digits
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Input, Label, Static
from typing_extensions import override

from vzaps_tui.domain.deliveries import Delivery, LogId, StatusClass
from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.retries import RetryPlan, RetryStep
from vzaps_tui.domain.times import clock_time
from vzaps_tui.ui.dialogs import Choice, ConfirmScreen
from vzaps_tui.ui.render import host_name
from vzaps_tui.ui.retry_survey import (
    MAY_BE_THERE,
    Before,
    Manner,
    Survey,
    last_word,
    question,
    survey,
    target_words,
)
from vzaps_tui.ui.widgets.field import Field

if TYPE_CHECKING:
    from datetime import datetime

    from vzaps_tui.domain.instances import InstanceId
    from vzaps_tui.domain.plans import Earlier
    from vzaps_tui.ui.host import Host
    from vzaps_tui.ui.launch import Services

TYPED_ABOVE = 100
"""Deliveries above which their number must be typed."""
ONLY_LOADED = "Only what is loaded is among them; L loads all of the log."
"""What a review says where the server's log goes on below what was read."""
_AT_ONCE = 5000
"""Rows that are counted without leaving the loop."""
_FAILED, _ALL = "failed", "all"


class CountedScreen(ConfirmScreen):
    """A question whose answer is confirmed by typing how many deliveries it is about."""

    DEFAULT_CSS = """
    CountedScreen #wanted { width: 100%; margin-top: 1; }
    CountedScreen .typed-count { height: 1; }
    CountedScreen #count { width: 16; background: $background; }
    CountedScreen #wrong { width: 1fr; color: $text-warning; }
    CountedScreen .dialog-buttons { margin-top: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "cancel", "Cancel"),
        ("up", "app.focus_previous", "Previous"),
        ("down", "app.focus_next", "Next"),
    ]

    def __init__(
        self, title: str, body: str, choices: tuple[Choice, ...], counts: Mapping[str, int]
    ) -> None:
        """Prepare.

        Args:
            title: the question.
            body: what must be known before; unsafe text.
            choices: the buttons.
            counts: what must be typed for each choice.
        """
        super().__init__(title, body, choices)
        self._counts = counts

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled(self._title, "bold"), classes="dialog-title")
            with VerticalScroll(classes="dialog-body", can_focus=False):
                yield Static(self._body)
            yield Label(self._wanted(), id="wanted", markup=False)
            with Horizontal(classes="typed-count"):
                yield self._box()
                yield Label("", id="wrong", markup=False)
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                for choice in self._choices:
                    kind = "warning" if choice.danger else "primary"
                    yield Button(Content(choice.label), id=choice.id, variant=kind, compact=True)

    def _box(self) -> Field:
        box = Field(
            placeholder=str(next(iter(self._counts.values()))),
            id="count",
            compact=True,
            type="integer",
            valid_empty=True,  # nothing is wrong yet
            max_length=12,
            # The first digit, which brings the focus here, must outlive the second.
            select_on_focus=False,
        )
        box.cursor_blink = False
        return box

    def on_key(self, event: events.Key) -> None:
        """A digit typed anywhere else is meant for the field."""
        if event.character is not None and event.character in digits:
            event.stop()
            box = self.query_one("#count", Input)
            self.set_focus(box)
            box.insert_text_at_cursor(event.character)

    def _wanted(self) -> str:
        words = [f"{self._counts[choice.id]} to {choice.label.lower()}" for choice in self._choices]
        return f"Type {', or '.join(words)}:"

    @property
    def _typed(self) -> int | None:
        text = self.query_one("#count", Input).value
        return int(text) if text.isdecimal() else None

    @on(Input.Submitted, "#count")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        found = [choice for choice, count in self._counts.items() if count == self._typed]
        if found:
            self.decide(found[0])
        else:
            self._say_wrong()

    @override
    def decide(self, choice: str) -> None:
        if not choice or self._counts.get(choice) == self._typed:
            super().decide(choice)
        else:
            self._say_wrong()
            self.query_one("#count", Input).focus()

    def _say_wrong(self) -> None:
        typed = self.query_one("#count", Input).value
        words = f"{typed} is not the number." if typed else "Type the number here."
        self.query_one("#wrong", Label).update(f" {words}")


async def review(  # noqa: PLR0913 - they say where the rows come from
    host: Host,
    instance: InstanceId,
    rows: Sequence[Delivery],
    *,
    name: str = "",
    origin: str = "",
    query: str = "",
    note: str = "",
    always: bool = False,
) -> RetryPlan | None:
    """The plan a person agreed to; None if they did not. Awaited in a worker.

    Args:
        host: the app.
        instance: whose deliveries.
        rows: them.
        name: of the instance.
        origin: where they come from, in words: `3 marked`.
        query: the text of the query they were found by.
        note: what else a person should know of them.
        always: ask even about a single one that failed.
    """
    services = host.launch.services
    if host.launch.read_only:
        host.say("Read-only: nothing is sent.", severity="warning")
    elif services is not None and rows:
        try:
            earlier = await services.retries.earlier(instance, [row.id for row in rows])
        except VzapsError as problem:
            # What was sent before cannot be told, so nothing is sent.
            host.say(f"Not sent. {host.words_for(problem)}", severity="error", timeout=12)
            return None
        steps = _steps(host, instance, rows)
        found = await _surveyed(rows, steps, earlier)
        if len(rows) == 1:
            word = last_word(rows[0].id, steps.get(rows[0].id), earlier)
            target = target_words(found.rows, _webhook(services, instance))
            doubt = _doubt(rows[0], word, target, services.clock.now())
            answer = await _answer_for_one(host, found, doubt, always=always)
        else:
            manner = _manner(host, services, instance)
            answer = await _answer(host, found, manner, services, note)
        if answer:
            return RetryPlan(
                instance,
                found.rows if answer == _ALL else found.due,
                resend_delivered=answer == _ALL,
                name=name,
                origin=origin,
                query=query,
            )
    return None


async def _answer_for_one(host: Host, found: Survey, doubt: str, *, always: bool) -> str:
    if found.due and not always:
        host.say(f"Asking VZaps to send {found.rows[0].id or 'this delivery'} again ...")
        return _FAILED
    choice = _FAILED if found.due else _ALL
    return await host.ask("Send it again?", doubt, (Choice(choice, "Send again"),))


def _steps(host: Host, instance: InstanceId, rows: Sequence[Delivery]) -> dict[LogId, RetryStep]:
    known = host.jobs.steps
    if not known:
        return {}
    found = ((row.id, known.get((instance, row.id))) for row in rows)
    return {log: step for log, step in found if step is not None}


async def _surveyed(
    rows: Sequence[Delivery],
    steps: Mapping[LogId, RetryStep],
    earlier: Mapping[LogId, tuple[Earlier, ...]],
) -> Survey:
    if len(rows) <= _AT_ONCE:
        return survey(rows, steps, earlier)
    return await asyncio.to_thread(survey, rows, steps, earlier)


def _manner(host: Host, services: Services, instance: InstanceId) -> Manner:
    retries = services.retries
    return Manner(
        retries.pace,
        retries.breaker,
        retries.canary,
        host.launch.requests_per_second,
        _webhook(services, instance),
    )


def _webhook(services: Services, instance: InstanceId) -> str:
    """Host of the webhook as it was read last in this run; empty where it was not read."""
    own, every = services.webhooks.peek(instance), services.instances.peek()
    known: list[tuple[datetime, str | None]] = []
    if own is not None and own.source is Source.LIVE:
        known.append((own.fetched_at, own.data.url))
    if every is not None and every.source is Source.LIVE:
        rows = (row for row in every.data.rows if row.id == instance)
        known += [(every.fetched_at, row.webhook) for row in rows if row.webhook]
    last = max(known, key=lambda one: one[0], default=None)
    return host_name(last[1]) if last is not None and last[1] else ""


async def _answer(host: Host, found: Survey, manner: Manner, services: Services, note: str) -> str:
    title = f"Send {_deliveries(len(found.going))} again?"
    body = question(found, manner, services.clock.now(), note)
    choices: list[Choice] = []
    counts: dict[str, int] = {}
    if found.due:
        choices.append(Choice(_FAILED, f"Retry {len(found.due):,}", danger=False))
        counts[_FAILED] = len(found.due)
    if len(found.due) < len(found.rows):
        choices.append(Choice(_ALL, f"Send all {len(found.rows):,}"))
        counts[_ALL] = len(found.rows)
    if max(counts.values()) <= TYPED_ABOVE:
        return await host.ask(title, body, tuple(choices))
    return await host.choose(CountedScreen(title, body, tuple(choices), counts)) or ""


def _deliveries(count: int) -> str:
    return f"{count:,} deliver{'y' if count == 1 else 'ies'}"


def _doubt(row: Delivery, before: Before | None, target: str, now: datetime) -> str:
    """Why one row is not sent without asking."""
    twice = f"{target}\nThe receiver may get it a second time."
    if before is not None:
        reason = f" · {before.reason}" if before.reason else ""
        when = clock_time(before.at, now)
        told = f"Sent from here already: {before.outcome.value}{reason}, at {when}."
        return f"{told}\n{twice if before.outcome in MAY_BE_THERE else target}"
    if row.status_class is StatusClass.FAILED:
        return target
    return f"It has not failed: it is {row.status_word}.\n{twice}"
