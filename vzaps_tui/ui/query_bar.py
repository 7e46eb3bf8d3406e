"""The line one types a query into: `:`, conditions, enter; it says what is wrong, and where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual import events, on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Input, Label, Static

from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.text import visible
from vzaps_tui.ui.widgets.cells import fit, width_of
from vzaps_tui.ui.widgets.field import Field, pictured

if TYPE_CHECKING:
    from vzaps_tui.domain.query_language import Completion, QueryError

_OFFERED = 8
_LABEL = " : "
_BAD, _WARNING, _DIM = "$text-error", "$text-warning", "$text-muted"


@dataclass(frozen=True, slots=True)
class _Said:
    """What stands under the line: words about what is at fault, if anything; more of it below."""

    fault: QueryError | None = None
    message: str = ""
    below: str = ""
    tone: str = _DIM


class QueryBar(Vertical):
    """Hidden until opened. What of the line is a whole condition is applied as it is typed.

    Below the line stand marks under the word in question with what is to be said of it, and below
    these what may come next, or what would be right.
    """

    DEFAULT_CSS = """
    QueryBar { height: 3; display: none; background: $boost; }
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
        self._said = _Said()

    def fill(self) -> None:
        """Make what one types into, unless it is there: the first frame does without."""
        if self.children:
            return
        box = Field(id="query", compact=True)
        box.cursor_blink = False
        box.select_on_focus = False
        line = Horizontal(Label(_LABEL, markup=False), box)
        self.mount(line, Static(id="marks"), Static(id="advice"))
        # Half a word is what the cursor is at, and marks stand under what is drawn of a line.
        self.watch(box, "cursor_position", self._apply, init=False)
        self.watch(box, "scroll_x", self._show_again, init=False)

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
        from vzaps_tui.domain.query_language import to_text  # noqa: PLC0415 - start-up time

        self.fill()
        self._before = query
        self._events = seen
        line = to_text(query, self._now().tzinfo)
        self.add_class("-open")
        self.field.value = f"{line} " if line else ""
        self.field.cursor_position = len(self.field.value)
        self.field.focus()
        self._advise()
        self.call_after_refresh(self._scroll_to_cursor)

    def offer(self, seen: frozenset[str]) -> None:
        """Offer these names of events from now on."""
        self._events = seen
        if self.is_open:
            self._advise()

    def _scroll_to_cursor(self) -> None:
        """Textual does so when the cursor moves, but not before the line has been laid out."""
        field = self.field
        at = cell_len(pictured(field.value[: field.cursor_position]))
        field.scroll_to_region(Region(at, 0, 1, 1), force=True, animate=False)

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
        from vzaps_tui.domain.query_language import complete  # noqa: PLC0415 - start-up time

        return complete(self.field.value, self.field.cursor_position, self._events)

    def _put(self, chosen: Completion) -> None:
        text = self.field.value
        self.field.value = text[: chosen.start] + chosen.text + text[chosen.end :]
        self.field.cursor_position = chosen.start + len(chosen.text)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._apply()

    def _apply(self) -> None:
        if self.is_open:
            self.post_message(self.Asked(self._advise()))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        from vzaps_tui.domain.query_language import QueryError, parse  # noqa: PLC0415 - start-up time

        event.stop()
        try:
            query = parse(self.field.value, self._now())
        except QueryError as error:
            self._show(_Said(error, _sentence(error.message), error.hint, _BAD))
        else:
            self.close()
            self.post_message(self.Asked(query, done=True))

    def _advise(self) -> DeliveryQuery:
        """Say what is left out and what may come next; the query of what holds already."""
        from vzaps_tui.domain.query_draft import NOT_YET, draft  # noqa: PLC0415 - start-up time

        line, cursor = self.field.value, self.field.cursor_position
        found = draft(line, cursor, self._now(), self._events)
        offers = "   ".join(f"{one.text} {one.help}".strip() for one in found.offers[:_OFFERED])
        fault = found.fault
        if fault is None:
            self._show(_Said(None, found.note, offers, _WARNING if found.empty else _DIM))
        elif found.growing:
            more = fault.hint if fault.message == NOT_YET else str(fault)
            self._show(_Said(fault, _sentence(NOT_YET), offers or more, _DIM))
        else:
            offered = offers if any(one.start < cursor for one in found.offers) else ""
            self._show(_Said(fault, _sentence(fault.message), offered or fault.hint, _BAD))
        return found.query

    def _show_again(self) -> None:
        if self.is_open:
            self._show(self._said)

    def _show(self, said: _Said) -> None:
        self._said = said
        room = max(1, self.screen.size.width - len(_LABEL))
        marks, below = self._marked(said, room)
        self.query_one("#marks", Static).update(_line(marks, said.tone))
        tone = _DIM if below == said.below else said.tone
        self.query_one("#advice", Static).update(_line(fit(below, room).rstrip(), tone))

    def _marked(self, said: _Said, room: int) -> tuple[str, str]:
        """The line with the marks, and the one below: the words stand where there is room."""
        start, end = self._columns(said.fault, room)
        message = visible(said.message)
        width = width_of(message)
        if start >= end:
            return fit(message, room).rstrip(), said.below
        marks = " " * start + "^" * (end - start)
        if end + 1 + width <= room:
            return f"{marks} {message}", said.below
        if width + 1 <= start:
            return f"{fit(message, start - 1, 'right')} {marks[start:]}", said.below
        return marks, " ".join(filter(None, (message, said.below)))

    def _columns(self, fault: QueryError | None, room: int) -> tuple[int, int]:
        """From where to where the word in question is drawn, in cells; nothing where it is not."""
        if fault is None or fault.text != self.field.value:
            return 0, 0
        hidden = round(self.field.scroll_x)
        start = cell_len(pictured(fault.text[: fault.start])) - hidden
        end = start + max(1, cell_len(pictured(fault.text[fault.start : fault.end])))
        return max(0, start), min(room, end)


def _sentence(message: str) -> str:
    return f"{message}."


def _line(text: str, tone: str) -> Content:
    return Content.assemble(" " * len(_LABEL), (text, tone))
