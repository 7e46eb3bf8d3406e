"""Every kind of bad answer on every screen: what is said, what stays, how often it was asked."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tests.stack.stack import REQUEST_ID, Person, Setup, moments_ago, patience, small, working

_CHECK_URL = "Check the network and the base URL; refresh with ctrl+r."
_THEIRS = "Nothing to mend on this side; refresh with ctrl+r in a while."
_LATER = "Nothing to mend on this side; refresh with ctrl+r in a while."
_PORTAL = "A proxy or captive portal may be answering in the API's place."
_WAIT = "Wait a little, then refresh with ctrl+r."


class Said(NamedTuple):
    """What a person reads, how often the API is asked, and whether it gave a request id.

    `unknown`: what is said in place of `words` where nothing was ever read.
    """

    words: str
    hint: str
    tries: int = 1
    traced: bool = True
    unknown: str = ""


WEATHER = {
    "forbidden": Said(
        "Not allowed: instance and client token do not belong to the same owner",
        "Check that the instance and the client token belong to the same owner",
    ),
    "not-found": Said(
        "Not found: not found",
        "Go back with esc and refresh the list",
        unknown="Not found: no instance VZ",
    ),
    "not-allowed": Said("Not offered by this server: method not allowed", "VZAPS_BASE_URL"),
    "unprocessable": Said(
        "The server said no: the request cannot be processed", "Read the server's words above"
    ),
    "success-false": Said("The server said no: the operation failed", "server's words above"),
    "error-500": Said(
        "The API is in trouble: 500 Internal Server Error: internal error", _LATER, 3
    ),
    "error-503": Said("503 Service Unavailable: the service is being restarted", _LATER, 3),
    "html-error": Said("The API is in trouble: 502 Bad Gateway (HTML page)", _LATER, 3),
    "portal": Said("The answer made no sense: an HTML page instead of JSON", _PORTAL),
    "empty-body": Said("The answer made no sense: an empty answer", _PORTAL),
    "cut-body": Said("the answer was cut off before its end", _PORTAL, traced=False),
    "null": Said("null, where an object should be", _PORTAL),
    "list": Said("an empty list, where an object should be", _PORTAL),
    "reset": Said("The API did not answer: the", _CHECK_URL, 3, traced=False),
    "reset-after": Said("The API did not answer: the", _CHECK_URL, 3, traced=False),
    "no-answer": Said("connected, but no answer in time", _CHECK_URL, 3, traced=False),
    "unauthorized": Said(
        "Credentials refused: token is invalid or expired", "refresh with ctrl+r", 2
    ),
    "rate-limit": Said("Too many requests: too many requests", _WAIT, 3),
    "rate-limit-date": Said("Too many requests: too many requests", _WAIT, 3),
    "rate-limit-bare": Said("Too many requests: too many requests", _WAIT, 3),
}


class Place(NamedTuple):
    """A screen: the keys to it, what it says when it knows nothing, a word it has when it does."""

    keys: tuple[str, ...]
    blank: str
    known: str


PLACES = {
    "list": Place((), "Nothing could be read.", "Support BR"),
    "search": Place(("enter",), "Nothing could be read.", "60 loaded of 60"),
    "log": Place(
        ("enter", "enter"), "Could not be read; what the list knew is shown above.", "Attempts"
    ),
    "webhook-get": Place(("w",), "https://", "hooks.acme.example.com/vz"),
}


TELLING = ("forbidden", "error-500", "portal", "cut-body", "null", "list", "reset", "unauthorized")
"""One of each kind of problem, for the screens that differ in nothing else."""


def check(person: Person, said: Said) -> None:
    """All four things of a problem."""
    words = person.words
    assert said.words in words
    assert said.hint in words
    assert bool(REQUEST_ID.search(words)) is said.traced, words


@pytest.mark.parametrize(
    ("route", "kind"),
    [(route, kind) for route in PLACES for kind in (WEATHER if route == "search" else TELLING)],
)
async def test_it_is_told_and_nothing_known_is_lost(route: str, kind: str) -> None:
    place, said, world = PLACES[route], WEATHER[kind], small()
    world.faults.always(route, kind)
    async with working(world, Setup(timeout=patience(kind))) as person:
        await person.press(*place.keys)
        check(person, said._replace(words=said.unknown or said.words))
        assert place.blank in person.words
        assert "nothing read" in person.words
        assert person.asked(route) == said.tries

        world.faults.clear()
        await person.press("ctrl+r")
        assert place.known in person.words
        assert moments_ago("live", person.words)
        assert said.words not in person.words

        if route == "search":
            await person.press("space", "space")
        rows, marked = person.rows, person.marked
        asked = person.asked(route)
        world.faults.always(route, kind)
        await person.press("ctrl+r")
        check(person, said)
        assert moments_ago("OLD,", person.words)
        assert place.known in person.words
        assert person.rows == rows[: len(person.rows)]
        assert len(person.rows) >= len(rows) - 3, "the bar that tells it takes three lines at most"
        assert person.marked == marked
        assert person.asked(route) == asked + said.tries
