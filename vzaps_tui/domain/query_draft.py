"""A query line while it is typed: what of it holds already, and what is to be said of the rest."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from vzaps_tui.domain.periods import moment_word, read_moment, short
from vzaps_tui.domain.query import DeliveryQuery
from vzaps_tui.domain.query_fields import ALIASES, FIELDS
from vzaps_tui.domain.query_language import Completion, QueryError, complete
from vzaps_tui.domain.query_reading import KNOWN_EVENTS, Reading
from vzaps_tui.domain.query_words import Term
from vzaps_tui.domain.record import dataclass
from vzaps_tui.domain.span import between

_NAMES = (*FIELDS, *ALIASES)
_MAY_GROW = re.compile(r"""["'].*|[A-Za-z_]+:|[0-9][0-9:.tTzZ+-]*|[>≥]=?""", re.DOTALL)
NOT_YET = "Not applied yet"
"""Said of a word that may be more yet."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A line, and a cursor in it.

    Attributes:
        query: the conditions that are whole; to be applied.
        fault: a word that is left out, and why; None where none is.
        growing: whether that is the word at the cursor, which may become a condition yet.
        offers: what may stand at the cursor.
        note: what else is worth saying of the query; may hold unsafe text.
        empty: whether the note says that nothing can match.
    """

    query: DeliveryQuery
    fault: QueryError | None = None
    growing: bool = False
    offers: tuple[Completion, ...] = ()
    note: str = ""
    empty: bool = False


def draft(text: str, cursor: int, now: datetime, seen: Collection[str] = ()) -> Draft:
    """Read what can be read; never raises.

    A word that may become a field's name, or the name of an event, is no condition while the
    cursor is at its end or in it.

    Args:
        text: the line.
        cursor: where it is, in characters.
        now: aware, in the zone meant.
        seen: names of events beside the known ones.
    """
    half: list[tuple[str, Term]] = []

    def ripe(name: str, term: Term) -> bool:
        at_cursor = term.start < cursor <= term.end and not term.quoted
        if at_cursor and _is_half(name, term.value.lower(), seen):
            half.append((name, term))
            return False
        return True

    reading = Reading(text, now, ripe)
    query = reading.query()
    offers = tuple(complete(text, cursor, seen))
    elsewhere = [one for one in reading.faults if not one.start < cursor <= one.end]
    if elsewhere:
        return Draft(query, elsewhere[0], offers=offers)
    if half:
        return Draft(query, _half_typed(text, *half[0]), growing=True, offers=offers)
    if reading.faults:
        fault = reading.faults[0]
        grows = bool(offers or _MAY_GROW.fullmatch(text[fault.start : fault.end]))
        return Draft(query, fault, growing=grows, offers=offers)
    note, empty = _note(query, now, seen)
    return Draft(query, offers=offers, note=note, empty=empty)


def _is_half(name: str, value: str, seen: Collection[str]) -> bool:
    if not name:
        begun = value.lstrip("-!")
        return any(each.startswith(begun) for each in _NAMES)
    if name != "event":
        return False
    known = {*KNOWN_EVENTS, *(each.lower() for each in seen)}
    return value not in known and any(value in each for each in known)


def _half_typed(text: str, name: str, term: Term) -> QueryError:
    """Said of a word that is passed over."""
    word = text[term.start : term.end]
    hint = "" if name else f"A field needs its colon; enter seeks {short(word)} as a text."
    return QueryError(text, term.start, term.end, NOT_YET, hint)


def _note(query: DeliveryQuery, now: datetime, seen: Collection[str]) -> tuple[str, bool]:
    told = query.resolve(now)
    if told.since and told.since > now:
        return f"since {moment_word(told.since, now.tzinfo)} lies in the future", True
    if told.until and told.until > max(now, read_moment("today", now, end=True)):
        return f"until {moment_word(told.until, now.tzinfo)} lies in the future", False
    odd = sorted(query.events - set(KNOWN_EVENTS.values()) - set(seen))
    if odd and seen:
        return f"no event {short(odd[0])} was seen here", False
    if told.since and (query.since_word or query.until_word):
        return between(told.since, told.until or now, now), False
    if told.until and query.until_word:
        return f"until {moment_word(told.until, now.tzinfo)}", False
    return "", False
