"""What a shell offers for the values of flags while a line is typed; loads what it needs then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from vzaps_tui.domain.problems import SettingsError

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

Complete: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"


def profile_names(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Profiles of the config file; none where it cannot be read."""
    from vzaps_tui.cli.places import places  # noqa: PLC0415 - while completing only
    from vzaps_tui.settings.config_file import read_config  # noqa: PLC0415 - same

    try:
        names = read_config(places().config).profiles
    except SettingsError:
        return []  # nothing can be said while a line is being typed
    return _items((name, "") for name in names if name.startswith(incomplete))


def values_of(field: str) -> Complete:
    """Values of a field of the query language, each after a comma too where it takes several."""

    def complete(
        _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from vzaps_tui.domain.query_fields import FIELDS  # noqa: PLC0415 - while completing only

        known = FIELDS[field]
        return _listed(known.values, incomplete, several=not known.once)

    return complete


def webhook_events(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Events that a webhook may subscribe to."""
    from vzaps_tui.domain.webhooks import EVENTS  # noqa: PLC0415 - while completing only

    return _listed(EVENTS, incomplete, several=True)


def _listed(values: Mapping[str, str], incomplete: str, *, several: bool) -> list[CompletionItem]:
    """Those that begin as the last word of a list does, in any case, and are not in it yet."""
    before, comma, last = incomplete.rpartition(",") if several else ("", "", incomplete)
    told = before.casefold().split(",")
    return _items(
        (f"{before}{comma}{value}", meaning)
        for value, meaning in values.items()
        if value.casefold().startswith(last.casefold()) and value.casefold() not in told
    )


def _items(values: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - while completing only

    return [
        CompletionItem(value, help=meaning or None)
        for value, meaning in values
        if value.isprintable()
    ]
