"""Personal data in errors of strangers: what is hidden, what stays of use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.personal import hide_personal


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("key 5511988887777@s.whatsapp.net twice", "key •••@s.whatsapp.net twice"),
        ("5511988887777:12@s.whatsapp.net", "•••@s.whatsapp.net"),
        ("5511988887777%40s.whatsapp.net", "•••@s.whatsapp.net"),
        ("111222@lid, 5511-1600@g.us", "•••@lid, •••@g.us"),
        ("mail ana@example.com.", "mail •••@•••."),
        ("call +55 (11) 98888-7777 now", "call ••• now"),
        ("11 98888-7777", "•••"),
        ("wa_5511988887777", "wa_•••"),
        ('{"push_name":"Ana Souza","x":1}', '{"push_name":"•••","x":1}'),
        ('{\\"pushName\\":\\"Ana\\"}', '{\\"pushName\\":\\"•••\\"}'),
        ("name=Ana Souza; id=3", "name=•••; id=3"),
        ("user: Ana", "user: •••"),
        ("no contact Ana Souza in base", "no contact ••• in base"),
        ('customer "João da Silva" unknown', 'customer "•••" unknown'),
        ("usuário José não existe", "usuário ••• não existe"),
        ("no route for Ana Souza: 404", "no route for •••: 404"),
        ("row of 'Ana Souza' is locked", "row of '•••' is locked"),
    ],
)
def test_what_tells_of_a_person_is_hidden(text: str, hidden: str) -> None:
    assert hide_personal(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "HTTP 500 Internal Server Error",
        "contact not found",
        '{"error":"database is locked"}',
        "at 2026-11-20 14:00:02 and 2026-11-20T14:00:02Z",
        "dial tcp 192.168.100.200:443: connect: connection refused",
        "lookup hooks.example.com: no such host",
        'Get "https://hooks.example.com/vz?•••": context deadline exceeded',
        "Temporary failure in name resolution",
        "filename: report.pdf, hostname: api",
        "timeout of 30000 ms after 3 tries",
        "",
    ],
)
def test_what_helps_to_understand_a_failure_stays(text: str) -> None:
    assert hide_personal(text) == text


@given(st.text(alphabet=st.sampled_from("aA9 @.:+-()\"'=n{}\\_%40name"), max_size=80) | st.text())
def test_any_text_can_be_hidden_in_and_again(text: str) -> None:
    once = hide_personal(text)
    assert hide_personal(once) == once


@given(st.text(), st.integers(10_000_000, 999_999_999_999_999), st.text())
def test_no_phone_stays_wherever_it_stands(before: str, phone: int, after: str) -> None:
    text = f"{before} {phone} {after}"
    assert str(phone) not in hide_personal(text) or str(phone) in before + after
