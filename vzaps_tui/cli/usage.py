"""What cannot be done as a command line asks for it, and what to do next without a screen."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from vzaps_tui.domain.plans import UnknownPlanError
from vzaps_tui.domain.problems import (
    AuthError,
    NotFoundError,
    ProtocolError,
    RateLimitedError,
    SettingsError,
    TroubledError,
    UnavailableError,
    VzapsError,
)

_NEXT: Final[dict[type[VzapsError], str]] = {
    AuthError: "Check VZAPS_CLIENT_TOKEN and VZAPS_CLIENT_SECRET.",
    NotFoundError: "It may have been removed; `vzaps-tui logs` shows what there is.",
    RateLimitedError: "Wait a little, then ask again.",
    UnavailableError: "Check the network and the base URL.",
    TroubledError: "Nothing to mend on this side; ask again in a while.",
    ProtocolError: "A proxy or captive portal may be answering in the API's place. "
    "Check the base URL.",
    UnknownPlanError: "`vzaps-tui plans` lists those there are.",
}


class UsageError(SettingsError):
    """The command line asks for something that cannot be done as it stands."""

    title = "Cannot be done"
    hint = "See --help."


def fitting(problem: VzapsError) -> VzapsError:
    """The problem with a next step for the command line, where it has only that of a screen."""
    kind = type(problem)
    if problem.hint == kind.hint and (hint := _NEXT.get(kind)):
        problem.hint = hint
    return problem


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant; empty where none is near."""
    folded = {one.casefold(): one for one in known}
    near = get_close_matches(word.casefold(), folded, n=1)
    return folded[near[0]] if near else ""
