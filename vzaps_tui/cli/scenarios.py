"""The emulator's scenario names on the command line: checked, listed in its help, completed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping

    from click.shell_completion import CompletionItem


def _known() -> Mapping[str, str]:
    from vzaps_tui.emulator.scenarios import SCENARIOS  # noqa: PLC0415 - the emulator's commands only

    return SCENARIOS


class ScenarioName(click.ParamType[str]):
    """One name out of those that the emulator knows."""

    name = "scenario"

    @override
    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in _known():
            names = ", ".join(_known())
            self.fail(f"no scenario is called '{value}'. There are {names}.", param, ctx)
        return value

    @override
    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - while completing only

        return [
            CompletionItem(name, help=doc)
            for name, doc in _known().items()
            if name.startswith(incomplete)
        ]


class EmulatorCommand(click.Command):
    """A command whose help ends with the scenarios."""

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Scenarios"):
            formatter.write_dl(list(_known().items()))
