"""Which instance a command is about: the one that was named, else the only one there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vzaps_tui.cli.usage import UsageError
from vzaps_tui.domain.instances import meant

if TYPE_CHECKING:
    from vzaps_tui.domain.instances import Instance
    from vzaps_tui.domain.paging import Listing

_NAMED: Final = 20
"""Most instances that an error names."""


def is_known(listing: Listing[Instance], wish: str | None) -> bool:
    """Whether the listing holds what is wished for, one or several: else it may be too old."""
    return bool(listing.rows if wish is None else meant(listing.rows, wish))


def pick(listing: Listing[Instance], wish: str | None) -> Instance:
    """The instance of this id or name, else the only one.

    Raises:
        UsageError: it cannot be told which; names them.
    """
    found = listing.rows if wish is None else meant(listing.rows, wish)
    if len(found) == 1:
        return found[0]
    if not listing.rows:
        raise UsageError("this account has no instance", hint="Make one first, or use --profile.")
    names = _names(found or listing.rows)
    if wish is None:
        reason = f"there are {len(listing.rows)} instances"
        raise UsageError(reason, hint=f"Name one with --instance: {names}.")
    if found:
        reason = f"{len(found)} instances are named '{wish}'"
        raise UsageError(reason, hint=f"Give the id of one with --instance: {names}.")
    raise UsageError(f"there is no instance '{wish}'", hint=f"There are: {names}.")


def _names(rows: tuple[Instance, ...]) -> str:
    told = ", ".join(f"{row.id} ({row.name})" if row.name else row.id for row in rows[:_NAMED])
    return told if len(rows) <= _NAMED else f"{told} and {len(rows) - _NAMED} more"
