"""Style sheets parsed once for all apps of a process: a program has one app, tests thousands."""

from __future__ import annotations

from typing import Any, Final, cast

from textual.css.stylesheet import Stylesheet

_parse: Final = cast("Any", Stylesheet)._parse_rules
_kept: Final[dict[tuple[object, ...], Any]] = {}


def parsed_once(sheet: Any, css: str, *place: Any, **named: Any) -> Any:
    """The rules of a text; stands for `Stylesheet._parse_rules`, whose own memory one app has."""
    key = (css, place, tuple(named.items()), tuple(sheet._variables.items()))
    if key not in _kept:
        _kept[key] = _parse(sheet, css, *place, **named)
    return _kept[key]
