"""How lists were looked at, as it is written down: filters are text of the query language."""

from __future__ import annotations

from vzaps_tui.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class KeptView:
    """How an instance's list was last looked at.

    Attributes:
        query: the filter, a line of the query language; empty: everything.
        oldest_first: whether the list began with the oldest.
        preview: whether the preview was wanted.
    """

    query: str = ""
    oldest_first: bool = False
    preview: bool = True


@dataclass(frozen=True, slots=True, order=True)
class SavedView:
    """A filter that was given a name, for all instances of the account.

    Attributes:
        name: as a person gave it; not empty.
        query: the filter, a line of the query language.
    """

    name: str
    query: str
