"""The line one types a query into: `:`, conditions, enter; it says what is wrong, and where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static
from typing_extensions import override

from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.query_language import Completion, QueryError, complete, parse, to_text
from vzaps_tui.domain.text import visible
from vzaps_tui.ui.widgets.cells import fit, width_of
from vzaps_tui.ui.widgets.field import Field

_OFFERED = 8
_LABEL = " : "


class QueryBar(Vertical):
    """Hidden until opened. Every line that can be read is applied as it is typed.

    But for a word that may become the name of a field: nobody who types `last:2h` looks for `las`.
    """

    DEFAULT_CSS = """
    QueryBar { height: 2; display: none; background: $boost; }
    QueryBar.-open { display: block; }
    QueryBar Horizontal { height: 1; }
    QueryBar Label { width: auto; }
    QueryBar Input { width: 1fr; border: none; height: 1; padding: 0; background: $boost; }
    QueryBar Static { height: 1; }
    """

    class Asked(Message):
        """A query that could be read; `done` when the line was left."""

        def __init__(self, query: DeliveryQuery, *, done: bool = False) -> None:
            super().__init__()
            self.query = query
            self.done = done

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self._before = DeliveryQuery()
        self._events: frozenset[str] = frozenset()

    @override
    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(_LABEL, markup=False)
            box = Field(id="query", compact=True)
            box.cursor_blink = False
            box.select_on_focus = False
            yield box
        yield Static(id="advice")

    @property
    def field(self) -> Field:
        """Where one types."""
        return self.query_one(Field)

    @property
    def is_open(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-open")

    def open(self, query: DeliveryQuery, seen: frozenset[str]) -> None:
        """Show a query as a line and take the keys; `seen` are names of events to offer."""
        self._before = query
        self._events = seen
        line = to_text(query, self._now().tzinfo)
        self.add_class("-open")
        self.field.value = f"{line} " if line else ""
        self.field.cursor_position = len(self.field.value)
        self.field.focus()
        self._advise()

    def offer(self, seen: frozenset[str]) -> None:
        """Offer these names of events from now on."""
        self._events = seen
        if self.is_open:
            self._advise()

    def close(self) -> None:
        """Hide it; the query stays as it is."""
        self.remove_class("-open")

    def take_back(self) -> None:
        """Hide it; the query is what it was when it was opened."""
        self.close()
        self.post_message(self.Asked(self._before, done=True))

    def on_key(self, event: events.Key) -> None:
        """Tab takes what is offered first."""
        if event.key == "tab" and (offered := self._offered()):
            event.stop()
            event.prevent_default()
            self._put(offered[0])

    def _offered(self) -> list[Completion]:
        return complete(self.field.value, self.field.cursor_position, self._events)

    def _put(self, chosen: Completion) -> None:
        text = self.field.value
        self.field.value = text[: chosen.start] + chosen.text + text[chosen.end :]
        self.field.cursor_position = chosen.start + len(chosen.text)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_open and (query := self._advise()) is not None and not self._begins_a_field():
            self.post_message(self.Asked(query))

    def _begins_a_field(self) -> bool:
        """Whether the word at the cursor is the beginning of a field's name."""
        cursor = self.field.cursor_position
        return any(one.start < cursor and one.text.endswith(":") for one in self._offered())

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if (query := self._parsed()) is not None:
            self.close()
            self.post_message(self.Asked(query, done=True))

    def _parsed(self) -> DeliveryQuery | None:
        """The query; None after saying what is wrong with the line."""
        try:
            return parse(self.field.value, self._now())
        except QueryError as error:
            self.query_one("#advice", Static).update(self._pointing(error))
            return None

    def _advise(self) -> DeliveryQuery | None:
        """Say what may come next, else what is wrong; the query, if the line is one."""
        query, advice = None, Content()
        try:
            query = parse(self.field.value, self._now())
        except QueryError as error:
            advice = self._pointing(error)
        if offers := [f"{each.text} {each.help}".strip() for each in self._offered()[:_OFFERED]]:
            words = fit("   ".join(offers), self._room()).rstrip()
            advice = Content.assemble(" " * len(_LABEL), (words, "$text-muted"))
        self.query_one("#advice", Static).update(advice)
        return query

    def _room(self) -> int:
        return max(1, self.screen.size.width - len(_LABEL) - 1)

    def _pointing(self, error: QueryError) -> Content:
        """Marks under the word in question, then what is wrong with it."""
        before = width_of(visible(error.text[: error.start]))
        marks = "^" * max(1, width_of(visible(error.text[error.start : error.end])))
        words = f"{marks} {error.message}. {error.hint}".rstrip(". ")
        words += "" if words.endswith("?") else "."
        room = self._room()
        # A long line scrolls: then the words matter more than where they stand.
        indent = before if before + width_of(words) <= room else 0
        line = fit(words, room - indent).rstrip()
        return Content.assemble(" " * (len(_LABEL) + indent), (line, "$text-error"))
