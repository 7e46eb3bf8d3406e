"""The filter form: status, event, text."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label
from typing_extensions import override

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.webhooks import ALL, EVENTS
from vzaps_tui.ui.dialogs import SHORT
from vzaps_tui.ui.widgets.check_list import CheckList, Item
from vzaps_tui.ui.widgets.field import Field


class FilterForm(ModalScreen[DeliveryQuery | None]):
    """Returns the new query, or None if it was left."""

    VERTICAL_BREAKPOINTS = SHORT
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "cancel", "Cancel"),
        ("ctrl+s", "apply", "Apply"),
        ("ctrl+r", "clear", "Clear"),
    ]

    def __init__(self, query: DeliveryQuery, seen: frozenset[str]) -> None:
        super().__init__()
        self._asked = query
        names = [name for name in EVENTS if name != ALL]
        self._events = names + sorted((seen | query.events) - set(names))

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled("Filter deliveries", "bold"), classes="dialog-title")
            with Horizontal(classes="filter-lists"):
                with Vertical(id="status-part"):
                    yield Label("Status (none = any)", markup=False)
                    yield CheckList([Item(kind.value) for kind in StatusClass], id="statuses")
                with Vertical():
                    yield Label("Event (none = any)", markup=False)
                    yield CheckList([Item(name) for name in self._events], id="events")
            yield Label("Text in id, event, code, error or target", markup=False)
            box = Field(self._asked.text, id="text", placeholder="any part, any case", compact=True)
            box.cursor_blink = False
            yield box
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Clear", id="clear", compact=True)
                yield Button("Apply", id="apply", variant="primary", compact=True)
            yield Label(
                "space tick · tab next · ctrl+s apply · esc leave",
                classes="dialog-foot",
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin with the status."""
        self._list("#statuses").choose(kind.value for kind in self._asked.statuses)
        self._list("#events").choose(self._asked.events)
        self._list("#statuses").focus()

    def _list(self, selector: str) -> CheckList:
        return self.query_one(selector, CheckList)

    @on(Input.Submitted, "#text")
    @on(Button.Pressed, "#apply")
    def action_apply(self) -> None:
        """Use what is chosen."""
        statuses = frozenset(StatusClass(kind) for kind in self._list("#statuses").chosen)
        self.dismiss(
            replace(
                self._asked,
                statuses=statuses,
                events=self._list("#events").chosen,
                text=self.query_one("#text", Input).value.strip(),
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
