"""An instance's webhook: URL and events in a form, reviewed as a diff before it is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, Static
from typing_extensions import override

from vzaps_tui.domain.envelope import Source
from vzaps_tui.domain.masking import MASK, mask_url, unmask_url
from vzaps_tui.domain.problems import VzapsError
from vzaps_tui.domain.webhooks import (
    ALL,
    EVENTS,
    Level,
    SaveReport,
    WebhookChange,
    WebhookConfig,
    canonical_events,
    check_events,
    check_url,
    same_config,
)
from vzaps_tui.ui.board import Board
from vzaps_tui.ui.command import bindings
from vzaps_tui.ui.commands import EVERYWHERE, WEBHOOK
from vzaps_tui.ui.copy_item import CopyItem
from vzaps_tui.ui.dialogs import Choice
from vzaps_tui.ui.webhook_words import change_text, findings_text, report_text
from vzaps_tui.ui.widgets.check_list import CheckList, Item
from vzaps_tui.ui.widgets.field import Field

if TYPE_CHECKING:
    from vzaps_tui.domain.envelope import Envelope
    from vzaps_tui.domain.instances import Instance


class WebhookScreen(Board[None]):
    """The form; nothing is sent before the review."""

    PLACES = (EVERYWHERE, WEBHOOK)
    BINDINGS = bindings(EVERYWHERE, WEBHOOK)

    def __init__(self, instance: Instance) -> None:
        super().__init__()
        self._instance = instance
        self._stored: WebhookConfig | None = None
        self._names = list(EVENTS)
        self._settling = False

    @override
    def crumbs(self) -> tuple[str, ...]:
        return (self._instance.name or self._instance.id, "Webhook")

    @override
    def body(self) -> ComposeResult:
        with VerticalScroll(classes="pane form", can_focus=False):
            with Horizontal(classes="url-line"):
                yield Label("URL  ", markup=False)
                url = Field(id="url", placeholder="https://", disabled=True, compact=True)
                url.cursor_blink = False
                url.select_on_focus = False
                yield url
            yield Static(id="findings")
            yield Label("Events  space ticks, All stands alone", markup=False)
            yield CheckList(id="events")
            yield Label("What would change", markup=False)
            yield Static(id="change")
            yield Static(id="report")

    @property
    def url_field(self) -> Input:
        """The URL as typed, hidden parts masked."""
        return self.query_one("#url", Input)

    @property
    def events_field(self) -> CheckList:
        """The events."""
        return self.query_one(CheckList)

    @override
    def main_widget(self) -> Widget | None:
        return self.url_field

    # -- reading ---------------------------------------------------------------------------------

    @override
    def load(self, *, force: bool) -> None:
        if force and self.unsaved():
            self.host.say("You have unsaved changes: esc discards them.", severity="warning")
            return
        self._load(force=force)

    @work(group="load", exclusive=True)
    async def _load(self, *, force: bool) -> None:
        self.show_asking()
        last: Envelope[WebhookConfig] | None = None
        try:
            async for envelope in self.services.webhooks.load(self._instance.id, force=force):
                last = envelope
                if not self.unsaved():
                    self._fill(envelope.data)
                self.show_freshness(envelope, asking=True)
        except VzapsError as problem:
            self.show_problem(problem)
            return
        if last is not None:
            self.show_freshness(last, asking=False)
            kept = last.source is Source.CACHE and not last.problem
            if kept and not force and MASK in (last.data.url or ""):
                self._load(force=True)  # from the disk, where the hidden part is not kept

    def _fill(self, config: WebhookConfig) -> None:
        """Put a configuration into the form."""
        first = self._stored is None
        self._stored = config
        self._settling = True
        self._names = [*EVENTS, *(name for name in config.events if name not in EVENTS)]
        self.url_field.value = mask_url(config.url) if config.url else ""
        self.events_field.put(self._items(), config.events)
        self._settling = False
        self.url_field.disabled = False
        if first:
            self.url_field.focus()
        self._show_change()

    def _items(self) -> list[Item]:
        unknown = "not among the documented names"
        return [Item(name, EVENTS.get(name, unknown)) for name in self._names]

    # -- editing ---------------------------------------------------------------------------------

    def _wanted(self, original: str | None) -> WebhookConfig:
        """The form as a configuration; hidden parts come from `original`."""
        chosen = self.events_field.chosen
        url = unmask_url(self.url_field.value, original)
        return WebhookConfig(url or None, canonical_events(n for n in self._names if n in chosen))

    def _change(self) -> WebhookChange | None:
        if self._stored is None:
            return None
        untouched = mask_url(self._stored.url) if self._stored.url else ""
        wanted = self._wanted(self._stored.url)
        if self.url_field.value == untouched:
            wanted = WebhookConfig(self._stored.url, wanted.events)
        return WebhookChange(self._stored, wanted)

    @override
    def unsaved(self) -> bool:
        return (
            self._stored is not None
            and (change := self._change()) is not None
            and not same_config(change.before, change.after)
        )

    @on(Input.Changed, "#url")
    def _url_typed(self) -> None:
        if not self._settling:
            self._show_change()

    @on(CheckList.Ticked)
    def _event_ticked(self, event: CheckList.Ticked) -> None:
        chosen = event.check_list.chosen
        if event.value in chosen and ALL in chosen and len(chosen) > 1:
            event.check_list.choose({ALL} if event.value == ALL else chosen - {ALL})
        self._show_change()

    def _findings(self, change: WebhookChange) -> Content:
        """Remarks on what is typed; what nobody touched gets hints at most."""
        found = (*check_url(change.after.url or ""), *check_events(change.after.events))
        if same_config(change.before, change.after):
            found = tuple(one for one in found if one.level is Level.WARNING)
        return findings_text(found)

    def _show_change(self) -> None:
        change = self._change()
        if change is None:
            return
        same = same_config(change.before, change.after)
        changed = Content.styled("Nothing yet.", "$text-muted") if same else change_text(change)
        self.query_one("#change", Static).update(changed)
        self.query_one("#findings", Static).update(self._findings(change))
        if not same:
            self.query_one("#report", Static).update("")

    # -- saving ----------------------------------------------------------------------------------

    @work(group="confirm", exclusive=True)
    async def action_save(self) -> None:
        """Review the change against what the API holds now, then save."""
        if self.host.launch.read_only:
            self.host.say("Read-only: nothing is saved.", severity="warning")
            return
        if self._stored is None:
            self.host.say("Nothing is loaded yet: there is nothing to save.", severity="warning")
            return
        await self._review(None)

    @work(group="confirm", exclusive=True)
    async def action_undo(self) -> None:
        """Go back to what was stored before the last save."""
        if self.host.launch.read_only:
            self.host.say("Read-only: nothing is saved.", severity="warning")
            return
        before = self.host.undo.get(self._instance.id)
        if before is None:
            self.host.say("Nothing was saved in this run: there is nothing to take back.")
            return
        if before.url is None:
            self.host.say(
                "It cannot be taken back: no URL was set before, and none can be cleared."
            )
            return
        await self._review(before)

    async def _review(self, wanted: WebhookConfig | None) -> None:
        """Read, show the diff, save on consent. `wanted` None = what the form says."""
        self.show_asking()
        try:
            envelope = await self.services.webhooks.read(self._instance.id)
        except VzapsError as problem:
            self.show_problem(problem)
            self.host.say(
                "Not saved: what the API holds could not be read first.", severity="error"
            )
            return
        self.show_freshness(envelope, asking=False)
        server = envelope.data
        loaded = self._stored or server
        if wanted is None:
            wanted = self._wanted(server.url if MASK in (loaded.url or "") else loaded.url)
        if await self._agreed(server, loaded, wanted):
            self.host.save_webhook(self._instance, server, wanted)

    async def _agreed(
        self, server: WebhookConfig, loaded: WebhookConfig, wanted: WebhookConfig
    ) -> bool:
        findings = (*check_url(wanted.url or ""), *check_events(wanted.events))
        if errors := [found.text for found in findings if found.level is Level.ERROR]:
            self.host.say(f"Not saved. {errors[0]}", severity="error")
            return False
        change = WebhookChange(server, wanted)
        if same_config(server, wanted):
            self.host.say("Nothing to save: the API holds this already.")
            self._fill(server)
            return False
        body = change_text(change)
        if MASK not in (loaded.url or "") and not same_config(server, loaded):
            warning = "Changed by someone else since it was loaded here.\n\n"
            body = Content.assemble((warning, "$text-warning"), body)
        if findings:
            body = Content.assemble(body, "\n\n", findings_text(findings))
        title = f"Save the webhook of {self._instance.name or self._instance.id}?"
        save = Choice("save", "Save", danger=False)
        return await self.host.ask(title, body, (save,)) == "save"

    def note_saved(self, instance: Instance, report: SaveReport) -> None:
        """A save of this instance came to an end."""
        if instance.id != self._instance.id:
            return
        self._fill(report.stored or report.sent)
        self.query_one("#report", Static).update(report_text(report))
        self.query_one("#report").scroll_visible(animate=False)

    # -- leaving ---------------------------------------------------------------------------------

    @override
    def leave(self) -> None:
        if self.unsaved():
            self._discard()
        else:
            self.dismiss()

    @work(group="confirm", exclusive=True)
    async def _discard(self) -> None:
        discard = Choice("discard", "Discard")
        answer = await self.host.ask("Discard your changes?", "Nothing was sent.", (discard,))
        if answer == "discard":
            self.dismiss()

    @override
    def copies(self) -> tuple[CopyItem, ...]:
        if self._stored is None:
            return ()
        return (
            CopyItem("u", "URL, query hidden", mask_url(self._stored.url or "")),
            CopyItem("e", "events", ",".join(self._stored.events)),
        )
