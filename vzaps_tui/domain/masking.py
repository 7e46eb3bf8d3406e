"""The one place that hides: tokens, secrets, URL queries, user info in URLs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import repeat
from urllib.parse import quote

from typing_extensions import override

from vzaps_tui.domain.record import dataclass

MASK = "•••"
_MIN_SECRET = 4


class Secret:
    """A string that never shows itself.

    repr, str and format give a mask; reveal() gives the text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; only for putting it on the wire."""
        return self._text

    @override
    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    @override
    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


# Letters that may stand in a JWT or a scheme. A run of them is looked at once, from its beginning:
# the look-behinds and possessive repeats keep every pattern below linear in hostile text. A run
# may follow an escape of JSON text (`\neyJ…`), whose letter is not part of it.
_JWT = re.compile(
    r"(?:(?<![\w-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_-]{5,}+\.[A-Za-z0-9_-]{5,}+(?:\.[A-Za-z0-9_-]*+)?"
)
_HEAD = re.compile(r"(?:[^:/?#@]*:)?//|")
_PORT_OR_NONE = re.compile(r"[^:\[\]]*(?::\d*)?|\[[^\]]*\](?::\d*)?")
_ENCODED_QUERY = re.compile(r"(?is)(%3f).+")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A URL cut into pieces that, joined, are the same text again, whatever the text.

    `urllib` is not used to cut: it drops an empty query, lowers the scheme, removes line feeds and
    refuses some text, and what is put back must be what was there.
    """

    head: str
    user: str | None
    path: str
    query: str | None
    fragment: str | None

    @override
    def __str__(self) -> str:
        user = "" if self.user is None else f"{self.user}@"
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.head}{user}{self.path}{query}{fragment}"


def _split(url: str) -> _Parts:
    found = _HEAD.match(url)
    head = found.group() if found else ""
    user, rest = _cut_user(url[len(head) :], bare=not head)
    rest, hash_mark, fragment = rest.partition("#")
    path, mark, query = rest.partition("?")
    return _Parts(head, user, path, query if mark else None, fragment if hash_mark else None)


def _cut_user(rest: str, *, bare: bool) -> tuple[str | None, str]:
    """User info and what follows it; a password may hold the marks that end a host elsewhere."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    user, at, _ = authority.rpartition("@")
    if at:
        return user, rest[len(user) + 1 :]
    if not bare and not _PORT_OR_NONE.fullmatch(authority):
        user, at, after = rest.rpartition("@")
        if at:
            return user, after
    return None, rest


def _hide_segment(segment: str) -> str:
    """Hide what a path may carry: `user:word@`, an encoded query, `name=value`, a JWT."""
    before, at, after = segment.rpartition("@")
    if at and ":" in before:
        segment = f"{MASK}@{after}"
    segment = _ENCODED_QUERY.sub(rf"\1{MASK}", segment)
    name, equals, value = segment.partition("=")
    if equals and value.strip("="):
        segment = f"{name}={MASK}"
    return _JWT.sub(MASK, segment)


def _hide_field(field: str) -> str:
    """Hide a field's value; a field without one may itself be the secret (base64 ends in =)."""
    name, equals, value = field.partition("=")
    if equals and value.strip("="):
        return f"{name}={MASK}"
    return MASK if field else ""


def mask_url(url: str) -> str:
    """Hide what a URL may carry in secret: user info, query values, the fragment, parts of a path.

    Callers may keep secrets in the query because deliveries are not signed (CONTRACT 5.1). Of a
    path only `name=value`, user info, an encoded query and JWTs are hidden. Any text is taken;
    masking what is masked changes nothing.
    """
    parts = _split(url)
    return str(
        _Parts(
            parts.head,
            None if parts.user is None else MASK,
            "/".join(map(_hide_segment, parts.path.split("/"))),
            None if parts.query is None else "&".join(map(_hide_field, parts.query.split("&"))),
            MASK if parts.fragment else parts.fragment,
        )
    )


def _restore(shown: list[str], originals: list[str], hide: Callable[[str], str]) -> list[str]:
    """Put originals in the places of their masked forms, where it is certain which is which."""
    stock: dict[str, list[str]] = {}
    for original in originals:
        if MASK in (masked := hide(original)):
            stock.setdefault(masked, []).append(original)
    wanted = Counter(shown)
    back: dict[str, Iterator[str]] = {}
    for masked, kept in stock.items():
        if wanted[masked] == len(kept):
            back[masked] = iter(kept)
        elif len(set(kept)) == 1:
            back[masked] = repeat(kept[0])
    return [next(back[piece]) if piece in back else piece for piece in shown]


def unmask_url(edited: str, original: str | None) -> str:
    """Put back the parts of `original` that `edited` still shows masked.

    A masked query value is restored from the parameter of the same name, user info and fragment
    from their places, parts of a path from the part that was masked the same way. Of several alike
    the n-th is restored from the n-th while all of them are there. What was typed anew stays as
    typed; what cannot be restored with certainty stays masked, which `check_url` calls an error.
    """
    if original is None or MASK not in edited:
        return edited
    now, then = _split(edited), _split(original)
    path = _restore(now.path.split("/"), then.path.split("/"), _hide_segment)
    query = now.query
    if query is not None and then.query is not None:
        query = "&".join(_restore(query.split("&"), then.query.split("&"), _hide_field))
    return str(
        _Parts(
            now.head,
            then.user if now.user == MASK and then.user is not None else now.user,
            "/".join(path),
            query,
            then.fragment if now.fragment == MASK and then.fragment else now.fragment,
        )
    )


_URL = re.compile(r"(?<![\w+.-])[\w+.-]++:(?://|\\/\\/)(?:[^\s\"'<>\\]|\\/|\\u[0-9a-fA-F]{4})+")
_BEARER = re.compile(r"(?i)\b(bearer(?:[ \t]+|%20|\+))([^\s\"',;\\]+)")
_FIELD = re.compile(
    r"""(?ix)
    (?P<name> (?:token|secret|password|passwd|passphrase|authorization|credentials?|jwt
                 |(?:api|access|private)[_-]?key)
        \\{0,7}["']?[ \t]* (?:[:=]|%3[ad]) [ \t]* (?:\[\s*)? )
    (?: (?P<text>"(?:[^"\\\n]|\\.)++")
      | (?P<quote>\\{0,7}["'])(?!(?P=quote)).+?(?<!\\)(?P=quote)
      | (?P<open>\\{0,7}["']?) (?:(?:basic|bearer|digest|token)[ \t]+)?
        (?P<bare>(?:[^\s"',;&}\])\\<>{\[(]|\\(?![nrtu"'/\\]))+) )
    """
)
_PROSE = re.compile(
    r"""(?ix)
    (?: a|absent|an|auth|authentication|authorization|bad|can|cannot|could|credentials?|does|empty
      | expired|failed|false|for|has|have|header|in|incorrect|invalid|is|malformed|may|mismatch
      | missing|must|no|none|not|null|of|or|please|realm|refused|rejected|required|revoked|scheme
      | should|that|the|this|to|tokens?|true|undefined|unknown|was|with|wrong|your )
    [.!?:=]*
    """
)
"""Words that stand after `token:` or `bearer` in a sentence or in JSON and are no secret."""


def _hide_url(found: re.Match[str]) -> str:
    url = found.group()
    if "\\/" in url:  # JSON text whose writer escapes slashes
        return mask_url(url.replace("\\/", "/")).replace("/", "\\/")
    return mask_url(url)


def _is_prose(word: str) -> bool:
    return _PROSE.fullmatch(word) is not None


def _hide_bearer(found: re.Match[str]) -> str:
    lead, token = found.groups()
    return found.group() if _is_prose(token) else f"{lead}{MASK}"


def _hide_named(found: re.Match[str]) -> str:
    name, text, quote_mark, opening, bare = found.group("name", "text", "quote", "open", "bare")
    if text:
        return f'{name}"{MASK}"'
    if quote_mark:
        return f"{name}{quote_mark}{MASK}{quote_mark}"
    return found.group() if _is_prose(bare) else f"{name}{opening}{MASK}"


class Masker:
    """Hides known secrets, bearer tokens, JWTs, secret-looking fields and URL queries in text."""

    def __init__(self, secrets: tuple[Secret, ...] = ()) -> None:
        self._known: list[str] = []
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: Secret) -> None:
        """Add a secret that came up while running (a JWT, an instance token).

        It is hidden as it is, percent-encoded, and as it stands in JSON text. One of fewer than 4
        characters is not learnt: it would hide half of every text.
        """
        text = secret.reveal()
        if len(text) < _MIN_SECRET:
            return
        spellings = {text, quote(text, safe=""), quote(text), json.dumps(text)[1:-1]}
        self._known = sorted({*self._known, *spellings}, key=lambda known: (-len(known), known))

    def known(self, text: str) -> str:
        """The text with only the learnt secrets masked: for what must else stay as it was sent."""
        for known in self._known:
            text = text.replace(known, MASK)
        return text

    def __call__(self, text: str) -> str:
        """The text with everything secret in it masked; linear in its length."""
        text = self.known(text)
        text = _URL.sub(_hide_url, text)
        text = _JWT.sub(MASK, text)
        text = _BEARER.sub(_hide_bearer, text)
        return _FIELD.sub(_hide_named, text)
