"""The filter form: status, event, text."""

from __future__ import annotations

from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, SelectionList
from textual.widgets.selection_list import Selection
from typing_extensions import override

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.text import visible
from vzaps_tui.domain.webhooks import ALL, EVENTS


class FilterForm(ModalScreen[DeliveryQuery | None]):
    """Returns the new query, or None if it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "cancel", "Cancel"),
        ("ctrl+s", "apply", "Apply"),
        ("ctrl+r", "clear", "Clear"),
    ]

    def __init__(self, query: DeliveryQuery, seen: set[str]) -> None:
        super().__init__()
        self._asked = query
        names = [name for name in EVENTS if name != ALL]
        self._events = names + sorted((seen | query.events) - set(names))

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled("Filter deliveries", "bold"), classes="dialog-title")
            with Horizontal(classes="filter-lists"):
                with Vertical():
                    yield Label("Status (none = any)", markup=False)
                    yield SelectionList[str](*self._statuses(), id="statuses", compact=True)
                with Vertical():
                    yield Label("Event (none = any)", markup=False)
                    yield SelectionList[str](*self._event_rows(), id="events", compact=True)
            yield Label("Text in id, event, code, error or target", markup=False)
            box = Input(self._asked.text, id="text", placeholder="any part, any case")
            box.cursor_blink = False
            yield box
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel")
                yield Button("Clear", id="clear")
                yield Button("Apply", id="apply", variant="primary")
            yield Label(
                "space toggles · tab goes on · enter or ctrl+s applies",
                classes="dialog-foot",
                markup=False,
            )

    def _statuses(self) -> list[Selection[str]]:
        return [
            Selection(Content(kind.value), kind.value, kind in self._asked.statuses)
            for kind in StatusClass
        ]

    def _event_rows(self) -> list[Selection[str]]:
        return [
            Selection(Content(visible(name)), name, name in self._asked.events)
            for name in self._events
        ]

    def on_mount(self) -> None:
        """Begin with the status."""
        self.query_one("#statuses").focus()

    def _chosen(self, selector: str) -> list[str]:
        field = cast("SelectionList[str]", self.query_one(selector, SelectionList))
        return field.selected

    @on(Input.Submitted, "#text")
    @on(Button.Pressed, "#apply")
    def action_apply(self) -> None:
        """Use what is chosen."""
        self.dismiss(
            DeliveryQuery(
                frozenset(StatusClass(kind) for kind in self._chosen("#statuses")),
                frozenset(self._chosen("#events")),
                self.query_one("#text", Input).value.strip(),
            )
        )

    @on(Button.Pressed, "#clear")
    def action_clear(self) -> None:
        """Show everything."""
        self.dismiss(DeliveryQuery())

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Leave the filter as it was."""
        self.dismiss(None)
