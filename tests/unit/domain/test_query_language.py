"""A line reads as the query it says or the error points at the word; any query can be written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from vzaps_tui.domain.deliveries import StatusClass
from vzaps_tui.domain.failures import FailureKind
from vzaps_tui.domain.periods import LONGEST
from vzaps_tui.domain.query import MOST_ATTEMPTS, NO_ANSWER, CodeMatch, DeliveryQuery
from vzaps_tui.domain.query_fields import FIELDS
from vzaps_tui.domain.query_language import QueryError, complete, parse, to_text

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 22, 13, 5, tzinfo=ZONE)
EMPTY = DeliveryQuery()


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


def codes(*told: CodeMatch) -> DeliveryQuery:
    return DeliveryQuery(codes=frozenset(told))


def statuses(*told: StatusClass) -> DeliveryQuery:
    return DeliveryQuery(statuses=frozenset(told))


def events(*told: str) -> DeliveryQuery:
    return DeliveryQuery(events=frozenset(told))


def kind(told: FailureKind) -> DeliveryQuery:
    return codes(CodeMatch.of_kind(told))


READINGS: list[tuple[str, DeliveryQuery]] = [
    ("", EMPTY),
    (" \t\n ", EMPTY),
    ('""', EMPTY),
    ("status:failed", statuses(StatusClass.FAILED)),
    ("STATUS:Failed", statuses(StatusClass.FAILED)),
    ("status:failed,pending", statuses(StatusClass.FAILED, StatusClass.PENDING)),
    ("status:failed status:pending", statuses(StatusClass.FAILED, StatusClass.PENDING)),
    ("status:failed,", statuses(StatusClass.FAILED)),
    ("status:other", statuses(StatusClass.OTHER)),
    ("status:queued", statuses(StatusClass.PENDING)),
    ("event:Message", events("Message")),
    ("event:message,readreceipt", events("Message", "ReadReceipt")),
    ('event:"message"', events("message")),
    ('event:"a, b",c', events("a, b", "c")),
    ('event:""', events("")),
    ('event:"//x"', events("//x")),
    ("event://x", DeliveryQuery(text="event://x")),
    ("event:New.Kind", events("New.Kind")),
    ("code:404", codes(CodeMatch(404, 404))),
    ("code:5xx,404", codes(CodeMatch(500, 599), CodeMatch.exact(404))),
    ("code:1XX code:none", codes(CodeMatch(100, 199), NO_ANSWER)),
    ("code:timeout", kind(FailureKind.TIMEOUT)),
    ("code:DNS", kind(FailureKind.DNS)),
    ("code:refused", kind(FailureKind.REFUSED)),
    ("code:tls", kind(FailureKind.TLS)),
    ("code:reset", kind(FailureKind.RESET)),
    ("code:other", kind(FailureKind.OTHER)),
    ('code:"70000","-1"', codes(CodeMatch.exact(70000), CodeMatch.exact(-1))),
    ("tries:3", DeliveryQuery(min_attempts=3)),
    ("tries:>=3", DeliveryQuery(min_attempts=3)),
    ("tries:3+", DeliveryQuery(min_attempts=3)),
    ("tries:>3", DeliveryQuery(min_attempts=4)),
    ("tries:0", EMPTY),
    ("last:2h", DeliveryQuery(last=timedelta(hours=2))),
    ("last:1h30m", DeliveryQuery(last=timedelta(minutes=90))),
    ("last:30min", DeliveryQuery(last=timedelta(minutes=30))),
    ("last:2w", DeliveryQuery(last=timedelta(days=14))),
    ("last:1.5s", DeliveryQuery(last=timedelta(seconds=1.5))),
    ("last:7D", DeliveryQuery(last=timedelta(days=7))),
    ("since:2h", DeliveryQuery(last=timedelta(hours=2))),
    ("since:today", DeliveryQuery(since_word="today")),
    ("since:yesterday", DeliveryQuery(since_word="yesterday")),
    ("until:yesterday", DeliveryQuery(until_word="yesterday")),
    ("until:120min", DeliveryQuery(until_word="2h")),
    ("since:14:00", DeliveryQuery(since_word="14:00")),
    ("since:14:00:05.25Z", DeliveryQuery(since_word="14:00:05z")),
    ("since:9:30", DeliveryQuery(since_word="09:30")),
    ('since:"Yesterday  9:30"', DeliveryQuery(since_word="yesterday 09:30")),
    ("since:2026-11-20", DeliveryQuery(since=at(20))),
    ("until:2026-11-20", DeliveryQuery(until=at(21))),
    ('until:"2026-11-20 14:00"', DeliveryQuery(until=at(20, 14))),
    ("until:2026-11-20T14:00", DeliveryQuery(until=at(20, 14))),
    (
        "since:2026-11-20T14:00:30.25Z",
        DeliveryQuery(since=datetime(2026, 11, 20, 14, 0, 30, 0, UTC)),
    ),
    (
        'since:"2026-11-20 14:00 +0530"',
        DeliveryQuery(since=datetime(2026, 11, 20, 8, 30, tzinfo=UTC)),
    ),
    (
        "since:today until:today",
        DeliveryQuery(since_word="today", until_word="today"),
    ),
    ("timeout", DeliveryQuery(text="timeout")),
    ("attempts:>=3", DeliveryQuery(min_attempts=3)),
    ("from:yesterday to:today", DeliveryQuery(since_word="yesterday", until_word="today")),
    ("'free text' event:'a, b'", DeliveryQuery(text="free text", events=frozenset({"a, b"}))),
    (r"'it\'s \"so\"'", DeliveryQuery(text='it\'s "so"')),
    ("\"'tis\" don't", DeliveryQuery(text="'tis", also=frozenset({"don't"}))),
    ('"-status:failed"', DeliveryQuery(text="-status:failed")),
    ("-timeout -x:1 -- ://", DeliveryQuery(text="-timeout", also=frozenset({"-x:1", "--", "://"}))),
    ('"free text" word', DeliveryQuery(text="free text", also=frozenset({"word"}))),
    ("word word", DeliveryQuery(text="word")),
    ('"status:failed"', DeliveryQuery(text="status:failed")),
    ("https://hooks.acme.com/vz,1", DeliveryQuery(text="https://hooks.acme.com/vz,1")),
    ("14:00", DeliveryQuery(text="14:00")),
    ('don"t', DeliveryQuery(text='don"t')),
    (r'"a \"b\" \\ C:\new"', DeliveryQuery(text='a "b" \\ C:\\new')),
    (r'"\u{41}\u{110000}"', DeliveryQuery(text="A\\u{110000}")),
    ("text:timeout", DeliveryQuery(text="timeout")),
    ('text:"a b",c', DeliveryQuery(text="a b", also=frozenset({"c"}))),
]


@pytest.mark.parametrize(("line", "query"), READINGS)
def test_a_line_reads_as_the_query_it_says(line: str, query: DeliveryQuery) -> None:
    assert parse(line, NOW) == query
    assert parse(to_text(query), NOW) == query


def test_the_whole_language_in_one_line() -> None:
    line = (
        "status:failed,pending event:Message code:5xx code:404 code:timeout last:2h "
        'since:yesterday until:"2026-11-22 14:00" tries:>=3 "free text" word'
    )
    query = parse(line, NOW)
    assert query == DeliveryQuery(
        statuses=frozenset({StatusClass.FAILED, StatusClass.PENDING}),
        events=frozenset({"Message"}),
        text="free text",
        also=frozenset({"word"}),
        codes=frozenset(
            {
                CodeMatch.of_class(5),
                CodeMatch.exact(404),
                CodeMatch.of_kind(FailureKind.TIMEOUT),
            }
        ),
        until=at(22, 14),
        last=timedelta(hours=2),
        min_attempts=3,
        since_word="yesterday",
    )
    assert to_text(query, ZONE) == (
        "status:failed,pending event:Message code:404,5xx,timeout last:2h "
        'since:yesterday until:"2026-11-22 14:00" tries:>=3 "free text" word'
    )
    assert 'until:"2026-11-22 14:00-03:00"' in to_text(query)


@pytest.mark.parametrize(
    ("line", "pointed", "message", "hint"),
    [
        ("a statsu:failed b", "statsu:", "no field statsu", "status?"),
        ("after:today", "after:", "no field after", "since?"),
        ("x host:acme", "host:", "no field host", "only the text"),
        ("x -status:failed", "-status:failed", "There is no NOT", "status:pending,delivered"),
        ("!from:today", "!from:today", "There is no NOT", "in quotes"),
        ("from:today to:yesterday x", "to:yesterday", "ends before it begins", "Swap"),
        ("since:1h until:2h", "until:2h", "ends before it begins", "Swap"),
        ("last:2h until:2h", "until:2h", "ends before it begins", "Swap"),
        ("until:2h last:1h", "last:1h", "ends before it begins", "Swap"),
        ("since:14:00 until:0001-01-01T00:00Z", "until:0001-01-01T00:00Z", "ends before", "Swap"),
        ("since:2026-02-3", "2026-02-3", "no moment", "2026-11-20"),
        ("since:2026-2-03", "2026-2-03", "no moment", "2026-11-20"),
        ("'free text", "'free text", "not closed", "quote"),
        ("zzzzzz:1", "zzzzzz:", "no field zzzzzz", "Fields: status, event"),
        ("tls: bad", "tls:", "no field tls", "in quotes"),
        ("a status: b", "status:", "needs a value", "status:failed"),
        ("status:,", "status:,", "needs a value", "status:failed"),
        ("text:", "text:", "needs a value", ""),
        ("status:pending,failerd", "failerd", "no status failerd", "failed?"),
        ("status:zzz", "zzz", "no status zzz", "failed, pending"),
        ('status:""', '""', "no status", "failed"),
        ("code:6xx", "6xx", "no code 6xx", "5xx"),
        ("code:404,40", "40", "no code 40", "404"),
        ("code:timeaut", "timeaut", "no code timeaut", "timeout?"),
        ('code:"x"', '"x"', "no code x", "404"),
        ("tries:<3", "<3", "no least number", ">=3"),
        ("tries:9999999", "9999999", "no least number", ">=3"),
        ("tries:>999999", ">999999", "no least number", ">=3"),
        ("tries:1 tries:2", "tries:2", "only once", ""),
        ("tries:1,2", "tries:1,2", "only once", ""),
        ("last:2h since:3h", "3h", "only once", "last:2h"),
        ("since:today since:yesterday", "since:yesterday", "only once", ""),
        ("last:today", "today", "no span", "since:today"),
        ("last:2x", "2x", "no span", "30m"),
        ("last:0m", "0m", "nothing at all", "36500d"),
        ("since:99999d", "99999d", "too long", "36500d"),
        ("until:99999d", "99999d", "too long", "36500d"),
        ("x since:2026-02-30 y", "2026-02-30", "not on the calendar", "yesterday"),
        ("since:2026-13-01", "2026-13-01", "not on the calendar", "2026-11-20"),
        ("since:25:00", "25:00", "clock", "14:00"),
        ("since:2026-11-20T14:00+25:00", "2026-11-20T14:00+25:00", "clock", "14:00"),
        ("until:9999-12-31", "9999-12-31", "not on the calendar", ""),
        ("until:tomorrow", "tomorrow", "no moment", "yesterday"),
        ('since:""', '""', "nothing is no moment", "yesterday"),
        ("since:today until:yesterday x", "until:yesterday", "ends before it begins", "Swap"),
        ("until:yesterday x since:today", "since:today", "ends before it begins", "Swap"),
        ("since:9:00 until:9:00", "until:9:00", "ends before it begins", "Swap"),
        ('a "free text', '"free text', "not closed", '\\"'),
        ('event:"Mess', '"Mess', "not closed", '\\"'),
        (r'"abc\"', r'"abc\"', "not closed", '\\"'),
        ('x "a"b', '"a"', "followed by a space", ""),
        ('event:"a"b', '"a"', "followed by a space", ""),
    ],
)
def test_an_error_points_at_the_word(line: str, pointed: str, message: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(line, NOW)
    error = caught.value
    assert line[error.start : error.end] == pointed
    assert error.text == line
    assert message in error.message
    assert hint in error.hint
    assert error.message in str(error)


def test_messages_stay_short_whatever_was_pasted() -> None:
    for line in (
        "x" * 9999 + ":1",
        "status:" + "x" * 9999,
        "since:" + "9" * 9999,
        "last:" + "x" * 99,
    ):
        with pytest.raises(QueryError) as caught:
            parse(line, NOW)
        assert len(str(caught.value)) < 300


def test_now_must_have_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        parse("", NOW.replace(tzinfo=None))


HAVANA, LONDON = ZoneInfo("America/Havana"), ZoneInfo("Europe/London")
KOLKATA, KIRITIMATI = ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Kiritimati")


@pytest.mark.parametrize(
    ("line", "now", "since", "until"),
    [
        # the same moment is another day further east
        ("since:today", datetime(2026, 11, 22, 11, tzinfo=UTC), "2026-11-22T00:00Z", None),
        (
            "since:today",
            datetime(2026, 11, 22, 11, tzinfo=UTC).astimezone(KIRITIMATI),
            "2026-11-22T10:00Z",
            None,
        ),
        (
            "since:yesterday until:yesterday",
            datetime(2026, 11, 22, 20, tzinfo=UTC).astimezone(KOLKATA),
            "2026-11-21T18:30Z",
            "2026-11-22T18:30Z",
        ),
        # a clock time with a zone is of that zone's day, the last one there was
        (
            "since:14:00Z",
            datetime(2026, 11, 22, 11, tzinfo=UTC).astimezone(KIRITIMATI),
            "2026-11-21T14:00Z",
            None,
        ),
        # a day of 25 hours, and one of 23
        (
            "since:today until:today",
            datetime(2026, 10, 25, 12, tzinfo=LONDON),
            "2026-10-24T23:00Z",
            "2026-10-26T00:00Z",
        ),
        (
            "since:today until:today",
            datetime(2026, 3, 29, 12, tzinfo=LONDON),
            "2026-03-29T00:00Z",
            "2026-03-29T23:00Z",
        ),
        # 01:30 comes twice: a period holds both
        (
            "since:01:30 until:01:30",
            datetime(2026, 10, 25, 12, tzinfo=LONDON),
            "2026-10-25T00:30Z",
            "2026-10-25T01:30Z",
        ),
        # 01:30 does not come: both ends of a period mean the same
        ("since:01:30", datetime(2026, 3, 29, 12, tzinfo=LONDON), "2026-03-29T01:30Z", None),
        ("until:01:30", datetime(2026, 3, 29, 12, tzinfo=LONDON), None, "2026-03-29T01:30Z"),
        # midnight does not come in a zone that moves its clock then; the day begins at one
        ("since:today", datetime(2018, 11, 4, 12, tzinfo=ZONE), "2018-11-04T03:00Z", None),
        # midnight comes twice: the day begins with the first, and so the day before ends there
        (
            "since:today",
            datetime(2026, 11, 1, 12, tzinfo=HAVANA),
            "2026-11-01T04:00Z",
            None,
        ),
        ("until:yesterday", datetime(2026, 11, 1, 12, tzinfo=HAVANA), None, "2026-11-01T04:00Z"),
        # two hours are two hours, also when the clock was moved in between
        ("until:2h", datetime(2026, 3, 29, 2, 30, tzinfo=LONDON), None, "2026-03-28T23:30Z"),
    ],
)
def test_days_and_times_are_those_of_the_zone(
    line: str, now: datetime, since: str | None, until: str | None
) -> None:
    query = parse(line, now)
    told = query.resolve(now)
    assert told.since == (since and datetime.fromisoformat(since))
    assert told.until == (until and datetime.fromisoformat(until))
    assert parse(to_text(query, now.tzinfo), now) == query
    assert parse(to_text(told), NOW) == told


ZONES: st.SearchStrategy[tzinfo] = st.one_of(
    st.sampled_from([ZONE, LONDON, HAVANA, KOLKATA, KIRITIMATI, UTC]),
    st.timezones(),
    st.integers(-23 * 3600, 23 * 3600).map(lambda seconds: timezone(timedelta(seconds=seconds))),
)
ANY_TEXT = st.text(st.characters(), max_size=12)
TRICKY = st.text('ab:",\\ \n\u2028\u200du{41}/status', max_size=12)
TEXTS = ANY_TEXT | TRICKY
CODES = st.one_of(
    st.sampled_from(FailureKind).map(CodeMatch.of_kind),
    st.integers(1, 5).map(CodeMatch.of_class),
    st.integers(90, 1010).map(CodeMatch.exact),
    st.integers(-(10**18) + 1, 10**18 - 1).map(CodeMatch.exact),
    st.just(NO_ANSWER),
)
MOMENTS = st.datetimes(timezones=ZONES, allow_imaginary=True)
SECONDS = MOMENTS.map(lambda moment: moment.replace(microsecond=0))
WORDS = st.sampled_from(["today", "yesterday", "14:00", "yesterday 09:30", "00:00:01-03:00"])
QUERIES = st.builds(
    DeliveryQuery,
    statuses=st.frozensets(st.sampled_from(StatusClass)),
    events=st.frozensets(TEXTS | st.sampled_from(["Message", "message", "All"]), max_size=3),
    text=TEXTS,
    also=st.frozensets(TEXTS, max_size=3),
    codes=st.frozensets(CODES, max_size=4),
    since=st.none() | SECONDS,
    until=st.none() | SECONDS,
    last=st.none() | st.timedeltas(timedelta(microseconds=1), LONGEST),
    min_attempts=st.integers(0, MOST_ATTEMPTS),
)


# (line, now, first moment, first moment after it), in UTC
PERIODS: list[tuple[str, str, str | None, str | None]] = [
    # a clock time is the last one there was
    ("since:14:00", "2026-11-22T04:30", "2026-11-21T14:00", None),
    ("since:14:00", "2026-11-22T14:00", "2026-11-22T14:00", None),
    ("since:14:00", "2026-11-22T15:00", "2026-11-22T14:00", None),
    ("until:14:00", "2026-11-22T04:30", None, "2026-11-21T14:00"),
    ("since:9:00 until:14:00", "2026-11-22T04:30", "2026-11-21T09:00", "2026-11-21T14:00"),
    ("since:9:00 until:14:00", "2026-11-22T10:00", "2026-11-21T09:00", "2026-11-21T14:00"),
    ("since:22:00 until:2:00", "2026-11-22T04:30", "2026-11-21T22:00", "2026-11-22T02:00"),
    ("since:22:00 until:2:00", "2026-11-22T23:00", "2026-11-21T22:00", "2026-11-22T02:00"),
    ("since:9:00 until:2h", "2026-11-22T10:00", "2026-11-21T09:00", "2026-11-22T08:00"),
    ("since:9:00 until:yesterday", "2026-11-22T10:00", "2026-11-21T09:00", "2026-11-22T00:00"),
    # only a day leads into the future
    ('since:"today 14:00"', "2026-11-22T04:30", "2026-11-22T14:00", None),
    ("since:2026-12-01", "2026-11-22T04:30", "2026-12-01T00:00", None),
    ("since:yesterday last:2h", "2026-11-22T04:30", "2026-11-22T02:30", None),
    ("since:today last:7d", "2026-11-22T04:30", "2026-11-22T00:00", None),
]


@pytest.mark.parametrize(("line", "now", "since", "until"), PERIODS)
def test_what_depends_on_now_is_told_from_now(
    line: str, now: str, since: str | None, until: str | None
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    told = parse(line, moment).resolve(moment)
    assert (told.since, told.until) == (_utc(since), _utc(until))
    assert not told.is_relative


def _utc(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["since:yesterday until:14:00", "last:2h", "since:today", "until:2h"]
)
def test_a_kept_line_means_tomorrow_what_it_says(line: str) -> None:
    tomorrow = NOW + timedelta(days=1)
    kept = parse(to_text(parse(line, NOW)), tomorrow).resolve(tomorrow)
    today = parse(line, NOW).resolve(NOW)
    assert kept.since is None or kept.since == (today.since or NOW) + timedelta(days=1)
    assert kept.until is None or kept.until == (today.until or NOW) + timedelta(days=1)


def test_a_kept_line_is_read_though_its_period_is_none_right_now() -> None:
    line = "since:today until:12:00"
    morning = NOW.replace(hour=4)
    assert parse(line, NOW) == parse(line, morning, kept=True)
    with pytest.raises(QueryError, match="ends before"):
        parse(line, morning)
    with pytest.raises(QueryError, match="ends before"):
        parse("since:2026-11-02 until:2026-11-01", morning, kept=True)


def test_no_part_of_a_second_is_written() -> None:
    moment = at(22) + timedelta(microseconds=1)
    query = DeliveryQuery(since=moment, until=moment + timedelta(hours=1), until_word="")
    assert "00:00.0" not in to_text(query) + " ".join(query.describe())
    told = parse("until:2h", NOW + timedelta(microseconds=7))
    assert told.describe() == ("until 2 h ago",)
    assert to_text(told) == "until:2h"


@given(QUERIES, WORDS, st.sampled_from(["", "2h", "today", "13:00"]))
def test_words_that_depend_on_now_are_read_back(
    query: DeliveryQuery, since: str, until: str
) -> None:
    query = replace(query, since=None, until=None, since_word=since, until_word=until)
    assert parse(to_text(query), NOW, kept=True) == query
    assert parse(to_text(query, ZONE), NOW, kept=True) == query


@given(QUERIES, MOMENTS)
@example(DeliveryQuery(events=frozenset({"//"})), NOW)
@example(DeliveryQuery(since=datetime.min.replace(tzinfo=UTC)), NOW)
@example(DeliveryQuery(until=datetime.max.replace(microsecond=0, tzinfo=ZONE)), NOW)
@example(DeliveryQuery(since=datetime(2026, 11, 1, 0, 30, tzinfo=HAVANA, fold=1)), NOW)
def test_every_query_is_read_back_from_its_line(query: DeliveryQuery, now: datetime) -> None:
    assume(not (query.since and query.until and query.since >= query.until))
    for line, when in ((to_text(query), now), (to_text(query, NOW.tzinfo), NOW)):
        read = parse(line, when, kept=True)
        assert read == query
        assert hash(read) == hash(query)
        assert to_text(read) == to_text(parse(to_text(read), now, kept=True))
        assert len(line.splitlines()) <= 1
        assert line.isprintable()


@given(QUERIES, ZONES)
def test_every_query_is_read_back_in_the_zone_it_was_written_in(
    query: DeliveryQuery, zone: tzinfo
) -> None:
    assume(not (query.since and query.until and query.since >= query.until))
    assert parse(to_text(query, zone), NOW.astimezone(zone), kept=True) == query


LINES = st.one_of(
    st.text(st.characters()),
    st.text('ab:",\\ \n0123-Tzxh>=', max_size=30),
    st.lists(
        st.one_of(
            st.sampled_from([f"{name}:" for name in FIELDS]),
            st.sampled_from([value for field in FIELDS.values() for value in field.values]),
            st.sampled_from([" ", ",", '"', "2026-02-29", "14:61", "99999d", "9" * 5000, "+25:00"]),
            TEXTS,
        )
    ).map("".join),
)


@given(LINES, MOMENTS)
@example("until:" + "9" * 5000, NOW)
@example("since:yesterday", datetime.min.replace(tzinfo=UTC))
@example("until:today", datetime.max.replace(tzinfo=UTC))
@example("since:00:00-23:59", datetime.max.replace(tzinfo=ZONE))
@example("until:36500d", datetime.min.replace(tzinfo=timezone(timedelta(hours=14))))
def test_any_line_is_a_query_or_an_error_that_points_into_it(line: str, now: datetime) -> None:
    error = refusal(line, now)
    if error is None:
        query = parse(line, now)
        assert parse(to_text(query), now) == query
    else:
        assert 0 <= error.start < error.end <= len(line)
        assert error.message


def refusal(line: str, now: datetime) -> QueryError | None:
    try:
        parse(line, now)
    except QueryError as error:
        return error
    return None


def offered(line: str, *seen: str) -> list[str]:
    """Texts offered at the mark `|`."""
    cursor = line.index("|")
    return [found.text for found in complete(line.replace("|", "", 1), cursor, seen)]


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("|", [f"{name}:" for name in FIELDS]),
        ("st|", ["status:"]),
        ("s|", ["status:", "since:"]),
        ("ST|", ["status:"]),
        ("fail|", ["status:failed"]),
        ("time|", ["code:timeout"]),
        ("Mess|", ["event:Message"]),
        ("zzz|", []),
        ("status:|", ["failed", "pending", "delivered", "other"]),
        ("status:f|", ["failed"]),
        ("status:failed|", []),
        ("status:failed,|", ["pending", "delivered", "other"]),
        ("status:failed,p|", ["pending"]),
        ("since:today |", [f"{name}:" for name in FIELDS if name != "since"]),
        ("since:|", ["today", "yesterday"]),
        ("last:3|", ["3m", "3h", "3d"]),
        ("code:5|", ["5xx", "500", "502", "503", "504"]),
        ("code:r|", ["refused", "reset", "other"]),
        ("event:re|", ["ReadReceipt", "Presence", "ChatPresence", "GroupParticipantsRemove"]),
        ('event:"Read|', ["ReadReceipt"]),
        ("nofield:|", []),
        ('"fr|', []),
        ("text:a|", []),
    ],
)
def test_completion_offers_what_may_stand_at_the_cursor(line: str, texts: list[str]) -> None:
    assert offered(line) == texts


def test_completion_replaces_the_word_that_the_cursor_is_in() -> None:
    line = "x stat:failed status:penXX,failed y"
    (found,) = complete(line, line.index("XX"))
    assert (line[found.start : found.end], found.text) == ("penXX", "pending")
    assert found.help
    (field,) = [c for c in complete("x stus", 3) if c.text == "status:"]
    assert (field.start, field.end) == (2, 6)
    named = "x sta:failed"
    assert [named[c.start : c.end] for c in complete(named, 4)] == ["sta:"]
    assert complete("x status:failed", 4) == []
    clock = "since:14:00 x"
    assert [clock[c.start : c.end] for c in complete(clock, 8)] == ["14:00"] * 3


def test_completion_knows_the_events_that_were_seen_and_quotes_them() -> None:
    assert offered("event:n|", "New Kind", "New Kind", "Message")[0] == '"New Kind"'
    assert offered("event:mes|", "message") == ["Message", '"message"']


@given(LINES, st.integers(-3, 60), st.lists(TEXTS))
@example("status:", 0, [])
def test_completion_of_any_line_can_be_taken(line: str, cursor: int, seen: list[str]) -> None:
    for found in complete(line, cursor, seen):
        assert 0 <= found.start <= found.end <= len(line)
        assert line[found.start : found.end] != found.text
        assert found.text.isprintable()
