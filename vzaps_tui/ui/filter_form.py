"""The filter form: status, event, text, period, code and tries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label
from typing_extensions import override

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.periods import moment_word, span_word
from vzaps_tui.domain.query import CodeMatch, DeliveryQuery, code_order
from vzaps_tui.domain.query_fields import FIELDS
from vzaps_tui.domain.query_language import QueryError, parse
from vzaps_tui.domain.query_words import quote
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.webhooks import ALL, EVENTS
from vzaps_tui.ui.widgets.check_list import CheckList, Item
from vzaps_tui.ui.widgets.field import Field

_SIZES: Final = [(0, "-short"), (35, "-tall")]
"""Classes by the rows of the terminal: where there are few, the lists get what the rest leaves."""
_FOOT: Final = "space tick · tab next · ctrl+s apply · esc leave"
_OWN: Final = "own"
_PERIODS: Final = {
    "any time": ("", ""),
    "last hour": ("1h", ""),
    "last 24 h": ("24h", ""),
    "today": ("today", ""),
    "yesterday": ("yesterday", "yesterday"),
    "last 7 d": ("7d", ""),
}
"""Since when and until when, in the words of the query line."""


class FilterForm(ModalScreen[DeliveryQuery | None]):
    """Returns the new query, or None if it was left.

    The period is what its two fields say; the list of periods fills them, and ticks what they say.
    """

    VERTICAL_BREAKPOINTS = _SIZES
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "cancel", "Cancel"),
        ("ctrl+s", "apply", "Apply"),
        ("ctrl+r", "clear", "Clear"),
    ]
    DEFAULT_CSS = """
    FilterForm .filter-row { height: auto; max-height: 13; }
    FilterForm #more { max-height: 8; margin-top: 1; }
    FilterForm .filter-row Vertical { height: auto; width: 1fr; }
    FilterForm .filter-row .side { width: 22; }
    FilterForm .filter-row CheckList { height: auto; max-height: 12; }
    FilterForm #more CheckList { max-height: 7; }
    FilterForm .filter-line { height: 1; }
    FilterForm .filter-line Label { width: auto; margin-right: 1; }
    FilterForm .filter-line Field { width: 1fr; margin-right: 1; background: $boost; }
    FilterForm .filter-line #tries { width: 7; margin-right: 0; }
    FilterForm #foot { width: 1fr; height: auto; }
    FilterForm.-short #more { margin-top: 0; }
    FilterForm.-short .filter-row .side { width: 19; }
    FilterForm.-short .filter-row, FilterForm.-short .filter-row Vertical,
    FilterForm.-short .filter-row CheckList { height: 1fr; max-height: 100%; }
    """

    def __init__(
        self, query: DeliveryQuery, seen: frozenset[str], now: Callable[[], datetime]
    ) -> None:
        super().__init__()
        self._asked = query
        self._now = now
        names = [name for name in EVENTS if name != ALL]
        self._events = names + sorted((seen | query.events) - set(names))
        self._codes = dict(_codes(query, now()))
        self._ends = _ends(query, now())

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled("Filter deliveries", "bold"), classes="dialog-title")
            with Horizontal(classes="filter-row"):
                with Vertical(classes="side"):
                    yield Label("Status (none: any)", markup=False)
                    yield CheckList([Item(kind.value) for kind in StatusClass], id="statuses")
                with Vertical():
                    yield Label("Event (none: any)", markup=False)
                    yield CheckList([Item(name) for name in self._events], id="events")
            yield Label("Text in id, event, code, error or target", markup=False)
            with Horizontal(classes="filter-line"):
                yield _field(self._asked.text, "text", "any part, any case")
            with Horizontal(classes="filter-row", id="more"):
                with Vertical(classes="side"):
                    yield Label("Period", markup=False)
                    yield CheckList([Item(name) for name in (*_PERIODS, _OWN)], id="periods")
                with Vertical():
                    yield Label("Code (none: any)", markup=False)
                    helped = FIELDS["code"].values
                    yield CheckList(
                        [Item(word, helped.get(word, "")) for word in self._codes], id="codes"
                    )
            with Horizontal(classes="filter-line"):
                since, until = self._ends
                yield Label("Since", markup=False)
                yield _field(since, "since", "2h, yesterday, 14:00")
                yield Label("until", markup=False)
                yield _field(until, "until", "now")
                yield Label("Tries ≥", markup=False)
                least = self._asked.min_attempts
                yield _field(str(least) if least else "", "tries", "any")
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Clear", id="clear", compact=True)
                yield Button("Apply", id="apply", variant="primary", compact=True)
            yield Label(_FOOT, id="foot", classes="dialog-foot", markup=False)

    def on_mount(self) -> None:
        """Begin with the status."""
        self._list("#statuses").choose(kind.value for kind in self._asked.statuses)
        self._list("#events").choose(self._asked.events)
        self._list("#codes").choose(code.word for code in self._asked.codes)
        self._tick_period()
        self._list("#statuses").focus()

    def _list(self, selector: str) -> CheckList:
        return self.query_one(selector, CheckList)

    def _told(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    @on(CheckList.Ticked, "#periods")
    def _choose_period(self, event: CheckList.Ticked) -> None:
        event.stop()
        if event.value in _PERIODS:
            for name, word in zip(("since", "until"), _PERIODS[event.value], strict=True):
                self.query_one(f"#{name}", Input).value = word
        else:
            self.query_one("#since", Input).focus()
        self._tick_period()

    @on(Input.Changed, "#since, #until")
    def _tick_period(self) -> None:
        told = (self._told("since").lower(), self._told("until").lower())
        names = (name for name, ends in _PERIODS.items() if ends == told)
        self._list("#periods").choose([next(names, _OWN)])

    @on(Input.Submitted)
    @on(Button.Pressed, "#apply")
    def action_apply(self) -> None:
        """Use what is chosen; what cannot be read is told, and is where one types next."""
        try:
            query = self._with_period(replace(self._asked, min_attempts=self._tries()))
        except _UnreadError as problem:
            foot = self.query_one("#foot", Label)
            foot.update(Content.styled(visible(str(problem)), "$text-error"))
            self.query_one(f"#{problem.place}", Input).focus()
            return
        self.dismiss(
            replace(
                query,
                statuses=frozenset(StatusClass(kind) for kind in self._list("#statuses").chosen),
                events=self._list("#events").chosen,
                codes=frozenset(self._codes[word] for word in self._list("#codes").chosen),
                text=self._told("text"),
            )
        )

    def _tries(self) -> int:
        word = self._told("tries")
        return self._read("tries", f"tries:{quote(word, listed=True)}").min_attempts if word else 0

    def _with_period(self, query: DeliveryQuery) -> DeliveryQuery:
        """With the period of the fields; one that was not touched is kept to the microsecond."""
        ends = (self._told("since"), self._told("until"))
        if ends == self._ends:
            return query
        words = [
            f"{name}:{quote(word, listed=True)}"
            for name, word in zip(("since", "until"), ends, strict=True)
            if word
        ]
        for word in words:
            self._read(word.partition(":")[0], word)
        told = self._read("until", " ".join(words))
        return replace(
            query,
            last=told.last,
            since=told.since,
            until=told.until,
            since_word=told.since_word,
            until_word=told.until_word,
        )

    def _read(self, place: str, line: str) -> DeliveryQuery:
        try:
            return parse(line, self._now())
        except QueryError as problem:
            raise _UnreadError(place, str(problem)) from None

    @on(Button.Pressed, "#clear")
    def action_clear(self) -> None:
        """Show everything."""
        self.dismiss(DeliveryQuery())

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave the filter as it was."""
        self.dismiss(None)


class _UnreadError(ValueError):
    """A field cannot be read; `place` is its id."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def _field(value: str, name: str, placeholder: str) -> Field:
    box = Field(value, id=name, placeholder=placeholder, compact=True)
    box.cursor_blink = False
    return box


def _codes(query: DeliveryQuery, now: datetime) -> Iterator[tuple[str, CodeMatch]]:
    """Codes to choose from by their words: those worth offering, and those asked for."""
    for word in FIELDS["code"].values:
        (code,) = parse(f"code:{word}", now).codes
        yield word, code
    for code in sorted(query.codes, key=code_order):
        yield code.word, code


def _ends(query: DeliveryQuery, now: datetime) -> tuple[str, str]:
    """Since when and until when, as one would type it; of two beginnings the span."""
    since = query.since_word or (query.since and moment_word(query.since, now.tzinfo)) or ""
    until = query.until_word or (query.until and moment_word(query.until, now.tzinfo)) or ""
    return span_word(query.last) if query.last else since, until
