"""While a line is typed, only whole conditions hold; of what is left out something is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.query_draft import Draft, draft
from vzaps_tui.domain.query_fields import FIELDS
from vzaps_tui.domain.query_language import QueryError, parse, to_text

NOW = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)


def typed(line: str, *seen: str) -> Draft:
    """A draft with the cursor at the mark `|`."""
    return draft(line.replace("|", "", 1), line.index("|"), NOW, seen)


# (line, what is applied, the word left out)
GROWING = [
    ("s|", "", "s"),
    ("st|", "", "st"),
    ("status|", "", "status"),
    ("x ATTEMP|", "x", "ATTEMP"),
    ("x fro| y", "x y", "fro"),
    ("-|", "", "-"),
    ("-stat|", "", "-stat"),
    ("status:|", "", "status:"),
    ("text:|", "", "text:"),
    ("status:fai|", "", "fai"),
    ("status:failed,pen|", "status:failed", "pen"),
    ("code:99|", "", "99"),
    ("code:404,4|", "code:404", "4"),
    ("since:2026-02-3|", "", "2026-02-3"),
    ("since:2026-|", "", "2026-"),
    ("since:1|", "", "1"),
    ("since:14:0|", "", "14:0"),
    ("last:2|", "", "2"),
    ("tries:>|", "", ">"),
    ("event:Mess|", "", "Mess"),
    ('x "free te|', "x", '"free te'),
    ("x 'free te|", "x", "'free te"),
]


@pytest.mark.parametrize(("line", "applied", "left_out"), GROWING)
def test_what_is_half_typed_is_left_out(line: str, applied: str, left_out: str) -> None:
    found = typed(line)
    assert found.query == parse(applied, NOW)
    assert found.fault is not None
    assert found.fault.text[found.fault.start : found.fault.end] == left_out
    assert found.growing


# (line, what is applied, the word left out, what is said)
WRONG = [
    ("status:fai x|", "x", "fai", "no status"),
    ("status:fai sta|", "", "fai", "no status"),
    ("statsu:failed,x tries:3 |", "tries:3", "statsu:", "no field statsu"),
    ("-status:failed|", "", "-status:failed", "There is no NOT"),
    ("since:1h until:2h|", "since:1h", "until:2h", "ends before it begins"),
    ("until:2026-11-20 since:today |", "until:2026-11-20", "since:today", "ends before"),
    ("tries:3 tries:4 |", "tries:3", "tries:4", "only once"),
    ("status:xyz|", "", "xyz", "no status xyz"),
    ("since:soon|", "", "soon", "no moment"),
]


@pytest.mark.parametrize(("line", "applied", "left_out", "said"), WRONG)
def test_what_is_wrong_is_left_out_and_told(
    line: str, applied: str, left_out: str, said: str
) -> None:
    found = typed(line)
    assert found.query == parse(applied, NOW)
    assert found.fault is not None
    assert found.fault.text[found.fault.start : found.fault.end] == left_out
    assert said in found.fault.message
    assert not found.growing


@pytest.mark.parametrize(
    "line",
    [
        "timeout|", "x |status", "status |", "event:Message|", "event:New|", "2026|", "stx|",
        'event:"Mess"|', "text:st|", '"st"|', "code:404|", "tries:>=3|", "since:2026-02-03|",
    ],
)  # fmt: skip
def test_whole_words_are_applied(line: str) -> None:
    found = typed(line)
    assert found.fault is None
    assert found.query == parse(line.replace("|", ""), NOW)


@pytest.mark.parametrize(
    ("line", "note", "empty"),
    [
        ("since:14:00|", "21 Nov 14:00 - now", False),
        ("since:22:00 until:2:00|", "21 Nov 22:00 - 22 Nov 02:00", False),
        ("until:14:00|", "until 2026-11-21 14:00", False),
        ("since:2026-12-01|", "since 2026-12-01 00:00 lies in the future", True),
        ('since:"today 14:00"|', "since 2026-11-22 14:00 lies in the future", True),
        ("until:2026-12-01|", "until 2026-12-02 00:00 lies in the future", False),
        ("until:today|", "until 2026-11-23 00:00", False),
        ("event:Foo|", "no event Foo was seen here", False),
        ("code:404|", "", False),
    ],
)
def test_a_note_says_what_a_period_means_now(line: str, note: str, *, empty: bool) -> None:
    found = typed(line, "Seen")
    assert (found.note, found.empty) == (note, empty)


def test_offers_stand_beside_what_is_said() -> None:
    assert [one.text for one in typed("status:fai|").offers] == ["failed"]
    assert [one.text for one in typed("event:cus|", "Custom").offers] == ["Custom"]


LINES = st.one_of(
    st.text(max_size=40),
    st.lists(
        st.one_of(
            st.sampled_from([f"{name}:" for name in FIELDS]),
            st.sampled_from([value for field in FIELDS.values() for value in field.values]),
            st.sampled_from([" ", ",", '"', "'", "-", "14:00", "2026-02-2", "9999-12-31", "2h"]),
            st.text(max_size=6),
        )
    ).map("".join),
)


NOWS = st.timedeltas(timedelta(days=-700_000), timedelta(days=2_900_000)).map(
    lambda span: NOW + span
)


@given(LINES, st.integers(-2, 60), NOWS)
def test_of_any_line_what_is_whole_holds(line: str, cursor: int, now: datetime) -> None:
    found = draft(line, cursor, now)
    assert parse(to_text(found.query), NOW, kept=True) == found.query
    wrong = _refused(line, now)
    if found.fault is None:
        assert not wrong
        assert found.query == parse(line, now)
    else:
        assert 0 <= found.fault.start < found.fault.end <= len(line)


def _refused(line: str, now: datetime) -> bool:
    try:
        parse(line, now)
    except QueryError:
        return True
    return False
