"""What an export holds: every row, nothing secret, nothing that acts where it is read."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, delivery
from vzaps_tui.domain.deliveries import Delivery, LogId
from vzaps_tui.domain.exporting import (
    Export,
    ExportFormat,
    Scope,
    covers,
    default_name,
    sheet,
)
from vzaps_tui.domain.masking import Masker, Secret

SCOPE = Scope("VZ01", "Support BR", ("status: FAILED", "last 24 h"), 250, 8412)
PERSONAL = "no contact Ana Souza (5511988887777@s.whatsapp.net)"
TARGET = "https://hooks.example.com/vz?secret=s3cret"


Rows = tuple[Delivery, ...]


def text_of(wanted: tuple[Export, Rows], at_once: int = 50) -> str:
    export, rows = wanted
    made = sheet(export)
    parts = [made.begin()]
    parts += [made.rows(rows[at : at + at_once]) for at in range(0, len(rows), at_once)]
    return made.front() + "".join(parts)


def export(
    *rows: Delivery, form: ExportFormat = ExportFormat.JSONL, **changes: Any
) -> tuple[Export, Rows]:
    return replace(Export(SCOPE, form, NOW), **changes), rows


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_line_holds_all_that_the_list_knows() -> None:
    (row,) = objects(text_of(export(delivery(1, http_status=502, target=TARGET))))
    assert row == {
        "id": "log_1",
        "time": "2026-03-14T00:00:01Z",
        "status": "FAILED",
        "event": "Message",
        "http_status": 502,
        "failure": "5xx",
        "error": "server error",
        "attempts": 3,
        "duration_ms": 120.0,
        "target": "https://hooks.example.com/vz?secret=•••",
        "created_at": "2026-03-14T00:00:01Z",
        "last_attempt_at": "2026-03-14T00:00:01Z",
        "next_retry_at": None,
        "updated_at": "2026-03-14T00:00:01Z",
        "status_told": "failed",
    }


@pytest.mark.parametrize("form", ExportFormat)
def test_what_is_not_told_stays_empty(form: ExportFormat) -> None:
    bare = Delivery(LogId(""), "key", "", "", duration_ms=float("nan"))
    text = text_of(export(bare, form=form))
    assert "None" not in text
    assert "nan" not in text.casefold()
    if form is ExportFormat.JSONL:
        assert objects(text)[0]["duration_ms"] is None
    if form is ExportFormat.CSV:
        assert table(text)[0]["http_status"] == ""


@pytest.mark.parametrize("form", ExportFormat)
@pytest.mark.parametrize("keep", [False, True])
def test_personal_data_is_hidden_unless_kept_and_secrets_always(
    form: ExportFormat, *, keep: bool
) -> None:
    error = f"{PERSONAL} token=tok_12345 key-of-account"
    masker = Masker((Secret("key-of-account"),))
    row = delivery(1, error=error, target=f"{TARGET}&to=5511988887777")
    scope = replace(SCOPE, filters=('text: "5511988887777"',))
    text = text_of(export(row, form=form, keep_personal=keep, masker=masker, scope=scope))
    for secret in ("s3cret", "tok_12345", "key-of-account"):
        assert secret not in text
    assert "hooks.example.com/vz" in text
    assert ("5511988887777" in text) is keep
    assert ("Ana Souza" in text) is keep


def test_ids_stay_whole_though_they_look_like_phones() -> None:
    (row,) = objects(text_of(export(delivery(1, id="5511988887777"))))
    assert row["id"] == "5511988887777"


@pytest.mark.parametrize("sign", [*"=+-@＝＋－＠", "\t=", " =", "\r=", "\u00a0@"])  # noqa: RUF001 - wide forms
def test_no_cell_is_a_formula(sign: str) -> None:
    row = delivery(1, error=f"{sign}cmd|' /C calc'!A0", event=f"{sign}1", status=sign)
    (cells,) = table(text_of(export(row, form=ExportFormat.CSV)))
    for cell in cells.values():
        assert not cell.strip().startswith(tuple("=+-@＝＋－＠"))  # noqa: RUF001 - same
    assert "cmd" in cells["error"]


def test_csv_keeps_quotes_commas_and_lines_in_their_cell() -> None:
    error = 'a "quoted", cell\r\nand a line\x1b[31m'
    text = text_of(export(delivery(2, error=error), delivery(1), form=ExportFormat.CSV))
    assert text.count("\r\n") == 3
    first, second = table(text)
    assert first["error"] == 'a "quoted", cell␍␊and a line␛[31m'
    assert second["id"] == "log_1"


@given(st.text(), st.text(), st.text())
def test_any_text_goes_through_json_lines_and_back(error: str, event: str, name: str) -> None:
    row = delivery(1, error=error, event=event, status=name)
    line = text_of(export(row, keep_personal=True))
    assert line.count("\n") == 1
    assert line[:-1].isprintable()
    kept = json.loads(line)
    masker = Masker()
    assert (kept["error"], kept["event"]) == (masker(error), masker(event))


ANY = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    [
        "\ud800",
        "a|b",
        "a\\|b",
        "`",
        "``x`",
        "| x |",
        "[a](http://x)",
        "<img src=x>",
        "@all",
        "\u202e",
    ]
)


@given(st.lists(st.builds(lambda *a: a, ANY, ANY, ANY), max_size=4))
def test_any_text_stays_in_its_cell(texts: list[tuple[str, str, str]]) -> None:
    rows = [
        delivery(n, error=error, event=event, target=target)
        for n, (error, event, target) in enumerate(texts)
    ]
    report = text_of(export(*rows, form=ExportFormat.MARKDOWN))
    listed = report.partition("## Deliveries")[2].splitlines()[4:]
    assert len(listed) == len(rows)
    assert all(line.count("|") == 10 for line in listed)
    assert all(_draws_only(line) for line in report.splitlines())
    cells = table(text_of(export(*rows, form=ExportFormat.CSV)))
    assert [row["id"] for row in cells] == [row.id for row in rows]


def _draws_only(line: str) -> bool:
    return all(c.isprintable() or c.isspace() or c in "\u200c\u200d" for c in line)


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        ("plain", "`plain`"),
        ("a `tick`", "`` a `tick` ``"),
        ("<img src=x> @all *b*", "`<img src=x> @all *b*`"),
        ("a|*b*", "a&#124;&#42;b&#42;"),
        ("x" * 400, f"`{'x' * 300}…`"),
    ],
)
def test_markup_of_strangers_is_code(error: str, shown: str) -> None:
    assert f"| {shown} |" in text_of(export(delivery(1, error=error), form=ExportFormat.MARKDOWN))


def test_a_rare_cause_has_a_share_as_on_screen() -> None:
    rows = [delivery(n, http_status=503) for n in range(199)]
    report = text_of(export(*rows, delivery(999, http_status=502), form=ExportFormat.MARKDOWN))
    assert "| 199 | 99% | `503" in report
    assert "| 1 | <1% | `502" in report


def test_the_report_says_what_it_covers_and_counts_causes() -> None:
    rows = [delivery(n, http_status=503, error="busy") for n in range(3)]
    rows += [delivery(9, http_status=None, error="context deadline exceeded", event="Presence")]
    rows += [delivery(10, status="success", http_status=200, error=None)]
    report = text_of(export(*rows, form=ExportFormat.MARKDOWN))
    assert report.startswith("# Webhook deliveries of `Support BR` (`VZ01`)\n")
    for words in (
        "- Covers: 5 deliveries that match, of 250 loaded of 8,412\n",
        "- Filter: `status: FAILED` · `last 24 h`\n",
        "- Span: 2026-03-14 00:00:00 to 2026-03-14 00:00:10\n",
        "- Status: 4 FAILED, 1 DELIVERED\n",
        "| 3 | 75% | `503 Service Unavailable` | `hooks.example.com` | `Message` |",
        "| 1 | 25% | `timeout` | `hooks.example.com` | `Presence` |",
    ):
        assert words in report
    assert "No failed delivery" in text_of(export(rows[-1], form=ExportFormat.MARKDOWN))


@pytest.mark.parametrize("form", ExportFormat)
@pytest.mark.parametrize("count", [0, 1, 1000])
@pytest.mark.parametrize("at_once", [1, 7, 50])
def test_in_what_parts_the_rows_come_makes_no_difference(
    form: ExportFormat, count: int, at_once: int
) -> None:
    wanted = export(*map(delivery, range(count)), form=form)
    text = text_of(wanted, at_once)
    assert text == text_of(wanted, max(1, count))
    listed = text.partition("## Deliveries")[2] if form is ExportFormat.MARKDOWN else text
    assert listed.count("log_") == count


@pytest.mark.parametrize("form", ExportFormat)
def test_memory_does_not_grow_with_the_rows(form: ExportFormat) -> None:
    def peak(count: int) -> int:
        made = sheet(export(form=form)[0])
        tracemalloc.start()
        made.begin()
        for start in range(0, count, 50):
            made.rows([delivery(number) for number in range(start, start + 50)])
        made.front()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(500)
    assert peak(6_000) < 1.5 * peak(2_000)


def test_times_at_the_edge_of_the_calendar() -> None:
    row = delivery(
        1,
        created_at=datetime.min.replace(tzinfo=UTC),
        last_attempt_at=datetime.max.replace(tzinfo=UTC),
    )
    for form in ExportFormat:
        assert "0001-01-01" in text_of(export(row, form=form))


@pytest.mark.parametrize(
    ("instance", "name"),
    [
        ("VZ01", "vzaps-VZ01-20260314-1200.csv"),
        ("../../etc/passwd", "vzaps-etc-passwd-20260314-1200.csv"),
        ("\x1b[2J\n", "vzaps-2J-20260314-1200.csv"),
        ("", "vzaps-deliveries-20260314-1200.csv"),
        ("é" * 300, "vzaps-deliveries-20260314-1200.csv"),
    ],
)
def test_names_proposed_are_safe(instance: str, name: str) -> None:
    assert default_name(instance, ExportFormat.CSV, NOW) == name


def test_what_part_of_the_log_it_is() -> None:
    assert covers(93, 1250, None) == "93 deliveries that match, of 1,250 loaded of ?"
