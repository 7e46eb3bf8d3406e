"""What only the emulator's options take: scenarios, checked, listed, completed; and amounts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.shell_completion import CompletionItem


class Amount(click.FloatRange):
    """A number within bounds; `nan`, which no bound holds back, is refused."""

    @override
    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        found = super().convert(value, param, ctx)
        if math.isnan(found):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return found


class ScenarioText(click.ParamType[str]):
    """A scenario that the emulator knows, `NAME[:ROUTE][:TIMES]`."""

    name = "scenario"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from vzaps_tui.emulator.scenarios import parse_scenario  # noqa: PLC0415 - the emulator only

        try:
            parse_scenario(value)
        except ValueError as problem:
            self.fail(f"{problem}.", param, ctx)
        return value

    @override
    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - while completing only

        return [
            CompletionItem(text, help=doc)
            for text, doc in _completions(incomplete)
            if text.startswith(incomplete)
        ]


class AllowanceText(click.ParamType[str]):
    """Calls a second, `R[:ROUTE]`."""

    name = "allowance"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from vzaps_tui.emulator.allowance import (  # noqa: PLC0415 - the emulator only
            parse_allowance,
        )

        try:
            parse_allowance(value)
        except ValueError as problem:
            self.fail(f"{problem}.", param, ctx)
        return value


def _completions(begun: str) -> Iterator[tuple[str, str]]:
    """Names; once a name that can be aimed stands there, its routes."""
    from vzaps_tui.emulator.scenarios import REPLIES, ROUTES, SCENARIOS  # noqa: PLC0415 - same

    name, colon, _ = begun.partition(":")
    if not colon:
        yield from SCENARIOS.items()
    elif name in REPLIES:
        for route in ROUTES:
            yield f"{name}:{route}", REPLIES[name]


class EmulatorCommand(click.Command):
    """A command whose help ends with the scenarios and how they are aimed."""

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from vzaps_tui.emulator.scenarios import (  # noqa: PLC0415 - the emulator only
            MAX_TIMES,
            REPLIES,
            ROUTES,
            SHAPES,
        )

        with formatter.section("Scenarios of answers, for every call but that of the token"):
            formatter.write_dl(list(REPLIES.items()))
        with formatter.section("The same, aimed"):
            formatter.write_dl(
                [
                    ("reset-after:retry", "at one route, every call of it"),
                    ("error-500:search:2", f"at its next calls only, 1 to {MAX_TIMES}"),
                    ("error-503:3", "at the next calls of any route but the token"),
                    ("ROUTE", ", ".join(ROUTES)),
                ]
            )
        with formatter.section("Scenarios of shapes and retries, for every call"):
            formatter.write_dl(list(SHAPES.items()))
