"""The export under way: it belongs to the app and lives on when a screen is left."""

from __future__ import annotations

import dataclasses
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from textual.signal import Signal

from vzaps_tui.ui.widgets.job_line import Tally

if TYPE_CHECKING:
    from array import array
    from collections.abc import AsyncGenerator, Callable

    from textual.app import App
    from textual.content import Content
    from textual.screen import Screen
    from textual.worker import Worker

    from vzaps_tui.domain.deliveries import Delivery
    from vzaps_tui.domain.exporting import Export, ExportExistsError
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.log_state import LogState
    from vzaps_tui.domain.problems import VzapsError
    from vzaps_tui.domain.query import DeliveryQuery
    from vzaps_tui.services.deliveries import DeliveryService
    from vzaps_tui.services.exporting import Tell, Written
    from vzaps_tui.ui.dialogs import Choice
    from vzaps_tui.ui.export_form import ExportChoice
    from vzaps_tui.ui.launch import Launch

Result = TypeVar("Result")

_LONG = 12.0  # seconds that words with a path stay
_AT_ONCE = 1000
"""Rows that are fetched in one go."""


class Writing(Protocol):
    """Something that is written to a file."""

    @property
    def total(self) -> int:
        """Rows that it has."""
        ...

    async def write(self, tell: Tell, *, replace: bool) -> Written:
        """Write it, whole or not at all; cancelled, nothing of it stays.

        Raises:
            ExportExistsError: there is such a file, and `replace` was not said.
            VzapsError: it cannot be written.
        """
        ...

    def said(self, written: Written) -> str:
        """What a person hears of it."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class _Order:
    """An export, the numbers of its rows in the order to write, and what a person chose."""

    export: Export
    numbers: array[int]
    choice: ExportChoice
    deliveries: DeliveryService

    @property
    def total(self) -> int:
        """Rows that it has."""
        return len(self.numbers)

    async def write(self, tell: Tell, *, replace: bool) -> Written:
        """As `Writing`."""
        from vzaps_tui.services.exporting import write_export  # noqa: PLC0415 - start-up time

        async with aclosing(self._rows()) as rows:
            return await write_export(self.export, rows, self.choice.path, tell, replace=replace)

    async def _rows(self) -> AsyncGenerator[list[Delivery], None]:
        for start in range(0, len(self.numbers), _AT_ONCE):
            found = await self.deliveries.fetch(self.numbers[start : start + _AT_ONCE])
            yield [row for row in found if row is not None]

    def said(self, written: Written) -> str:
        """As `Writing`."""
        kept = "personal data kept" if self.export.keep_personal else "personal data hidden"
        size = f"{max(1, round(written.size / 1000)):,} kB"
        report = " with their causes" if self.export.form == "md" else ""
        words = f"{written.rows:,} deliveries{report} written to {written.path} ({size}, {kept})."
        if dropped := self.total - written.rows:
            words += f" {dropped:,} were dropped from the archive meanwhile."
        return words


class Teller(Protocol):
    """What is needed of the app to speak with a person; as in `Host`, which knows this module."""

    launch: Launch

    def say(
        self,
        words: str,
        *,
        severity: str = "information",
        timeout: float | None = None,
        about: str = "",
    ) -> None:
        """A toast."""
        ...

    def words_for(self, problem: VzapsError) -> str:
        """A problem in words."""
        ...

    def show(
        self, screen: Screen[Result], done: Callable[[Result | None], None] | None = None
    ) -> None:
        """Put a screen in front."""
        ...

    async def ask(self, title: str, body: str | Content, choices: tuple[Choice, ...]) -> str:
        """A dialog; the id of the choice, or empty for Cancel."""
        ...


class Exports:
    """Writes one export at a time as a worker of the app."""

    def __init__(self, app: App[Any], host: Teller) -> None:
        self._app = app
        self._host = host
        self._worker: Worker[None] | None = None
        self.last: ExportChoice | None = None
        self.tally = Tally()
        self.changed: Signal[Tally] = Signal(app, "export")

    @property
    def is_busy(self) -> bool:
        """Whether a file is being written."""
        return self._worker is not None and not self._worker.is_finished

    def offer(
        self, instance: Instance, numbers: array[int], state: LogState, query: DeliveryQuery
    ) -> None:
        """Open the form for the rows of these numbers, and write what it asks for.

        Args:
            instance: whose rows.
            numbers: of the archive, in the order to write; they are not changed any more.
            state: how much is held of the list that the rows are of.
            query: what chose them.
        """
        from vzaps_tui.domain.exporting import (  # noqa: PLC0415 - start-up time
            Export,
            Scope,
            covers,
            default_name,
        )
        from vzaps_tui.ui.export_form import ExportForm  # noqa: PLC0415 - same

        services = self._host.launch.services
        if not numbers or services is None:
            self._host.say("There is nothing to export: no loaded delivery matches.")
            return
        now = services.clock.now()
        scope = Scope(
            instance.id, instance.name, query.describe(now.tzinfo), state.held, state.total
        )

        def chosen(choice: ExportChoice | None) -> None:
            if choice is not None:
                masker = self._host.launch.masker
                export = Export(scope, choice.form, now, choice.keep_personal, masker)
                self.last = choice
                self.begin(_Order(export, numbers, choice, services.deliveries))

        form = ExportForm(
            covers(len(numbers), scope.loaded, scope.total),
            lambda kind: default_name(instance.id, kind, now),
            self.last,
        )
        self._host.show(form, chosen)

    def begin(self, order: Writing, *, replace: bool = False) -> None:
        """Begin to write; returns at once. Only one thing is written at a time."""
        if self.is_busy:
            self._host.say("An export is under way; X stops it.", severity="warning")
            return
        self._worker = self._app.run_worker(
            self._run(order, replace=replace), name="export", group="export", exclusive=False
        )

    def stop(self) -> bool:
        """Call it off; nothing of it stays. Whether anything was under way."""
        busy = self.is_busy
        if self._worker is not None and busy:
            self._worker.cancel()
        return busy

    async def _run(self, order: Writing, *, replace: bool) -> None:
        from vzaps_tui.domain.exporting import ExportExistsError  # noqa: PLC0415 - start-up time
        from vzaps_tui.domain.problems import VzapsError  # noqa: PLC0415 - same

        def tell(rows: int) -> None:
            self._show(Tally(order.total, rows, doing="Exporting", done="rows written"))

        tell(0)
        try:
            written = await order.write(tell, replace=replace)
        except ExportExistsError as problem:
            self._app.run_worker(
                self._ask(order, problem), name="replace", group="confirm", exclusive=True
            )
        except VzapsError as problem:
            words = self._host.words_for(problem)
            self._host.say(words, severity="error", timeout=_LONG, about="export")
        else:
            if isinstance(order, _Order):
                self.last = dataclasses.replace(order.choice, path="")
            self._host.say(order.said(written), timeout=_LONG, about="export")
        finally:
            self._show(Tally())

    def _show(self, tally: Tally) -> None:
        self.tally = tally
        self.changed.publish(tally)

    async def _ask(self, order: Writing, problem: ExportExistsError) -> None:
        from vzaps_tui.ui.dialogs import Choice  # noqa: PLC0415 - start-up time

        body = f"{problem.reason}.\nx opens the form again, where the name can be changed."
        answer = await self._host.ask("Replace the file?", body, (Choice("yes", "Replace it"),))
        if answer:
            self.begin(order, replace=True)
