"""The one place that hides: tokens, secrets, URL queries, user info in URLs."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

MASK = "•••"
_MIN_SECRET = 4


class Secret:
    """A string that never shows itself: repr, str and format give a mask; reveal() gives the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; only for putting it on the wire."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


def _netloc(parts: SplitResult) -> str:
    _, at, host = parts.netloc.rpartition("@")
    return f"{MASK}@{host}" if at else host


def _mask_query(query: str) -> str:
    fields: list[str] = []
    for field in query.split("&"):
        name, equals, value = field.partition("=")
        # A field without "=" may itself be the secret.
        fields.append(
            f"{name}={MASK}" if equals and value else (name if equals or not name else MASK)
        )
    return "&".join(fields)


def mask_url(url: str) -> str:
    """Hide what a URL may carry in secret: user info, query values and the fragment.

    Callers may keep secrets in the query because deliveries are not signed (CONTRACT 5.1).
    Text that is no URL comes back with everything after the first `?` hidden.
    """
    try:
        parts = urlsplit(url)
        netloc = _netloc(parts)
    except ValueError:
        head, mark, _ = url.partition("?")
        return f"{head}{mark}{MASK}" if mark else head
    fragment = MASK if parts.fragment else ""
    return urlunsplit((parts.scheme, netloc, parts.path, _mask_query(parts.query), fragment))


def unmask_url(edited: str, original: str | None) -> str:
    """Put back the parts of `original` that `edited` still shows masked.

    A masked query value is restored from the parameter of the same name (the n-th of that name from
    the n-th), user info and fragment from their places. What was typed anew stays as typed.
    """
    if original is None or MASK not in edited:
        return edited
    try:
        now, then = urlsplit(edited), urlsplit(original)
    except ValueError:
        return edited
    kept: dict[str, list[str]] = {}
    for field in then.query.split("&"):
        name, equals, _ = field.partition("=")
        kept.setdefault(name if equals else MASK, []).append(field)
    fields: list[str] = []
    for field in now.query.split("&"):
        name, equals, value = field.partition("=")
        hidden = field == MASK or (equals and value == MASK)
        stock = kept.get(name if equals else MASK) if hidden else None
        fields.append(stock.pop(0) if stock else field)
    user, at, host = now.netloc.rpartition("@")
    if at and user == MASK:
        user = then.netloc.rpartition("@")[0]
    netloc = f"{user}@{host}" if at else host
    fragment = then.fragment if now.fragment == MASK else now.fragment
    return urlunsplit((now.scheme, netloc, now.path, "&".join(fields), fragment))


_BEARER = re.compile(r"(?i)\b(bearer\s+)[^\s\"',;]+")
_FIELD = re.compile(
    r"""(?ix)
    (["']?\b[\w-]*(?:token|secret|password|passwd|authorization|api[_-]?key)\b["']?\s*[:=]\s*)
    (["']?)([^\s"',;&}\]]+)\2
    """
)
_URL = re.compile(r"https?://[^\s\"'<>\\]+")


class Masker:
    """Hides known secrets, bearer tokens, secret-looking fields and URL queries in any text."""

    def __init__(self, secrets: tuple[Secret, ...] = ()) -> None:
        self._known: list[str] = []
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: Secret) -> None:
        """Add a secret that came up while running (a JWT, an instance token)."""
        text = secret.reveal()
        if len(text) >= _MIN_SECRET and text not in self._known:
            self._known.append(text)
            self._known.sort(key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for known in self._known:
            text = text.replace(known, MASK)
        text = _URL.sub(lambda found: mask_url(found.group()), text)
        text = _BEARER.sub(rf"\1{MASK}", text)
        return _FIELD.sub(rf"\1\2{MASK}\2", text)
