"""Filters with a name: the list to choose from, and the line that gives a name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static
from typing_extensions import override

from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.query_language import to_text
from vzaps_tui.ui.dialogs import SHORT, Choice
from vzaps_tui.ui.host import Host, host_of
from vzaps_tui.ui.render import words
from vzaps_tui.ui.widgets.field import Field
from vzaps_tui.ui.widgets.virtual_table import Column, VirtualTable

if TYPE_CHECKING:
    from vzaps_tui.domain.remembered import SavedView
    from vzaps_tui.services.views import ViewService
    from vzaps_tui.ui.widgets.cells import Cell

_LONGEST_NAME = 60
_NONE = "No filter has a name yet: V in the list gives one to the filter it has."
_COLUMNS = (Column("name", "Name", 18, flex=1), Column("query", "Filter", 20, flex=2))


class _ViewRows:
    """Rows for the table."""

    def __init__(self, views: Sequence[SavedView], service: ViewService) -> None:
        self.views = views
        self._service = service

    def __len__(self) -> int:
        return len(self.views)

    def key(self, index: int) -> str:
        return self.views[index].name

    def index(self, key: str) -> int | None:
        return next((at for at, view in enumerate(self.views) if view.name == key), None)

    def cells(self, index: int) -> tuple[Cell, ...]:
        view = self.views[index]
        if self._service.read(view.query) is None:
            return view.name, (f"cannot be read: {view.query}", "bad")
        return view.name, (view.query, "dim")


class ViewPicker(ModalScreen[DeliveryQuery | None]):
    """Returns the filter of the view chosen, or None if it was left."""

    VERTICAL_BREAKPOINTS = SHORT
    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape", "back", "Back"),
        Binding("slash", "find", "Find"),
        Binding("d,delete", "forget", "Forget"),
    ]

    def __init__(self, service: ViewService, views: Sequence[SavedView]) -> None:
        super().__init__()
        self._service = service
        self._views = tuple(views)

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog wide"):
            yield Label(Content.styled("Views", "bold"), classes="dialog-title")
            box = Field(id="name", placeholder="/ finds by name", compact=True)
            box.cursor_blink = False
            yield box
            yield VirtualTable(_COLUMNS, id="views")
            yield Label(
                "enter applies · / finds · d forgets · esc leaves",
                classes="dialog-foot",
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin with the first view."""
        self._show()
        self._table.focus()

    @property
    def _table(self) -> VirtualTable:
        return self.query_one("#views", VirtualTable)

    @property
    def _host(self) -> Host:
        return host_of(self)

    def _show(self) -> None:
        needle = self.query_one("#name", Input).value.strip().casefold()
        self._table.empty_text = "No name holds that." if self._views else _NONE
        shown = tuple(view for view in self._views if needle in view.name.casefold())
        self._table.show(_ViewRows(shown, self._service))

    def _chosen(self) -> SavedView | None:
        key = self._table.cursor_key
        return next((view for view in self._views if view.name == key), None)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._show()

    @on(Input.Submitted)
    @on(VirtualTable.Opened)
    def _apply(self) -> None:
        view = self._chosen()
        if view is None:
            return
        query = self._service.read(view.query)
        if query is None:
            self._host.say("This filter cannot be read any more; d forgets it.", severity="warning")
        else:
            self.dismiss(query)

    def action_find(self) -> None:
        """Type a part of a name."""
        self.query_one("#name", Input).focus()

    def action_back(self) -> None:
        """From the name to the list, else leave the filter as it was."""
        if self._table.has_focus:
            self.dismiss(None)
        else:
            self._table.focus()

    @work(group="confirm", exclusive=True)
    async def action_forget(self) -> None:
        """Forget the view under the cursor, after a question."""
        view = self._chosen()
        if view is None:
            return
        body = f"{view.name}\n{view.query}"
        answer = await self._host.ask("Forget this view?", body, (Choice("forget", "Forget it"),))
        if answer != "forget":
            return
        try:
            await self._service.drop(view.name)
            self._views = await self._service.saved()
        except VzapsError as problem:
            self._host.say(self._host.words_for(problem), severity="error", timeout=10)
        else:
            self._show()


class NameForm(ModalScreen[str | None]):
    """Returns a name for a filter, or None if it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "cancel", "Cancel")]

    def __init__(self, query: str, name: str) -> None:
        """Query: the filter in words. Name: what to propose."""
        super().__init__()
        self._line = query
        self._proposed = name

    @override
    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Label(Content.styled("Keep this filter as", "bold"), classes="dialog-title")
            box = Field(self._proposed, id="name", compact=True, max_length=_LONGEST_NAME)
            box.cursor_blink = False
            yield box
            yield Static(words(self._line), classes="dialog-foot")
            yield Label("enter keeps it · esc leaves", classes="dialog-foot", markup=False)

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one("#name", Input).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if name := event.value.strip():
            self.dismiss(name)

    def action_cancel(self) -> None:
        """Keep nothing."""
        self.dismiss(None)


async def pick_view(host: Host, service: ViewService) -> DeliveryQuery | None:
    """Let a view be chosen; its filter, or None. Await it in a worker."""
    try:
        views = await service.saved()
    except VzapsError as problem:
        host.say(host.words_for(problem), severity="error", timeout=10)
        return None
    return await host.choose(ViewPicker(service, views))


async def keep_view(host: Host, service: ViewService, query: DeliveryQuery) -> None:
    """Let a filter be kept under a name, in place of another only after a question."""
    if query.is_empty:
        host.say("There is no filter to keep: f, F or : make one.")
        return
    try:
        kept = {view.name: view.query for view in await service.saved()}
        text = to_text(query)
        proposed = next((name for name, line in kept.items() if line == text), "")
        name = await host.choose(NameForm(text, proposed))
        if name is None or not await _may_replace(host, name, kept.get(name), text):
            return
        await service.save(name, query)
    except VzapsError as problem:
        host.say(host.words_for(problem), severity="error", timeout=10)
    else:
        host.say(f"Kept as {name}: v shows all views.")


async def _may_replace(host: Host, name: str, before: str | None, after: str) -> bool:
    """Whether a view may have a name: it is free, or a person says so."""
    if before is None or before == after:
        return True
    body = f"{name} is\n{before}\nand would become\n{after}"
    return await host.ask("Replace this view?", body, (Choice("yes", "Replace it"),)) == "yes"
