"""Hides what tells of a person in text that leaves the program: phones, addresses, names."""

from __future__ import annotations

import re

from vzaps_tui.domain.masking import MASK

# Every repeat is possessive or bounded, and runs are looked at from their beginning only: hostile
# text is read in a time linear in its length.
_ADDRESS = re.compile(r"(?<![\w.+:-])[\w.+:-]++(?:@|%40)(?P<server>[\w-]++(?:\.[\w-]++)*+)")
"""A WhatsApp id (`5511988887777:12@s.whatsapp.net`) or an e-mail address."""
_SERVERS = frozenset(
    {"s.whatsapp.net", "lid", "g.us", "c.us", "broadcast", "newsletter", "call", "hosted"}
)
_NUMBER = re.compile(r"\+?\(?\d++(?:[ .()-]{1,3}+\d++)*+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d{1,2})?")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_FEWEST_DIGITS = 8
"""Of a phone number without its area; shorter ones are codes, ports, lines and counts."""

_NAME = r"[^\W\d_a-z][^\W\d_]*+(?:['’-][^\W\d_]++)*+"  # noqa: RUF001 - an apostrophe people type
_NAMES = rf"{_NAME}(?:[ ](?:(?:da|de|do|das|dos|e|van|von)[ ])?{_NAME}){{0,4}}+"
_KEYED = re.compile(
    r"""(?ix)
    (?<![^\W_]) ( (?:push|full|first|last|middle|nick|display|short|verified|business
        |contact|customer|sender|user|profile|given|family)?[_-]?name
      | notify|nome|apelido|sobrenome|contact|customer|sender|participant|author|autor )
    ( \\{0,3}["']? [ \t]*+ [:=] [ \t]*+ )
    (?: (?P<quote>\\{0,3}["']) (?:(?!(?P=quote)).){0,300}+ (?P=quote)
      | (?P<bare>[^\s"',;&}\])][^"',;&}\])\n]{0,80}+) )
    """
)
_CALLED = re.compile(
    rf"(?P<lead>\b(?i:contacts?|customers?|clients?|users?|persons?|participants?|senders?|named"
    rf"|clientes?|contatos?|usuários?|usuarios?|pessoas?|remetentes?)"
    rf"(?:[ ]{{0,2}}[:=][ ]{{0,2}}|[ ]{{1,2}})[\"'“‘`]?){_NAMES}"  # noqa: RUF001 - quotation marks
)
_QUOTED = re.compile(rf"(?P<open>[\"“‘`]|(?<!\w)'){_NAMES}(?P<close>[\"”’'`])")  # noqa: RUF001 - same
_MEANT = re.compile(rf"(?P<lead>\b(?:for|from|to|by|para|por)[ ]){_NAME}[ ]{_NAMES}")


def hide_personal(text: str) -> str:
    """The text without WhatsApp ids, e-mail addresses, phone numbers and what reads as a name.

    Of a WhatsApp id the server stays, which tells a person from a group. Names are known by what
    they stand after (`push_name: …`, `contact …`) or by capitals in quotes; a name that gives no
    such sign is not found. Dates and IPv4 addresses stay. Hiding again changes nothing.
    """
    text = _ADDRESS.sub(_hide_address, text)
    text = _KEYED.sub(_hide_value, text)
    text = _NUMBER.sub(_hide_number, text)
    text = _QUOTED.sub(rf"\g<open>{MASK}\g<close>", text)
    text = _CALLED.sub(rf"\g<lead>{MASK}", text)
    return _MEANT.sub(rf"\g<lead>{MASK}", text)


def _hide_address(found: re.Match[str]) -> str:
    server = found["server"].rstrip(".")
    return f"{MASK}@{server}" if server.lower() in _SERVERS else f"{MASK}@{MASK}"


def _hide_value(found: re.Match[str]) -> str:
    mark = found["quote"] or ""
    return f"{found[1]}{found[2]}{mark}{MASK}{mark}"


def _hide_number(found: re.Match[str]) -> str:
    text = found.group()
    digits = sum(char.isdigit() for char in text)
    if digits < _FEWEST_DIGITS or _IP.fullmatch(text) or _DATE.fullmatch(text):
        return text
    return MASK
