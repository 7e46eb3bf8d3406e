"""What is hidden, what is put back, and what must stay readable."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.work import no_hours
from vzaps_tui.domain.masking import MASK, Masker, Secret, mask_url, unmask_url
from vzaps_tui.domain.webhooks import Level, check_url

JWT = "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"

# Pieces that mean something to a URL, and some that mean nothing anywhere.
PIECES = ["://", "/", "?", "#", "&", "=", "@", ":", ";", "%3F", "%3d", MASK, JWT, "a", "b", "•", ""]
urls = st.one_of(
    st.text(),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=14).map("".join),
    st.lists(st.sampled_from(PIECES), max_size=14).map(lambda rest: "https://" + "".join(rest)),
)


def test_a_secret_never_shows_itself() -> None:
    text = "s3cr3t"
    secret = Secret(text)
    shown = f"{secret} {secret!r} {secret!s} {[secret]} {copy.deepcopy(secret)}"
    assert text not in shown
    assert secret.reveal() == text
    assert secret == Secret(text)
    assert secret != text
    assert len({secret, Secret(text), Secret("other")}) == 2
    assert not Secret("")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h/p", "https://h/p"),
        ("https://h:80/@user/x", "https://h:80/@user/x"),
        ("https://h/p?token=abc&x=1", "https://h/p?token=•••&x=•••"),
        ("https://h/p?abc", "https://h/p?•••"),
        ("https://h/p?a=1&&b=", "https://h/p?a=•••&&•••"),
        ("https://h/p?c2VjcmV0=", "https://h/p?•••"),
        ("https://h/p?c2VjcmV0cw==", "https://h/p?•••"),
        ("https://h/p?a%3Dsecret", "https://h/p?•••"),
        ("https://h/p?a=1;b=2", "https://h/p?a=•••"),
        ("https://h/p?", "https://h/p?"),
        ("https://h/p#secret", "https://h/p#•••"),
        ("HTTPS://H/p?#", "HTTPS://H/p?#"),
        ("https://user:word@h/p", "https://•••@h/p"),
        ("https://user:w@rd@h/p", "https://•••@h/p"),
        ("https://user:wo/rd@h/p", "https://•••@h/p"),
        ("https://user:wo?rd@h/p?a=1", "https://•••@h/p?a=•••"),
        ("https://us/er:word@h/p", "https://us/•••@h/p"),
        ("user:word@h:80/p", "•••@h:80/p"),
        ("//user:word@h/p", "//•••@h/p"),
        ("https://h/a%3Ftoken%3Dabc/b", "https://h/a%3F•••/b"),
        ("https://h/p;session=abc/b", "https://h/p;session=•••/b"),
        (f"https://h/{JWT}/b", "https://h/•••/b"),
        ("https://[::1]:80/p?a=1", "https://[::1]:80/p?a=•••"),
        ("https://[broken/p?a=1", "https://[broken/p?a=•••"),
        ("no url at all", "no url at all"),
        ("", ""),
    ],
)
def test_mask_url(url: str, shown: str) -> None:
    assert mask_url(url) == shown
    assert unmask_url(shown, url) == url


@given(urls)
def test_what_is_masked_can_be_put_back(url: str) -> None:
    assert unmask_url(mask_url(url), url) == url


@given(urls)
def test_masking_twice_is_masking_once(url: str) -> None:
    assert mask_url(mask_url(url)) == mask_url(url)


@given(
    st.text(st.characters(categories=["L", "N"]), min_size=8),
    st.sampled_from(
        [
            "https://h/p?{}",
            "https://h/p?k={}",
            "https://h/p?k=1&{}&z=2",
            "https://h/p?k={}==",
            "https://{}@h/p",
            "https://u:{}@h/p",
            "https://u:p?{}@h/p",
            "https://h/p#{}",
            "https://h/a%3F{}",
            "https://h/k={}/b",
            "u:{}@h/p",
        ],
    ),
)
def test_no_secret_survives_in_its_usual_places(secret: str, place: str) -> None:
    assert secret not in mask_url(place.format(secret))


@pytest.mark.parametrize(
    ("edited", "original", "sent"),
    [
        pytest.param("https://new/p?t=•••", "https://h/p?t=1", "https://new/p?t=1", id="new host"),
        pytest.param("//h/?b=•••&a=•••", "//h/?a=1&b=2", "//h/?b=2&a=1", id="order"),
        pytest.param("https://h/p?t=new", "https://h/p?t=1", "https://h/p?t=new", id="typed anew"),
        pytest.param("https://h/p?x=9&t=•••", "https://h/p?t=1", "https://h/p?x=9&t=1", id="added"),
        pytest.param("//h/?t=•••&t=•••", "//h/?t=1&t=2", "//h/?t=1&t=2", id="n-th"),
        pytest.param("https://h/p?t=•••", "https://h/p?t=1&t=1", "https://h/p?t=1", id="alike"),
        pytest.param("https://h/p", "https://u:p@h/p?t=1#f", "https://h/p", id="all removed"),
        pytest.param("http://•••@g?•••#•••", "//u:p@h/p?s#f", "http://u:p@g?s#f", id="places"),
    ],
)  # fmt: skip
def test_unmask_keeps_what_was_typed_and_restores_the_rest(
    edited: str, original: str, sent: str
) -> None:
    assert unmask_url(edited, original) == sent


@pytest.mark.parametrize(
    ("edited", "original"),
    [
        pytest.param("https://h/p?t=•••", None, id="nothing was stored"),
        pytest.param("https://h/p?t=•••", "https://h/p", id="no query was stored"),
        pytest.param("https://h/p?renamed=•••", "https://h/p?t=1", id="renamed"),
        pytest.param("https://h/p?t=•••", "https://h/p?t=1&t=2", id="one of two: which?"),
        pytest.param("https://h/p?t=•••x", "https://h/p?t=1", id="typed behind the mask"),
        pytest.param("https://h/p?t=••", "https://h/p?t=1", id="mask half deleted"),
        pytest.param("https://•••@h/p", "https://h/p", id="no user info was stored"),
        pytest.param("https://h/p#•••", "https://h/p", id="no fragment was stored"),
        pytest.param("https://h/•••", "https://h/p", id="path"),
    ],
)
def test_what_cannot_be_restored_is_never_sent(edited: str, original: str | None) -> None:
    restored = unmask_url(edited, original)
    assert [found.level for found in check_url(restored)] == [Level.ERROR]
    assert "type the hidden part anew" in check_url(restored)[0].text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"token": "ab\\"cd", "x": "y"}', '{"token": "•••", "x": "y"}'),
        ('{"token": "ab\\\\", "x": "y"}', '{"token": "•••", "x": "y"}'),
        ('{"token":"a, b} c"}', '{"token":"•••"}'),
        ('{"token": "", "x": "y"}', '{"token": "", "x": "y"}'),
        ('{"token": null, "x": 1}', '{"token": null, "x": 1}'),
        ('{"token": 12345}', '{"token": •••}'),
        ('{"token": ["abc"]}', '{"token": ["•••"]}'),
        ('{"accessToken":"cut off', '{"accessToken":"••• off'),
        ('{"expires_in": 3600, "token_type": "bearer"}',) * 2,
        ('"{\\"token\\": \\"a b\\", \\"x\\": 1}"', '"{\\"token\\": \\"•••\\", \\"x\\": 1}"'),
        ("{'api_key': 'abc'}", "{'api_key': '•••'}"),
        ("X-Client-Token: abc", "X-Client-Token: •••"),
        ("x-instance-token:abc\r\nAccept: a", "x-instance-token:•••\r\nAccept: a"),
        ("client_secret=abc&grant=x", "client_secret=•••&grant=x"),
        ("token%3Dabc", "token%3D•••"),
        ("password = hunter2;", "password = •••;"),
        ("Authorization: Bearer abc.def", "Authorization: •••"),
        ("Authorization: Basic dTpw", "Authorization: •••"),
        ("sent Bearer abc-def, and", "sent Bearer •••, and"),
        ('{\\"h\\": \\"Bearer abc\\"}', '{\\"h\\": \\"Bearer •••\\"}'),
        (f"got {JWT}, sorry", "got •••, sorry"),
        (f'{{"message": "line\\n{JWT}"}}', '{"message": "line\\n•••"}'),
        ("see https://u:p@h/x?sig=abc now", "see https://•••@h/x?sig=••• now"),
        ("wss://h/ws?access=abc", "wss://h/ws?access=•••"),
        ('"https:\\/\\/u:p@h\\/x?sig=abc\\u0026b=c"', '"https:\\/\\/•••@h\\/x?sig=•••"'),
        ("invalid token: expired",) * 2,
        ("Token: The session is gone",) * 2,
        ("token expired",) * 2,
        ("the bearer token expired",) * 2,
        ("the secret of tokens",) * 2,
        ('WWW-Authenticate: Bearer realm="vzaps"',) * 2,
        ("secretary: Ana, tokens: 5",) * 2,
        ("",) * 2,
    ],
)
def test_masker_hides_what_looks_secret_and_nothing_else(text: str, shown: str) -> None:
    masker = Masker()
    assert masker(text) == shown
    assert masker(shown) == shown


words = st.text(min_size=4, max_size=30)


@given(words, st.text(), st.text())
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    masker = Masker((Secret(secret),))
    shown = masker(before + secret + after)
    assert secret not in shown or secret in MASK + before + after


@given(words.filter(lambda word: "•" not in word))
def test_a_known_secret_is_found_in_json_and_in_urls(secret: str) -> None:
    masker = Masker()
    masker.learn(Secret(secret))
    spelt = json.dumps(secret)
    assert masker(f"xx {spelt[1:-1]} xx") == f"xx {MASK} xx"


def test_longer_secrets_are_hidden_whole_and_short_words_are_not_learnt() -> None:
    masker = Masker((Secret("abcd"), Secret("abcdefgh"), Secret("abc"), Secret("")))
    assert masker("abcdefgh abcd abc") == "••• ••• abc"
    assert Masker((Secret("a/b c"),))("a%2Fb%20c a/b%20c") == "••• •••"


@given(
    st.text(st.characters(codec="ascii", exclude_characters='"\\', min_codepoint=0x20), min_size=1),
    st.sampled_from(["token", "client_secret", "accessToken", "X-Api-Key", "password"]),
)
def test_json_stays_json(secret: str, name: str) -> None:
    masked = Masker()(json.dumps({"before": 1, name: secret, "after": "x"}))
    assert json.loads(masked) == {"before": 1, name: MASK, "after": "x"}


HOSTILE = {
    "many words": "a-",
    "many JWT heads": "eyJ-",
    "many JWT dots": "eyJaaaaa.",
    "many names": "token:",
    "names and blanks": "token" + " " * 200,
    "names and backslashes": "token" + "\\" * 50,
    "open quotes": "".join(f"token:{chr(92) * n}{q}" for n in range(9) for q in "'\""),
    "many URLs": "http://",
    "one URL": "a?&=/@:",
    "many bearers": "bearer ",
    "many schemes": "a+",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_not_read_over_and_over(piece: str) -> None:
    masker = Masker((Secret("never there"),))
    with no_hours():
        masker("http://" + piece * (1_000_000 // len(piece)))
