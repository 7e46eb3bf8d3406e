"""What may be saved as a webhook, and what a change would do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzaps_tui.domain.masking import MASK
from vzaps_tui.domain.webhooks import (
    ALL,
    EVENTS,
    Level,
    SaveReport,
    WebhookChange,
    WebhookConfig,
    canonical_events,
    check_events,
    check_url,
    same_config,
)

ERROR, WARNING = Level.ERROR, Level.WARNING


@pytest.mark.parametrize(
    ("url", "level", "word"),
    [
        ("", ERROR, "needs a URL"),
        ("  ", ERROR, "needs a URL"),
        (" https://h.com/", ERROR, "spaces"),
        ("https://h.com/a b", ERROR, "spaces"),
        ("https://h.com/\n", ERROR, "spaces"),
        ("https://h.com/\u202e", ERROR, "invisible"),
        ("https://h.com/\x1b", ERROR, "invisible"),
        ("https://h.com/?t=•••", ERROR, "type the hidden part anew"),
        ("https://h.com/?t=••", ERROR, "type the hidden part anew"),
        ("https://•••@h.com/", ERROR, "type the hidden part anew"),
        ("h.com/hook", ERROR, "begin with https"),
        ("ftp://h.com/", ERROR, "begin with https"),
        ("javascript:alert(1)", ERROR, "begin with https"),
        ("https:///p", ERROR, "no host"),
        ("https://:80/p", ERROR, "no host"),
        ("https://./p", ERROR, "no host"),
        ("https://h.com:port/", ERROR, "cannot be read"),
        ("https://h.com:0/", ERROR, "cannot be read"),
        ("https://h.com:70000/", ERROR, "cannot be read"),
        ("https://[::1/", ERROR, "cannot be read"),
        ("https://h<b>.com/", ERROR, "cannot be read"),
        ("http://h.com/", WARNING, "not encrypted"),
        ("https://localhost/", WARNING, "private name"),
        ("https://LOCALHOST./", WARNING, "private name"),
        ("https://api.internal/", WARNING, "private name"),
        ("https://intranet/", WARNING, "no domain"),
        ("https://10.0.0.1/", WARNING, "private address"),
        ("https://127.0.0.1:8080/", WARNING, "private address"),
        ("https://169.254.1.1/", WARNING, "private address"),
        ("https://100.64.0.1/", WARNING, "private address"),
        ("https://0.0.0.0/", WARNING, "private address"),
        ("https://[::1]/", WARNING, "private address"),
        ("https://[fe80::1]/", WARNING, "private address"),
        ("https://[::ffff:10.0.0.1]/", WARNING, "private address"),
        ("https://[ff02::1]/", WARNING, "private address"),
        ("https://h.com/#part", WARNING, "after #"),
    ],
)
def test_remarks_on_urls(url: str, level: Level, word: str) -> None:
    found = check_url(url)
    assert [(level, True)] == [(one.level, word in one.text) for one in found]


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.acme.com/vz?token=abc",
        "HTTPS://user:word@acme.com:8443/a;b/%20",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/hook",
        "https://[::ffff:8.8.8.8]/hook",
        "https://bücher.example/",
    ],
)
def test_urls_without_remarks(url: str) -> None:
    assert check_url(url) == ()


def test_warnings_add_up() -> None:
    assert [one.level for one in check_url("http://localhost:80/#x")] == [WARNING] * 3


@given(st.text())
def test_any_text_is_judged(text: str) -> None:
    assert all(one.text.isprintable() for one in check_url(text) if one.level is ERROR)
    assert all(one.text.isprintable() for one in check_url("https://" + text))


@given(st.text(), st.text())
def test_the_mask_never_goes_to_the_server(before: str, after: str) -> None:
    assert check_url(before + MASK + after)[0].level is ERROR


def test_remarks_on_events() -> None:
    assert [one.level for one in check_events(())] == [ERROR]
    assert [one.level for one in check_events([""])] == [ERROR]
    assert [one.level for one in check_events(["a,b"])] == [ERROR]
    assert check_events(["Message", "ReadReceipt"]) == ()
    (found,) = check_events(iter(["Message", "message", "qr"]))
    assert found.level is WARNING
    assert found.text.endswith(": message, qr.")


@pytest.mark.parametrize(
    ("events", "canonical"),
    [
        ((), ()),
        (("", ""), ()),
        (("Presence", "Message"), ("Message", "Presence")),
        (("x", "Message", "a", "Message", ""), ("Message", "x", "a")),
        (("Message", "All", "x"), ("All",)),
        (("all",), ("all",)),
    ],
)
def test_canonical_events(events: tuple[str, ...], canonical: tuple[str, ...]) -> None:
    assert canonical_events(events) == canonical


@given(st.lists(st.one_of(st.sampled_from(sorted(EVENTS)), st.text(max_size=3))))
def test_canonical_events_lose_nothing(events: list[str]) -> None:
    canonical = canonical_events(events)
    assert canonical_events(canonical) == canonical
    assert set(canonical) == ({ALL} if ALL in events else set(events) - {""})


def test_the_ten_names() -> None:
    assert len(EVENTS) == 10
    assert next(iter(EVENTS)) == ALL
    assert not {"Receipt", "MessageDelivered", "MessageRead"} & set(EVENTS)


def test_a_change_tells_what_would_change() -> None:
    before = WebhookConfig("https://a/?t=1", ("Message", "Presence"))
    change = WebhookChange(before, WebhookConfig("https://a/?t=2", ("Connected", "Message")))
    assert change.url_changed
    assert change.added == ("Connected",)
    assert change.removed == ("Presence",)
    assert not change.is_empty


def test_order_is_no_change() -> None:
    one, other = WebhookConfig("u", ("a", "b")), WebhookConfig("u", ("b", "a"))
    assert same_config(one, other)
    assert WebhookChange(one, other).is_empty
    assert not same_config(one, WebhookConfig("U", ("a", "b")))
    assert not same_config(one, WebhookConfig("u", ("a",)))


@given(*[st.builds(WebhookConfig, st.sampled_from(["u", "v", None]),
                   st.lists(st.sampled_from("abc")).map(tuple))] * 2)  # fmt: skip
def test_an_empty_change_is_the_same_configuration(one: WebhookConfig, two: WebhookConfig) -> None:
    assert WebhookChange(one, two).is_empty == same_config(one, two)


def test_a_save_is_confirmed_only_by_what_was_read_back() -> None:
    sent = WebhookConfig("u", ("a", "b"))
    assert SaveReport(sent, WebhookConfig("u", ("b", "a")), "webhookURL").confirmed
    assert not SaveReport(sent, WebhookConfig("old", ("a", "b")), "webhook_url").confirmed
    assert not SaveReport(sent, None, "webhookURL", "no answer").confirmed
