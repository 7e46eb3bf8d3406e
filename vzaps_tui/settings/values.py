"""Makes one outside value fit for its setting, or says in words why it cannot be."""

from __future__ import annotations

import math
from typing import Final
from urllib.parse import SplitResult, urlsplit

from vzaps_tui.domain.masking import Secret, mask_url
from vzaps_tui.domain.problems import SettingsError
from vzaps_tui.domain.text import visible
from vzaps_tui.settings.model import Declaration, Kind

_MAX_RATE: Final = 1000.0
_MAX_COUNT: Final = 1_000_000
_MAX_SECONDS: Final = 86_400.0
_LONGEST_SHOWN: Final = 80
_CLIPBOARDS: Final = ("auto", "native", "osc52", "file")
_SWITCHES: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}


def is_blank(value: object) -> bool:
    """Whether a value is text that says nothing."""
    return isinstance(value, str) and not value.strip()


def from_text(one: Declaration, text: str, where: str) -> object:
    """A value of the environment, where all is text.

    Raises:
        SettingsError: it cannot be used; the text names `where`.
    """
    if one.kind is Kind.SWITCH:
        return accept(one, _SWITCHES.get(text.strip().lower(), text), where)
    if one.kind in (Kind.RATE, Kind.SECONDS):
        return accept(one, _number(text), where)
    if one.kind is Kind.COUNT:
        return accept(one, _whole_number(text), where)
    return accept(one, text, where)


def accept(one: Declaration, value: object, where: str) -> object:
    """A value of a flag or of the config file, checked; secrets become `Secret`.

    Raises:
        SettingsError: it cannot be used; the text names `where`, and never shows a secret.
    """
    try:
        return _READERS[one.kind](value)
    except TypeError:
        problem = f"must be {one.kind}"
    except ValueError as unfit:
        problem = str(unfit)
    shown = "" if one.secret else f" is {_show(one, value)} and"
    raise SettingsError(f"{where}{shown} {problem}", hint="Mend that value and start again.")


def _show(one: Declaration, value: object) -> str:
    text = str(value)
    text = visible(mask_url(text) if one.kind is Kind.URL else text)
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f"'{text}'" if isinstance(value, str) else text


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _whole_number(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    text = value.strip()
    # These travel in HTTP headers and paths.
    if not (text.isascii() and text.isprintable()):
        raise ValueError("must hold printable ASCII characters only")
    return text


def _secret(value: object) -> Secret:
    return Secret(_text(value))


def _address(text: str) -> tuple[SplitResult, str, int | None]:
    """Parts, host and port; all empty where the text cannot be taken apart."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return SplitResult("", "", "", "", ""), "", None
    return parts, parts.hostname or "", port


def _url(value: object) -> str:
    text = _text(value)
    parts, host, port = _address(text)
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not host or " " in text:
        raise ValueError("must be an address like https://api.vzaps.com")
    if "@" in parts.netloc or "?" in text or "#" in text:
        raise ValueError("must not hold a user, a query or a fragment")
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port is None else f":{port}"
    return f"{scheme}://{shown}{suffix}{parts.path}".rstrip("/")


def _switch(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _clipboard(value: object) -> str:
    way = value.strip().lower() if isinstance(value, str) else ""
    if way not in _CLIPBOARDS:
        raise ValueError(f"must be {Kind.CLIPBOARD}")
    return way


def _rate(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if not 0 < value <= _MAX_RATE or math.isnan(value):
        raise ValueError(f"must be above 0 and at most {_MAX_RATE:.0f}")
    return float(value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    # Less than one would ask the API without a pause.
    if value != 0 and not 1 <= value <= _MAX_SECONDS:
        raise ValueError(f"must be 0, or from 1 to {_MAX_SECONDS:,.0f}")
    return float(value)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if not 0 < value <= _MAX_COUNT:
        raise ValueError(f"must be from 1 to {_MAX_COUNT:,}")
    return value


_READERS: Final = {
    Kind.HIDDEN: _secret,
    Kind.NAME: _text,
    Kind.URL: _url,
    Kind.SWITCH: _switch,
    Kind.RATE: _rate,
    Kind.CLIPBOARD: _clipboard,
    Kind.COUNT: _count,
    Kind.SECONDS: _seconds,
}
